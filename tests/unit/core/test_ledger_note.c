/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/intern.h"
#include "core/world.h"

#define FIELD(event, name) world_field(event, EVENT_FIELD_##name)

/* A world with one subscription that is known to be so. */
static struct subscription *begin_with(struct world *world, unsigned confirm,
                                       const struct verdict *verdict)
{
	const struct ledger_policy at_once = {
		.stale_after_ms = WORLD_STALE_MS,
	};
	const struct ledger_policy policy = {
		.confirm = confirm,
		.stale_after_ms = WORLD_STALE_MS,
	};
	struct subscription *one;

	world_begin(world, confirm);
	one = world_add(world, 1);
	ledger_set_policy(world->ledger, &at_once);
	assert_int_equal(world_read(world, one, verdict), LEDGER_SETTLED);
	ledger_set_policy(world->ledger, &policy);
	event_list_clear(&world->events);
	ledger_take_dirty(world->ledger, true);
	assert_false(ledger_has_dirty(world->ledger, true));
	return one;
}

static void enabled_at_first_sight_is_silent_and_at_once(void **state)
{
	struct world world;
	struct subscription *one;
	char text[VERDICT_TEXT_SIZE];

	world_begin(&world, 3);
	one = world_add(&world, 1);
	assert_int_equal(world_read(&world, one, &world_on), LEDGER_SETTLED);
	assert_int_equal(one->verdict.state, STATE_ENABLED);
	assert_int_equal(one->verdict.reason, REASON_EXPLICIT);
	assert_string_equal(one->verdict.value, "AuditIfNotExists");
	assert_string_equal(
		verdict_text(one->verdict.assignment_id, one->id, text),
		world_on.assignment_id);
	assert_int_equal(one->since_unix_ms, world.now_unix_ms);
	assert_int_equal(one->checked_unix_ms, world.now_unix_ms);
	assert_int_equal(one->previous.state, STATE_UNKNOWN);
	assert_true(one->tried);
	assert_ptr_equal(ledger_take_dirty(world.ledger, false), one);
	world_end(&world);
}

static void disabled_at_first_sight_is_read_again_and_told(void **state)
{
	struct world world;
	struct subscription *one;
	struct event *event;

	world_begin(&world, 1);
	one = world_add(&world, 1);
	assert_int_equal(world_read(&world, one, &world_off), LEDGER_CONFIRM);
	assert_int_equal(one->verdict.state, STATE_UNKNOWN);
	assert_int_equal(one->verdict.reason, REASON_NONE);
	assert_null(one->verdict.value);
	assert_int_equal(one->checked_unix_ms, world.now_unix_ms);
	assert_false(one->tried);
	world_expect_nothing(&world);

	assert_int_equal(world_read(&world, one, &world_off), LEDGER_SETTLED);
	assert_true(one->tried);
	event = world_expect(&world, EVENT_MONITORING_DISABLED);
	assert_string_equal(FIELD(event, SUBSCRIPTION_ID), one->id);
	assert_string_equal(FIELD(event, SUBSCRIPTION_NAME), "contoso");
	assert_string_equal(FIELD(event, TENANT_ID), "tenant-id-of-one");
	assert_string_equal(FIELD(event, STATE), "disabled");
	assert_string_equal(FIELD(event, PREVIOUS_STATE), "(none)");
	assert_string_equal(FIELD(event, REASON), "explicit");
	assert_string_equal(FIELD(event, VALUE), "Disabled");
	assert_string_equal(FIELD(event, PREVIOUS_VALUE), "(none)");
	assert_string_equal(FIELD(event, CAVEATS), "(none)");
	assert_string_equal(FIELD(event, ASSIGNMENT_ID),
	                    world_off.assignment_id);
	assert_string_equal(FIELD(event, SCOPE), world_off.scope);
	assert_string_equal(FIELD(event, CHANGED_BY), "4e93");
	assert_string_equal(FIELD(event, CHANGED_ON), world_off.changed_on);
	assert_string_not_equal(FIELD(event, SINCE), "(none)");
	assert_string_equal(FIELD(event, ERROR_CLASS), "(none)");
	assert_string_equal(FIELD(event, COUNT), "(none)");
	event_destroy(event);
	assert_int_equal(one->previous.state, STATE_UNKNOWN);
	assert_int_equal(one->since_unix_ms, world.now_unix_ms);
	world_end(&world);
}

