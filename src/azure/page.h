/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page: one page of any of ARM's listings, row by row: a page of ten thousand
 * subscriptions is 3 MB of text and would be 35 MB of values.
 */
#pragma once

#include <stddef.h>

#include "base/json_slice.h"

struct error;
struct json;

struct page {
	struct json *root;      /* without its rows */
	struct json_slice rest; /* of the rows; borrowed from the body */
	const char *next_link;  /* NULL: it is the last */
};

/* body ends with NUL and outlives the page. -EINVAL with words, and nothing to
 * free. An empty page is legal, also one that has a next. */
int page_parse(const char *body, size_t size_bytes, struct page *ret_page,
               struct error *error);

/* The next row, for json_free(): 1; 0 behind the last; -EINVAL with words. */
int page_next(struct page *page, struct json **ret_row, struct error *error);

/* Zeroed, there is nothing to free. */
void page_done(struct page *page);

static inline void page_done_scoped(struct page *page)
{
	page_done(page);
}
