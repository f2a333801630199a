/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/subscription.h"
#include "daemon/pass.h"

#define INTERVAL_MS 1000

static struct subscription subscriptions[3];

static struct pass *three(void)
{
	struct pass *pass = pass_new(INTERVAL_MS, 0);

	for (size_t i = 0; i < 3; i++)
		pass_add(pass, &subscriptions[i]);
	return pass;
}

static bool note(struct pass *pass, size_t index, bool failed, int64_t now_ms,
                 struct pass_summary *ret_summary)
{
	return pass_note(pass, &subscriptions[index], failed, now_ms,
	                 ret_summary);
}

static void a_pass_ends_when_each_was_polled_once(void **state)
{
	scoped(pass_free) struct pass *pass = three();
	struct pass_summary summary;

	assert_false(note(pass, 0, false, 10, &summary));
	assert_false(note(pass, 0, false, 20, &summary));
	assert_false(note(pass, 1, true, 30, &summary));
	assert_true(note(pass, 2, false, 40, &summary));
	assert_int_equal(summary.polled, 3);
	assert_int_equal(summary.failed, 1);
	assert_int_equal(summary.duration_ms, 40);
}

static void the_next_pass_begins_where_one_ended(void **state)
{
	scoped(pass_free) struct pass *pass = three();
	struct pass_summary summary;

	for (size_t i = 0; i < 3; i++)
		note(pass, i, false, 100, &summary);
	assert_false(note(pass, 2, false, 200, &summary));
	assert_false(note(pass, 1, false, 300, &summary));
	assert_true(note(pass, 0, false, 400, &summary));
	assert_int_equal(summary.duration_ms, 300);
	assert_int_equal(summary.failed, 0);
}

static void the_first_pass_takes_as_long_as_it_takes(void **state)
{
	scoped(pass_free) struct pass *pass = three();
	struct pass_summary summary;

	assert_false(note(pass, 0, false, 100 * INTERVAL_MS, &summary));
}

static void a_slow_one_does_not_hold_up_later_passes(void **state)
{
	scoped(pass_free) struct pass *pass = three();
	struct pass_summary summary;

	for (size_t i = 0; i < 3; i++)
		note(pass, i, false, 0, &summary);
	assert_false(note(pass, 0, false, 2 * INTERVAL_MS - 1, &summary));
	assert_true(note(pass, 1, false, 2 * INTERVAL_MS, &summary));
	assert_int_equal(summary.polled, 2);
}

static void one_that_is_lost_is_not_waited_for(void **state)
{
	scoped(pass_free) struct pass *pass = three();
	struct pass_summary summary;

	note(pass, 0, false, 0, &summary);
	pass_remove(pass, &subscriptions[1]);
	assert_true(note(pass, 2, false, 1, &summary));
}

static void one_that_is_added_is_waited_for(void **state)
{
	scoped(pass_free) struct pass *pass = pass_new(INTERVAL_MS, 0);
	struct pass_summary summary;

	pass_add(pass, &subscriptions[0]);
	pass_add(pass, &subscriptions[1]);
	assert_false(note(pass, 0, false, 0, &summary));
	pass_add(pass, &subscriptions[2]);
	assert_false(note(pass, 1, false, 1, &summary));
	assert_true(note(pass, 2, false, 2, &summary));
}

static void one_that_is_lost_last_ends_the_pass(void **state)
{
	scoped(pass_free) struct pass *pass = three();
	struct pass_summary summary;

	note(pass, 0, false, 0, &summary);
	note(pass, 1, false, 0, &summary);
	assert_false(pass_check(pass, true, 5, &summary));
	pass_remove(pass, &subscriptions[2]);
	assert_true(pass_check(pass, true, 6, &summary));
	assert_int_equal(summary.polled, 2);
	assert_false(pass_check(pass, true, 7, &summary));
}

static void of_none_there_is_a_pass_each_interval(void **state)
{
	scoped(pass_free) struct pass *pass = pass_new(INTERVAL_MS, 0);
	struct pass_summary summary;

	assert_false(pass_check(pass, false, 100, &summary));
	assert_true(pass_check(pass, true, 200, &summary));
	assert_false(pass_check(pass, true, 199 + INTERVAL_MS, &summary));
	assert_true(pass_check(pass, true, 200 + INTERVAL_MS, &summary));
	assert_int_equal(summary.polled, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pass_ends_when_each_was_polled_once),
		cmocka_unit_test(the_next_pass_begins_where_one_ended),
		cmocka_unit_test(the_first_pass_takes_as_long_as_it_takes),
		cmocka_unit_test(a_slow_one_does_not_hold_up_later_passes),
		cmocka_unit_test(one_that_is_lost_is_not_waited_for),
		cmocka_unit_test(one_that_is_added_is_waited_for),
		cmocka_unit_test(one_that_is_lost_last_ends_the_pass),
		cmocka_unit_test(of_none_there_is_a_pass_each_interval),
	};

	return cmocka_run_group_tests_name("pass", tests, NULL, NULL);
}
