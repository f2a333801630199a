/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/token_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/chance.h"
#include "core/failure.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static void renewal_goes_by_the_life(void **state)
{
	static const struct {
		int64_t lives_ms, most_ms;
	} rows[] = {
		{ 24 * HOUR, 12 * HOUR },     { 2 * HOUR + 2, HOUR + 1 },
		{ 2 * HOUR, 115 * MINUTE },   { HOUR, 55 * MINUTE },
		{ 10 * MINUTE, 5 * MINUTE },  { 11 * MINUTE, 6 * MINUTE },
		{ 9 * MINUTE, 270 * SECOND }, { 1, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t most_ms = rows[i].most_ms;
		uint32_t tenth = (uint32_t)(most_ms / 10);

		assert_int_equal(token_plan_renewal_ms(rows[i].lives_ms, 0),
		                 most_ms);
		assert_int_equal(token_plan_renewal_ms(rows[i].lives_ms, tenth),
		                 most_ms - tenth);
		assert_int_equal(
			token_plan_renewal_ms(rows[i].lives_ms, tenth + 1),
			most_ms);
	}
}

static void it_serves_up_to_half_a_minute_ahead_of_its_end(void **state)
{
	assert_int_equal(token_plan_service_ms(HOUR), HOUR - 30 * SECOND);
	assert_int_equal(token_plan_service_ms(5 * MINUTE), 270 * SECOND);
	assert_int_equal(token_plan_service_ms(10 * SECOND), 9 * SECOND);
	assert_int_equal(token_plan_service_ms(1), 1);
}

static void pauses_double_and_have_an_end(void **state)
{
	static const int64_t soon_s[] = { 1, 2, 4, 8, 16, 32, 48, 48, 48 };
	static const int64_t slow_min[] = { 5, 10, 12, 12, 12 };

	for (unsigned i = 0; i < sizeof(soon_s) / sizeof(soon_s[0]); i++)
		assert_int_equal(token_plan_retry_ms(false, i + 1, 0),
		                 soon_s[i] * SECOND);
	for (unsigned i = 0; i < sizeof(slow_min) / sizeof(slow_min[0]); i++)
		assert_int_equal(token_plan_retry_ms(true, i + 1, 0),
		                 slow_min[i] * MINUTE);
}

static void chance_adds_a_quarter_at_most(void **state)
{
	assert_int_equal(token_plan_retry_ms(false, 1, 250), 1250);
	assert_int_equal(token_plan_retry_ms(false, 1, 251), 1000);
	assert_int_equal(token_plan_retry_ms(false, 99, 12000), MINUTE);
	assert_int_equal(token_plan_retry_ms(true, 99, 180000), 15 * MINUTE);
	for (int i = 0; i < 10000; i++) {
		unsigned retries = 1 + (unsigned)chance_below(70000);
		uint32_t random = (uint32_t)chance_next();

		assert_in_range(token_plan_retry_ms(false, retries, random),
		                SECOND, MINUTE);
		assert_in_range(token_plan_retry_ms(true, retries, random),
		                5 * MINUTE, 15 * MINUTE);
	}
}

static bool same(const char *a, const char *b)
{
	struct failure first, second;

	failure_set(&first, FAILURE_CREDENTIAL, "%s", a);
	failure_set(&second, FAILURE_CREDENTIAL, "%s", b);
	assert_int_equal(token_plan_same_cause(&first, &second),
	                 token_plan_same_cause(&second, &first));
	return token_plan_same_cause(&first, &second);
}

static void numbers_in_the_words_are_no_new_cause(void **state)
{
	assert_true(same("", ""));
	assert_true(same("a", "a"));
	assert_true(same("after 5 ms: no", "after 1234 ms: no"));
	assert_true(same("port 443", "port 8443"));
	assert_true(same("5", "17"));
	assert_false(same("a", "b"));
	assert_false(same("a", "ab"));
	assert_false(same("a", ""));
	assert_false(same("5", "a"));
	assert_false(same("5", ""));
	assert_false(same("5a", "a"));
	assert_false(same("x5", "x"));
	assert_false(same("x5y", "xy"));
	assert_false(same("5 ms", "5 s"));
}

static void another_class_or_code_is_a_new_cause(void **state)
{
	struct failure a, b;

	failure_set(&a, FAILURE_CREDENTIAL, "x");
	failure_set(&b, FAILURE_TLS, "x");
	assert_false(token_plan_same_cause(&a, &b));
	b.class = FAILURE_CREDENTIAL;
	assert_true(token_plan_same_cause(&a, &b));
	failure_set_code(&a, "AADSTS7000215");
	failure_set_code(&b, "AADSTS7000222");
	assert_false(token_plan_same_cause(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renewal_goes_by_the_life),
		cmocka_unit_test(
			it_serves_up_to_half_a_minute_ahead_of_its_end),
		cmocka_unit_test(pauses_double_and_have_an_end),
		cmocka_unit_test(chance_adds_a_quarter_at_most),
		cmocka_unit_test(numbers_in_the_words_are_no_new_cause),
		cmocka_unit_test(another_class_or_code_is_a_new_cause),
	};

	return cmocka_run_group_tests_name("token_plan", tests, chance_begin,
	                                   NULL);
}
