/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/fake_client.h"
#include "ctl/verb.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OK           "{\"schema_version\":1}\n"
#define REFUSED      "{\"schema_version\":1,\"error\":{\"message\":\"no\"}}"

static const struct fake_route nothing[] = { { NULL, 0, NULL } };

static void without_a_verb_the_help_is_an_error(void **state)
{
	assert_int_equal(fake_run(nothing, ""), 2);
	assert_string_equal(fake.out, "");
	assert_non_null(strstr(fake.errors, "usage: jitd-ctl"));
}

static void help_is_asked_for_and_given(void **state)
{
	const struct verb *verb;

	assert_int_equal(fake_run(nothing, "--help"), 0);
	assert_string_equal(fake.errors, "");
	for (size_t i = 0; (verb = verb_at(i)); i++) {
		assert_non_null(strstr(fake.out, verb->name));
		assert_non_null(strstr(fake.out, verb->help));
	}
	for (int i = 0; i < OPTION_OF_VERBS; i++)
		assert_non_null(
			strstr(fake.out, option_info((enum option)i)->help));
}

static void each_verb_has_help_of_its_own(void **state)
{
	const struct verb *verb;

	for (size_t i = 0; (verb = verb_at(i)); i++) {
		scoped(string_free) char *line =
			xasprintf("%s --help", verb->name);
		scoped(string_free) char *usage =
			xasprintf("usage: jitd-ctl %s", verb->name);

		assert_int_equal(fake_run(nothing, line), 0);
		assert_memory_equal(fake.out, usage, strlen(usage));
	}
	assert_int_equal(fake_run(nothing, "list -h"), 0);
	assert_non_null(strstr(fake.out, "--stale"));
	assert_null(strstr(fake.out, "--timeout"));
}

