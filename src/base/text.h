/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: reading and writing of numbers, durations, times and identifiers.
 *
 * All of it pure. The parsers take a whole string: what follows the value is
 * an error. They return 0, or -EINVAL, or -ERANGE where the value is well
 * formed and too large.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text_time.h"
#include "base/text_utf8.h"

/* Decimal digits, and nothing else. */
int text_parse_uint64(const char *text, uint64_t *ret_value);

/* "yes", "no", "true", "false", "1", "0". */
int text_parse_bool(const char *text, bool *ret_value);

/* 8-4-4-4-12 hexadecimal digits, as subscriptions and tenants have. */
#define TEXT_GUID_SIZE 37
bool text_is_guid(const char *text);

/* Fails with -EINVAL unless text is a GUID; writes it in lower case. */
int text_lower_guid(const char *text, char out[TEXT_GUID_SIZE]);

/* Letters, digits, '.', '_' and '-' only, at least one, not "." or "..":
 * what may stand as one segment of a path that we send. */
bool text_is_plain_segment(const char *text);

/* ASCII letters compare without regard to case; NULL equals NULL only. */
bool text_equal_nocase(const char *a, const char *b);
bool text_equal(const char *a, const char *b);
bool text_starts_nocase(const char *text, const char *prefix);

/* src percent-encoded (RFC 3986, unreserved kept); free() it. */
char *text_percent_encode(const char *src, size_t size_bytes);

/* Decodes "%41" and, with plus, '+'. -EINVAL for a broken or NUL escape.
 * out needs strlen(text) + 1 bytes and may be text itself. */
int text_percent_decode(const char *text, bool plus, char *out);
