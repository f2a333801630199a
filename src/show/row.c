/* SPDX-License-Identifier: Apache-2.0 */
#include "show/row.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"

bool row_is_stale(const struct json *row)
{
	bool stale = false;

	(void)json_bool(json_get(row, "stale"), &stale);
	return stale;
}

void row_caveats(const struct json *row, const char *mark, struct buf *out)
{
	const struct json *caveats = json_get(row, "caveats");

	for (size_t i = 0; i < json_array_size(caveats); i++) {
		const char *caveat = json_text(json_array_at(caveats, i));

		buf_add_format(out, "%s%s", i ? mark : "",
		               caveat ? caveat : "?");
	}
}

const char *row_age(int64_t now_unix_ms, const char *time,
                    char out[ROW_AGE_SIZE])
{
	char age[TEXT_DURATION_SIZE];
	int64_t unix_ms, ago_ms;

	if (!time || text_parse_time_ms(time, &unix_ms) < 0)
		return "never";
	ago_ms = now_unix_ms - unix_ms;
	if (ago_ms < 0)
		snprintf(out, ROW_AGE_SIZE, "in %s",
		         text_format_age_ms(-ago_ms, age));
	else
		snprintf(out, ROW_AGE_SIZE, "%s ago",
		         text_format_age_ms(ago_ms, age));
	return out;
}
