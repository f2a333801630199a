/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text_time.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/chance.h"

#define DAY_MS INT64_C(86400000)

/* The last millisecond of the year 9999. */
#define LAST_MS INT64_C(253402300799999)

/* Writes into memory of exactly that size, so that ASan sees a step past it. */
static void assert_time(int64_t unix_ms, const char *wanted)
{
	char *out = malloc(TEXT_TIME_SIZE);

	assert_ptr_equal(text_format_time_ms(unix_ms, out), out);
	assert_string_equal(out, wanted);
	free(out);
}

static void assert_parsed(const char *text, int64_t wanted)
{
	int64_t unix_ms = 99;
	int r = text_parse_time_ms(text, &unix_ms);

	if (r != 0 || unix_ms != wanted)
		fail_msg("%s: %d, %lld", text, r, (long long)unix_ms);
}

static void times_are_written_in_utc(void **state)
{
	assert_time(0, "1970-01-01T00:00:00Z");
	assert_time(1795394993000, "2026-11-23T00:49:53Z");
	assert_time(1795394993250, "2026-11-23T00:49:53.250Z");
	assert_time(1795394993007, "2026-11-23T00:49:53.007Z");
	assert_time(951782399999, "2000-02-28T23:59:59.999Z");
	assert_time(951782400000, "2000-02-29T00:00:00Z");
	assert_time(951868800000, "2000-03-01T00:00:00Z");
	assert_time(LAST_MS, "9999-12-31T23:59:59.999Z");
}

static void times_before_1970_and_far_away_are_written_too(void **state)
{
	assert_time(-1, "1969-12-31T23:59:59.999Z");
	assert_time(-DAY_MS, "1969-12-31T00:00:00Z");
	assert_time(-62135596800000, "0001-01-01T00:00:00Z");
	assert_time(LAST_MS + 1, "10000-01-01T00:00:00Z");
	assert_time(INT64_MAX, "292278994-08-17T07:12:55.807Z");
	assert_time(INT64_MIN, "-292275055-05-16T16:47:04.192Z");
}

/* Against the C library's calendar, each day of eight thousand years. */
static void each_day_is_as_in_the_c_library(void **state)
{
	for (int64_t day = 0; day * DAY_MS < LAST_MS; day++) {
		time_t unix_s = (time_t)(day * 86400 + 86399);
		char wanted[TEXT_TIME_SIZE], out[TEXT_TIME_SIZE];
		int64_t unix_ms = -1;
		struct tm tm;

		gmtime_r(&unix_s, &tm);
		strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%SZ", &tm);
		text_format_time_ms(unix_s * 1000, out);
		if (strcmp(out, wanted) != 0)
			fail_msg("%s is not %s", out, wanted);
		assert_int_equal(text_parse_time_ms(wanted, &unix_ms), 0);
		assert_true(unix_ms == unix_s * 1000);
	}
}

static void random_times_come_back(void **state)
{
	for (int i = 0; i < 100000; i++) {
		int64_t wanted = (int64_t)(chance_next() % (LAST_MS + 1));
		char out[TEXT_TIME_SIZE];

		assert_parsed(text_format_time_ms(wanted, out), wanted);
	}
}

static void fractions_are_cut_to_milliseconds(void **state)
{
	assert_parsed("1970-01-01T00:00:00.1Z", 100);
	assert_parsed("1970-01-01T00:00:00.01Z", 10);
	assert_parsed("1970-01-01T00:00:00.001Z", 1);
	assert_parsed("1970-01-01T00:00:00.0009Z", 0);
	assert_parsed("1970-01-01T00:00:00.1239999Z", 123);
	assert_parsed("1970-01-01T00:00:00.999999999Z", 999);
	assert_parsed("1970-01-01T00:00:00.000000000Z", 0);
}

