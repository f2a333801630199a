/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	char line[2048];
	enum log_level level;
	int count;
} heard;

static void on_line(enum log_level level, const char *line, void *user)
{
	assert_ptr_equal(user, &heard);
	heard.level = level;
	heard.count++;
	snprintf(heard.line, sizeof(heard.line), "%s", line);
}

static int listen_begin(void **state)
{
	memset(&heard, 0, sizeof(heard));
	log_set_sink(on_line, &heard);
	return 0;
}

static int listen_end(void **state)
{
	log_set_sink(NULL, NULL);
	log_set_level(LOG_LEVEL_INFO);
	return 0;
}

static void a_line_reaches_the_sink(void **state)
{
	log_warning("cannot %s: %d", "swim", 7);
	assert_string_equal(heard.line, "cannot swim: 7");
	assert_int_equal(heard.level, LOG_LEVEL_WARNING);
	assert_int_equal(heard.count, 1);
}

static void the_level_decides_what_is_said(void **state)
{
	static const enum log_level levels[] = {
		LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE,
		LOG_LEVEL_INFO,  LOG_LEVEL_DEBUG,
	};

	for (int i = 0; i < 5; i++) {
		heard.count = 0;
		log_set_level(levels[i]);
		log_error("x");
		log_warning("x");
		log_notice("x");
		log_info("x");
		log_debug("x");
		assert_int_equal(heard.count, i + 1);
		assert_int_equal(heard.level, levels[i]);
	}
}

static void debug_is_not_said_by_itself(void **state)
{
	log_debug("x");
	assert_int_equal(heard.count, 0);
	log_info("x");
	assert_int_equal(heard.count, 1);
}

static void a_line_is_one_line(void **state)
{
	log_info("a\nb\x1b[31m\tc\xff\xc2\x9b %s", "d\r\ne");
	assert_string_equal(heard.line, "a?b?[31m?c?? d??e");
}

static void a_line_has_one_kib_at_most(void **state)
{
	char text[3000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	assert_int_equal(strlen(heard.line), 1023);

	/* Two bytes each, and one before them: cut between two of them. */
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 3);
	log_info("%s", text);
	assert_int_equal(strlen(heard.line), 1022);
	log_info("x%s", text);
	assert_int_equal(strlen(heard.line), 1023);
	assert_null(strchr(heard.line, '?'));
}

static void levels_have_names(void **state)
{
	static const struct {
		const char *word;
		int r;
		enum log_level level;
	} rows[] = {
		{ "error", 0, LOG_LEVEL_ERROR },
		{ "warning", 0, LOG_LEVEL_WARNING },
		{ "notice", 0, LOG_LEVEL_NOTICE },
		{ "info", 0, LOG_LEVEL_INFO },
		{ "debug", 0, LOG_LEVEL_DEBUG },
		{ "", -EINVAL, LOG_LEVEL_ERROR },
		{ "warn", -EINVAL, LOG_LEVEL_ERROR },
		{ "Info", -EINVAL, LOG_LEVEL_ERROR },
		{ "6", -EINVAL, LOG_LEVEL_ERROR },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum log_level level = LOG_LEVEL_ERROR;

		assert_int_equal(log_level_from_string(rows[i].word, &level),
		                 rows[i].r);
		assert_int_equal(level, rows[i].level);
	}
}

/* Says one warning to stderr while that is a pipe; the rest of the setting is
 * the value of JOURNAL_STREAM, where a star stands for what is right. */
static void assert_stderr(const char *stream, const char *wanted)
{
	char right[64], said[256] = "";
	int old = dup(STDERR_FILENO);
	struct stat status;
	int ends[2];
	ssize_t size;

	assert_int_equal(pipe(ends), 0);
	fstat(ends[1], &status);
	snprintf(right, sizeof(right), "%ju:%ju", (uintmax_t)status.st_dev,
	         (uintmax_t)status.st_ino);
	if (stream)
		setenv("JOURNAL_STREAM",
		       strcmp(stream, "*") == 0 ? right : stream, 1);
	else
		unsetenv("JOURNAL_STREAM");

	dup2(ends[1], STDERR_FILENO);
	log_warning("it\nrains");
	dup2(old, STDERR_FILENO);
	close(old);
	close(ends[1]);
	size = read(ends[0], said, sizeof(said) - 1);
	close(ends[0]);
	assert_int_equal(size, strlen(wanted));
	assert_string_equal(said, wanted);
}

static void stderr_reads_for_people_or_the_journal(void **state)
{
	assert_stderr(NULL, "jitd: it?rains\n");
	assert_stderr("*", "<4>it?rains\n");
	assert_stderr("1:2", "jitd: it?rains\n");
	assert_stderr("", "jitd: it?rains\n");
}

int main(void)
{
#define HEARD(test) \
	cmocka_unit_test_setup_teardown(test, listen_begin, listen_end)
	const struct CMUnitTest tests[] = {
		HEARD(debug_is_not_said_by_itself), /* the first of all */
		HEARD(a_line_reaches_the_sink),
		HEARD(the_level_decides_what_is_said),
		HEARD(a_line_is_one_line),
		HEARD(a_line_has_one_kib_at_most),
		cmocka_unit_test(levels_have_names),
		cmocka_unit_test(stderr_reads_for_people_or_the_journal),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
