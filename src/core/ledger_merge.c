/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ledger.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/intern.h"
#include "base/mem.h"
#include "core/ledger_internal.h"
#include "core/telling.h"

#define MISSES_MAX 2

#define WHY_CONFIGURED "the configuration does not include it any more"

/* One ledger_merge() on its way. */
struct merging {
	struct ledger *ledger;
	const struct ledger_merge *merge;
	int64_t now_unix_ms;
	struct event_list *events;
	const char *tenant;         /* pool's */
	const char *tenant_id;      /* pool's; NULL: not known */
	const struct listed **rows; /* those with a GUID, by it */
	size_t row_count;
	struct subscription **added; /* by id */
	size_t added_count;
	struct subscription_queue lost;
};

/* By id; of two with the same id, the one that was listed first. */
static int compare_rows(const void *a, const void *b)
{
	const struct listed *const *row_a = a, *const *row_b = b;
	int order = strcasecmp((*row_a)->id, (*row_b)->id);

	if (order)
		return order;
	return *row_a < *row_b ? -1 : *row_a > *row_b;
}

static void sort_rows(struct merging *merging)
{
	const struct ledger_merge *merge = merging->merge;

	merging->rows = xcalloc(merge->count, sizeof(struct listed *));
	for (size_t i = 0; i < merge->count; i++)
		if (text_is_guid(merge->rows[i].id))
			merging->rows[merging->row_count++] = &merge->rows[i];
	qsort(merging->rows, merging->row_count, sizeof(struct listed *),
	      compare_rows);
}

/* The pool's copy of an id in lower case; NULL where it is none. */
static const char *take_guid(struct intern *pool, const char *text)
{
	char guid[TEXT_GUID_SIZE];

	return text_lower_guid(text, guid) == 0 ? intern_take(pool, guid)
	                                        : NULL;
}

/* Puts taken into *slot; NULL leaves what is known. */
static void settle_text(struct ledger *ledger, struct subscription *record,
                        const char **slot, const char *taken)
{
	if (!taken)
		return;
	if (*slot != taken)
		ledger_mark(ledger, record, SUBSCRIPTION_CHANGED);
	intern_give(ledger->pool, *slot);
	*slot = taken;
}

/* The tenant that the row bears; without one, the one that lists it. */
static const char *take_tenant_id(const struct merging *merging,
                                  const struct listed *row)
{
	struct intern *pool = merging->ledger->pool;
	const char *taken = take_guid(pool, row->tenant_id);

	return taken ? taken : intern_again(pool, merging->tenant_id);
}

static enum subscription_claim claim_of(const struct merging *merging,
                                        const struct listed *row)
{
	return row->tenant_id && text_equal_nocase(row->tenant_id,
	                                           merging->tenant_id)
	               ? SUBSCRIPTION_BORNE
	               : SUBSCRIPTION_LISTED;
}

static void bring_up_to_date(const struct merging *merging,
                             struct subscription *record,
                             const struct listed *row)
{
	struct ledger *ledger = merging->ledger;
	struct intern *pool = ledger->pool;

	settle_text(ledger, record, &record->tenant,
	            intern_again(pool, merging->tenant));
	settle_text(ledger, record, &record->tenant_id,
	            take_tenant_id(merging, row));
	settle_text(ledger, record, &record->name,
	            intern_take(pool, row->name));
	settle_text(ledger, record, &record->azure_state,
	            intern_take(pool, row->azure_state));
	record->claim = (uint8_t)claim_of(merging, row);
	record->misses = 0;
}

/* Whether what another tenant has goes to the one that now lists it. */
static bool moves(const struct merging *merging,
                  const struct subscription *record,
                  enum subscription_claim claim)
{
	const struct ledger_merge *merge = merging->merge;
	unsigned rank;

	/* Its tenant's own last listing lacked it: better moved than lost. */
	if (!record->tenant || record->misses)
		return true;
	rank = merge->rank_of(record->tenant, merge->user);
	if (rank == UINT_MAX)
		return true;
	if (claim == SUBSCRIPTION_BORNE || record->claim == SUBSCRIPTION_BORNE)
		return claim > record->claim ||
		       (claim == record->claim && merge->tenant->rank < rank);
	/* After a start its tenant may bear its id: that one speaks first. */
	return record->claim == SUBSCRIPTION_LISTED &&
	       merge->tenant->rank < rank;
}

static void note_listed(struct merging *merging, struct subscription *record,
                        const struct listed *row)
{
	if (record->tenant == merging->tenant ||
	    moves(merging, record, claim_of(merging, row)))
		bring_up_to_date(merging, record, row);
}

static void note_new(struct merging *merging, const struct listed *row)
{
	struct ledger *ledger = merging->ledger;
	struct subscription *record;
	char id[TEXT_GUID_SIZE];
	int r = text_lower_guid(row->id, id);

	assert(r == 0);
	record = ledger_record_new(id);
	record->found_unix_ms = merging->now_unix_ms;
	bring_up_to_date(merging, record, row);
	ledger_mark(ledger, record, SUBSCRIPTION_CHANGED);
	merging->added[merging->added_count++] = record;
	if (merging->merge->tenant->tell_found)
		event_list_append(
			merging->events,
			telling_of_found(record, merging->now_unix_ms));
}