static void offsets_are_taken_off(void **state)
{
	assert_parsed("1970-01-01T02:00:00+02:00", 0);
	assert_parsed("1969-12-31T19:00:00-05:00", 0);
	assert_parsed("1970-01-01T05:45:00.5+05:45", 500);
	assert_parsed("1970-01-01T00:00:00-00:00", 0);
	assert_parsed("1970-01-02T00:00:00+23:59", 60000);
	assert_parsed("1970-01-01T00:00:00-23:59", DAY_MS - 60000);
	assert_parsed("2024-02-29T23:30:00-01:00", 1709253000000);
	assert_parsed("2026-11-23t00:49:53z", 1795394993000);
}

static void times_before_1970_are_negative(void **state)
{
	assert_parsed("1969-12-31T23:59:59.750Z", -250);
	assert_parsed("0001-01-01T00:00:00Z", -62135596800000);
	assert_parsed("0000-01-01T00:00:00Z", -62167219200000);
}

static void a_leap_second_is_the_next_one(void **state)
{
	assert_parsed("2016-12-31T23:59:60Z", 1483228800000);
	assert_parsed("2016-12-31T15:59:60.5-08:00", 1483228800500);
}

static void leap_years_have_their_day(void **state)
{
	static const struct {
		const char *text;
		int r;
	} rows[] = {
		{ "2024-02-29T00:00:00Z", 0 },
		{ "2023-02-29T00:00:00Z", -EINVAL },
		{ "2000-02-29T00:00:00Z", 0 },
		{ "2100-02-29T00:00:00Z", -EINVAL },
		{ "2400-02-29T00:00:00Z", 0 },
		{ "2024-02-30T00:00:00Z", -EINVAL },
	};
	int64_t unix_ms;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(text_parse_time_ms(rows[i].text, &unix_ms),
		                 rows[i].r);
}

/* One day past the end of each month, and the end itself. */
static void months_end_where_they_end(void **state)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
		                    31, 31, 30, 31, 30, 31 };
	char text[64];
	int64_t unix_ms;

	for (int month = 1; month <= 12; month++) {
		snprintf(text, sizeof(text), "2026-%02d-%02dT00:00:00Z", month,
		         days[month - 1]);
		assert_int_equal(text_parse_time_ms(text, &unix_ms), 0);
		snprintf(text, sizeof(text), "2026-%02d-%02dT00:00:00Z", month,
		         days[month - 1] + 1);
		assert_int_equal(text_parse_time_ms(text, &unix_ms), -EINVAL);
	}
}

static void nonsense_is_no_time(void **state)
{
	static const char *const rows[] = {
		"",
		"now",
		"0",
		"1795394993",
		"2026-11-23",
		"2026-11-23T",
		"2026-11-23T00:49Z",
		"2026-11-23T00:49:53",
		"2026-11-23 00:49:53Z",
		"2026-11-23T00:49:53ZZ",
		"2026-11-23T00:49:53Z ",
		" 2026-11-23T00:49:53Z",
		"2026-11-23T00:49:53.Z",
		"2026-11-23T00:49:53.1234567890Z",
		"2026-11-23T00:49:53,5Z",
		"2026-11-23T00:49:53.5",
		"2026-11-23T00:49:53+0200",
		"2026-11-23T00:49:53+02",
		"2026-11-23T00:49:53+02:0",
		"2026-11-23T00:49:53+02:000",
		"2026-11-23T00:49:53+24:00",
		"2026-11-23T00:49:53+02:60",
		"2026-11-23T00:49:53*02:00",
		"2026-00-23T00:49:53Z",
		"2026-13-23T00:49:53Z",
		"2026-11-00T00:49:53Z",
		"2026-11-23T24:00:00Z",
		"2026-11-23T00:60:00Z",
		"2026-11-23T00:00:61Z",
		"2026-11-23T00:49:60Z",
		"2026-12-31T23:59:60+01:00",
		"26-11-23T00:49:53Z",
		"02026-11-23T00:49:53Z",
		"2026-1-23T00:49:53Z",
		"-026-11-23T00:49:53Z",
		"2026-11-23T00:49:5xZ",
		"2026/11/23T00:49:53Z",
		"2026-11-23T00.49.53Z",
		"2026-11-23T+0:49:53Z",
	};
	int64_t unix_ms = 99;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (text_parse_time_ms(rows[i], &unix_ms) != -EINVAL)
			fail_msg("%s was taken", rows[i]);
	assert_int_equal(unix_ms, 99);
}

