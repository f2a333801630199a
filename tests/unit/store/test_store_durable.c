/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/mem.h"
#include "core/event.h"
#include "core/ledger.h"
#include "core/subscription.h"
#include "store/fixture.h"

static unsigned syncs;
static bool disk_is_full;

/* SQLite's, which calls what the program itself defines. */
int fdatasync(int fd)
{
	syncs++;
	return fsync(fd);
}

static ssize_t write_at(int fd, const void *data, size_t size, off_t offset)
{
	if (disk_is_full) {
		errno = ENOSPC;
		return -1;
	}
	return pwrite(fd, data, size, offset);
}

static int watch_the_disk(void **state)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	assert_int_equal(vfs->xSetSystemCall(vfs, "pwrite64",
	                                     (sqlite3_syscall_ptr)write_at),
	                 SQLITE_OK);
	return fixture_seed(state);
}

/* What belongs together: the state since number, and event number. */
static int keep(struct store *store, struct ledger *ledger, unsigned number,
                struct error *error)
{
	struct event *event = fixture_event(number, number);
	struct subscription *subscription =
		ledger_find(ledger, "00000000-0000-4000-8000-000000000007");
	char text[32];
	int r;

	if (!subscription)
		subscription = fixture_subscription(ledger, 7, 0);
	subscription->since_unix_ms = number;
	snprintf(text, sizeof(text), "%u", number);
	r = store_put_subscription(store, subscription, error);
	if (r == 0)
		r = store_put_event(store, event, error);
	if (r == 0)
		r = store_put_note(store, "number", text, error);
	event_destroy(event);
	return r;
}

