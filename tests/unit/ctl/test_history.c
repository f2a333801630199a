/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "ctl/history.h"

#define EVENTS_MAX 200

/* Events with numbers and times that ascend. */
struct past {
	int64_t seqs[EVENTS_MAX];
	int64_t times[EVENTS_MAX];
	size_t count;
	unsigned asked;
	int failing;
};

static int on_question(int64_t after, struct history_event *ret_event,
                       void *user, struct error *error)
{
	struct past *past = user;

	past->asked++;
	if (past->failing)
		return error_set(error, -past->failing, "it fails");
	for (size_t i = 0; i < past->count; i++)
		if (past->seqs[i] > after) {
			ret_event->found = true;
			ret_event->seq = past->seqs[i];
			ret_event->time_unix_ms = past->times[i];
			return 0;
		}
	return 0;
}

static void no_event_is_number_0(void **state)
{
	struct past past = { .count = 0 };
	int64_t last = -1;

	assert_int_equal(history_last(on_question, &past, &last, NULL), 0);
	assert_true(last == 0);
}

static void a_failure_is_passed_on(void **state)
{
	struct past past = { .failing = ECONNREFUSED };
	struct error error = { "" };
	int64_t found;

	assert_int_equal(history_last(on_question, &past, &found, &error),
	                 -ECONNREFUSED);
	assert_string_equal(error.text, "it fails");
	assert_int_equal(history_since(on_question, &past, 9, 1, &found, NULL),
	                 -ECONNREFUSED);
}

static void a_far_number_takes_few_questions(void **state)
{
	struct past past = { .seqs = { INT64_MAX - 1 }, .count = 1 };
	int64_t last;

	assert_int_equal(history_last(on_question, &past, &last, NULL), 0);
	assert_true(last == INT64_MAX - 1);
	assert_true(past.asked < 140);
}

/* Any past, with the old ones gone and holes in it: the same as by looking at
 * each. */
static void random_pasts_are_halved_right(void **state)
{
	unsigned seed = (unsigned)time(NULL);

	printf("seed %u\n", seed);
	srandom(seed);
	for (int round = 0; round < 2000; round++) {
		struct past past = { .count = (size_t)random() % EVENTS_MAX };
		int64_t seq = random() % 1000, when = 0;
		int64_t since = random() % 1000, last, after, expected = 0;

		for (size_t i = 0; i < past.count; i++) {
			past.seqs[i] = seq += 1 + random() % 3 / 2;
			past.times[i] = when += random() % 10;
			if (when < since)
				expected = seq;
		}
		assert_int_equal(history_last(on_question, &past, &last, NULL),
		                 0);
		assert_true(last == (past.count ? seq : 0));
		assert_int_equal(history_since(on_question, &past, last, since,
		                               &after, NULL),
		                 0);
		assert_true(after >= expected);
		for (size_t i = 0; i < past.count; i++)
			assert_int_equal(past.seqs[i] > after,
			                 past.times[i] >= since);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_event_is_number_0),
		cmocka_unit_test(a_failure_is_passed_on),
		cmocka_unit_test(a_far_number_takes_few_questions),
		cmocka_unit_test(random_pasts_are_halved_right),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
