/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/outcome.h"
#include "ctl/pages.h"
#include "ctl/patience.h"
#include "ctl/resolve.h"
#include "ctl/subscription.h"
#include "ctl/verb.h"
#include "ctl/watched.h"

/* As many ids go into one request: its body has a cap. */
#define BATCH_IDS 1000

/* The operator's socket is asked for all of it: who may poll may read, and
 * needs no other socket. */
struct polling {
	struct ctl *ctl;
	char (*ids)[TEXT_GUID_SIZE]; /* NULL: all */
	size_t count;
	struct watched watched;
};

typedef void row_fn(struct watched *watched, const struct json *subscription);

static int compare_ids(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int check(const struct options *options, struct error *error)
{
	bool all = options->given[OPTION_ALL];

	if (all && options->argument_count)
		return error_set(error, -EINVAL,
		                 "poll: --all and SUB exclude each other");
	if (!all && !options->argument_count)
		return error_set(error, -EINVAL, "poll needs SUB... or --all");
	if (options->given[OPTION_TIMEOUT] && !options->given[OPTION_WAIT])
		return error_set(error, -EINVAL,
		                 "poll: --timeout needs "
		                 "--wait");
	return 0;
}

static int on_page_before(const struct client_answer *page, void *user,
                          struct error *error)
{
	const struct json *rows = json_get(page->document, "subscriptions");

	for (size_t i = 0; i < json_array_size(rows); i++)
		watched_add(user, json_array_at(rows, i));
	return 0;
}

static int on_page_after(const struct client_answer *page, void *user,
                         struct error *error)
{
	const struct json *rows = json_get(page->document, "subscriptions");

	for (size_t i = 0; i < json_array_size(rows); i++)
		watched_look(user, json_array_at(rows, i));
	return 0;
}

/* Gives each of those asked for to fn. */
static int each_chosen(struct polling *polling, row_fn *fn, bool may_be_gone,
                       struct error *error)
{
	for (size_t i = 0; i < polling->count; i++) {
		scoped(client_answer_done) struct client_answer answer = { 0 };
		int r = subscription_fetch(polling->ctl->operator,
		                           polling->ids[i], &answer, error);

		if (r == -ESRCH && may_be_gone)
			continue;
		if (r < 0)
			return r;
		fn(&polling->watched, answer.document);
	}
	return 0;
}

static int look_before(struct polling *polling, struct error *error)
{
	if (polling->ids)
		return each_chosen(polling, watched_add, false, error);
	return pages_walk(polling->ctl->operator, "/v1/subscriptions", "",
	                  on_page_before, &polling->watched, error);
}

static int look_after(struct polling *polling, struct error *error)
{
	int r;

	if (polling->ids)
		r = each_chosen(polling, watched_look, true, error);
	else
		r = pages_walk(polling->ctl->operator, "/v1/subscriptions", "",
		               on_page_after, &polling->watched, error);
	if (r == 0)
		watched_end_round(&polling->watched);
	return r;
}

/* {"subscriptions":[...]} of a batch, or {"all":true}. */
static char *body_of(const struct polling *polling, size_t first)
{
	struct buf text;
	struct json_out out = { .buf = &text };

	buf_init(&text, BUF_NO_CAP);
	json_open(&out, NULL, '{');
	if (polling->ids) {
		json_open(&out, "subscriptions", '[');
		for (size_t i = first;
		     i < polling->count && i < first + BATCH_IDS; i++)
			json_put_text(&out, NULL, polling->ids[i]);
		json_close(&out, ']');
	} else {
		json_put_bool(&out, "all", true);
	}
	json_close(&out, '}');
	return buf_steal(&text);
}

/* Prints the last answer with --json: each says the same. */
static int ask(struct polling *polling, struct error *error)
{
	struct ctl *ctl = polling->ctl;
	size_t first = 0;

	do {
		scoped(client_answer_done) struct client_answer answer = { 0 };
		scoped(string_free) char *body = body_of(polling, first);
		int r = client_post(ctl->operator, "/v1/poll", body, &answer,
		                    error);

		if (r == -EREMOTEIO && answer.status == 404)
			return -ESRCH;
		if (r < 0)
			return r;
		first += BATCH_IDS;
		if (first >= polling->count && ctl_wants(ctl, OPTION_JSON))
			ctl_put_document(ctl, &answer);
	} while (first < polling->count);
	return 0;
}

static int wait_for_all(struct polling *polling, struct error *error)
{
	struct patience patience = patience_begin(polling->ctl->options);
	scoped(string_free) char *what = NULL;
	size_t left = watched_left(&polling->watched);
	int r = 0;

	while (r == 0 && left) {
		what = xasprintf("%zu of %zu were not polled yet", left,
		                 polling->watched.count);
		r = patience_wait(&patience, what, error);
		string_free(steal(what));
		if (r == 0)
			r = look_after(polling, error);
		left = watched_left(&polling->watched);
	}
	return r;
}

static int run(struct polling *polling, struct error *error)
{
	const struct ctl *ctl = polling->ctl;
	bool waits = ctl_wants(ctl, OPTION_WAIT);
	bool says = !ctl_wants(ctl, OPTION_JSON);
	int r = 0;

	if (waits)
		r = look_before(polling, error);
	if (r == 0)
		r = ask(polling, error);
	if (r == 0 && waits)
		r = wait_for_all(polling, error);
	if (r < 0)
		return r;

	if (says && waits)
		fprintf(ctl->out, "%zu polled, %zu of them failed\n",
		        polling->watched.count,
		        watched_failed(&polling->watched));
	else if (says)
		fprintf(ctl->out, "jitd polls now\n");
	return OUTCOME_OK;
}

int verb_poll(struct ctl *ctl, struct error *error)
{
	const struct options *options = ctl->options;
	struct polling polling = { .ctl = ctl,
		                   .count = options->argument_count };
	int r;

	r = check(options, error);
	if (r < 0)
		return r;
	if (polling.count) {
		polling.ids = xcalloc(polling.count, TEXT_GUID_SIZE);
		r = resolve_all(ctl->operator, options->arguments,
		                polling.count, polling.ids, error);
		qsort(polling.ids, polling.count, TEXT_GUID_SIZE, compare_ids);
	}
	if (r == 0)
		r = run(&polling, error);
	watched_done(&polling.watched);
	free(polling.ids);
	return r;
}
