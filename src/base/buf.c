/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROOM_MIN_BYTES 128

/*
 * Makes room for added_bytes more and the NUL. The room never exceeds the cap
 * by more than that NUL, and an overflowed buffer has none: who finds enough
 * room needs no other check.
 */
static int room_grow(struct buf *buf, size_t added_bytes)
{
	size_t room = buf->room_bytes * 2;

	if (buf->overflowed)
		return -EFBIG;
	if (added_bytes > buf->cap_bytes - buf->size_bytes) {
		buf_done(buf);
		buf->overflowed = true;
		return -EFBIG;
	}

	if (room < ROOM_MIN_BYTES)
		room = ROOM_MIN_BYTES;
	if (room > buf->cap_bytes)
		room = buf->cap_bytes + 1;
	if (room <= buf->size_bytes + added_bytes)
		room = buf->size_bytes + added_bytes + 1;
	buf->data = xrealloc(buf->data, room, 1);
	buf->room_bytes = room;
	return 0;
}

void buf_init(struct buf *buf, size_t cap_bytes)
{
	assert(cap_bytes <= BUF_NO_CAP);
	*buf = (struct buf){ .cap_bytes = cap_bytes };
}

void buf_done(struct buf *buf)
{
	free(buf->data);
	buf_init(buf, buf->cap_bytes);
}

void buf_clear(struct buf *buf)
{
	buf->size_bytes = 0;
	buf->overflowed = false;
	if (buf->data)
		buf->data[0] = '\0';
}

int buf_add(struct buf *buf, const void *data, size_t size_bytes)
{
	if (buf->room_bytes - buf->size_bytes <= size_bytes) {
		int r = room_grow(buf, size_bytes);

		if (r < 0)
			return r;
	}
	if (size_bytes)
		memcpy(buf->data + buf->size_bytes, data, size_bytes);
	buf->size_bytes += size_bytes;
	buf->data[buf->size_bytes] = '\0';
	return 0;
}

int buf_add_text(struct buf *buf, const char *text)
{
	return buf_add(buf, text, strlen(text));
}

int buf_add_format(struct buf *buf, const char *format, ...)
{
	size_t room = buf->room_bytes - buf->size_bytes;
	char *end = buf->data ? buf->data + buf->size_bytes : NULL;
	va_list args, again;
	int size, r = 0;

	va_start(args, format);
	va_copy(again, args);
	size = vsnprintf(end, room, format, args);
	assert(size >= 0);
	if ((size_t)size >= room) {
		r = room_grow(buf, (size_t)size);
		if (r == 0)
			vsnprintf(buf->data + buf->size_bytes, (size_t)size + 1,
			          format, again);
	}
	va_end(again);
	va_end(args);
	if (r < 0)
		return r;

	buf->size_bytes += (size_t)size;
	return 0;
}

const char *buf_text(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

char *buf_steal(struct buf *buf)
{
	char *text = buf->data ? buf->data : xcalloc(1, 1);

	buf_init(buf, buf->cap_bytes);
	return text;
}
