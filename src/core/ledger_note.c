/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ledger.h"

#include <assert.h>
#include <stdlib.h>

#include "base/intern.h"
#include "base/mem.h"
#include "core/ledger_internal.h"
#include "core/telling.h"

static int64_t max_ms(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* More polls than this in a row without a result that is believed: it counts
 * as tried all the same. More than [poll] confirm may be. */
#define UNSETTLED_MAX 20

/* Whatever it found, it found something. */
static void note_good_poll(struct ledger *ledger, struct subscription *record,
                           int64_t now_unix_ms, struct event_list *events)
{
	if (record->stale_told) {
		event_list_append(events,
		                  telling_of_fresh(record, now_unix_ms));
		record->stale_told = false;
		ledger_mark(ledger, record, SUBSCRIPTION_CHANGED);
	}
	ledger_drop_error(ledger, record);
	record->checked_unix_ms = now_unix_ms;
	ledger_mark(ledger, record, SUBSCRIPTION_CHECKED);
}

/* Texts of the pool: equal ones are the same pointer. */
static bool texts_differ(const struct verdict *a, const struct verdict *b)
{
	return a->value != b->value || a->assignment_id != b->assignment_id ||
	       a->assignment_name != b->assignment_name ||
	       a->scope != b->scope || a->definition_id != b->definition_id ||
	       a->enforcement_mode != b->enforcement_mode ||
	       a->changed_by != b->changed_by || a->changed_on != b->changed_on;
}

/* What is known was read again, if perhaps in other words. */
static void refresh(struct ledger *ledger, struct subscription *record,
                    struct verdict *taken_verdict)
{
	ledger_drop_candidate(ledger, record);
	if (texts_differ(&record->verdict, taken_verdict))
		ledger_mark(ledger, record, SUBSCRIPTION_CHANGED);
	verdict_give(ledger->pool, &record->verdict);
	record->verdict = *taken_verdict;
}

/* How often it has been read in a row by now, this time included. */
static unsigned count_read(struct ledger *ledger, struct subscription *record,
                           const struct verdict *taken_verdict)
{
	struct subscription_candidate *candidate = record->candidate;

	if (!candidate) {
		candidate = xcalloc(1, sizeof(*candidate));
		record->candidate = candidate;
	} else if (!verdict_same(&candidate->verdict, taken_verdict)) {
		candidate->reads = 0;
	}
	verdict_give(ledger->pool, &candidate->verdict);
	candidate->verdict = *taken_verdict;
	return ++candidate->reads;
}

static void remember(struct ledger *ledger, struct subscription *record,
                     int64_t now_unix_ms)
{
	intern_give(ledger->pool, record->previous.value);
	record->previous = (struct subscription_previous){
		.state = record->verdict.state,
		.reason = record->verdict.reason,
		.value = intern_again(ledger->pool, record->verdict.value),
		.until_unix_ms = now_unix_ms,
	};
}

/* The candidate becomes what is known, and that is told. */
static void believe(struct ledger *ledger, struct subscription *record,
                    int64_t now_unix_ms, struct event_list *events)
{
	struct verdict before = record->verdict;
	struct verdict verdict = record->candidate->verdict;
	bool is_first = before.state == STATE_UNKNOWN;

	if (before.state != verdict.state) {
		if (!is_first)
			remember(ledger, record, now_unix_ms);
		record->since_unix_ms = now_unix_ms;
	}
	record->verdict = verdict;
	record->candidate->verdict = (struct verdict){ .state = STATE_UNKNOWN };
	ledger_drop_candidate(ledger, record);
	record->digest_is_set = false;
	ledger_mark(ledger, record, SUBSCRIPTION_CHANGED);

	if (!is_first || verdict.state != STATE_ENABLED)
		event_list_append(events, telling_of_verdict(record, &before,
		                                             now_unix_ms));
	verdict_give(ledger->pool, &before);
}

static const char *take_unless_empty(struct intern *pool, const char *text)
{
	return *text ? intern_take(pool, text) : NULL;
}

/* The store does not keep errors, so this makes nothing dirty. */
static void keep_error(struct ledger *ledger, struct subscription *record,
                       const struct failure *failure, int64_t now_unix_ms)
{
	struct subscription_error *error = xcalloc(1, sizeof(*error));
	const struct subscription_error *last = record->error;
	bool goes_on = last && last->class == failure->class;

	error->class = failure->class;
	error->http_status = failure->http_status;
	error->count = goes_on ? last->count + 1 : 1;
	error->since_unix_ms = goes_on ? last->since_unix_ms : now_unix_ms;
	error->code = take_unless_empty(ledger->pool, failure->code);
	error->message = verdict_take_text(
		ledger->pool, *failure->message ? failure->message : NULL,
		record->id);
	error->correlation_id =
		take_unless_empty(ledger->pool, failure->correlation_id);

	ledger_drop_error(ledger, record);
	record->error = error;
}

static void settle(struct subscription *record)
{
	record->tried = true;
	record->unsettled = 0;
}

/* One whose reads never agree must not keep readiness waiting for ever. */
static void count_unsettled(struct subscription *record)
{
	if (record->unsettled < UINT8_MAX)
		record->unsettled++;
	if (record->unsettled > UNSETTLED_MAX)
		record->tried = true;
}

enum ledger_outcome ledger_note_verdict(struct ledger *ledger,
                                        struct subscription *subscription,
                                        const struct verdict *verdict,
                                        int64_t now_unix_ms,
                                        struct event_list *events)
{
	unsigned confirm = ledger->confirm;
	struct verdict taken;

	assert(verdict->state != STATE_UNKNOWN);
	if (subscription->lost)
		return LEDGER_SETTLED;

	note_good_poll(ledger, subscription, now_unix_ms, events);
	taken = verdict_take(ledger->pool, verdict, subscription->id);
	if (verdict_same(&subscription->verdict, &taken)) {
		refresh(ledger, subscription, &taken);
		settle(subscription);
		return LEDGER_SETTLED;
	}

	if (subscription->verdict.state == STATE_UNKNOWN &&
	    taken.state == STATE_ENABLED)
		confirm = 0;
	if (count_read(ledger, subscription, &taken) <= confirm) {
		count_unsettled(subscription);
		return LEDGER_CONFIRM;
	}
	believe(ledger, subscription, now_unix_ms, events);
	settle(subscription);
	return LEDGER_SETTLED;
}

void ledger_note_unchanged(struct ledger *ledger,
                           struct subscription *subscription,
                           int64_t now_unix_ms, struct event_list *events)
{
	if (subscription->lost)
		return;
	assert(subscription->verdict.state != STATE_UNKNOWN);
	assert(!subscription->candidate);
	note_good_poll(ledger, subscription, now_unix_ms, events);
	settle(subscription);
}

void ledger_note_failure(struct ledger *ledger,
                         struct subscription *subscription,
                         const struct failure *failure, int64_t now_unix_ms,
                         struct event_list *events)
{
	assert(failure->class != FAILURE_NONE);
	if (subscription->lost)
		return;
	subscription->tried = true;
	count_unsettled(subscription);
	keep_error(ledger, subscription, failure, now_unix_ms);
}

void ledger_sweep(struct ledger *ledger, int64_t now_unix_ms,
                  struct event_list *events)
{
	for (size_t i = 0; i < ledger->count; i++) {
		struct subscription *record = ledger->records[i];
		int64_t from_unix_ms = max_ms(
			record->checked_unix_ms,
			max_ms(record->found_unix_ms, ledger->started_unix_ms));

		if (record->stale_told ||
		    now_unix_ms - from_unix_ms <= ledger->stale_after_ms)
			continue;
		record->stale_told = true;
		ledger_mark(ledger, record, SUBSCRIPTION_CHANGED);
		event_list_append(events,
		                  telling_of_stale(record, now_unix_ms));
	}
}
