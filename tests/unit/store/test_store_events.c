/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/mem.h"
#include "core/event.h"
#include "store/fixture.h"

static void by_hand(const char *sql)
{
	sqlite3 *database;

	assert_int_equal(sqlite3_open(fixture_path(""), &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL),
	                 SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void mark(struct store *store, uint64_t seq)
{
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_mark_emitted(store, seq, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
}

static size_t expire(struct store *store, int64_t before_unix_ms, size_t limit)
{
	size_t dropped = 99;

	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_expire_events(store, before_unix_ms, limit,
	                                     &dropped, NULL),
	                 0);
	assert_int_equal(store_commit(store, NULL), 0);
	return dropped;
}

/* The first and the last number, and how many there are. */
static void assert_events(struct store *store, uint64_t after, size_t limit,
                          uint64_t first, uint64_t last, size_t count)
{
	struct event_list events = { 0 };
	uint64_t before = 0;

	assert_int_equal(store_read_events(store, after, limit, &events, NULL),
	                 0);
	assert_int_equal(events.count, count);
	if (count) {
		assert_int_equal(events.first->seq, first);
		assert_int_equal(events.last->seq, last);
	}
	for (const struct event *event = events.first; event;
	     event = event->next) {
		assert_true(event->seq > before);
		before = event->seq;
	}
	event_list_clear(&events);
}

static struct event *read_one(struct store *store, uint64_t seq)
{
	struct event_list events = { 0 };

	assert_int_equal(store_read_events(store, seq - 1, 1, &events, NULL),
	                 0);
	assert_int_equal(events.count, 1);
	assert_int_equal(events.first->seq, seq);
	return event_list_take_first(&events);
}

static void assert_same(const struct event *a, const struct event *b)
{
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->time_unix_ms, b->time_unix_ms);
	assert_int_equal(a->kind, b->kind);
	assert_string_equal(a->message, b->message);
	for (int i = 0; i < EVENT_FIELDS; i++) {
		assert_int_equal(!a->fields[i], !b->fields[i]);
		if (a->fields[i])
			assert_string_equal(a->fields[i], b->fields[i]);
	}
}

static const char *random_text(void)
{
	static const char *const texts[] = {
		"enabled",
		"",
		"a \"quoted\" \\ value",
		"two\nlines\tand \x01 control",
		"gr\xc3\xbc\xc3\x9f dich, \xe2\x82\xac, \xf0\x9f\x98\x80",
		"<a href='x'>&amp;</a>",
		"5",
		"null",
	};

	return texts[fixture_random() % (sizeof(texts) / sizeof(texts[0]))];
}

static struct event *random_event(void)
{
	struct event *event =
		event_create((enum event_kind)(fixture_random() % EVENT_COUNT),
	                     (int64_t)(fixture_random() >> 20));

	for (int i = 0; i < EVENT_FIELDS; i++) {
		enum event_field field = (enum event_field)i;

		if (fixture_random() % 2)
			continue;
		if (event_field_info(field)->kind == EVENT_FIELD_KIND_NUMBER)
			event_put_number(event, field,
			                 (int64_t)fixture_random());
		else
			event_put(event, field, random_text());
	}
	event_put_message(event, "%s", random_text());
	return event;
}

static void an_event_comes_back_as_it_was(void **state)
{
	struct store *store = fixture_open();

	for (unsigned i = 1; i <= 200; i++) {
		struct event *event = random_event(), *read;

		assert_int_equal(event->seq, 0);
		assert_int_equal(store_begin(store, NULL), 0);
		assert_int_equal(store_put_event(store, event, NULL), 0);
		assert_int_equal(event->seq, i);
		assert_int_equal(store_commit(store, NULL), 0);
		read = read_one(store, i);
		assert_same(event, read);
		event_destroy(event);
		event_destroy(read);
	}
	store_close(store);
}

static void every_kind_and_a_full_event_are_kept(void **state)
{
	struct store *store = fixture_open();
	char *text = xcalloc(4001, 1);

	memset(text, 'x', 4000);
	assert_int_equal(store_begin(store, NULL), 0);
	for (int kind = 0; kind < EVENT_COUNT; kind++) {
		struct event *event = event_create((enum event_kind)kind, 1);

		for (int i = 0; i < EVENT_FIELDS; i++)
			event_put(event, (enum event_field)i, text);
		event_put_message(event, "all");
		assert_int_equal(store_put_event(store, event, NULL), 0);
		event_destroy(event);
	}
	assert_int_equal(store_commit(store, NULL), 0);
	for (int kind = 0; kind < EVENT_COUNT; kind++) {
		struct event *read = read_one(store, (uint64_t)kind + 1);

		assert_int_equal(read->kind, kind);
		assert_string_equal(read->fields[EVENT_FIELDS - 1], text);
		event_destroy(read);
	}
	free(text);
	store_close(store);
}

static void pages_follow_each_other(void **state)
{
	struct store *store = fixture_open();

	assert_events(store, 0, 10, 0, 0, 0);
	fixture_put_events(store, 25, 1000);
	assert_events(store, 0, 10, 1, 10, 10);
	assert_events(store, 10, 10, 11, 20, 10);
	assert_events(store, 20, 10, 21, 25, 5);
	assert_events(store, 25, 10, 0, 0, 0);
	assert_events(store, UINT64_MAX, 10, 0, 0, 0);
	assert_events(store, 0, SIZE_MAX, 1, 25, 25);
	assert_events(store, 0, 0, 0, 0, 0);
	store_close(store);
}

static void what_is_not_committed_is_not_read(void **state)
{
	struct store *store = fixture_open();
	struct event *event = fixture_event(1, 1000);

	fixture_put_events(store, 1, 1000);
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_put_event(store, event, NULL), 0);
	assert_int_equal(event->seq, 2);
	assert_int_equal(store_last_seq(store), 1);
	assert_events(store, 0, 10, 1, 1, 1);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(store_last_seq(store), 2);
	assert_events(store, 0, 10, 1, 2, 2);
	event_destroy(event);
	store_close(store);
}

