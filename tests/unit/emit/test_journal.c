/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/journal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "emit/fixture.h"

#define SOCKET "socket"

/* What the kernel of these tests refuses; 0: nothing. */
static size_t refused_from_bytes;
static int refused_with;

/* The program's own goes before libc's. */
ssize_t send(int fd, const void *data, size_t size, int flags)
{
	if (refused_from_bytes && size >= refused_from_bytes) {
		errno = refused_with;
		return -1;
	}
	return sendto(fd, data, size, flags, NULL, 0);
}

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

/* How often "NAME=" or "NAME\n" begins a line. */
static unsigned count_of(const struct buf *buf, const char *name)
{
	size_t size = strlen(name);
	unsigned count = 0;

	for (const char *at = buf->data; at < buf->data + buf->size_bytes; at++)
		if ((at == buf->data || at[-1] == '\n') &&
		    strncmp(at, name, size) == 0 &&
		    (at[size] == '=' || at[size] == '\n'))
			count++;
	return count;
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

static void an_event_is_right_to_the_byte(void **state)
{
	static const char expected[] =
		"MESSAGE=A change of \"it\" state=disabled count=-5\n"
		"MESSAGE_ID=bbb65abc02564f8e850f1d87c4e01d51\n"
		"PRIORITY=5\n"
		"SYSLOG_IDENTIFIER=jitd\n"
		"JITD_EVENT=monitoring-changed\n"
		"JITD_SEQ=18446744073709551615\n"
		"JITD_STATE=disabled\n"
		"JITD_COUNT=-5\n";
	struct event *event = event_create(EVENT_MONITORING_CHANGED, 0);
	struct buf buf;

	event_put(event, EVENT_FIELD_STATE, "disabled");
	event_put_number(event, EVENT_FIELD_COUNT, -5);
	event_put_message(event, "A change of \"it\"");
	event->seq = UINT64_MAX;
	buf_init(&buf, BUF_NO_CAP);
	journal_encode(event, &buf);
	assert_int_equal(buf.size_bytes, sizeof(expected) - 1);
	assert_memory_equal(buf.data, expected, sizeof(expected) - 1);
	buf_done(&buf);
	event_destroy(event);
}

static void every_field_that_is_set_stands_there_once(void **state)
{
	static const char *const always[] = { "MESSAGE",    "MESSAGE_ID",
		                              "PRIORITY",   "SYSLOG_IDENTIFIER",
		                              "JITD_EVENT", "JITD_SEQ" };
	struct event *event = full_event(7);
	struct buf buf;

	buf_init(&buf, BUF_NO_CAP);
	journal_encode(event, &buf);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		assert_int_equal(count_of(&buf, always[i]), 1);
	for (int i = 0; i < EVENT_FIELDS; i++) {
		enum event_field field = (enum event_field)i;
		const char *name = event_field_info(field)->journal_name;

		assert_int_equal(count_of(&buf, name), 1);
		event_put(event, field, NULL);
		journal_encode(event, &buf);
		assert_int_equal(count_of(&buf, name), 0);
	}
	buf_done(&buf);
	event_destroy(event);
}

/* journald drops a field of another name, and nobody is told. */
static void the_names_are_ones_that_journald_takes(void **state)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	for (int i = 0; i < EVENT_FIELDS; i++) {
		const char *name =
			event_field_info((enum event_field)i)->journal_name;

		assert_int_equal(strncmp(name, "JITD_", 5), 0);
		assert_in_range(strlen(name), 6, 64);
		assert_int_equal(strspn(name, allowed), strlen(name));
	}
}

static void a_value_of_two_lines_has_its_length(void **state)
{
	static const char expected[] = "JITD_SUBSCRIPTION_NAME\n"
				       "\x0a\0\0\0\0\0\0\0"
				       "one\ntwo=2\n\n";
	struct event *event = plain_event(1);
	char value[300] = "";
	struct buf buf;

	event_put(event, EVENT_FIELD_SUBSCRIPTION_NAME, "one\ntwo=2\n");
	buf_init(&buf, BUF_NO_CAP);
	journal_encode(event, &buf);
	assert_true(buf.size_bytes > sizeof(expected));
	assert_memory_equal(buf.data + buf.size_bytes - sizeof(expected) + 1,
	                    expected, sizeof(expected) - 1);

	memset(value, 'x', 299);
	value[0] = '\n';
	event_put(event, EVENT_FIELD_SUBSCRIPTION_NAME, value);
	journal_encode(event, &buf);
	assert_memory_equal(buf.data + buf.size_bytes - 299 - 1 - 8,
	                    "\x2b\x01\0\0\0\0\0\0\nx", 10);
	buf_done(&buf);
	event_destroy(event);
}

/* The bytes of the value that is last in the event. */
static size_t last_value_bytes(const char *value)
{
	struct event *event = plain_event(1);
	struct buf buf;
	size_t bytes;

	event->fields[EVENT_FIELD_SINCE] = xstrdup(value);
	buf_init(&buf, BUF_NO_CAP);
	journal_encode(event, &buf);
	bytes = strcspn(strstr(buf.data, "\nJITD_SINCE=") + 12, "\n");
	buf_done(&buf);
	event_destroy(event);
	return bytes;
}

