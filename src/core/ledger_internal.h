/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_internal: what the three files of the ledger share, and nobody else
 * sees: ledger.c (records, order, dirty queue), ledger_note.c (what polls
 * find) and ledger_merge.c (what listings find).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/subscription.h"

struct intern;

/* Linked by next_dirty and prev_dirty, so a record is in one at most. */
struct subscription_queue {
	struct subscription *first;
	struct subscription *last;
};

struct ledger {
	unsigned confirm; /* these two are struct ledger_policy's */
	int64_t stale_after_ms;
	int64_t started_unix_ms;
	struct intern *pool;
	struct subscription **records; /* in the order of their ids */
	size_t count;
	size_t room;
	struct subscription_queue changed;
	struct subscription_queue checked;
	struct subscription_queue polled; /* lost, and not released yet */
};

/* A record that is in no order or queue yet; and the end of one. */
struct subscription *ledger_record_new(const char *id);
void ledger_record_free(struct ledger *ledger, struct subscription *record);

void ledger_drop_error(struct ledger *ledger, struct subscription *record);
void ledger_drop_candidate(struct ledger *ledger, struct subscription *record);

/* Makes room for count records in all. */
void ledger_make_room(struct ledger *ledger, size_t count);

/* Puts it into the dirty queue, or moves it up there. */
void ledger_mark(struct ledger *ledger, struct subscription *record,
                 enum subscription_dirty dirty);
void ledger_unmark(struct ledger *ledger, struct subscription *record);

void subscription_queue_append(struct subscription_queue *queue,
                               struct subscription *record);
void subscription_queue_remove(struct subscription_queue *queue,
                               struct subscription *record);

/* The first, out of the queue; NULL: it is empty. */
struct subscription *subscription_queue_take(struct subscription_queue *queue);
