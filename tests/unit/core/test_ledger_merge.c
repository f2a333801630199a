/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/intern.h"
#include "base/mem.h"
#include "core/world.h"

#define FIELD(event, name) world_field(event, EVENT_FIELD_##name)

#define ID_ONE   "aaaaaaaa-0000-4000-8000-000000000001"
#define ID_TWO   "aaaaaaaa-0000-4000-8000-000000000002"
#define ID_THREE "aaaaaaaa-0000-4000-8000-000000000003"

#define ROWS_MAX 64

/* In the order of the configuration; four shares its id with one. */
static const struct ledger_tenant tenants[] = {
	{ .name = "one", .tenant_id = ID_ONE, .rank = 0, .tell_found = true },
	{ .name = "two", .tenant_id = ID_TWO, .rank = 1, .tell_found = true },
	{ .name = "any", .tenant_id = NULL, .rank = 2, .tell_found = true },
	{ .name = "four", .tenant_id = ID_ONE, .rank = 3, .tell_found = true },
};
enum { ONE, TWO, ANY, FOUR, TENANTS };

/* A world, a listing that is being put together, and who was called back. */
struct scene {
	struct world world;
	struct listed rows[ROWS_MAX];
	char ids[ROWS_MAX][TEXT_GUID_SIZE];
	size_t row_count;
	size_t added;
	size_t lost;
	bool release; /* what is lost in the callback, as if its poll ended */
	bool unschedule; /* as the schedule does with what leaves it */
};

static unsigned rank_of(const char *tenant, void *user)
{
	for (size_t i = 0; i < TENANTS; i++)
		if (strcmp(tenants[i].name, tenant) == 0)
			return tenants[i].rank;
	return UINT_MAX;
}

static void on_added(struct subscription *subscription, void *user)
{
	struct scene *scene = user;

	assert_ptr_equal(ledger_find(scene->world.ledger, subscription->id),
	                 subscription);
	assert_false(subscription->lost);
	scene->added++;
}

static void on_lost(struct subscription *subscription, void *user)
{
	struct scene *scene = user;

	assert_null(ledger_find(scene->world.ledger, subscription->id));
	assert_true(subscription->lost);
	assert_int_equal(subscription->dirty, SUBSCRIPTION_CLEAN);
	scene->lost++;
	if (scene->unschedule)
		subscription->schedule.taken = false;
	if (scene->release)
		ledger_release(scene->world.ledger, subscription);
}

static void begin(struct scene *scene)
{
	*scene = (struct scene){ .row_count = 0 };
	world_begin(&scene->world, 0);
}

static void end(struct scene *scene)
{
	world_end(&scene->world);
}

static struct listed *row(struct scene *scene, size_t number,
                          const char *tenant_id)
{
	size_t i = scene->row_count++;

	world_id(number, scene->ids[i]);
	scene->rows[i] = (struct listed){
		.id = scene->ids[i],
		.name = "contoso",
		.tenant_id = tenant_id,
		.azure_state = "Enabled",
	};
	return &scene->rows[i];
}

/* Takes the listing over, and begins the next one. */
static void merge_for(struct scene *scene, const struct ledger_tenant *tenant)
{
	const struct ledger_merge merge = {
		.tenant = tenant,
		.rows = scene->rows,
		.count = scene->row_count,
		.rank_of = rank_of,
		.added = on_added,
		.lost = on_lost,
		.user = scene,
	};

	scene->world.now_unix_ms += WORLD_MINUTE_MS;
	scene->added = 0;
	scene->lost = 0;
	ledger_merge(scene->world.ledger, &merge, scene->world.now_unix_ms,
	             &scene->world.events);
	scene->row_count = 0;
}

static void merge(struct scene *scene, size_t tenant)
{
	merge_for(scene, &tenants[tenant]);
}

static struct subscription *find(struct scene *scene, size_t number)
{
	char id[TEXT_GUID_SIZE];

	return ledger_find(scene->world.ledger, world_id(number, id));
}

static void assert_belongs(struct scene *scene, size_t number, size_t tenant)
{
	assert_non_null(find(scene, number));
	assert_string_equal(find(scene, number)->tenant, tenants[tenant].name);
}

static void forget_events(struct scene *scene)
{
	event_list_clear(&scene->world.events);
	while (ledger_take_dirty(scene->world.ledger, true))
		continue;
}

