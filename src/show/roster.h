/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roster: subscription objects of the endpoint as a table for a person, or as
 * CSV for a program: what jitd-ctl list and jitd --once print.
 */
#pragma once

#include <stdint.h>

#include "base/scoped.h"
#include "show/table.h"

struct buf;
struct json;
struct roster;

enum roster_format {
	ROSTER_TABLE,
	ROSTER_JSON,
	ROSTER_CSV,
};

/* "table", "json", "csv"; -EINVAL for another word. */
int roster_format_from_string(const char *word, enum roster_format *ret_format);

/* Of tables and CSV; JSON is passed on as it came and needs no roster. */
struct roster *roster_new(enum roster_format format, int64_t now_unix_ms);
void roster_free(struct roster *roster);
DEFINE_SCOPED(struct roster *, roster_free)

void roster_add(struct roster *roster, const struct json *row);

/* look is the table's. */
void roster_write(const struct roster *roster, const struct table_look *look,
                  struct buf *out);
