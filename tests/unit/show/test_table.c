/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "show/style.h"
#include "show/table.h"

static const struct table_column columns[] = {
	{ "ID", false },
	{ "NAME", true },
	{ "STATE", false },
};

static struct table *filled(const char *name)
{
	struct table *table = table_new(columns, 3);

	table_add(table, "1", STYLE_PLAIN);
	table_add(table, name, STYLE_PLAIN);
	table_add(table, "disabled", STYLE_BAD);
	table_add(table, "22", STYLE_PLAIN);
	table_add(table, NULL, STYLE_PLAIN);
	table_add(table, "", STYLE_PLAIN);
	return table;
}

static void assert_written(const struct table *table,
                           const struct table_look *look, const char *expected)
{
	scoped(buf_done) struct buf out;

	buf_init(&out, BUF_NO_CAP);
	table_write(table, look, &out);
	assert_string_equal(buf_text(&out), expected);
}

static void columns_are_as_wide_as_their_widest(void **state)
{
	scoped(table_free) struct table *table = filled("a long name indeed");
	const struct table_look look = { 0 };

	assert_int_equal(table_rows(table), 2);
	assert_written(table, &look,
	               "ID  NAME                STATE\n"
	               "1   a long name indeed  disabled\n"
	               "22  -                   -\n");
}

static void what_may_shrink_does_on_a_narrow_terminal(void **state)
{
	scoped(table_free) struct table *table = filled("a long name indeed");
	struct table_look look = { .width = 28 };

	assert_written(table, &look,
	               "ID  NAME            STATE\n"
	               "1   a long name...  disabled\n"
	               "22  -               -\n");
	look.width = 3;
	assert_written(table, &look,
	               "ID  NAME      STATE\n"
	               "1   a lon...  disabled\n"
	               "22  -         -\n");
}

static void rows_may_be_indented(void **state)
{
	scoped(table_free) struct table *table = filled("n");
	const struct table_look look = { .indent = 2 };

	assert_written(table, &look,
	               "  ID  NAME  STATE\n"
	               "  1   n     disabled\n"
	               "  22  -     -\n");
}

static void color_does_not_count_as_width(void **state)
{
	scoped(table_free) struct table *table = table_new(columns, 2);
	const struct table_look look = { .colored = true };

	table_add(table, "1", STYLE_GOOD);
	table_add(table, "x", STYLE_PLAIN);
	assert_written(table, &look,
	               "\033[1mID  \033[0m\033[1mNAME\033[0m\n"
	               "\033[32m1   \033[0mx\n");
}

static void without_rows_there_is_no_heading(void **state)
{
	scoped(table_free) struct table *table = table_new(columns, 3);
	const struct table_look look = { 0 };

	assert_written(table, &look, "");
}

static void control_characters_never_reach_a_terminal(void **state)
{
	scoped(table_free) struct table *table = table_new(columns, 1);
	const struct table_look look = { 0 };

	table_add(table, "a\033[31mb\nc\t\xc2\x9b\xff", STYLE_PLAIN);
	assert_written(table, &look, "ID\na?[31mb?c???\n");
}

static void wide_characters_take_two_columns(void **state)
{
	assert_int_equal(table_text_width("abc"), 3);
	assert_int_equal(table_text_width("\xc3\xa9"), 1);
	assert_int_equal(table_text_width("e\xcc\x81"), 1);
	assert_int_equal(table_text_width("\xe6\xbc\xa2\xe5\xad\x97"), 4);
	assert_int_equal(table_text_width("\xf0\x9f\x94\x92"), 2);
}

static void a_cut_never_splits_a_character(void **state)
{
	static const struct table_column one[] = { { "N", true } };
	scoped(table_free) struct table *table = table_new(one, 1);
	const struct table_look look = { .width = 8 };

	table_add(
		table,
		"\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2",
		STYLE_PLAIN);
	table_add(table, "x", STYLE_PLAIN);
	assert_written(table, &look, "N\n\xe6\xbc\xa2\xe5\xad\x97...\nx\n");
}

static void color_is_for_terminals_and_those_who_want_it(void **state)
{
	assert_true(style_is_wanted(STYLE_AUTO, true, NULL, "xterm"));
	assert_true(style_is_wanted(STYLE_AUTO, true, "", NULL));
	assert_false(style_is_wanted(STYLE_AUTO, false, NULL, "xterm"));
	assert_false(style_is_wanted(STYLE_AUTO, true, "1", "xterm"));
	assert_false(style_is_wanted(STYLE_AUTO, true, NULL, "dumb"));
	assert_true(style_is_wanted(STYLE_ALWAYS, false, "1", "dumb"));
	assert_false(style_is_wanted(STYLE_NEVER, true, NULL, "xterm"));
}

static void a_state_has_its_style(void **state)
{
	assert_int_equal(style_of_state("enabled"), STYLE_GOOD);
	assert_int_equal(style_of_state("disabled"), STYLE_BAD);
	assert_int_equal(style_of_state("absent"), STYLE_BAD);
	assert_int_equal(style_of_state("unknown"), STYLE_DOUBTFUL);
	assert_int_equal(style_of_state("else"), STYLE_PLAIN);
	assert_int_equal(style_of_state(NULL), STYLE_PLAIN);
	assert_int_equal(style_of_priority(3), STYLE_BAD);
	assert_int_equal(style_of_priority(4), STYLE_DOUBTFUL);
	assert_int_equal(style_of_priority(6), STYLE_FAINT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_their_widest),
		cmocka_unit_test(what_may_shrink_does_on_a_narrow_terminal),
		cmocka_unit_test(rows_may_be_indented),
		cmocka_unit_test(color_does_not_count_as_width),
		cmocka_unit_test(without_rows_there_is_no_heading),
		cmocka_unit_test(control_characters_never_reach_a_terminal),
		cmocka_unit_test(wide_characters_take_two_columns),
		cmocka_unit_test(a_cut_never_splits_a_character),
		cmocka_unit_test(color_is_for_terminals_and_those_who_want_it),
		cmocka_unit_test(a_state_has_its_style),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
