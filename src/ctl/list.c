/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "ctl/client.h"
#include "ctl/csv.h"
#include "ctl/ctl.h"
#include "ctl/outcome.h"
#include "ctl/pages.h"
#include "ctl/slice.h"
#include "ctl/subscription.h"
#include "ctl/verb.h"

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

enum list_format {
	LIST_TABLE,
	LIST_JSON,
	LIST_CSV,
};

struct list {
	struct ctl *ctl;
	enum list_format format;
	struct tally tally;
	struct table *table;
	struct buf text; /* of JSON and CSV */
	struct csv csv;
};

static int format_from_string(const char *word, enum list_format *ret_format)
{
	static const char *const words[] = {
		[LIST_TABLE] = "table",
		[LIST_JSON] = "json",
		[LIST_CSV] = "csv",
	};

	for (int i = LIST_TABLE; i <= LIST_CSV; i++)
		if (strcmp(word, words[i]) == 0) {
			*ret_format = (enum list_format)i;
			return 0;
		}
	return -EINVAL;
}

static int choose_format(const struct options *options,
                         enum list_format *ret_format, struct error *error)
{
	bool json = options->given[OPTION_JSON];
	const char *word = options->text[OPTION_FORMAT];

	*ret_format = json ? LIST_JSON : LIST_TABLE;
	if (!word)
		return 0;
	if (format_from_string(word, ret_format) < 0)
		return error_set(error, -EINVAL,
		                 "--format: '%s' is not table, json or csv",
		                 word);
	if (json && *ret_format != LIST_JSON)
		return error_set(error, -EINVAL,
		                 "--json and --format %s exclude each other",
		                 word);
	return 0;
}

static void add_json(struct list *list, const struct client_answer *page)
{
	struct slice rows =
		slice_of_array(buf_text(&page->body), "subscriptions");

	if (rows.size_bytes && list->text.size_bytes)
		buf_add_byte(&list->text, ',');
	buf_add(&list->text, rows.text, rows.size_bytes);
}

static void add_csv_cell(struct list *list, const struct json *value)
{
	char digits[24];
	int64_t number;
	bool truth;

	if (json_bool(value, &truth) == 0) {
		csv_add(&list->csv, truth ? "true" : "false");
	} else if (json_type(value) == JSON_NUMBER &&
	           json_int64(value, &number) == 0) {
		snprintf(digits, sizeof(digits), "%lld", (long long)number);
		csv_add(&list->csv, digits);
	} else {
		csv_add(&list->csv, json_text(value));
	}
}

static void add_csv(struct list *list, const struct json *row)
{
	scoped(buf_done) struct buf caveats;

	buf_init(&caveats, BUF_NO_CAP);
	subscription_caveats(row, " ", &caveats);
	for (size_t i = 0; i < CSV_COLUMNS; i++) {
		const struct csv_column *column = &csv_columns[i];
		const struct json *inside =
			column->inside ? json_get(row, column->inside) : row;

		if (strcmp(column->key, "caveats") == 0)
			csv_add(&list->csv, buf_text(&caveats));
		else
			add_csv_cell(list, json_get(inside, column->key));
	}
	csv_end_row(&list->csv);
}

/* What is besides the state: "stale, muted, forbidden, partial". */
static void add_notes(struct list *list, const struct json *row)
{
	const char *class = json_get_text(json_get(row, "error"), "class");
	bool stale = subscription_is_stale(row);
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
	subscription_caveats(row, ", ", &notes);
	table_add(list->table, notes.size_bytes ? notes.data + 2 : NULL,
	          stale ? STYLE_DOUBTFUL : STYLE_PLAIN);
}

static void add_row(struct list *list, const struct json *row)
{
	const struct ctl *ctl = list->ctl;
	const char *state = json_get_text(row, "state");
	const char *since = json_get_text(row, "since");
	char age[CTL_AGE_SIZE];

	table_add(list->table, state, style_of_state(state));
	table_add(list->table, json_get_text(row, "subscription_id"),
	          STYLE_PLAIN);
	table_add(list->table, json_get_text(row, "name"), STYLE_PLAIN);
	table_add(list->table, json_get_text(row, "tenant"), STYLE_PLAIN);
	table_add(list->table, json_get_text(row, "reason"), STYLE_PLAIN);
	table_add(list->table, since ? ctl_age(ctl, since, age) : NULL,
	          STYLE_PLAIN);
	table_add(list->table,
	          ctl_age(ctl, json_get_text(row, "checked_at"), age),
	          STYLE_PLAIN);
	add_notes(list, row);
}

static int on_page(const struct client_answer *page, void *user,
                   struct error *error)
{
	const struct json *rows = json_get(page->document, "subscriptions");
	struct list *list = user;

	if (json_type(rows) != JSON_ARRAY)
		return error_set(error, -EBADMSG,
		                 "jitd answered without a list of "
		                 "subscriptions");
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const struct json *row = json_array_at(rows, i);

		tally_add(&list->tally, row);
		if (list->format == LIST_CSV)
			add_csv(list, row);
		else if (list->format == LIST_TABLE)
			add_row(list, row);
	}
	if (list->format == LIST_JSON)
		add_json(list, page);
	return 0;
}

static char *filter_of(const struct options *options)
{
	const char *state = options->text[OPTION_STATE];
	const char *tenant = options->text[OPTION_TENANT];
	scoped(string_free) char *encoded = NULL;
	struct buf filter;

	buf_init(&filter, BUF_NO_CAP);
	if (state)
		buf_add_format(&filter, "&state=%s", state);
	if (tenant) {
		encoded = text_percent_encode(tenant, strlen(tenant));
		buf_add_format(&filter, "&tenant=%s", encoded);
	}
	if (options->given[OPTION_STALE])
		buf_add_text(&filter, "&stale=true");
	return buf_steal(&filter);
}

static void put_list(struct list *list)
{
	struct ctl *ctl = list->ctl;

	switch (list->format) {
	case LIST_TABLE:
		ctl_put_table(ctl, list->table, 0);
		break;
	case LIST_JSON:
		fprintf(ctl->out, "{\"schema_version\":1,\"subscriptions\":[");
		fwrite(buf_text(&list->text), 1, list->text.size_bytes,
		       ctl->out);
		fprintf(ctl->out, "],\"next\":null}\n");
		break;
	case LIST_CSV:
		fwrite(buf_text(&list->text), 1, list->text.size_bytes,
		       ctl->out);
		break;
	}
}

int verb_list(struct ctl *ctl, struct error *error)
{
	scoped(string_free) char *filter = filter_of(ctl->options);
	scoped(table_free) struct table *table =
		table_new(table_columns, TABLE_COLUMNS);
	struct list list = { .ctl = ctl, .table = table };
	int r;

	r = choose_format(ctl->options, &list.format, error);
	if (r < 0)
		return r;
	buf_init(&list.text, BUF_NO_CAP);
	list.csv.buf = &list.text;
	if (list.format == LIST_CSV) {
		for (size_t i = 0; i < CSV_COLUMNS; i++)
			csv_add(&list.csv, csv_columns[i].heading);
		csv_end_row(&list.csv);
	}
	r = pages_walk(ctl->status, "/v1/subscriptions", filter, on_page, &list,
	               error);
	if (r == 0) {
		put_list(&list);
		r = (int)tally_outcome(&list.tally);
	}
	buf_done(&list.text);
	return r;
}
