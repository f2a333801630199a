/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row: parts of a subscription object of the endpoint, for people.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct json;

bool row_is_stale(const struct json *row);

/* Appends the caveats with a mark between them. */
void row_caveats(const struct json *row, const char *mark, struct buf *out);

/* "2 h 3 min ago", "in 5 min"; "never" for NULL and what is no time. */
#define ROW_AGE_SIZE 64
const char *row_age(int64_t now_unix_ms, const char *time,
                    char out[ROW_AGE_SIZE]);
