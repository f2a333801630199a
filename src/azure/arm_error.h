/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arm_error: what Azure Resource Manager answered -> struct failure, by the
 * table of jitd-events(7).
 */
#pragma once

#include <stdint.h>

#include "core/failure.h"

struct http_reply;
struct secret;

/* FAILURE_NONE for a 200 that has a body. bearer is what the request bore: no
 * words that repeat it are taken. */
void arm_failure(const struct http_reply *reply, const struct secret *bearer,
                 int64_t wall_unix_ms, struct failure *ret_failure);
