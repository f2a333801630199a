/* SPDX-License-Identifier: Apache-2.0 */
#include "core/world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"

#define OWN "/subscriptions/0b1f3afd-d0c9-4c3d-847f-89da613e70a8"

const struct verdict world_on = {
	.state = STATE_ENABLED,
	.reason = REASON_EXPLICIT,
	.value = "AuditIfNotExists",
	.assignment_id = OWN WORLD_ASSIGNMENTS "SecurityCenterBuiltIn",
	.assignment_name = "SecurityCenterBuiltIn",
	.scope = OWN,
	.definition_id = "/providers/one",
	.enforcement_mode = "Default",
	.changed_by = "3d82",
	.changed_on = "2026-11-01T10:20:30.1234567Z",
};

const struct verdict world_off = {
	.state = STATE_DISABLED,
	.reason = REASON_EXPLICIT,
	.value = "Disabled",
	.assignment_id = OWN WORLD_ASSIGNMENTS "SecurityCenterBuiltIn",
	.assignment_name = "SecurityCenterBuiltIn",
	.scope = OWN,
	.definition_id = "/providers/one",
	.enforcement_mode = "Default",
	.changed_by = "4e93",
	.changed_on = "2026-11-02T10:20:30.1234567Z",
};

const struct verdict world_absent = {
	.state = STATE_ABSENT,
	.reason = REASON_MISSING,
};

const struct verdict world_inherited = {
	.state = STATE_ENABLED,
	.reason = REASON_DEFAULT,
	.caveats = CAVEAT_BIT(INHERITED) | CAVEAT_BIT(UNSET),
	.inherited = true,
	.assignment_id = WORLD_GROUP WORLD_ASSIGNMENTS "Deploy",
	.assignment_name = "Deploy",
	.scope = WORLD_GROUP,
	.definition_id = "/providers/one",
	.enforcement_mode = "Default",
};

void world_begin(struct world *world, unsigned confirm)
{
	const struct ledger_policy policy = {
		.confirm = confirm,
		.stale_after_ms = WORLD_STALE_MS,
	};

	*world = (struct world){ .now_unix_ms = WORLD_START_UNIX_MS };
	world->ledger = ledger_new(&policy, world->now_unix_ms);
}

void world_end(struct world *world)
{
	world_expect_nothing(world);
	ledger_free(world->ledger);
}

const char *world_id(size_t number, char out[TEXT_GUID_SIZE])
{
	snprintf(out, TEXT_GUID_SIZE, "%08zx-0000-4000-8000-0123456789ab",
	         number & 0xffffffff);
	return out;
}

struct subscription *world_add(struct world *world, size_t number)
{
	struct intern *pool = ledger_pool(world->ledger);
	char id[TEXT_GUID_SIZE];
	struct subscription *subscription =
		ledger_restore(world->ledger, world_id(number, id));

	assert_non_null(subscription);
	subscription->name = intern_take(pool, "contoso");
	subscription->tenant = intern_take(pool, "one");
	subscription->tenant_id = intern_take(pool, "tenant-id-of-one");
	subscription->found_unix_ms = world->now_unix_ms;
	return subscription;
}

enum ledger_outcome world_read(struct world *world,
                               struct subscription *subscription,
                               const struct verdict *verdict)
{
	world->now_unix_ms += WORLD_MINUTE_MS;
	return ledger_note_verdict(world->ledger, subscription, verdict,
	                           world->now_unix_ms, &world->events);
}

void world_fail(struct world *world, struct subscription *subscription,
                enum failure_class class)
{
	struct failure failure;

	failure_set(&failure, class, "a failure of %s", subscription->id);
	failure.http_status = 400 + (int)class;
	failure_set_code(&failure, "SomeCode");
	failure_set_correlation_id(&failure, "correlation");
	world->now_unix_ms += WORLD_MINUTE_MS;
	ledger_note_failure(world->ledger, subscription, &failure,
	                    world->now_unix_ms, &world->events);
}

void world_sweep(struct world *world)
{
	ledger_sweep(world->ledger, world->now_unix_ms, &world->events);
}

struct event *world_expect(struct world *world, enum event_kind kind)
{
	struct event *event = event_list_take_first(&world->events);

	assert_non_null(event);
	assert_string_equal(event_info(event->kind)->name,
	                    event_info(kind)->name);
	assert_int_equal(event->time_unix_ms, world->now_unix_ms);
	assert_int_equal(event->seq, 0);
	return event;
}

void world_expect_nothing(const struct world *world)
{
	if (world->events.first)
		fail_msg("told: %s", world->events.first->message);
}

const char *world_field(const struct event *event, enum event_field field)
{
	return event->fields[field] ? event->fields[field] : "(none)";
}

size_t world_number(const struct event *event)
{
	return strtoul(event->fields[EVENT_FIELD_SUBSCRIPTION_ID], NULL, 16);
}
