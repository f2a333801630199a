/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence: what a verdict was made of, as it is stored and shown.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/scoped.h"

struct judgement;

/*
 * {"listed":BOOL,"assignments":[...]}, each assignment with how it was judged,
 * in the order of the documents; free() it. listed: the LIST was asked too.
 */
char *evidence_to_json(const struct judgement *judgements, size_t count,
                       bool listed);

void judgements_free(struct judgement *judgements);
DEFINE_SCOPED(struct judgement *, judgements_free)
