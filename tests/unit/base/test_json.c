/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/chance.h"
#include "base/error.h"

/* The document of size bytes, which end where the memory ends, so that ASan
 * sees a step past them; NULL where it is refused, then with words. */
static struct json *parse_bytes(const char *text, size_t size, int *ret_r)
{
	struct error error = { "" };
	struct json *root = NULL;
	char *exact = malloc(size ? size : 1);

	memcpy(exact, text, size);
	*ret_r = json_parse(exact, size, &root, &error);
	free(exact);
	assert_true(*ret_r == 0 || *ret_r == -EINVAL);
	assert_int_equal(error.text[0] == '\0', *ret_r == 0);
	if (*ret_r < 0)
		assert_null(root);
	return root;
}

static struct json *parse(const char *text)
{
	int r;
	struct json *root = parse_bytes(text, strlen(text), &r);

	if (r < 0)
		fail_msg("%s was refused", text);
	return root;
}

static void assert_refused(const char *text)
{
	int r;

	parse_bytes(text, strlen(text), &r);
	if (r == 0)
		fail_msg("%s was taken", text);
}

static void all_types_are_told_apart(void **state)
{
	static const struct {
		const char *text;
		enum json_type type;
	} rows[] = {
		{ "null", JSON_NULL },          { "true", JSON_BOOL },
		{ "false", JSON_BOOL },         { "0", JSON_NUMBER },
		{ "-12", JSON_NUMBER },         { "1.5e3", JSON_NUMBER },
		{ "\"\"", JSON_STRING },        { "\"a\"", JSON_STRING },
		{ "[]", JSON_ARRAY },           { "{}", JSON_OBJECT },
		{ " \t\r\n1 \n", JSON_NUMBER }, { "[] ", JSON_ARRAY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scoped(json_free) struct json *root = parse(rows[i].text);

		assert_int_equal(json_type(root), rows[i].type);
	}
	assert_int_equal(json_type(NULL), JSON_NULL);
}

static void what_is_not_json_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		" ",
		"\n\t ",
		"{",
		"[",
		"\"",
		"\"abc",
		"{\"a\":1",
		"[1",
		"[1,",
		"tru",
		"nul",
		"TRUE",
		"Null",
		"-",
		"1e",
		"1e+",
		".5",
		"+1",
		"01",
		"0x10",
		"1.5.5",
		"--1",
		"1 2",
		"{} {}",
		"{}x",
		"[]]",
		"1}",
		"{\"a\":1}\n{\"a\":1}",
		"[1,]",
		"[,1]",
		"[1 2]",
		"{\"a\":1,}",
		"{,}",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\" 1}",
		"{\"a\":1 \"b\":2}",
		"{a:1}",
		"{1:1}",
		"[1}",
		"{\"a\":[}]",
		"// x\n1",
		"/* x */ 1",
		"1 // x",
		"\"\\x41\"",
		"\"\\a\"",
		"\"\\u00\"",
		"\"\\u00g0\"",
		"\"\\",
		"\"\\\"",
		"\xef\xbb\xbf{}",
		"<html>",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(rows[i]);
}

static void what_json_c_adds_to_json_is_refused(void **state)
{
	static const char *const rows[] = {
		"'a'",        "{'a':1}",   "NaN",         "[NaN]",
		"Infinity",   "-Infinity", "[-Infinity]", "{\"a\":Infinity}",
		"\"a\nb\"",   "\"a\tb\"",  "\"\x01\"",    "{\"a\x1f\":1}",
		"\"\\\"\n\"",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(rows[i]);
}

static void quotes_and_words_may_stand_in_strings(void **state)
{
	scoped(json_free) struct json *root =
		parse("[\"it's NaN\", \"Infinity\", \"\\\"'N\", \"\\\\\", 1]");

	assert_string_equal(json_text(json_array_at(root, 0)), "it's NaN");
	assert_string_equal(json_text(json_array_at(root, 1)), "Infinity");
	assert_string_equal(json_text(json_array_at(root, 2)), "\"'N");
	assert_string_equal(json_text(json_array_at(root, 3)), "\\");
}

static void bytes_must_be_utf8_without_nul(void **state)
{
	static const struct {
		const char *text;
		size_t size;
	} rows[] = {
		{ "{}\0", 3 },
		{ "\"a\0b\"", 5 },
		{ "\0{}", 3 },
		{ "\"\xff\"", 3 },
		{ "\"\xc0\x80\"", 4 },
		{ "\"\xed\xa0\x80\"", 5 },
		{ "\"\xe0\x80\x80\"", 5 },
		{ "\"\xc3\"", 3 },
		{ "\"\xf4\x90\x80\x80\"", 6 },
	};
	int r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parse_bytes(rows[i].text, rows[i].size, &r);
		assert_int_equal(r, -EINVAL);
	}
}

