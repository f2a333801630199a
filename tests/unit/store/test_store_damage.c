/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/mem.h"
#include "core/event.h"
#include "core/ledger.h"
#include "store/fixture.h"

/* A state file of some pages, closed. */
static void fill(void)
{
	struct store *store = fixture_open();
	struct ledger *ledger = fixture_ledger();

	fixture_put_events(store, 50, 1000);
	assert_int_equal(store_begin(store, NULL), 0);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(store_put_subscription(
					 store,
					 fixture_subscription(ledger, i, 1),
					 NULL),
		                 0);
	assert_int_equal(store_commit(store, NULL), 0);
	ledger_free(ledger);
	store_close(store);
}

static void by_hand(const char *sql)
{
	sqlite3 *database;

	assert_int_equal(sqlite3_open(fixture_path(""), &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL),
	                 SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static const char *suffix_of(const struct store_opened *opened)
{
	return opened->quarantined_path + strlen(fixture_path(""));
}

/* The damaged one is beside it as it was; the new one is empty and works. */
static void assert_set_aside(void)
{
	scoped(string_free) char *damaged = NULL, *kept = NULL;
	size_t damaged_bytes, kept_bytes;
	struct store_opened opened;
	struct store *store;

	damaged = fixture_read("", &damaged_bytes);
	store = fixture_open_as("", &opened);
	assert_non_null(opened.quarantined_path);
	assert_false(opened.created);
	assert_int_equal(strncmp(suffix_of(&opened), ".damaged-20", 11), 0);

	kept = fixture_read(suffix_of(&opened), &kept_bytes);
	assert_int_equal(kept_bytes, damaged_bytes);
	assert_memory_equal(kept, damaged, damaged_bytes);
	assert_int_equal(store_last_seq(store), 0);
	fixture_put_events(store, 1, 1000);
	assert_int_equal(store_last_seq(store), 1);
	store_close(store);
	free(opened.quarantined_path);
}

static void bytes_that_are_no_database_are_set_aside(void **state)
{
	char noise[8192];

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)fixture_random();
	fixture_scribble(-1, noise, sizeof(noise));
	assert_set_aside();
}

static void a_torn_page_is_seen(void **state)
{
	static const char zeros[4096];

	fill();
	fixture_scribble(4096L * 2, zeros, sizeof(zeros));
	assert_set_aside();
}

static void a_file_cut_short_is_seen(void **state)
{
	fill();
	assert_int_equal(truncate(fixture_path(""), 4096 * 3), 0);
	assert_set_aside();
}

static void a_missing_table_is_seen(void **state)
{
	fill();
	by_hand("DROP TABLE notes");
	assert_set_aside();
}

static void a_missing_column_is_seen(void **state)
{
	fill();
	by_hand("ALTER TABLE subscriptions RENAME COLUMN scope TO place");
	assert_set_aside();
}

static void a_schema_that_makes_no_sense_is_seen(void **state)
{
	fill();
	by_hand("PRAGMA writable_schema = ON;"
	        "UPDATE sqlite_master SET sql = 'CREATE TALBE events'"
	        " WHERE name = 'events'");
	assert_set_aside();
}

/* The log and its index go where the database goes. */
static void all_three_files_are_set_aside(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	static const char zeros[4096 * 8];
	struct store_opened opened;
	struct store *store;
	char name[128];

	fill();
	store = fixture_open();
	fixture_put_events(store, 1, 1000);
	fixture_copy("copy");
	store_close(store);
	assert_int_equal(rename(fixture_path(".copy"), fixture_path("")), 0);
	assert_int_equal(
		rename(fixture_path(".copy-wal"), fixture_path("-wal")), 0);
	assert_int_equal(
		rename(fixture_path(".copy-shm"), fixture_path("-shm")), 0);
	fixture_scribble(4096, zeros, sizeof(zeros));

	store = fixture_open_as("", &opened);
	assert_non_null(opened.quarantined_path);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", suffix_of(&opened),
		         ends[i]);
		assert_true(fixture_exists(name));
	}
	assert_int_equal(store_last_seq(store), 0);
	store_close(store);
	free(opened.quarantined_path);
}

static void two_in_a_second_have_two_names(void **state)
{
	char *names[3] = { NULL };

	for (unsigned i = 0; i < 3; i++) {
		struct store_opened opened;

		unlink(fixture_path(""));
		fixture_scribble(-1, "This is no database at all.....", 31);
		store_close(fixture_open_as("", &opened));
		names[i] = opened.quarantined_path;
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(names[i], names[j]);
	}
	for (unsigned i = 0; i < 3; i++)
		free(names[i]);
}

/* Reads all that there is; what it says does not matter here. */
static void read_all(struct store *store)
{
	struct ledger *ledger = fixture_ledger();
	struct event_list events = { 0 };
	struct error error;

	(void)store_load(store, ledger, &error);
	(void)store_read_events(store, 0, 1000, &events, &error);
	free(store_get_evidence(store, "x"));
	free(store_get_note(store, "x"));
	event_list_clear(&events);
	ledger_free(ledger);
}

/* Whatever a bad disk does to it, jitd starts. */
static void no_damage_keeps_it_from_opening(void **state)
{
	scoped(string_free) char *whole = NULL;
	size_t size_bytes;
	unsigned aside = 0;

	fill();
	whole = fixture_read("", &size_bytes);
	for (unsigned round = 0; round < 60; round++) {
		struct store_opened opened;
		struct store *store;

		unlink(fixture_path(""));
		fixture_scribble(-1, whole, size_bytes);
		for (unsigned i = 0; i < 1 + round % 20; i++) {
			uint64_t noise = fixture_random();

			/* Not in what says whose it is, and which version. */
			fixture_scribble(
				100 + (long)(noise % (size_bytes - 108)),
				&noise, 1 + noise % 8);
		}
		store = fixture_open_as("", &opened);
		aside += opened.quarantined_path != NULL;
		read_all(store);
		store_close(store);
		if (opened.quarantined_path)
			unlink(opened.quarantined_path);
		free(opened.quarantined_path);
	}
	assert_in_range(aside, 5, 60);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_that_are_no_database_are_set_aside),
		TEST(a_torn_page_is_seen),
		TEST(a_file_cut_short_is_seen),
		TEST(a_missing_table_is_seen),
		TEST(a_missing_column_is_seen),
		TEST(a_schema_that_makes_no_sense_is_seen),
		TEST(all_three_files_are_set_aside),
		TEST(two_in_a_second_have_two_names),
		TEST(no_damage_keeps_it_from_opening),
	};

	return cmocka_run_group_tests_name("store_damage", tests, fixture_seed,
	                                   NULL);
}
