/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/scoped.h"

#define COLUMN_NAME(upper, lower)   ", " #lower
#define COLUMN_MARK(upper, lower)   ", ?"
#define COLUMN_UPDATE(upper, lower) ", " #lower " = excluded." #lower

static const char *const statements[] = {
#define STATEMENT(name, sql) [STORE_##name] = sql,
#include "store/statements.def"
#undef STATEMENT
};

static int fail_by_system(const struct store *store, const char *what,
                          struct error *error)
{
	int code = sqlite3_system_errno(store->database);

	if (!code)
		code = EIO;
	return error_set(error, -code, "cannot %s the state file %s: %s", what,
	                 store->path, strerror(code));
}

int store_fail(const struct store *store, const char *what, struct error *error)
{
	const char *path = store->path;

	switch (sqlite3_errcode(store->database) & 0xff) {
	case SQLITE_NOMEM:
		xptr(NULL);
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_set(error, -EBADMSG,
		                 "cannot %s the state file %s: it is damaged; "
		                 "jitd sets it aside when it is started again",
		                 what, path);
	case SQLITE_FULL:
		return error_set(error, -ENOSPC,
		                 "cannot %s the state file %s: there is no "
		                 "space left for it; make some",
		                 what, path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return error_set(error, -EACCES,
		                 "cannot %s the state file %s: it and its "
		                 "folder must be jitd's to write",
		                 what, path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(error, -EAGAIN,
		                 "cannot %s the state file %s: another "
		                 "program holds it; end that one",
		                 what, path);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return fail_by_system(store, what, error);
	}
	return error_set(error, -EIO, "cannot %s the state file %s: %s", what,
	                 path, sqlite3_errmsg(store->database));
}

int store_compile(struct store *store, struct error *error)
{
	for (size_t i = 0; i < STORE_STATEMENT_COUNT; i++) {
		int r = sqlite3_prepare_v3(store->database, statements[i], -1,
		                           SQLITE_PREPARE_PERSISTENT,
		                           &store->statements[i], NULL);

		if (r == SQLITE_ERROR)
			return error_set(error, -EBADMSG,
			                 "the state file %s is damaged: %s",
			                 store->path,
			                 sqlite3_errmsg(store->database));
		if (r != SQLITE_OK)
			return store_fail(store, "read", error);
	}
	return 0;
}

sqlite3_stmt *store_statement(const struct store *store,
                              enum store_statement statement)
{
	return store->statements[statement];
}

sqlite3_stmt *store_bind_text(const struct store *store,
                              enum store_statement statement, const char *text)
{
	sqlite3_stmt *compiled = store->statements[statement];

	sqlite3_bind_text(compiled, 1, text, -1, SQLITE_STATIC);
	return compiled;
}

int store_write(struct store *store, enum store_statement statement,
                struct error *error)
{
	scoped(store_reset) sqlite3_stmt *compiled =
		store->statements[statement];

	assert(store->transaction != STORE_TRANSACTION_NONE);
	/* SQLite may have ended the transaction by itself: what was written
	 * now would be kept alone. */
	if (store->transaction == STORE_TRANSACTION_SPOILED)
		return error_set(error, -ECANCELED,
		                 "cannot write the state file %s: an earlier "
		                 "part of this change failed",
		                 store->path);
	if (sqlite3_step(compiled) == SQLITE_DONE)
		return 0;
	store->transaction = STORE_TRANSACTION_SPOILED;
	return store_fail(store, "write", error);
}

char *store_get_text(const struct store *store, enum store_statement statement,
                     const char *key)
{
	scoped(store_reset) sqlite3_stmt *compiled =
		store_bind_text(store, statement, key);

	if (sqlite3_step(compiled) != SQLITE_ROW)
		return NULL;
	return xstrdup((const char *)sqlite3_column_text(compiled, 0));
}

int store_get_number(const struct store *store, enum store_statement statement,
                     int64_t *ret_number, struct error *error)
{
	scoped(store_reset) sqlite3_stmt *compiled =
		store->statements[statement];

	if (sqlite3_step(compiled) != SQLITE_ROW)
		return store_fail(store, "read", error);
	*ret_number = sqlite3_column_int64(compiled, 0);
	return 0;
}
