/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/event.h"
#include "emit/datagram.h"

/* 'journalctl -o json' shows null for a value of more than 4096 bytes. */
#define VALUE_BYTES_MAX 4000

/* For an event that the kernel refused as too large: longer values are left
 * out, as a part of an id would be a wrong id. */
#define SMALL_VALUE_BYTES_MAX   128
#define SMALL_MESSAGE_BYTES_MAX 2000

struct journal {
	struct emitter emitter;
	struct datagram *datagram;
	struct buf buf;
};

/* The length of text, or less: max_bytes at most and whole characters only. */
static size_t cut_size(const char *text, size_t max_bytes)
{
	size_t size = strnlen(text, max_bytes + 1);

	if (size <= max_bytes)
		return size;
	size = max_bytes;
	while (size > max_bytes - 3 && (text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

static void add_size(struct buf *out, uint64_t size)
{
	for (unsigned shift = 0; shift < 64; shift += 8)
		buf_add_byte(out, (char)(size >> shift));
}

/* A value of more than one line stands behind its length. */
static void add_field(struct buf *out, const char *name, const char *value,
                      size_t max_bytes)
{
	size_t size = cut_size(value, max_bytes);

	buf_add_text(out, name);
	if (memchr(value, '\n', size)) {
		buf_add_byte(out, '\n');
		add_size(out, size);
	} else {
		buf_add_byte(out, '=');
	}
	buf_add(out, value, size);
	buf_add_byte(out, '\n');
}

static void add_number(struct buf *out, const char *name, uint64_t number)
{
	buf_add_format(out, "%s=%" PRIu64 "\n", name, number);
}

static void encode(const struct event *event, bool is_small, struct buf *out)
{
	const struct event_info *info = event_info(event->kind);
	const size_t message_bytes_max =
		is_small ? SMALL_MESSAGE_BYTES_MAX : VALUE_BYTES_MAX;

	buf_clear(out);
	add_field(out, "MESSAGE", event->message ? event->message : "",
	          message_bytes_max);
	add_field(out, "MESSAGE_ID", info->message_id, VALUE_BYTES_MAX);
	add_number(out, "PRIORITY", (uint64_t)info->priority);
	add_field(out, "SYSLOG_IDENTIFIER", "jitd", VALUE_BYTES_MAX);
	add_field(out, "JITD_EVENT", info->name, VALUE_BYTES_MAX);
	add_number(out, "JITD_SEQ", event->seq);
	for (size_t i = 0; i < EVENT_FIELDS; i++) {
		const char *value = event->fields[i];

		if (!value ||
		    (is_small && strlen(value) > SMALL_VALUE_BYTES_MAX))
			continue;
		add_field(out,
		          event_field_info((enum event_field)i)->journal_name,
		          value, VALUE_BYTES_MAX);
	}
}

static int on_send(struct emitter *emitter, const struct event *event)
{
	struct journal *journal = (struct journal *)emitter;
	struct buf *buf = &journal->buf;
	int r;

	encode(event, false, buf);
	r = datagram_send(journal->datagram, buf->data, buf->size_bytes);
	if (r != -EMSGSIZE)
		return r;
	encode(event, true, buf);
	return datagram_send(journal->datagram, buf->data, buf->size_bytes);
}

static void on_log(struct emitter *emitter, int level, const char *line)
{
	struct journal *journal = (struct journal *)emitter;
	struct buf *buf = &journal->buf;

	buf_clear(buf);
	add_field(buf, "MESSAGE", line, VALUE_BYTES_MAX);
	add_number(buf, "PRIORITY", (uint64_t)level);
	add_field(buf, "SYSLOG_IDENTIFIER", "jitd", VALUE_BYTES_MAX);
	datagram_offer(journal->datagram, buf->data, buf->size_bytes);
}

static void on_free(struct emitter *emitter)
{
	struct journal *journal = (struct journal *)emitter;

	datagram_free(journal->datagram);
	buf_done(&journal->buf);
	free(journal);
}

static void on_ready(void *user)
{
	struct journal *journal = user;

	journal->emitter.ready(journal->emitter.user);
}

struct emitter *journal_new(struct loop *loop, const char *path,
                            emitter_ready_fn *ready, void *user)
{
	static const struct emitter_ops ops = {
		.name = "journal",
		.send = on_send,
		.log = on_log,
		.free = on_free,
	};
	struct journal *journal = xcalloc(1, sizeof(*journal));

	journal->emitter = (struct emitter){
		.ops = &ops,
		.ready = ready,
		.user = user,
	};
	buf_init(&journal->buf, BUF_NO_CAP);
	journal->datagram = datagram_new(loop, path, false, on_ready, journal);
	return &journal->emitter;
}

void journal_encode(const struct event *event, struct buf *out)
{
	encode(event, false, out);
}
