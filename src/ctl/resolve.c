/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/resolve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/pages.h"

/* Several SUBs that are looked for in one listing. */
struct search {
	struct resolve *resolves;
	size_t count;
};

static void matches_add(struct resolve_matches *matches, const char *id,
                        const char *name)
{
	size_t i = matches->count++;

	if (i >= RESOLVE_SHOWN)
		return;
	snprintf(matches->ids[i], TEXT_GUID_SIZE, "%s", id);
	text_clean(name, matches->names[i], sizeof(matches->names[i]));
}

static int fail_ambiguous(const char *wanted,
                          const struct resolve_matches *matches,
                          struct error *error)
{
	scoped(buf_done) struct buf list;

	buf_init(&list, BUF_NO_CAP);
	for (size_t i = 0; i < matches->count && i < RESOLVE_SHOWN; i++)
		buf_add_format(&list, "%s%s (%s)", i ? ", " : "",
		               matches->ids[i], matches->names[i]);
	if (matches->count > RESOLVE_SHOWN)
		buf_add_format(&list, " and %zu more",
		               matches->count - RESOLVE_SHOWN);
	return error_set(error, -ENOTUNIQ,
	                 "'%s' is more than one subscription: %s", wanted,
	                 buf_text(&list));
}

static int on_page(const struct client_answer *page, void *user,
                   struct error *error)
{
	const struct search *search = user;
	const struct json *rows = json_get(page->document, "subscriptions");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const struct json *row = json_array_at(rows, i);
		const char *id = json_get_text(row, "subscription_id");

		for (size_t k = 0; id && k < search->count; k++)
			resolve_offer(&search->resolves[k], id,
			              json_get_text(row, "name"));
	}
	return 0;
}

/* Fills in those of ret_ids that are empty. */
static int look_up(struct client *client, struct search *search,
                   char (*ret_ids)[TEXT_GUID_SIZE], struct error *error)
{
	int r;

	r = pages_walk(client, "/v1/subscriptions", "", on_page, search, error);
	for (size_t i = 0; r == 0 && i < search->count; i++)
		if (!ret_ids[i][0])
			r = resolve_end(&search->resolves[i], ret_ids[i],
			                error);
	return r;
}

void resolve_begin(struct resolve *resolve, const char *wanted)
{
	*resolve = (struct resolve){ .wanted = wanted };
}

void resolve_offer(struct resolve *resolve, const char *id, const char *name)
{
	const char *wanted = resolve->wanted;

	if (!*wanted)
		return;
	if (text_equal(name, wanted))
		matches_add(&resolve->matches[RESOLVE_NAME], id, name);
	else if (text_starts_nocase(id, wanted))
		matches_add(&resolve->matches[RESOLVE_PREFIX], id, name);
	else if (text_equal_nocase(name, wanted))
		matches_add(&resolve->matches[RESOLVE_NAME_NOCASE], id, name);
}

int resolve_end(const struct resolve *resolve, char ret_id[TEXT_GUID_SIZE],
                struct error *error)
{
	for (int i = 0; i < RESOLVE_KINDS; i++) {
		const struct resolve_matches *matches = &resolve->matches[i];

		if (matches->count > 1)
			return fail_ambiguous(resolve->wanted, matches, error);
		if (matches->count == 1) {
			memcpy(ret_id, matches->ids[0], TEXT_GUID_SIZE);
			return 0;
		}
	}
	return error_set(error, -ESRCH,
	                 "no subscription '%s' is known: jitd-ctl list shows "
	                 "those that are",
	                 resolve->wanted);
}

int resolve_all(struct client *client, const char *const wanted[], size_t count,
                char (*ret_ids)[TEXT_GUID_SIZE], struct error *error)
{
	struct search search = { .count = count };
	bool all_are_ids = true;
	int r = 0;

	search.resolves = xcalloc(count, sizeof(search.resolves[0]));
	for (size_t i = 0; i < count; i++) {
		ret_ids[i][0] = '\0';
		resolve_begin(&search.resolves[i], wanted[i]);
		if (text_lower_guid(wanted[i], ret_ids[i]) < 0)
			all_are_ids = false;
	}
	if (!all_are_ids)
		r = look_up(client, &search, ret_ids, error);
	free(search.resolves);
	return r;
}