static void no_string_has_an_escaped_nul(void **state)
{
	scoped(json_free) struct json *root = NULL;

	assert_refused("\"\\u0000\"");
	assert_refused("\"abc\\u0000def\"");
	assert_refused("{\"a\\u0000\":1}");
	assert_refused("\"\\\\\\u0000\"");
	assert_refused("[\"\\\"\\u0000\"]");
	root = parse("[\"\\\\u0000\",\"\\u0001\"]");
	assert_string_equal(json_text(json_array_at(root, 0)), "\\u0000");
	assert_string_equal(json_text(json_array_at(root, 1)), "\x01");
}

static void escapes_are_undone(void **state)
{
	scoped(json_free) struct json *root =
		parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"");

	assert_string_equal(json_text(root),
	                    "\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80");
}

static void half_a_pair_is_a_replacement(void **state)
{
	scoped(json_free) struct json *root = parse("[\"\\ud800\","
	                                            "\"\\udc00x\"]");

	assert_string_equal(json_text(json_array_at(root, 0)), "\xef\xbf\xbd");
	assert_string_equal(json_text(json_array_at(root, 1)), "\xef\xbf\xbdx");
}

/* depth arrays in one another with a number in the innermost. */
static int parse_nested(size_t depth)
{
	scoped(buf_done) struct buf buf;
	struct json *root;
	int r;

	buf_init(&buf, BUF_NO_CAP);
	for (size_t i = 0; i < depth; i++)
		buf_add_byte(&buf, '[');
	buf_add_byte(&buf, '1');
	for (size_t i = 0; i < depth; i++)
		buf_add_byte(&buf, ']');
	root = parse_bytes(buf.data, buf.size_bytes, &r);
	json_free(root);
	return r;
}

static void depth_has_a_limit(void **state)
{
	assert_int_equal(parse_nested(JSON_DEPTH_MAX - 1), 0);
	assert_int_equal(parse_nested(JSON_DEPTH_MAX), -EINVAL);
	assert_int_equal(parse_nested(100000), -EINVAL);
}

static void too_long_is_refused_unread(void **state)
{
	struct json *root = NULL;
	struct error error;

	assert_int_equal(json_parse("1", (size_t)INT_MAX + 1, &root, &error),
	                 -EINVAL);
	assert_int_equal(json_parse("1", SIZE_MAX, &root, NULL), -EINVAL);
}

static void words_say_where(void **state)
{
	struct json *root = NULL;
	struct error error;

	json_parse("", 0, &root, &error);
	assert_non_null(strstr(error.text, "empty"));
	json_parse("[1 2]", 5, &root, &error);
	assert_non_null(strstr(error.text, "at byte 3"));
	json_parse("[1,22", 5, &root, &error);
	assert_non_null(strstr(error.text, "at byte 5"));
}

static void members_are_found_by_key(void **state)
{
	scoped(json_free) struct json *root =
		parse("{\"a\":{\"b\":\"c\"},\"n\":null,\"\":\"empty\"}");

	assert_string_equal(json_get_text(json_get(root, "a"), "b"), "c");
	assert_string_equal(json_get_text(root, ""), "empty");
	assert_null(json_get(root, "A"));
	assert_null(json_get(root, "n"));
	assert_null(json_get(root, "z"));
	assert_null(json_get(NULL, "a"));
	assert_null(json_get(json_get(json_get(root, "x"), "y"), "z"));
	assert_null(json_get_text(root, "a"));
	assert_true(json_has(root, "n"));
	assert_false(json_has(root, "N"));
	assert_false(json_has(root, "z"));
	assert_false(json_has(NULL, "a"));
}

