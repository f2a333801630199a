/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "ctl/fake_client.h"

#define EVENT(seq, time, event, priority, message)                   \
	"{\"seq\":" #seq ",\"time\":\"" time "\",\"event\":\"" event \
	"\",\"priority\":" #priority ",\"message\":\"" message "\"}"
#define PAGE(events) \
	"{\"schema_version\":1,\"events\":[" events "],\"next\":null}"

#define FIRST \
	EVENT(1, "2022-02-01T10:00:00Z", "daemon-started", 6, "jitd started.")
#define SECOND                                                     \
	EVENT(2, "2022-02-01T11:00:00Z", "monitoring-disabled", 3, \
	      "It is off\\u001b. state=disabled value=Disabled")
#define THIRD                                                     \
	EVENT(3, "2022-02-01T12:00:00Z", "monitoring-enabled", 5, \
	      "It is on again. state=enabled")

#define ASK(after, limit) "GET /v1/events?after=" #after "&limit=" #limit

/* Three events, and what is asked to find that there are no more. */
static const struct fake_route routes[] = {
	{ ASK(0, 1), 200, PAGE(FIRST) },
	{ ASK(1, 1), 200, PAGE(SECOND) },
	{ ASK(2, 1), 200, PAGE(THIRD) },
	{ ASK(3, 1), 200, PAGE("") },
	{ ASK(4, 1), 200, PAGE("") },
	{ ASK(5, 1), 200, PAGE("") },
	{ ASK(6, 1), 200, PAGE("") },
	{ ASK(0, 3), 200, PAGE(FIRST "," SECOND "," THIRD) },
	{ ASK(1, 2), 200, PAGE(SECOND "," THIRD) },
	{ NULL, 0, NULL },
};

static void events_are_told_oldest_first(void **state)
{
	assert_int_equal(fake_run(routes, "events"), 0);
	assert_string_equal(
		fake.out,
		"2022-02-01T10:00:00Z  daemon-started          jitd started.\n"
		"2022-02-01T11:00:00Z  monitoring-disabled     It is off?.\n"
		"2022-02-01T12:00:00Z  monitoring-enabled      It is on again."
		"\n");
}

static void the_newest_are_those_that_a_limit_leaves(void **state)
{
	assert_int_equal(fake_run(routes, "events --limit 1"), 0);
	assert_non_null(strstr(fake.out, "It is on again."));
	assert_null(strstr(fake.out, "It is off"));
	assert_int_equal(fake_run(routes, "events --limit 2"), 0);
	assert_non_null(strstr(fake.out, "It is off"));
	assert_null(strstr(fake.out, "jitd started"));
}

static void events_since_a_time_are_all_of_them(void **state)
{
	assert_int_equal(
		fake_run(routes, "events --since 2022-02-01T11:00:00Z"), 0);
	assert_null(strstr(fake.out, "jitd started"));
	assert_non_null(strstr(fake.out, "It is off"));
	assert_non_null(strstr(fake.out, "It is on"));

	assert_int_equal(
		fake_run(routes, "events --since 2022-02-01T13:00:00Z"), 0);
	assert_string_equal(fake.out, "");

	assert_int_equal(fake_run(routes, "events --since 1h"), 0);
	assert_string_equal(fake.out, "");

	assert_int_equal(fake_run(routes, "events --limit 1 "
	                                  "--since=2022-02-01T11:00:00+01:00"),
	                 0);
	assert_null(strstr(fake.out, "It is off"));
	assert_non_null(strstr(fake.out, "It is on"));
}

static void json_is_one_document(void **state)
{
	assert_int_equal(fake_run(routes, "events --json"), 0);
	assert_string_equal(fake.out, PAGE(FIRST "," SECOND "," THIRD) "\n");
	assert_int_equal(fake_run(routes, "events --json --since 1h"), 0);
	assert_string_equal(fake.out, PAGE("") "\n");
}

static void pages_are_joined(void **state)
{
	static const struct fake_route two[] = {
		{ ASK(0, 1), 200, PAGE(FIRST) },
		{ ASK(1, 1), 200, PAGE(SECOND) },
		{ ASK(2, 1), 200, PAGE(THIRD) },
		{ ASK(3, 1), 200, PAGE("") },
		{ ASK(4, 1), 200, PAGE("") },
		{ ASK(6, 1), 200, PAGE("") },
		{ ASK(0, 3), 200, PAGE(FIRST "," SECOND) },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(two, "events --json"), 0);
	assert_string_equal(fake.out, PAGE(FIRST "," SECOND "," THIRD) "\n");
}

static void no_events_are_none(void **state)
{
	static const struct fake_route none[] = {
		{ ASK(0, 1), 200, PAGE("") },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(none, "events"), 0);
	assert_string_equal(fake.out, "");
}

