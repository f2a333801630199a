/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ledger.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/mem.h"
#include "core/ledger_internal.h"

#define ROOM_FIRST 64

static int64_t last_good_unix_ms(const struct subscription *subscription)
{
	return subscription->checked_unix_ms ? subscription->checked_unix_ms
	                                     : subscription->found_unix_ms;
}

static struct subscription_queue *queue_of(struct ledger *ledger,
                                           const struct subscription *record)
{
	return record->dirty == SUBSCRIPTION_CHANGED ? &ledger->changed
	                                             : &ledger->checked;
}

/* How many have an id that is less than id, or, with or_equal, equal to it. */
static size_t count_before(const struct ledger *ledger, const char *id,
                           bool or_equal)
{
	size_t low = 0, high = ledger->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		int order = strcmp(ledger->records[middle]->id, id);

		if (order < 0 || (or_equal && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct subscription *ledger_record_new(const char *id)
{
	struct subscription *record = xcalloc(1, sizeof(*record));

	assert(strlen(id) == TEXT_GUID_SIZE - 1);
	memcpy(record->id, id, TEXT_GUID_SIZE);
	return record;
}

void ledger_record_free(struct ledger *ledger, struct subscription *record)
{
	ledger_drop_error(ledger, record);
	ledger_drop_candidate(ledger, record);
	verdict_give(ledger->pool, &record->verdict);
	intern_give(ledger->pool, record->previous.value);
	intern_give(ledger->pool, record->name);
	intern_give(ledger->pool, record->tenant);
	intern_give(ledger->pool, record->tenant_id);
	intern_give(ledger->pool, record->azure_state);
	free(record);
}

void ledger_drop_error(struct ledger *ledger, struct subscription *record)
{
	if (!record->error)
		return;
	intern_give(ledger->pool, record->error->code);
	intern_give(ledger->pool, record->error->message);
	intern_give(ledger->pool, record->error->correlation_id);
	free(record->error);
	record->error = NULL;
}

void ledger_drop_candidate(struct ledger *ledger, struct subscription *record)
{
	if (!record->candidate)
		return;
	verdict_give(ledger->pool, &record->candidate->verdict);
	free(record->candidate);
	record->candidate = NULL;
}

void ledger_make_room(struct ledger *ledger, size_t count)
{
	if (count <= ledger->room)
		return;
	ledger->room = count;
	ledger->records =
		xrealloc(ledger->records, count, sizeof(struct subscription *));
}

void ledger_mark(struct ledger *ledger, struct subscription *record,
                 enum subscription_dirty dirty)
{
	if (record->dirty >= dirty)
		return;
	ledger_unmark(ledger, record);
	record->dirty = (uint8_t)dirty;
	subscription_queue_append(queue_of(ledger, record), record);
}

void ledger_unmark(struct ledger *ledger, struct subscription *record)
{
	if (record->dirty == SUBSCRIPTION_CLEAN)
		return;
	subscription_queue_remove(queue_of(ledger, record), record);
	record->dirty = SUBSCRIPTION_CLEAN;
}

void subscription_queue_append(struct subscription_queue *queue,
                               struct subscription *record)
{
	record->next_dirty = NULL;
	record->prev_dirty = queue->last;
	if (queue->last)
		queue->last->next_dirty = record;
	else
		queue->first = record;
	queue->last = record;
}

void subscription_queue_remove(struct subscription_queue *queue,
                               struct subscription *record)
{
	if (record->prev_dirty)
		record->prev_dirty->next_dirty = record->next_dirty;
	else
		queue->first = record->next_dirty;
	if (record->next_dirty)
		record->next_dirty->prev_dirty = record->prev_dirty;
	else
		queue->last = record->prev_dirty;
	record->next_dirty = NULL;
	record->prev_dirty = NULL;
}

struct subscription *subscription_queue_take(struct subscription_queue *queue)
{
	struct subscription *record = queue->first;

	if (!record)
		return NULL;
	queue->first = record->next_dirty;
	if (queue->first)
		queue->first->prev_dirty = NULL;
	else
		queue->last = NULL;
	record->next_dirty = NULL;
	return record;
}

struct ledger *ledger_new(const struct ledger_policy *policy,
                          int64_t started_unix_ms)
{
	struct ledger *ledger = xcalloc(1, sizeof(*ledger));

	ledger_set_policy(ledger, policy);
	ledger->started_unix_ms = started_unix_ms;
	ledger->pool = intern_new();
	return ledger;
}

void ledger_free(struct ledger *ledger)
{
	struct subscription *lost;

	if (!ledger)
		return;
	for (size_t i = 0; i < ledger->count; i++)
		ledger_record_free(ledger, ledger->records[i]);
	while ((lost = subscription_queue_take(&ledger->polled)))
		ledger_record_free(ledger, lost);
	free(ledger->records);
	intern_free(ledger->pool);
	free(ledger);
}

void ledger_set_policy(struct ledger *ledger,
                       const struct ledger_policy *policy)
{
	ledger->confirm = policy->confirm;
	ledger->stale_after_ms = policy->stale_after_ms;
}

struct intern *ledger_pool(struct ledger *ledger)
{
	return ledger->pool;
}

struct subscription *ledger_find(const struct ledger *ledger, const char *id)
{
	size_t index = count_before(ledger, id, false);

	if (index < ledger->count &&
	    strcmp(ledger->records[index]->id, id) == 0)
		return ledger->records[index];
	return NULL;
}

size_t ledger_count(const struct ledger *ledger)
{
	return ledger->count;
}

struct subscription *ledger_at(const struct ledger *ledger, size_t index)
{
	assert(index < ledger->count);
	return ledger->records[index];
}

size_t ledger_index_after(const struct ledger *ledger, const char *after)
{
	return count_before(ledger, after, true);
}

struct subscription *ledger_restore(struct ledger *ledger, const char *id)
{
	size_t index = ledger->count;
	struct subscription *record;

	if (index && strcmp(ledger->records[index - 1]->id, id) >= 0) {
		index = count_before(ledger, id, false);
		if (strcmp(ledger->records[index]->id, id) == 0)
			return NULL;
	}
	if (ledger->count == ledger->room)
		ledger_make_room(ledger,
		                 ledger->room ? ledger->room * 2 : ROOM_FIRST);
	record = ledger_record_new(id);
	memmove(&ledger->records[index + 1], &ledger->records[index],
	        (ledger->count - index) * sizeof(struct subscription *));
	ledger->records[index] = record;
	ledger->count++;
	return record;
}

void ledger_restored(struct ledger *ledger)
{
	ledger->room = ledger->count;
	ledger->records = xrealloc(ledger->records, ledger->count,
	                           sizeof(struct subscription *));
}

bool ledger_is_stale(const struct ledger *ledger,
                     const struct subscription *subscription,
                     int64_t now_unix_ms)
{
	return now_unix_ms - last_good_unix_ms(subscription) >
	       ledger->stale_after_ms;
}

struct ledger_counts ledger_count_all(const struct ledger *ledger,
                                      const char *tenant, int64_t now_unix_ms)
{
	struct ledger_counts counts = { 0 };

	for (size_t i = 0; i < ledger->count; i++) {
		const struct subscription *record = ledger->records[i];

		if (tenant && !text_equal(record->tenant, tenant))
			continue;
		counts.total++;
		counts.states[record->verdict.state]++;
		counts.stale += ledger_is_stale(ledger, record, now_unix_ms);
		counts.tried += record->tried;
	}
	return counts;
}

struct subscription *ledger_take_dirty(struct ledger *ledger, bool also_checked)
{
	struct subscription *record = ledger->changed.first;

	if (!record && also_checked)
		record = ledger->checked.first;
	if (record)
		ledger_unmark(ledger, record);
	return record;
}

bool ledger_has_dirty(const struct ledger *ledger, bool also_checked)
{
	return ledger->changed.first || (also_checked && ledger->checked.first);
}

void ledger_touch(struct ledger *ledger, struct subscription *subscription)
{
	if (!subscription->lost)
		ledger_mark(ledger, subscription, SUBSCRIPTION_CHANGED);
}
