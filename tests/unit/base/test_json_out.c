/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_out.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/chance.h"
#include "base/json.h"
#include "base/text.h"

struct page {
	struct buf buf;
	struct json_out out;
};

static int page_begin(void **state)
{
	static struct page page;

	buf_init(&page.buf, BUF_NO_CAP);
	page.out = (struct json_out){ .buf = &page.buf };
	*state = &page;
	return 0;
}

static int page_end(void **state)
{
	struct page *page = *state;

	buf_done(&page->buf);
	return 0;
}

static void commas_and_quotes_are_put(void **state)
{
	struct page *page = *state;
	struct json_out *out = &page->out;

	json_open(out, NULL, '{');
	json_put_text(out, "state", "enabled");
	json_open(out, "caveats", '[');
	json_put_text(out, NULL, "partial");
	json_put_text(out, NULL, "muted");
	json_close(out, ']');
	json_open(out, "none", '[');
	json_close(out, ']');
	json_open(out, "rows", '[');
	json_open(out, NULL, '{');
	json_close(out, '}');
	json_open(out, NULL, '{');
	json_put_int64(out, "n", 1);
	json_put_bool(out, "yes", true);
	json_put_bool(out, "no", false);
	json_put_null(out, "null");
	json_close(out, '}');
	json_close(out, ']');
	json_put_raw(out, "raw", "{\"a\":[1]}");
	json_put_raw(out, "no_raw", NULL);
	json_close(out, '}');
	assert_string_equal(
		buf_text(&page->buf),
		"{\"state\":\"enabled\",\"caveats\":[\"partial\",\"muted\"],"
		"\"none\":[],\"rows\":[{},{\"n\":1,\"yes\":true,\"no\":false,"
		"\"null\":null}],\"raw\":{\"a\":[1]},\"no_raw\":null}");
}

static void a_value_may_be_the_root(void **state)
{
	struct page *page = *state;

	json_put_text(&page->out, NULL, "a");
	assert_string_equal(buf_text(&page->buf), "\"a\"");
}

static void what_html_and_terminals_read_is_escaped(void **state)
{
	struct page *page = *state;

	json_put_text(&page->out, NULL,
	              "<a&b>\"\\/'\b\f\n\r\t\x01\x1b\x1f\x7f ~");
	assert_string_equal(buf_text(&page->buf),
	                    "\"\\u003ca\\u0026b\\u003e\\\"\\\\/'\\b\\f\\n\\r\\t"
	                    "\\u0001\\u001b\\u001f\\u007f ~\"");
}

static void keys_are_escaped_too(void **state)
{
	struct page *page = *state;

	json_open(&page->out, NULL, '{');
	json_put_null(&page->out, "a\"\xff");
	json_close(&page->out, '}');
	assert_string_equal(buf_text(&page->buf),
	                    "{\"a\\\"\xef\xbf\xbd\":null}");
}

