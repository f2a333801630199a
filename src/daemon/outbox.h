/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox: what happened in a turn of the loop, kept in one commit, then told.
 *
 * Whoever makes events appends them to outbox_events() and wakes the outbox;
 * at the end of the turn they are stored together with the records that the
 * ledger calls dirty. Only then, and in the order of their numbers, are they
 * read back and emitted: what the emitter cannot take now stays in the store,
 * so nothing is lost and no queue grows in memory.
 *
 * Without a store (an audit) all of it is dropped.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/scoped.h"
#include "core/event.h"

struct emitter;
struct ledger;
struct loop;
struct outbox;
struct store;
struct subscription;

struct outbox_options {
	struct loop *loop;
	struct ledger *ledger;
	struct store *store; /* NULL: keep nothing */
	int64_t keep_events_ms;
	/* After a commit that had events in it; may be NULL. */
	void (*committed)(void *user);
	void *user;
};

struct outbox *outbox_new(const struct outbox_options *options);
void outbox_free(struct outbox *outbox);
DEFINE_SCOPED(struct outbox *, outbox_free)

/* Where events go; the outbox calls it. NULL: nowhere, they stay stored. */
void outbox_set_emitter(struct outbox *outbox, struct emitter *emitter);
void outbox_set_keep_events(struct outbox *outbox, int64_t keep_events_ms);

/* To append to; stored at the end of the turn in which it is woken. */
struct event_list *outbox_events(struct outbox *outbox);
void outbox_wake(struct outbox *outbox);

/* A subscription is no longer in the ledger: drop it from the store too. */
void outbox_drop(struct outbox *outbox, const char *subscription_id);

/* Evidence to keep with a subscription. */
void outbox_put_evidence(struct outbox *outbox, const char *subscription_id,
                         const char *json);

/* A small fact for the store. */
void outbox_put_note(struct outbox *outbox, const char *name,
                     const char *value);

/* The emitter can take something again. */
void outbox_emit(struct outbox *outbox);

/* Stores and emits all there is, now: at the end. */
void outbox_finish(struct outbox *outbox);

/* How many of a kind were stored since the start. */
uint64_t outbox_counted(const struct outbox *outbox, enum event_kind kind);

/* Events committed and not yet taken by the emitter. */
uint64_t outbox_unsent(const struct outbox *outbox);
