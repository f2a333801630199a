/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_request: what an endpoint is asked; a part of control.h, which is
 * what others include.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/words.h"

struct json;

enum control_query {
	CONTROL_QUERY_STATE,
	CONTROL_QUERY_TENANT,
	CONTROL_QUERY_STALE,
	CONTROL_QUERY_MUTED,
	CONTROL_QUERY_LIMIT,
	CONTROL_QUERY_AFTER,
	CONTROL_QUERY_FOLLOW,
	CONTROL_QUERY_COUNT
};

#define CONTROL_LIMIT_DEFAULT 100
#define CONTROL_LIMIT_MAX     1000

/* A request that was understood; borrowed for the length of the call. */
struct control_request {
	const char *id; /* of "{id}": a GUID in lower case; NULL: none */

	bool given[CONTROL_QUERY_COUNT]; /* which of these were in the query */
	enum state state;
	const char *tenant;
	bool stale;
	bool muted;
	unsigned limit;     /* CONTROL_LIMIT_DEFAULT where not given */
	const char *after;  /* of subscriptions: an id, else "" */
	uint64_t after_seq; /* of events */
	bool follow;

	const struct json *body; /* NULL: none */
};