static void a_value_is_cut_at_a_whole_character(void **state)
{
	char value[5001];

	memset(value, 'x', 5000);
	value[5000] = '\0';
	assert_int_equal(last_value_bytes(value), 4000);
	value[4000] = '\0';
	assert_int_equal(last_value_bytes(value), 4000);
	value[3999] = '\0';
	assert_int_equal(last_value_bytes(value), 3999);
	value[4000] = 'x';
	memcpy(value + 3999, "\xc3\xa9", 2);
	assert_int_equal(last_value_bytes(value), 3999);
	memcpy(value + 3997, "\xf0\x9f\x98\x80", 4);
	assert_int_equal(last_value_bytes(value), 3997);
	memcpy(value + 3996, "\xf0\x9f\x98\x80x", 5);
	assert_int_equal(last_value_bytes(value), 4000);
}

/* Much less than the kernel's least queue, so that it can be sent at all. */
static void the_largest_event_fits_into_a_datagram(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = journal(fixture);
	struct event *event = full_event(1);
	char *value = xcalloc(5001, 1);
	char *data = xcalloc(200000, 1);
	struct buf buf;

	memset(value, 'x', 5000);
	for (int i = 0; i < EVENT_FIELDS; i++)
		event_put(event, (enum event_field)i, value);
	event_put_message(event, "All at their largest.");
	buf_init(&buf, BUF_NO_CAP);
	journal_encode(event, &buf);
	assert_in_range(buf.size_bytes, 70000, 110000);

	assert_int_equal(emitter->ops->send(emitter, event), 0);
	assert_int_equal(reader_take(reader, data, 200000), buf.size_bytes);
	assert_memory_equal(data, buf.data, buf.size_bytes);
	buf_done(&buf);
	free(data);
	free(value);
	event_destroy(event);
	emitter_free(emitter);
	close(reader);
}

static void what_is_too_large_goes_without_its_large_parts(void **state)
{
	static const char *const kept[] = {
		"MESSAGE=All of it. ",  "\nMESSAGE_ID=a918197a",
		"\nJITD_SEQ=9\n",       "\nJITD_STATE=state\n",
		"\nJITD_SCOPE=scope\n",
	};
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = journal(fixture);
	struct event *event = full_event(9);
	char *value = xcalloc(4001, 1), data[8192];

	memset(value, 'x', 4000);
	event_put(event, EVENT_FIELD_ASSIGNMENT_ID, value);
	event_put_message(event, "All of it.");
	refused_from_bytes = 5000;
	for (unsigned i = 0; i < 2; i++) {
		refused_with = i ? ENOBUFS : EMSGSIZE;
		assert_int_equal(emitter->ops->send(emitter, event), 0);
		assert_true(reader_take(reader, data, sizeof(data)) > 0);
		for (size_t j = 0; j < sizeof(kept) / sizeof(kept[0]); j++)
			assert_non_null(strstr(data, kept[j]));
		assert_null(strstr(data, "JITD_ASSIGNMENT_ID"));
	}
	refused_from_bytes = 0;
	free(value);
	event_destroy(event);
	emitter_free(emitter);
	close(reader);
}

static void a_kernel_short_of_memory_is_asked_again(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = journal(fixture);

	refused_from_bytes = 1;
	refused_with = ENOBUFS;
	assert_int_equal(send_plain(emitter, 1), -EAGAIN);
	assert_true(fixture_run(fixture, 1000));
	refused_from_bytes = 0;
	assert_int_equal(send_plain(emitter, 1), 0);
	assert_int_equal(take_seq(reader), 1);
	emitter_free(emitter);
	close(reader);
}

static void a_line_of_the_log_has_three_fields(void **state)
{
	struct fixture *fixture = *state;
	int reader = reader_bind(SOCKET, SOCK_DGRAM);
	struct emitter *emitter = journal(fixture);
	char data[256];

	emitter->ops->log(emitter, 6, "polling contoso");
	assert_true(reader_take(reader, data, sizeof(data)) > 0);
	assert_string_equal(data, "MESSAGE=polling contoso\n"
	                          "PRIORITY=6\n"
	                          "SYSLOG_IDENTIFIER=jitd\n");
	emitter_free(emitter);
	close(reader);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_event_is_right_to_the_byte),
		TEST(every_field_that_is_set_stands_there_once),
		TEST(the_names_are_ones_that_journald_takes),
		TEST(a_value_of_two_lines_has_its_length),
		TEST(a_value_is_cut_at_a_whole_character),
		TEST(the_largest_event_fits_into_a_datagram),
		TEST(what_is_too_large_goes_without_its_large_parts),
		TEST(a_kernel_short_of_memory_is_asked_again),
		TEST(a_line_of_the_log_has_three_fields),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
