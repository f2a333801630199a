/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/intern.h"
#include "core/world.h"

static void an_empty_one_has_nothing(void **state)
{
	struct world world;
	struct ledger_counts counts;

	world_begin(&world, 1);
	counts = ledger_count_all(world.ledger, NULL, world.now_unix_ms);
	assert_int_equal(ledger_count(world.ledger), 0);
	assert_int_equal(ledger_index_after(world.ledger, ""), 0);
	assert_null(ledger_find(world.ledger, ""));
	assert_null(ledger_take_dirty(world.ledger, true));
	assert_false(ledger_has_dirty(world.ledger, true));
	assert_int_equal(counts.total, 0);
	ledger_restored(world.ledger);
	world_sweep(&world);
	world_end(&world);
	ledger_free(NULL);
}

static void what_is_restored_in_any_order_is_in_order(void **state)
{
	enum { COUNT = 300 };
	struct world world;
	size_t numbers[COUNT];
	char id[TEXT_GUID_SIZE];

	world_begin(&world, 1);
	for (size_t i = 0; i < COUNT; i++) {
		size_t j = chance_below(i + 1);

		numbers[i] = numbers[j];
		numbers[j] = 2 * i + 1;
	}
	for (size_t i = 0; i < COUNT; i++)
		world_add(&world, numbers[i]);
	for (size_t i = 0; i < COUNT; i++)
		assert_null(
			ledger_restore(world.ledger, world_id(numbers[i], id)));
	ledger_restored(world.ledger);
	assert_int_equal(ledger_count(world.ledger), COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		struct subscription *at = ledger_at(world.ledger, i);

		assert_string_equal(at->id, world_id(2 * i + 1, id));
		assert_ptr_equal(ledger_find(world.ledger, id), at);
		assert_int_equal(ledger_index_after(world.ledger, id), i + 1);
		assert_null(ledger_find(world.ledger, world_id(2 * i, id)));
		assert_int_equal(ledger_index_after(world.ledger, id), i);
	}
	assert_int_equal(ledger_index_after(world.ledger, "zzz"), COUNT);
	assert_int_equal(ledger_index_after(world.ledger, "00000001"), 0);
	world_end(&world);
}

static void what_is_restored_is_clean(void **state)
{
	struct world world;

	world_begin(&world, 1);
	world_add(&world, 1);
	world_add(&world, 2);
	ledger_restored(world.ledger);
	assert_false(ledger_has_dirty(world.ledger, true));
	assert_null(ledger_take_dirty(world.ledger, true));
	world_end(&world);
}

static void restored_it_goes_on_as_before(void **state)
{
	struct world world;
	struct subscription *one;
	struct event *event;

	world_begin(&world, 0);
	one = world_add(&world, 1);
	one->verdict =
		verdict_take(ledger_pool(world.ledger), &world_on, one->id);
	one->since_unix_ms = one->checked_unix_ms = 1000;
	ledger_restored(world.ledger);
	assert_int_equal(world_read(&world, one, &world_on), LEDGER_SETTLED);
	world_expect_nothing(&world);
	assert_int_equal(one->since_unix_ms, 1000);

	world_read(&world, one, &world_off);
	event = world_expect(&world, EVENT_MONITORING_DISABLED);
	assert_string_equal(world_field(event, EVENT_FIELD_PREVIOUS_STATE),
	                    "enabled");
	event_destroy(event);
	world_end(&world);
}

