/* SPDX-License-Identifier: Apache-2.0 */
#include "control/encode.h"

#include <errno.h>
#include <string.h>

#include "base/json_out.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/event.h"
#include "core/subscription.h"

/* A text of the record that was kept by verdict_take(). */
static void put_kept(struct json_out *out, const char *key, const char *kept,
                     const char *id)
{
	char text[VERDICT_TEXT_SIZE];

	json_put_text(out, key, verdict_text(kept, id, text));
}

static void put_caveats(struct json_out *out, unsigned caveats)
{
	json_open(out, "caveats", '[');
	for (unsigned i = 0; i < CAVEAT_COUNT; i++)
		if (caveats & 1u << i)
			json_put_text(out, NULL,
			              caveat_to_string((enum caveat)i));
	json_close(out, ']');
}

static void put_assignment(struct json_out *out, const char *id,
                           const struct verdict *verdict)
{
	if (!verdict->assignment_id) {
		json_put_null(out, "assignment");
		return;
	}
	json_open(out, "assignment", '{');
	put_kept(out, "id", verdict->assignment_id, id);
	put_kept(out, "name", verdict->assignment_name, id);
	put_kept(out, "scope", verdict->scope, id);
	json_put_bool(out, "inherited", verdict->inherited);
	json_put_text(out, "definition_id", verdict->definition_id);
	json_put_text(out, "enforcement_mode", verdict->enforcement_mode);
	json_close(out, '}');
}

static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

static void put_previous(struct json_out *out,
                         const struct subscription_previous *previous)
{
	if (previous->state == STATE_UNKNOWN) {
		json_put_null(out, "previous");
		return;
	}
	json_open(out, "previous", '{');
	json_put_text(out, "state", state_to_string(previous->state));
	json_put_text(out, "reason", reason_to_string(previous->reason));
	json_put_text(out, "value", previous->value);
	json_put_time_ms(out, "until", previous->until_unix_ms);
	json_close(out, '}');
}

static void put_number(struct json_out *out, const char *key, const char *text)
{
	bool negative = text && *text == '-';
	uint64_t number;

	if (!text || text_parse_uint64(text + negative, &number) < 0 ||
	    number > INT64_MAX) {
		json_put_null(out, key);
		return;
	}
	json_put_int64(out, key, negative ? -(int64_t)number : (int64_t)number);
}

/* Words by commas; a list is always one, be it empty. */
static void put_list(struct json_out *out, const char *key, const char *text)
{
	json_open(out, key, '[');
	while (text && *text) {
		size_t length = strcspn(text, ",");
		scoped(string_free) char *word = xstrndup(text, length);

		json_put_text(out, NULL, word);
		text += length;
		text += *text == ',';
	}
	json_close(out, ']');
}

static void put_field(struct json_out *out, enum event_field field,
                      const char *text)
{
	const struct event_field_info *info = event_field_info(field);

	switch (info->kind) {
	case EVENT_FIELD_KIND_TEXT:
		json_put_text(out, info->key, text);
		break;
	case EVENT_FIELD_KIND_NUMBER:
		put_number(out, info->key, text);
		break;
	case EVENT_FIELD_KIND_LIST:
		put_list(out, info->key, text);
		break;
	}
}

void encode_subscription(struct json_out *out,
                         const struct subscription *subscription,
                         const struct encode_context *context)
{
	const struct verdict *verdict = &subscription->verdict;
	const char *id = subscription->id;

	json_put_text(out, "subscription_id", id);
	json_put_text(out, "name", subscription->name);
	json_put_text(out, "tenant", subscription->tenant);
	json_put_text(out, "tenant_id", subscription->tenant_id);
	json_put_text(out, "subscription_state", subscription->azure_state);
	json_put_text(out, "state", state_to_string(verdict->state));
	json_put_text(out, "reason", reason_to_string(verdict->reason));
	json_put_text(out, "value", verdict->value);
	put_caveats(out, verdict->caveats);
	put_assignment(out, id, verdict);
	json_put_text(out, "changed_by", verdict->changed_by);
	json_put_text(out, "changed_on", verdict->changed_on);
	json_put_time_ms(out, "since", subscription->since_unix_ms);
	json_put_time_ms(out, "checked_at", subscription->checked_unix_ms);
	json_put_time_ms(out, "next_poll_at", context->next_poll_unix_ms);
	json_put_bool(out, "stale", context->stale);
	encode_error(out, "error", subscription->error, id);
	json_put_null(out, "muted");
	put_previous(out, &subscription->previous);
}

void encode_event(struct json_out *out, const char *key,
                  const struct event *event, bool with_version)
{
	const struct event_info *info = event_info(event->kind);

	json_open(out, key, '{');
	if (with_version)
		json_put_int64(out, "schema_version", ENCODE_SCHEMA_VERSION);
	json_put_int64(out, "seq", (int64_t)event->seq);
	json_put_time_ms(out, "time", event->time_unix_ms);
	json_put_text(out, "event", info->name);
	json_put_int64(out, "priority", info->priority);
	json_put_text(out, "message_id", info->message_id);
	json_put_text(out, "message", event->message);
	for (int i = 0; i < EVENT_FIELDS; i++)
		put_field(out, (enum event_field)i, event->fields[i]);
	json_close(out, '}');
}

void encode_error(struct json_out *out, const char *key,
                  const struct subscription_error *error,
                  const char *subscription_id)
{
	if (!error) {
		json_put_null(out, key);
		return;
	}
	json_open(out, key, '{');
	json_put_text(out, "class", failure_class_to_string(error->class));
	if (error->http_status)
		json_put_int64(out, "http_status", error->http_status);
	else
		json_put_null(out, "http_status");
	json_put_text(out, "code", or_null(error->code));
	if (*subscription_id)
		put_kept(out, "message", error->message, subscription_id);
	else
		json_put_text(out, "message", error->message);
	json_put_time_ms(out, "since", error->since_unix_ms);
	json_put_int64(out, "count", error->count);
	json_put_text(out, "correlation_id", or_null(error->correlation_id));
	json_close(out, '}');
}
