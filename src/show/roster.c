/* SPDX-License-Identifier: Apache-2.0 */
#include "show/roster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "show/csv.h"
#include "show/row.h"

/* The members of a row as columns of CSV: inside NULL, or the object that the
 * member is in. Their names and order are an interface. */
static const struct csv_column {
	const char *heading;
	const char *inside;
	const char *key;
} csv_columns[] = {
	{ "subscription_id", NULL, "subscription_id" },
	{ "name", NULL, "name" },
	{ "tenant", NULL, "tenant" },
	{ "tenant_id", NULL, "tenant_id" },
	{ "subscription_state", NULL, "subscription_state" },
	{ "state", NULL, "state" },
	{ "reason", NULL, "reason" },
	{ "value", NULL, "value" },
	{ "caveats", NULL, "caveats" },
	{ "assignment_id", "assignment", "id" },
	{ "assignment_name", "assignment", "name" },
	{ "assignment_scope", "assignment", "scope" },
	{ "assignment_inherited", "assignment", "inherited" },
	{ "assignment_definition_id", "assignment", "definition_id" },
	{ "assignment_enforcement_mode", "assignment", "enforcement_mode" },
	{ "changed_by", NULL, "changed_by" },
	{ "changed_on", NULL, "changed_on" },
	{ "since", NULL, "since" },
	{ "checked_at", NULL, "checked_at" },
	{ "next_poll_at", NULL, "next_poll_at" },
	{ "stale", NULL, "stale" },
	{ "error_class", "error", "class" },
	{ "error_http_status", "error", "http_status" },
	{ "error_code", "error", "code" },
	{ "error_message", "error", "message" },
	{ "error_since", "error", "since" },
	{ "error_count", "error", "count" },
	{ "error_correlation_id", "error", "correlation_id" },
	{ "muted_until", "muted", "until" },
	{ "muted_reason", "muted", "reason" },
	{ "previous_state", "previous", "state" },
	{ "previous_reason", "previous", "reason" },
	{ "previous_value", "previous", "value" },
	{ "previous_until", "previous", "until" },
};
#define CSV_COLUMNS (sizeof(csv_columns) / sizeof(csv_columns[0]))

static const struct table_column table_columns[] = {
	{ "STATE", false },   { "SUBSCRIPTION", false }, { "NAME", true },
	{ "TENANT", true },   { "REASON", true },        { "SINCE", false },
	{ "CHECKED", false }, { "NOTES", true },
};
#define TABLE_COLUMNS (sizeof(table_columns) / sizeof(table_columns[0]))

struct roster {
	enum roster_format format;
	int64_t now_unix_ms;
	struct table *table;
	struct buf text; /* of CSV */
	struct csv csv;
};

static void add_csv_cell(struct roster *roster, const struct json *value)
{
	char digits[24];
	int64_t number;
	bool truth;

	if (json_bool(value, &truth) == 0) {
		csv_add(&roster->csv, truth ? "true" : "false");
	} else if (json_type(value) == JSON_NUMBER &&
	           json_int64(value, &number) == 0) {
		snprintf(digits, sizeof(digits), "%lld", (long long)number);
		csv_add(&roster->csv, digits);
	} else {
		csv_add(&roster->csv, json_text(value));
	}
}

static void add_csv(struct roster *roster, const struct json *row)
{
	scoped(buf_done) struct buf caveats;

	buf_init(&caveats, BUF_NO_CAP);
	row_caveats(row, " ", &caveats);
	for (size_t i = 0; i < CSV_COLUMNS; i++) {
		const struct csv_column *column = &csv_columns[i];
		const struct json *inside =
			column->inside ? json_get(row, column->inside) : row;

		if (strcmp(column->key, "caveats") == 0)
			csv_add(&roster->csv, buf_text(&caveats));
		else
			add_csv_cell(roster, json_get(inside, column->key));
	}
	csv_end_row(&roster->csv);
}

/* What is besides the state: "stale, muted, forbidden, partial". */
static void add_notes(struct roster *roster, const struct json *row)
{
	const char *class = json_get_text(json_get(row, "error"), "class");
	bool stale = row_is_stale(row);
	bool muted = json_get(row, "muted") != NULL;
	scoped(buf_done) struct buf notes;

	buf_init(&notes, BUF_NO_CAP);
	if (stale)
		buf_add_text(&notes, ", stale");
	if (muted)
		buf_add_text(&notes, ", muted");
	if (class)
		buf_add_format(&notes, ", %s", class);
	if (json_array_size(json_get(row, "caveats")))
		buf_add_text(&notes, ", ");
	row_caveats(row, ", ", &notes);
	table_add(roster->table, notes.size_bytes ? notes.data + 2 : NULL,
	          stale ? STYLE_DOUBTFUL : STYLE_PLAIN);
}

static void add_row(struct roster *roster, const struct json *row)
{
	const char *state = json_get_text(row, "state");
	const char *since = json_get_text(row, "since");
	char age[ROW_AGE_SIZE];

	table_add(roster->table, state, style_of_state(state));
	table_add(roster->table, json_get_text(row, "subscription_id"),
	          STYLE_PLAIN);
	table_add(roster->table, json_get_text(row, "name"), STYLE_PLAIN);
	table_add(roster->table, json_get_text(row, "tenant"), STYLE_PLAIN);
	table_add(roster->table, json_get_text(row, "reason"), STYLE_PLAIN);
	table_add(roster->table,
	          since ? row_age(roster->now_unix_ms, since, age) : NULL,
	          STYLE_PLAIN);
	table_add(roster->table,
	          row_age(roster->now_unix_ms, json_get_text(row, "checked_at"),
	                  age),
	          STYLE_PLAIN);
	add_notes(roster, row);
}

int roster_format_from_string(const char *word, enum roster_format *ret_format)
{
	static const char *const words[] = {
		[ROSTER_TABLE] = "table",
		[ROSTER_JSON] = "json",
		[ROSTER_CSV] = "csv",
	};

	for (int i = ROSTER_TABLE; i <= ROSTER_CSV; i++)
		if (strcmp(word, words[i]) == 0) {
			*ret_format = (enum roster_format)i;
			return 0;
		}
	return -EINVAL;
}

struct roster *roster_new(enum roster_format format, int64_t now_unix_ms)
{
	struct roster *roster = xcalloc(1, sizeof(*roster));

	roster->format = format;
	roster->now_unix_ms = now_unix_ms;
	roster->table = table_new(table_columns, TABLE_COLUMNS);
	buf_init(&roster->text, BUF_NO_CAP);
	roster->csv.buf = &roster->text;
	if (format == ROSTER_CSV) {
		for (size_t i = 0; i < CSV_COLUMNS; i++)
			csv_add(&roster->csv, csv_columns[i].heading);
		csv_end_row(&roster->csv);
	}
	return roster;
}

void roster_free(struct roster *roster)
{
	if (!roster)
		return;
	table_free(roster->table);
	buf_done(&roster->text);
	free(roster);
}

void roster_add(struct roster *roster, const struct json *row)
{
	switch (roster->format) {
	case ROSTER_TABLE:
		add_row(roster, row);
		break;
	case ROSTER_CSV:
		add_csv(roster, row);
		break;
	case ROSTER_JSON:
		break;
	}
}

void roster_write(const struct roster *roster, const struct table_look *look,
                  struct buf *out)
{
	if (roster->format == ROSTER_TABLE)
		table_write(roster->table, look, out);
	else
		buf_add(out, buf_text(&roster->text), roster->text.size_bytes);
}
