/* SPDX-License-Identifier: Apache-2.0 */
#include "base/intern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/chance.h"
#include "base/death.h"

static void equal_texts_are_one_pointer(void **state)
{
	scoped(intern_free) struct intern *pool = intern_new();
	char text[] = "northwind";
	const char *a = intern_take(pool, text);
	const char *b = intern_take(pool, "northwind");
	const char *c = intern_take(pool, "northwinds");

	text[0] = 'x';
	assert_string_equal(a, "northwind");
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_int_equal(intern_count(pool), 2);
	intern_give(pool, a);
	intern_give(pool, b);
	intern_give(pool, c);
	assert_int_equal(intern_count(pool), 0);
}

static void a_text_goes_with_its_last_holder(void **state)
{
	scoped(intern_free) struct intern *pool = intern_new();
	const char *a = intern_take(pool, "a");

	assert_ptr_equal(intern_again(pool, a), a);
	assert_ptr_equal(intern_take(pool, "a"), a);
	intern_give(pool, a);
	intern_give(pool, a);
	assert_int_equal(intern_count(pool), 1);
	assert_string_equal(a, "a");
	intern_give(pool, a);
	assert_int_equal(intern_count(pool), 0);
}

static void null_is_no_text(void **state)
{
	scoped(intern_free) struct intern *pool = intern_new();

	assert_null(intern_take(pool, NULL));
	assert_null(intern_again(pool, NULL));
	intern_give(pool, NULL);
	assert_int_equal(intern_count(pool), 0);
	intern_free(NULL);
}

static void the_empty_text_is_one(void **state)
{
	scoped(intern_free) struct intern *pool = intern_new();
	const char *empty = intern_take(pool, "");

	assert_string_equal(empty, "");
	assert_ptr_equal(intern_take(pool, ""), empty);
	assert_int_equal(intern_count(pool), 1);
	intern_give(pool, empty);
	intern_give(pool, empty);
}

static void pools_are_apart(void **state)
{
	scoped(intern_free) struct intern *one = intern_new();
	scoped(intern_free) struct intern *other = intern_new();
	const char *a = intern_take(one, "a");
	const char *b = intern_take(other, "a");

	assert_ptr_not_equal(a, b);
	intern_give(one, a);
	assert_string_equal(b, "a");
	intern_give(other, b);
}

/* Texts of each length, each a prefix of the next, and that differ in one
 * byte anywhere. */
static void texts_of_any_length_are_told_apart(void **state)
{
	scoped(intern_free) struct intern *pool = intern_new();
	const char *taken[66];
	char text[66];

	memset(text, 'x', sizeof(text));
	for (size_t size = 0; size < sizeof(text); size++) {
		text[size] = '\0';
		taken[size] = intern_take(pool, text);
		assert_int_equal(strlen(taken[size]), size);
		assert_int_equal(intern_count(pool), size + 1);
		text[size] = 'x';
	}
	text[65] = '\0';
	for (size_t at = 0; at < 65; at++) {
		const char *other;

		text[at] = 'y';
		other = intern_take(pool, text);
		assert_string_equal(other, text);
		assert_ptr_not_equal(other, taken[65]);
		intern_give(pool, other);
		text[at] = 'x';
	}
	for (size_t size = 0; size < sizeof(text); size++)
		intern_give(pool, taken[size]);
}

#define TEXTS 3000

/* Takes and gives at random, and counts the holders in an array. */
static void random_holders_are_counted(void **state)
{
	scoped(intern_free) struct intern *pool = intern_new();
	static const char *taken[TEXTS];
	static int holders[TEXTS];
	size_t count = 0;

	for (int step = 0; step < 60000; step++) {
		size_t which = chance_below(TEXTS);
		char text[32];

		snprintf(text, sizeof(text), "text %zu", which);
		if (holders[which] && chance_below(2)) {
			intern_give(pool, taken[which]);
			count -= --holders[which] == 0;
		} else {
			const char *got = intern_take(pool, text);

			assert_string_equal(got, text);
			if (holders[which])
				assert_ptr_equal(got, taken[which]);
			taken[which] = got;
			count += holders[which]++ == 0;
		}
		assert_int_equal(intern_count(pool), count);
	}
	for (size_t i = 0; i < TEXTS; i++)
		for (; holders[i]; holders[i]--)
			intern_give(pool, taken[i]);
	assert_int_equal(intern_count(pool), 0);
}

static void free_while_held(void)
{
	struct intern *pool = intern_new();

	intern_take(pool, "held");
	intern_free(pool);
}

static void freeing_a_pool_with_holders_is_our_mistake(void **state)
{
	assert_true(dies(free_while_held));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_are_one_pointer),
		cmocka_unit_test(a_text_goes_with_its_last_holder),
		cmocka_unit_test(null_is_no_text),
		cmocka_unit_test(the_empty_text_is_one),
		cmocka_unit_test(pools_are_apart),
		cmocka_unit_test(texts_of_any_length_are_told_apart),
		cmocka_unit_test(random_holders_are_counted),
		cmocka_unit_test(freeing_a_pool_with_holders_is_our_mistake),
	};

	return cmocka_run_group_tests_name("intern", tests, chance_begin, NULL);
}
