/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page: one page of any of ARM's listings.
 */
#pragma once

#include <stddef.h>

struct error;
struct json;

struct page {
	struct json *root; /* the rest is borrowed from it */
	const struct json *rows;
	size_t count;
	const char *next_link; /* NULL: it is the last */
};

/* -EINVAL with words, and nothing to free. An empty page is legal, also one
 * that has a next. */
int page_parse(const char *body, size_t size_bytes, struct page *ret_page,
               struct error *error);

/* Zeroed, there is nothing to free. */
void page_done(struct page *page);

static inline void page_done_scoped(struct page *page)
{
	page_done(page);
}
