/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority_error: what the authority answered in place of a token -> words
 * for the operator, and whether waiting may heal it.
 *
 * The codes and what to say of them stand in authority_errors.def. They are
 * hints: what is not in the table is told in the authority's own words.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/failure.h"

struct credential_options;
struct http_reply;
struct secret;

/* What was asked; borrowed. */
struct authority_asked {
	const struct credential_options *options;
	const char *presented;
	const struct secret *secret;
};

/* reply is anything but a 200. */
void authority_failure(const struct authority_asked *asked,
                       const struct http_reply *reply, int64_t wall_unix_ms,
                       struct failure *ret_failure, bool *ret_slowly);
