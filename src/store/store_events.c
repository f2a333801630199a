/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/event.h"
#include "store/store_internal.h"

/* As they are read; what is bound is numbered from 1. */
enum column {
	COLUMN_SEQ,
	COLUMN_TIME,
	COLUMN_KIND,
	COLUMN_MESSAGE,
	COLUMN_FIELDS,
};

static void bind_text(sqlite3_stmt *statement, enum column column,
                      const char *text)
{
	sqlite3_bind_text(statement, (int)column + 1, text, -1, SQLITE_STATIC);
}

static const char *text_at(sqlite3_stmt *row, enum column column)
{
	const unsigned char *text = sqlite3_column_text(row, (int)column);

	return text ? (const char *)text : "";
}

/* SQLite counts to INT64_MAX. */
static void bind_count(sqlite3_stmt *statement, int index, uint64_t count)
{
	sqlite3_bind_int64(statement, index,
	                   count > INT64_MAX ? INT64_MAX : (int64_t)count);
}

/* All of them as texts, numbers too: they come back as they were. */
static const char *fields_encode(const struct event *event, struct buf *buf)
{
	struct json_out out = { .buf = buf };

	buf_clear(buf);
	json_open(&out, NULL, '{');
	for (size_t i = 0; i < EVENT_FIELDS; i++)
		if (event->fields[i])
			json_put_text(
				&out,
				event_field_info((enum event_field)i)->key,
				event->fields[i]);
	json_close(&out, '}');
	return buf_text(buf);
}

/* A field of a newer version is in the message all the same. */
static void on_field(const char *key, const struct json *value, void *user)
{
	struct event *event = user;
	enum event_field field;

	if (event_field_from_string(key, &field) == 0)
		event_put(event, field, json_text(value));
}

static int row_fail(const struct store *store, sqlite3_stmt *row,
                    const char *why, struct error *error)
{
	return error_set(error, -EBADMSG,
	                 "event %" PRId64 " in the state file %s cannot be "
	                 "read: %s",
	                 (int64_t)sqlite3_column_int64(row, COLUMN_SEQ),
	                 store->path, why);
}

static int event_decode(const struct store *store, sqlite3_stmt *row,
                        struct event **ret_event, struct error *error)
{
	const char *fields = text_at(row, COLUMN_FIELDS);
	scoped(event_destroy) struct event *event = NULL;
	scoped(json_free) struct json *root = NULL;
	enum event_kind kind;

	if (event_kind_from_string(text_at(row, COLUMN_KIND), &kind) < 0)
		return row_fail(store, row, "its kind is not known", error);
	if (json_parse(fields, strlen(fields), &root, NULL) < 0 ||
	    json_type(root) != JSON_OBJECT)
		return row_fail(store, row, "its fields are damaged", error);

	event = event_create(kind, sqlite3_column_int64(row, COLUMN_TIME));
	event->seq = (uint64_t)sqlite3_column_int64(row, COLUMN_SEQ);
	event->message = xstrdup(text_at(row, COLUMN_MESSAGE));
	json_each(root, on_field, event);
	*ret_event = steal(event);
	return 0;
}

int store_put_event(struct store *store, struct event *event,
                    struct error *error)
{
	sqlite3_stmt *put = store_statement(store, STORE_PUT_EVENT);
	uint64_t seq = store->pending.last_seq + 1;
	int r;

	bind_count(put, COLUMN_SEQ + 1, seq);
	sqlite3_bind_int64(put, COLUMN_TIME + 1, event->time_unix_ms);
	bind_text(put, COLUMN_KIND, event_info(event->kind)->name);
	bind_text(put, COLUMN_MESSAGE, event->message ? event->message : "");
	bind_text(put, COLUMN_FIELDS, fields_encode(event, &store->scratch));
	r = store_write(store, STORE_PUT_EVENT, error);
	if (r < 0)
		return r;

	store->pending.last_seq = seq;
	event->seq = seq;
	return 0;
}

int store_read_events(struct store *store, uint64_t after_seq, size_t limit,
                      struct event_list *events, struct error *error)
{
	scoped(store_reset) sqlite3_stmt *row =
		store_statement(store, STORE_READ_EVENTS);
	int r;

	bind_count(row, 1, after_seq);
	bind_count(row, 2, store->committed.last_seq);
	bind_count(row, 3, limit);
	while ((r = sqlite3_step(row)) == SQLITE_ROW) {
		struct event *event = NULL;

		r = event_decode(store, row, &event, error);
		if (r < 0)
			return r;
		event_list_append(events, event);
	}
	return r == SQLITE_DONE ? 0 : store_fail(store, "read", error);
}

uint64_t store_last_seq(const struct store *store)
{
	return store->committed.last_seq;
}

uint64_t store_emitted_seq(const struct store *store)
{
	return store->committed.emitted_seq;
}

int store_mark_emitted(struct store *store, uint64_t seq, struct error *error)
{
	int r;

	assert(seq >= store->pending.emitted_seq);
	assert(seq <= store->pending.last_seq);
	bind_count(store_statement(store, STORE_MARK_EMITTED), 1, seq);
	r = store_write(store, STORE_MARK_EMITTED, error);
	if (r == 0)
		store->pending.emitted_seq = seq;
	return r;
}

int store_expire_events(struct store *store, int64_t before_unix_ms,
                        size_t limit, size_t *ret_dropped, struct error *error)
{
	sqlite3_stmt *expire = store_statement(store, STORE_EXPIRE_EVENTS);
	int r;

	sqlite3_bind_int64(expire, 1, before_unix_ms);
	bind_count(expire, 2, store->pending.emitted_seq);
	bind_count(expire, 3, limit);
	r = store_write(store, STORE_EXPIRE_EVENTS, error);
	*ret_dropped = r == 0 ? (size_t)sqlite3_changes(store->database) : 0;
	return r;
}
