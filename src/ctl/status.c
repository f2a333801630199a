/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "core/words.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/outcome.h"
#include "ctl/pages.h"
#include "ctl/verb.h"
#include "show/row.h"

/* As many of those that are off have room on one screen. */
#define OFF_SHOWN 10

static const struct table_column off_columns[] = {
	{ "SUBSCRIPTION", false }, { "NAME", true }, { "STATE", false },
	{ "REASON", true },        { "OFF", false }, { "SINCE", true },
};

static const struct table_column tenant_columns[] = {
	{ "TENANT", true },     { "ID", true },      { "COUNT", false },
	{ "CREDENTIAL", true }, { "STATE", false },  { "EXPIRES", true },
	{ "LISTED", true },     { "PROBLEM", true },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The counts; muted ones are in none but total and muted. */
struct counts {
	int64_t total;
	int64_t enabled;
	int64_t disabled;
	int64_t absent;
	int64_t unknown;
	int64_t stale;
	int64_t muted;
};

static int64_t number(const struct json *value, const char *key)
{
	int64_t count = 0;

	(void)json_int64(json_get(value, key), &count);
	return count;
}

static int read_counts(const struct json *document, struct counts *ret_counts,
                       struct error *error)
{
	const struct json *counts = json_get(document, "subscriptions");

	if (json_type(counts) != JSON_OBJECT || !json_has(counts, "total"))
		return error_set(error, -EBADMSG,
		                 "jitd answered without counts");
	*ret_counts = (struct counts){
		.total = number(counts, "total"),
		.enabled = number(counts, "enabled"),
		.disabled = number(counts, "disabled"),
		.absent = number(counts, "absent"),
		.unknown = number(counts, "unknown"),
		.stale = number(counts, "stale"),
		.muted = number(counts, "muted"),
	};
	return 0;
}

/* Takes those that are muted out of what they would be counted in. */
static int on_muted(const struct client_answer *page, void *user,
                    struct error *error)
{
	const struct json *rows = json_get(page->document, "subscriptions");
	struct counts *counts = user;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const struct json *row = json_array_at(rows, i);
		enum state state = STATE_UNKNOWN;
		bool stale = false;

		(void)state_from_string(json_get_text(row, "state"), &state);
		(void)json_bool(json_get(row, "stale"), &stale);
		counts->enabled -= state == STATE_ENABLED;
		counts->disabled -= state == STATE_DISABLED;
		counts->absent -= state == STATE_ABSENT;
		counts->unknown -= state == STATE_UNKNOWN;
		counts->stale -= stale;
	}
	return 0;
}

static struct tally tally_of(const struct counts *counts)
{
	return (struct tally){
		.total = (size_t)counts->total,
		.off = (size_t)(counts->disabled + counts->absent),
		.unsure = (size_t)(counts->unknown + counts->stale),
	};
}

static void put_count(struct ctl *ctl, const char *mark, int64_t count,
                      const char *word, enum style style)
{
	char text[64];

	snprintf(text, sizeof(text), "%" PRId64 " %s", count, word);
	fputs(mark, ctl->out);
	ctl_put_text(ctl, count ? style : STYLE_PLAIN, text);
}

static void put_counts(struct ctl *ctl, const struct counts *counts)
{
	ctl_put_label(ctl, "Subscriptions");
	put_count(ctl, "", counts->total, "in all:", STYLE_PLAIN);
	put_count(ctl, " ", counts->enabled, "enabled", STYLE_GOOD);
	put_count(ctl, ", ", counts->disabled, "disabled", STYLE_BAD);
	put_count(ctl, ", ", counts->absent, "absent", STYLE_BAD);
	put_count(ctl, ", ", counts->unknown, "unknown", STYLE_DOUBTFUL);
	putc('\n', ctl->out);
	ctl_put_label(ctl, "");
	put_count(ctl, "", counts->stale, "stale", STYLE_DOUBTFUL);
	put_count(ctl, ", ", counts->muted, "muted", STYLE_PLAIN);
	putc('\n', ctl->out);
}

static void put_head(struct ctl *ctl, const struct json *document)
{
	const struct json *pass = json_get(document, "last_pass");
	const char *completed = json_get_text(pass, "completed_at");
	const char *version = json_get_text(document, "version");
	bool ready = false;
	char age[ROW_AGE_SIZE];

	(void)json_bool(json_get(document, "ready"), &ready);
	ctl_put_field(ctl, "jitd", "%s, started %s, %s",
	              version ? version : "of an unknown version",
	              row_age(ctl->now_unix_ms,
	                      json_get_text(document, "started_at"), age),
	              ready ? "ready"
	                    : "not ready: its first pass is not over");
	if (completed)
		ctl_put_field(ctl, "Last pass",
		              "%s: %" PRId64 " polled, %" PRId64 " failed",
		              row_age(ctl->now_unix_ms, completed, age),
		              number(pass, "polled"), number(pass, "failed"));
	else
		ctl_put_field(ctl, "Last pass", "none yet");
}

/* Why a credential is not well: a sentence, or an object with one in it. */
static const char *problem_of(const struct json *credential)
{
	const struct json *error = json_get(credential, "error");
	const char *text = json_text(error);

	return text ? text : json_get_text(error, "message");
}