static void case_may_be_disregarded(void **state)
{
	scoped(json_free) struct json *root = parse(
		"{\"Effect\":\"first\",\"effect\":\"exact\",\"VALUE\":null,"
		"\"notScopes\":1}");
	int64_t number;

	assert_string_equal(json_text(json_get_nocase(root, "effect")),
	                    "exact");
	assert_string_equal(json_text(json_get_nocase(root, "EFFECT")),
	                    "first");
	assert_int_equal(
		json_int64(json_get_nocase(root, "notscopes"), &number), 0);
	assert_null(json_get_nocase(root, "value"));
	assert_true(json_has_nocase(root, "value"));
	assert_true(json_has_nocase(root, "effect"));
	assert_false(json_has_nocase(root, "effects"));
	assert_null(json_get_nocase(root, "effects"));
	assert_null(json_get_nocase(NULL, "a"));
	assert_false(json_has_nocase(NULL, "a"));
}

/* json-c would end the process, or read where nothing is. */
static void nothing_is_found_where_nothing_can_be(void **state)
{
	static const char *const rows[] = { "1",    "\"a\"", "[1]",
		                            "true", "null",  "1.5" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scoped(json_free) struct json *root = parse(rows[i]);

		assert_null(json_get(root, "a"));
		assert_null(json_get_nocase(root, "a"));
		assert_false(json_has(root, "a"));
		assert_false(json_has_nocase(root, "a"));
		assert_null(json_get_text(root, "a"));
		if (json_type(root) != JSON_ARRAY) {
			assert_int_equal(json_array_size(root), 0);
			assert_null(json_array_at(root, 0));
		}
		if (json_type(root) != JSON_STRING)
			assert_null(json_text(root));
	}
}

static void the_last_of_equal_keys_counts(void **state)
{
	scoped(json_free) struct json *root =
		parse("{\"a\":\"1\",\"a\":\"2\"}");

	assert_string_equal(json_get_text(root, "a"), "2");
}

static void arrays_have_elements(void **state)
{
	scoped(json_free) struct json *root = parse("[\"a\",null,[\"b\"]]");

	assert_int_equal(json_array_size(root), 3);
	assert_string_equal(json_text(json_array_at(root, 0)), "a");
	assert_null(json_array_at(root, 1));
	assert_int_equal(json_array_size(json_array_at(root, 2)), 1);
	assert_null(json_array_at(root, 3));
	assert_null(json_array_at(root, SIZE_MAX));
	assert_int_equal(json_array_size(NULL), 0);
	assert_null(json_array_at(NULL, 0));
}

static void whole_numbers_never_saturate(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t number;
	} rows[] = {
		{ "0", 0, 0 },
		{ "-7", 0, -7 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "-9223372036854775807", 0, -INT64_MAX },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "18446744073709551615", -ERANGE, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "-99999999999999999999999", -ERANGE, 0 },
		{ "\"0\"", 0, 0 },
		{ "\"1795394993\"", 0, 1795394993 },
		{ "\"-7\"", 0, -7 },
		{ "\"9223372036854775807\"", 0, INT64_MAX },
		{ "\"-9223372036854775808\"", 0, INT64_MIN },
		{ "\"9223372036854775808\"", -ERANGE, 0 },
		{ "\"-9223372036854775809\"", -ERANGE, 0 },
		{ "\"18446744073709551616\"", -ERANGE, 0 },
		{ "\"\"", -EINVAL, 0 },
		{ "\"-\"", -EINVAL, 0 },
		{ "\"--1\"", -EINVAL, 0 },
		{ "\" 1\"", -EINVAL, 0 },
		{ "\"1s\"", -EINVAL, 0 },
		{ "\"1.5\"", -EINVAL, 0 },
		{ "1.5", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "true", -EINVAL, 0 },
		{ "null", -EINVAL, 0 },
		{ "[1]", -EINVAL, 0 },
		{ "{}", -EINVAL, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scoped(json_free) struct json *root = parse(rows[i].text);
		int64_t number = 0;
		int r = json_int64(root, &number);

		if (r != rows[i].r || number != rows[i].number)
			fail_msg("%s: %d, %lld", rows[i].text, r,
			         (long long)number);
	}
}

