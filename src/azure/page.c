/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/page.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

/* The document with nothing between the brackets of its rows. */
static int frame_parse(const char *body, size_t size_bytes,
                       const struct json_slice *rows, struct json **ret_root,
                       struct error *error)
{
	const char *behind = rows->text + rows->size_bytes;
	scoped(buf_done) struct buf frame;

	buf_init(&frame, size_bytes);
	buf_add(&frame, body, (size_t)(rows->text - body));
	buf_add(&frame, behind, (size_t)(body + size_bytes - behind));
	return json_parse(buf_text(&frame), frame.size_bytes, ret_root, error);
}

int page_parse(const char *body, size_t size_bytes, struct page *ret_page,
               struct error *error)
{
	scoped(json_free) struct json *root = NULL;
	const struct json *rows, *link;
	struct json_slice rest;
	int r;

	if (strlen(body) != size_bytes)
		return error_set(error, -EINVAL, "there is a NUL in it");
	rest = json_slice_array(body, "value");
	r = rest.text ? frame_parse(body, size_bytes, &rest, &root, error)
	              : json_parse(body, size_bytes, &root, error);
	if (r < 0)
		return r;
	rows = json_get(root, "value");
	if (!rest.text || json_type(rows) != JSON_ARRAY)
		return error_set(error, -EINVAL, "it has no list \"value\"");
	if (json_array_size(rows))
		return error_set(error, -EINVAL, "it has two lists \"value\"");
	link = json_get(root, "nextLink");
	if (link && json_type(link) != JSON_STRING)
		return error_set(error, -EINVAL, "its nextLink is no text");

	*ret_page = (struct page){
		.rest = rest,
		.next_link = link && *json_text(link) ? json_text(link) : NULL,
		.root = steal(root),
	};
	return 0;
}

int page_next(struct page *page, struct json **ret_row, struct error *error)
{
	struct json_slice row;
	int r = json_slice_next(&page->rest, &row, error);

	if (r <= 0)
		return r;
	r = json_parse(row.text, row.size_bytes, ret_row, error);
	return r < 0 ? r : 1;
}

void page_done(struct page *page)
{
	json_free(page->root);
	*page = (struct page){ 0 };
}
