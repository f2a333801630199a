/* SPDX-License-Identifier: Apache-2.0 */
#include "core/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/chance.h"
#include "base/mem.h"

#define MINUTE_MS   INT64_C(60000)
#define INTERVAL_MS (5 * MINUTE_MS)
#define RETRY_MS    INT64_C(1000)
#define SLOW_MAX_MS (60 * MINUTE_MS)
#define MONTH_MS    (30 * 24 * 60 * MINUTE_MS)

static const struct schedule_policy policy = {
	.interval_ms = INTERVAL_MS,
	.retry_min_ms = RETRY_MS,
	.slow_max_ms = SLOW_MAX_MS,
};

static uint32_t random_phase(void)
{
	return (uint32_t)chance_next();
}

/* Where in its interval a phase has its place. */
static int64_t offset_ms(uint32_t phase, int64_t interval_ms)
{
	return (int64_t)(((unsigned __int128)interval_ms * phase) >> 32);
}

static void assert_taken(struct schedule *schedule, int64_t now_ms,
                         const struct schedule_item *item)
{
	assert_ptr_equal(schedule_take(schedule, now_ms), item);
	assert_true(item->taken);
}

static void an_empty_one_never_has_anything(void **state)
{
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);

	assert_int_equal(schedule_next_ms(schedule), SCHEDULE_NEVER);
	assert_null(schedule_take(schedule, INT64_MAX - 1));
	assert_int_equal(schedule_count(schedule), 0);
	schedule_free(NULL);
}

static void the_most_overdue_comes_first(void **state)
{
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item items[4] = { { 0 } };

	schedule_add(schedule, &items[0], 1, 300);
	schedule_add(schedule, &items[1], 2, 100);
	schedule_add(schedule, &items[2], 3, 400);
	schedule_add(schedule, &items[3], 4, 200);
	assert_int_equal(schedule_count(schedule), 4);
	assert_int_equal(schedule_next_ms(schedule), 100);
	assert_null(schedule_take(schedule, 99));
	assert_taken(schedule, 300, &items[1]);
	assert_taken(schedule, 300, &items[3]);
	assert_taken(schedule, 300, &items[0]);
	assert_null(schedule_take(schedule, 300));
	assert_int_equal(schedule_next_ms(schedule), 400);
	assert_int_equal(schedule_count(schedule), 4);
}

static void a_good_poll_leads_to_its_place(void **state)
{
	for (int round = 0; round < 2000; round++) {
		scoped(schedule_free) struct schedule *schedule =
			schedule_new(&policy);
		int64_t now_ms = (int64_t)chance_below(1u << 31);
		struct schedule_item item = { 0 };
		int64_t ahead_ms;

		schedule_add(schedule, &item, random_phase(), now_ms);
		assert_taken(schedule, now_ms, &item);
		schedule_succeeded(schedule, &item, now_ms);
		assert_false(item.taken);
		ahead_ms = schedule_next_ms(schedule) - now_ms;
		assert_in_range(ahead_ms, INTERVAL_MS / 2, INTERVAL_MS * 3 / 2);
		assert_int_equal(schedule_next_ms(schedule) % INTERVAL_MS,
		                 offset_ms(item.phase, INTERVAL_MS));
	}
}

/* The shortest intervals, each of their moments, to the millisecond. */
static void its_place_is_never_nearer_than_half_an_interval(void **state)
{
	for (int64_t interval_ms = 1; interval_ms < 12; interval_ms++) {
		const struct schedule_policy quick = {
			.interval_ms = interval_ms,
		};
		scoped(schedule_free) struct schedule *schedule =
			schedule_new(&quick);

		for (int64_t now_ms = 0; now_ms < 40; now_ms++) {
			struct schedule_item item = { 0 };
			int64_t ahead_ms;

			schedule_add(schedule, &item, random_phase(), 0);
			assert_taken(schedule, now_ms, &item);
			schedule_succeeded(schedule, &item, now_ms);
			ahead_ms = item.due_ms - now_ms;
			assert_true(2 * ahead_ms >= interval_ms);
			assert_true(2 * ahead_ms < 3 * interval_ms);
			schedule_remove(schedule, &item);
		}
	}
}

