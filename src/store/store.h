/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: the last known state and the history of events, on disk.
 *
 * The only files that know SQLite. What is put between store_begin() and
 * store_commit() is kept together or not at all: a state and the event that
 * tells of it. Events get their numbers here, without a gap. An outbox mark
 * says up to which one they have been emitted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scoped.h"

struct error;
struct event;
struct event_list;
struct ledger;
struct store;
struct subscription;

struct store_opened {
	bool created;           /* there was no file */
	char *quarantined_path; /* a damaged one was moved there; NULL: none.
	                           free() it */
};

/*
 * Opens or makes the file at path. A damaged one is set aside beside it and a
 * new one begun. Fails with words where another jitd has it (-EBUSY), where it
 * is of a newer version (-EPROTONOSUPPORT), or where it cannot be made.
 */
int store_open(const char *path, struct store **ret_store,
               struct store_opened *ret_opened, struct error *error);
void store_close(struct store *store);
DEFINE_SCOPED(struct store *, store_close)

/* Puts all subscriptions back into an empty ledger and ends it by
 * ledger_restored(). */
int store_load(struct store *store, struct ledger *ledger, struct error *error);

/* Where any write within it fails, or the commit, nothing of it is kept. */
int store_begin(struct store *store, struct error *error);
int store_commit(struct store *store, struct error *error);
/* Nothing since store_begin() was kept; the numbers given are free again. */
void store_rollback(struct store *store);

int store_put_subscription(struct store *store,
                           const struct subscription *subscription,
                           struct error *error);
/* Of a subscription that was put before, only when it was checked: a small
 * part of the work. */
int store_put_checked(struct store *store,
                      const struct subscription *subscription,
                      struct error *error);
int store_drop_subscription(struct store *store, const char *id,
                            struct error *error);

/* Evidence is JSON, kept as it is. */
int store_put_evidence(struct store *store, const char *id, const char *json,
                       struct error *error);
/* NULL where there is none; free() it. */
char *store_get_evidence(struct store *store, const char *id);

/* Numbers the event (event->seq) and keeps it. */
int store_put_event(struct store *store, struct event *event,
                    struct error *error);

/* Appends up to limit committed events with seq > after_seq, ascending. */
int store_read_events(struct store *store, uint64_t after_seq, size_t limit,
                      struct event_list *events, struct error *error);

/* The number of the last committed event; 0: none yet. */
uint64_t store_last_seq(const struct store *store);

/* Up to which number they have been emitted. Marking needs a transaction. */
uint64_t store_emitted_seq(const struct store *store);
int store_mark_emitted(struct store *store, uint64_t seq, struct error *error);

/* Drops events older than before_unix_ms that were emitted, at most limit of
 * them; *ret_dropped says how many. Needs a transaction. */
int store_expire_events(struct store *store, int64_t before_unix_ms,
                        size_t limit, size_t *ret_dropped, struct error *error);

/* Small facts by name ("discovered:contoso"). Putting needs a transaction; the
 * value is free()d by the caller, NULL: there is none, and takes it out. */
int store_put_note(struct store *store, const char *name, const char *value,
                   struct error *error);
char *store_get_note(struct store *store, const char *name);
