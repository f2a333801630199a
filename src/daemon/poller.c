/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/poller.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "azure/token.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/ledger.h"
#include "core/schedule.h"
#include "daemon/evidence.h"
#include "daemon/outbox.h"
#include "daemon/pass.h"
#include "daemon/poll.h"
#include "io/loop.h"

/* The first retry after a failure; doubles up to the interval. */
#define RETRY_MIN_MS 1000

/* Failures that only a person heals are retried at the interval, then slower,
 * up to so many intervals. */
#define SLOW_INTERVALS 12

/* While a tenant's first token is on its way its polls wait so long. */
#define TOKEN_WAIT_MS 100

/* Polls that fail before they begin must not hold the loop: the others of
 * them have the next turn. */
#define BEGIN_AT_ONCE 512

/* Requests of a long poll, one after the other: a GET with its second try and
 * a new token, and a LIST of some pages. */
#define POLL_REQUESTS 6

/* What may stand still beyond the longest poll before the watchdog bites. */
#define ALIVE_GRACE_MS 30000

/* One poll that is under way. */
struct flight {
	TAILQ_ENTRY(flight) link;
	struct poller *poller;
	struct subscription *subscription;
	struct poll *poll; /* NULL: it failed before it began */
	int64_t started_ms;
};

struct poller {
	struct poller_options options;
	struct poller_policy policy;
	struct schedule *schedule;
	struct loop_timer *due;
	struct pass *pass;
	TAILQ_HEAD(, flight) flights;
	unsigned in_flight;
	int64_t progress_ms; /* when a poll last began or ended */
	struct poller_statistics statistics;
};

static const double bucket_bounds_s[POLLER_BUCKET_COUNT] = POLLER_BUCKETS;

static struct subscription *subscription_of(struct schedule_item *item)
{
	return (struct subscription *)item;
}

static int64_t now_ms(const struct poller *poller)
{
	return loop_now_ms(poller->options.loop);
}

static int64_t now_unix_ms(const struct poller *poller)
{
	return loop_wall_unix_ms(poller->options.loop);
}

static bool can_begin(const struct poller *poller)
{
	return poller->policy.arm &&
	       poller->in_flight < poller->policy.max_in_flight;
}

static void set_timer(struct poller *poller)
{
	int64_t next_ms = schedule_next_ms(poller->schedule);

	if (next_ms == SCHEDULE_NEVER || !can_begin(poller))
		loop_timer_unset(poller->due);
	else
		loop_timer_set(poller->due, next_ms);
}

/* The subscription is still out of the schedule. */
static void free_flight(struct flight *flight)
{
	TAILQ_REMOVE(&flight->poller->flights, flight, link);
	flight->poller->in_flight--;
	free(flight);
}

static void count_result(struct poller *poller, enum failure_class class,
                         int64_t duration_ms)
{
	size_t bucket = 0;

	poller->statistics.results[class]++;
	poller->statistics.total_ms += duration_ms;
	while (bucket < POLLER_BUCKET_COUNT &&
	       (double)duration_ms / 1000 > bucket_bounds_s[bucket])
		bucket++;
	poller->statistics.buckets[bucket]++;
}

static void complete_pass(struct poller *poller,
                          const struct pass_summary *summary)
{
	poller->statistics.completed_unix_ms = now_unix_ms(poller);
	poller->statistics.duration_ms = summary->duration_ms;
	poller->statistics.polled = summary->polled;
	poller->statistics.failed = summary->failed;
	if (poller->options.pass_completed)
		poller->options.pass_completed(poller->options.user);
}

static void note_pass(struct poller *poller, struct subscription *subscription,
                      bool failed)
{
	struct pass_summary summary;

	if (pass_note(poller->pass, subscription, failed, now_ms(poller),
	              &summary))
		complete_pass(poller, &summary);
}

/* The end of each: its subscription is back in the schedule by then. settled:
 * it counts as polled, no read is wanting to confirm it. */
static void land(struct flight *flight, enum failure_class class, bool settled)
{
	struct poller *poller = flight->poller;
	struct subscription *subscription = flight->subscription;
	bool lost = subscription->lost;

	poller->progress_ms = now_ms(poller);
	count_result(poller, class, now_ms(poller) - flight->started_ms);
	free_flight(flight);
	if (lost)
		ledger_release(poller->options.ledger, subscription);
	else if (settled)
		note_pass(poller, subscription, class != FAILURE_NONE);
	outbox_wake(poller->options.outbox);
	set_timer(poller);
}

