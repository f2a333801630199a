/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/chance.h"
#include "base/mem.h"

#define GUID "0b1f6471-1bf0-4dda-aec3-cb9272f09590"

static void whole_numbers_are_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} rows[] = {
		{ "0", 0 },
		{ "7", 7 },
		{ "007", 7 },
		{ "18446744073709551615", UINT64_MAX },
		{ "00000000000000000000000000001", 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t value = 99;

		assert_int_equal(text_parse_uint64(rows[i].text, &value), 0);
		assert_true(value == rows[i].value);
	}
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const rows[] = {
		"",   "-1",  "+1",  " 1", "1 ",
		"1x", "0x1", "1.0", "x",  "99999999999999999999999x",
	};
	uint64_t value = 99;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(text_parse_uint64(rows[i], &value), -EINVAL);
	assert_int_equal(value, 99);
}

static void numbers_too_large_are_a_range_error(void **state)
{
	static const char *const rows[] = {
		"18446744073709551616",
		"18446744073709551620",
		"99999999999999999999",
		"184467440737095516150",
	};
	uint64_t value = 99;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(text_parse_uint64(rows[i], &value), -ERANGE);
	assert_int_equal(value, 99);
}

static void random_numbers_come_back(void **state)
{
	for (int i = 0; i < 10000; i++) {
		uint64_t number = chance_next() >> chance_below(64);
		uint64_t value = 0;
		char text[32];

		snprintf(text, sizeof(text), "%" PRIu64, number);
		assert_int_equal(text_parse_uint64(text, &value), 0);
		assert_true(value == number);
	}
}

