/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "ctl/options.h"
#include "ctl/suggest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Splits line in place, which the options borrow from. */
static int parse(char *line, struct options *ret_options, struct error *error)
{
	static char *argv[32]; /* outlives the call */
	int argc = 0;
	char *word;

	memset(argv, 0, sizeof(argv));
	argv[argc++] = (char *)"jitd-ctl";
	while ((word = strsep(&line, " ")))
		argv[argc++] = word;
	return options_parse(argc, argv, ret_options, error);
}

static void options_stand_before_and_after_the_verb(void **state)
{
	static const char *const lines[] = {
		"--json --socket /s list --state absent one two",
		"list --state absent one --json two --socket=/s",
		"list one two --socket /s --state=absent --json",
	};

	for (size_t i = 0; i < COUNT(lines); i++) {
		scoped(options_done) struct options options;
		char line[128];

		snprintf(line, sizeof(line), "%s", lines[i]);
		assert_int_equal(parse(line, &options, NULL), 0);
		assert_string_equal(options.verb, "list");
		assert_int_equal(options.argument_count, 2);
		assert_string_equal(options.arguments[0], "one");
		assert_string_equal(options.arguments[1], "two");
		assert_true(options.given[OPTION_JSON]);
		assert_string_equal(options.text[OPTION_SOCKET], "/s");
		assert_string_equal(options.text[OPTION_STATE], "absent");
		assert_false(options.given[OPTION_STALE]);
		assert_null(options.text[OPTION_TENANT]);
	}
}

static void two_dashes_end_the_options(void **state)
{
	scoped(options_done) struct options options;
	char line[] = "show -- --json";

	assert_int_equal(parse(line, &options, NULL), 0);
	assert_false(options.given[OPTION_JSON]);
	assert_string_equal(options.arguments[0], "--json");
}

static void a_dash_alone_is_an_argument(void **state)
{
	scoped(options_done) struct options options;
	char line[] = "show -";

	assert_int_equal(parse(line, &options, NULL), 0);
	assert_string_equal(options.arguments[0], "-");
}

static void nothing_is_no_verb(void **state)
{
	scoped(options_done) struct options options;
	char *argv[] = { NULL };

	assert_int_equal(options_parse(0, argv, &options, NULL), 0);
	assert_null(options.verb);
	assert_int_equal(options.argument_count, 0);
}

static void values_are_read_by_their_kind(void **state)
{
	scoped(options_done) struct options options;
	char line[] = "events --limit 20 --timeout 5min --since 1h -h";

	assert_int_equal(parse(line, &options, NULL), 0);
	assert_true(options.number[OPTION_LIMIT] == 20);
	assert_true(options.number[OPTION_TIMEOUT] == 300000);
	assert_string_equal(options.text[OPTION_SINCE], "1h");
	assert_true(options.given[OPTION_HELP]);
}

static void the_last_of_two_holds(void **state)
{
	scoped(options_done) struct options options;
	char line[] = "events --limit 20 --limit=30";

	assert_int_equal(parse(line, &options, NULL), 0);
	assert_true(options.number[OPTION_LIMIT] == 30);
}

