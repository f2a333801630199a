/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/ctl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "ctl/client.h"

#define LABEL_WIDTH 16

static void put_styled(struct ctl *ctl, enum style style, const char *text)
{
	bool painted = ctl->colored && style != STYLE_PLAIN;

	if (painted)
		fputs(style_begin(style), ctl->out);
	fputs(text, ctl->out);
	if (painted)
		fputs(style_end(style), ctl->out);
}

bool ctl_wants(const struct ctl *ctl, enum option option)
{
	return ctl->options->given[option];
}

void ctl_put_document(struct ctl *ctl, const struct client_answer *answer)
{
	const char *text = buf_text(&answer->body);
	size_t size = answer->body.size_bytes;

	fwrite(text, 1, size, ctl->out);
	if (!size || text[size - 1] != '\n')
		putc('\n', ctl->out);
}

void ctl_put_text(struct ctl *ctl, enum style style, const char *text)
{
	const char *shown = text ? text : "-";
	size_t size = strlen(shown) + 1;
	scoped(string_free) char *clean = xcalloc(size, 1);

	put_styled(ctl, style, text_clean(shown, clean, size));
}

void ctl_put_label(struct ctl *ctl, const char *label)
{
	put_styled(ctl, STYLE_HEADING, label);
	fprintf(ctl->out, "%*s", LABEL_WIDTH - (int)strlen(label), "");
}

void ctl_put_field(struct ctl *ctl, const char *label, const char *format, ...)
{
	scoped(string_free) char *text = NULL;
	va_list args;
	int size;

	va_start(args, format);
	size = vasprintf(&text, format, args);
	va_end(args);
	xptr(size < 0 ? NULL : text);

	ctl_put_label(ctl, label);
	ctl_put_text(ctl, STYLE_PLAIN, text);
	putc('\n', ctl->out);
}

void ctl_put_table(struct ctl *ctl, const struct table *table, unsigned indent)
{
	const struct table_look look = {
		.width = ctl->width,
		.colored = ctl->colored,
		.indent = indent,
	};
	scoped(buf_done) struct buf text;

	buf_init(&text, BUF_NO_CAP);
	table_write(table, &look, &text);
	fwrite(buf_text(&text), 1, text.size_bytes, ctl->out);
}
