/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_out: the writer of JSON. Commas and quotes are its business:
 *
 *	json_open(&out, NULL, '{');
 *	json_put_text(&out, "state", "enabled");
 *	json_open(&out, "caveats", '[');
 *	json_put_text(&out, NULL, "partial");
 *	json_close(&out, ']');
 *	json_close(&out, '}');
 *
 * key is NULL inside an array and at the root. Text that is not UTF-8 gets
 * U+FFFD; control characters, '<', '>' and '&' are escaped. A buffer that
 * overflows says so itself: nothing here needs to be checked.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;

struct json_out {
	struct buf *buf; /* borrowed */
	bool wants_comma;
};

void json_open(struct json_out *out, const char *key, char bracket);
void json_close(struct json_out *out, char bracket);
void json_put_null(struct json_out *out, const char *key);
void json_put_bool(struct json_out *out, const char *key, bool value);
void json_put_int64(struct json_out *out, const char *key, int64_t value);

/* The shortest digits that read back the same; null for what is not finite. */
void json_put_double(struct json_out *out, const char *key, double value);

/* null for NULL. */
void json_put_text(struct json_out *out, const char *key, const char *text);

/* RFC 3339 in UTC; null for 0. */
void json_put_time_ms(struct json_out *out, const char *key, int64_t unix_ms);

/* JSON that was written before, taken as it is; null for NULL. */
void json_put_raw(struct json_out *out, const char *key, const char *json);