/* Polled a little late, as it always is, it keeps its place for ever. */
static void a_place_is_kept_however_late_the_answer(void **state)
{
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item item = { 0 };
	int64_t due_ms;

	schedule_add(schedule, &item, random_phase(), 0);
	assert_taken(schedule, 0, &item);
	schedule_succeeded(schedule, &item, 0);
	due_ms = schedule_next_ms(schedule);
	for (int i = 1; i < 1000; i++) {
		int64_t now_ms =
			due_ms + (int64_t)chance_below(INTERVAL_MS / 3);

		assert_taken(schedule, now_ms, &item);
		schedule_succeeded(schedule, &item, now_ms);
		due_ms += INTERVAL_MS;
		assert_int_equal(schedule_next_ms(schedule), due_ms);
	}
}

/* Fails the item at time 0 and says after how long it is due again. */
static int64_t fail_poll(struct schedule *schedule, struct schedule_item *item,
                         bool slow, uint32_t random)
{
	schedule_hurry(schedule, item, 0);
	assert_taken(schedule, 0, item);
	schedule_failed(schedule, item, slow, 0, 0, random);
	return schedule_next_ms(schedule);
}

static void failures_back_off_up_to_the_interval(void **state)
{
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item item = { 0 };
	int64_t delay_ms = RETRY_MS;

	schedule_add(schedule, &item, 0, 0);
	for (int i = 0; i < 70000; i++) {
		uint32_t random = random_phase();
		int64_t due_ms = fail_poll(schedule, &item, false, random);

		assert_in_range(due_ms, delay_ms * 8 / 10, delay_ms * 12 / 10);
		delay_ms *= 2;
		if (delay_ms > INTERVAL_MS)
			delay_ms = INTERVAL_MS;
	}
	assert_taken(schedule, MONTH_MS, &item);
	schedule_succeeded(schedule, &item, MONTH_MS);
	assert_in_range(fail_poll(schedule, &item, false, 0), RETRY_MS * 8 / 10,
	                RETRY_MS * 12 / 10);
}

static void slow_failures_back_off_from_the_interval(void **state)
{
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item item = { 0 };
	int64_t delay_ms = INTERVAL_MS;

	schedule_add(schedule, &item, 0, 0);
	for (int i = 0; i < 100; i++) {
		int64_t due_ms =
			fail_poll(schedule, &item, true, random_phase());

		assert_in_range(due_ms, delay_ms * 8 / 10, delay_ms * 12 / 10);
		delay_ms *= 2;
		if (delay_ms > SLOW_MAX_MS)
			delay_ms = SLOW_MAX_MS;
	}
}

static void failures_of_another_kind_count_anew(void **state)
{
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item item = { 0 };

	schedule_add(schedule, &item, 0, 0);
	for (int i = 0; i < 5; i++)
		fail_poll(schedule, &item, false, 0);
	assert_int_equal(fail_poll(schedule, &item, true, 0),
	                 INTERVAL_MS * 8 / 10);
	assert_int_equal(fail_poll(schedule, &item, true, 0),
	                 INTERVAL_MS * 16 / 10);
	assert_int_equal(fail_poll(schedule, &item, false, 0),
	                 RETRY_MS * 8 / 10);
}

static void jitter_reaches_from_0_8_to_1_2(void **state)
{
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	int64_t least_ms = INT64_MAX, most_ms = 0, sum_ms = 0;
	struct schedule_item item = { 0 };

	schedule_add(schedule, &item, 0, 0);
	for (uint32_t i = 0; i < 1000; i++) {
		int64_t due_ms;

		item.failures = 0;
		due_ms = fail_poll(schedule, &item, false, i * 4294967);
		least_ms = due_ms < least_ms ? due_ms : least_ms;
		most_ms = due_ms > most_ms ? due_ms : most_ms;
		sum_ms += due_ms;
	}
	assert_int_equal(least_ms, RETRY_MS * 8 / 10);
	assert_in_range(most_ms, RETRY_MS * 119 / 100, RETRY_MS * 12 / 10);
	assert_in_range(sum_ms / 1000, RETRY_MS * 99 / 100,
	                RETRY_MS * 101 / 100);
}