/* A good time with a few bytes changed: no crash, and what is still taken
 * comes back the same when it is written and read. */
static void random_damage_does_no_harm(void **state)
{
	static const char bytes[] = "0123456789:-+.TZz \x80\xff";

	for (int i = 0; i < 200000; i++) {
		char text[] = "2026-11-23T00:49:53.250+01:30";
		char out[TEXT_TIME_SIZE];
		int64_t unix_ms;

		for (size_t n = 1 + chance_below(3); n; n--)
			text[chance_below(sizeof(text) - 1)] =
				bytes[chance_below(sizeof(bytes))];
		if (text_parse_time_ms(text, &unix_ms) == 0)
			assert_parsed(text_format_time_ms(unix_ms, out),
			              unix_ms);
	}
}

static void http_dates_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t unix_ms;
	} rows[] = {
		{ "Mon, 23 Nov 2026 00:49:53 GMT", 1795394993000 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777000 },
		{ "Thu, 29 Feb 2024 23:59:59 GMT", 1709251199000 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t unix_ms = 99;

		assert_int_equal(
			text_parse_http_date_ms(rows[i].text, &unix_ms), 0);
		assert_true(unix_ms == rows[i].unix_ms);
	}
}

static void random_http_dates_come_back(void **state)
{
	for (int i = 0; i < 20000; i++) {
		time_t unix_s = (time_t)chance_below(LAST_MS / 1000);
		int64_t unix_ms = -1;
		struct tm tm;
		char text[64];

		gmtime_r(&unix_s, &tm);
		strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		assert_int_equal(text_parse_http_date_ms(text, &unix_ms), 0);
		assert_true(unix_ms == unix_s * 1000);
	}
}

static void other_http_dates_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"120",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"sun, 06 Nov 1994 08:49:37 GMT",
		"Xyz, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Now 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 Nov 94 08:49:37 GMT",
		"Sun,06 Nov 1994 08:49:37 GMT",
		"Mo",
		"Sun, 06 ",
	};
	int64_t unix_ms = 99;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (text_parse_http_date_ms(rows[i], &unix_ms) != -EINVAL)
			fail_msg("%s was taken", rows[i]);
	assert_int_equal(unix_ms, 99);
}

static void durations_are_read_and_written(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
		const char *written;
	} rows[] = {
		{ "0", 0, "0" },
		{ "0s", 0, "0" },
		{ "0ms", 0, "0" },
		{ "1ms", 1, "1ms" },
		{ "500ms", 500, "500ms" },
		{ "1000ms", 1000, "1s" },
		{ "30s", 30000, "30s" },
		{ "90s", 90000, "90s" },
		{ "60s", 60000, "1min" },
		{ "5min", 300000, "5min" },
		{ "05min", 300000, "5min" },
		{ "1h", 3600000, "1h" },
		{ "25h", 90000000, "25h" },
		{ "48h", 172800000, "2d" },
		{ "2d", 172800000, "2d" },
		{ "106751991167d", 106751991167 * DAY_MS, "106751991167d" },
		{ "9223372036854775807ms", INT64_MAX, "9223372036854775807ms" },
	};
	char out[TEXT_DURATION_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ms = 99;

		assert_int_equal(text_parse_duration_ms(rows[i].text, &ms), 0);
		assert_true(ms == rows[i].ms);
		assert_string_equal(text_format_duration_ms(ms, out),
		                    rows[i].written);
	}
}

