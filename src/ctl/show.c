/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/outcome.h"
#include "ctl/subscription.h"
#include "ctl/verb.h"
#include "show/row.h"

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

static void put_member(struct ctl *ctl, const char *label,
                       const struct json *value, const char *key)
{
	ctl_put_field(ctl, label, "%s", or_dash(json_get_text(value, key)));
}

/* "3 h ago (2026-11-23T00:49:53Z)", or "never". */
static void put_time(struct ctl *ctl, const char *label,
                     const struct json *value, const char *key)
{
	const char *time = json_get_text(value, key);
	char age[ROW_AGE_SIZE];

	if (time)
		ctl_put_field(ctl, label, "%s (%s)",
		              row_age(ctl->now_unix_ms, time, age), time);
	else
		ctl_put_field(ctl, label, "never");
}

static void put_state(struct ctl *ctl, const struct json *row)
{
	const char *state = json_get_text(row, "state");
	const char *since = json_get_text(row, "since");
	char age[ROW_AGE_SIZE];

	ctl_put_label(ctl, "State");
	ctl_put_text(ctl, style_of_state(state), state);
	if (row_is_stale(row))
		ctl_put_text(ctl, STYLE_DOUBTFUL, ", stale");
	if (since) {
		fprintf(ctl->out, ", since ");
		ctl_put_text(ctl, STYLE_PLAIN,
		             row_age(ctl->now_unix_ms, since, age));
		fprintf(ctl->out, " (");
		ctl_put_text(ctl, STYLE_PLAIN, since);
		putc(')', ctl->out);
	}
	putc('\n', ctl->out);
}

static void put_assignment(struct ctl *ctl, const struct json *row)
{
	const struct json *assignment = json_get(row, "assignment");
	bool inherited = false;

	if (!assignment)
		return;
	(void)json_bool(json_get(assignment, "inherited"), &inherited);
	put_member(ctl, "Assignment", assignment, "id");
	ctl_put_field(ctl, "Scope", "%s%s",
	              or_dash(json_get_text(assignment, "scope")),
	              inherited ? " (inherited)" : "");
	put_member(ctl, "Definition", assignment, "definition_id");
	put_member(ctl, "Enforcement", assignment, "enforcement_mode");
	ctl_put_field(ctl, "Changed", "by %s on %s",
	              or_dash(json_get_text(row, "changed_by")),
	              or_dash(json_get_text(row, "changed_on")));
}

static void put_previous(struct ctl *ctl, const struct json *row)
{
	const struct json *previous = json_get(row, "previous");
	const char *until = json_get_text(previous, "until");
	char age[ROW_AGE_SIZE];

	if (previous)
		ctl_put_field(ctl, "Before", "%s, until %s",
		              or_dash(json_get_text(previous, "state")),
		              row_age(ctl->now_unix_ms, until, age));
}

static void put_muted(struct ctl *ctl, const struct json *row)
{
	const struct json *muted = json_get(row, "muted");

	if (muted)
		ctl_put_field(ctl, "Muted", "until %s: %s",
		              or_dash(json_get_text(muted, "until")),
		              or_dash(json_get_text(muted, "reason")));
}

static void put_error(struct ctl *ctl, const struct json *row)
{
	const struct json *error = json_get(row, "error");
	int64_t count = 0;

	if (!error)
		return;
	(void)json_int64(json_get(error, "count"), &count);
	ctl_put_field(ctl, "Error", "%s, %lld in a row: %s",
	              or_dash(json_get_text(error, "class")), (long long)count,
	              or_dash(json_get_text(error, "message")));
	put_time(ctl, "Error since", error, "since");
	put_member(ctl, "Correlation", error, "correlation_id");
}

static void put_subscription(struct ctl *ctl, const struct json *row)
{
	scoped(buf_done) struct buf caveats;

	buf_init(&caveats, BUF_NO_CAP);
	row_caveats(row, ", ", &caveats);
	put_member(ctl, "Subscription", row, "subscription_id");
	put_member(ctl, "Name", row, "name");
	ctl_put_field(ctl, "Tenant", "%s (%s)",
	              or_dash(json_get_text(row, "tenant")),
	              or_dash(json_get_text(row, "tenant_id")));
	put_member(ctl, "Azure's state", row, "subscription_state");
	put_state(ctl, row);
	put_member(ctl, "Reason", row, "reason");
	put_member(ctl, "Value", row, "value");
	ctl_put_field(ctl, "Caveats", "%s", or_dash(buf_text(&caveats)));
	put_assignment(ctl, row);
	put_previous(ctl, row);
	put_time(ctl, "Checked", row, "checked_at");
	put_muted(ctl, row);
	put_error(ctl, row);
}

int verb_show(struct ctl *ctl, struct error *error)
{
	scoped(client_answer_done) struct client_answer answer = { 0 };
	struct tally tally = { 0 };
	int r;

	r = subscription_fetch(ctl->status, ctl->options->arguments[0], &answer,
	                       error);
	if (r < 0)
		return r;
	tally_add(&tally, answer.document);
	if (ctl_wants(ctl, OPTION_JSON))
		ctl_put_document(ctl, &answer);
	else
		put_subscription(ctl, answer.document);
	return (int)tally_outcome(&tally);
}
