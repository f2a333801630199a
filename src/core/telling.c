/* SPDX-License-Identifier: Apache-2.0 */
#include "core/telling.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "core/event.h"
#include "core/subscription.h"

/* The most of a name that a peer gave: the sentence must keep its end. */
#define NAME_SIZE 160

#define GROUP_PREFIX "/providers/Microsoft.Management/managementGroups/"

static void set_time(struct event *event, enum event_field field,
                     int64_t unix_ms)
{
	char text[TEXT_TIME_SIZE];

	if (unix_ms)
		event_put(event, field, text_format_time_ms(unix_ms, text));
}

static void set_kept(struct event *event, enum event_field field,
                     const char *kept, const char *subscription_id)
{
	char text[VERDICT_TEXT_SIZE];

	event_put(event, field, verdict_text(kept, subscription_id, text));
}

static struct event *event_about(enum event_kind kind,
                                 const struct subscription *subscription,
                                 int64_t now_unix_ms)
{
	struct event *event = event_create(kind, now_unix_ms);

	event_put(event, EVENT_FIELD_SUBSCRIPTION_ID, subscription->id);
	event_put(event, EVENT_FIELD_SUBSCRIPTION_NAME, subscription->name);
	event_put(event, EVENT_FIELD_TENANT_ID, subscription->tenant_id);
	return event;
}

static void set_state(struct event *event, const struct subscription *about)
{
	event_put(event, EVENT_FIELD_STATE,
	          state_to_string(about->verdict.state));
}

static void set_verdict(struct event *event, const struct subscription *about,
                        const struct verdict *before)
{
	const struct verdict *verdict = &about->verdict;
	char caveats[CAVEATS_TEXT_SIZE];

	set_state(event, about);
	if (before->state != STATE_UNKNOWN)
		event_put(event, EVENT_FIELD_PREVIOUS_STATE,
		          state_to_string(before->state));
	event_put(event, EVENT_FIELD_REASON, reason_to_string(verdict->reason));
	event_put(event, EVENT_FIELD_VALUE, verdict->value);
	event_put(event, EVENT_FIELD_PREVIOUS_VALUE, before->value);
	if (verdict->caveats)
		event_put(event, EVENT_FIELD_CAVEATS,
		          caveats_to_string(verdict->caveats, caveats));
	set_kept(event, EVENT_FIELD_ASSIGNMENT_ID, verdict->assignment_id,
	         about->id);
	set_kept(event, EVENT_FIELD_SCOPE, verdict->scope, about->id);
	event_put(event, EVENT_FIELD_CHANGED_BY, verdict->changed_by);
	event_put(event, EVENT_FIELD_CHANGED_ON, verdict->changed_on);
	set_time(event, EVENT_FIELD_SINCE, about->since_unix_ms);
}

/* "subscription contoso-prod (0b1f...)" without the first word. */
static void add_subscription(struct buf *out, const struct subscription *about)
{
	char name[NAME_SIZE];

	if (about->name)
		buf_add_format(out, "%s (%s)",
		               text_clean(about->name, name, sizeof(name)),
		               about->id);
	else
		buf_add_text(out, about->id);
}

/* A name or id as verdict_take() kept it, fit for a sentence. */
static const char *shown(const char *kept, const char *subscription_id,
                         char out[NAME_SIZE])
{
	char text[VERDICT_TEXT_SIZE];

	return text_clean(verdict_text(kept, subscription_id, text), out,
	                  NAME_SIZE);
}

static void add_assignment(struct buf *out, const struct verdict *verdict,
                           const char *subscription_id)
{
	char text[NAME_SIZE];

	if (verdict->assignment_name)
		buf_add_text(out, shown(verdict->assignment_name,
		                        subscription_id, text));
	else
		buf_add_text(out, "the assignment");
	if (!verdict->inherited || !verdict->scope)
		return;

	shown(verdict->scope, subscription_id, text);
	if (text_starts_nocase(text, GROUP_PREFIX))
		buf_add_format(out, " of management group %s",
		               text + strlen(GROUP_PREFIX));
	else
		buf_add_format(out, " of %s", text);
}

static void add_default_cause(struct buf *out, const struct verdict *verdict)
{
	if (!(verdict->caveats & CAVEAT_BIT(UNSET)))
		buf_add_text(out, " assigns an initiative that has it on");
	else if (verdict->state == STATE_ENABLED)
		buf_add_text(out, " leaves it unset, which means on");
	else
		buf_add_text(out, " leaves it unset, which counts as off by"
		                  " [policy] unset = disabled");
}