static void what_the_server_asked_for_is_a_floor(void **state)
{
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item item = { 0 };

	schedule_add(schedule, &item, 0, 0);
	assert_taken(schedule, 1000, &item);
	schedule_failed(schedule, &item, false, 1000, 50000, 0);
	assert_int_equal(schedule_next_ms(schedule), 50000);
	assert_taken(schedule, 50000, &item);
	schedule_failed(schedule, &item, false, 50000, 50001, 0);
	assert_int_equal(schedule_next_ms(schedule), 51600);
}

static void a_read_to_confirm_is_neither_good_nor_bad(void **state)
{
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item item = { 0 };

	schedule_add(schedule, &item, 0, 0);
	fail_poll(schedule, &item, false, 0);
	fail_poll(schedule, &item, false, 0);
	assert_taken(schedule, 9000, &item);
	schedule_again(schedule, &item, 9000, 5000);
	assert_int_equal(schedule_next_ms(schedule), 14000);
	assert_int_equal(fail_poll(schedule, &item, false, 0),
	                 4 * RETRY_MS * 8 / 10);
}

static void to_hurry_is_to_be_due_now(void **state)
{
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item items[3] = { { 0 } };

	for (size_t i = 0; i < 3; i++)
		schedule_add(schedule, &items[i], 0, 1000 * (int64_t)(i + 1));
	schedule_hurry(schedule, &items[2], 500);
	assert_int_equal(schedule_next_ms(schedule), 500);
	assert_taken(schedule, 500, &items[2]);
	schedule_hurry(schedule, &items[0], 5000);
	assert_int_equal(items[0].due_ms, 1000);
	assert_taken(schedule, 5000, &items[0]);
}

static void hurried_while_taken_it_comes_again_at_once(void **state)
{
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item item = { 0 };

	schedule_add(schedule, &item, random_phase(), 0);
	for (int how = 0; how < 4; how++) {
		int64_t now_ms = 1000 * INTERVAL_MS * (how + 1);

		assert_taken(schedule, now_ms, &item);
		schedule_hurry(schedule, &item, now_ms);
		schedule_hurry(schedule, &item, now_ms + 1);
		if (how == 0)
			schedule_succeeded(schedule, &item, now_ms + 2);
		else if (how == 1)
			schedule_again(schedule, &item, now_ms + 2, 5000);
		else
			schedule_failed(schedule, &item, how == 2, now_ms + 2,
			                how == 3 ? now_ms + 9 : 0, 0);
		assert_int_equal(schedule_next_ms(schedule),
		                 now_ms + (how == 3 ? 9 : 2));

		/* Once, and no more. */
		assert_taken(schedule, now_ms + 10, &item);
		schedule_succeeded(schedule, &item, now_ms + 10);
		assert_true(schedule_next_ms(schedule) >=
		            now_ms + 10 + INTERVAL_MS / 2);
	}
}

static void what_is_removed_is_never_taken(void **state)
{
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item items[3] = { { 0 } };

	for (size_t i = 0; i < 3; i++)
		schedule_add(schedule, &items[i], 0, (int64_t)i);
	schedule_remove(schedule, &items[1]);
	assert_int_equal(schedule_count(schedule), 2);
	assert_taken(schedule, 9, &items[0]);
	assert_taken(schedule, 9, &items[2]);
	assert_null(schedule_take(schedule, 9));
}

static void it_may_be_removed_while_it_is_taken(void **state)
{
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item item = { 0 };

	schedule_add(schedule, &item, 7, 0);
	assert_taken(schedule, 0, &item);
	schedule_hurry(schedule, &item, 0);
	schedule_remove(schedule, &item);
	assert_false(item.taken);
	assert_int_equal(schedule_count(schedule), 0);
	assert_int_equal(schedule_next_ms(schedule), SCHEDULE_NEVER);

	schedule_add(schedule, &item, 7, 10);
	assert_taken(schedule, 10, &item);
	schedule_succeeded(schedule, &item, 10);
	assert_true(schedule_next_ms(schedule) > INTERVAL_MS / 2);
}