static void keep_one(struct store *store, struct ledger *ledger,
                     unsigned number)
{
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(keep(store, ledger, number, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
}

/* Opens the copy and tells up to where it goes; all parts say the same. */
static uint64_t number_in(const char *suffix)
{
	struct store_opened opened;
	struct store *store = fixture_open_as(suffix, &opened);
	struct ledger *ledger = fixture_ledger();
	struct event_list events = { 0 };
	scoped(string_free) char *note = store_get_note(store, "number");
	uint64_t number = store_last_seq(store);
	char text[32] = "";

	assert_null(opened.quarantined_path);
	assert_int_equal(store_load(store, ledger, NULL), 0);
	assert_int_equal(ledger_count(ledger), number > 0);
	if (number) {
		assert_int_equal(ledger_at(ledger, 0)->since_unix_ms, number);
		snprintf(text, sizeof(text), "%" PRIu64, number);
	}
	assert_string_equal(note ? note : "", text);
	assert_int_equal(store_read_events(store, 0, SIZE_MAX, &events, NULL),
	                 0);
	assert_int_equal(events.count, number);
	if (number)
		assert_int_equal(events.last->seq, number);
	event_list_clear(&events);
	ledger_free(ledger);
	store_close(store);
	return number;
}

static void a_commit_is_on_the_disk_before_it_returns(void **state)
{
	struct store *store = fixture_open();
	struct ledger *ledger = fixture_ledger();

	for (unsigned i = 1; i <= 5; i++) {
		assert_int_equal(store_begin(store, NULL), 0);
		assert_int_equal(keep(store, ledger, i, NULL), 0);
		syncs = 0;
		assert_int_equal(store_commit(store, NULL), 0);
		assert_true(syncs > 0);
	}
	ledger_free(ledger);
	store_close(store);
}

/* Within transactions, between them, with a log that is long, and with one
 * that has just been copied back. */
static void a_copy_at_any_moment_is_whole(void **state)
{
	struct store *store = fixture_open();
	struct ledger *ledger = fixture_ledger();
	scoped(string_free) char *bulk = xcalloc(100001, 1);

	memset(bulk, 'x', 100000);
	for (unsigned i = 1; i <= 120; i++) {
		char name[16], suffix[17];

		assert_int_equal(store_begin(store, NULL), 0);
		assert_int_equal(keep(store, ledger, i, NULL), 0);
		/* More than the cache holds: it goes to the log at once. */
		for (unsigned j = 0; j < 9; j++) {
			snprintf(name, sizeof(name), "bulk%u", j);
			assert_int_equal(
				store_put_note(store, name, bulk, NULL), 0);
		}
		snprintf(name, sizeof(name), "%u", i);
		snprintf(suffix, sizeof(suffix), ".%u", i);
		if (i % 5 == 0) {
			fixture_copy(name);
			assert_int_equal(number_in(suffix), i - 1);
		}
		assert_int_equal(store_commit(store, NULL), 0);
		if (i % 5 == 1) {
			fixture_copy(name);
			assert_int_equal(number_in(suffix), i);
		}
	}
	ledger_free(ledger);
	store_close(store);
}

/* Tells each number that was committed, until it is killed. */
static void work_until_killed(int fd, uint64_t from)
{
	struct store *store = fixture_open();
	struct ledger *ledger = fixture_ledger();

	for (unsigned i = (unsigned)from + 1;; i++) {
		keep_one(store, ledger, i);
		if (write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
}

static void nothing_committed_is_lost_by_a_kill(void **state)
{
	uint64_t before = 0;

	for (unsigned round = 0; round < 15; round++) {
		unsigned told = 0, number;
		uint64_t found;
		int fds[2], status;
		pid_t child;

		assert_int_equal(pipe(fds), 0);
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			close(fds[0]);
			work_until_killed(fds[1], before);
		}
		close(fds[1]);
		for (unsigned i = 0; i < 3; i++)
			if (read(fds[0], &number, sizeof(number)) > 0)
				told = number;
		usleep((useconds_t)(fixture_random() % 20000));
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		assert_true(WIFSIGNALED(status));
		while (read(fds[0], &number, sizeof(number)) > 0)
			told = number;
		close(fds[0]);

		found = number_in("");
		assert_in_range(told, before + 1, found);
		assert_in_range(found, told, told + 1);
		before = found;
	}
}

static void a_full_disk_is_said_and_survived(void **state)
{
	struct store *store = fixture_open();
	struct ledger *ledger = fixture_ledger();
	struct error error;

	keep_one(store, ledger, 1);
	disk_is_full = true;
	assert_int_equal(store_begin(store, &error), 0);
	assert_int_equal(keep(store, ledger, 2, &error), 0);
	assert_int_equal(store_commit(store, &error), -ENOSPC);
	disk_is_full = false;
	assert_non_null(strstr(error.text, fixture_path("")));
	assert_non_null(strstr(error.text, "there is no space left for it"));
	assert_int_equal(store_last_seq(store), 1);

	keep_one(store, ledger, 2);
	assert_int_equal(store_last_seq(store), 2);
	ledger_free(ledger);
	store_close(store);
	assert_int_equal(number_in(""), 2);
}

/* What follows a failed write must not be kept without it. */
static void a_failed_write_spoils_its_transaction(void **state)
{
	struct store *store = fixture_open();
	struct ledger *ledger = fixture_ledger();
	scoped(string_free) char *bulk = xcalloc(4000001, 1);
	struct error error;

	memset(bulk, 'x', 4000000);
	keep_one(store, ledger, 1);
	assert_int_equal(store_begin(store, NULL), 0);
	disk_is_full = true;
	assert_int_equal(store_put_note(store, "bulk", bulk, &error), -ENOSPC);
	disk_is_full = false;
	assert_int_equal(keep(store, ledger, 2, &error), -ECANCELED);
	assert_int_equal(store_commit(store, &error), -ECANCELED);

	keep_one(store, ledger, 2);
	ledger_free(ledger);
	store_close(store);
	assert_int_equal(number_in(""), 2);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_commit_is_on_the_disk_before_it_returns),
		TEST(a_copy_at_any_moment_is_whole),
		TEST(nothing_committed_is_lost_by_a_kill),
		TEST(a_full_disk_is_said_and_survived),
		TEST(a_failed_write_spoils_its_transaction),
	};

	return cmocka_run_group_tests_name("store_durable", tests,
	                                   watch_the_disk, NULL);
}
