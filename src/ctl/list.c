/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/json_slice.h"
#include "base/mem.h"
#include "base/text.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/outcome.h"
#include "ctl/pages.h"
#include "ctl/verb.h"
#include "show/roster.h"

struct list {
	struct ctl *ctl;
	enum roster_format format;
	struct tally tally;
	struct roster *roster;
	struct buf text; /* of JSON */
};

static int choose_format(const struct options *options,
                         enum roster_format *ret_format, struct error *error)
{
	bool json = options->given[OPTION_JSON];
	const char *word = options->text[OPTION_FORMAT];

	*ret_format = json ? ROSTER_JSON : ROSTER_TABLE;
	if (!word)
		return 0;
	if (roster_format_from_string(word, ret_format) < 0)
		return error_set(error, -EINVAL,
		                 "--format: '%s' is not table, json or csv",
		                 word);
	if (json && *ret_format != ROSTER_JSON)
		return error_set(error, -EINVAL,
		                 "--json and --format %s exclude each other",
		                 word);
	return 0;
}

static void add_json(struct list *list, const struct client_answer *page)
{
	struct json_slice rows =
		json_slice_array(buf_text(&page->body), "subscriptions");

	if (rows.size_bytes && list->text.size_bytes)
		buf_add_byte(&list->text, ',');
	buf_add(&list->text, rows.text, rows.size_bytes);
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
		roster_add(list->roster, row);
	}
	if (list->format == ROSTER_JSON)
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
	const struct table_look look = {
		.width = ctl->width,
		.colored = ctl->colored,
	};

	if (list->format == ROSTER_JSON)
		fprintf(ctl->out, "{\"schema_version\":1,\"subscriptions\":[");
	else
		roster_write(list->roster, &look, &list->text);
	fwrite(buf_text(&list->text), 1, list->text.size_bytes, ctl->out);
	if (list->format == ROSTER_JSON)
		fprintf(ctl->out, "],\"next\":null}\n");
}

int verb_list(struct ctl *ctl, struct error *error)
{
	scoped(string_free) char *filter = filter_of(ctl->options);
	scoped(roster_free) struct roster *roster = NULL;
	struct list list = { .ctl = ctl };
	int r;

	r = choose_format(ctl->options, &list.format, error);
	if (r < 0)
		return r;
	roster = roster_new(list.format, ctl->now_unix_ms);
	list.roster = roster;
	buf_init(&list.text, BUF_NO_CAP);
	r = pages_walk(ctl->status, "/v1/subscriptions", filter, on_page, &list,
	               error);
	if (r == 0) {
		put_list(&list);
		r = (int)tally_outcome(&list.tally);
	}
	buf_done(&list.text);
	return r;
}
