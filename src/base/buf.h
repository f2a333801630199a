/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf: a string of bytes that grows, up to the cap that it was born with.
 *
 * What comes from a peer is gathered in one of these. Appending past the cap
 * empties the buffer and marks it: every later append fails too, so that one
 * check at the end is enough.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/scoped.h"

struct buf {
	char *data; /* NUL behind the last byte; NULL while nothing was added */
	size_t size_bytes;
	size_t room_bytes;
	size_t cap_bytes;
	bool overflowed;
};

/* For buffers that we alone size. */
#define BUF_NO_CAP ((size_t)1 << 40)

void buf_init(struct buf *buf, size_t cap_bytes);
void buf_done(struct buf *buf);

/* Empties it and takes the overflow mark off, the memory is kept. */
void buf_clear(struct buf *buf);

/* Fail with -EFBIG past the cap, or where that happened before. */
int buf_add(struct buf *buf, const void *data, size_t size_bytes);
int buf_add_text(struct buf *buf, const char *text);
int buf_add_format(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* As buf_add() of one byte, for those who write thousands of them. */
static inline int buf_add_byte(struct buf *buf, char byte)
{
	if (buf->room_bytes - buf->size_bytes < 2)
		return buf_add(buf, &byte, 1);
	buf->data[buf->size_bytes++] = byte;
	buf->data[buf->size_bytes] = '\0';
	return 0;
}

/* The contents as a string: never NULL, borrowed until the next call. */
const char *buf_text(const struct buf *buf);

/* Moves the string out, to be given to free(); the buffer is empty again. */
char *buf_steal(struct buf *buf);

static inline void buf_done_scoped(struct buf *buf)
{
	buf_done(buf);
}