static void what_is_new_is_added_and_told(void **state)
{
	struct scene scene;
	struct subscription *three;
	struct event *event;

	begin(&scene);
	row(&scene, 3, ID_ONE);
	row(&scene, 1, ID_ONE);
	merge(&scene, ONE);
	assert_int_equal(scene.added, 2);
	assert_int_equal(scene.lost, 0);
	assert_int_equal(ledger_count(scene.world.ledger), 2);
	three = find(&scene, 3);
	assert_ptr_equal(ledger_at(scene.world.ledger, 1), three);
	assert_string_equal(three->name, "contoso");
	assert_string_equal(three->tenant, "one");
	assert_string_equal(three->tenant_id, ID_ONE);
	assert_string_equal(three->azure_state, "Enabled");
	assert_int_equal(three->found_unix_ms, scene.world.now_unix_ms);
	assert_int_equal(three->verdict.state, STATE_UNKNOWN);
	assert_int_equal(three->checked_unix_ms, 0);

	event = world_expect(&scene.world, EVENT_SUBSCRIPTION_FOUND);
	assert_int_equal(world_number(event), 1);
	assert_string_equal(FIELD(event, SUBSCRIPTION_NAME), "contoso");
	assert_string_equal(FIELD(event, TENANT_ID), ID_ONE);
	assert_string_equal(FIELD(event, STATE), "(none)");
	event_destroy(event);
	event_destroy(world_expect(&scene.world, EVENT_SUBSCRIPTION_FOUND));

	assert_int_equal(
		strtoul(ledger_take_dirty(scene.world.ledger, false)->id, NULL,
	                16),
		1);
	assert_ptr_equal(ledger_take_dirty(scene.world.ledger, false), three);
	end(&scene);
}

static void the_very_first_listing_is_not_told(void **state)
{
	struct ledger_tenant tenant = tenants[ONE];
	struct scene scene;

	begin(&scene);
	tenant.tell_found = false;
	row(&scene, 1, ID_ONE);
	merge_for(&scene, &tenant);
	assert_int_equal(scene.added, 1);
	assert_int_equal(ledger_count(scene.world.ledger), 1);
	end(&scene);
}

static void ids_are_taken_in_any_letter_case_and_once(void **state)
{
	struct scene scene;

	begin(&scene);
	for (int i = 0; i < 3; i++) {
		row(&scene, 0xab, ID_ONE)->name = i ? "later" : "first";
		for (char *c = scene.ids[i]; i == 1 && *c; c++)
			*c = (char)toupper((unsigned char)*c);
	}
	merge(&scene, ONE);
	assert_int_equal(ledger_count(scene.world.ledger), 1);
	assert_int_equal(scene.added, 1);
	assert_string_equal(find(&scene, 0xab)->name, "first");
	forget_events(&scene);

	/* The same again is nothing new, in capitals too. */
	row(&scene, 0xab, ID_ONE)->name = "first";
	scene.ids[0][6] = 'A';
	merge(&scene, ONE);
	assert_int_equal(scene.added + scene.lost, 0);
	assert_null(ledger_take_dirty(scene.world.ledger, true));
	end(&scene);
}

static void what_is_no_id_is_passed_over(void **state)
{
	struct scene scene;

	begin(&scene);
	row(&scene, 1, ID_ONE)->id = "not-a-guid";
	row(&scene, 2, "not-a-guid");
	row(&scene, 3, ID_ONE)->id = NULL;
	merge(&scene, ONE);
	assert_int_equal(ledger_count(scene.world.ledger), 1);
	assert_string_equal(find(&scene, 2)->tenant_id, ID_ONE);
	forget_events(&scene);
	end(&scene);
}

static void what_is_there_is_brought_up_to_date(void **state)
{
	struct scene scene;
	struct listed *listed;
	struct subscription *one;

	begin(&scene);
	row(&scene, 1, ID_ONE);
	merge(&scene, ONE);
	forget_events(&scene);
	one = find(&scene, 1);

	listed = row(&scene, 1, ID_ONE);
	listed->name = "contoso-prod";
	listed->azure_state = "Warned";
	merge(&scene, ONE);
	assert_ptr_equal(find(&scene, 1), one);
	assert_string_equal(one->name, "contoso-prod");
	assert_string_equal(one->azure_state, "Warned");
	assert_ptr_equal(ledger_take_dirty(scene.world.ledger, false), one);

	/* What is not known now was known before. */
	listed = row(&scene, 1, NULL);
	listed->name = NULL;
	listed->azure_state = NULL;
	merge(&scene, ONE);
	assert_string_equal(one->name, "contoso-prod");
	assert_string_equal(one->azure_state, "Warned");
	assert_string_equal(one->tenant_id, ID_ONE);
	assert_null(ledger_take_dirty(scene.world.ledger, true));
	end(&scene);
}

