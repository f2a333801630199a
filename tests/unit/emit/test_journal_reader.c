/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/journal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "emit/fixture.h"

#define SOCKET "socket"

static struct emitter *journal(struct fixture *fixture)
{
	return journal_new(fixture->loop, fixture_path(SOCKET), fixture_ready,
	                   fixture);
}

static int send_plain(struct emitter *emitter, uint64_t seq)
{
	struct event *event = plain_event(seq);
	int r = emitter->ops->send(emitter, event);

	event_destroy(event);
	return r;
}

/* The number of the event that the reader gets next; 0: there is none. */
static uint64_t take_seq(int reader)
{
	char data[4096];
	const char *seq;

	if (reader_take(reader, data, sizeof(data)) < 0)
		return 0;
	seq = strstr(data, "\nJITD_SEQ=");
	assert_non_null(seq);
	return strtoull(seq + 10, NULL, 10);
}

static void a_full_queue_is_waited_for_without_blocking(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = journal(fixture);
	int64_t began_ms = monotonic_ms();
	uint64_t sent = 0, taken = 0, seq;
	int r;

	while (sent < 100) {
		r = send_plain(emitter, sent + 1);
		if (r == 0) {
			sent++;
			continue;
		}
		assert_int_equal(r, -EAGAIN);
		/* Nobody reads: it does not become ready, nor spin. */
		assert_int_equal(send_plain(emitter, sent + 1), -EAGAIN);
		assert_false(fixture_run(fixture, 20));
		while ((seq = take_seq(reader)))
			assert_int_equal(seq, ++taken);
		assert_true(fixture_run(fixture, 1000));
		assert_int_equal(taken, sent);
		/* Once for the two that were refused. */
		assert_false(fixture_run(fixture, 5));
	}
	assert_in_range(monotonic_ms() - began_ms, 0, 5000);
	emitter_free(emitter);
	close(reader);
}

static void a_reader_that_is_away_is_looked_for(void **state)
{
	struct fixture *fixture = *state;
	struct emitter *emitter = journal(fixture);
	int reader;

	assert_int_equal(send_plain(emitter, 1), -ENOENT);
	reader = reader_bind(SOCKET, SOCK_DGRAM);
	assert_true(fixture_run(fixture, 3000));
	assert_int_equal(send_plain(emitter, 1), 0);
	assert_int_equal(take_seq(reader), 1);
	emitter_free(emitter);
	close(reader);
}

static void a_reader_that_vanishes_and_comes_back(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = journal(fixture);

	assert_int_equal(send_plain(emitter, 1), 0);
	close(reader);
	assert_int_equal(send_plain(emitter, 2), -ECONNREFUSED);
	unlink(fixture_path(SOCKET));
	assert_int_equal(send_plain(emitter, 2), -ECONNREFUSED);
	assert_false(fixture_run(fixture, 2100));
	reader = reader_bind(SOCKET, SOCK_DGRAM);
	assert_true(fixture_run(fixture, 2100));
	assert_int_equal(send_plain(emitter, 2), 0);
	assert_int_equal(take_seq(reader), 2);
	assert_int_equal(take_seq(reader), 0);
	emitter_free(emitter);
	close(reader);
}

static void a_reader_that_was_started_anew_is_found_at_once(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = journal(fixture);

	assert_int_equal(send_plain(emitter, 1), 0);
	close(reader);
	reader = reader_bind(SOCKET, SOCK_DGRAM);
	assert_int_equal(send_plain(emitter, 2), 0);
	assert_int_equal(take_seq(reader), 2);
	assert_int_equal(fixture->readies, 0);
	emitter_free(emitter);
	close(reader);
}

static void a_reader_that_dies_with_a_full_queue_is_noticed(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = journal(fixture);
	int r;

	while ((r = send_plain(emitter, 1)) == 0)
		;
	assert_int_equal(r, -EAGAIN);
	close(reader);
	assert_true(fixture_run(fixture, 1000));
	assert_int_equal(send_plain(emitter, 1), -ECONNREFUSED);
	emitter_free(emitter);
}

static void a_line_of_the_log_is_not_waited_for(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = journal(fixture);
	char data[256];

	for (unsigned i = 0; i < 2000; i++)
		emitter->ops->log(emitter, 6, "polling contoso");
	while (reader_take(reader, data, sizeof(data)) > 0)
		;
	assert_false(fixture_run(fixture, 20));
	close(reader);
	unlink(fixture_path(SOCKET));
	emitter->ops->log(emitter, 6, "nobody there");
	assert_int_equal(send_plain(emitter, 1), -ENOENT);
	emitter_free(emitter);
}

/* Not of events that were taken meanwhile, nor of lines of the log. */
static void who_does_not_wait_is_not_told(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = journal(fixture);
	char data[4096];
	clock_t before;

	while (send_plain(emitter, 1) == 0)
		;
	while (reader_take(reader, data, sizeof(data)) > 0)
		;
	assert_true(fixture_run(fixture, 1000));
	/* It is writable all the time now. */
	before = clock();
	assert_false(fixture_run(fixture, 300));
	assert_in_range(clock() - before, 0, CLOCKS_PER_SEC / 10);

	close(reader);
	unlink(fixture_path(SOCKET));
	emitter->ops->log(emitter, 6, "nobody there");
	reader = reader_bind(SOCKET, SOCK_DGRAM);
	assert_false(fixture_run(fixture, 2200));
	assert_int_equal(send_plain(emitter, 2), 0);
	emitter_free(emitter);
	close(reader);
}

static void to_free_is_to_cancel(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = journal(fixture);
	char data[4096];

	while (send_plain(emitter, 1) == 0)
		;
	emitter_free(emitter);
	while (reader_take(reader, data, sizeof(data)) > 0)
		;
	close(reader);
	emitter = journal(fixture);
	assert_true(send_plain(emitter, 1) < 0);
	emitter_free(emitter);
	assert_false(fixture_run(fixture, 2100));
	emitter_free(NULL);
}

static void on_ready_freeing(void *user)
{
	struct emitter **emitter = user;

	emitter_free(*emitter);
	*emitter = NULL;
}

static void it_may_be_freed_when_it_is_ready(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = NULL;
	char data[4096];

	emitter = journal_new(fixture->loop, fixture_path(SOCKET),
	                      on_ready_freeing, &emitter);
	while (send_plain(emitter, 1) == 0)
		;
	while (reader_take(reader, data, sizeof(data)) > 0)
		;
	fixture_run(fixture, 50);
	assert_null(emitter);
	close(reader);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_full_queue_is_waited_for_without_blocking),
		TEST(a_reader_that_is_away_is_looked_for),
		TEST(a_reader_that_vanishes_and_comes_back),
		TEST(a_reader_that_was_started_anew_is_found_at_once),
		TEST(a_reader_that_dies_with_a_full_queue_is_noticed),
		TEST(a_line_of_the_log_is_not_waited_for),
		TEST(who_does_not_wait_is_not_told),
		TEST(to_free_is_to_cancel),
		TEST(it_may_be_freed_when_it_is_ready),
	};

	return cmocka_run_group_tests_name("journal_reader", tests, NULL, NULL);
}