static void what_is_no_duration_is_refused(void **state)
{
	static const struct {
		const char *text;
		int r;
	} rows[] = {
		{ "", -EINVAL },
		{ "5", -EINVAL },
		{ "00", -EINVAL },
		{ "s", -EINVAL },
		{ "-5s", -EINVAL },
		{ "+5s", -EINVAL },
		{ "5 s", -EINVAL },
		{ "5s ", -EINVAL },
		{ "5S", -EINVAL },
		{ "5m", -EINVAL },
		{ "5sec", -EINVAL },
		{ "1h30min", -EINVAL },
		{ "1.5h", -EINVAL },
		{ "99999999999999999999x", -EINVAL },
		{ "106751991168d", -ERANGE },
		{ "9223372036854775808ms", -ERANGE },
		{ "9223372036854775807s", -ERANGE },
		{ "99999999999999999999ms", -ERANGE },
	};
	int64_t ms = 99;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(text_parse_duration_ms(rows[i].text, &ms),
		                 rows[i].r);
	assert_int_equal(ms, 99);
}

static void random_durations_come_back(void **state)
{
	static const int64_t units[] = { 1, 1000, 60000, 3600000, DAY_MS };

	for (int i = 0; i < 20000; i++) {
		int64_t wanted = units[chance_below(5)] *
		                 (int64_t)(chance_next() % 100000000);
		char out[TEXT_DURATION_SIZE];
		int64_t ms = -1;

		text_format_duration_ms(wanted, out);
		assert_int_equal(text_parse_duration_ms(out, &ms), 0);
		assert_true(ms == wanted);
	}
}

static void negative_durations_can_be_shown(void **state)
{
	char out[TEXT_DURATION_SIZE];

	assert_string_equal(text_format_duration_ms(-300000, out), "-5min");
	assert_string_equal(text_format_duration_ms(INT64_MIN, out),
	                    "-9223372036854775808ms");
}

static void ages_have_two_units_at_most(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ INT64_MIN, "0 s" },
		{ -1, "0 s" },
		{ 0, "0 s" },
		{ 999, "0 s" },
		{ 1000, "1 s" },
		{ 40999, "40 s" },
		{ 59999, "59 s" },
		{ 60000, "1 min" },
		{ 720000, "12 min" },
		{ 725999, "12 min 5 s" },
		{ 3599999, "59 min 59 s" },
		{ 3600000, "1 h" },
		{ 3659999, "1 h" },
		{ 4320000, "1 h 12 min" },
		{ 86399999, "23 h 59 min" },
		{ 86400000, "1 d" },
		{ 3 * DAY_MS + 17940000, "3 d 4 h" },
		{ 3 * DAY_MS + 3540000, "3 d" },
		{ INT64_MAX, "106751991167 d 7 h" },
	};
	char out[TEXT_DURATION_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(text_format_age_ms(rows[i].ms, out),
		                    rows[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_written_in_utc),
		cmocka_unit_test(
			times_before_1970_and_far_away_are_written_too),
		cmocka_unit_test(each_day_is_as_in_the_c_library),
		cmocka_unit_test(random_times_come_back),
		cmocka_unit_test(fractions_are_cut_to_milliseconds),
		cmocka_unit_test(offsets_are_taken_off),
		cmocka_unit_test(times_before_1970_are_negative),
		cmocka_unit_test(a_leap_second_is_the_next_one),
		cmocka_unit_test(leap_years_have_their_day),
		cmocka_unit_test(months_end_where_they_end),
		cmocka_unit_test(nonsense_is_no_time),
		cmocka_unit_test(random_damage_does_no_harm),
		cmocka_unit_test(http_dates_are_read),
		cmocka_unit_test(random_http_dates_come_back),
		cmocka_unit_test(other_http_dates_are_refused),
		cmocka_unit_test(durations_are_read_and_written),
		cmocka_unit_test(what_is_no_duration_is_refused),
		cmocka_unit_test(random_durations_come_back),
		cmocka_unit_test(negative_durations_can_be_shown),
		cmocka_unit_test(ages_have_two_units_at_most),
	};

	return cmocka_run_group_tests_name("text_time", tests, chance_begin,
	                                   NULL);
}