static void add_missing_cause(struct buf *out, const struct verdict *verdict)
{
	if (verdict->caveats & CAVEAT_BIT(FOREIGN_DEFINITION))
		buf_add_text(out,
		             "SecurityCenterBuiltIn points at an initiative "
		             "that is not Defender for Cloud's, and ");
	buf_add_text(out, "no assignment of Defender for Cloud's initiative "
	                  "reaches it");
}

/* Why the state is what it is: a clause of its own. */
static void add_cause(struct buf *out, const struct verdict *verdict,
                      const char *subscription_id)
{
	if (verdict->reason == REASON_MISSING) {
		add_missing_cause(out, verdict);
		return;
	}
	add_assignment(out, verdict, subscription_id);
	switch (verdict->reason) {
	case REASON_EXPLICIT:
		buf_add_format(out, " says %s", verdict->value);
		break;
	case REASON_DEFAULT:
		add_default_cause(out, verdict);
		break;
	case REASON_OVERRIDE:
		buf_add_format(out, " overrides it%s%s",
		               verdict->value ? " with " : "",
		               verdict->value ? verdict->value : "");
		break;
	case REASON_NOT_SCOPES:
		buf_add_text(out, " leaves it out by notScopes");
		break;
	case REASON_RESOURCE_SELECTORS:
		buf_add_text(out, " leaves virtual machines out by"
		                  " resourceSelectors");
		break;
	case REASON_EXEMPT:
		buf_add_text(out, " does not count, by an exemption");
		break;
	case REASON_NONE:
	case REASON_MISSING:
	case REASON_COUNT:
		break;
	}
}

static void add_author(struct buf *out, const struct verdict *verdict)
{
	char text[NAME_SIZE], time[TEXT_TIME_SIZE];
	int64_t unix_ms;

	if (!verdict->changed_by && !verdict->changed_on)
		return;
	buf_add_text(out, ", changed");
	if (verdict->changed_by)
		buf_add_format(
			out, " by %s",
			text_clean(verdict->changed_by, text, sizeof(text)));
	if (!verdict->changed_on)
		return;
	if (text_parse_time_ms(verdict->changed_on, &unix_ms) == 0)
		text_format_time_ms(unix_ms / 1000 * 1000, time);
	else
		text_clean(verdict->changed_on, time, sizeof(time));
	buf_add_format(out, " on %s", time);
}

static enum event_kind kind_of(enum state now, enum state before)
{
	if (now == before)
		return EVENT_MONITORING_CHANGED;
	switch (now) {
	case STATE_DISABLED:
		return EVENT_MONITORING_DISABLED;
	case STATE_ABSENT:
		return EVENT_MONITORING_ABSENT;
	case STATE_ENABLED:
	case STATE_UNKNOWN:
	case STATE_COUNT:
		break;
	}
	return EVENT_MONITORING_ENABLED;
}

/* What a person calls the state that it is in now. */
static const char *headline(enum state now, enum state before)
{
	switch (now) {
	case STATE_ENABLED:
		return before == now ? "on" : "on again";
	case STATE_DISABLED:
		return "off";
	case STATE_ABSENT:
		return before == STATE_UNKNOWN || before == now
		               ? "not assigned"
		               : "no longer assigned";
	case STATE_UNKNOWN:
	case STATE_COUNT:
		break;
	}
	return "unknown";
}

static void add_caveats(struct buf *out, unsigned caveats)
{
	char text[CAVEATS_TEXT_SIZE];

	caveats_to_string(caveats, text);
	buf_add_format(out, " (caveats: %s)", *text ? text : "none");
}

/* The state is another one than before. */
static void add_new_state(struct buf *out, const struct subscription *about,
                          const struct verdict *before)
{
	const struct verdict *now = &about->verdict;

	if (now->state == STATE_DISABLED && before->state == STATE_ENABLED)
		buf_add_text(out, "JIT monitoring was turned off");
	else
		buf_add_format(out, "JIT monitoring is %s",
		               headline(now->state, before->state));
	buf_add_text(out, " in subscription ");
	add_subscription(out, about);
	buf_add_text(out, ": ");
	add_cause(out, now, about->id);
	add_author(out, now);
}

/* The state is the same, by another cause. */
static void add_new_cause(struct buf *out, const struct subscription *about,
                          const struct verdict *before)
{
	const struct verdict *now = &about->verdict;
	bool caveats_differ = now->caveats != before->caveats;

	buf_add_format(out, "JIT monitoring is still %s in subscription ",
	               headline(now->state, now->state));
	add_subscription(out, about);
	buf_add_text(out, ", but not as before: ");
	add_cause(out, now, about->id);
	if (caveats_differ)
		add_caveats(out, now->caveats);
	add_author(out, now);
	buf_add_text(out, "; before: ");
	add_cause(out, before, about->id);
	if (caveats_differ)
		add_caveats(out, before->caveats);
}

