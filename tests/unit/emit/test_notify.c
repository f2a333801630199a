/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "emit/fixture.h"

static int manager = -1;

static int begin(void **state)
{
	if (fixture_begin(state) < 0)
		return -1;
	manager = reader_bind("notify", SOCK_DGRAM);
	setenv("NOTIFY_SOCKET", fixture_path("notify"), 1);
	return 0;
}

static int end(void **state)
{
	close(manager);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return fixture_end(state);
}

static void assert_told(const char *expected)
{
	char data[1024] = "";

	assert_true(reader_take(manager, data, sizeof(data)) > 0);
	assert_string_equal(data, expected);
	assert_int_equal(reader_take(manager, data, sizeof(data)), -1);
}

static void each_thing_is_one_message(void **state)
{
	notify_ready("Watching 12 subscriptions");
	assert_told("READY=1\nSTATUS=Watching 12 subscriptions");
	notify_status("1 off");
	assert_told("STATUS=1 off");
	notify_stopping("Stopping");
	assert_told("STOPPING=1\nSTATUS=Stopping");
	notify_watchdog();
	assert_told("WATCHDOG=1");
}

static void a_status_is_one_line(void **state)
{
	char status[2000], data[4096];

	notify_status("a\nMAINPID=1\n\x1b[31m");
	assert_told("STATUS=a?MAINPID=1??[31m");
	notify_status(NULL);
	assert_told("STATUS=");
	memset(status, 'x', sizeof(status));
	status[sizeof(status) - 1] = '\0';
	notify_status(status);
	assert_int_equal(reader_take(manager, data, sizeof(data)), 7 + 511);
}

static void reloading_has_its_time_with_it(void **state)
{
	char data[256] = "";
	uint64_t told_us, now_us;
	struct timespec now;

	notify_reloading();
	assert_true(reader_take(manager, data, sizeof(data)) > 0);
	assert_int_equal(
		sscanf(data, "RELOADING=1\nMONOTONIC_USEC=%" SCNu64, &told_us),
		1);
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	assert_in_range(now_us - told_us, 0, 10000000);
}

static void without_a_manager_nothing_happens(void **state)
{
	char data[16];

	unsetenv("NOTIFY_SOCKET");
	notify_ready("a");
	notify_status("a");
	notify_reloading();
	notify_stopping("a");
	notify_watchdog();
	assert_int_equal(notify_watchdog_ms(), 0);
	assert_int_equal(reader_take(manager, data, sizeof(data)), -1);
	setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
	notify_ready("a");
}

static void the_watchdog_is_fed_twice_as_often(void **state)
{
	char pid[16];

	setenv("WATCHDOG_USEC", "60000000", 1);
	assert_int_equal(notify_watchdog_ms(), 30000);
	setenv("WATCHDOG_USEC", "500", 1);
	assert_int_equal(notify_watchdog_ms(), 1);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	setenv("WATCHDOG_USEC", "3000000", 1);
	assert_int_equal(notify_watchdog_ms(), 1500);
	/* Meant for another process. */
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
}

/* What a child sees that was given these sockets from descriptor 3 on. */
struct given {
	int kinds[2]; /* SOCK_STREAM: a listener; SOCK_DGRAM; 0: /dev/null */
	int count;
	const char *names;
};

struct seen {
	int r;
	int status_fd;
	int operator_fd;
	bool is_ready; /* non-blocking, and not inherited */
	bool is_unset;
	char text[sizeof(struct error)];
};

static bool is_ready(int fd)
{
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) &&
	       (fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void give(const struct given *given)
{
	char text[16], name[16];
	int fds[2];

	for (int i = 0; i < given->count; i++) {
		snprintf(name, sizeof(name), "given%d", i);
		fds[i] = given->kinds[i] ? reader_bind(name, given->kinds[i])
		                         : open("/dev/null", O_RDWR);
		fds[i] = fcntl(fds[i], F_DUPFD, 20);
		fcntl(fds[i], F_SETFL, 0);
	}
	for (int i = 0; i < given->count; i++)
		dup2(fds[i], 3 + i);
	snprintf(text, sizeof(text), "%ld", (long)getpid());
	setenv("LISTEN_PID", text, 1);
	snprintf(text, sizeof(text), "%d", given->count);
	setenv("LISTEN_FDS", text, 1);
	setenv("LISTEN_FDNAMES", given->names, 1);
}

static void child_run(const struct given *given, int result)
{
	struct notify_sockets sockets;
	struct seen seen = { 0 };
	struct error error = { .text = "" };

	result = fcntl(result, F_DUPFD, 30);
	give(given);
	seen.r = notify_sockets(&sockets, &error);
	seen.status_fd = sockets.status_fd;
	seen.operator_fd = sockets.operator_fd;
	seen.is_ready =
		seen.r == 0 && is_ready(3) && (given->count < 2 || is_ready(4));
	seen.is_unset = !getenv("LISTEN_FDS");
	memcpy(seen.text, error.text, sizeof(error.text));
	_exit(write(result, &seen, sizeof(seen)) != sizeof(seen));
}

static struct seen see(const struct given *given)
{
	struct seen seen;
	int fds[2], status;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		child_run(given, fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &seen, sizeof(seen)), sizeof(seen));
	close(fds[0]);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	return seen;
}

static void sockets_are_taken_by_their_names(void **state)
{
	struct seen seen = see(&(struct given){
		.kinds = { SOCK_STREAM, SOCK_STREAM },
		.count = 2,
		.names = "operator:status",
	});

	assert_int_equal(seen.r, 0);
	assert_int_equal(seen.operator_fd, 3);
	assert_int_equal(seen.status_fd, 4);
	assert_true(seen.is_ready);
	assert_true(seen.is_unset);

	seen = see(&(struct given){
		.kinds = { SOCK_STREAM }, .count = 1, .names = "status" });
	assert_int_equal(seen.r, 0);
	assert_int_equal(seen.operator_fd, -1);
	assert_int_equal(seen.status_fd, 3);
}

static void without_sockets_there_are_none(void **state)
{
	struct notify_sockets sockets = { 5, 5 };

	assert_int_equal(notify_sockets(&sockets, NULL), 0);
	assert_int_equal(sockets.status_fd, -1);
	assert_int_equal(sockets.operator_fd, -1);
}

static void other_sockets_are_refused_with_words(void **state)
{
	static const struct {
		struct given given;
		const char *words;
	} cases[] = {
		{ { { SOCK_STREAM }, 1, "web" },
		  "passed a socket named \"web\": FileDescriptorName= must be "
		  "\"status\" or \"operator\"" },
		{ { { SOCK_STREAM, SOCK_STREAM }, 2, "status:status" },
		  "named \"status\" again" },
		{ { { SOCK_DGRAM }, 1, "status" },
		  "\"status\" that the service manager passed is not a "
		  "listening Unix socket" },
		{ { { 0 }, 1, "operator" },
		  "\"operator\" that the service manager passed is not a "
		  "listening Unix socket" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct seen seen = see(&cases[i].given);

		assert_int_equal(seen.r, -EINVAL);
		assert_int_equal(seen.status_fd, -1);
		assert_int_equal(seen.operator_fd, -1);
		assert_non_null(strstr(seen.text, cases[i].words));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_thing_is_one_message),
		TEST(a_status_is_one_line),
		TEST(reloading_has_its_time_with_it),
		TEST(without_a_manager_nothing_happens),
		TEST(the_watchdog_is_fed_twice_as_often),
		TEST(sockets_are_taken_by_their_names),
		TEST(without_sockets_there_are_none),
		TEST(other_sockets_are_refused_with_words),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
