/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv: rows as RFC 4180 has them.
 */
#pragma once

#include <stdbool.h>

struct buf;

struct csv {
	struct buf *buf; /* borrowed */
	bool in_row;
};

/* One field, quoted where it must be; NULL is empty. Control characters other
 * than line breaks and tabs become '?': a terminal may be looking. */
void csv_add(struct csv *csv, const char *text);
void csv_end_row(struct csv *csv);