static void absent_at_first_sight_is_told(void **state)
{
	struct world world;
	struct subscription *one;
	struct event *event;

	world_begin(&world, 0);
	one = world_add(&world, 1);
	assert_int_equal(world_read(&world, one, &world_absent),
	                 LEDGER_SETTLED);
	event = world_expect(&world, EVENT_MONITORING_ABSENT);
	assert_string_equal(FIELD(event, STATE), "absent");
	assert_string_equal(FIELD(event, REASON), "missing");
	assert_string_equal(FIELD(event, ASSIGNMENT_ID), "(none)");
	assert_string_equal(FIELD(event, CHANGED_BY), "(none)");
	event_destroy(event);
	world_end(&world);
}

static void enabled_after_a_doubtful_first_sight_is_silent(void **state)
{
	struct world world;
	struct subscription *one;

	world_begin(&world, 2);
	one = world_add(&world, 1);
	assert_int_equal(world_read(&world, one, &world_off), LEDGER_CONFIRM);
	assert_int_equal(world_read(&world, one, &world_on), LEDGER_SETTLED);
	assert_int_equal(one->verdict.state, STATE_ENABLED);
	assert_null(one->candidate);
	world_end(&world);
}

/* Every way from one state to another, each told by one event of its kind. */
static void each_change_of_state_has_its_event(void **state)
{
	static const struct {
		const struct verdict *verdict;
		enum event_kind kind;
	} states[] = {
		{ &world_on, EVENT_MONITORING_ENABLED },
		{ &world_off, EVENT_MONITORING_DISABLED },
		{ &world_absent, EVENT_MONITORING_ABSENT },
	};

	for (size_t i = 0; i < 9; i++) {
		const struct verdict *from = states[i / 3].verdict;
		const struct verdict *to = states[i % 3].verdict;
		int64_t since_unix_ms;
		struct subscription *one;
		struct event *event;
		struct world world;

		if (from == to)
			continue;
		one = begin_with(&world, 0, from);
		since_unix_ms = one->since_unix_ms;
		world_read(&world, one, to);
		event = world_expect(&world, states[i % 3].kind);
		assert_string_equal(FIELD(event, STATE),
		                    state_to_string(to->state));
		assert_string_equal(FIELD(event, PREVIOUS_STATE),
		                    state_to_string(from->state));
		assert_string_equal(FIELD(event, PREVIOUS_VALUE),
		                    from->value ? from->value : "(none)");
		event_destroy(event);
		assert_int_equal(one->previous.state, from->state);
		assert_int_equal(one->previous.reason, from->reason);
		assert_true(text_equal(one->previous.value, from->value));
		assert_int_equal(one->previous.until_unix_ms,
		                 world.now_unix_ms);
		assert_true(one->since_unix_ms > since_unix_ms);
		assert_int_equal(one->since_unix_ms, world.now_unix_ms);
		assert_ptr_equal(ledger_take_dirty(world.ledger, false), one);
		world_end(&world);
	}
}

/* Reads what differs from world_on in one thing, and says what was told. */
static struct event *tell_change(const struct verdict *verdict)
{
	struct world world;
	struct subscription *one = begin_with(&world, 0, &world_on);
	int64_t since_unix_ms = one->since_unix_ms;
	struct event *event = NULL;

	world_read(&world, one, verdict);
	if (world.events.first) {
		event = world_expect(&world, EVENT_MONITORING_CHANGED);
		assert_string_equal(FIELD(event, STATE), "enabled");
		assert_string_equal(FIELD(event, PREVIOUS_STATE), "enabled");
		assert_string_equal(FIELD(event, PREVIOUS_VALUE),
		                    "AuditIfNotExists");
	}
	assert_int_equal(one->since_unix_ms, since_unix_ms);
	assert_int_equal(one->previous.state, STATE_UNKNOWN);
	world_end(&world);
	return event;
}

