/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing: pages of subscriptions -> the rows that discovery gives.
 *
 * Pure. A row whose id is no GUID makes the whole listing unusable: ids become
 * parts of paths that are asked for later.
 */
#pragma once

#include <stddef.h>

#include "base/scoped.h"

struct error;
struct guid_set;
struct listed;
struct listing;
struct page;

struct listing *listing_new(void);
void listing_free(struct listing *listing);
DEFINE_SCOPED(struct listing *, listing_free)

/* Adds a page of GET /subscriptions: rows that are to be polled, each once,
 * and of those the ones in only, where that is not NULL. */
int listing_add(struct listing *listing, struct page *page,
                const struct guid_set *only, struct error *error);

size_t listing_count(const struct listing *listing);

/* Borrowed until the listing is added to or freed. */
const struct listed *listing_rows(struct listing *listing, size_t *ret_count);

/* Adds the subscriptions on a page of a management group's descendants. */
int listing_descendants(struct guid_set *set, struct page *page,
                        struct error *error);