static void put_tenants(struct ctl *ctl, const struct json *tenants)
{
	scoped(table_free) struct table *table =
		table_new(tenant_columns, COUNT(tenant_columns));
	char age[ROW_AGE_SIZE], digits[24];

	for (size_t i = 0; i < json_array_size(tenants); i++) {
		const struct json *tenant = json_array_at(tenants, i);
		const struct json *credential = json_get(tenant, "credential");
		const char *expires = json_get_text(credential, "expires_at");
		const char *problem = problem_of(credential);
		enum style style = problem ? STYLE_BAD : STYLE_PLAIN;

		snprintf(digits, sizeof(digits), "%" PRId64,
		         number(tenant, "subscriptions"));
		table_add(table, json_get_text(tenant, "name"), STYLE_PLAIN);
		table_add(table, json_get_text(tenant, "tenant_id"),
		          STYLE_PLAIN);
		table_add(table, digits, STYLE_PLAIN);
		table_add(table, json_get_text(credential, "kind"),
		          STYLE_PLAIN);
		table_add(table, json_get_text(credential, "state"), style);
		table_add(table,
		          expires ? row_age(ctl->now_unix_ms, expires, age)
		                  : NULL,
		          STYLE_PLAIN);
		table_add(table,
		          row_age(ctl->now_unix_ms,
		                  json_get_text(tenant, "discovered_at"), age),
		          STYLE_PLAIN);
		table_add(table, problem, style);
	}
	putc('\n', ctl->out);
	ctl_put_table(ctl, table, 0);
}

/* At most left of those that have that state. */
static int add_off(struct ctl *ctl, struct table *table, const char *state,
                   const struct counts *counts, struct error *error)
{
	scoped(client_answer_done) struct client_answer answer = { 0 };
	scoped(string_free) char *path =
		xasprintf("/v1/subscriptions?state=%s&limit=%zu%s", state,
	                  OFF_SHOWN - table_rows(table),
	                  counts->muted ? "&muted=false" : "");
	const struct json *rows;
	char age[ROW_AGE_SIZE];
	int r;

	r = client_get(ctl->status, path, &answer, error);
	if (r < 0)
		return r;
	rows = json_get(answer.document, "subscriptions");
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const struct json *row = json_array_at(rows, i);
		const char *since = json_get_text(row, "since");

		table_add(table, json_get_text(row, "subscription_id"),
		          STYLE_PLAIN);
		table_add(table, json_get_text(row, "name"), STYLE_PLAIN);
		table_add(table, state, style_of_state(state));
		table_add(table, json_get_text(row, "reason"), STYLE_PLAIN);
		table_add(table, row_age(ctl->now_unix_ms, since, age),
		          STYLE_PLAIN);
		table_add(table, since, STYLE_PLAIN);
	}
	return 0;
}

static void put_more(struct ctl *ctl, const char *state, int64_t count,
                     size_t shown)
{
	if (count > (int64_t)shown)
		fprintf(ctl->out,
		        "and %" PRId64 " more: jitd-ctl list --state %s\n",
		        count - (int64_t)shown, state);
}

/* Those that are off; the table is made before anything of it is shown. */
static int fill_off(struct ctl *ctl, struct table *table,
                    const struct counts *counts, size_t *ret_disabled,
                    struct error *error)
{
	int r = 0;

	if (counts->disabled > 0)
		r = add_off(ctl, table, "disabled", counts, error);
	*ret_disabled = table_rows(table);
	if (r == 0 && counts->absent > 0 && *ret_disabled < OFF_SHOWN)
		r = add_off(ctl, table, "absent", counts, error);
	return r;
}

static int put_screen(struct ctl *ctl, const struct json *document,
                      const struct counts *counts, struct error *error)
{
	scoped(table_free) struct table *off =
		table_new(off_columns, COUNT(off_columns));
	size_t disabled;
	int r;

	r = fill_off(ctl, off, counts, &disabled, error);
	if (r < 0)
		return r;
	put_head(ctl, document);
	put_counts(ctl, counts);
	put_tenants(ctl, json_get(document, "tenants"));
	if (table_rows(off)) {
		putc('\n', ctl->out);
		ctl_put_table(ctl, off, 0);
	}
	put_more(ctl, "disabled", counts->disabled, disabled);
	put_more(ctl, "absent", counts->absent, table_rows(off) - disabled);
	return 0;
}

int verb_status(struct ctl *ctl, struct error *error)
{
	scoped(client_answer_done) struct client_answer answer = { 0 };
	struct counts counts = { 0 };
	struct tally tally;
	int r;

	r = client_get(ctl->status, "/v1/status", &answer, error);
	if (r < 0)
		return r;
	r = read_counts(answer.document, &counts, error);
	if (r == 0 && counts.muted > 0)
		r = pages_walk(ctl->status, "/v1/subscriptions", "&muted=true",
		               on_muted, &counts, error);
	if (r < 0)
		return r;
	tally = tally_of(&counts);
	if (ctl_wants(ctl, OPTION_JSON))
		ctl_put_document(ctl, &answer);
	else
		r = put_screen(ctl, answer.document, &counts, error);
	return r < 0 ? r : (int)tally_outcome(&tally);
}