static void add_error(struct buf *out, const struct subscription_error *error)
{
	if (!error) {
		buf_add_text(out, "no poll has ended since");
		return;
	}
	buf_add_format(out, "the last error is %s",
	               failure_class_to_string(error->class));
	if (error->http_status)
		buf_add_format(out, ", HTTP status %d", error->http_status);
	if (error->code)
		buf_add_format(out, ", code %s", error->code);
}

static void set_error(struct event *event,
                      const struct subscription_error *error)
{
	if (!error)
		return;
	event_put(event, EVENT_FIELD_ERROR_CLASS,
	          failure_class_to_string(error->class));
	if (error->http_status)
		event_put_number(event, EVENT_FIELD_HTTP_STATUS,
		                 error->http_status);
	event_put(event, EVENT_FIELD_ERROR_CODE, error->code);
	event_put(event, EVENT_FIELD_CORRELATION_ID, error->correlation_id);
}

struct event *telling_of_verdict(const struct subscription *subscription,
                                 const struct verdict *before,
                                 int64_t now_unix_ms)
{
	scoped(buf_done) struct buf out;
	struct event *event;

	buf_init(&out, BUF_NO_CAP);
	if (subscription->verdict.state == before->state)
		add_new_cause(&out, subscription, before);
	else
		add_new_state(&out, subscription, before);

	event = event_about(kind_of(subscription->verdict.state, before->state),
	                    subscription, now_unix_ms);
	set_verdict(event, subscription, before);
	event_put_message(event, "%s", buf_text(&out));
	return event;
}

struct event *telling_of_stale(const struct subscription *subscription,
                               int64_t now_unix_ms)
{
	char since[TEXT_TIME_SIZE];
	scoped(buf_done) struct buf out;
	struct event *event;

	buf_init(&out, BUF_NO_CAP);
	buf_add_text(&out, "Subscription ");
	add_subscription(&out, subscription);
	if (subscription->checked_unix_ms)
		buf_add_format(&out, " has not been read since %s",
		               text_format_time_ms(
				       subscription->checked_unix_ms, since));
	else
		buf_add_text(&out, " could not be read even once");
	buf_add_text(&out, ": ");
	add_error(&out, subscription->error);
	buf_add_format(&out, "; the last known state is %s",
	               state_to_string(subscription->verdict.state));

	event = event_about(EVENT_SUBSCRIPTION_STALE, subscription,
	                    now_unix_ms);
	set_state(event, subscription);
	set_error(event, subscription->error);
	set_time(event, EVENT_FIELD_SINCE, subscription->checked_unix_ms);
	event_put_message(event, "%s", buf_text(&out));
	return event;
}

struct event *telling_of_fresh(const struct subscription *subscription,
                               int64_t now_unix_ms)
{
	char since[TEXT_TIME_SIZE];
	scoped(buf_done) struct buf out;
	struct event *event;

	buf_init(&out, BUF_NO_CAP);
	buf_add_text(&out, "Subscription ");
	add_subscription(&out, subscription);
	buf_add_text(&out, " can be read again");
	if (subscription->checked_unix_ms)
		buf_add_format(&out, "; the last time before was %s",
		               text_format_time_ms(
				       subscription->checked_unix_ms, since));

	event = event_about(EVENT_SUBSCRIPTION_FRESH, subscription,
	                    now_unix_ms);
	set_state(event, subscription);
	set_time(event, EVENT_FIELD_SINCE, subscription->checked_unix_ms);
	event_put_message(event, "%s", buf_text(&out));
	return event;
}

struct event *telling_of_found(const struct subscription *subscription,
                               int64_t now_unix_ms)
{
	scoped(buf_done) struct buf out;
	struct event *event;

	buf_init(&out, BUF_NO_CAP);
	add_subscription(&out, subscription);
	event = event_about(EVENT_SUBSCRIPTION_FOUND, subscription,
	                    now_unix_ms);
	event_put_message(event,
	                  "Subscription %s was found in tenant %s and is "
	                  "watched from now on",
	                  buf_text(&out), subscription->tenant);
	return event;
}

struct event *telling_of_lost(const struct subscription *subscription,
                              const char *why, int64_t now_unix_ms)
{
	scoped(buf_done) struct buf out;
	struct event *event;

	buf_init(&out, BUF_NO_CAP);
	add_subscription(&out, subscription);
	event = event_about(EVENT_SUBSCRIPTION_LOST, subscription, now_unix_ms);
	set_state(event, subscription);
	event_put_message(event,
	                  "Subscription %s is not watched any more: %s; its "
	                  "last known state was %s",
	                  buf_text(&out), why,
	                  state_to_string(subscription->verdict.state));
	return event;
}
