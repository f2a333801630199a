/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "base/error.h"
#include "base/intern.h"
#include "base/mem.h"
#include "core/ledger.h"
#include "core/subscription.h"
#include "core/verdict.h"
#include "store/store_internal.h"

/* As they are read; what is bound is numbered from 1. */
enum column {
	COLUMN_ID,
#define COLUMN(upper, lower) COLUMN_##upper,
	STORE_COLUMNS(COLUMN)
#undef COLUMN
		COLUMN_CHECKED_UNIX_MS,
};

/* What is being written; the texts are bound without a copy. */
struct record {
	const struct subscription *subscription;
	sqlite3_stmt *statement;
	char caveats[CAVEATS_TEXT_SIZE];
	char assignment_id[VERDICT_TEXT_SIZE];
	char assignment_name[VERDICT_TEXT_SIZE];
	char scope[VERDICT_TEXT_SIZE];
};

static void bind_text(sqlite3_stmt *statement, enum column column,
                      const char *text)
{
	sqlite3_bind_text(statement, (int)column + 1, text, -1, SQLITE_STATIC);
}

static void bind_number(sqlite3_stmt *statement, enum column column,
                        int64_t number)
{
	sqlite3_bind_int64(statement, (int)column + 1, number);
}

static const char *text_at(sqlite3_stmt *row, enum column column)
{
	return (const char *)sqlite3_column_text(row, (int)column);
}

static int64_t number_at(sqlite3_stmt *row, enum column column)
{
	return sqlite3_column_int64(row, (int)column);
}

static void bind_verdict(struct record *record)
{
	const struct subscription *subscription = record->subscription;
	const struct verdict *verdict = &subscription->verdict;
	const char *id = subscription->id;
	sqlite3_stmt *to = record->statement;

	bind_text(to, COLUMN_STATE, state_to_string(verdict->state));
	bind_text(to, COLUMN_REASON, reason_to_string(verdict->reason));
	bind_text(to, COLUMN_CAVEATS,
	          caveats_to_string(verdict->caveats, record->caveats));
	bind_text(to, COLUMN_VALUE, verdict->value);
	bind_number(to, COLUMN_INHERITED, verdict->inherited);
	bind_text(to, COLUMN_ASSIGNMENT_ID,
	          verdict_text(verdict->assignment_id, id,
	                       record->assignment_id));
	bind_text(to, COLUMN_ASSIGNMENT_NAME,
	          verdict_text(verdict->assignment_name, id,
	                       record->assignment_name));
	bind_text(to, COLUMN_SCOPE,
	          verdict_text(verdict->scope, id, record->scope));
	bind_text(to, COLUMN_DEFINITION_ID, verdict->definition_id);
	bind_text(to, COLUMN_ENFORCEMENT_MODE, verdict->enforcement_mode);
	bind_text(to, COLUMN_CHANGED_BY, verdict->changed_by);
	bind_text(to, COLUMN_CHANGED_ON, verdict->changed_on);
}

static void bind_subscription(struct record *record)
{
	const struct subscription *subscription = record->subscription;
	const struct subscription_previous *previous = &subscription->previous;
	sqlite3_stmt *to = record->statement;

	bind_text(to, COLUMN_ID, subscription->id);
	bind_text(to, COLUMN_NAME, subscription->name);
	bind_text(to, COLUMN_TENANT, subscription->tenant);
	bind_text(to, COLUMN_TENANT_ID, subscription->tenant_id);
	bind_text(to, COLUMN_AZURE_STATE, subscription->azure_state);
	bind_verdict(record);
	bind_text(to, COLUMN_PREVIOUS_STATE, state_to_string(previous->state));
	bind_text(to, COLUMN_PREVIOUS_REASON,
	          reason_to_string(previous->reason));
	bind_text(to, COLUMN_PREVIOUS_VALUE, previous->value);
	bind_number(to, COLUMN_PREVIOUS_UNTIL_UNIX_MS, previous->until_unix_ms);
	bind_number(to, COLUMN_FOUND_UNIX_MS, subscription->found_unix_ms);
	bind_number(to, COLUMN_SINCE_UNIX_MS, subscription->since_unix_ms);
	bind_number(to, COLUMN_STALE_TOLD, subscription->stale_told);
}

/* A verdict in words that this version knows and that go together. */
static bool read_verdict(sqlite3_stmt *row, struct verdict *ret_verdict)
{
	const char *state = text_at(row, COLUMN_STATE);
	const char *caveats = text_at(row, COLUMN_CAVEATS);
	struct verdict verdict = {
		.inherited = number_at(row, COLUMN_INHERITED),
		.value = text_at(row, COLUMN_VALUE),
		.assignment_id = text_at(row, COLUMN_ASSIGNMENT_ID),
		.assignment_name = text_at(row, COLUMN_ASSIGNMENT_NAME),
		.scope = text_at(row, COLUMN_SCOPE),
		.definition_id = text_at(row, COLUMN_DEFINITION_ID),
		.enforcement_mode = text_at(row, COLUMN_ENFORCEMENT_MODE),
		.changed_by = text_at(row, COLUMN_CHANGED_BY),
		.changed_on = text_at(row, COLUMN_CHANGED_ON),
	};

	if (!state || !caveats || state_from_string(state, &verdict.state) < 0)
		return false;
	if (reason_from_string(text_at(row, COLUMN_REASON), &verdict.reason) <
	            0 ||
	    caveats_from_string(caveats, &verdict.caveats) < 0)
		return false;
	*ret_verdict = verdict;
	return (verdict.state == STATE_UNKNOWN) ==
	       (verdict.reason == REASON_NONE);
}