static void another_cause_of_the_same_state_is_told(void **state)
{
	struct verdict verdicts[4] = { world_on, world_on, world_on, world_on };

	verdicts[0].value = "AuditIfNotExists2";
	verdicts[1].reason = REASON_OVERRIDE;
	verdicts[2].caveats = CAVEAT_BIT(NOT_ENFORCED);
	verdicts[3].assignment_id = WORLD_GROUP WORLD_ASSIGNMENTS "Deploy";
	for (size_t i = 0; i < 4; i++) {
		struct event *event = tell_change(&verdicts[i]);

		assert_non_null(event);
		assert_string_equal(FIELD(event, VALUE), verdicts[i].value);
		assert_string_equal(FIELD(event, REASON),
		                    reason_to_string(verdicts[i].reason));
		assert_string_equal(FIELD(event, ASSIGNMENT_ID),
		                    verdicts[i].assignment_id);
		event_destroy(event);
	}
}

static void letter_case_is_no_change(void **state)
{
	struct verdict verdict = world_on;

	verdict.value = "auditifnotexists";
	assert_null(tell_change(&verdict));
	verdict.assignment_id =
		"/SUBSCRIPTIONS/0b1f3afd-d0c9-4c3d-847f-"
		"89da613e70a8" WORLD_ASSIGNMENTS "SecurityCenterBuiltIN";
	assert_null(tell_change(&verdict));
}

static void who_changed_it_alone_is_kept_and_not_told(void **state)
{
	struct world world;
	struct subscription *one = begin_with(&world, 2, &world_on);
	struct verdict verdict = world_on;

	verdict.changed_by = "somebody-else";
	verdict.changed_on = "2026-12-01T00:00:00Z";
	assert_int_equal(world_read(&world, one, &verdict), LEDGER_SETTLED);
	assert_string_equal(one->verdict.changed_by, "somebody-else");
	assert_string_equal(one->verdict.changed_on, "2026-12-01T00:00:00Z");
	assert_ptr_equal(ledger_take_dirty(world.ledger, false), one);

	/* The very same once more is not worth writing. */
	assert_int_equal(world_read(&world, one, &verdict), LEDGER_SETTLED);
	assert_null(ledger_take_dirty(world.ledger, false));
	assert_ptr_equal(ledger_take_dirty(world.ledger, true), one);
	world_end(&world);
}

static const char **text_at(struct verdict *verdict, size_t offset)
{
	return (const char **)((void *)((char *)verdict + offset));
}

/* Each of the texts that a verdict has besides what it is compared by. */
static void every_other_text_is_brought_up_to_date(void **state)
{
	const size_t offsets[] = {
		offsetof(struct verdict, value),
		offsetof(struct verdict, assignment_id),
		offsetof(struct verdict, assignment_name),
		offsetof(struct verdict, scope),
		offsetof(struct verdict, definition_id),
		offsetof(struct verdict, enforcement_mode),
		offsetof(struct verdict, changed_by),
		offsetof(struct verdict, changed_on),
	};

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		struct world world;
		struct subscription *one = begin_with(&world, 2, &world_on);
		struct verdict verdict = world_on;
		const char **text = text_at(&verdict, offsets[i]);
		const char **kept = text_at(&one->verdict, offsets[i]);
		char other[200] = "another";

		/* The first two may differ in letter case and no more. */
		if (i < 2) {
			snprintf(other, sizeof(other), "%s", *text);
			other[1] ^= 0x20;
		}
		*text = other;
		one->tried = false;
		assert_int_equal(world_read(&world, one, &verdict),
		                 LEDGER_SETTLED);
		assert_true(one->tried);
		assert_string_equal(*kept, other);
		assert_ptr_equal(ledger_take_dirty(world.ledger, false), one);
		world_end(&world);
	}
}

static void a_change_is_believed_after_confirm_further_reads(void **state)
{
	for (unsigned confirm = 0; confirm < 5; confirm++) {
		struct world world;
		struct subscription *one =
			begin_with(&world, confirm, &world_on);

		for (unsigned i = 0; i < confirm; i++) {
			assert_int_equal(world_read(&world, one, &world_off),
			                 LEDGER_CONFIRM);
			assert_int_equal(one->verdict.state, STATE_ENABLED);
			world_expect_nothing(&world);
		}
		assert_int_equal(world_read(&world, one, &world_off),
		                 LEDGER_SETTLED);
		event_destroy(world_expect(&world, EVENT_MONITORING_DISABLED));
		assert_null(one->candidate);
		world_end(&world);
	}
}

