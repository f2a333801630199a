/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/chance.h"

static unsigned take_all(struct pace *pace, int64_t now_ms)
{
	unsigned count = 0;

	while (count < 100000 && pace_take(pace, now_ms))
		count++;
	return count;
}

static void without_a_limit_it_always_says_yes(void **state)
{
	struct pace pace = { 0 };

	assert_int_equal(take_all(&pace, 5), 100000);
	assert_int_equal(pace_next_ms(&pace, 5), 5);
	pace_set(&pace, 10, 5);
	take_all(&pace, 5);
	pace_set(&pace, 0, 5);
	assert_int_equal(take_all(&pace, 5), 100000);
	assert_int_equal(pace_next_ms(&pace, 6), 6);
}

static void it_begins_with_one(void **state)
{
	struct pace pace = { 0 };

	pace_set(&pace, 25, 1000);
	assert_int_equal(take_all(&pace, 1000), 1);
	assert_int_equal(pace_next_ms(&pace, 1000), 1040);
	assert_false(pace_take(&pace, 1039));
	assert_true(pace_take(&pace, 1040));
}

static void it_saves_up_one_second_and_no_more(void **state)
{
	struct pace pace = { 0 };

	pace_set(&pace, 25, 0);
	assert_int_equal(take_all(&pace, 3600000), 25);
	assert_int_equal(take_all(&pace, 3600000), 0);
	assert_int_equal(take_all(&pace, 3600400), 10);
}

static void it_saves_up_one_however_slow_it_is(void **state)
{
	struct pace pace = { 0 };

	pace_set(&pace, 0.01, 0);
	assert_int_equal(take_all(&pace, 0), 1);
	assert_int_equal(pace_next_ms(&pace, 0), 100000);
	assert_int_equal(take_all(&pace, 99999), 0);
	assert_int_equal(take_all(&pace, 1000000), 1);
}

static void a_new_rate_keeps_what_was_saved_up(void **state)
{
	struct pace pace = { 0 };

	pace_set(&pace, 100, 0);
	pace_set(&pace, 50, 200);
	assert_int_equal(take_all(&pace, 200), 21);

	pace_set(&pace, 100, 10000);
	pace_set(&pace, 3, 20000);
	assert_int_equal(take_all(&pace, 20000), 3);
}

static void a_clock_that_goes_back_gives_nothing(void **state)
{
	struct pace pace = { 0 };

	pace_set(&pace, 10, 5000);
	assert_int_equal(take_all(&pace, 5000), 1);
	assert_int_equal(take_all(&pace, 1000), 0);
	assert_int_equal(take_all(&pace, 5100), 1);
}

/* Whoever waits as he is told gets one, and all of them together get the
 * rate: no more, and no less. */
static void the_rate_is_kept_to_the_token(void **state)
{
	for (int round = 0; round < 200; round++) {
		double rate = (double)(1 + chance_below(500000)) / 1000;
		int64_t start_ms = (int64_t)chance_below(1u << 30);
		int64_t now_ms = start_ms;
		struct pace pace = { 0 };
		double taken = 0, earned;

		pace_set(&pace, rate, start_ms);
		while (taken < 1000) {
			now_ms = pace_next_ms(&pace, now_ms);
			assert_true(pace_take(&pace, now_ms));
			taken++;
		}
		earned = 1 + (double)(now_ms - start_ms) / 1000 * rate;
		assert_true(taken <= earned + 0.01);
		assert_true(taken >= earned - 1 - rate / 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_limit_it_always_says_yes),
		cmocka_unit_test(it_begins_with_one),
		cmocka_unit_test(it_saves_up_one_second_and_no_more),
		cmocka_unit_test(it_saves_up_one_however_slow_it_is),
		cmocka_unit_test(a_new_rate_keeps_what_was_saved_up),
		cmocka_unit_test(a_clock_that_goes_back_gives_nothing),
		cmocka_unit_test(the_rate_is_kept_to_the_token),
	};

	return cmocka_run_group_tests_name("pace", tests, chance_begin, NULL);
}