static void a_rollback_frees_the_numbers(void **state)
{
	struct store *store = fixture_open();
	struct event *event = fixture_event(1, 1000);

	fixture_put_events(store, 3, 1000);
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_put_event(store, event, NULL), 0);
	assert_int_equal(store_mark_emitted(store, 4, NULL), 0);
	assert_int_equal(event->seq, 4);
	store_rollback(store);
	assert_int_equal(store_last_seq(store), 3);
	assert_int_equal(store_emitted_seq(store), 0);

	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_put_event(store, event, NULL), 0);
	assert_int_equal(event->seq, 4);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_events(store, 0, 10, 1, 4, 4);
	event_destroy(event);
	store_close(store);
}

static void numbers_go_on_when_all_have_expired(void **state)
{
	struct store *store = fixture_open();

	fixture_put_events(store, 5, 1000);
	mark(store, 5);
	assert_int_equal(expire(store, 2000, 100), 5);
	assert_events(store, 0, 10, 0, 0, 0);
	assert_int_equal(store_last_seq(store), 5);
	store_close(store);

	store = fixture_open();
	assert_int_equal(store_last_seq(store), 5);
	assert_int_equal(store_emitted_seq(store), 5);
	fixture_put_events(store, 1, 1000);
	assert_events(store, 0, 10, 6, 6, 1);
	store_close(store);
}

static void the_mark_survives(void **state)
{
	struct store *store = fixture_open();

	fixture_put_events(store, 5, 1000);
	assert_int_equal(store_emitted_seq(store), 0);
	mark(store, 3);
	mark(store, 3);
	assert_int_equal(store_emitted_seq(store), 3);
	store_close(store);
	store = fixture_open();
	assert_int_equal(store_emitted_seq(store), 3);
	assert_events(store, store_emitted_seq(store), 10, 4, 5, 2);
	store_close(store);
}

static void what_was_not_emitted_does_not_expire(void **state)
{
	struct store *store = fixture_open();

	fixture_put_events(store, 5, 1000);
	assert_int_equal(expire(store, 2000, 100), 0);
	mark(store, 3);
	assert_int_equal(expire(store, 2000, 100), 3);
	assert_events(store, 0, 10, 4, 5, 2);
	store_close(store);
}

static void only_the_old_expire_and_no_more_than_asked(void **state)
{
	struct store *store = fixture_open();

	fixture_put_events(store, 10, 1000);
	/* From a time when the clock was wrong: it keeps nobody back. */
	fixture_put_events(store, 1, INT64_C(4000000000000));
	fixture_put_events(store, 10, 3000);
	fixture_put_events(store, 10, 5000);
	mark(store, 31);
	assert_int_equal(expire(store, 1000, 100), 0);
	assert_int_equal(expire(store, 5000, 4), 4);
	assert_events(store, 0, 100, 5, 31, 27);
	assert_int_equal(expire(store, 5000, 100), 16);
	assert_events(store, 0, 100, 11, 31, 11);
	assert_int_equal(expire(store, 5000, 100), 0);
	store_close(store);
}

