/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table: rows and columns for a person.
 *
 * Cells are cleaned of control characters when they are added. On a terminal
 * the columns that may shrink do until the rows fit; elsewhere nothing is cut.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/scoped.h"
#include "show/style.h"

struct buf;
struct table;

struct table_column {
	const char *heading;
	bool shrinks;
};

struct table_look {
	unsigned width; /* of the terminal; 0: there is none */
	bool colored;
	unsigned indent;
};

/* The columns are borrowed. */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table *table);
DEFINE_SCOPED(struct table *, table_free)

/* The next cell, row by row; NULL and "" are shown as "-". */
void table_add(struct table *table, const char *text, enum style style);

size_t table_rows(const struct table *table);

/* The headings, and the rows; nothing where there are no rows. */
void table_write(const struct table *table, const struct table_look *look,
                 struct buf *out);

/* How many columns of a terminal text takes: wide characters two, marks that
 * stand on others none. */
size_t table_text_width(const char *text);
