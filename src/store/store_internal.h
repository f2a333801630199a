/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_internal: what the files of the store share, and nobody else.
 *
 * store_sql.c runs statements and puts failures into words, store_schema.c
 * makes or judges the tables, store_file.c knows the files around the database.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct error;

/*
 * The columns of a subscription besides its id: COLUMN(NAME, name). What is
 * new here needs a migration in store_schema.c.
 */
#define STORE_COLUMNS(COLUMN)                                  \
	COLUMN(NAME, name)                                     \
	COLUMN(TENANT, tenant)                                 \
	COLUMN(TENANT_ID, tenant_id)                           \
	COLUMN(AZURE_STATE, azure_state)                       \
	COLUMN(STATE, state)                                   \
	COLUMN(REASON, reason)                                 \
	COLUMN(CAVEATS, caveats)                               \
	COLUMN(VALUE, value)                                   \
	COLUMN(INHERITED, inherited)                           \
	COLUMN(ASSIGNMENT_ID, assignment_id)                   \
	COLUMN(ASSIGNMENT_NAME, assignment_name)               \
	COLUMN(SCOPE, scope)                                   \
	COLUMN(DEFINITION_ID, definition_id)                   \
	COLUMN(ENFORCEMENT_MODE, enforcement_mode)             \
	COLUMN(CHANGED_BY, changed_by)                         \
	COLUMN(CHANGED_ON, changed_on)                         \
	COLUMN(PREVIOUS_STATE, previous_state)                 \
	COLUMN(PREVIOUS_REASON, previous_reason)               \
	COLUMN(PREVIOUS_VALUE, previous_value)                 \
	COLUMN(PREVIOUS_UNTIL_UNIX_MS, previous_until_unix_ms) \
	COLUMN(FOUND_UNIX_MS, found_unix_ms)                   \
	COLUMN(SINCE_UNIX_MS, since_unix_ms)                   \
	COLUMN(STALE_TOLD, stale_told)

enum store_statement {
#define STATEMENT(name, sql) STORE_##name,
#include "store/statements.def"
#undef STATEMENT
	STORE_STATEMENT_COUNT
};

enum store_transaction {
	STORE_TRANSACTION_NONE,
	STORE_TRANSACTION_OPEN,
	STORE_TRANSACTION_SPOILED, /* a write failed: it cannot be committed */
};

struct store_marks {
	uint64_t last_seq;
	uint64_t emitted_seq;
};

struct store {
	char *path;
	int lock_fd; /* -1: not locked yet */
	sqlite3 *database;
	sqlite3_stmt *statements[STORE_STATEMENT_COUNT];
	enum store_transaction transaction;
	struct store_marks committed;
	struct store_marks pending; /* as the open transaction would leave it */
	struct buf scratch;
};

/*
 * Says that jitd cannot do what ("write", "read") with the file, and why, by
 * what SQLite knows of its last failure. Damage is -EBADMSG.
 */
int store_fail(const struct store *store, const char *what,
               struct error *error);

/* Compiles all statements; -EBADMSG where a table or a column is missing. */
int store_compile(struct store *store, struct error *error);

/* The compiled statement, for its parameters to be bound. */
sqlite3_stmt *store_statement(const struct store *store,
                              enum store_statement statement);

/* Binds the first parameter, for the many that have no other. */
sqlite3_stmt *store_bind_text(const struct store *store,
                              enum store_statement statement, const char *text);

/* Runs a statement whose parameters are bound, within a transaction; where it
 * fails the transaction is spoiled. */
int store_write(struct store *store, enum store_statement statement,
                struct error *error);

/* Readies a statement for the next time. */
static inline void store_reset_scoped(sqlite3_stmt **statement)
{
	sqlite3_reset(*statement);
	sqlite3_clear_bindings(*statement);
}

/* The first column of the first row, as a copy; NULL: there is none. */
char *store_get_text(const struct store *store, enum store_statement statement,
                     const char *key);
int store_get_number(const struct store *store, enum store_statement statement,
                     int64_t *ret_number, struct error *error);

/*
 * Judges what is in the database and makes it what this version works with.
 * -EBADMSG: it is damaged; -EPROTONOSUPPORT: of a newer version, and was not
 * touched; -EINVAL: it is not jitd's.
 */
int store_schema_prepare(struct store *store, struct error *error);

/* Takes the lock that keeps a second jitd away; -EBUSY with words. */
int store_file_lock(const char *path, int *ret_fd, struct error *error);

/* Makes an empty file where there is none, for its owner alone: what SQLite
 * puts beside it gets the same mode. */
int store_file_make(const char *path, bool *ret_created, struct error *error);

/* Renames the database and what SQLite put beside it; free() the new name. */
int store_file_set_aside(const char *path, char **ret_path,
                         struct error *error);
