/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/audit_print.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "control/encode.h"
#include "core/ledger.h"

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

void audit_print(const struct ledger *ledger, enum audit_format format,
                 int64_t now_unix_ms)
{
	struct buf document __attribute__((cleanup(buf_done_scoped)));

	buf_init(&document, BUF_NO_CAP);
	write_document(ledger, now_unix_ms, &document);
	puts(buf_text(&document));
}
