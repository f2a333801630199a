/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit_print: the result of an audit on stdout.
 */
#pragma once

#include <stdint.h>

#include "show/roster.h"

struct ledger;

/* JSON is the document of GET /v1/subscriptions. */
void audit_print(const struct ledger *ledger, enum roster_format format,
                 int64_t now_unix_ms);
