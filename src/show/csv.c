/* SPDX-License-Identifier: Apache-2.0 */
#include "show/csv.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#define BREAKS "\r\n\t"

/* Runs between breaks are cleaned, breaks are kept, quotes are doubled. */
static void add_contents(struct buf *out, const char *text)
{
	scoped(string_free) char *clean = xcalloc(strlen(text) + 1, 1);

	while (*text) {
		size_t length = strcspn(text, BREAKS);
		scoped(string_free) char *run = xstrndup(text, length);

		text_clean(run, clean, length + 1);
		for (const char *at = clean; *at; at++) {
			if (*at == '"')
				buf_add_byte(out, '"');
			buf_add_byte(out, *at);
		}
		text += length;
		if (*text)
			buf_add_byte(out, *text++);
	}
}

void csv_add(struct csv *csv, const char *text)
{
	bool quoted = text && strpbrk(text, ",\"" BREAKS);

	if (csv->in_row)
		buf_add_byte(csv->buf, ',');
	csv->in_row = true;
	if (quoted)
		buf_add_byte(csv->buf, '"');
	if (text)
		add_contents(csv->buf, text);
	if (quoted)
		buf_add_byte(csv->buf, '"');
}

void csv_end_row(struct csv *csv)
{
	buf_add_text(csv->buf, "\r\n");
	csv->in_row = false;
}
