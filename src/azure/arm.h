/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arm: authorised calls to Azure Resource Manager.
 *
 * A call waits in arm's own queue for its token, for its turn (the pace) and
 * for a place among max_in_flight; then it is sent. A 401 drops the token and
 * is tried once more with a new one; a GET that a dying connection took with
 * it is sent once more. Anything else that failed is the caller's to retry.
 *
 * Errors become a struct failure by the table of jitd-events(7).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/scoped.h"
#include "core/failure.h"

struct arm;
struct arm_call;
struct http;
struct loop;
struct token;

/* ARM: one assignment is 30 KB at most when every default is spelled out; a
 * listing of 500 is below 4 MB. What is longer is refused. */
#define ARM_DOCUMENT_MAX_BYTES ((size_t)1024 * 1024)
#define ARM_LISTING_MAX_BYTES  ((size_t)16 * 1024 * 1024)

struct arm_options {
	const char *endpoint; /* borrowed: outlives arm */
	unsigned max_in_flight;
	double max_rate_per_s; /* 0: no limit */
	int64_t timeout_ms;
};

struct arm *arm_new(struct loop *loop, struct http *http,
                    const struct arm_options *options);
void arm_free(struct arm *arm);
DEFINE_SCOPED(struct arm *, arm_free)

void arm_set_rate(struct arm *arm, double max_rate_per_s);

/* What the callback borrows for its length. */
struct arm_reply {
	struct failure failure; /* FAILURE_NONE: 200, and body is it; its
	                           correlation_id is there all the same */
	const char *body;
	size_t size_bytes;
	int64_t duration_ms;
};
typedef void arm_done_fn(const struct arm_reply *reply, void *user);

/*
 * GETs path_or_url: a path with its query ("/subscriptions?api-version=..."),
 * or a nextLink, which must be of the endpoint's own origin, else the call
 * fails with FAILURE_INVALID and nothing is sent. token is borrowed until the
 * end. The callback comes once, later, unless cancelled.
 */
struct arm_call *arm_get(struct arm *arm, struct token *token,
                         const char *path_or_url, size_t cap_bytes,
                         arm_done_fn *fn, void *user);
void arm_cancel(struct arm_call *call);

/* Calls that were not answered yet, queued ones among them. */
size_t arm_pending(const struct arm *arm);

/* Since arm_new(), by the status of each answer; index 0: none came. */
#define ARM_STATUS_COUNT 600
struct arm_statistics {
	uint64_t answers[ARM_STATUS_COUNT];
	uint64_t throttled; /* 429 */
};
const struct arm_statistics *arm_statistics(const struct arm *arm);
