/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/page.h"

#include <errno.h>

#include "base/error.h"
#include "base/json.h"

int page_parse(const char *body, size_t size_bytes, struct page *ret_page,
               struct error *error)
{
	scoped(json_free) struct json *root = NULL;
	const struct json *rows, *link;
	int r;

	r = json_parse(body, size_bytes, &root, error);
	if (r < 0)
		return r;
	rows = json_get(root, "value");
	if (json_type(rows) != JSON_ARRAY)
		return error_set(error, -EINVAL, "it has no list \"value\"");
	link = json_get(root, "nextLink");
	if (link && json_type(link) != JSON_STRING)
		return error_set(error, -EINVAL, "its nextLink is no text");

	*ret_page = (struct page){
		.rows = rows,
		.count = json_array_size(rows),
		.next_link = link && *json_text(link) ? json_text(link) : NULL,
		.root = steal(root),
	};
	return 0;
}

void page_done(struct page *page)
{
	json_free(page->root);
	*page = (struct page){ 0 };
}
