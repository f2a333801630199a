/* SPDX-License-Identifier: Apache-2.0 */
#include "show/table.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#define GAP           2
#define SHRUNK_MIN    8
#define ELLIPSIS      "..."
#define ELLIPSIS_SIZE 3

struct cell {
	size_t offset; /* in texts */
	unsigned width;
	enum style style;
};

struct table {
	const struct table_column *columns;
	size_t column_count;
	struct cell *cells;
	size_t cell_count;
	size_t cell_room;
	struct buf texts; /* each ended by NUL */
};

/* Code points, first and last, that take no column, or two. */
static const struct range {
	uint32_t first;
	uint32_t last;
	unsigned width;
} ranges[] = {
	{ 0x0300, 0x036f, 0 },   { 0x200b, 0x200f, 0 }, { 0xfe00, 0xfe0f, 0 },
	{ 0x1100, 0x115f, 2 },   { 0x2e80, 0x303e, 2 }, { 0x3041, 0xa4cf, 2 },
	{ 0xac00, 0xd7a3, 2 },   { 0xf900, 0xfaff, 2 }, { 0xfe30, 0xfe6f, 2 },
	{ 0xff00, 0xff60, 2 },   { 0xffe0, 0xffe6, 2 }, { 0x1f300, 0x1faff, 2 },
	{ 0x20000, 0x3fffd, 2 },
};

static uint32_t code_point(const char *text, size_t length)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = (unsigned char)text[0] & masks[length];

	for (size_t i = 1; i < length; i++)
		code = code << 6 | ((unsigned char)text[i] & 0x3f);
	return code;
}

/* The length of the character at text, and its width; text is not empty. */
static size_t measure(const char *text, unsigned *ret_width)
{
	size_t length = text_utf8_length(text, strlen(text));
	uint32_t code;

	*ret_width = 1;
	if (!length)
		return 1;
	code = code_point(text, length);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			*ret_width = ranges[i].width;
	return length;
}

/* The bytes of text that take at most width columns, and how many they do. */
static size_t fitting_bytes(const char *text, size_t width, size_t *ret_width)
{
	size_t bytes = 0;
	unsigned taken;

	*ret_width = 0;
	while (text[bytes]) {
		size_t length = measure(text + bytes, &taken);

		if (*ret_width + taken > width)
			break;
		*ret_width += taken;
		bytes += length;
	}
	return bytes;
}

static const char *cell_text(const struct table *table, size_t index)
{
	return table->texts.data + table->cells[index].offset;
}

static void widest(const struct table *table, size_t *widths)
{
	assert(table->column_count > 0);
	for (size_t i = 0; i < table->column_count; i++)
		widths[i] = strlen(table->columns[i].heading);
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t *width = &widths[i % table->column_count];

		if (table->cells[i].width > *width)
			*width = table->cells[i].width;
	}
}

/* The widest column that may still shrink, or column_count. */
static size_t shrinkable(const struct table *table, const size_t *widths)
{
	size_t found = table->column_count;

	for (size_t i = 0; i < table->column_count; i++)
		if (table->columns[i].shrinks && widths[i] > SHRUNK_MIN &&
		    (found == table->column_count || widths[i] > widths[found]))
			found = i;
	return found;
}

static void shrink(const struct table *table, const struct table_look *look,
                   size_t *widths)
{
	size_t total = look->indent + GAP * (table->column_count - 1);
	size_t column;

	for (size_t i = 0; i < table->column_count; i++)
		total += widths[i];
	while (total > look->width) {
		column = shrinkable(table, widths);
		if (column == table->column_count)
			return;
		widths[column]--;
		total--;
	}
}

static void put_spaces(struct buf *out, size_t count)
{
	while (count--)
		buf_add_byte(out, ' ');
}

/* One text, cut to its column; nothing follows the last one of a row. */
static void put_text(struct buf *out, const char *text, size_t width,
                     bool is_last)
{
	size_t used = table_text_width(text);

	if (used <= width) {
		buf_add_text(out, text);
	} else {
		size_t bytes =
			fitting_bytes(text, width - ELLIPSIS_SIZE, &used);

		buf_add(out, text, bytes);
		buf_add_text(out, ELLIPSIS);
		used += ELLIPSIS_SIZE;
	}
	put_spaces(out, is_last ? 0 : width - used + GAP);
}

static void put_styled(struct buf *out, const struct table_look *look,
                       enum style style, const char *text, size_t width,
                       bool is_last)
{
	if (look->colored)
		buf_add_text(out, style_begin(style));
	put_text(out, text, width, is_last);
	if (look->colored)
		buf_add_text(out, style_end(style));
}

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *table = xcalloc(1, sizeof(*table));

	table->columns = columns;
	table->column_count = count;
	buf_init(&table->texts, BUF_NO_CAP);
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	buf_done(&table->texts);
	free(table->cells);
	free(table);
}

void table_add(struct table *table, const char *text, enum style style)
{
	const char *shown = text && *text ? text : "-";
	size_t size = strlen(shown) + 1;
	scoped(string_free) char *clean = xcalloc(size, 1);
	struct cell *cell;

	if (table->cell_count == table->cell_room) {
		table->cell_room = table->cell_room * 2 + 64;
		table->cells = xrealloc(table->cells, table->cell_room,
		                        sizeof(table->cells[0]));
	}
	text_clean(shown, clean, size);
	cell = &table->cells[table->cell_count++];
	cell->offset = table->texts.size_bytes;
	cell->width = (unsigned)table_text_width(clean);
	cell->style = style;
	buf_add(&table->texts, clean, strlen(clean) + 1);
}

size_t table_rows(const struct table *table)
{
	assert(table->column_count > 0);
	return table->cell_count / table->column_count;
}

void table_write(const struct table *table, const struct table_look *look,
                 struct buf *out)
{
	size_t columns = table->column_count;
	size_t *widths = xcalloc(columns, sizeof(widths[0]));

	assert(columns > 0);
	widest(table, widths);
	if (look->width)
		shrink(table, look, widths);
	for (size_t i = 0; table->cell_count && i < columns; i++) {
		put_spaces(out, i ? 0 : look->indent);
		put_styled(out, look, STYLE_HEADING, table->columns[i].heading,
		           widths[i], i + 1 == columns);
	}
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t column = i % columns;

		if (column == 0) {
			buf_add_byte(out, '\n');
			put_spaces(out, look->indent);
		}
		put_styled(out, look, table->cells[i].style,
		           cell_text(table, i), widths[column],
		           column + 1 == columns);
	}
	if (table->cell_count)
		buf_add_byte(out, '\n');
	free(widths);
}

size_t table_text_width(const char *text)
{
	size_t width = 0;
	unsigned taken;

	while (*text) {
		text += measure(text, &taken);
		width += taken;
	}
	return width;
}