static void a_read_of_what_is_known_drops_the_candidate(void **state)
{
	struct world world;
	struct subscription *one = begin_with(&world, 1, &world_on);

	for (int i = 0; i < 10; i++) {
		assert_int_equal(world_read(&world, one, &world_off),
		                 LEDGER_CONFIRM);
		assert_non_null(one->candidate);
		assert_int_equal(world_read(&world, one, &world_on),
		                 LEDGER_SETTLED);
		assert_null(one->candidate);
	}
	world_end(&world);
}

static void another_candidate_counts_anew(void **state)
{
	struct world world;
	struct subscription *one = begin_with(&world, 2, &world_on);
	const struct verdict *const reads[] = {
		&world_off,    &world_off,    &world_absent, &world_off,
		&world_absent, &world_absent, &world_absent,
	};

	for (size_t i = 0; i < 6; i++)
		assert_int_equal(world_read(&world, one, reads[i]),
		                 LEDGER_CONFIRM);
	world_expect_nothing(&world);
	assert_int_equal(world_read(&world, one, reads[6]), LEDGER_SETTLED);
	event_destroy(world_expect(&world, EVENT_MONITORING_ABSENT));
	world_end(&world);
}

static void an_error_in_between_keeps_the_candidate(void **state)
{
	struct world world;
	struct subscription *one = begin_with(&world, 1, &world_on);

	assert_int_equal(world_read(&world, one, &world_off), LEDGER_CONFIRM);
	world_fail(&world, one, FAILURE_TIMEOUT);
	world_fail(&world, one, FAILURE_SERVER);
	assert_int_equal(one->verdict.state, STATE_ENABLED);
	assert_int_equal(world_read(&world, one, &world_off), LEDGER_SETTLED);
	event_destroy(world_expect(&world, EVENT_MONITORING_DISABLED));
	world_end(&world);
}

static void the_candidate_that_is_believed_is_the_last_read(void **state)
{
	struct world world;
	struct subscription *one = begin_with(&world, 1, &world_on);
	struct verdict verdict = world_off;
	struct event *event;

	assert_int_equal(world_read(&world, one, &verdict), LEDGER_CONFIRM);
	verdict.changed_by = "later";
	assert_int_equal(world_read(&world, one, &verdict), LEDGER_SETTLED);
	event = world_expect(&world, EVENT_MONITORING_DISABLED);
	assert_string_equal(FIELD(event, CHANGED_BY), "later");
	event_destroy(event);
	world_end(&world);
}

static void a_failure_changes_the_error_alone(void **state)
{
	struct world world;
	struct subscription *one = begin_with(&world, 0, &world_off);
	int64_t checked_unix_ms = one->checked_unix_ms;
	struct verdict before = one->verdict;
	int64_t since_unix_ms;
	char text[VERDICT_TEXT_SIZE];

	one->tried = false;
	world_fail(&world, one, FAILURE_FORBIDDEN);
	since_unix_ms = world.now_unix_ms;
	world_fail(&world, one, FAILURE_FORBIDDEN);
	world_fail(&world, one, FAILURE_FORBIDDEN);
	assert_memory_equal(&one->verdict, &before, sizeof(before));
	assert_int_equal(one->checked_unix_ms, checked_unix_ms);
	assert_true(one->tried);
	assert_int_equal(one->error->class, FAILURE_FORBIDDEN);
	assert_int_equal(one->error->http_status, 400 + FAILURE_FORBIDDEN);
	assert_int_equal(one->error->count, 3);
	assert_int_equal(one->error->since_unix_ms, since_unix_ms);
	assert_string_equal(one->error->code, "SomeCode");
	assert_string_equal(one->error->correlation_id, "correlation");
	assert_null(strstr(one->error->message, one->id));
	assert_string_equal(verdict_text(one->error->message, one->id, text),
	                    "a failure of "
	                    "00000001-0000-4000-8000-0123456789ab");

	world_fail(&world, one, FAILURE_SERVER);
	assert_int_equal(one->error->class, FAILURE_SERVER);
	assert_int_equal(one->error->count, 1);
	assert_int_equal(one->error->since_unix_ms, world.now_unix_ms);
	world_end(&world);
}

static void empty_words_of_a_failure_are_none(void **state)
{
	struct world world;
	struct subscription *one = begin_with(&world, 0, &world_on);
	struct failure failure;

	failure_set(&failure, FAILURE_NETWORK, "%s", "");
	ledger_note_failure(world.ledger, one, &failure, world.now_unix_ms,
	                    &world.events);
	assert_null(one->error->code);
	assert_null(one->error->message);
	assert_null(one->error->correlation_id);
	assert_int_equal(one->error->http_status, 0);
	world_end(&world);
}

