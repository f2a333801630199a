/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_internal.h"

#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/scoped.h"
#include "base/text.h"

/* "JITD": tells our file from another program's database. */
#define APPLICATION_ID 0x4a495444

/*
 * Each brings a file from the version that its index is to the next; version 0
 * is an empty file. What has been released is never changed. A new kind of
 * event needs a step too, be it an empty one: a version that does not know the
 * kind could not tell of such an event, so it must not open the file.
 */
static const char *const migrations[] = {
	"CREATE TABLE subscriptions ("
	"  id TEXT PRIMARY KEY NOT NULL,"
	"  name TEXT,"
	"  tenant TEXT,"
	"  tenant_id TEXT,"
	"  azure_state TEXT,"
	"  state TEXT NOT NULL,"
	"  reason TEXT,"
	"  caveats TEXT NOT NULL,"
	"  value TEXT,"
	"  inherited INTEGER NOT NULL,"
	"  assignment_id TEXT,"
	"  assignment_name TEXT,"
	"  scope TEXT,"
	"  definition_id TEXT,"
	"  enforcement_mode TEXT,"
	"  changed_by TEXT,"
	"  changed_on TEXT,"
	"  previous_state TEXT NOT NULL,"
	"  previous_reason TEXT,"
	"  previous_value TEXT,"
	"  previous_until_unix_ms INTEGER NOT NULL,"
	"  found_unix_ms INTEGER NOT NULL,"
	"  since_unix_ms INTEGER NOT NULL,"
	"  stale_told INTEGER NOT NULL"
	");"
	/* Apart, because every good poll changes it: a hundred of these fit
	 * into a page, of the others six. */
	"CREATE TABLE checks ("
	"  id TEXT PRIMARY KEY NOT NULL,"
	"  checked_unix_ms INTEGER NOT NULL"
	") WITHOUT ROWID;"
	"CREATE TABLE evidence ("
	"  id TEXT PRIMARY KEY NOT NULL,"
	"  json TEXT NOT NULL"
	");"
	/* AUTOINCREMENT: a number is not given again after all have expired. */
	"CREATE TABLE events ("
	"  seq INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  time_unix_ms INTEGER NOT NULL,"
	"  kind TEXT NOT NULL,"
	"  message TEXT NOT NULL,"
	"  fields TEXT NOT NULL"
	");"
	"CREATE INDEX events_by_time ON events (time_unix_ms);"
	"CREATE TABLE emitted ("
	"  mark INTEGER PRIMARY KEY CHECK (mark = 1),"
	"  seq INTEGER NOT NULL"
	");"
	"CREATE TABLE notes ("
	"  name TEXT PRIMARY KEY NOT NULL,"
	"  value TEXT NOT NULL"
	") WITHOUT ROWID;",
};
#define VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])))

/*
 * With a write-ahead log and FULL, a commit is on the disk before it returns.
 * The cache is small because jitd hardly reads; the log is cut back after a
 * burst has made it long.
 */
static const char settings[] = "PRAGMA synchronous = FULL;"
			       "PRAGMA foreign_keys = OFF;"
			       "PRAGMA cache_size = -512;"
			       "PRAGMA temp_store = MEMORY;"
			       "PRAGMA cell_size_check = ON;"
			       "PRAGMA journal_size_limit = 8388608;";

static void statement_finalize_scoped(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

static int run(const struct store *store, const char *sql, struct error *error)
{
	if (sqlite3_exec(store->database, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store, "write", error);
	return 0;
}

/* Steps to the one row that the question has for an answer. */
static int ask(const struct store *store, const char *question,
               sqlite3_stmt **ret_row, struct error *error)
{
	int r = sqlite3_prepare_v2(store->database, question, -1, ret_row,
	                           NULL);

	if (r == SQLITE_OK)
		r = sqlite3_step(*ret_row);
	return r == SQLITE_ROW ? 0 : store_fail(store, "read", error);
}

static int ask_number(const struct store *store, const char *question,
                      int *ret_number, struct error *error)
{
	scoped(statement_finalize) sqlite3_stmt *row = NULL;
	int r = ask(store, question, &row, error);

	*ret_number = r == 0 ? sqlite3_column_int(row, 0) : 0;
	return r;
}

/* Reads only: a file that is not for us is left as it was. */
static int version_read(const struct store *store, int *ret_version,
                        struct error *error)
{
	int application_id = 0, tables = 0, r;

	r = ask_number(store, "SELECT count(*) FROM sqlite_master", &tables,
	               error);
	if (r == 0)
		r = ask_number(store, "PRAGMA application_id", &application_id,
		               error);
	if (r == 0)
		r = ask_number(store, "PRAGMA user_version", ret_version,
		               error);
	if (r < 0)
		return r;

	if (application_id != APPLICATION_ID && (tables || *ret_version))
		return error_set(error, -EINVAL,
		                 "%s is another program's database: give "
		                 "[store] path another name",
		                 store->path);
	if (*ret_version > VERSION)
		return error_set(error, -EPROTONOSUPPORT,
		                 "the state file %s is of a newer version (%d; "
		                 "this jitd knows %d): install the newer jitd, "
		                 "or move the file away to begin anew",
		                 store->path, *ret_version, VERSION);
	return 0;
}

static bool says(sqlite3_stmt *row, const char *expected)
{
	return text_equal((const char *)sqlite3_column_text(row, 0), expected);
}

static int damage_check(const struct store *store, struct error *error)
{
	scoped(statement_finalize) sqlite3_stmt *row = NULL;
	int r = ask(store, "PRAGMA quick_check(1)", &row, error);

	if (r == 0 && !says(row, "ok"))
		return error_set(error, -EBADMSG,
		                 "the state file %s is damaged: %s",
		                 store->path, sqlite3_column_text(row, 0));
	return r;
}

static int journal_begin(const struct store *store, struct error *error)
{
	scoped(statement_finalize) sqlite3_stmt *row = NULL;
	int r = ask(store, "PRAGMA journal_mode = WAL", &row, error);

	if (r == 0 && !says(row, "wal"))
		return error_set(error, -EOPNOTSUPP,
		                 "the state file %s cannot have a write-ahead "
		                 "log where it is: put [store] path on a "
		                 "local disk",
		                 store->path);
	return r;
}

/* One step, kept whole or not at all. */
static int migrate(const struct store *store, int version, struct error *error)
{
	scoped(string_free) char *sql =
		xasprintf("BEGIN IMMEDIATE; %s"
	                  "PRAGMA application_id = %d;"
	                  "PRAGMA user_version = %d; COMMIT",
	                  migrations[version], APPLICATION_ID, version + 1);

	return run(store, sql, error);
}

int store_schema_prepare(struct store *store, struct error *error)
{
	int version = 0, r;

	r = version_read(store, &version, error);
	if (r == 0)
		r = journal_begin(store, error);
	if (r == 0)
		r = run(store, settings, error);
	if (r == 0 && version > 0)
		r = damage_check(store, error);
	for (; r == 0 && version < VERSION; version++)
		r = migrate(store, version, error);
	return r;
}