static void events_that_do_not_ascend_are_refused(void **state)
{
	static const struct fake_route bad[] = {
		{ ASK(0, 1), 200, PAGE(FIRST) },
		{ ASK(1, 1), 200, PAGE(FIRST) },
		{ ASK(2, 1), 200, PAGE(FIRST) },
		{ NULL, 0, NULL },
	};
	static const struct fake_route worse[] = {
		{ ASK(0, 1), 200, "{\"schema_version\":1}" },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(bad, "events"), 7);
	assert_int_equal(fake_run(worse, "events"), 7);
}

static void watch_tells_each_as_it_comes_until_jitd_goes(void **state)
{
	static const struct fake_route lines[] = {
		{ "GET /v1/events?follow=1", 200, FIRST "\n" SECOND "\n" },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(lines, "watch"), 3);
	assert_non_null(strstr(fake.out, "daemon-started          jitd "
	                                 "started.\n"));
	assert_non_null(strstr(fake.out, "It is off?.\n"));
	assert_string_equal(fake.errors, "jitd-ctl: jitd went away\n");

	assert_int_equal(fake_run(lines, "watch --json"), 3);
	assert_string_equal(fake.out, FIRST "\n" SECOND "\n");

	assert_int_equal(fake_run(lines, "watch --color=always"), 3);
	assert_non_null(strstr(fake.out, "\033[1;31mmonitoring-disabled"));
}

static void watch_ends_with_what_jitd_says_last(void **state)
{
	static const struct fake_route lines[] = {
		{ "GET /v1/events?follow=1", 200,
		  FIRST "\n{\"schema_version\":1,\"error\":{\"code\":"
		        "\"too_slow\",\"message\":\"too slow\"}}\n" },
		{ NULL, 0, NULL },
	};
	static const struct fake_route rubbish[] = {
		{ "GET /v1/events?follow=1", 200, "rubbish\n" },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(lines, "watch --json"), 7);
	assert_string_equal(fake.out, FIRST "\n");
	assert_string_equal(fake.errors, "jitd-ctl: jitd ended it: too slow\n");
	assert_int_equal(fake_run(rubbish, "watch"), 7);
}

#define LIST "GET /v1/subscriptions?limit=1000"
#define ROW(id, checked, error)                                                \
	"{\"schema_version\":1,\"subscription_id\":\"" id                      \
	"\",\"state\":\"enabled\",\"checked_at\":" checked ",\"error\":" error \
	"}"
#define ROWS(rows) \
	"{\"schema_version\":1,\"subscriptions\":[" rows "],\"next\":null}"
#define ERROR(count) \
	"{\"class\":\"server\",\"since\":\"x\",\"count\":" #count "}"
#define ACCEPTED "{\"schema_version\":1,\"accepted\":1}"

static void poll_asks_the_operators_socket(void **state)
{
	static const struct fake_route some[] = {
		{ "operator POST /v1/poll", 202, ACCEPTED },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(some, "poll " ID_B " " ID_A), 0);
	assert_string_equal(buf_text(&fake.asked),
	                    "operator POST /v1/poll {\"subscriptions\":[\"" ID_A
	                    "\",\"" ID_B "\"]}\n");
	assert_string_equal(fake.out, "jitd polls now\n");
	assert_int_equal(fake_run(some, "poll --all --json"), 0);
	assert_string_equal(buf_text(&fake.asked),
	                    "operator POST /v1/poll {\"all\":true}\n");
	assert_string_equal(fake.out, ACCEPTED "\n");
}

static void poll_of_what_is_not_known_ends_with_2(void **state)
{
	static const struct fake_route unknown[] = {
		{ "operator POST /v1/poll", 404, "{\"schema_version\":1}" },
		{ "operator " LIST, 200, ROWS("") },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(unknown, "poll " ID_A), 2);
	assert_int_equal(fake_run(unknown, "poll gamma"), 2);
}

static void poll_waits_until_each_was_polled(void **state)
{
	static const struct fake_route some[] = {
		{ "operator GET /v1/subscriptions/" ID_A, 200,
		  ROW(ID_A, "\"1\"", "null") },
		{ "operator GET /v1/subscriptions/" ID_A, 200,
		  ROW(ID_A, "\"1\"", "null") },
		{ "operator GET /v1/subscriptions/" ID_A, 200,
		  ROW(ID_A, "\"2\"", "null") },
		{ "operator GET /v1/subscriptions/" ID_B, 200,
		  ROW(ID_B, "null", ERROR(1)) },
		{ "operator GET /v1/subscriptions/" ID_B, 200,
		  ROW(ID_B, "null", ERROR(2)) },
		{ "operator POST /v1/poll", 202, ACCEPTED },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(some, "poll --wait " ID_A " " ID_B), 0);
	assert_string_equal(fake.out, "2 polled, 1 of them failed\n");
}