static void a_good_poll_clears_the_error(void **state)
{
	struct world world;
	struct subscription *one = begin_with(&world, 1, &world_on);

	world_fail(&world, one, FAILURE_SERVER);
	world_read(&world, one, &world_on);
	assert_null(one->error);

	world_fail(&world, one, FAILURE_SERVER);
	ledger_note_unchanged(world.ledger, one, world.now_unix_ms + 5,
	                      &world.events);
	assert_null(one->error);
	assert_int_equal(one->checked_unix_ms, world.now_unix_ms + 5);

	/* So does one that has to be confirmed. */
	world_fail(&world, one, FAILURE_SERVER);
	assert_int_equal(world_read(&world, one, &world_off), LEDGER_CONFIRM);
	assert_null(one->error);
	world_end(&world);
}

static void an_unchanged_document_is_only_checked(void **state)
{
	struct world world;
	struct subscription *one = begin_with(&world, 1, &world_off);

	one->tried = false;
	ledger_note_unchanged(world.ledger, one, world.now_unix_ms + 9,
	                      &world.events);
	assert_true(one->tried);
	assert_int_equal(one->checked_unix_ms, world.now_unix_ms + 9);
	assert_null(ledger_take_dirty(world.ledger, false));
	assert_ptr_equal(ledger_take_dirty(world.ledger, true), one);
	world_end(&world);
}

static void a_new_verdict_forgets_the_digest_of_the_old(void **state)
{
	struct world world;
	struct subscription *one = begin_with(&world, 0, &world_on);

	one->digest_is_set = true;
	world_read(&world, one, &world_on);
	assert_true(one->digest_is_set);
	world_read(&world, one, &world_off);
	assert_false(one->digest_is_set);
	event_list_clear(&world.events);
	world_end(&world);
}

static void stale_is_told_once_and_fresh_once(void **state)
{
	struct world world;
	struct subscription *one = begin_with(&world, 1, &world_on);
	struct event *event;
	char since[TEXT_TIME_SIZE];

	text_format_time_ms(one->checked_unix_ms, since);
	world_fail(&world, one, FAILURE_FORBIDDEN);
	world.now_unix_ms = one->checked_unix_ms + WORLD_STALE_MS;
	world_sweep(&world);
	world_expect_nothing(&world);

	world.now_unix_ms++;
	world_sweep(&world);
	event = world_expect(&world, EVENT_SUBSCRIPTION_STALE);
	assert_string_equal(FIELD(event, SUBSCRIPTION_ID), one->id);
	assert_string_equal(FIELD(event, STATE), "enabled");
	assert_string_equal(FIELD(event, SINCE), since);
	assert_string_equal(FIELD(event, ERROR_CLASS), "forbidden");
	assert_string_equal(FIELD(event, HTTP_STATUS), "403");
	assert_string_equal(FIELD(event, ERROR_CODE), "SomeCode");
	assert_string_equal(FIELD(event, CORRELATION_ID), "correlation");
	event_destroy(event);
	assert_true(one->stale_told);
	assert_ptr_equal(ledger_take_dirty(world.ledger, false), one);

	world.now_unix_ms += 100 * WORLD_STALE_MS;
	world_sweep(&world);
	world_fail(&world, one, FAILURE_FORBIDDEN);
	world_expect_nothing(&world);

	assert_int_equal(world_read(&world, one, &world_off), LEDGER_CONFIRM);
	event = world_expect(&world, EVENT_SUBSCRIPTION_FRESH);
	assert_string_equal(FIELD(event, STATE), "enabled");
	assert_string_equal(FIELD(event, SINCE), since);
	event_destroy(event);
	assert_false(one->stale_told);
	assert_ptr_equal(ledger_take_dirty(world.ledger, false), one);
	world_read(&world, one, &world_on);
	world_sweep(&world);
	world_end(&world);
}

static void fresh_is_told_before_the_change(void **state)
{
	struct world world;
	struct subscription *one = begin_with(&world, 0, &world_on);

	one->stale_told = true;
	world_read(&world, one, &world_off);
	event_destroy(world_expect(&world, EVENT_SUBSCRIPTION_FRESH));
	event_destroy(world_expect(&world, EVENT_MONITORING_DISABLED));
	world_end(&world);
}