static void what_changed_is_taken_before_what_was_checked(void **state)
{
	struct world world;
	struct subscription *items[4];

	world_begin(&world, 0);
	for (size_t i = 0; i < 4; i++) {
		items[i] = world_add(&world, i);
		world_read(&world, items[i], &world_on);
		assert_ptr_equal(ledger_take_dirty(world.ledger, false),
		                 items[i]);
	}
	assert_false(ledger_has_dirty(world.ledger, true));

	world_read(&world, items[0], &world_on);
	world_read(&world, items[1], &world_on);
	world_read(&world, items[2], &world_on);
	assert_false(ledger_has_dirty(world.ledger, false));
	assert_true(ledger_has_dirty(world.ledger, true));
	assert_null(ledger_take_dirty(world.ledger, false));

	/* The second of those that wait also changes; so does the last. */
	world_read(&world, items[1], &world_inherited);
	world_read(&world, items[3], &world_inherited);
	event_list_clear(&world.events);
	assert_ptr_equal(ledger_take_dirty(world.ledger, true), items[1]);
	assert_ptr_equal(ledger_take_dirty(world.ledger, true), items[3]);
	assert_false(ledger_has_dirty(world.ledger, false));
	assert_ptr_equal(ledger_take_dirty(world.ledger, true), items[0]);
	assert_ptr_equal(ledger_take_dirty(world.ledger, true), items[2]);
	assert_null(ledger_take_dirty(world.ledger, true));
	world_end(&world);
}

static void what_was_not_written_can_be_touched(void **state)
{
	struct world world;
	struct subscription *one, *two;

	world_begin(&world, 0);
	one = world_add(&world, 1);
	two = world_add(&world, 2);
	ledger_touch(world.ledger, one);
	ledger_touch(world.ledger, one);
	assert_true(ledger_has_dirty(world.ledger, false));
	assert_ptr_equal(ledger_take_dirty(world.ledger, false), one);
	assert_null(ledger_take_dirty(world.ledger, true));

	world_read(&world, two, &world_on);
	ledger_take_dirty(world.ledger, true);
	world_read(&world, two, &world_on);
	ledger_touch(world.ledger, two);
	assert_ptr_equal(ledger_take_dirty(world.ledger, false), two);
	assert_null(ledger_take_dirty(world.ledger, true));
	world_end(&world);
}

/* Else one that changes all the time would never be written. */
static void what_is_dirty_keeps_its_turn(void **state)
{
	struct world world;
	struct subscription *items[3];

	world_begin(&world, 0);
	for (size_t i = 0; i < 3; i++) {
		items[i] = world_add(&world, i);
		ledger_touch(world.ledger, items[i]);
	}
	ledger_touch(world.ledger, items[0]);
	world_read(&world, items[1], &world_on);
	for (size_t i = 0; i < 3; i++)
		assert_ptr_equal(ledger_take_dirty(world.ledger, true),
		                 items[i]);
	world_end(&world);
}

/* The queues beside plain marks on each. */
static void nothing_dirty_is_forgotten_or_given_twice(void **state)
{
	enum { COUNT = 40 };
	struct world world;
	struct subscription *items[COUNT];
	enum subscription_dirty dirty[COUNT] = { SUBSCRIPTION_CLEAN };

	world_begin(&world, 0);
	for (size_t i = 0; i < COUNT; i++)
		items[i] = world_add(&world, i);
	for (int round = 0; round < 20000; round++) {
		size_t i = chance_below(COUNT), changed = 0, checked = 0;
		struct subscription *taken;

		switch (chance_below(3)) {
		case 0:
			ledger_touch(world.ledger, items[i]);
			dirty[i] = SUBSCRIPTION_CHANGED;
			break;
		case 1:
			if (items[i]->verdict.state == STATE_UNKNOWN)
				dirty[i] = SUBSCRIPTION_CHANGED;
			if (dirty[i] == SUBSCRIPTION_CLEAN)
				dirty[i] = SUBSCRIPTION_CHECKED;
			world_read(&world, items[i], &world_on);
			break;
		default:
			taken = ledger_take_dirty(world.ledger,
			                          chance_below(2));
			if (!taken)
				break;
			i = strtoul(taken->id, NULL, 16);
			assert_int_not_equal(dirty[i], SUBSCRIPTION_CLEAN);
			for (size_t j = 0; j < COUNT; j++)
				if (dirty[i] == SUBSCRIPTION_CHECKED)
					assert_int_not_equal(
						dirty[j], SUBSCRIPTION_CHANGED);
			dirty[i] = SUBSCRIPTION_CLEAN;
		}
		for (size_t j = 0; j < COUNT; j++) {
			assert_int_equal(items[j]->dirty, dirty[j]);
			changed += dirty[j] == SUBSCRIPTION_CHANGED;
			checked += dirty[j] == SUBSCRIPTION_CHECKED;
		}
		assert_int_equal(ledger_has_dirty(world.ledger, false),
		                 changed > 0);
		assert_int_equal(ledger_has_dirty(world.ledger, true),
		                 changed + checked > 0);
	}
	world_end(&world);
}