/* It leaves the queues at once, and the order with leave(). */
static void lose(struct ledger *ledger, struct subscription *record,
                 const char *why, int64_t now_unix_ms,
                 struct event_list *events, struct subscription_queue *lost)
{
	event_list_append(events, telling_of_lost(record, why, now_unix_ms));
	ledger_unmark(ledger, record);
	record->lost = true;
	subscription_queue_append(lost, record);
}

static void note_missing(struct merging *merging, struct subscription *record)
{
	const struct ledger_tenant *tenant = merging->merge->tenant;
	scoped(string_free) char *why = NULL;

	if (record->tenant != merging->tenant)
		return;
	if (!tenant->lose_at_once && ++record->misses < MISSES_MAX)
		return;
	if (!tenant->lose_at_once)
		why = xasprintf("two listings of tenant %s in a row lack it",
		                tenant->name);
	lose(merging->ledger, record, why ? why : WHY_CONFIGURED,
	     merging->now_unix_ms, merging->events, &merging->lost);
}

/* Walks the ledger and the listing side by side. */
static void compare(struct merging *merging)
{
	struct ledger *ledger = merging->ledger;
	size_t i = 0, j = 0;

	while (i < ledger->count || j < merging->row_count) {
		const struct listed *row;
		int order = 1;

		if (j == merging->row_count) {
			note_missing(merging, ledger->records[i++]);
			continue;
		}
		row = merging->rows[j];
		if (i < ledger->count)
			order = strcasecmp(ledger->records[i]->id, row->id);
		if (order < 0) {
			note_missing(merging, ledger->records[i++]);
			continue;
		}
		if (order == 0)
			note_listed(merging, ledger->records[i++], row);
		else
			note_new(merging, row);
		/* A listing may say a thing twice: the first time counts. */
		while (j < merging->row_count &&
		       strcasecmp(merging->rows[j]->id, row->id) == 0)
			j++;
	}
}

/* The lost ones out of the order, in one go. */
static void leave(struct ledger *ledger)
{
	size_t kept = 0;

	for (size_t i = 0; i < ledger->count; i++)
		if (!ledger->records[i]->lost)
			ledger->records[kept++] = ledger->records[i];
	ledger->count = kept;
}

/* The new ones, which are in order, into the order: from the end. */
static void enter(struct ledger *ledger, struct subscription *const *added,
                  size_t count)
{
	size_t from = ledger->count, to = from + count;

	ledger_make_room(ledger, to);
	ledger->count = to;
	while (count)
		if (from && strcmp(ledger->records[from - 1]->id,
		                   added[count - 1]->id) > 0)
			ledger->records[--to] = ledger->records[--from];
		else
			ledger->records[--to] = added[--count];
}

/* Says goodbye to each. One that is being polled may be released in the
 * callback, so nothing is done with it afterwards. */
static void dismiss(struct ledger *ledger, struct subscription_queue *lost,
                    ledger_subscription_fn *on_lost, void *user)
{
	struct subscription *record;

	while ((record = subscription_queue_take(lost))) {
		bool is_polled = record->schedule.taken;

		if (is_polled)
			subscription_queue_append(&ledger->polled, record);
		if (on_lost)
			on_lost(record, user);
		if (!is_polled)
			ledger_record_free(ledger, record);
	}
}

void ledger_merge(struct ledger *ledger, const struct ledger_merge *merge,
                  int64_t now_unix_ms, struct event_list *events)
{
	struct merging merging = {
		.ledger = ledger,
		.merge = merge,
		.now_unix_ms = now_unix_ms,
		.events = events,
		.tenant = intern_take(ledger->pool, merge->tenant->name),
		.tenant_id = take_guid(ledger->pool, merge->tenant->tenant_id),
	};

	sort_rows(&merging);
	merging.added =
		xcalloc(merging.row_count, sizeof(struct subscription *));
	compare(&merging);
	free(merging.rows);

	if (merging.lost.first)
		leave(ledger);
	enter(ledger, merging.added, merging.added_count);
	dismiss(ledger, &merging.lost, merge->lost, merge->user);
	for (size_t i = 0; merge->added && i < merging.added_count; i++)
		merge->added(merging.added[i], merge->user);

	free(merging.added);
	intern_give(ledger->pool, merging.tenant);
	intern_give(ledger->pool, merging.tenant_id);
}

void ledger_retain(struct ledger *ledger,
                   bool (*keep)(const struct subscription *, void *user),
                   ledger_subscription_fn *lost, void *user,
                   int64_t now_unix_ms, struct event_list *events)
{
	struct subscription_queue gone = { 0 };

	for (size_t i = 0; i < ledger->count; i++)
		if (!keep(ledger->records[i], user))
			lose(ledger, ledger->records[i], WHY_CONFIGURED,
			     now_unix_ms, events, &gone);
	if (gone.first)
		leave(ledger);
	dismiss(ledger, &gone, lost, user);
}

void ledger_release(struct ledger *ledger, struct subscription *subscription)
{
	assert(subscription->lost);
	subscription_queue_remove(&ledger->polled, subscription);
	ledger_record_free(ledger, subscription);
}
