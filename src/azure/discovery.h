/* SPDX-License-Identifier: Apache-2.0 */
/*
 * discovery: which subscriptions a tenant's credential can see.
 *
 * GET /subscriptions with every nextLink; with a management group, its
 * descendants besides, and only what both have. A listing that fails half-way
 * is a failure and gives no rows. Those that are neither Enabled, Warned,
 * PastDue nor Disabled are left out.
 */
#pragma once

#include <stddef.h>

#include "base/scoped.h"
#include "core/failure.h"
#include "core/ledger.h"

struct arm;
struct discovery;
struct token;

/* One page: a hundred thousand rows at most. */
#define DISCOVERY_PAGE_MAX_BYTES ((size_t)64 * 1024 * 1024)

/* A listing longer than this many pages or rows is refused: it does not
 * end. */
#define DISCOVERY_PAGES_MAX 2000
#define DISCOVERY_ROWS_MAX  250000

/* failure is NULL, or says why there are no rows. They are borrowed for the
 * length of the callback; each subscription is there once. */
typedef void discovery_done_fn(const struct failure *failure,
                               const struct listed *rows, size_t count,
                               void *user);

/* management_group may be NULL. The callback comes once, later; then, or by
 * discovery_cancel(), it is over. */
struct discovery *discovery_start(struct arm *arm, struct token *token,
                                  const char *management_group,
                                  discovery_done_fn *fn, void *user);
void discovery_cancel(struct discovery *discovery);
