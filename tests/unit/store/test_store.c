/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/fixture.h"

static mode_t mode_of(const char *suffix)
{
	struct stat status;

	assert_int_equal(stat(fixture_path(suffix), &status), 0);
	return status.st_mode & 07777;
}

/* As an operator would, by hand; the first column of the first row. */
static int64_t by_hand(const char *sql)
{
	sqlite3 *database;
	sqlite3_stmt *row;
	int64_t number = -1;

	assert_int_equal(sqlite3_open(fixture_path(""), &database), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &row, NULL),
	                 SQLITE_OK);
	if (sqlite3_step(row) == SQLITE_ROW)
		number = sqlite3_column_int64(row, 0);
	assert_int_equal(sqlite3_finalize(row), SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
	return number;
}

static void note_put(struct store *store, const char *name, const char *value)
{
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_put_note(store, name, value, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
}

static void assert_note(struct store *store, const char *name,
                        const char *expected)
{
	scoped(string_free) char *value = store_get_note(store, name);

	if (expected)
		assert_string_equal(value ? value : "(none)", expected);
	else
		assert_null(value);
}

static void a_new_file_is_its_owners_alone(void **state)
{
	mode_t before = umask(0);
	struct store_opened opened;
	struct store *store = fixture_open_as("", &opened);

	umask(before);
	assert_true(opened.created);
	assert_null(opened.quarantined_path);
	assert_int_equal(mode_of(""), 0600);
	assert_int_equal(mode_of("-wal"), 0600);
	assert_int_equal(mode_of("-shm"), 0600);
	assert_int_equal(mode_of(".lock"), 0600);
	store_close(store);
}

static void what_was_kept_is_there_again(void **state)
{
	struct store_opened opened;
	struct store *store = fixture_open();

	note_put(store, "discovered:contoso", "2026-11-23T00:49:53Z");
	fixture_put_events(store, 3, 1000);
	store_close(store);

	store = fixture_open_as("", &opened);
	assert_false(opened.created);
	assert_note(store, "discovered:contoso", "2026-11-23T00:49:53Z");
	assert_int_equal(store_last_seq(store), 3);
	assert_int_equal(store_emitted_seq(store), 0);
	store_close(store);
}

static void nothing_stays_open_in_a_child_of_ours(void **state)
{
	struct store *store = fixture_open();
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	unsigned seen = 0;

	while ((entry = readdir(dir))) {
		char target[512] = "";

		if (readlinkat(dirfd(dir), entry->d_name, target,
		               sizeof(target) - 1) < 0 ||
		    !strstr(target, "state.db"))
			continue;
		assert_true(
			fcntl((int)strtol(entry->d_name, NULL, 10), F_GETFD) &
			FD_CLOEXEC);
		seen++;
	}
	closedir(dir);
	assert_in_range(seen, 3, 4);
	store_close(store);
}

static void a_second_jitd_is_refused(void **state)
{
	struct store *first = fixture_open(), *second = NULL;
	struct store_opened opened;
	struct error error;

	assert_int_equal(store_open(fixture_path(""), &second, &opened, &error),
	                 -EBUSY);
	assert_null(second);
	assert_non_null(strstr(error.text, fixture_path("")));
	assert_non_null(strstr(error.text, "in use by another jitd"));
	store_close(first);
	store_close(fixture_open());
}

static void an_operator_may_look_at_it_meanwhile(void **state)
{
	struct store *store = fixture_open();

	fixture_put_events(store, 2, 1000);
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_put_note(store, "a", "b", NULL), 0);
	assert_int_equal(by_hand("SELECT count(*) FROM events"), 2);
	assert_int_equal(by_hand("SELECT count(*) FROM notes"), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(by_hand("SELECT count(*) FROM notes"), 1);
	store_close(store);
}

static void a_newer_version_is_refused_and_left_alone(void **state)
{
	scoped(string_free) char *before = NULL, *after = NULL;
	size_t before_bytes, after_bytes;
	struct store *store = fixture_open();
	struct store_opened opened;
	struct error error;

	fixture_put_events(store, 2, 1000);
	store_close(store);
	by_hand("PRAGMA user_version = 99");
	before = fixture_read("", &before_bytes);
	assert_int_equal(store_open(fixture_path(""), &store, &opened, &error),
	                 -EPROTONOSUPPORT);
	assert_non_null(strstr(error.text, fixture_path("")));
	assert_non_null(strstr(error.text, "of a newer version (99;"));

	after = fixture_read("", &after_bytes);
	assert_int_equal(before_bytes, after_bytes);
	assert_memory_equal(before, after, before_bytes);
	assert_int_equal(by_hand("PRAGMA user_version"), 99);
}

static void another_programs_database_is_refused(void **state)
{
	struct store *store;
	struct store_opened opened;
	struct error error;

	by_hand("CREATE TABLE addresses (street TEXT)");
	assert_int_equal(store_open(fixture_path(""), &store, &opened, &error),
	                 -EINVAL);
	assert_non_null(strstr(error.text, "another program's database"));
	assert_int_equal(by_hand("SELECT count(*) FROM sqlite_master"), 1);
}

static void what_is_no_file_is_refused(void **state)
{
	struct store *store;
	struct store_opened opened;
	struct error error;

	assert_int_equal(mkfifo(fixture_path(""), 0600), 0);
	assert_int_equal(store_open(fixture_path(""), &store, &opened, &error),
	                 -EINVAL);
	assert_non_null(strstr(error.text, "is not a regular file"));
}

static void a_missing_folder_is_named(void **state)
{
	struct store *store;
	struct store_opened opened;
	struct error error;

	assert_int_equal(
		store_open("/nonexistent/state.db", &store, &opened, &error),
		-ENOENT);
	assert_string_equal(error.text,
	                    "cannot make /nonexistent/state.db.lock: No such "
	                    "file or directory: the folder of [store] path "
	                    "must be there, and be jitd's to write in");
}

static void an_empty_file_is_begun(void **state)
{
	struct store_opened opened;
	struct store *store;

	fixture_scribble(-1, "", 0);
	store = fixture_open_as("", &opened);
	assert_false(opened.created);
	assert_null(opened.quarantined_path);
	fixture_put_events(store, 1, 1000);
	store_close(store);
}

static void a_rollback_keeps_nothing(void **state)
{
	struct store *store = fixture_open();

	note_put(store, "a", "1");
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_put_note(store, "a", "2", NULL), 0);
	assert_int_equal(store_put_note(store, "b", "2", NULL), 0);
	store_rollback(store);
	assert_note(store, "a", "1");
	assert_note(store, "b", NULL);
	store_close(store);
}