/* Items that are due from least_ms on go over to an interval of a minute. */
static void assert_brought_forward(int64_t least_ms)
{
	const struct schedule_policy faster = {
		.interval_ms = MINUTE_MS,
		.retry_min_ms = RETRY_MS,
		.slow_max_ms = SLOW_MAX_MS,
	};
	const int64_t now_ms = 77777777;
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item items[500] = { { 0 } };
	int64_t last_ms = now_ms;

	for (size_t i = 0; i < 500; i++)
		schedule_add(schedule, &items[i], random_phase(),
		             now_ms + least_ms +
		                     (int64_t)chance_below(INTERVAL_MS));
	schedule_set_policy(schedule, &faster, now_ms);
	for (size_t i = 0; i < 500; i++) {
		struct schedule_item *item =
			schedule_take(schedule, now_ms + MINUTE_MS);

		assert_non_null(item);
		assert_true(item->due_ms >= last_ms);
		last_ms = item->due_ms;
		schedule_succeeded(schedule, item, now_ms + MINUTE_MS);
		assert_int_equal(item->due_ms % MINUTE_MS,
		                 offset_ms(item->phase, MINUTE_MS));
	}
	assert_true(schedule_next_ms(schedule) > now_ms + MINUTE_MS);
}

static void a_shorter_interval_brings_forward(void **state)
{
	for (int round = 0; round < 20; round++) {
		assert_brought_forward(0);
		assert_brought_forward(2 * MINUTE_MS);
	}
}

static void a_longer_interval_leaves_what_is_due_sooner(void **state)
{
	const struct schedule_policy slower = {
		.interval_ms = SLOW_MAX_MS,
		.retry_min_ms = RETRY_MS,
		.slow_max_ms = SLOW_MAX_MS,
	};
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item item = { 0 };

	schedule_add(schedule, &item, 5, 4 * MINUTE_MS);
	schedule_set_policy(schedule, &slower, 0);
	assert_int_equal(schedule_next_ms(schedule), 4 * MINUTE_MS);
}

/* The heap beside a list that is looked through from end to end. */
static void it_agrees_with_a_simple_list(void **state)
{
	enum { ITEMS = 150 };
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item items[ITEMS] = { { 0 } };
	bool waits[ITEMS] = { false }, out[ITEMS] = { false };
	int64_t now_ms = 0;

	for (int round = 0; round < 60000; round++) {
		size_t i = chance_below(ITEMS), count = 0;
		int64_t first_ms = SCHEDULE_NEVER;
		struct schedule_item *item;

		now_ms += (int64_t)chance_below(3000);
		if (!waits[i] && !out[i]) {
			schedule_add(schedule, &items[i], random_phase(),
			             now_ms + (int64_t)chance_below(9000));
			waits[i] = true;
		} else if (chance_below(12) == 0) {
			schedule_remove(schedule, &items[i]);
			waits[i] = out[i] = false;
		} else if (chance_below(6) == 0) {
			schedule_hurry(schedule, &items[i], now_ms);
		} else if (out[i]) {
			switch (chance_below(3)) {
			case 0:
				schedule_succeeded(schedule, &items[i], now_ms);
				break;
			case 1:
				schedule_failed(schedule, &items[i],
				                chance_below(2), now_ms, 0,
				                random_phase());
				break;
			default:
				schedule_again(schedule, &items[i], now_ms,
				               5000);
			}
			waits[i] = true;
			out[i] = false;
		}

		for (size_t j = 0; j < ITEMS; j++) {
			count += waits[j] || out[j];
			if (waits[j] && items[j].due_ms < first_ms)
				first_ms = items[j].due_ms;
		}
		assert_int_equal(schedule_count(schedule), count);
		assert_int_equal(schedule_next_ms(schedule), first_ms);
		item = schedule_take(schedule, now_ms);
		assert_int_equal(item != NULL, first_ms <= now_ms);
		if (item) {
			assert_int_equal(item->due_ms, first_ms);
			assert_true(waits[item - items]);
			waits[item - items] = false;
			out[item - items] = true;
		}
	}
}

/* One subscription's life over the month. */
struct life {
	struct schedule_item item;
	int64_t good_ms; /* the last good poll */
	unsigned polls;
	unsigned failed_in_row;
};

/* The answer to a poll: mostly good, now and then one of all the others. */
static void answer(struct schedule *schedule, struct life *life, int64_t now_ms)
{
	size_t dice = chance_below(100);

	life->polls++;
	if (dice < 90 || life->failed_in_row >= 4) {
		life->good_ms = now_ms;
		life->failed_in_row = 0;
		schedule_succeeded(schedule, &life->item, now_ms);
		return;
	}
	if (dice == 90) {
		schedule_again(schedule, &life->item, now_ms, 5000);
		return;
	}
	life->failed_in_row++;
	schedule_failed(schedule, &life->item, false, now_ms,
	                dice == 91 ? now_ms + 20000 : 0, random_phase());
}