static void only_booleans_are_booleans(void **state)
{
	static const char *const others[] = { "0",  "1",  "\"true\"", "null",
		                              "[]", "{}", "0.5" };
	scoped(json_free) struct json *root = parse("[true,false]");
	bool value = false;

	assert_int_equal(json_bool(json_array_at(root, 0), &value), 0);
	assert_true(value);
	assert_int_equal(json_bool(json_array_at(root, 1), &value), 0);
	assert_false(value);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		scoped(json_free) struct json *other = parse(others[i]);

		assert_int_equal(json_bool(other, &value), -EINVAL);
	}
}

static void on_member(const char *key, const struct json *value, void *user)
{
	buf_add_format(user, "%s=%s;", key, value ? json_text(value) : "null");
}

static void members_come_in_the_order_of_the_document(void **state)
{
	scoped(json_free) struct json *root =
		parse("{\"z\":\"1\",\"a\":null,\"m\":\"3\"}");
	scoped(json_free) struct json *array = parse("[\"x\"]");
	scoped(buf_done) struct buf buf;

	buf_init(&buf, BUF_NO_CAP);
	json_each(root, on_member, &buf);
	assert_string_equal(buf_text(&buf), "z=1;a=null;m=3;");
	json_each(array, on_member, &buf);
	json_each(NULL, on_member, &buf);
	assert_string_equal(buf_text(&buf), "z=1;a=null;m=3;");
}

static void null_is_freed(void **state)
{
	json_free(NULL);
}

static const char document[] =
	"{\"value\":[{\"id\":\"/subscriptions/0b1f\",\"n\":[1,-2.5e3,null],"
	"\"caf\\u00e9\":\"\xc3\xa9\\\\\",\"deep\":{\"a\":{\"b\":[{}]}}}],"
	"\"ok\":true}";

/* A reply that was cut short is never a document. */
static void no_beginning_is_a_document(void **state)
{
	int r;

	for (size_t size = 0; size < sizeof(document) - 1; size++) {
		parse_bytes(document, size, &r);
		assert_int_equal(r, -EINVAL);
	}
	json_free(parse(document));
}

static void random_damage_does_no_harm(void **state)
{
	for (int round = 0; round < 30000; round++) {
		char text[sizeof(document)];
		size_t size = sizeof(document) - 1;
		struct json *root;
		int r;

		memcpy(text, document, sizeof(document));
		for (size_t n = 1 + chance_below(4); n; n--) {
			size_t at = chance_below(size);

			text[at] = document[chance_below(size)];
			if (chance_below(2))
				text[at] = (char)chance_below(256);
		}
		root = parse_bytes(text, 1 + chance_below(size), &r);
		json_free(root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_types_are_told_apart),
		cmocka_unit_test(what_is_not_json_is_refused),
		cmocka_unit_test(what_json_c_adds_to_json_is_refused),
		cmocka_unit_test(quotes_and_words_may_stand_in_strings),
		cmocka_unit_test(bytes_must_be_utf8_without_nul),
		cmocka_unit_test(no_string_has_an_escaped_nul),
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(half_a_pair_is_a_replacement),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(too_long_is_refused_unread),
		cmocka_unit_test(words_say_where),
		cmocka_unit_test(members_are_found_by_key),
		cmocka_unit_test(case_may_be_disregarded),
		cmocka_unit_test(nothing_is_found_where_nothing_can_be),
		cmocka_unit_test(the_last_of_equal_keys_counts),
		cmocka_unit_test(arrays_have_elements),
		cmocka_unit_test(whole_numbers_never_saturate),
		cmocka_unit_test(only_booleans_are_booleans),
		cmocka_unit_test(members_come_in_the_order_of_the_document),
		cmocka_unit_test(null_is_freed),
		cmocka_unit_test(no_beginning_is_a_document),
		cmocka_unit_test(random_damage_does_no_harm),
	};

	return cmocka_run_group_tests_name("json", tests, chance_begin, NULL);
}
