/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/poller.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "azure/arm.h"
#include "azure/assignment.h"
#include "azure/token.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/assess.h"
#include "core/ledger.h"
#include "core/schedule.h"
#include "daemon/evidence.h"
#include "daemon/outbox.h"
#include "daemon/pass.h"
#include "io/loop.h"

/* The first retry after a failure; doubles up to the interval. */
#define RETRY_MIN_MS 1000

/* Failures that only a person heals are retried at the interval, then slower,
 * up to so many intervals. */
#define SLOW_INTERVALS 12

/* While a tenant's first token is on its way its polls wait so long. */
#define TOKEN_WAIT_MS 100

/* A LIST of more pages than this does not end. */
#define LIST_PAGES_MAX 100

/* What may stand still beyond the longest poll before the watchdog bites. */
#define ALIVE_GRACE_MS 30000

struct poll {
	struct poll *next;
	struct poll **previous; /* what points at this one */
	struct poller *poller;
	struct subscription *subscription;
	struct arm_call *call;
	struct assignment_set *set;
	struct digest digest; /* of the GET's document */
	int64_t started_ms;
	unsigned pages;
	bool listed;
};

struct poller {
	struct poller_options options;
	struct poller_policy policy;
	struct schedule *schedule;
	struct loop_timer *due;
	struct pass *pass;
	struct poll *polls;
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

static void set_timer(struct poller *poller)
{
	int64_t next_ms = schedule_next_ms(poller->schedule);

	if (next_ms == SCHEDULE_NEVER || !poller->policy.arm ||
	    poller->in_flight >= poller->policy.max_in_flight)
		loop_timer_unset(poller->due);
	else
		loop_timer_set(poller->due, next_ms);
}

/* Takes the poll out of the poller; the subscription is still out of the
 * schedule. */
static void free_poll(struct poll *poll)
{
	*poll->previous = poll->next;
	if (poll->next)
		poll->next->previous = poll->previous;
	poll->poller->in_flight--;
	arm_cancel(poll->call);
	assignment_set_free(poll->set);
	free(poll);
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

static void note_pass(struct poller *poller,
                      struct subscription *subscription, bool failed)
{
	struct pass_summary summary;

	if (!pass_note(poller->pass, subscription, failed, now_ms(poller),
	               &summary))
		return;
	poller->statistics.completed_unix_ms = now_unix_ms(poller);
	poller->statistics.duration_ms = summary.duration_ms;
	poller->statistics.polled = summary.polled;
	poller->statistics.failed = summary.failed;
	if (poller->options.pass_completed)
		poller->options.pass_completed(poller->options.user);
}

/* The end of each poll: its subscription is back in the schedule by then.
 * settled: it counts as polled, no read is wanting to confirm it. */
static void finish(struct poll *poll, enum failure_class class, bool settled)
{
	struct poller *poller = poll->poller;
	struct subscription *subscription = poll->subscription;
	bool lost = subscription->lost;

	poller->progress_ms = now_ms(poller);
	count_result(poller, class, now_ms(poller) - poll->started_ms);
	free_poll(poll);
	if (lost)
		ledger_release(poller->options.ledger, subscription);
	else if (settled)
		note_pass(poller, subscription, class != FAILURE_NONE);
	outbox_wake(poller->options.outbox);
	set_timer(poller);
}

static void fail(struct poll *poll, const struct failure *failure)
{
	struct poller *poller = poll->poller;
	struct subscription *subscription = poll->subscription;
	int64_t not_before_ms = 0;

	log_debug("poll of %s failed (%s): %s", subscription->id,
	          failure_class_to_string(failure->class), failure->message);
	if (!subscription->lost) {
		ledger_note_failure(poller->options.ledger, subscription,
		                    failure, now_unix_ms(poller),
		                    outbox_events(poller->options.outbox));
		if (failure->retry_after_ms > 0)
			not_before_ms =
				now_ms(poller) + failure->retry_after_ms;
		schedule_failed(poller->schedule, &subscription->schedule,
		                failure_class_is_slow(failure->class),
		                now_ms(poller), not_before_ms,
		                loop_random(poller->options.loop));
	}
	finish(poll, failure->class, true);
}

static void fail_invalid(struct poll *poll, const struct error *error)
{
	struct failure failure;

	failure_set(&failure, FAILURE_INVALID, "%s", error->text);
	failure.http_status = 200;
	fail(poll, &failure);
}

static void succeed(struct poll *poll)
{
	struct poller *poller = poll->poller;
	struct subscription *subscription = poll->subscription;

	schedule_succeeded(poller->schedule, &subscription->schedule,
	                   now_ms(poller));
	finish(poll, FAILURE_NONE, true);
}

/* What was seen is kept once it is believed, and written only where it is not
 * what was seen before. */
static void keep_evidence(struct poll *poll, const struct judgement *judgements,
                          size_t count)
{
	struct subscription *subscription = poll->subscription;
	scoped(string_free) char *json =
		evidence_to_json(judgements, count, poll->listed);
	struct digest digest = digest_of(json, strlen(json));

	if (!poll->listed) {
		subscription->digest = poll->digest;
		subscription->digest_is_set = true;
	} else if (!subscription->digest_is_set &&
	           digest_equal(&digest, &subscription->digest)) {
		return;
	} else {
		subscription->digest = digest;
		subscription->digest_is_set = false;
	}
	outbox_put_evidence(poll->poller->options.outbox, subscription->id,
	                    json);
}

static void note_verdict(struct poll *poll, const struct judgement *judgements,
                         size_t count)
{
	struct poller *poller = poll->poller;
	struct subscription *subscription = poll->subscription;
	struct verdict verdict;

	assess_decide(judgements, count, assignment_by_name(poll->set),
	              &verdict);
	if (ledger_note_verdict(poller->options.ledger, subscription, &verdict,
	                        now_unix_ms(poller),
	                        outbox_events(poller->options.outbox)) ==
	    LEDGER_CONFIRM) {
		subscription->digest_is_set = false;
		schedule_again(poller->schedule, &subscription->schedule,
		               now_ms(poller), poller->policy.confirm_delay_ms);
		finish(poll, FAILURE_NONE, false);
		return;
	}
	keep_evidence(poll, judgements, count);
	succeed(poll);
}

static int judge_all(struct poll *poll, struct judgement *judgements,
                     struct error *error)
{
	const struct assess_policy policy = {
		.unset_is_disabled = poll->poller->policy.unset_is_disabled,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < assignment_count(poll->set); i++)
		r = assess_judge(assignment_at(poll->set, i),
		                 poll->subscription->id, &policy,
		                 &judgements[i], error);
	return r;
}

/* All documents are there. */
static void decide(struct poll *poll)
{
	size_t count = assignment_count(poll->set);
	scoped(judgements_free) struct judgement *judgements =
		xcalloc(count ? count : 1, sizeof(*judgements));
	struct error error = { "" };

	if (judge_all(poll, judgements, &error) < 0)
		fail_invalid(poll, &error);
	else
		note_verdict(poll, judgements, count);
}

/* A page asks for the next one, whose answer is a page. */
static void on_page(const struct arm_reply *reply, void *user);

static void get_page(struct poll *poll, const char *path_or_url)
{
	struct poller *poller = poll->poller;

	poll->call = arm_get(poller->policy.arm,
	                     poller->options.token_of(poll->subscription,
	                                              poller->options.user),
	                     path_or_url, ARM_LISTING_MAX_BYTES, on_page,
	                     poll);
}

static void on_page(const struct arm_reply *reply, void *user)
{
	struct poll *poll = user;
	scoped(string_free) char *next_link = NULL;
	struct error error = { "" };

	poll->call = NULL;
	if (poll->subscription->lost) {
		finish(poll, FAILURE_NONE, false);
	} else if (reply->failure.class != FAILURE_NONE) {
		fail(poll, &reply->failure);
	} else if (assignment_add_page(poll->set, reply->body,
	                               reply->size_bytes, &next_link,
	                               &error) < 0) {
		fail_invalid(poll, &error);
	} else if (next_link && ++poll->pages >= LIST_PAGES_MAX) {
		error_set(&error, -EINVAL,
		          "the list of assignments does not end after %d pages",
		          LIST_PAGES_MAX);
		fail_invalid(poll, &error);
	} else if (next_link) {
		get_page(poll, next_link);
	} else {
		decide(poll);
	}
}

static void list(struct poll *poll)
{
	scoped(string_free) char *path = assignment_list_path(
		poll->subscription->id, poll->poller->policy.api_version);

	poll->listed = true;
	get_page(poll, path);
}

/* The document of last time gives the verdict of last time. */
static bool is_unchanged(const struct poll *poll)
{
	const struct subscription *subscription = poll->subscription;

	return subscription->digest_is_set && !subscription->candidate &&
	       digest_equal(&subscription->digest, &poll->digest);
}

static void note_unchanged(struct poll *poll)
{
	ledger_note_unchanged(poll->poller->options.ledger, poll->subscription,
	                      now_unix_ms(poll->poller),
	                      outbox_events(poll->poller->options.outbox));
	succeed(poll);
}

static void read_document(struct poll *poll, const struct arm_reply *reply)
{
	struct judgement judgement;
	struct error error = { "" };

	if (assignment_add_document(poll->set, reply->body, reply->size_bytes,
	                            poll->subscription->id, &error) < 0 ||
	    judge_all(poll, &judgement, &error) < 0)
		fail_invalid(poll, &error);
	else if (assess_needs_list(&judgement))
		list(poll);
	else
		note_verdict(poll, &judgement, 1);
}

static bool is_not_assigned(const struct failure *failure)
{
	return failure->class == FAILURE_NOT_FOUND &&
	       text_equal_nocase(failure->code, "PolicyAssignmentNotFound");
}

static void on_document(const struct arm_reply *reply, void *user)
{
	struct poll *poll = user;

	poll->call = NULL;
	if (poll->subscription->lost) {
		finish(poll, FAILURE_NONE, false);
	} else if (is_not_assigned(&reply->failure)) {
		list(poll);
	} else if (reply->failure.class != FAILURE_NONE) {
		fail(poll, &reply->failure);
	} else {
		poll->digest = digest_of(reply->body, reply->size_bytes);
		if (is_unchanged(poll))
			note_unchanged(poll);
		else
			read_document(poll, reply);
	}
}

static struct poll *new_poll(struct poller *poller,
                             struct subscription *subscription)
{
	struct poll *poll = xcalloc(1, sizeof(*poll));

	poll->poller = poller;
	poll->subscription = subscription;
	poll->started_ms = now_ms(poller);
	poll->next = poller->polls;
	poll->previous = &poller->polls;
	if (poll->next)
		poll->next->previous = &poll->next;
	poller->polls = poll;
	poller->in_flight++;
	poller->progress_ms = now_ms(poller);
	return poll;
}

static void start(struct poller *poller, struct subscription *subscription,
                  struct token *token)
{
	scoped(string_free) char *path = assignment_get_path(
		subscription->id, poller->policy.api_version);
	struct poll *poll = new_poll(poller, subscription);

	poll->set = assignment_set_new();
	poll->call = arm_get(poller->policy.arm, token, path,
	                     ARM_DOCUMENT_MAX_BYTES, on_document, poll);
}

/*
 * A tenant without a token must not fill the places of the others: its polls
 * wait outside while one is on its way, and fail at once where none is to be
 * had.
 */
static void begin(struct poller *poller, struct subscription *subscription)
{
	struct token *token = poller->options.token_of(subscription,
	                                               poller->options.user);
	const struct failure *failure;

	if (token_get(token)) {
		start(poller, subscription, token);
		return;
	}
	failure = token_failure(token);
	if (failure && token_state(token) != TOKEN_FETCHING) {
		fail(new_poll(poller, subscription), failure);
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

	while (poller->policy.arm &&
	       poller->in_flight < poller->policy.max_in_flight &&
	       (item = schedule_take(poller->schedule, now_ms(poller))))
		begin(poller, subscription_of(item));
	set_timer(poller);
}

static struct schedule_policy schedule_policy(const struct poller_policy *policy)
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
	poller->schedule = schedule_new(&schedule);
	poller->pass = pass_new(policy->interval_ms, now_ms(poller));
	poller->due = loop_timer_new(options->loop, on_due, poller);
	poller->progress_ms = now_ms(poller);
	return poller;
}

/* Each is due again at once. */
static void abandon_polls(struct poller *poller)
{
	struct poll *poll;

	while ((poll = poller->polls)) {
		struct subscription *subscription = poll->subscription;

		free_poll(poll);
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
	abandon_polls(poller);
	loop_timer_free(poller->due);
	pass_free(poller->pass);
	schedule_free(poller->schedule);
	free(poller);
}

void poller_set_policy(struct poller *poller,
                       const struct poller_policy *policy)
{
	struct schedule_policy schedule = schedule_policy(policy);

	abandon_polls(poller);
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
		               &ledger_at(ledger, i)->schedule,
		               now_ms(poller));
	set_timer(poller);
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
	int64_t patience_ms = 2 * poller->policy.timeout_ms + ALIVE_GRACE_MS;
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
