/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/discovery.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "azure/arm.h"
#include "azure/guid_set.h"
#include "azure/listing.h"
#include "azure/page.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#define SUBSCRIPTIONS_PATH "/subscriptions?api-version=2022-12-01"
#define DESCENDANTS_PATH                                       \
	"/providers/Microsoft.Management/managementGroups/%s/" \
	"descendants?api-version=2020-05-01"

struct discovery {
	struct arm *arm; /* borrowed: outlive us, as does token */
	struct token *token;
	struct arm_call *call;
	discovery_done_fn *fn;
	void *user;

	char *group;   /* the management group's id; NULL: none */
	bool in_group; /* its descendants are being listed */
	struct guid_set descendants;
	struct listing *listing;

	/* The links of the listing under way that were followed. */
	struct digest *links;
	size_t pages;
};

static void discovery_free(struct discovery *discovery)
{
	if (!discovery)
		return;
	free(discovery->group);
	free(discovery->links);
	guid_set_done(&discovery->descendants);
	listing_free(discovery->listing);
	free(discovery);
}
DEFINE_SCOPED(struct discovery *, discovery_free)

static void end_well(struct discovery *taken_discovery)
{
	scoped(discovery_free) struct discovery *discovery = taken_discovery;
	size_t count;
	const struct listed *rows = listing_rows(discovery->listing, &count);

	discovery->fn(NULL, rows, count, discovery->user);
}

/* In the words of ARM; of what is not asked for by itself, with its name. */
static void end_badly(struct discovery *taken_discovery,
                      const struct failure *failure)
{
	scoped(discovery_free) struct discovery *discovery = taken_discovery;
	struct failure told;

	failure_set(&told, failure->class, "%s%s%s%s",
	            discovery->in_group ? "management group " : "",
	            discovery->in_group ? discovery->group : "",
	            discovery->in_group ? ": " : "", failure->message);
	told.http_status = failure->http_status;
	told.retry_after_ms = failure->retry_after_ms;
	failure_set_code(&told, failure->code);
	failure_set_correlation_id(&told, failure->correlation_id);
	discovery->fn(&told, NULL, 0, discovery->user);
}

static void end_invalid(struct discovery *taken_discovery,
                        const struct error *error)
{
	struct failure failure;

	failure_set(&failure, FAILURE_INVALID,
	            "the listing of subscriptions cannot be used: %s",
	            error->text);
	failure.http_status = 200;
	end_badly(taken_discovery, &failure);
}

/* A listing must end. */
static int link_note(struct discovery *discovery, const char *link,
                     struct error *error)
{
	struct digest digest = digest_of(link, strlen(link));

	if (discovery->pages == DISCOVERY_PAGES_MAX)
		return error_set(error, -E2BIG, "it has more than %d pages",
		                 DISCOVERY_PAGES_MAX);
	for (size_t i = 0; i < discovery->pages; i++)
		if (digest_equal(&discovery->links[i], &digest))
			return error_set(error, -ELOOP,
			                 "a page of it links to one that came "
			                 "before");
	if (!discovery->links)
		discovery->links = xcalloc(DISCOVERY_PAGES_MAX,
		                           sizeof(discovery->links[0]));
	discovery->links[discovery->pages++] = digest;
	return 0;
}

static int page_take(struct discovery *discovery, struct page *page,
                     struct error *error)
{
	const struct guid_set *only =
		discovery->group ? &discovery->descendants : NULL;
	size_t count;
	int r;

	if (discovery->in_group) {
		r = listing_descendants(&discovery->descendants, page, error);
		count = discovery->descendants.count;
	} else {
		r = listing_add(discovery->listing, page, only, error);
		count = listing_count(discovery->listing);
	}
	if (r == 0 && count > DISCOVERY_ROWS_MAX)
		r = error_set(error, -E2BIG, "it has more than %d rows",
		              DISCOVERY_ROWS_MAX);
	if (r == 0 && page->next_link)
		r = link_note(discovery, page->next_link, error);
	return r;
}

/* What is asked for behind this page; NULL: nothing, all is there. */
static const char *next_target(struct discovery *discovery,
                               const struct page *page)
{
	if (page->next_link)
		return page->next_link;
	if (!discovery->in_group)
		return NULL;
	discovery->in_group = false;
	discovery->pages = 0;
	return SUBSCRIPTIONS_PATH;
}

static void on_page(const struct arm_reply *reply, void *user)
{
	struct discovery *discovery = user;
	scoped(page_done) struct page page = { 0 };
	const char *target;
	struct error error;
	int r;

	discovery->call = NULL;
	if (reply->failure.class != FAILURE_NONE) {
		end_badly(discovery, &reply->failure);
		return;
	}

	r = page_parse(reply->body, reply->size_bytes, &page, &error);
	if (r == 0)
		r = page_take(discovery, &page, &error);
	target = r == 0 ? next_target(discovery, &page) : NULL;
	if (target)
		discovery->call =
			arm_get(discovery->arm, discovery->token, target,
		                DISCOVERY_PAGE_MAX_BYTES, on_page, discovery);
	if (r < 0)
		end_invalid(discovery, &error);
	else if (!target)
		end_well(discovery);
}

struct discovery *discovery_start(struct arm *arm, struct token *token,
                                  const char *management_group,
                                  discovery_done_fn *fn, void *user)
{
	struct discovery *discovery = xcalloc(1, sizeof(*discovery));
	scoped(string_free) char *path = xstrdup(SUBSCRIPTIONS_PATH);

	discovery->arm = arm;
	discovery->token = token;
	discovery->fn = fn;
	discovery->user = user;
	discovery->listing = listing_new();
	if (management_group && *management_group) {
		scoped(string_free) char *encoded = text_percent_encode(
			management_group, strlen(management_group));

		discovery->group = xstrdup(management_group);
		discovery->in_group = true;
		free(path);
		path = xasprintf(DESCENDANTS_PATH, encoded);
	}
	discovery->call = arm_get(arm, token, path, DISCOVERY_PAGE_MAX_BYTES,
	                          on_page, discovery);
	return discovery;
}

void discovery_cancel(struct discovery *discovery)
{
	if (!discovery)
		return;
	arm_cancel(discovery->call);
	discovery_free(discovery);
}
