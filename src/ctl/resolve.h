/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve: which subscription is meant by SUB: an id, a name, or what one id
 * alone begins with.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct client;
struct error;

/* As many of those that fit are named where there are several. */
#define RESOLVE_SHOWN 3

/* The better kind first; a worse one counts only where a better has none. */
enum resolve_kind {
	RESOLVE_NAME,
	RESOLVE_PREFIX,
	RESOLVE_NAME_NOCASE,
	RESOLVE_KINDS
};

struct resolve {
	const char *wanted; /* borrowed */
	struct resolve_matches {
		size_t count;
		char ids[RESOLVE_SHOWN][TEXT_GUID_SIZE];
		char names[RESOLVE_SHOWN][64];
	} matches[RESOLVE_KINDS];
};

/* Pure: begin, offer each subscription there is, end. -ESRCH where none fits,
 * -ENOTUNIQ where several do. */
void resolve_begin(struct resolve *resolve, const char *wanted);
void resolve_offer(struct resolve *resolve, const char *id, const char *name);
int resolve_end(const struct resolve *resolve, char ret_id[TEXT_GUID_SIZE],
                struct error *error);

/* Asks the daemon where it must; one that is an id already is not looked up.
 * ret_ids has count places. */
int resolve_all(struct client *client, const char *const wanted[], size_t count,
                char (*ret_ids)[TEXT_GUID_SIZE], struct error *error);