static void six_words_are_booleans(void **state)
{
	static const struct {
		const char *text;
		int r;
		bool value;
	} rows[] = {
		{ "yes", 0, true },       { "true", 0, true },
		{ "1", 0, true },         { "no", 0, false },
		{ "false", 0, false },    { "0", 0, false },
		{ "", -EINVAL, false },   { "maybe", -EINVAL, false },
		{ "y", -EINVAL, false },  { "yes ", -EINVAL, false },
		{ "10", -EINVAL, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool value = !rows[i].value;

		assert_int_equal(text_parse_bool(rows[i].text, &value),
		                 rows[i].r);
		assert_int_equal(value, rows[i].r == 0 ? rows[i].value
		                                       : !rows[i].value);
	}
}

static void guids_are_known_by_their_shape(void **state)
{
	char text[] = GUID "x";

	assert_true(text_is_guid(GUID));
	assert_true(text_is_guid("0B1F6471-1BF0-4DDA-AEC3-CB9272F09590"));
	assert_false(text_is_guid(NULL));
	assert_false(text_is_guid(""));
	assert_false(text_is_guid(text));
	assert_false(text_is_guid("{" GUID "}"));
	assert_false(text_is_guid("0b1f64711bf04ddaaec3cb9272f09590"));
	for (size_t i = 0; i < strlen(GUID); i++) {
		memcpy(text, GUID, sizeof(GUID));
		text[i] = text[i] == '-' ? '0' : '-';
		assert_false(text_is_guid(text));
		text[i] = 'g';
		assert_false(text_is_guid(text));
		text[i] = '\0';
		assert_false(text_is_guid(text));
	}
}

static void guids_are_written_in_lower_case(void **state)
{
	char out[TEXT_GUID_SIZE] = "as it was";

	assert_int_equal(text_lower_guid("0b1f", out), -EINVAL);
	assert_int_equal(text_lower_guid(NULL, out), -EINVAL);
	assert_string_equal(out, "as it was");
	assert_int_equal(
		text_lower_guid("0B1F6471-1bF0-4DDA-AEC3-CB9272F09590", out),
		0);
	assert_string_equal(out, GUID);
}

static void a_plain_segment_cannot_leave_its_place(void **state)
{
	static const char *const good[] = {
		"a", "A.b_c-9", "...", "..a", ".a", GUID,
	};
	static const char *const bad[] = {
		"",  ".",   "..",   "a/b", "a b", "a%41", "a~", "a?", "a#",
		"é", "a\n", "a\\b", "a:b", "@",   "[",    "`",  "{",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(text_is_plain_segment(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_is_plain_segment(bad[i]));
	assert_false(text_is_plain_segment(NULL));
}

static void case_is_ascii_only(void **state)
{
	assert_true(text_equal_nocase("AbC", "aBc"));
	assert_true(text_equal_nocase("", ""));
	assert_false(text_equal_nocase("ab", "abc"));
	assert_false(text_equal_nocase("abc", "ab"));
	assert_false(text_equal_nocase("@", "`"));
	assert_false(text_equal_nocase("[", "{"));
	assert_false(text_equal_nocase("\xc3\x89", "\xc3\xa9"));
	assert_true(text_equal("a", "a"));
	assert_false(text_equal("a", "A"));
}

static void null_equals_null_only(void **state)
{
	assert_true(text_equal_nocase(NULL, NULL));
	assert_false(text_equal_nocase(NULL, ""));
	assert_false(text_equal_nocase("", NULL));
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal(NULL, ""));
	assert_false(text_equal("", NULL));
}

static void beginnings_compare_without_case(void **state)
{
	assert_true(text_starts_nocase("/Subscriptions/x", "/subscriptions/"));
	assert_true(text_starts_nocase("a", "A"));
	assert_true(text_starts_nocase("a", ""));
	assert_false(text_starts_nocase("/sub", "/subscriptions/"));
	assert_false(text_starts_nocase("xa", "a"));
	assert_false(text_starts_nocase(NULL, "a"));
	assert_false(text_starts_nocase("a", NULL));
}

static void percent_leaves_the_unreserved_alone(void **state)
{
	const char plain[] = "ABCXYZabcxyz0189-._~";
	scoped(string_free) char *same =
		text_percent_encode(plain, strlen(plain));
	scoped(string_free) char *changed =
		text_percent_encode("a b/?&=+%\xc3\xa9\0z", 13);
	scoped(string_free) char *none = text_percent_encode("", 0);

	assert_string_equal(same, plain);
	assert_string_equal(changed, "a%20b%2F%3F%26%3D%2B%25%C3%A9%00z");
	assert_string_equal(none, "");
}

static void percent_is_decoded_in_place(void **state)
{
	char text[] = "a%20b+c%2f%2F";

	assert_int_equal(text_percent_decode(text, false, text), 0);
	assert_string_equal(text, "a b+c//");
}

static void plus_is_a_space_where_asked(void **state)
{
	char out[16];

	assert_int_equal(text_percent_decode("a+b%2B", true, out), 0);
	assert_string_equal(out, "a b+");
	assert_int_equal(text_percent_decode("a+b%2B", false, out), 0);
	assert_string_equal(out, "a+b+");
}

static void broken_escapes_are_refused(void **state)
{
	static const char *const rows[] = {
		"%", "%4", "%g1", "%1g", "a%00b", "%%41", "%-1", "% 1", "%4",
	};
	char out[16];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(text_percent_decode(rows[i], false, out),
		                 -EINVAL);
	assert_int_equal(text_percent_decode("%01%10", false, out), 0);
	assert_string_equal(out, "\x01\x10");
}

static void random_bytes_survive_percent(void **state)
{
	for (int round = 0; round < 2000; round++) {
		size_t size = chance_below(40);
		scoped(string_free) char *encoded = NULL;
		char bytes[41] = { 0 };

		for (size_t i = 0; i < size; i++)
			bytes[i] = (char)(1 + chance_below(255));
		encoded = text_percent_encode(bytes, size);
		assert_int_equal(text_percent_decode(encoded, true, encoded),
		                 0);
		assert_string_equal(encoded, bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers_are_read),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(numbers_too_large_are_a_range_error),
		cmocka_unit_test(random_numbers_come_back),
		cmocka_unit_test(six_words_are_booleans),
		cmocka_unit_test(guids_are_known_by_their_shape),
		cmocka_unit_test(guids_are_written_in_lower_case),
		cmocka_unit_test(a_plain_segment_cannot_leave_its_place),
		cmocka_unit_test(case_is_ascii_only),
		cmocka_unit_test(null_equals_null_only),
		cmocka_unit_test(beginnings_compare_without_case),
		cmocka_unit_test(percent_leaves_the_unreserved_alone),
		cmocka_unit_test(percent_is_decoded_in_place),
		cmocka_unit_test(plus_is_a_space_where_asked),
		cmocka_unit_test(broken_escapes_are_refused),
		cmocka_unit_test(random_bytes_survive_percent),
	};

	return cmocka_run_group_tests_name("text", tests, chance_begin, NULL);
}
