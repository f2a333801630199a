/* SPDX-License-Identifier: Apache-2.0 */
#include "core/event.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

/* The most of a field's value, and of a message. */
#define TEXT_BYTES_MAX 4000

static const struct event_info kinds[EVENT_COUNT] = {
#define EVENT(name, word, priority, message_id, subject, text)          \
	[EVENT_##name] = { (word), (priority), (message_id), (subject), \
		           (text) },
#include "core/events.def"
#undef EVENT
};

static const struct event_field_info fields[EVENT_FIELDS] = {
#define FIELD(name, key, kind) \
	[EVENT_FIELD_##        \
		name] = { "JITD_" #name, (key), EVENT_FIELD_KIND_##kind },
#include "core/fields.def"
#undef FIELD
};

/* How much of text fits into cap bytes without cutting a character. */
static size_t fitting_size(const char *text, size_t cap)
{
	size_t size = strnlen(text, cap + 1);

	if (size <= cap)
		return size;
	size = cap;
	while (size > cap - 3 && (text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

static bool wants_quotes(const char *value)
{
	return !*value || strpbrk(value, " \"=");
}

static void add_value(struct buf *out, const char *value)
{
	if (!wants_quotes(value)) {
		buf_add_text(out, value);
		return;
	}
	buf_add_byte(out, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buf_add_byte(out, '\\');
		buf_add_byte(out, *value);
	}
	buf_add_byte(out, '"');
}

const struct event_info *event_info(enum event_kind kind)
{
	assert(kind < EVENT_COUNT);
	return &kinds[kind];
}

int event_kind_from_string(const char *name, enum event_kind *ret_kind)
{
	for (size_t i = 0; name && i < EVENT_COUNT; i++)
		if (strcmp(kinds[i].name, name) == 0) {
			*ret_kind = (enum event_kind)i;
			return 0;
		}
	return -EINVAL;
}

const struct event_field_info *event_field_info(enum event_field field)
{
	assert(field < EVENT_FIELDS);
	return &fields[field];
}

int event_field_from_string(const char *key, enum event_field *ret_field)
{
	for (size_t i = 0; key && i < EVENT_FIELDS; i++)
		if (strcmp(fields[i].key, key) == 0) {
			*ret_field = (enum event_field)i;
			return 0;
		}
	return -EINVAL;
}

struct event *event_create(enum event_kind kind, int64_t time_unix_ms)
{
	struct event *event = xcalloc(1, sizeof(*event));

	assert(kind < EVENT_COUNT);
	event->kind = kind;
	event->time_unix_ms = time_unix_ms;
	return event;
}

void event_destroy(struct event *event)
{
	if (!event)
		return;
	for (size_t i = 0; i < EVENT_FIELDS; i++)
		free(event->fields[i]);
	free(event->message);
	free(event);
}

void event_put(struct event *event, enum event_field field, const char *value)
{
	char *copy = NULL;

	assert(field < EVENT_FIELDS);
	if (value)
		copy = xstrndup(value, fitting_size(value, TEXT_BYTES_MAX));
	free(event->fields[field]);
	event->fields[field] = copy;
}

void event_put_number(struct event *event, enum event_field field,
                      int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	event_put(event, field, text);
}

void event_put_message(struct event *event, const char *format, ...)
{
	scoped(string_free) char *sentence = NULL;
	scoped(buf_done) struct buf out;
	char shown[TEXT_BYTES_MAX + 1];
	va_list args;
	int size;

	va_start(args, format);
	size = vasprintf(&sentence, format, args);
	va_end(args);
	xptr(size < 0 ? NULL : sentence);

	buf_init(&out, BUF_NO_CAP);
	buf_add_text(&out, sentence);
	for (size_t i = 0; i < EVENT_FIELDS; i++) {
		if (!event->fields[i])
			continue;
		buf_add_format(&out, " %s=", fields[i].key);
		add_value(&out, event->fields[i]);
	}

	text_clean(buf_text(&out), shown, sizeof(shown));
	free(event->message);
	event->message = xstrdup(shown);
}

void event_list_append(struct event_list *list, struct event *taken_event)
{
	taken_event->next = NULL;
	if (list->last)
		list->last->next = taken_event;
	else
		list->first = taken_event;
	list->last = taken_event;
	list->count++;
}

struct event *event_list_take_first(struct event_list *list)
{
	struct event *event = list->first;

	if (!event)
		return NULL;
	list->first = event->next;
	if (!list->first)
		list->last = NULL;
	list->count--;
	event->next = NULL;
	return event;
}

void event_list_clear(struct event_list *list)
{
	struct event *event;

	while ((event = event_list_take_first(list)))
		event_destroy(event);
}