static void counts_are_of_all_or_of_a_tenant(void **state)
{
	struct world world;
	struct subscription *items[6];
	struct ledger_counts counts;

	world_begin(&world, 0);
	for (size_t i = 0; i < 6; i++)
		items[i] = world_add(&world, i);
	intern_give(ledger_pool(world.ledger), items[5]->tenant);
	items[5]->tenant = intern_take(ledger_pool(world.ledger), "two");
	world_read(&world, items[0], &world_on);
	world_read(&world, items[1], &world_on);
	world_read(&world, items[2], &world_off);
	world_read(&world, items[3], &world_absent);
	world_fail(&world, items[4], FAILURE_SERVER);
	event_list_clear(&world.events);

	counts = ledger_count_all(world.ledger, NULL, world.now_unix_ms);
	assert_int_equal(counts.total, 6);
	assert_int_equal(counts.states[STATE_ENABLED], 2);
	assert_int_equal(counts.states[STATE_DISABLED], 1);
	assert_int_equal(counts.states[STATE_ABSENT], 1);
	assert_int_equal(counts.states[STATE_UNKNOWN], 2);
	assert_int_equal(counts.tried, 5);
	assert_int_equal(counts.stale, 0);
	assert_int_equal(counts.muted, 0);

	counts = ledger_count_all(world.ledger, "two", world.now_unix_ms);
	assert_int_equal(counts.total, 1);
	assert_int_equal(counts.states[STATE_UNKNOWN], 1);
	assert_int_equal(counts.tried, 0);
	counts = ledger_count_all(world.ledger, "three", world.now_unix_ms);
	assert_int_equal(counts.total, 0);

	/* Those that were never read count from when they were found. */
	counts = ledger_count_all(world.ledger, NULL,
	                          WORLD_START_UNIX_MS + WORLD_STALE_MS + 1);
	assert_int_equal(counts.stale, 2);
	counts = ledger_count_all(world.ledger, NULL,
	                          world.now_unix_ms + WORLD_STALE_MS);
	assert_int_equal(counts.stale, 6);
	world_end(&world);
}

static void stale_is_older_than_stale_after(void **state)
{
	struct world world;
	struct subscription *one;

	world_begin(&world, 0);
	one = world_add(&world, 1);
	one->found_unix_ms = 1000;
	assert_false(ledger_is_stale(world.ledger, one, 1000 + WORLD_STALE_MS));
	assert_true(ledger_is_stale(world.ledger, one, 1001 + WORLD_STALE_MS));
	assert_false(ledger_is_stale(world.ledger, one, 0));
	one->checked_unix_ms = 2000;
	assert_false(ledger_is_stale(world.ledger, one, 2000 + WORLD_STALE_MS));
	assert_true(ledger_is_stale(world.ledger, one, 2001 + WORLD_STALE_MS));
	ledger_set_policy(world.ledger,
	                  &(struct ledger_policy){ .stale_after_ms = 10 });
	assert_true(ledger_is_stale(world.ledger, one, 2011));
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_has_nothing),
		cmocka_unit_test(what_is_restored_in_any_order_is_in_order),
		cmocka_unit_test(what_is_restored_is_clean),
		cmocka_unit_test(restored_it_goes_on_as_before),
		cmocka_unit_test(what_changed_is_taken_before_what_was_checked),
		cmocka_unit_test(what_was_not_written_can_be_touched),
		cmocka_unit_test(what_is_dirty_keeps_its_turn),
		cmocka_unit_test(nothing_dirty_is_forgotten_or_given_twice),
		cmocka_unit_test(counts_are_of_all_or_of_a_tenant),
		cmocka_unit_test(stale_is_older_than_stale_after),
	};

	return cmocka_run_group_tests_name("ledger", tests, chance_begin, NULL);
}
