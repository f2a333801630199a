/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll: one look at one subscription: GET, and LIST where that is needed, down
 * to a verdict. It changes nothing; what follows from it is poller.c's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"

struct arm;
struct failure;
struct judgement;
struct poll;
struct subscription;
struct token;
struct verdict;

/* Borrowed, as long as the poll lasts. */
struct poll_options {
	struct arm *arm;
	struct token *token;
	const char *api_version;
	bool unset_is_disabled;
};

/* Borrowed for the length of the callback; exactly one of the first three. */
struct poll_result {
	const struct failure *failure;
	bool unchanged; /* the very document of last time */
	const struct verdict *verdict;

	/* With verdict: what it was made of. */
	const struct judgement *judgements;
	size_t count;
	bool listed;          /* the LIST was needed */
	struct digest digest; /* of the GET's document, where it was not */
};
typedef void poll_done_fn(const struct poll_result *result, void *user);

/* The callback comes once, later; then, or by poll_cancel(), it is over. */
struct poll *poll_start(const struct poll_options *options,
                        const struct subscription *subscription,
                        poll_done_fn *fn, void *user);
void poll_cancel(struct poll *poll);
