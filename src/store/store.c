/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/store_internal.h"

/* How long another program that writes may keep us waiting. */
#define BUSY_MS 500

static struct store *store_new(const char *path)
{
	struct store *store = xcalloc(1, sizeof(*store));

	store->path = xstrdup(path);
	store->lock_fd = -1;
	buf_init(&store->scratch, BUF_NO_CAP);
	return store;
}

/* To leave a log as it is when closing: for a file that is damaged, or that
 * is not ours to touch. */
static void log_keep(const struct store *store, int keep)
{
	sqlite3_db_config(store->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
	                  keep, NULL);
}

static void database_close(struct store *store)
{
	for (size_t i = 0; i < STORE_STATEMENT_COUNT; i++) {
		sqlite3_finalize(store->statements[i]);
		store->statements[i] = NULL;
	}
	sqlite3_close(store->database);
	store->database = NULL;
}

static int marks_load(struct store *store, struct error *error)
{
	int64_t last = 0, emitted = 0;
	int r;

	r = store_get_number(store, STORE_GET_LAST_SEQ, &last, error);
	if (r == 0)
		r = store_get_number(store, STORE_GET_EMITTED, &emitted, error);
	if (r < 0)
		return r;

	store->committed.last_seq = (uint64_t)last;
	store->committed.emitted_seq =
		(uint64_t)(emitted < last ? emitted : last);
	store->pending = store->committed;
	return 0;
}

static int database_open(struct store *store, bool *ret_created,
                         struct error *error)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	int r;

	r = store_file_make(store->path, ret_created, error);
	if (r < 0)
		return r;

	r = sqlite3_open_v2(store->path, &store->database, flags, NULL);
	xptr(store->database);
	if (r != SQLITE_OK)
		return store_fail(store, "open", error);

	log_keep(store, 1);
	sqlite3_db_config(store->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_busy_timeout(store->database, BUSY_MS);
	r = store_schema_prepare(store, error);
	if (r == 0)
		r = store_compile(store, error);
	if (r == 0)
		r = marks_load(store, error);
	if (r == 0)
		log_keep(store, 0);
	return r;
}

int store_open(const char *path, struct store **ret_store,
               struct store_opened *ret_opened, struct error *error)
{
	scoped(store_close) struct store *store = store_new(path);
	scoped(string_free) char *quarantined_path = NULL;
	bool created, again;
	int r;

	r = store_file_lock(path, &store->lock_fd, error);
	if (r == 0)
		r = database_open(store, &created, error);
	if (r == -EBADMSG) {
		database_close(store);
		r = store_file_set_aside(path, &quarantined_path, error);
		if (r == 0)
			r = database_open(store, &again, error);
	}
	if (r < 0)
		return r;

	*ret_opened = (struct store_opened){
		.created = created,
		.quarantined_path = steal(quarantined_path),
	};
	*ret_store = steal(store);
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	database_close(store);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	buf_done(&store->scratch);
	free(store->path);
	free(store);
}

int store_begin(struct store *store, struct error *error)
{
	int r;

	assert(store->transaction == STORE_TRANSACTION_NONE);
	store->transaction = STORE_TRANSACTION_OPEN;
	store->pending = store->committed;
	r = store_write(store, STORE_BEGIN, error);
	if (r < 0)
		store->transaction = STORE_TRANSACTION_NONE;
	return r;
}

int store_commit(struct store *store, struct error *error)
{
	int r = store_write(store, STORE_COMMIT, error);

	if (r < 0) {
		store_rollback(store);
		return r;
	}
	store->transaction = STORE_TRANSACTION_NONE;
	store->committed = store->pending;
	return 0;
}

void store_rollback(struct store *store)
{
	scoped(store_reset) sqlite3_stmt *rollback =
		store_statement(store, STORE_ROLLBACK);

	/* After some failures SQLite has rolled back by itself. */
	if (!sqlite3_get_autocommit(store->database))
		(void)sqlite3_step(rollback);
	store->transaction = STORE_TRANSACTION_NONE;
}

int store_put_note(struct store *store, const char *name, const char *value,
                   struct error *error)
{
	sqlite3_stmt *put = store_bind_text(
		store, value ? STORE_PUT_NOTE : STORE_DROP_NOTE, name);

	if (value)
		sqlite3_bind_text(put, 2, value, -1, SQLITE_STATIC);
	return store_write(store, value ? STORE_PUT_NOTE : STORE_DROP_NOTE,
	                   error);
}

char *store_get_note(struct store *store, const char *name)
{
	return store_get_text(store, STORE_GET_NOTE, name);
}
