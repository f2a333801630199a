/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world: a ledger, the events that it told, and a clock, for its tests.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ledger.h"

#define WORLD_START_UNIX_MS INT64_C(1795000000000)
#define WORLD_MINUTE_MS     INT64_C(60000)
#define WORLD_STALE_MS      (15 * WORLD_MINUTE_MS)

#define WORLD_ASSIGNMENTS \
	"/providers/Microsoft.Authorization/policyAssignments/"
#define WORLD_GROUP "/providers/Microsoft.Management/managementGroups/alz"

struct world {
	struct ledger *ledger;
	struct event_list events;
	int64_t now_unix_ms;
};

void world_begin(struct world *world, unsigned confirm);

/* Fails the test where an event was not expected. */
void world_end(struct world *world);

/* The id of the subscription of that number, in the order of the numbers. */
const char *world_id(size_t number, char out[TEXT_GUID_SIZE]);

/* Found now, never read, clean; its name is "contoso", its tenant "one". */
struct subscription *world_add(struct world *world, size_t number);

/* Polls a minute later. */
enum ledger_outcome world_read(struct world *world,
                               struct subscription *subscription,
                               const struct verdict *verdict);
void world_fail(struct world *world, struct subscription *subscription,
                enum failure_class class);
void world_sweep(struct world *world);

/* The next event, which must be of that kind; event_destroy() it. */
struct event *world_expect(struct world *world, enum event_kind kind);
void world_expect_nothing(const struct world *world);
const char *world_field(const struct event *event, enum event_field field);

/* The number of the event's subscription. */
size_t world_number(const struct event *event);

/* What SecurityCenterBuiltIn of a subscription may say; and nothing at all.
 * The assignment is of no subscription that world_id() makes. */
extern const struct verdict world_on;
extern const struct verdict world_off;
extern const struct verdict world_absent;

/* On, by one that is inherited. */
extern const struct verdict world_inherited;