static void wrong_usage_ends_with_2_and_a_sentence(void **state)
{
	static const struct {
		const char *line;
		const char *words;
	} cases[] = {
		{ "statsu", "unknown verb 'statsu', did you mean 'status'?" },
		{ "frobnicate", "unknown verb 'frobnicate'" },
		{ "frobnicate --help", "unknown verb 'frobnicate'" },
		{ "status --frob", "unknown option '--frob'" },
		{ "status --limit 3", "status takes no --limit" },
		{ "--all status", "status takes no --all" },
		{ "status now", "status: 'now' is one too many" },
		{ "show", "show needs SUB" },
		{ "show a b", "show: 'b' is one too many" },
		{ "list --format xml", "'xml' is not table, json or csv" },
		{ "list --json --format csv", "exclude each other" },
		{ "events --since yesterday", "'yesterday' is neither" },
		{ "poll", "poll needs SUB... or --all" },
		{ "poll --all x", "--all and SUB exclude each other" },
		{ "poll --all --timeout 1s", "--timeout needs --wait" },
		{ "wait --state enabled", "need each other" },
		{ "wait --subscription x", "need each other" },
		{ "wait --ready --subscription x --state absent",
		  "--ready and --subscription exclude" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(fake_run(nothing, cases[i].line), 2);
		assert_string_equal(fake.out, "");
		assert_memory_equal(fake.errors, "jitd-ctl: ", 10);
		if (!strstr(fake.errors, cases[i].words))
			fail_msg("%s: %s", cases[i].line, fake.errors);
	}
}

static void its_own_version_needs_no_daemon(void **state)
{
	assert_int_equal(fake_run(nothing, "--version"), 0);
	assert_string_equal(fake.out, "jitd-ctl " JITD_VERSION "\n");
	assert_int_equal(fake_run(nothing, "status --version"), 0);
	assert_string_equal(fake.out, "jitd-ctl " JITD_VERSION "\n");
}

static void what_cannot_be_written_was_not_told(void **state)
{
	const char *argv[] = { "jitd-ctl", "--version", NULL };
	FILE *full = fopen("/dev/full", "w");
	FILE *errors;
	size_t size;

	fake_clear();
	assert_non_null(full);
	errors = open_memstream(&fake.errors, &size);
	assert_int_equal(program_run(2, (char *const *)argv, full, errors), 7);
	fclose(errors);
	fclose(full);
	assert_string_equal(fake.errors, "jitd-ctl: cannot write the output: "
	                                 "No space left on device\n");
}

static void both_versions_are_told(void **state)
{
	static const struct fake_route routes[] = {
		{ "GET /v1/status", 200,
		  "{\"schema_version\":1,\"version\":\"9.8.7\"}" },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(routes, "version"), 0);
	assert_string_equal(fake.out,
	                    "jitd-ctl " JITD_VERSION "\njitd 9.8.7\n");
	assert_int_equal(fake_run(routes, "version --json"), 0);
	assert_string_equal(fake.out,
	                    "{\"schema_version\":1,\"version\":\"" JITD_VERSION
	                    "\",\"daemon_version\":\"9.8.7\"}\n");
}

static void without_a_daemon_one_version_is_told(void **state)
{
	assert_int_equal(fake_run_failing(ECONNREFUSED, nothing, "version"), 3);
	assert_string_equal(fake.out, "jitd-ctl " JITD_VERSION "\n");
	assert_string_equal(fake.errors, "jitd-ctl: it fails\n");
	assert_int_equal(
		fake_run_failing(ECONNREFUSED, nothing, "version --json"), 3);
	assert_non_null(strstr(fake.out, "\"daemon_version\":null"));
}

static void ping_is_answered(void **state)
{
	static const struct fake_route routes[] = {
		{ "GET /-/healthy", 200, OK },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(routes, "ping"), 0);
	assert_string_equal(fake.out, "jitd answers\n");
	assert_int_equal(fake_run(routes, "--json ping"), 0);
	assert_string_equal(fake.out, OK);
}

static void reload_goes_to_the_operators_socket(void **state)
{
	static const struct fake_route good[] = {
		{ "operator POST /v1/reload", 200, OK },
		{ NULL, 0, NULL },
	};
	static const struct fake_route bad[] = {
		{ "operator POST /v1/reload", 422, REFUSED },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(good, "reload"), 0);
	assert_non_null(strstr(fake.out, "read its configuration again"));
	assert_int_equal(fake_run(good, "reload --json"), 0);
	assert_string_equal(fake.out, OK);
	assert_int_equal(fake_run(bad, "reload"), 7);
	assert_string_equal(fake.out, "");
	assert_string_equal(fake.errors, "jitd-ctl: jitd refused: no\n");
}

static void every_verb_fails_alike(void **state)
{
	static const char *const lines[] = {
		"status",
		"list",
		"list --json",
		"show x",
		"events",
		"poll x",
		"poll --all",
		"reload",
		"ping",
		"wait --ready",
		"poll --all --wait",
		"wait --subscription x --state absent",
	};
	static const int failures[][2] = {
		{ ECONNREFUSED, 3 },
		{ EACCES, 5 },
		{ EREMOTEIO, 7 },
		{ EBADMSG, 7 },
	};

	for (size_t i = 0; i < COUNT(lines); i++)
		for (size_t k = 0; k < COUNT(failures); k++) {
			assert_int_equal(fake_run_failing(failures[k][0],
			                                  nothing, lines[i]),
			                 failures[k][1]);
			assert_string_equal(fake.out, "");
			assert_string_equal(fake.errors,
			                    "jitd-ctl: it fails\n");
		}
}

#define TEST(name) cmocka_unit_test_teardown(name, fake_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_verb_the_help_is_an_error),
		TEST(help_is_asked_for_and_given),
		TEST(each_verb_has_help_of_its_own),
		TEST(wrong_usage_ends_with_2_and_a_sentence),
		TEST(its_own_version_needs_no_daemon),
		TEST(what_cannot_be_written_was_not_told),
		TEST(both_versions_are_told),
		TEST(without_a_daemon_one_version_is_told),
		TEST(ping_is_answered),
		TEST(reload_goes_to_the_operators_socket),
		TEST(every_verb_fails_alike),
	};

	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