static void color_needs_no_value(void **state)
{
	static const struct {
		const char *line;
		const char *when;
	} cases[] = {
		{ "--color status", "always" },
		{ "status --color", "always" },
		{ "--color never status", "never" },
		{ "status --color=auto", "auto" },
		{ "status --color auto", "auto" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		scoped(options_done) struct options options;
		char line[64];

		snprintf(line, sizeof(line), "%s", cases[i].line);
		assert_int_equal(parse(line, &options, NULL), 0);
		assert_string_equal(options.verb, "status");
		assert_string_equal(options.text[OPTION_COLOR], cases[i].when);
	}
}

static void bad_options_are_refused_in_words(void **state)
{
	static const struct {
		const char *line;
		const char *words;
	} cases[] = {
		{ "--jsn", "unknown option '--jsn', did you mean '--json'?" },
		{ "--sockte=/s", "did you mean '--socket'?" },
		{ "--xyzzy", "unknown option '--xyzzy'" },
		{ "-j", "unknown option '-j'" },
		{ "-hh", "unknown option '-hh'" },
		{ "--", NULL },
		{ "---", "unknown option '---'" },
		{ "--=x", "unknown option '--'" },
		{ "--json=yes", "--json takes no value" },
		{ "--socket", "--socket needs PATH" },
		{ "--socket=", "--socket: a socket's path has from 1 to 107" },
		{ "--limit 0", "--limit: '0' is no number from 1 to 1000000" },
		{ "--limit 1000001", "--limit: '1000001'" },
		{ "--limit -1", "--limit: '-1'" },
		{ "--timeout 5", "--timeout: '5' is no duration such as 30s" },
		{ "--timeout 5m", "--timeout: '5m'" },
		{ "--state on", "--state: 'on' is not enabled, disabled, "
		                "absent or unknown" },
		{ "--color=red", "--color: 'red' is not auto, always or "
		                 "never" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		scoped(options_done) struct options options;
		struct error error = { "" };
		char line[64];
		int r;

		snprintf(line, sizeof(line), "%s", cases[i].line);
		r = parse(line, &options, &error);
		if (!cases[i].words) {
			assert_int_equal(r, 0);
			continue;
		}
		assert_int_equal(r, -EINVAL);
		if (!strstr(error.text, cases[i].words))
			fail_msg("%s: %s", cases[i].line, error.text);
	}
}

static void a_long_socket_path_is_refused(void **state)
{
	scoped(options_done) struct options options;
	char line[128] = "--socket=";

	memset(line + 9, 'a', 107);
	assert_int_equal(parse(line, &options, NULL), 0);
	options_done(&options);
	memset(line + 9, 'a', 108);
	assert_int_equal(parse(line, &options, NULL), -EINVAL);
}

static void what_is_near_is_suggested(void **state)
{
	static const char *const words[] = { "status", "list", "show" };

	assert_string_equal(suggest_nearest("statsu", words, 3), "status");
	assert_string_equal(suggest_nearest("sttus", words, 3), "status");
	assert_string_equal(suggest_nearest("lists", words, 3), "list");
	assert_string_equal(suggest_nearest("hsow", words, 3), "show");
	assert_string_equal(suggest_nearest("tsatsu", words, 3), "status");
	assert_string_equal(suggest_nearest("ls", words, 3), "list");
	assert_null(suggest_nearest("frobnicate", words, 3));
	assert_null(suggest_nearest("a", words, 3));
	assert_null(suggest_nearest("", words, 3));
	assert_null(suggest_nearest("a word that is far too long to be one",
	                            words, 3));
}

static void random_words_are_parsed_or_refused(void **state)
{
	static const char *const parts[] = { "-",     "--",    "json", "=",
		                             "limit", "-h",    "1",    "color",
		                             " ",     "state", "x" };
	unsigned seed = (unsigned)time(NULL);

	printf("seed %u\n", seed);
	srandom(seed);
	for (int i = 0; i < 5000; i++) {
		scoped(options_done) struct options options;
		struct error error = { "" };
		char line[128] = "";
		size_t used = 0;

		for (long left = random() % 8; left > 0; left--)
			used += (size_t)snprintf(
				line + used, sizeof(line) - used, "%s",
				parts[(size_t)random() % COUNT(parts)]);
		if (parse(line, &options, &error) < 0)
			assert_true(error.text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_before_and_after_the_verb),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(a_dash_alone_is_an_argument),
		cmocka_unit_test(nothing_is_no_verb),
		cmocka_unit_test(values_are_read_by_their_kind),
		cmocka_unit_test(the_last_of_two_holds),
		cmocka_unit_test(color_needs_no_value),
		cmocka_unit_test(bad_options_are_refused_in_words),
		cmocka_unit_test(a_long_socket_path_is_refused),
		cmocka_unit_test(what_is_near_is_suggested),
		cmocka_unit_test(random_words_are_parsed_or_refused),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