static void note_failure(struct flight *flight, const struct failure *failure)
{
	struct poller *poller = flight->poller;
	struct subscription *subscription = flight->subscription;
	int64_t not_before_ms = 0;

	log_debug("poll of %s failed (%s): %s", subscription->id,
	          failure_class_to_string(failure->class), failure->message);
	ledger_note_failure(poller->options.ledger, subscription, failure,
	                    now_unix_ms(poller),
	                    outbox_events(poller->options.outbox));
	if (failure->retry_after_ms > 0)
		not_before_ms = now_ms(poller) + failure->retry_after_ms;
	schedule_failed(poller->schedule, &subscription->schedule,
	                failure_class_is_slow(failure->class), now_ms(poller),
	                not_before_ms, loop_random(poller->options.loop));
	land(flight, failure->class, true);
}

static void note_success(struct flight *flight)
{
	struct poller *poller = flight->poller;

	schedule_succeeded(poller->schedule, &flight->subscription->schedule,
	                   now_ms(poller));
	land(flight, FAILURE_NONE, true);
}

static void note_unchanged(struct flight *flight)
{
	struct poller *poller = flight->poller;

	ledger_note_unchanged(poller->options.ledger, flight->subscription,
	                      now_unix_ms(poller),
	                      outbox_events(poller->options.outbox));
	note_success(flight);
}

/* What was seen is kept once it is believed, and written only where it is not
 * what was seen before. */
static void keep_evidence(struct poller *poller,
                          struct subscription *subscription,
                          const struct poll_result *result)
{
	scoped(string_free) char *json = evidence_to_json(
		result->judgements, result->count, result->listed);
	struct digest digest = digest_of(json, strlen(json));

	if (result->listed && !subscription->digest_is_set &&
	    digest_equal(&digest, &subscription->digest))
		return;
	subscription->digest = result->listed ? digest : result->digest;
	subscription->digest_is_set = !result->listed;
	outbox_put_evidence(poller->options.outbox, subscription->id, json);
}

static void note_verdict(struct flight *flight,
                         const struct poll_result *result)
{
	struct poller *poller = flight->poller;
	struct subscription *subscription = flight->subscription;
	enum ledger_outcome outcome = ledger_note_verdict(
		poller->options.ledger, subscription, result->verdict,
		now_unix_ms(poller), outbox_events(poller->options.outbox));

	if (outcome == LEDGER_SETTLED) {
		keep_evidence(poller, subscription, result);
		note_success(flight);
		return;
	}
	subscription->digest_is_set = false;
	schedule_again(poller->schedule, &subscription->schedule,
	               now_ms(poller), poller->policy.confirm_delay_ms);
	land(flight, FAILURE_NONE, false);
}

static void on_polled(const struct poll_result *result, void *user)
{
	struct flight *flight = user;

	if (flight->subscription->lost)
		land(flight, FAILURE_NONE, false);
	else if (result->failure)
		note_failure(flight, result->failure);
	else if (result->unchanged)
		note_unchanged(flight);
	else
		note_verdict(flight, result);
}

static struct flight *new_flight(struct poller *poller,
                                 struct subscription *subscription)
{
	struct flight *flight = xcalloc(1, sizeof(*flight));

	flight->poller = poller;
	flight->subscription = subscription;
	flight->started_ms = now_ms(poller);
	TAILQ_INSERT_HEAD(&poller->flights, flight, link);
	poller->in_flight++;
	poller->progress_ms = now_ms(poller);
	return flight;
}

static void start(struct poller *poller, struct subscription *subscription,
                  struct token *token)
{
	const struct poll_options options = {
		.arm = poller->policy.arm,
		.token = token,
		.api_version = poller->policy.api_version,
		.unset_is_disabled = poller->policy.unset_is_disabled,
	};
	struct flight *flight = new_flight(poller, subscription);

	flight->poll = poll_start(&options, subscription, on_polled, flight);
}

/*
 * A tenant without a token must not fill the places of the others: its polls
 * wait outside while one is on its way, and fail at once where none is to be
 * had.
 */
static void begin(struct poller *poller, struct subscription *subscription)
{
	struct token *token =
		poller->options.token_of(subscription, poller->options.user);
	const struct failure *failure;

	if (token_get(token)) {
		start(poller, subscription, token);
		return;
	}
	failure = token_failure(token);
	if (failure && token_state(token) != TOKEN_FETCHING) {
		note_failure(new_flight(poller, subscription), failure);
		return;
	}
	token_prepare(token);
	schedule_again(poller->schedule, &subscription->schedule,
	               now_ms(poller), TOKEN_WAIT_MS);
}

static void on_due(void *user)
{
	struct poller *poller = user;
	struct schedule_item *item;

	for (unsigned i = 0; i < BEGIN_AT_ONCE && can_begin(poller); i++) {
		item = schedule_take(poller->schedule, now_ms(poller));
		if (!item)
			break;
		begin(poller, subscription_of(item));
	}
	set_timer(poller);
}