static void never_read_it_goes_stale_too(void **state)
{
	struct world world;
	struct event *event;

	world_begin(&world, 0);
	world_add(&world, 1);
	world.now_unix_ms += WORLD_STALE_MS + 1;
	world_sweep(&world);
	event = world_expect(&world, EVENT_SUBSCRIPTION_STALE);
	assert_string_equal(FIELD(event, SINCE), "(none)");
	assert_string_equal(FIELD(event, ERROR_CLASS), "(none)");
	assert_string_equal(FIELD(event, STATE), "unknown");
	event_destroy(event);
	world_end(&world);
}

/* It was read an hour before the start: stale to look at, but not yet told. */
static void nothing_is_told_for_what_was_before_the_start(void **state)
{
	struct world world;
	struct subscription *one;

	world_begin(&world, 0);
	one = world_add(&world, 1);
	one->found_unix_ms = 1000;
	one->checked_unix_ms = WORLD_START_UNIX_MS - 4 * WORLD_STALE_MS;
	world.now_unix_ms += WORLD_STALE_MS;
	world_sweep(&world);
	world_expect_nothing(&world);
	assert_true(ledger_is_stale(world.ledger, one, world.now_unix_ms));
	world.now_unix_ms++;
	world_sweep(&world);
	event_destroy(world_expect(&world, EVENT_SUBSCRIPTION_STALE));
	world_end(&world);
}

static void a_clock_that_goes_back_makes_nothing_stale(void **state)
{
	struct world world;

	begin_with(&world, 0, &world_on);
	world.now_unix_ms -= 1000 * WORLD_STALE_MS;
	world_sweep(&world);
	world_end(&world);
}

/* What the ledger has to say of one subscription, kept by hand beside it. */
struct shadow {
	const struct verdict *believed; /* NULL: none yet */
	const struct verdict *candidate;
	unsigned reads;
	enum state told; /* by the last event; UNKNOWN: none */
};

/* What one read must lead to; the event, or EVENT_COUNT for none. */
static enum event_kind note(struct shadow *shadow,
                            const struct verdict *verdict, unsigned confirm)
{
	static const enum event_kind kinds[STATE_COUNT] = {
		[STATE_ENABLED] = EVENT_MONITORING_ENABLED,
		[STATE_DISABLED] = EVENT_MONITORING_DISABLED,
		[STATE_ABSENT] = EVENT_MONITORING_ABSENT,
	};
	const struct verdict *before = shadow->believed;

	if (before == verdict) {
		shadow->candidate = NULL;
		return EVENT_COUNT;
	}
	shadow->reads = shadow->candidate == verdict ? shadow->reads + 1 : 1;
	shadow->candidate = verdict;
	if (shadow->reads <= confirm &&
	    (before || verdict->state != STATE_ENABLED))
		return EVENT_COUNT;
	shadow->believed = verdict;
	shadow->candidate = NULL;
	if (!before && verdict->state == STATE_ENABLED) {
		shadow->told = STATE_ENABLED; /* by silence */
		return EVENT_COUNT;
	}
	if (!before)
		return kinds[verdict->state];
	return before->state == verdict->state ? EVENT_MONITORING_CHANGED
	                                       : kinds[verdict->state];
}

static void assert_as_the_shadow(const struct subscription *subscription,
                                 const struct shadow *shadow)
{
	char text[VERDICT_TEXT_SIZE];
	const struct verdict *known = &subscription->verdict;
	const struct verdict *wanted = shadow->believed;

	if (!wanted) {
		assert_int_equal(known->state, STATE_UNKNOWN);
		assert_int_equal(known->reason, REASON_NONE);
		assert_int_equal(known->caveats, 0);
		assert_null(known->value);
		return;
	}
	assert_int_equal(known->state, wanted->state);
	assert_int_equal(known->reason, wanted->reason);
	assert_int_equal(known->caveats, wanted->caveats);
	assert_true(text_equal(known->value, wanted->value));
	assert_true(text_equal(
		verdict_text(known->assignment_id, subscription->id, text),
		wanted->assignment_id));
}

static void assert_told(struct world *world, struct shadow *shadow,
                        enum event_kind kind)
{
	struct event *event = world_expect(world, kind);