static void a_month_starves_nobody(void **state)
{
	enum { LIVES = 60 };
	/* Four failures in a row, with a Retry-After for each, and the odd
	 * confirmation in between. */
	const int64_t patience_ms = INTERVAL_MS * 3 / 2 + 6 * 25000;
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct life lives[LIVES] = { { .good_ms = 0 } };
	int64_t now_ms = 0;

	for (size_t i = 0; i < LIVES; i++)
		schedule_add(schedule, &lives[i].item, random_phase(), 0);
	while (now_ms < MONTH_MS) {
		struct life *life =
			(struct life *)schedule_take(schedule, now_ms);

		if (!life) {
			assert_true(schedule_next_ms(schedule) > now_ms);
			now_ms = schedule_next_ms(schedule);
			continue;
		}
		assert_true(now_ms - life->good_ms <= patience_ms);
		answer(schedule, life, now_ms);
	}
	for (size_t i = 0; i < LIVES; i++)
		assert_in_range(lives[i].polls, MONTH_MS / INTERVAL_MS,
		                MONTH_MS / INTERVAL_MS * 125 / 100);
}

/* All were polled in one rush, yet by the next time they are spread. */
static void a_hundred_thousand_spread_over_the_interval(void **state)
{
	enum { ITEMS = 100000, PARTS = 100 };
	scoped(schedule_free) struct schedule *schedule = schedule_new(&policy);
	struct schedule_item *items = xcalloc(ITEMS, sizeof(*items));
	unsigned polls[PARTS] = { 0 };
	int64_t last_ms = 0;

	for (size_t i = 0; i < ITEMS; i++)
		schedule_add(schedule, &items[i], random_phase(), 0);
	for (size_t i = 0; i < ITEMS; i++)
		schedule_succeeded(schedule, schedule_take(schedule, 0),
		                   (int64_t)i / 50);
	for (size_t i = 0; i < ITEMS; i++) {
		int64_t now_ms = schedule_next_ms(schedule);
		struct schedule_item *item = schedule_take(schedule, now_ms);

		assert_true(now_ms >= last_ms);
		last_ms = now_ms;
		assert_in_range(now_ms, INTERVAL_MS / 2, INTERVAL_MS * 2);
		polls[now_ms % INTERVAL_MS * PARTS / INTERVAL_MS]++;
		assert_non_null(item);
	}
	for (size_t i = 0; i < PARTS; i++)
		assert_in_range(polls[i], ITEMS / PARTS * 80 / 100,
		                ITEMS / PARTS * 120 / 100);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_never_has_anything),
		cmocka_unit_test(the_most_overdue_comes_first),
		cmocka_unit_test(a_good_poll_leads_to_its_place),
		cmocka_unit_test(
			its_place_is_never_nearer_than_half_an_interval),
		cmocka_unit_test(a_place_is_kept_however_late_the_answer),
		cmocka_unit_test(failures_back_off_up_to_the_interval),
		cmocka_unit_test(slow_failures_back_off_from_the_interval),
		cmocka_unit_test(failures_of_another_kind_count_anew),
		cmocka_unit_test(jitter_reaches_from_0_8_to_1_2),
		cmocka_unit_test(what_the_server_asked_for_is_a_floor),
		cmocka_unit_test(a_read_to_confirm_is_neither_good_nor_bad),
		cmocka_unit_test(to_hurry_is_to_be_due_now),
		cmocka_unit_test(hurried_while_taken_it_comes_again_at_once),
		cmocka_unit_test(what_is_removed_is_never_taken),
		cmocka_unit_test(it_may_be_removed_while_it_is_taken),
		cmocka_unit_test(a_shorter_interval_brings_forward),
		cmocka_unit_test(a_longer_interval_leaves_what_is_due_sooner),
		cmocka_unit_test(it_agrees_with_a_simple_list),
		cmocka_unit_test(a_month_starves_nobody),
		cmocka_unit_test(a_hundred_thousand_spread_over_the_interval),
	};

	return cmocka_run_group_tests_name("schedule", tests, chance_begin,
	                                   NULL);
}