static struct schedule_policy
schedule_policy(const struct poller_policy *policy)
{
	return (struct schedule_policy){
		.interval_ms = policy->interval_ms,
		.retry_min_ms = policy->interval_ms < RETRY_MIN_MS
		                        ? policy->interval_ms
		                        : RETRY_MIN_MS,
		.slow_max_ms = policy->interval_ms * SLOW_INTERVALS,
	};
}

struct poller *poller_new(const struct poller_options *options,
                          const struct poller_policy *policy)
{
	struct poller *poller = xcalloc(1, sizeof(*poller));
	struct schedule_policy schedule = schedule_policy(policy);

	poller->options = *options;
	poller->policy = *policy;
	TAILQ_INIT(&poller->flights);
	poller->schedule = schedule_new(&schedule);
	poller->pass = pass_new(policy->interval_ms, now_ms(poller));
	poller->due = loop_timer_new(options->loop, on_due, poller);
	poller->progress_ms = now_ms(poller);
	return poller;
}

/* Each is due again at once. */
static void abandon_flights(struct poller *poller)
{
	struct flight *flight, *next;

	for (flight = TAILQ_FIRST(&poller->flights); flight; flight = next) {
		struct subscription *subscription = flight->subscription;

		next = TAILQ_NEXT(flight, link);
		poll_cancel(flight->poll);
		free_flight(flight);
		if (subscription->lost)
			ledger_release(poller->options.ledger, subscription);
		else
			schedule_again(poller->schedule,
			               &subscription->schedule, now_ms(poller),
			               0);
	}
}

void poller_free(struct poller *poller)
{
	if (!poller)
		return;
	abandon_flights(poller);
	loop_timer_free(poller->due);
	pass_free(poller->pass);
	schedule_free(poller->schedule);
	free(poller);
}

/* A document of last time may mean something else now. */
static void forget_digests(struct poller *poller)
{
	struct ledger *ledger = poller->options.ledger;

	for (size_t i = 0; i < ledger_count(ledger); i++)
		ledger_at(ledger, i)->digest_is_set = false;
}

void poller_set_policy(struct poller *poller,
                       const struct poller_policy *policy)
{
	struct schedule_policy schedule = schedule_policy(policy);

	abandon_flights(poller);
	forget_digests(poller);
	poller->policy = *policy;
	schedule_set_policy(poller->schedule, &schedule, now_ms(poller));
	pass_set_interval(poller->pass, policy->interval_ms);
	set_timer(poller);
}

/* Ids are random, but for those that people make up: spread their last half,
 * which differs even then. */
static uint32_t phase_of(const char *id)
{
	struct digest digest = digest_of(id, strlen(id));
	uint32_t phase;

	memcpy(&phase, digest.bytes, sizeof(phase));
	return phase;
}

void poller_add(struct poller *poller, struct subscription *subscription)
{
	schedule_add(poller->schedule, &subscription->schedule,
	             phase_of(subscription->id), now_ms(poller));
	pass_add(poller->pass, subscription);
	set_timer(poller);
}

void poller_remove(struct poller *poller, struct subscription *subscription)
{
	schedule_remove(poller->schedule, &subscription->schedule);
	pass_remove(poller->pass, subscription);
	set_timer(poller);
}

void poller_hurry(struct poller *poller, struct subscription *subscription)
{
	schedule_hurry(poller->schedule, &subscription->schedule,
	               now_ms(poller));
	set_timer(poller);
}

void poller_hurry_all(struct poller *poller)
{
	struct ledger *ledger = poller->options.ledger;

	for (size_t i = 0; i < ledger_count(ledger); i++)
		schedule_hurry(poller->schedule,
		               &ledger_at(ledger, i)->schedule, now_ms(poller));
	set_timer(poller);
}

void poller_check_pass(struct poller *poller, bool discovered)
{
	struct pass_summary summary;

	if (pass_check(poller->pass, discovered, now_ms(poller), &summary))
		complete_pass(poller, &summary);
}

int64_t poller_next_unix_ms(const struct poller *poller,
                            const struct subscription *subscription)
{
	if (subscription->schedule.taken)
		return 0;
	return now_unix_ms(poller) +
	       (subscription->schedule.due_ms - now_ms(poller));
}

bool poller_is_alive(const struct poller *poller)
{
	int64_t patience_ms =
		POLL_REQUESTS * poller->policy.timeout_ms + ALIVE_GRACE_MS;
	int64_t next_ms = schedule_next_ms(poller->schedule);
	bool waits = next_ms == SCHEDULE_NEVER ||
	             next_ms > now_ms(poller) - patience_ms;

	return (waits && poller->in_flight == 0) ||
	       now_ms(poller) - poller->progress_ms < patience_ms;
}

const struct poller_statistics *poller_statistics(const struct poller *poller)
{
	return &poller->statistics;
}
