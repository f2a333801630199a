/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/standard_error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "emit/fixture.h"

static int real_stderr = -1;

/* What the emitter takes for stderr while a test runs. */
static void stderr_become(int fd)
{
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
}

static int begin(void **state)
{
	unsetenv("JOURNAL_STREAM");
	real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	return fixture_begin(state);
}

static int end(void **state)
{
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	return fixture_end(state);
}

/* Makes stderr a pipe; the end to read from, which never waits. */
static int stderr_pipe(void)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	stderr_become(fds[1]);
	return fds[0];
}

static const char *read_text(int fd)
{
	static char text[8192];
	ssize_t size = read(fd, text, sizeof(text) - 1);

	text[size > 0 ? size : 0] = '\0';
	return text;
}

static struct emitter *standard_error(struct fixture *fixture)
{
	return standard_error_new(fixture->loop, fixture_ready, fixture);
}

static int send_plain(struct emitter *emitter)
{
	struct event *event = plain_event(1);
	int r = emitter->ops->send(emitter, event);

	event_destroy(event);
	return r;
}

static void a_line_says_when_how_bad_and_what(void **state)
{
	int reader = stderr_pipe();
	struct emitter *emitter = standard_error(*state);
	const char *line;

	assert_int_equal(send_plain(emitter), 0);
	assert_string_equal(read_text(reader), "2026-11-03T04:05:06.789Z "
	                                       "error: Nothing happened.\n");
	emitter->ops->log(emitter, 6, "polling contoso");
	line = read_text(reader);
	assert_int_equal(strncmp(line, "20", 2), 0);
	assert_string_equal(strchr(line, ' '), " info: polling contoso\n");
	emitter_free(emitter);
	close(reader);
}

static void the_service_manager_gets_priorities(void **state)
{
	int reader = stderr_pipe();
	struct emitter *emitter;
	struct stat status;
	char stream[64];

	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev,
	         (uintmax_t)status.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	emitter = standard_error(*state);
	assert_int_equal(send_plain(emitter), 0);
	assert_string_equal(read_text(reader), "<3>Nothing happened.\n");
	emitter->ops->log(emitter, 7, "polling");
	assert_string_equal(read_text(reader), "<7>polling\n");
	emitter_free(emitter);

	/* Set for another stream: stderr was redirected since. */
	setenv("JOURNAL_STREAM", "1:1", 1);
	emitter = standard_error(*state);
	assert_int_equal(send_plain(emitter), 0);
	assert_int_equal(strncmp(read_text(reader), "2026-", 5), 0);
	emitter_free(emitter);
	close(reader);
}

static void a_long_line_is_one_whole_piece_of_a_pipe(void **state)
{
	int reader = stderr_pipe();
	struct emitter *emitter = standard_error(*state);
	struct event *event = plain_event(1);
	char message[5001];
	const char *line;

	memset(message, 'x', 5000);
	message[5000] = '\0';
	message[3] = '\n';
	free(event->message);
	event->message = xstrdup(message);
	assert_int_equal(emitter->ops->send(emitter, event), 0);
	line = read_text(reader);
	assert_in_range(strlen(line), 4000, PIPE_BUF);
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_non_null(strstr(line, "error: xxx?xxx"));
	event_destroy(event);
	emitter_free(emitter);
	close(reader);
}

static void a_full_one_is_waited_for_without_blocking(struct fixture *fixture,
                                                      int reader)
{
	struct emitter *emitter = standard_error(fixture);
	int64_t began_ms = monotonic_ms();
	int r;

	while ((r = send_plain(emitter)) == 0)
		;
	assert_int_equal(r, -EAGAIN);
	emitter->ops->log(emitter, 6, "dropped");
	assert_in_range(monotonic_ms() - began_ms, 0, 5000);

	/* It is called to try, and tried, until somebody reads. */
	assert_true(fixture_run(fixture, 1000));
	assert_int_equal(send_plain(emitter), -EAGAIN);
	while (*read_text(reader))
		;
	assert_true(fixture_run(fixture, 1000));
	assert_int_equal(send_plain(emitter), 0);
	assert_string_equal(read_text(reader), "2026-11-03T04:05:06.789Z "
	                                       "error: Nothing happened.\n");
	assert_false(fixture_run(fixture, 150));
	emitter_free(emitter);
	close(reader);
}

static void a_full_pipe_is_waited_for(void **state)
{
	a_full_one_is_waited_for_without_blocking(*state, stderr_pipe());
	assert_false(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK);
}

static void a_full_socket_is_waited_for(void **state)
{
	int fds[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	stderr_become(fds[1]);
	a_full_one_is_waited_for_without_blocking(*state, fds[0]);
	assert_false(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK);
}

static void a_full_disk_is_waited_for(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct emitter *emitter;

	if (full < 0)
		skip();
	stderr_become(full);
	emitter = standard_error(*state);
	assert_int_equal(send_plain(emitter), -EAGAIN);
	assert_true(fixture_run(*state, 1000));
	emitter_free(emitter);
}

static void what_nobody_can_read_counts_as_told(void **state)
{
	int reader = stderr_pipe();
	struct emitter *emitter = standard_error(*state);

	close(reader);
	assert_int_equal(send_plain(emitter), 0);
	emitter->ops->log(emitter, 6, "nobody there");
	close(STDERR_FILENO);
	assert_int_equal(send_plain(emitter), 0);
	emitter_free(emitter);
	emitter = standard_error(*state);
	assert_int_equal(send_plain(emitter), 0);
	emitter_free(emitter);
}

static void to_free_is_to_cancel(void **state)
{
	int reader = stderr_pipe();
	struct emitter *emitter = standard_error(*state);

	while (send_plain(emitter) == 0)
		;
	emitter_free(emitter);
	assert_false(fixture_run(*state, 200));
	close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_says_when_how_bad_and_what),
		TEST(the_service_manager_gets_priorities),
		TEST(a_long_line_is_one_whole_piece_of_a_pipe),
		TEST(a_full_pipe_is_waited_for),
		TEST(a_full_socket_is_waited_for),
		TEST(a_full_disk_is_waited_for),
		TEST(what_nobody_can_read_counts_as_told),
		TEST(to_free_is_to_cancel),
	};

	return cmocka_run_group_tests_name("standard_error", tests, NULL, NULL);
}