static void what_is_not_utf8_is_replaced(void **state)
{
	struct page *page = *state;

	json_put_text(&page->out, NULL,
	              "caf\xc3\xa9 \xf0\x9f\x98\x80 \xff \xc3( \xed\xa0\x80");
	assert_string_equal(buf_text(&page->buf),
	                    "\"caf\xc3\xa9 \xf0\x9f\x98\x80 \xef\xbf\xbd "
	                    "\xef\xbf\xbd( "
	                    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void no_text_is_null(void **state)
{
	struct page *page = *state;

	json_open(&page->out, NULL, '[');
	json_put_text(&page->out, NULL, NULL);
	json_put_text(&page->out, NULL, "");
	json_close(&page->out, ']');
	assert_string_equal(buf_text(&page->buf), "[null,\"\"]");
}

static void whole_numbers_of_any_size(void **state)
{
	struct page *page = *state;

	json_open(&page->out, NULL, '[');
	json_put_int64(&page->out, NULL, 0);
	json_put_int64(&page->out, NULL, -1);
	json_put_int64(&page->out, NULL, 1234567890);
	json_put_int64(&page->out, NULL, INT64_MAX);
	json_put_int64(&page->out, NULL, INT64_MIN);
	json_close(&page->out, ']');
	assert_string_equal(buf_text(&page->buf),
	                    "[0,-1,1234567890,9223372036854775807,"
	                    "-9223372036854775808]");
}

static void numbers_are_as_short_as_they_can_be(void **state)
{
	struct page *page = *state;

	json_open(&page->out, NULL, '[');
	json_put_double(&page->out, NULL, 0);
	json_put_double(&page->out, NULL, 0.25);
	json_put_double(&page->out, NULL, 0.1);
	json_put_double(&page->out, NULL, -3);
	json_put_double(&page->out, NULL, 1e300);
	json_put_double(&page->out, NULL, 0.1 + 0.2);
	json_put_double(&page->out, NULL, NAN);
	json_put_double(&page->out, NULL, -INFINITY);
	json_close(&page->out, ']');
	assert_string_equal(buf_text(&page->buf),
	                    "[0,0.25,0.1,-3,1e+300,0.30000000000000004,"
	                    "null,null]");
}

static void random_numbers_come_back(void **state)
{
	struct page *page = *state;

	for (int i = 0; i < 20000; i++) {
		uint64_t bits = chance_next();
		double value;

		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		page_end(state);
		page_begin(state);
		json_put_double(&page->out, NULL, value);
		assert_true(strtod(buf_text(&page->buf), NULL) == value);
	}
}

static void times_are_rfc_3339(void **state)
{
	struct page *page = *state;

	json_open(&page->out, NULL, '{');
	json_put_time_ms(&page->out, "at", 1795394993250);
	json_put_time_ms(&page->out, "never", 0);
	json_close(&page->out, '}');
	assert_string_equal(
		buf_text(&page->buf),
		"{\"at\":\"2026-11-23T00:49:53.250Z\",\"never\":null}");
}

static void an_overflow_is_seen_in_the_buffer(void **state)
{
	scoped(buf_done) struct buf buf;
	struct json_out out = { .buf = &buf };

	buf_init(&buf, 20);
	json_open(&out, NULL, '[');
	json_put_text(&out, NULL, "0123456789");
	assert_false(buf.overflowed);
	json_put_text(&out, NULL, "0123456789");
	json_put_int64(&out, NULL, 1);
	json_close(&out, ']');
	assert_true(buf.overflowed);
	assert_string_equal(buf_text(&buf), "");
}

/* Random bytes, plain and not; what is UTF-8 comes back as it was. */
static void whatever_is_written_can_be_read(void **state)
{
	static const char bytes[] = "ab \"\\<>&'\n\t\x01\x7f/\xc3\xa9\xff\xf0";

	for (int round = 0; round < 20000; round++) {
		scoped(json_free) struct json *root = NULL;
		struct page *page = *state;
		char text[40];
		size_t size = chance_below(sizeof(text));

		for (size_t i = 0; i < size; i++)
			text[i] = bytes[chance_below(sizeof(bytes) - 1)];
		text[size] = '\0';
		page_end(state);
		page_begin(state);
		json_open(&page->out, NULL, '{');
		json_put_text(&page->out, text, text);
		json_close(&page->out, '}');
		assert_int_equal(json_parse(page->buf.data,
		                            page->buf.size_bytes, &root, NULL),
		                 0);
		if (text_is_utf8(text, size))
			assert_string_equal(json_get_text(root, text), text);
	}
}

int main(void)
{
#define ON_PAGE(test) \
	cmocka_unit_test_setup_teardown(test, page_begin, page_end)
	const struct CMUnitTest tests[] = {
		ON_PAGE(commas_and_quotes_are_put),
		ON_PAGE(a_value_may_be_the_root),
		ON_PAGE(what_html_and_terminals_read_is_escaped),
		ON_PAGE(keys_are_escaped_too),
		ON_PAGE(what_is_not_utf8_is_replaced),
		ON_PAGE(no_text_is_null),
		ON_PAGE(whole_numbers_of_any_size),
		ON_PAGE(numbers_are_as_short_as_they_can_be),
		ON_PAGE(random_numbers_come_back),
		ON_PAGE(times_are_rfc_3339),
		cmocka_unit_test(an_overflow_is_seen_in_the_buffer),
		ON_PAGE(whatever_is_written_can_be_read),
	};

	return cmocka_run_group_tests_name("json_out", tests, chance_begin,
	                                   NULL);
}