static void poll_of_all_waits_for_all_but_those_that_go(void **state)
{
	static const struct fake_route all[] = {
		{ "operator " LIST, 200,
		  ROWS(ROW(ID_A, "null", "null") "," ROW(
			  ID_B, "\"1\"", "null") "," ROW(ID_C, "null",
		                                         "null")) },
		{ "operator " LIST, 200,
		  ROWS(ROW(ID_A, "null", "null") "," ROW(ID_B, "\"2\"",
		                                         "null")) },
		{ "operator " LIST, 200,
		  ROWS(ROW(ID_A, "null", ERROR(1)) "," ROW(ID_B, "\"2\"",
		                                           "null")) },
		{ "operator POST /v1/poll", 202, ACCEPTED },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(all, "poll --wait --all"), 0);
	assert_string_equal(fake.out, "3 polled, 1 of them failed\n");
}

static void waiting_has_an_end(void **state)
{
	static const struct fake_route never[] = {
		{ "operator GET /v1/subscriptions/" ID_A, 200,
		  ROW(ID_A, "\"1\"", "null") },
		{ "operator POST /v1/poll", 202, ACCEPTED },
		{ "GET /-/ready", 503, "{\"schema_version\":1}" },
		{ "GET /v1/subscriptions/" ID_A, 200,
		  ROW(ID_A, "\"1\"", "null") },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(never, "poll --wait --timeout 10ms " ID_A),
	                 6);
	assert_non_null(strstr(fake.errors, "1 of 1 were not polled yet"));
	assert_int_equal(fake_run(never, "wait --timeout 10ms"), 6);
	assert_non_null(strstr(fake.errors, "jitd is not ready yet"));
	assert_int_equal(fake_run(never, "wait --ready --timeout 0"), 6);
	assert_int_equal(fake_run(never, "wait --timeout 10ms --state absent "
	                                 "--subscription " ID_A),
	                 6);
	assert_non_null(strstr(fake.errors, ID_A " is not absent yet"));
}

static void wait_ends_when_jitd_is_ready(void **state)
{
	static const struct fake_route soon[] = {
		{ "GET /-/ready", 503, "{\"schema_version\":1}" },
		{ "GET /-/ready", 200, "{\"schema_version\":1}" },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(soon, "wait --ready --timeout 5s"), 0);
	assert_int_equal(fake_run(soon, "wait"), 0);
	assert_string_equal(fake.out, "");
}

static void wait_ends_when_the_state_is_there(void **state)
{
	static const struct fake_route soon[] = {
		{ "GET /v1/subscriptions/" ID_A, 404,
		  "{\"schema_version\":1}" },
		{ "GET /v1/subscriptions/" ID_A, 200,
		  ROW(ID_A, "null", "null") },
		{ "GET /-/ready", 503, "{\"schema_version\":1}" },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(soon, "wait --timeout 5s --state enabled "
	                                "--subscription " ID_A),
	                 0);
}

static void wait_for_what_will_not_be_ends_with_2(void **state)
{
	static const struct fake_route never[] = {
		{ "GET /v1/subscriptions/" ID_A, 404,
		  "{\"schema_version\":1}" },
		{ "GET /-/ready", 200, "{\"schema_version\":1}" },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(never, "wait --timeout 5s --state enabled "
	                                 "--subscription " ID_A),
	                 2);
}

static void wait_for_a_daemon_that_starts_has_an_end(void **state)
{
	static const struct fake_route none[] = { { NULL, 0, NULL } };

	assert_int_equal(
		fake_run_failing(ECONNREFUSED, none, "wait --timeout 10ms"), 3);
	assert_true(strlen(buf_text(&fake.asked)) > strlen("GET /-/ready\n"));
	assert_int_equal(fake_run_failing(ECONNREFUSED, none, "wait"), 3);
	assert_int_equal(fake_run_failing(EACCES, none, "wait --timeout 1h"),
	                 5);
}

#define TEST(name) cmocka_unit_test_teardown(name, fake_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_are_told_oldest_first),
		TEST(the_newest_are_those_that_a_limit_leaves),
		TEST(events_since_a_time_are_all_of_them),
		TEST(json_is_one_document),
		TEST(pages_are_joined),
		TEST(no_events_are_none),
		TEST(events_that_do_not_ascend_are_refused),
		TEST(watch_tells_each_as_it_comes_until_jitd_goes),
		TEST(watch_ends_with_what_jitd_says_last),
		TEST(poll_asks_the_operators_socket),
		TEST(poll_of_what_is_not_known_ends_with_2),
		TEST(poll_waits_until_each_was_polled),
		TEST(poll_of_all_waits_for_all_but_those_that_go),
		TEST(waiting_has_an_end),
		TEST(wait_ends_when_jitd_is_ready),
		TEST(wait_ends_when_the_state_is_there),
		TEST(wait_for_what_will_not_be_ends_with_2),
		TEST(wait_for_a_daemon_that_starts_has_an_end),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