static void it_is_lost_after_two_listings_without_it(void **state)
{
	struct scene scene;
	struct event *event;

	begin(&scene);
	row(&scene, 1, ID_ONE);
	row(&scene, 2, ID_ONE);
	merge(&scene, ONE);
	forget_events(&scene);

	row(&scene, 2, ID_ONE);
	merge(&scene, ONE);
	assert_non_null(find(&scene, 1));
	world_expect_nothing(&scene.world);

	row(&scene, 2, ID_ONE);
	merge(&scene, ONE);
	assert_int_equal(scene.lost, 1);
	assert_null(find(&scene, 1));
	assert_int_equal(ledger_count(scene.world.ledger), 1);
	event = world_expect(&scene.world, EVENT_SUBSCRIPTION_LOST);
	assert_int_equal(world_number(event), 1);
	assert_string_equal(FIELD(event, STATE), "unknown");
	assert_string_equal(FIELD(event, TENANT_ID), ID_ONE);
	event_destroy(event);
	end(&scene);
}

static void once_seen_again_it_counts_anew(void **state)
{
	struct scene scene;

	begin(&scene);
	row(&scene, 1, ID_ONE);
	merge(&scene, ONE);
	forget_events(&scene);
	for (int i = 0; i < 10; i++) {
		merge(&scene, ONE);
		assert_non_null(find(&scene, 1));
		row(&scene, 1, ID_ONE);
		merge(&scene, ONE);
	}
	end(&scene);
}

static void what_the_configuration_leaves_out_is_lost_at_once(void **state)
{
	struct ledger_tenant tenant = tenants[ONE];
	struct scene scene;

	begin(&scene);
	tenant.lose_at_once = true;
	row(&scene, 1, NULL);
	row(&scene, 2, NULL);
	merge_for(&scene, &tenant);
	forget_events(&scene);
	row(&scene, 2, NULL);
	merge_for(&scene, &tenant);
	assert_int_equal(scene.lost, 1);
	event_destroy(world_expect(&scene.world, EVENT_SUBSCRIPTION_LOST));
	end(&scene);
}

static void a_listing_says_nothing_of_another_tenants(void **state)
{
	struct scene scene;

	begin(&scene);
	row(&scene, 1, ID_ONE);
	merge(&scene, ONE);
	row(&scene, 2, ID_TWO);
	merge(&scene, TWO);
	forget_events(&scene);
	for (int i = 0; i < 5; i++)
		merge(&scene, ANY);
	assert_int_equal(ledger_count(scene.world.ledger), 2);
	merge(&scene, TWO);
	merge(&scene, TWO);
	assert_belongs(&scene, 1, ONE);
	assert_null(find(&scene, 2));
	event_destroy(world_expect(&scene.world, EVENT_SUBSCRIPTION_LOST));
	end(&scene);
}

/* Both list a subscription that bears tenant_id: whose is it, whoever comes
 * first, and however often they list it? */
static void assert_goes_to(size_t a, size_t b, const char *tenant_id,
                           size_t owner)
{
	for (int turned = 0; turned < 2; turned++) {
		struct scene scene;

		begin(&scene);
		for (int i = 0; i < 3; i++) {
			row(&scene, 1, tenant_id);
			merge(&scene, turned ? b : a);
			row(&scene, 1, tenant_id);
			merge(&scene, turned ? a : b);
			assert_belongs(&scene, 1, owner);
			if (i)
				assert_null(ledger_take_dirty(
					scene.world.ledger, true));
			assert_int_equal(scene.added + scene.lost, 0);
			forget_events(&scene);
		}
		end(&scene);
	}
}

static void of_two_tenants_the_one_whose_id_it_bears_has_it(void **state)
{
	assert_goes_to(ONE, TWO, ID_ONE, ONE);
	assert_goes_to(ONE, TWO, ID_TWO, TWO);
	assert_goes_to(ANY, TWO, ID_TWO, TWO);
	assert_goes_to(TWO, FOUR, ID_ONE, FOUR);
}

static void else_the_first_in_the_configuration_has_it(void **state)
{
	assert_goes_to(ONE, TWO, ID_THREE, ONE);
	assert_goes_to(TWO, ANY, ID_THREE, TWO);
	assert_goes_to(ONE, TWO, NULL, ONE);
	assert_goes_to(ONE, FOUR, ID_ONE, ONE);
}

