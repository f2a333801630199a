/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "show/csv.h"

static void assert_row(const char *const *texts, size_t count,
                       const char *expected)
{
	scoped(buf_done) struct buf buf;
	struct csv csv = { .buf = &buf };

	buf_init(&buf, BUF_NO_CAP);
	for (size_t i = 0; i < count; i++)
		csv_add(&csv, texts[i]);
	csv_end_row(&csv);
	assert_string_equal(buf_text(&buf), expected);
}

static void plain_fields_are_not_quoted(void **state)
{
	static const char *const row[] = { "a b", "1", "it's", "x;y" };

	assert_row(row, 4, "a b,1,it's,x;y\r\n");
}

static void what_needs_quotes_has_them(void **state)
{
	static const char *const row[] = { "a,b", "say \"no\"", "two\r\nlines",
		                           "\"" };

	assert_row(row, 4,
	           "\"a,b\",\"say \"\"no\"\"\",\"two\r\nlines\",\"\"\"\"\r\n");
}

static void empty_fields_keep_their_place(void **state)
{
	static const char *const row[] = { "", NULL, "x", "" };

	assert_row(row, 4, ",,x,\r\n");
	assert_row(row, 1, "\r\n");
}

static void control_characters_are_replaced(void **state)
{
	static const char *const row[] = { "a\033[31m,\tb\a", "\xff" };

	assert_row(row, 2, "\"a?[31m,\tb?\",?\r\n");
}

static void a_row_begins_anew(void **state)
{
	scoped(buf_done) struct buf buf;
	struct csv csv = { .buf = &buf };

	buf_init(&buf, BUF_NO_CAP);
	csv_add(&csv, "a\n");
	csv_end_row(&csv);
	csv_add(&csv, "b");
	csv_add(&csv, "c");
	csv_end_row(&csv);
	assert_string_equal(buf_text(&buf), "\"a\n\"\r\nb,c\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_fields_are_not_quoted),
		cmocka_unit_test(what_needs_quotes_has_them),
		cmocka_unit_test(empty_fields_keep_their_place),
		cmocka_unit_test(control_characters_are_replaced),
		cmocka_unit_test(a_row_begins_anew),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
