/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pass: when every subscription has been polled once more.
 *
 * The first pass takes as long as it takes. Later ones end after two intervals
 * at the latest: what is retried more slowly than that does not hold them up.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/scoped.h"

struct pass;
struct subscription;

struct pass_summary {
	int64_t duration_ms;
	unsigned polled;
	unsigned failed;
};

struct pass *pass_new(int64_t interval_ms, int64_t now_ms);
void pass_free(struct pass *pass);
DEFINE_SCOPED(struct pass *, pass_free)

void pass_set_interval(struct pass *pass, int64_t interval_ms);
void pass_add(struct pass *pass, struct subscription *subscription);
void pass_remove(struct pass *pass, struct subscription *subscription);

/* Whether the pass has ended without a poll: the last one that was waited for
 * is lost, or there are none at all. The next one has begun then. Of none, a
 * pass takes an interval; the first is over once discovered. */
bool pass_check(struct pass *pass, bool discovered, int64_t now_ms,
                struct pass_summary *ret_summary);

/* It was polled. True where that ended the pass; the next one has begun. */
bool pass_note(struct pass *pass, struct subscription *subscription,
               bool failed, int64_t now_ms, struct pass_summary *ret_summary);