/* What was told of it was told; that another credential reads it is not. */
static void moving_is_not_told_but_stored(void **state)
{
	struct scene scene;
	struct subscription *one;

	begin(&scene);
	row(&scene, 1, ID_THREE);
	merge(&scene, TWO);
	one = find(&scene, 1);
	world_read(&scene.world, one, &world_on);
	forget_events(&scene);
	row(&scene, 1, ID_THREE);
	merge(&scene, ONE);
	assert_ptr_equal(find(&scene, 1), one);
	assert_belongs(&scene, 1, ONE);
	assert_int_equal(one->verdict.state, STATE_ENABLED);
	assert_int_equal(scene.added + scene.lost, 0);
	assert_ptr_equal(ledger_take_dirty(scene.world.ledger, false), one);
	end(&scene);
}

static void it_moves_to_who_still_sees_it_rather_than_being_lost(void **state)
{
	struct scene scene;

	begin(&scene);
	row(&scene, 1, ID_ONE);
	merge(&scene, ONE);
	forget_events(&scene);
	merge(&scene, ONE);
	row(&scene, 1, ID_ONE);
	merge(&scene, TWO);
	assert_belongs(&scene, 1, TWO);
	merge(&scene, ONE);
	assert_belongs(&scene, 1, TWO);
	row(&scene, 1, ID_ONE);
	merge(&scene, ONE);
	assert_belongs(&scene, 1, ONE);
	end(&scene);
}

static struct subscription *restore(struct scene *scene, size_t number,
                                    const char *tenant)
{
	struct intern *pool = ledger_pool(scene->world.ledger);
	char id[TEXT_GUID_SIZE];
	struct subscription *subscription =
		ledger_restore(scene->world.ledger, world_id(number, id));

	subscription->tenant = intern_take(pool, tenant);
	subscription->tenant_id = intern_take(pool, ID_TWO);
	return subscription;
}

static void what_was_restored_waits_for_its_own_tenant(void **state)
{
	struct scene scene;

	begin(&scene);
	restore(&scene, 1, "two");
	restore(&scene, 2, "any");
	restore(&scene, 3, "gone");
	restore(&scene, 4, "any");
	ledger_restored(scene.world.ledger);
	for (size_t i = 1; i <= 3; i++)
		row(&scene, i, ID_TWO);
	row(&scene, 4, ID_ONE);
	merge(&scene, ONE);
	assert_belongs(&scene, 1, TWO);
	assert_belongs(&scene, 2, ANY);
	assert_belongs(&scene, 3, ONE);
	assert_belongs(&scene, 4, ONE);

	row(&scene, 1, ID_TWO);
	row(&scene, 2, ID_TWO);
	merge(&scene, ANY);
	row(&scene, 1, ID_TWO);
	row(&scene, 2, ID_TWO);
	merge(&scene, ONE);
	assert_belongs(&scene, 1, TWO);
	assert_belongs(&scene, 2, ONE);
	end(&scene);
}

static void what_was_restored_can_be_lost(void **state)
{
	struct scene scene;

	begin(&scene);
	restore(&scene, 1, "one");
	merge(&scene, ONE);
	merge(&scene, ONE);
	assert_int_equal(ledger_count(scene.world.ledger), 0);
	event_destroy(world_expect(&scene.world, EVENT_SUBSCRIPTION_LOST));
	end(&scene);
}

static bool is_even(const struct subscription *subscription, void *user)
{
	return strtoul(subscription->id, NULL, 16) % 2 == 0;
}

static void retain_loses_what_it_refuses(void **state)
{
	struct scene scene;

	begin(&scene);
	for (size_t i = 0; i < 10; i++)
		row(&scene, i, ID_ONE);
	merge(&scene, ONE);
	forget_events(&scene);
	ledger_touch(scene.world.ledger, find(&scene, 3));
	ledger_touch(scene.world.ledger, find(&scene, 4));
	ledger_touch(scene.world.ledger, find(&scene, 5));
	ledger_retain(scene.world.ledger, is_even, on_lost, &scene,
	              scene.world.now_unix_ms, &scene.world.events);
	assert_int_equal(scene.lost, 5);
	assert_int_equal(ledger_count(scene.world.ledger), 5);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(find(&scene, i) != NULL, i % 2 == 0);
	for (size_t i = 1; i < 10; i += 2) {
		struct event *event =
			world_expect(&scene.world, EVENT_SUBSCRIPTION_LOST);

		assert_int_equal(world_number(event), i);
		event_destroy(event);
	}
	assert_ptr_equal(ledger_take_dirty(scene.world.ledger, true),
	                 find(&scene, 4));
	assert_null(ledger_take_dirty(scene.world.ledger, true));

	ledger_retain(scene.world.ledger, is_even, NULL, NULL,
	              scene.world.now_unix_ms, &scene.world.events);
	assert_int_equal(ledger_count(scene.world.ledger), 5);
	end(&scene);
}

