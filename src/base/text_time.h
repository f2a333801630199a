/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_time: durations and points in time, as people and protocols write them.
 *
 * Part of base/text.h, which is what others include and which says what the
 * parsers return.
 */
#pragma once

#include <stdint.h>

/* "500ms", "30s", "5min", "1h", "2d", "0"; one number, one unit. */
int text_parse_duration_ms(const char *text, int64_t *ret_ms);

/* The longest unit that divides it: 300000 is "5min", 0 is "0". */
#define TEXT_DURATION_SIZE 48
const char *text_format_duration_ms(int64_t ms, char out[TEXT_DURATION_SIZE]);

/* For people: "3 d 4 h", "12 min", "40 s"; two units at most. */
const char *text_format_age_ms(int64_t ms, char out[TEXT_DURATION_SIZE]);

/* RFC 3339 in UTC, to the millisecond where that is not 0:
 * "2026-11-23T00:49:53Z", "2026-11-23T00:49:53.250Z". */
#define TEXT_TIME_SIZE 32
const char *text_format_time_ms(int64_t unix_ms, char out[TEXT_TIME_SIZE]);

/* RFC 3339 with any offset and up to nine digits of a second, cut to ms. */
int text_parse_time_ms(const char *text, int64_t *ret_unix_ms);

/* An IMF-fixdate as HTTP has it: "Mon, 23 Nov 2026 00:49:53 GMT". */
int text_parse_http_date_ms(const char *text, int64_t *ret_unix_ms);