	assert_string_equal(FIELD(event, PREVIOUS_STATE),
	                    shadow->told == STATE_UNKNOWN
	                            ? "(none)"
	                            : state_to_string(shadow->told));
	assert_int_equal(state_from_string(FIELD(event, STATE), &shadow->told),
	                 0);
	assert_int_equal(shadow->told, shadow->believed->state);
	event_destroy(event);
}

static void any_sequence_is_told_change_by_change(void **state)
{
	enum { COUNT = 8 };
	struct verdict on_later = world_on;
	const struct verdict *const verdicts[] = {
		&world_on,
		&world_off,
		&world_absent,
		&world_inherited,
	};

	for (unsigned round = 0; round < 60; round++) {
		unsigned confirm = round % 4;
		struct subscription *items[COUNT];
		struct shadow shadows[COUNT] = { { .believed = NULL } };
		struct world world;

		world_begin(&world, confirm);
		for (size_t i = 0; i < COUNT; i++)
			items[i] = world_add(&world, i);
		for (int step = 0; step < 400; step++) {
			size_t i = chance_below(COUNT);
			const struct verdict *verdict =
				verdicts[chance_below(4)];
			bool was_candidate = items[i]->candidate;
			enum event_kind kind;

			if (chance_below(3) == 0) {
				world_fail(
					&world, items[i],
					(enum failure_class)(
						1 + chance_below(FAILURE_COUNT -
				                                 1)));
				assert_as_the_shadow(items[i], &shadows[i]);
				assert_int_equal(was_candidate,
				                 items[i]->candidate != NULL);
				world_expect_nothing(&world);
				continue;
			}
			/* Often the same again, so that some get believed. */
			if (chance_below(2) && shadows[i].candidate)
				verdict = shadows[i].candidate;
			kind = note(&shadows[i], verdict, confirm);
			on_later = *verdict;
			on_later.changed_on = chance_below(2) ? "later" : NULL;
			assert_int_equal(
				world_read(&world, items[i], &on_later),
				shadows[i].candidate ? LEDGER_CONFIRM
						     : LEDGER_SETTLED);
			assert_as_the_shadow(items[i], &shadows[i]);
			if (kind != EVENT_COUNT)
				assert_told(&world, &shadows[i], kind);
			world_expect_nothing(&world);
		}
		world_end(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(enabled_at_first_sight_is_silent_and_at_once),
		cmocka_unit_test(
			disabled_at_first_sight_is_read_again_and_told),
		cmocka_unit_test(absent_at_first_sight_is_told),
		cmocka_unit_test(
			enabled_after_a_doubtful_first_sight_is_silent),
		cmocka_unit_test(each_change_of_state_has_its_event),
		cmocka_unit_test(another_cause_of_the_same_state_is_told),
		cmocka_unit_test(letter_case_is_no_change),
		cmocka_unit_test(who_changed_it_alone_is_kept_and_not_told),
		cmocka_unit_test(every_other_text_is_brought_up_to_date),
		cmocka_unit_test(
			a_change_is_believed_after_confirm_further_reads),
		cmocka_unit_test(a_read_of_what_is_known_drops_the_candidate),
		cmocka_unit_test(another_candidate_counts_anew),
		cmocka_unit_test(an_error_in_between_keeps_the_candidate),
		cmocka_unit_test(
			the_candidate_that_is_believed_is_the_last_read),
		cmocka_unit_test(a_failure_changes_the_error_alone),
		cmocka_unit_test(empty_words_of_a_failure_are_none),
		cmocka_unit_test(a_good_poll_clears_the_error),
		cmocka_unit_test(an_unchanged_document_is_only_checked),
		cmocka_unit_test(a_new_verdict_forgets_the_digest_of_the_old),
		cmocka_unit_test(stale_is_told_once_and_fresh_once),
		cmocka_unit_test(fresh_is_told_before_the_change),
		cmocka_unit_test(never_read_it_goes_stale_too),
		cmocka_unit_test(nothing_is_told_for_what_was_before_the_start),
		cmocka_unit_test(a_clock_that_goes_back_makes_nothing_stale),
		cmocka_unit_test(any_sequence_is_told_change_by_change),
	};

	return cmocka_run_group_tests_name("ledger_note", tests, chance_begin,
	                                   NULL);
}