/* The poll that is on its way may still look at it, and what it then notes is
 * nothing any more. */
static void lost_while_it_is_polled_it_stays_until_released(void **state)
{
	struct failure failure;
	struct scene scene;
	struct subscription *one;

	begin(&scene);
	row(&scene, 1, ID_ONE);
	merge(&scene, ONE);
	forget_events(&scene);
	one = find(&scene, 1);
	one->schedule.taken = true;
	scene.unschedule = true;
	ledger_touch(scene.world.ledger, one);
	merge(&scene, ONE);
	merge(&scene, ONE);
	assert_int_equal(scene.lost, 1);
	assert_true(one->lost);
	assert_null(find(&scene, 1));
	event_destroy(world_expect(&scene.world, EVENT_SUBSCRIPTION_LOST));

	assert_int_equal(world_read(&scene.world, one, &world_off),
	                 LEDGER_SETTLED);
	failure_set(&failure, FAILURE_SERVER, "no");
	ledger_note_failure(scene.world.ledger, one, &failure, 1,
	                    &scene.world.events);
	ledger_note_unchanged(scene.world.ledger, one, 1, &scene.world.events);
	ledger_touch(scene.world.ledger, one);
	assert_int_equal(one->verdict.state, STATE_UNKNOWN);
	assert_null(one->error);
	assert_null(ledger_take_dirty(scene.world.ledger, true));

	/* It may be found again before that poll is over. */
	row(&scene, 1, ID_ONE);
	merge(&scene, ONE);
	assert_ptr_not_equal(find(&scene, 1), one);
	forget_events(&scene);
	assert_string_equal(one->name, "contoso");
	ledger_release(scene.world.ledger, one);
	assert_non_null(find(&scene, 1));
	end(&scene);
}

static void it_may_be_released_in_the_callback(void **state)
{
	struct scene scene;

	begin(&scene);
	for (size_t i = 0; i < 3; i++)
		row(&scene, i, ID_ONE);
	merge(&scene, ONE);
	for (size_t i = 0; i < 3; i++)
		find(&scene, i)->schedule.taken = true;
	scene.release = true;
	merge(&scene, ONE);
	merge(&scene, ONE);
	assert_int_equal(scene.lost, 3);
	assert_int_equal(ledger_count(scene.world.ledger), 0);
	forget_events(&scene);
	end(&scene);
}

static void what_was_never_released_goes_with_the_ledger(void **state)
{
	struct scene scene;

	begin(&scene);
	row(&scene, 1, ID_ONE);
	merge(&scene, ONE);
	find(&scene, 1)->schedule.taken = true;
	merge(&scene, ONE);
	merge(&scene, ONE);
	forget_events(&scene);
	end(&scene);
}

static void without_callbacks_it_works_as_well(void **state)
{
	const struct ledger_merge nothing = {
		.tenant = &tenants[ONE],
		.rank_of = rank_of,
	};
	struct scene scene;

	begin(&scene);
	row(&scene, 1, ID_ONE);
	merge(&scene, ONE);
	for (int i = 0; i < 3; i++)
		ledger_merge(scene.world.ledger, &nothing,
		             scene.world.now_unix_ms, &scene.world.events);
	assert_int_equal(ledger_count(scene.world.ledger), 0);
	forget_events(&scene);
	end(&scene);
}

