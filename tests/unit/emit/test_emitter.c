/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/emitter.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "emit/fixture.h"

static int real_stderr = -1;

/* stderr is no terminal while a test runs, whatever runs it. */
static int begin(void **state)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	dup2(null, STDERR_FILENO);
	close(null);
	return fixture_begin(state);
}

static int end(void **state)
{
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	return fixture_end(state);
}

static void assert_opens(struct fixture *fixture, enum emitter_target target,
                         const char *name)
{
	const struct emitter_paths paths = {
		.journal = fixture_path("journal"),
		.syslog = fixture_path("syslog"),
	};
	struct emitter *emitter = NULL;

	assert_int_equal(emitter_open(fixture->loop, target, &paths,
	                              fixture_ready, fixture, &emitter, NULL),
	                 0);
	assert_string_equal(emitter->ops->name, name);
	emitter_free(emitter);
}

static void a_target_is_a_word(void **state)
{
	static const char *const words[] = { "auto", "journal", "syslog",
		                             "stderr" };
	enum emitter_target target;

	for (int i = 0; i < 4; i++) {
		assert_int_equal(emitter_target_from_string(words[i], &target),
		                 0);
		assert_int_equal(target, i);
	}
	assert_int_equal(emitter_target_from_string("", &target), -EINVAL);
	assert_int_equal(emitter_target_from_string("Auto", &target), -EINVAL);
}

static void what_is_asked_for_is_opened_there_or_not(void **state)
{
	assert_opens(*state, EMITTER_JOURNAL, "journal");
	assert_opens(*state, EMITTER_SYSLOG, "syslog");
	assert_opens(*state, EMITTER_STDERR, "stderr");
}

static void auto_takes_what_is_there(void **state)
{
	int journal, syslog;

	assert_opens(*state, EMITTER_AUTO, "stderr");
	syslog = reader_bind("syslog", SOCK_DGRAM);
	assert_opens(*state, EMITTER_AUTO, "syslog");
	journal = reader_bind("journal", SOCK_DGRAM);
	assert_opens(*state, EMITTER_AUTO, "journal");
	close(journal);
	close(syslog);
}

static void a_file_is_no_socket(void **state)
{
	close(open(fixture_path("journal"), O_WRONLY | O_CREAT | O_CLOEXEC,
	           0600));
	assert_opens(*state, EMITTER_AUTO, "stderr");
}

static void auto_prefers_a_terminal(void **state)
{
	int journal = reader_bind("journal", SOCK_DGRAM);
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (terminal < 0)
		skip();
	assert_int_equal(dup2(terminal, STDERR_FILENO), STDERR_FILENO);
	assert_opens(*state, EMITTER_AUTO, "stderr");
	close(terminal);
	close(journal);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char path[200];
	struct emitter_paths paths = { .journal = path, .syslog = path };
	struct emitter *emitter = NULL;
	struct error error;

	memset(path, 'x', sizeof(path));
	path[108] = '\0';
	assert_int_equal(emitter_open(fixture->loop, EMITTER_JOURNAL, &paths,
	                              fixture_ready, fixture, &emitter, &error),
	                 -ENAMETOOLONG);
	assert_non_null(strstr(error.text, "cannot be the path of a socket"));
	assert_int_equal(emitter_open(fixture->loop, EMITTER_SYSLOG, &paths,
	                              fixture_ready, fixture, &emitter, &error),
	                 -ENAMETOOLONG);
	path[107] = '\0';
	assert_int_equal(emitter_open(fixture->loop, EMITTER_SYSLOG, &paths,
	                              fixture_ready, fixture, &emitter, &error),
	                 0);
	emitter_free(emitter);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_target_is_a_word),
		TEST(what_is_asked_for_is_opened_there_or_not),
		TEST(auto_takes_what_is_there),
		TEST(a_file_is_no_socket),
		TEST(auto_prefers_a_terminal),
		TEST(a_path_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests_name("emitter", tests, NULL, NULL);
}