static void load_previous(sqlite3_stmt *row, struct intern *pool,
                          struct subscription_previous *previous)
{
	const char *state = text_at(row, COLUMN_PREVIOUS_STATE);
	struct subscription_previous read = {
		.until_unix_ms = number_at(row, COLUMN_PREVIOUS_UNTIL_UNIX_MS),
	};

	if (!state || state_from_string(state, &read.state) < 0 ||
	    reason_from_string(text_at(row, COLUMN_PREVIOUS_REASON),
	                       &read.reason) < 0)
		return;
	read.value = intern_take(pool, text_at(row, COLUMN_PREVIOUS_VALUE));
	*previous = read;
}

/* A verdict that is not understood is one that was never read: the next poll
 * finds out anew. */
static void load_subscription(sqlite3_stmt *row, struct intern *pool,
                              struct subscription *subscription)
{
	struct verdict verdict;

	subscription->name = intern_take(pool, text_at(row, COLUMN_NAME));
	subscription->tenant = intern_take(pool, text_at(row, COLUMN_TENANT));
	subscription->tenant_id =
		intern_take(pool, text_at(row, COLUMN_TENANT_ID));
	subscription->azure_state =
		intern_take(pool, text_at(row, COLUMN_AZURE_STATE));
	subscription->found_unix_ms = number_at(row, COLUMN_FOUND_UNIX_MS);
	subscription->stale_told = number_at(row, COLUMN_STALE_TOLD);
	load_previous(row, pool, &subscription->previous);
	if (!read_verdict(row, &verdict))
		return;

	subscription->verdict = verdict_take(pool, &verdict, subscription->id);
	subscription->since_unix_ms = number_at(row, COLUMN_SINCE_UNIX_MS);
	subscription->checked_unix_ms = number_at(row, COLUMN_CHECKED_UNIX_MS);
}

static sqlite3_stmt *bind_check(const struct store *store,
                                enum store_statement statement,
                                const struct subscription *subscription)
{
	sqlite3_stmt *check =
		store_bind_text(store, statement, subscription->id);

	sqlite3_bind_int64(check, 2, subscription->checked_unix_ms);
	return check;
}

int store_load(struct store *store, struct ledger *ledger, struct error *error)
{
	scoped(store_reset) sqlite3_stmt *row =
		store_statement(store, STORE_LOAD_SUBSCRIPTIONS);
	int r;

	while ((r = sqlite3_step(row)) == SQLITE_ROW) {
		const char *id = text_at(row, COLUMN_ID);
		char lower[TEXT_GUID_SIZE];
		struct subscription *subscription;

		/* Nobody but a person could have put another one there. */
		if (!id || text_lower_guid(id, lower) < 0)
			continue;
		subscription = ledger_restore(ledger, lower);
		if (subscription)
			load_subscription(row, ledger_pool(ledger),
			                  subscription);
	}
	if (r != SQLITE_DONE)
		return store_fail(store, "read", error);
	ledger_restored(ledger);
	return 0;
}

int store_put_subscription(struct store *store,
                           const struct subscription *subscription,
                           struct error *error)
{
	struct record record = {
		.subscription = subscription,
		.statement = store_statement(store, STORE_PUT_SUBSCRIPTION),
	};
	int r;

	bind_subscription(&record);
	r = store_write(store, STORE_PUT_SUBSCRIPTION, error);
	if (r < 0)
		return r;
	bind_check(store, STORE_PUT_CHECK, subscription);
	return store_write(store, STORE_PUT_CHECK, error);
}

int store_put_checked(struct store *store,
                      const struct subscription *subscription,
                      struct error *error)
{
	bind_check(store, STORE_UPDATE_CHECK, subscription);
	return store_write(store, STORE_UPDATE_CHECK, error);
}

int store_drop_subscription(struct store *store, const char *id,
                            struct error *error)
{
	static const enum store_statement drops[] = {
		STORE_DROP_SUBSCRIPTION,
		STORE_DROP_CHECK,
		STORE_DROP_EVIDENCE,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(drops) / sizeof(drops[0]);
	     i++) {
		store_bind_text(store, drops[i], id);
		r = store_write(store, drops[i], error);
	}
	return r;
}

int store_put_evidence(struct store *store, const char *id, const char *json,
                       struct error *error)
{
	sqlite3_stmt *put = store_bind_text(store, STORE_PUT_EVIDENCE, id);

	sqlite3_bind_text(put, 2, json, -1, SQLITE_STATIC);
	return store_write(store, STORE_PUT_EVIDENCE, error);
}

char *store_get_evidence(struct store *store, const char *id)
{
	return store_get_text(store, STORE_GET_EVIDENCE, id);
}
