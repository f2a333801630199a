/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome: the exit status of jitd-ctl. Never OUTCOME_OK where nothing was
 * read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct json;

enum outcome {
	OUTCOME_OK = 0,    /* all that was asked about is enabled */
	OUTCOME_OFF = 1,   /* something is disabled or absent */
	OUTCOME_USAGE = 2, /* or a subscription that is not known */
	OUTCOME_UNREACHABLE = 3,
	OUTCOME_UNSURE = 4, /* nothing is off, but unknown, stale or none */
	OUTCOME_DENIED = 5, /* the socket's mode does not let us */
	OUTCOME_TIMED_OUT = 6,
	OUTCOME_REFUSED = 7, /* jitd would not, or could not */
};

/* What was seen; muted ones count in the total alone. */
struct tally {
	size_t total;
	size_t off;
	size_t unsure;
};
void tally_add(struct tally *tally, const struct json *subscription);
enum outcome tally_outcome(const struct tally *tally);

/*
 * Of a verb that failed: what its negative errno stands for. -EINVAL usage,
 * -ESRCH no such subscription, -ENOTUNIQ several such, -EACCES the socket,
 * -ETIME waited in vain, -EREMOTEIO refused, -EBADMSG and -EFBIG an answer
 * that makes no sense, -EIO an output that cannot be written; else jitd cannot
 * be reached.
 */
enum outcome outcome_from_error(int r);
