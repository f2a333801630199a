/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event: one thing that is told, once.
 *
 * Kinds stand in events.def, fields in fields.def. An event is made without a
 * number; the store numbers it in the commit that keeps it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/scoped.h"

enum event_kind {
#define EVENT(name, word, priority, message_id, subject, text) EVENT_##name,
#include "core/events.def"
#undef EVENT
	EVENT_COUNT
};

struct event_info {
	const char *name;       /* "monitoring-disabled" */
	int priority;           /* syslog's: 3 error .. 6 info */
	const char *message_id; /* 32 hexadecimal digits, lower case */
	const char *subject;    /* of the catalog entry, as is its text */
	const char *text;
};
const struct event_info *event_info(enum event_kind kind);
int event_kind_from_string(const char *name, enum event_kind *ret_kind);

enum event_field {
#define FIELD(name, key, kind) EVENT_FIELD_##name,
#include "core/fields.def"
#undef FIELD
	EVENT_FIELDS /* how many; EVENT_FIELD_COUNT is the field JITD_COUNT */
};

enum event_field_kind {
	EVENT_FIELD_KIND_TEXT,
	EVENT_FIELD_KIND_NUMBER,
	EVENT_FIELD_KIND_LIST,
};

struct event_field_info {
	const char *journal_name; /* "JITD_STATE" */
	const char *key;          /* "state" */
	enum event_field_kind kind;
};
const struct event_field_info *event_field_info(enum event_field field);
int event_field_from_string(const char *key, enum event_field *ret_field);

struct event {
	struct event *next;
	uint64_t seq; /* 0 until it is stored */
	int64_t time_unix_ms;
	enum event_kind kind;
	char *message;              /* the sentence, key=value at its tail */
	char *fields[EVENT_FIELDS]; /* NULL: does not apply */
};

/* Not event_new(), event_free(), event_set(): those are libevent's, and both
 * are in one program. */
struct event *event_create(enum event_kind kind, int64_t time_unix_ms);
void event_destroy(struct event *event);
DEFINE_SCOPED(struct event *, event_destroy)

/* A copy of value, cut at 4000 bytes at a whole character; NULL leaves the
 * field out. */
void event_put(struct event *event, enum event_field field, const char *value);
void event_put_number(struct event *event, enum event_field field,
                      int64_t value);

/*
 * The message: the sentence formatted here, then " key=value" of the fields
 * that are set (values with spaces, quotes or '=' in them are quoted),
 * control characters replaced. Call it last.
 */
void event_put_message(struct event *event, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Events in the order in which they are to be told. */
struct event_list {
	struct event *first;
	struct event *last;
	size_t count;
};
void event_list_append(struct event_list *list, struct event *taken_event);
struct event *event_list_take_first(struct event_list *list); /* NULL: empty */
void event_list_clear(struct event_list *list);