/* One tenant's subscriptions come and go; beside the ledger, a plain list. */
static void any_listings_lead_to_what_they_said(void **state)
{
	enum { NUMBERS = 48 };

	for (int round = 0; round < 60; round++) {
		struct scene scene;
		bool known[NUMBERS] = { false };
		unsigned misses[NUMBERS] = { 0 };

		begin(&scene);
		for (int step = 0; step < 40; step++) {
			size_t found = 0, lost = 0, total = 0;
			bool listed[NUMBERS] = { false };

			for (size_t i = chance_below(ROWS_MAX); i > 0; i--) {
				size_t number = chance_below(NUMBERS);

				row(&scene, number, ID_ONE);
				listed[number] = true;
			}
			for (size_t i = 0; i < NUMBERS; i++) {
				misses[i] = listed[i] ? 0 : misses[i] + 1;
				found += listed[i] && !known[i];
				lost += known[i] && misses[i] == 2;
				known[i] = listed[i] ||
				           (known[i] && misses[i] < 2);
				total += known[i];
			}
			merge(&scene, ONE);
			assert_int_equal(scene.added, found);
			assert_int_equal(scene.lost, lost);
			assert_int_equal(scene.world.events.count,
			                 found + lost);
			assert_int_equal(ledger_count(scene.world.ledger),
			                 total);
			for (size_t i = 0; i < NUMBERS; i++)
				assert_int_equal(find(&scene, i) != NULL,
				                 known[i]);
			for (size_t i = 1; i < total; i++)
				assert_true(
					strcmp(ledger_at(scene.world.ledger,
				                         i - 1)
				                       ->id,
				               ledger_at(scene.world.ledger, i)
				                       ->id) < 0);
			event_list_clear(&scene.world.events);
		}
		end(&scene);
	}
}

static void a_hundred_thousand_are_taken_over_and_lost(void **state)
{
	enum { COUNT = 100000 };
	struct listed *rows = xcalloc(COUNT, sizeof(*rows));
	char(*ids)[TEXT_GUID_SIZE] = xcalloc(COUNT, sizeof(*ids));
	struct scene scene;
	struct ledger_tenant tenant = tenants[ONE];
	struct ledger_merge merge = {
		.tenant = &tenant,
		.rows = rows,
		.count = COUNT,
		.rank_of = rank_of,
	};

	begin(&scene);
	tenant.tell_found = false;
	for (size_t i = 0; i < COUNT; i++) {
		/* An odd factor: every number once, and in no order. */
		world_id(i * 2654435761u & 0xffffffff, ids[i]);
		rows[i].id = ids[i];
		rows[i].name = ids[i];
	}
	ledger_merge(scene.world.ledger, &merge, 1, &scene.world.events);
	assert_int_equal(ledger_count(scene.world.ledger), COUNT);
	for (size_t i = 1; i < COUNT; i++)
		assert_true(strcmp(ledger_at(scene.world.ledger, i - 1)->id,
		                   ledger_at(scene.world.ledger, i)->id) < 0);
	merge.count = 10;
	ledger_merge(scene.world.ledger, &merge, 2, &scene.world.events);
	ledger_merge(scene.world.ledger, &merge, 3, &scene.world.events);
	assert_int_equal(ledger_count(scene.world.ledger), 10);
	assert_int_equal(scene.world.events.count, COUNT - 10);
	forget_events(&scene);
	end(&scene);
	free(ids);
	free(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_new_is_added_and_told),
		cmocka_unit_test(the_very_first_listing_is_not_told),
		cmocka_unit_test(ids_are_taken_in_any_letter_case_and_once),
		cmocka_unit_test(what_is_no_id_is_passed_over),
		cmocka_unit_test(what_is_there_is_brought_up_to_date),
		cmocka_unit_test(it_is_lost_after_two_listings_without_it),
		cmocka_unit_test(once_seen_again_it_counts_anew),
		cmocka_unit_test(
			what_the_configuration_leaves_out_is_lost_at_once),
		cmocka_unit_test(a_listing_says_nothing_of_another_tenants),
		cmocka_unit_test(
			of_two_tenants_the_one_whose_id_it_bears_has_it),
		cmocka_unit_test(else_the_first_in_the_configuration_has_it),
		cmocka_unit_test(moving_is_not_told_but_stored),
		cmocka_unit_test(
			it_moves_to_who_still_sees_it_rather_than_being_lost),
		cmocka_unit_test(what_was_restored_waits_for_its_own_tenant),
		cmocka_unit_test(what_was_restored_can_be_lost),
		cmocka_unit_test(retain_loses_what_it_refuses),
		cmocka_unit_test(
			lost_while_it_is_polled_it_stays_until_released),
		cmocka_unit_test(it_may_be_released_in_the_callback),
		cmocka_unit_test(what_was_never_released_goes_with_the_ledger),
		cmocka_unit_test(without_callbacks_it_works_as_well),
		cmocka_unit_test(any_listings_lead_to_what_they_said),
		cmocka_unit_test(a_hundred_thousand_are_taken_over_and_lost),
	};

	return cmocka_run_group_tests_name("ledger_merge", tests, chance_begin,
	                                   NULL);
}
