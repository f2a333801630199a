/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/pages.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "ctl/client.h"

#define PAGE_ROWS 1000

static char *page_path(const char *path, const char *filter, const char *after)
{
	scoped(string_free) char *encoded =
		text_percent_encode(after, strlen(after));

	return xasprintf("%s?limit=%d%s%s%s", path, PAGE_ROWS, filter,
	                 *after ? "&after=" : "", encoded);
}

/* One page; *after becomes that of the next, or NULL. */
static int walk_page(struct client *client, const char *path, char **after,
                     pages_fn *fn, void *user, struct error *error)
{
	scoped(client_answer_done) struct client_answer page = { 0 };
	const char *next;
	int r;

	r = client_get(client, path, &page, error);
	if (r < 0)
		return r;
	r = fn(&page, user, error);
	if (r < 0)
		return r;

	next = json_get_text(page.document, "next");
	if (text_equal(next, *after))
		return error_set(error, -EBADMSG,
		                 "jitd lists the same page again and again");
	string_free(*after);
	*after = xstrdup(next);
	return 0;
}

int pages_walk(struct client *client, const char *path, const char *filter,
               pages_fn *fn, void *user, struct error *error)
{
	scoped(string_free) char *after = xstrdup("");
	int r = 0;

	while (r == 0 && after) {
		scoped(string_free) char *page = page_path(path, filter, after);

		r = walk_page(client, page, &after, fn, user, error);
	}
	return r;
}
