/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/death.h"

/* Times 4 it is 4, where nobody looks. Not a constant, or the compiler would
 * refuse it by itself. */
static volatile size_t huge = SIZE_MAX / 4 + 2;

static void new_memory_is_zero(void **state)
{
	scoped(string_free) char *memory = xcalloc(100, 3);

	for (size_t i = 0; i < 300; i++)
		assert_int_equal(memory[i], 0);
}

static void nothing_is_memory_too(void **state)
{
	scoped(string_free) char *none = xcalloc(0, 8);
	scoped(string_free) char *of_none = xcalloc(8, 0);
	scoped(string_free) char *shrunk = xcalloc(8, 8);

	shrunk = xrealloc(shrunk, 0, 8);
	assert_non_null(none);
	assert_non_null(of_none);
	assert_non_null(shrunk);
}

static void growing_keeps_the_contents(void **state)
{
	scoped(string_free) char *memory = NULL;

	memory = xrealloc(memory, 1, 6);
	memcpy(memory, "hello", 6);
	memory = xrealloc(memory, 1000, 1000);
	assert_string_equal(memory, "hello");
}

static void copies_are_apart_from_the_original(void **state)
{
	char text[] = "hello";
	scoped(string_free) char *whole = xstrdup(text);
	scoped(string_free) char *part = xstrndup(text, 2);
	scoped(string_free) char *longer = xstrndup(text, 100);

	text[0] = 'j';
	assert_string_equal(whole, "hello");
	assert_string_equal(part, "he");
	assert_string_equal(longer, "hello");
	assert_null(xstrdup(NULL));
}

static void a_part_need_not_be_a_string(void **state)
{
	scoped(string_free) char *bytes = xcalloc(3, 1);
	scoped(string_free) char *part = NULL;

	memset(bytes, 'x', 3);
	part = xstrndup(bytes, 3);
	assert_string_equal(part, "xxx");
}

static void formats_of_any_length(void **state)
{
	scoped(string_free) char *brief = xasprintf("%s-%d", "a", 7);
	scoped(string_free) char *padded = xasprintf("%5000d", 1);
	scoped(string_free) char *empty = xasprintf("%s", "");

	assert_string_equal(brief, "a-7");
	assert_int_equal(strlen(padded), 5000);
	assert_string_equal(empty, "");
}

static void a_pointer_passes_through(void **state)
{
	int thing;

	assert_ptr_equal(xptr(&thing), &thing);
}

static void take_null(void)
{
	xptr(NULL);
}

static void take_huge(void)
{
	free(xcalloc(huge, 4));
}

static void grow_huge(void)
{
	free(xrealloc(NULL, huge, 4));
}

static void out_of_memory_ends_the_process(void **state)
{
	assert_true(dies(take_null));
	assert_true(dies(take_huge));
	assert_true(dies(grow_huge));
}

static void null_is_freed(void **state)
{
	string_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_memory_is_zero),
		cmocka_unit_test(nothing_is_memory_too),
		cmocka_unit_test(growing_keeps_the_contents),
		cmocka_unit_test(copies_are_apart_from_the_original),
		cmocka_unit_test(a_part_need_not_be_a_string),
		cmocka_unit_test(formats_of_any_length),
		cmocka_unit_test(a_pointer_passes_through),
		cmocka_unit_test(out_of_memory_ends_the_process),
		cmocka_unit_test(null_is_freed),
	};

	return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
