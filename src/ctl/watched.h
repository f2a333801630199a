/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watched: subscriptions, and whether each was polled since they were put in:
 * its checked_at or its error is another one. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/scoped.h"
#include "base/text.h"

struct json;

struct watched_row {
	char id[TEXT_GUID_SIZE];
	char *mark; /* what changes with each poll */
	bool done;
	bool failed; /* the poll ended badly */
	bool seen;   /* in this round */
};

struct watched {
	struct watched_row *rows;
	size_t count;
	size_t room;
};

void watched_done(struct watched *watched);

static inline void watched_done_scoped(struct watched *watched)
{
	watched_done(watched);
}

/* Puts one in as it is now; their ids must ascend. */
void watched_add(struct watched *watched, const struct json *subscription);

/* Looks at one as it is now; others than those that were put in do not
 * matter. */
void watched_look(struct watched *watched, const struct json *subscription);

/* Ends a round of looking at all: what was not seen is not there any more, and
 * nothing more is waited for. */
void watched_end_round(struct watched *watched);

size_t watched_left(const struct watched *watched);
size_t watched_failed(const struct watched *watched);
