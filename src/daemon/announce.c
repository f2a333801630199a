/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/announce.h"

#include "base/error.h"
#include "core/event.h"
#include "daemon/outbox.h"

static void announce(struct outbox *outbox, struct event *taken_event)
{
	event_list_append(outbox_events(outbox), taken_event);
	outbox_wake(outbox);
}

void announce_started(struct outbox *outbox, int64_t now_unix_ms, size_t known)
{
	struct event *event = event_create(EVENT_DAEMON_STARTED, now_unix_ms);

	event_put_number(event, EVENT_FIELD_COUNT, (int64_t)known);
	event_put_message(event,
	                  "jitd %s started, with %zu subscriptions known from "
	                  "before",
	                  JITD_VERSION, known);
	announce(outbox, event);
}

void announce_stopping(struct outbox *outbox, int64_t now_unix_ms)
{
	struct event *event = event_create(EVENT_DAEMON_STOPPING, now_unix_ms);

	event_put_message(event, "jitd stops");
	announce(outbox, event);
}

void announce_reloaded(struct outbox *outbox, int64_t now_unix_ms)
{
	struct event *event = event_create(EVENT_CONFIG_RELOADED, now_unix_ms);

	event_put_message(event, "The configuration was read again");
	announce(outbox, event);
}

void announce_rejected(struct outbox *outbox, int64_t now_unix_ms,
                       const struct error *error)
{
	struct event *event = event_create(EVENT_CONFIG_REJECTED, now_unix_ms);

	event_put_message(event,
	                  "The new configuration was refused, the old one "
	                  "stays: %s",
	                  error->text);
	announce(outbox, event);
}

void announce_quarantined(struct outbox *outbox, int64_t now_unix_ms,
                          const char *path)
{
	struct event *event =
		event_create(EVENT_STATE_QUARANTINED, now_unix_ms);

	event_put_message(event,
	                  "The state file was damaged; it was set aside as %s, "
	                  "and an empty one was begun",
	                  path);
	announce(outbox, event);
}
