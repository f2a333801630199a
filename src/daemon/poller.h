/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poller: polls of subscriptions, from due to done. The only place that knows
 * the whole way: schedule -> token -> poll -> ledger -> outbox -> schedule.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/scoped.h"
#include "core/words.h"

struct arm;
struct ledger;
struct loop;
struct outbox;
struct poller;
struct subscription;
struct token;

struct poller_options {
	struct loop *loop;
	struct ledger *ledger;
	struct outbox *outbox;

	/* The token for a subscription; NULL: its tenant is not configured. */
	struct token *(*token_of)(const struct subscription *subscription,
	                          void *user);
	/* Every subscription was polled once more. May be NULL. */
	void (*pass_completed)(void *user);
	void *user;
};

/* What a new configuration may change. Borrowed until the next one. */
struct poller_policy {
	struct arm *arm; /* NULL: none for now; nothing is begun */
	const char *api_version;
	int64_t interval_ms;
	int64_t confirm_delay_ms;
	int64_t timeout_ms;
	unsigned max_in_flight;
	bool unset_is_disabled;
};

struct poller *poller_new(const struct poller_options *options,
                          const struct poller_policy *policy);
void poller_free(struct poller *poller);
DEFINE_SCOPED(struct poller *, poller_free)

/* Polls in flight are given up and begun anew under the new policy. */
void poller_set_policy(struct poller *poller,
                       const struct poller_policy *policy);

/* Begins to poll it: at once, as far as the bounds allow. */
void poller_add(struct poller *poller, struct subscription *subscription);

/* It is lost: no more polls; one in flight ends in nothing. */
void poller_remove(struct poller *poller, struct subscription *subscription);

/* Makes it due now. */
void poller_hurry(struct poller *poller, struct subscription *subscription);
void poller_hurry_all(struct poller *poller);

/* Ends a pass that no poll will end: to be called every now and then.
 * discovered: all tenants were, so that none to poll is all there are. */
void poller_check_pass(struct poller *poller, bool discovered);

/* When it is polled next, by the wall clock; 0 while it is being polled. */
int64_t poller_next_unix_ms(const struct poller *poller,
                            const struct subscription *subscription);

/* Whether it waits for nothing that should have come: what the watchdog asks.
 * A dead Azure is no reason, a loop that begins no polls is one. */
bool poller_is_alive(const struct poller *poller);

/* How long polls took, in s: the upper bounds of the buckets. */
#define POLLER_BUCKETS                                  \
	{                                               \
		0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30 \
	}
#define POLLER_BUCKET_COUNT 9

struct poller_statistics {
	/* The last complete pass; completed_unix_ms is 0 before the first. */
	int64_t completed_unix_ms;
	int64_t duration_ms;
	unsigned polled;
	unsigned failed;

	uint64_t results[FAILURE_COUNT]; /* polls; FAILURE_NONE: well */
	uint64_t buckets[POLLER_BUCKET_COUNT + 1];
	int64_t total_ms;
};
const struct poller_statistics *poller_statistics(const struct poller *poller);
