/* SPDX-License-Identifier: Apache-2.0 */
#include "core/schedule.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

#define PHASES     4294967296.0 /* 2^32 */
#define ROOM_FIRST 64

/* The waiting items as a binary heap by due_ms, the earliest first. Each knows
 * its index, so that it can be moved and removed from wherever it stands. */
struct schedule {
	struct schedule_policy policy;
	struct schedule_item **heap;
	size_t waiting;
	size_t room;
	size_t count;
};

static int64_t min_ms(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t max_ms(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void put(struct schedule *schedule, size_t index,
                struct schedule_item *item)
{
	schedule->heap[index] = item;
	item->slot = (uint32_t)index + 1;
}

static void rise(struct schedule *schedule, size_t index)
{
	struct schedule_item *item = schedule->heap[index];

	while (index) {
		size_t parent = (index - 1) / 2;

		if (schedule->heap[parent]->due_ms <= item->due_ms)
			break;
		put(schedule, index, schedule->heap[parent]);
		index = parent;
	}
	put(schedule, index, item);
}

static void sink(struct schedule *schedule, size_t index)
{
	struct schedule_item **heap = schedule->heap;
	struct schedule_item *item = heap[index];

	for (;;) {
		size_t child = 2 * index + 1;

		if (child + 1 < schedule->waiting &&
		    heap[child + 1]->due_ms < heap[child]->due_ms)
			child++;
		if (child >= schedule->waiting ||
		    heap[child]->due_ms >= item->due_ms)
			break;
		put(schedule, index, heap[child]);
		index = child;
	}
	put(schedule, index, item);
}

static void push(struct schedule *schedule, struct schedule_item *item,
                 int64_t due_ms)
{
	if (schedule->waiting == schedule->room) {
		schedule->room =
			schedule->room ? schedule->room * 2 : ROOM_FIRST;
		schedule->heap = xrealloc(schedule->heap, schedule->room,
		                          sizeof(struct schedule_item *));
	}
	item->due_ms = due_ms;
	put(schedule, schedule->waiting++, item);
	rise(schedule, item->slot - 1);
}

static void pull(struct schedule *schedule, struct schedule_item *item)
{
	size_t index = item->slot - 1;
	struct schedule_item *last;

	assert(index < schedule->waiting && schedule->heap[index] == item);
	last = schedule->heap[--schedule->waiting];
	if (last != item) {
		put(schedule, index, last);
		rise(schedule, index);
		sink(schedule, last->slot - 1);
	}
	item->slot = 0;
}

/* The first moment from earliest_ms on that is the item's place in an
 * interval; intervals are counted from 0 of the clock. */
static int64_t place_ms(const struct schedule *schedule,
                        const struct schedule_item *item, int64_t earliest_ms)
{
	int64_t interval_ms = schedule->policy.interval_ms;
	int64_t offset_ms =
		(int64_t)(item->phase / PHASES * (double)interval_ms);
	int64_t ahead_ms = (offset_ms - earliest_ms) % interval_ms;

	return earliest_ms + (ahead_ms < 0 ? ahead_ms + interval_ms : ahead_ms);
}

static int64_t retry_delay_ms(const struct schedule_policy *policy,
                              const struct schedule_item *item)
{
	int64_t delay_ms = item->slow ? policy->interval_ms
	                              : max_ms(policy->retry_min_ms, 1);
	int64_t most_ms =
		item->slow ? max_ms(policy->slow_max_ms, policy->interval_ms)
			   : policy->interval_ms;

	for (unsigned i = 1; i < item->failures && delay_ms < most_ms; i++)
		delay_ms *= 2;
	return min_ms(delay_ms, most_ms);
}

/* From 0.8 to 1.2 of the delay. */
static int64_t jittered_ms(int64_t delay_ms, uint32_t random)
{
	return delay_ms - delay_ms / 5 +
	       (int64_t)((double)delay_ms * 0.4 * (random / PHASES));
}

/* Puts back what was taken: at once if it was hurried meanwhile, but never
 * before not_before_ms. */
static void put_back(struct schedule *schedule, struct schedule_item *item,
                     int64_t now_ms, int64_t due_ms, int64_t not_before_ms)
{
	assert(item->taken);
	if (item->hurried)
		due_ms = now_ms;
	item->taken = false;
	item->hurried = false;
	item->not_before_ms = not_before_ms;
	push(schedule, item, max_ms(due_ms, not_before_ms));
}

static void check_policy(const struct schedule_policy *policy)
{
	assert(policy->interval_ms > 0);
	assert(policy->retry_min_ms >= 0 && policy->slow_max_ms >= 0);
}

struct schedule *schedule_new(const struct schedule_policy *policy)
{
	struct schedule *schedule = xcalloc(1, sizeof(*schedule));

	check_policy(policy);
	schedule->policy = *policy;
	return schedule;
}

void schedule_free(struct schedule *schedule)
{
	if (!schedule)
		return;
	free(schedule->heap);
	free(schedule);
}

void schedule_set_policy(struct schedule *schedule,
                         const struct schedule_policy *policy, int64_t now_ms)
{
	check_policy(policy);
	schedule->policy = *policy;
	for (size_t i = 0; i < schedule->waiting; i++) {
		struct schedule_item *item = schedule->heap[i];

		if (item->due_ms > now_ms + policy->interval_ms)
			item->due_ms = max_ms(place_ms(schedule, item, now_ms),
			                      item->not_before_ms);
	}
	for (size_t i = schedule->waiting / 2; i > 0; i--)
		sink(schedule, i - 1);
}

void schedule_add(struct schedule *schedule, struct schedule_item *item,
                  uint32_t phase, int64_t due_ms)
{
	assert(!item->slot && !item->taken);
	item->phase = phase;
	schedule->count++;
	push(schedule, item, due_ms);
}

void schedule_remove(struct schedule *schedule, struct schedule_item *item)
{
	assert(item->slot || item->taken);
	if (item->slot)
		pull(schedule, item);
	item->taken = false;
	item->hurried = false;
	schedule->count--;
}

int64_t schedule_next_ms(const struct schedule *schedule)
{
	return schedule->waiting ? schedule->heap[0]->due_ms : SCHEDULE_NEVER;
}

struct schedule_item *schedule_take(struct schedule *schedule, int64_t now_ms)
{
	struct schedule_item *item;

	if (!schedule->waiting || schedule->heap[0]->due_ms > now_ms)
		return NULL;

	item = schedule->heap[0];
	pull(schedule, item);
	item->taken = true;
	return item;
}

void schedule_succeeded(struct schedule *schedule, struct schedule_item *item,
                        int64_t now_ms)
{
	int64_t half_ms = (schedule->policy.interval_ms + 1) / 2;

	item->failures = 0;
	put_back(schedule, item, now_ms,
	         place_ms(schedule, item, now_ms + half_ms), 0);
}

void schedule_failed(struct schedule *schedule, struct schedule_item *item,
                     bool slow, int64_t now_ms, int64_t not_before_ms,
                     uint32_t random)
{
	int64_t delay_ms;

	/* Those of another kind say nothing about how long this one lasts. */
	if (item->slow != slow)
		item->failures = 0;
	item->slow = slow;
	if (item->failures < UINT16_MAX)
		item->failures++;
	delay_ms = jittered_ms(retry_delay_ms(&schedule->policy, item), random);
	put_back(schedule, item, now_ms, now_ms + delay_ms, not_before_ms);
}

void schedule_again(struct schedule *schedule, struct schedule_item *item,
                    int64_t now_ms, int64_t delay_ms)
{
	put_back(schedule, item, now_ms, now_ms + delay_ms, 0);
}

void schedule_hurry(struct schedule *schedule, struct schedule_item *item,
                    int64_t now_ms)
{
	if (item->taken) {
		item->hurried = true;
		return;
	}
	assert(item->slot);
	now_ms = max_ms(now_ms, item->not_before_ms);
	if (item->due_ms <= now_ms)
		return;
	item->due_ms = now_ms;
	rise(schedule, item->slot - 1);
}

size_t schedule_count(const struct schedule *schedule)
{
	return schedule->count;
}