/* Whatever is done in whatever order, no number is skipped or given twice. */
static void numbers_never_skip_nor_repeat(void **state)
{
	struct store *store = fixture_open();
	uint64_t last = 0;

	for (unsigned round = 0; round < 150; round++) {
		size_t count = fixture_random() % 5, dropped;
		uint64_t now = last;

		assert_int_equal(store_begin(store, NULL), 0);
		for (size_t i = 0; i < count; i++) {
			struct event *event = fixture_event(1, round);

			assert_int_equal(store_put_event(store, event, NULL),
			                 0);
			assert_int_equal(event->seq, ++now);
			event_destroy(event);
		}
		if (fixture_random() % 3 == 0)
			assert_int_equal(store_mark_emitted(store, now, NULL),
			                 0);
		if (fixture_random() % 3 == 0)
			assert_int_equal(store_expire_events(store, round, 100,
			                                     &dropped, NULL),
			                 0);
		if (fixture_random() % 3) {
			assert_int_equal(store_commit(store, NULL), 0);
			last = now;
		} else {
			store_rollback(store);
		}
		if (fixture_random() % 4 == 0) {
			store_close(store);
			store = fixture_open();
		}
		assert_int_equal(store_last_seq(store), last);
		assert_true(store_emitted_seq(store) <= last);
	}
	store_close(store);
}

static void a_field_of_a_newer_version_is_left_out(void **state)
{
	struct store *store = fixture_open();
	struct event *event;

	fixture_put_events(store, 1, 1000);
	store_close(store);
	by_hand("UPDATE events SET fields = "
	        "'{\"state\":\"disabled\",\"colour\":\"red\",\"value\":null}'");
	store = fixture_open();
	event = read_one(store, 1);
	assert_string_equal(event->fields[EVENT_FIELD_STATE], "disabled");
	assert_null(event->fields[EVENT_FIELD_VALUE]);
	event_destroy(event);
	store_close(store);
}

static void an_event_that_cannot_be_read_is_named(void **state)
{
	struct event_list events = { 0 };
	struct error error;
	struct store *store = fixture_open();

	fixture_put_events(store, 3, 1000);
	store_close(store);
	by_hand("UPDATE events SET kind = 'moon-landed' WHERE seq = 2");
	store = fixture_open();
	assert_int_equal(store_read_events(store, 0, 10, &events, &error),
	                 -EBADMSG);
	assert_int_equal(events.count, 1);
	assert_non_null(strstr(error.text, "event 2 in the state file "));
	assert_non_null(strstr(error.text, "its kind is not known"));
	event_list_clear(&events);
	store_close(store);

	by_hand("UPDATE events SET kind = 'daemon-started', fields = '{oops'");
	store = fixture_open();
	assert_int_equal(store_read_events(store, 1, 10, &events, &error),
	                 -EBADMSG);
	assert_non_null(strstr(error.text, "its fields are damaged"));
	store_close(store);
}

/*
 * A version that does not know a kind must not open the file: one that was
 * committed and not emitted could not be told. So: add a step to migrations[]
 * in store_schema.c with each new kind, and then raise both numbers here.
 */
static void a_new_kind_of_event_needs_a_new_version(void **state)
{
	sqlite3 *database;
	sqlite3_stmt *row;

	store_close(fixture_open());
	assert_int_equal(sqlite3_open(fixture_path(""), &database), SQLITE_OK);
	sqlite3_prepare_v2(database, "PRAGMA user_version", -1, &row, NULL);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(row, 0), 1);
	assert_int_equal(EVENT_COUNT, 23);
	sqlite3_finalize(row);
	sqlite3_close(database);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_event_comes_back_as_it_was),
		TEST(every_kind_and_a_full_event_are_kept),
		TEST(pages_follow_each_other),
		TEST(what_is_not_committed_is_not_read),
		TEST(a_rollback_frees_the_numbers),
		TEST(numbers_go_on_when_all_have_expired),
		TEST(the_mark_survives),
		TEST(what_was_not_emitted_does_not_expire),
		TEST(only_the_old_expire_and_no_more_than_asked),
		TEST(numbers_never_skip_nor_repeat),
		TEST(a_field_of_a_newer_version_is_left_out),
		TEST(an_event_that_cannot_be_read_is_named),
		TEST(a_new_kind_of_event_needs_a_new_version),
	};

	return cmocka_run_group_tests_name("store_events", tests, fixture_seed,
	                                   NULL);
}
