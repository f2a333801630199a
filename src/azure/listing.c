/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "azure/guid_set.h"
#include "azure/page.h"
#include "base/error.h"
#include "base/intern.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/ledger.h"

#define SUBSCRIPTION_PART "/subscriptions/"
#define NAME_SIZE         257 /* 256 bytes, and the NUL */

struct listing {
	struct guid_set ids;
	struct listed *rows; /* of each id; their ids are set at the end */
	size_t room;
	struct intern *pool; /* of the texts but for names */
};

/* What is behind the last "/subscriptions/" of an id; NULL: it has none. */
static const char *id_tail(const char *id)
{
	const char *tail = NULL;

	for (; id && *id; id++)
		if (text_starts_nocase(id, SUBSCRIPTION_PART))
			tail = id + strlen(SUBSCRIPTION_PART);
	return tail;
}

static int guid_read(const char *text, char out[TEXT_GUID_SIZE],
                     struct error *error)
{
	if (!text)
		return error_set(error, -EINVAL,
		                 "a row has no subscription's id");
	if (text_lower_guid(text, out) < 0)
		return error_set(error, -EINVAL,
		                 "a row has the id '%.64s', which is no GUID: "
		                 "it is not sent on",
		                 text);
	return 0;
}

/* The word for a state that is polled; NULL: it is not. */
static const char *polled_state(const char *state)
{
	static const char *const states[] = {
		"Enabled",
		"Warned",
		"PastDue",
		"Disabled",
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (text_equal_nocase(state, states[i]))
			return states[i];
	return NULL;
}

/* The row that goes with the newest id. */
static struct listed *row_new(struct listing *listing)
{
	if (listing->ids.count > listing->room) {
		listing->room = listing->ids.room;
		listing->rows = xrealloc(listing->rows, listing->room,
		                         sizeof(listing->rows[0]));
	}
	return &listing->rows[listing->ids.count - 1];
}

static char *clean_name(const char *text)
{
	char name[NAME_SIZE];

	return text ? xstrdup(text_clean(text, name, sizeof(name))) : NULL;
}

static int row_add(struct listing *listing, const struct json *row,
                   const struct guid_set *only, struct error *error)
{
	const struct json *id = json_get(row, "subscriptionId");
	const char *state = json_get_text(row, "state");
	const char *azure_state = polled_state(state);
	char guid[TEXT_GUID_SIZE], tenant_id[TEXT_GUID_SIZE];
	bool has_tenant;
	int r;

	r = guid_read(id ? json_text(id) : id_tail(json_get_text(row, "id")),
	              guid, error);
	if (r < 0)
		return r;
	/* One whose state is not told is polled, rather than not seen. */
	if ((state && !azure_state) || (only && !guid_set_has(only, guid)) ||
	    !guid_set_add(&listing->ids, guid))
		return 0;

	has_tenant =
		text_lower_guid(json_get_text(row, "tenantId"), tenant_id) == 0;
	*row_new(listing) = (struct listed){
		.name = clean_name(json_get_text(row, "displayName")),
		.tenant_id = intern_take(listing->pool,
		                         has_tenant ? tenant_id : NULL),
		.azure_state = azure_state,
	};
	return 0;
}

/* Whether a descendant is a subscription, and not a management group. */
static bool is_subscription(const struct json *row)
{
	const char *type = json_get_text(row, "type");

	if (!type)
		return id_tail(json_get_text(row, "id"));
	return text_equal_nocase(
		       type,
		       "Microsoft.Management/managementGroups/subscriptions") ||
	       text_equal_nocase(type, "/subscriptions");
}

struct listing *listing_new(void)
{
	struct listing *listing = xcalloc(1, sizeof(*listing));

	listing->pool = intern_new();
	return listing;
}

void listing_free(struct listing *listing)
{
	if (!listing)
		return;
	for (size_t i = 0; i < listing->ids.count; i++) {
		free((char *)listing->rows[i].name);
		intern_give(listing->pool, listing->rows[i].tenant_id);
	}
	guid_set_done(&listing->ids);
	intern_free(listing->pool);
	free(listing->rows);
	free(listing);
}

int listing_add(struct listing *listing, struct page *page,
                const struct guid_set *only, struct error *error)
{
	int r = 1;

	while (r > 0) {
		scoped(json_free) struct json *row = NULL;

		r = page_next(page, &row, error);
		if (r > 0 && row_add(listing, row, only, error) < 0)
			return -EINVAL;
	}
	return r;
}

size_t listing_count(const struct listing *listing)
{
	return listing->ids.count;
}

const struct listed *listing_rows(struct listing *listing, size_t *ret_count)
{
	for (size_t i = 0; i < listing->ids.count; i++)
		listing->rows[i].id = listing->ids.guids[i];
	*ret_count = listing->ids.count;
	return listing->rows;
}

static int descendant_add(struct guid_set *set, const struct json *row,
                          struct error *error)
{
	const char *tail = id_tail(json_get_text(row, "id"));
	char guid[TEXT_GUID_SIZE];
	int r;

	if (json_type(row) != JSON_OBJECT)
		return error_set(error, -EINVAL, "a row is not an object");
	if (!is_subscription(row))
		return 0;
	r = guid_read(tail ? tail : json_get_text(row, "name"), guid, error);
	if (r == 0)
		guid_set_add(set, guid);
	return r;
}

int listing_descendants(struct guid_set *set, struct page *page,
                        struct error *error)
{
	int r = 1;

	while (r > 0) {
		scoped(json_free) struct json *row = NULL;

		r = page_next(page, &row, error);
		if (r > 0 && descendant_add(set, row, error) < 0)
			return -EINVAL;
	}
	return r;
}
