/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

/* ASCII that stands in a string as it is. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' &&
	       c != '>' && c != '&';
}

/* The bytes from here that need no change. */
static size_t plain_length(const char *text, size_t left)
{
	size_t length = 0;

	while (length < left) {
		unsigned char c = (unsigned char)text[length];
		size_t character = 0;

		if (c >= 0x80)
			character =
				text_utf8_length(text + length, left - length);
		else if (is_plain(c))
			character = 1;
		if (!character)
			break;
		length += character;
	}
	return length;
}

/* One byte that may not stand as it is. */
static void put_escaped(struct buf *buf, unsigned char c)
{
	static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	const char *name = names;

	if (c >= 0x80) {
		buf_add(buf, "\xef\xbf\xbd", 3);
		return;
	}
	while (*name && *name != (char)c)
		name += 2;
	if (*name) {
		buf_add_byte(buf, '\\');
		buf_add_byte(buf, name[1]);
	} else {
		buf_add_format(buf, "\\u%04x", c);
	}
}

static void put_string(struct buf *buf, const char *text)
{
	size_t left = strlen(text);

	buf_add_byte(buf, '"');
	while (left) {
		size_t length = plain_length(text, left);

		buf_add(buf, text, length);
		text += length;
		left -= length;
		if (left) {
			put_escaped(buf, (unsigned char)*text);
			text++;
			left--;
		}
	}
	buf_add_byte(buf, '"');
}

/* What stands before any value. */
static void put_key(struct json_out *out, const char *key)
{
	if (out->wants_comma)
		buf_add_byte(out->buf, ',');
	out->wants_comma = true;
	if (key) {
		put_string(out->buf, key);
		buf_add_byte(out->buf, ':');
	}
}

void json_open(struct json_out *out, const char *key, char bracket)
{
	put_key(out, key);
	buf_add_byte(out->buf, bracket);
	out->wants_comma = false;
}

void json_close(struct json_out *out, char bracket)
{
	buf_add_byte(out->buf, bracket);
	out->wants_comma = true;
}

void json_put_null(struct json_out *out, const char *key)
{
	json_put_raw(out, key, "null");
}

void json_put_bool(struct json_out *out, const char *key, bool value)
{
	json_put_raw(out, key, value ? "true" : "false");
}

void json_put_int64(struct json_out *out, const char *key, int64_t value)
{
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char digits[24];
	char *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (value < 0)
		*--at = '-';
	put_key(out, key);
	buf_add(out->buf, at, (size_t)(digits + sizeof(digits) - at));
}

void json_put_double(struct json_out *out, const char *key, double value)
{
	char digits[32];

	if (!isfinite(value)) {
		json_put_null(out, key);
		return;
	}
	snprintf(digits, sizeof(digits), "%.15g", value);
	if (strtod(digits, NULL) != value)
		snprintf(digits, sizeof(digits), "%.17g", value);
	json_put_raw(out, key, digits);
}

void json_put_text(struct json_out *out, const char *key, const char *text)
{
	if (!text) {
		json_put_null(out, key);
		return;
	}
	put_key(out, key);
	put_string(out->buf, text);
}

void json_put_time_ms(struct json_out *out, const char *key, int64_t unix_ms)
{
	char text[TEXT_TIME_SIZE];

	json_put_text(out, key,
	              unix_ms ? text_format_time_ms(unix_ms, text) : NULL);
}

void json_put_raw(struct json_out *out, const char *key, const char *json)
{
	put_key(out, key);
	buf_add_text(out->buf, json ? json : "null");
}
