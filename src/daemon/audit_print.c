/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/audit_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/json_slice.h"
#include "control/encode.h"
#include "core/ledger.h"
#include "show/style.h"

static void write_document(const struct ledger *ledger, int64_t now_unix_ms,
                           struct buf *buf)
{
	struct json_out out = { .buf = buf };

	json_open(&out, NULL, '{');
	json_put_int64(&out, "schema_version", 1);
	json_open(&out, "subscriptions", '[');
	for (size_t i = 0; i < ledger_count(ledger); i++) {
		const struct subscription *subscription = ledger_at(ledger, i);
		const struct encode_context context = {
			.stale = ledger_is_stale(ledger, subscription,
			                         now_unix_ms),
		};

		json_open(&out, NULL, '{');
		encode_subscription(&out, subscription, &context);
		json_close(&out, '}');
	}
	json_close(&out, ']');
	json_put_null(&out, "next");
	json_close(&out, '}');
}

/* Of the terminal that stdout is; 0: it is none. */
static unsigned terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

/* What the document says, as jitd-ctl list would show it. */
static void print_rows(const struct buf *document, enum roster_format format,
                       int64_t now_unix_ms)
{
	scoped(roster_free) struct roster *roster =
		roster_new(format, now_unix_ms);
	struct json_slice rest =
		json_slice_array(buf_text(document), "subscriptions");
	struct json_slice slice;
	struct table_look look = {
		.width = terminal_width(),
		.colored = style_is_wanted(STYLE_AUTO, isatty(STDOUT_FILENO),
		                           getenv("NO_COLOR"), getenv("TERM")),
	};
	scoped(buf_done) struct buf text;

	while (json_slice_next(&rest, &slice, NULL) > 0) {
		scoped(json_free) struct json *row = NULL;

		if (json_parse(slice.text, slice.size_bytes, &row, NULL) == 0)
			roster_add(roster, row);
	}
	buf_init(&text, BUF_NO_CAP);
	roster_write(roster, &look, &text);
	fputs(buf_text(&text), stdout);
}

void audit_print(const struct ledger *ledger, enum roster_format format,
                 int64_t now_unix_ms)
{
	scoped(buf_done) struct buf document;

	buf_init(&document, BUF_NO_CAP);
	write_document(ledger, now_unix_ms, &document);
	if (format == ROSTER_JSON)
		puts(buf_text(&document));
	else
		print_rows(&document, format, now_unix_ms);
}
