/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger: the last known state of every subscription; what differs -> events.
 *
 * Pure: the caller passes in the wall time in Unix ms. A failed poll never
 * changes a state. A verdict that differs is believed after policy.confirm
 * further reads that agree. Events are appended to the list that is passed in,
 * in the order in which they are to be told; whoever passed it stores them
 * together with the records that ledger_take_dirty() gives.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scoped.h"
#include "core/event.h"
#include "core/failure.h"
#include "core/subscription.h"

struct intern;
struct ledger;

struct ledger_policy {
	unsigned confirm;       /* further reads that must agree; 0: none */
	int64_t stale_after_ms; /* from the last good poll on */
};

/* started_unix_ms: nothing goes stale for what happened before that. */
struct ledger *ledger_new(const struct ledger_policy *policy,
                          int64_t started_unix_ms);
void ledger_free(struct ledger *ledger);
DEFINE_SCOPED(struct ledger *, ledger_free)

void ledger_set_policy(struct ledger *ledger,
                       const struct ledger_policy *policy);

/* Where the texts of its subscriptions live. */
struct intern *ledger_pool(struct ledger *ledger);

/* By id in lower case; NULL: none. */
struct subscription *ledger_find(const struct ledger *ledger, const char *id);

/* In the order of their ids; index < ledger_count(). Any index or pointer is
 * good until the next call that adds or loses subscriptions. */
size_t ledger_count(const struct ledger *ledger);
struct subscription *ledger_at(const struct ledger *ledger, size_t index);

/* The index of the first whose id is greater than after ("": the first). */
size_t ledger_index_after(const struct ledger *ledger, const char *after);

/*
 * Puts back what the store had: an empty record of that id, clean, to be
 * filled by the store with texts taken from ledger_pool(). Call
 * ledger_restored() once after the last. NULL where the id is there already.
 * Any order will do; that of the ids is the fast one.
 */
struct subscription *ledger_restore(struct ledger *ledger, const char *id);
void ledger_restored(struct ledger *ledger);

/* One row of a listing; borrowed. */
struct listed {
	const char *id;        /* any letter case; a GUID */
	const char *name;      /* NULL: not known */
	const char *tenant_id; /* that the subscription bears; NULL: unknown */
	const char *azure_state; /* "Enabled"; NULL: not known */
};

/* The tenant whose listing it is; rank is its place in the configuration. */
struct ledger_tenant {
	const char *name;
	const char *tenant_id; /* a GUID, or NULL where only the rows know it */
	unsigned rank;
	bool tell_found;   /* false: its very first complete listing */
	bool lose_at_once; /* no listing but the configuration says what is */
};

/*
 * Takes over a complete listing of a tenant: what is new is added (and
 * told), what is there is brought up to date, what two such listings in a row
 * lack is lost. A row that another tenant has stays where it belongs: with the
 * tenant whose id it bears, else with the one of lower rank. rank_of says the
 * rank of a tenant by name (UINT_MAX: there is none of that name). added and
 * lost are called for each, after it was added and before it goes, with the
 * ledger in its new order already; both may be NULL.
 *
 * What is being polled (schedule.taken) as it is lost is only marked as lost:
 * it stays readable until ledger_release().
 */
typedef void ledger_subscription_fn(struct subscription *subscription,
                                    void *user);
struct ledger_merge {
	const struct ledger_tenant *tenant;
	const struct listed *rows;
	size_t count;
	unsigned (*rank_of)(const char *tenant, void *user);
	ledger_subscription_fn *added;
	ledger_subscription_fn *lost;
	void *user;
};
void ledger_merge(struct ledger *ledger, const struct ledger_merge *merge,
                  int64_t now_unix_ms, struct event_list *events);

/* Loses, with their events, those that keep() refuses: what a new
 * configuration leaves out. */
void ledger_retain(struct ledger *ledger,
                   bool (*keep)(const struct subscription *, void *user),
                   ledger_subscription_fn *lost, void *user,
                   int64_t now_unix_ms, struct event_list *events);

/* Frees a lost one that was being polled: for the poller, at the end of that
 * poll or in the lost callback. Until then what is noted of it is ignored. */
void ledger_release(struct ledger *ledger, struct subscription *subscription);

enum ledger_outcome {
	LEDGER_SETTLED, /* what was read is what is known */
	LEDGER_CONFIRM, /* read it again, soon */
};

/* A poll came to a verdict. Clears the error. */
enum ledger_outcome ledger_note_verdict(struct ledger *ledger,
                                        struct subscription *subscription,
                                        const struct verdict *verdict,
                                        int64_t now_unix_ms,
                                        struct event_list *events);

/* A poll found the very document of last time, and no candidate waits. */
void ledger_note_unchanged(struct ledger *ledger,
                           struct subscription *subscription,
                           int64_t now_unix_ms, struct event_list *events);

/* A poll failed: state, reason, value and caveats stay. */
void ledger_note_failure(struct ledger *ledger,
                         struct subscription *subscription,
                         const struct failure *failure, int64_t now_unix_ms,
                         struct event_list *events);

/* Tells of those that became stale. To be called every now and then. */
void ledger_sweep(struct ledger *ledger, int64_t now_unix_ms,
                  struct event_list *events);

/* Its last good poll (else its being found) is older than stale_after. */
bool ledger_is_stale(const struct ledger *ledger,
                     const struct subscription *subscription,
                     int64_t now_unix_ms);

struct ledger_counts {
	size_t total;
	size_t states[STATE_COUNT];
	size_t stale;
	size_t muted;
	size_t tried;
};

/* Counts all, or those of one tenant where tenant is not NULL. Walks them all:
 * some ms for 100,000. */
struct ledger_counts ledger_count_all(const struct ledger *ledger,
                                      const char *tenant, int64_t now_unix_ms);

/*
 * The next record that the store must write, or NULL: first all that changed;
 * then, with also_checked, those that were only checked. It is clean from
 * then on. Lost ones are told of by the lost callback instead.
 */
struct subscription *ledger_take_dirty(struct ledger *ledger,
                                       bool also_checked);

/* Whether ledger_take_dirty() would give one. */
bool ledger_has_dirty(const struct ledger *ledger, bool also_checked);

/* Makes it dirty again: what was to be written was not. */
void ledger_touch(struct ledger *ledger, struct subscription *subscription);