static void what_was_not_committed_is_gone_after_closing(void **state)
{
	struct store *store = fixture_open();

	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_put_note(store, "a", "1", NULL), 0);
	store_close(store);
	store = fixture_open();
	assert_note(store, "a", NULL);
	store_close(store);
}

static void a_note_is_replaced_and_taken_out(void **state)
{
	struct store *store = fixture_open();

	assert_note(store, "a", NULL);
	note_put(store, "a", "1");
	note_put(store, "b", "");
	note_put(store, "a", "2");
	assert_note(store, "a", "2");
	assert_note(store, "b", "");
	note_put(store, "a", NULL);
	assert_note(store, "a", NULL);
	store_close(store);
}

static void closing_leaves_no_log_behind(void **state)
{
	struct store *store = fixture_open();

	fixture_put_events(store, 2, 1000);
	assert_true(fixture_exists("-wal"));
	store_close(store);
	assert_true(fixture_exists(""));
	assert_false(fixture_exists("-wal"));
	assert_false(fixture_exists("-shm"));
	store_close(NULL);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_file_is_its_owners_alone),
		TEST(what_was_kept_is_there_again),
		TEST(nothing_stays_open_in_a_child_of_ours),
		TEST(a_second_jitd_is_refused),
		TEST(an_operator_may_look_at_it_meanwhile),
		TEST(a_newer_version_is_refused_and_left_alone),
		TEST(another_programs_database_is_refused),
		TEST(what_is_no_file_is_refused),
		TEST(a_missing_folder_is_named),
		TEST(an_empty_file_is_begun),
		TEST(a_rollback_keeps_nothing),
		TEST(what_was_not_committed_is_gone_after_closing),
		TEST(a_note_is_replaced_and_taken_out),
		TEST(closing_leaves_no_log_behind),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
