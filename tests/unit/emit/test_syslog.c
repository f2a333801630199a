/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/syslog.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "emit/fixture.h"

#define SOCKET "log"

/* The kernel of these tests takes no more at a time; 0: all. */
static size_t taken_at_most_bytes;

/* The program's own goes before libc's. */
ssize_t send(int fd, const void *data, size_t size, int flags)
{
	if (taken_at_most_bytes && size > taken_at_most_bytes)
		size = taken_at_most_bytes;
	return sendto(fd, data, size, flags, NULL, 0);
}

static struct emitter *syslog_emitter(struct fixture *fixture)
{
	return syslog_new(fixture->loop, fixture_path(SOCKET), fixture_ready,
	                  fixture);
}

static int send_plain(struct emitter *emitter)
{
	struct event *event = plain_event(1);
	int r = emitter->ops->send(emitter, event);

	event_destroy(event);
	return r;
}

static int utc_begin(void **state)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	return 0;
}

static void an_event_is_one_line_of_rfc_3164(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = syslog_emitter(fixture);
	struct event *event = full_event(1);
	char expected[4096], data[4096];

	event_put_message(event, "JIT monitoring is off.");
	snprintf(expected, sizeof(expected),
	         "<27>Nov  3 04:05:06 jitd[%ld]: %s", (long)getpid(),
	         event->message);
	assert_int_equal(emitter->ops->send(emitter, event), 0);
	assert_int_equal(reader_take(reader, data, sizeof(data)),
	                 strlen(expected));
	assert_string_equal(data, expected);
	assert_non_null(strstr(data, "JIT monitoring is off. "
	                             "subscription_id=subscription_id "));
	event_destroy(event);
	emitter_free(emitter);
	close(reader);
}

static void a_line_stays_one_line_and_is_cut(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = syslog_emitter(fixture);
	struct event *event = plain_event(1);
	char data[8192], message[5001];
	const char *sentence;

	memset(message, 'x', 5000);
	message[5000] = '\0';
	memcpy(message, "a\n<0>b\x1b[31m", 11);
	free(event->message);
	event->message = xstrdup(message);
	assert_int_equal(emitter->ops->send(emitter, event), 0);
	assert_true(reader_take(reader, data, sizeof(data)) > 0);
	sentence = strstr(data, "]: ") + 3;
	assert_int_equal(strncmp(sentence, "a?<0>b?[31mxxx", 14), 0);
	assert_int_equal(strlen(sentence), 4000);
	event_destroy(event);
	emitter_free(emitter);
	close(reader);
}

static void a_line_of_the_log_has_its_level(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = syslog_emitter(fixture);
	char data[256];

	emitter->ops->log(emitter, 6, "polling contoso");
	assert_true(reader_take(reader, data, sizeof(data)) > 0);
	assert_int_equal(strncmp(data, "<30>", 4), 0);
	assert_non_null(strstr(data, "]: polling contoso"));
	emitter_free(emitter);
	close(reader);
}

static void a_stream_gets_lines(void **state)
{
	struct fixture *fixture = *state;
	int listener = reader_bind(SOCKET, SOCK_STREAM), reader;
	struct emitter *emitter = syslog_emitter(fixture);
	char data[4096];

	assert_int_equal(send_plain(emitter), 0);
	assert_int_equal(send_plain(emitter), 0);
	reader = accept(listener, NULL, NULL);
	assert_true(reader >= 0);
	assert_true(reader_take(reader, data, sizeof(data)) > 0);
	assert_non_null(strstr(data, "Nothing happened.\n<27>"));
	assert_int_equal(data[strlen(data) - 1], '\n');

	/* And back to datagrams, as another syslog may want them. */
	close(reader);
	close(listener);
	reader = reader_bind(SOCKET, SOCK_DGRAM);
	assert_int_equal(send_plain(emitter), 0);
	assert_true(reader_take(reader, data, sizeof(data)) > 0);
	emitter_free(emitter);
	close(reader);
}

static void a_stream_that_took_half_a_line_gets_it_whole(void **state)
{
	struct fixture *fixture = *state;
	int listener = reader_bind(SOCKET, SOCK_STREAM), reader;
	struct emitter *emitter = syslog_emitter(fixture);
	char data[4096];

	taken_at_most_bytes = 10;
	assert_true(send_plain(emitter) < 0);
	taken_at_most_bytes = 0;
	assert_true(fixture_run(fixture, 3000));
	assert_int_equal(send_plain(emitter), 0);
	close(accept(listener, NULL, NULL));
	close(accept(listener, NULL, NULL));
	reader = accept(listener, NULL, NULL);
	assert_true(reader_take(reader, data, sizeof(data)) > 0);
	assert_non_null(strstr(data, "Nothing happened.\n"));
	emitter_free(emitter);
	close(reader);
	close(listener);
}

static void a_stream_that_does_not_read_blocks_nobody(void **state)
{
	struct fixture *fixture = *state;
	int listener = reader_bind(SOCKET, SOCK_STREAM), reader;
	struct emitter *emitter = syslog_emitter(fixture);
	int64_t began_ms = monotonic_ms();
	char data[65536];
	int r;

	while ((r = send_plain(emitter)) == 0)
		;
	assert_int_equal(r, -EAGAIN);
	assert_in_range(monotonic_ms() - began_ms, 0, 10000);
	assert_false(fixture_run(fixture, 20));
	reader = accept(listener, NULL, NULL);
	while (reader_take(reader, data, sizeof(data)) > 0)
		;
	assert_true(fixture_run(fixture, 1000));
	assert_int_equal(send_plain(emitter), 0);
	emitter_free(emitter);
	close(reader);
	close(listener);
}

/* A listener whose queue is full would have to be waited for. */
static void a_stream_that_accepts_nobody_is_away(void **state)
{
	struct fixture *fixture = *state;
	int listener = reader_bind(SOCKET, SOCK_STREAM);
	struct emitter *emitters[10];
	int r = 0;

	for (size_t i = 0; i < 10; i++) {
		emitters[i] = syslog_emitter(fixture);
		r = send_plain(emitters[i]);
	}
	assert_int_equal(r, -ECONNREFUSED);
	for (size_t i = 0; i < 10; i++)
		emitter_free(emitters[i]);
	close(listener);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_event_is_one_line_of_rfc_3164),
		TEST(a_line_stays_one_line_and_is_cut),
		TEST(a_line_of_the_log_has_its_level),
		TEST(a_stream_gets_lines),
		TEST(a_stream_that_took_half_a_line_gets_it_whole),
		TEST(a_stream_that_does_not_read_blocks_nobody),
		TEST(a_stream_that_accepts_nobody_is_away),
	};

	return cmocka_run_group_tests_name("syslog", tests, utc_begin, NULL);
}
