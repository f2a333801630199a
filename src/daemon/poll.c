/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/poll.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "azure/arm.h"
#include "azure/assignment.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/assess.h"
#include "core/subscription.h"
#include "daemon/evidence.h"

/* A LIST of more pages than this does not end. */
#define PAGES_MAX 100

struct poll {
	struct poll_options options;
	const struct subscription *subscription;
	poll_done_fn *fn;
	void *user;
	struct arm_call *call;
	struct assignment_set *set;
	struct digest digest; /* of the GET's document */
	unsigned pages;
	bool listed;
	char correlation_id[FAILURE_ID_SIZE]; /* of the last answer */
};

static void finish(struct poll *poll, const struct poll_result *result)
{
	poll->fn(result, poll->user);
	poll_cancel(poll);
}

static void fail(struct poll *poll, const struct failure *failure)
{
	const struct poll_result result = { .failure = failure };

	finish(poll, &result);
}

static void fail_invalid(struct poll *poll, const struct error *error)
{
	struct failure failure;

	failure_set(&failure, FAILURE_INVALID, "%s", error->text);
	failure.http_status = 200;
	failure_set_correlation_id(&failure, poll->correlation_id);
	fail(poll, &failure);
}

static int judge_all(const struct poll *poll, struct judgement *judgements,
                     struct error *error)
{
	const struct assess_policy policy = {
		.unset_is_disabled = poll->options.unset_is_disabled,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < assignment_count(poll->set); i++)
		r = assess_judge(assignment_at(poll->set, i),
		                 poll->subscription->id, &policy,
		                 &judgements[i], error);
	return r;
}

static void succeed(struct poll *poll, const struct judgement *judgements,
                    size_t count)
{
	struct verdict verdict;
	const struct poll_result result = {
		.verdict = &verdict,
		.judgements = judgements,
		.count = count,
		.listed = poll->listed,
		.digest = poll->digest,
	};

	assess_decide(judgements, count, assignment_by_name(poll->set),
	              &verdict);
	finish(poll, &result);
}

/* All documents are there. */
static void decide(struct poll *poll)
{
	size_t count = assignment_count(poll->set);
	scoped(judgements_free) struct judgement *judgements =
		xcalloc(count ? count : 1, sizeof(*judgements));
	struct error error = { "" };

	if (judge_all(poll, judgements, &error) < 0)
		fail_invalid(poll, &error);
	else
		succeed(poll, judgements, count);
}

/* A page asks for the next one, whose answer is a page. */
static void on_page(const struct arm_reply *reply, void *user);

static void note_answer(struct poll *poll, const struct arm_reply *reply)
{
	poll->call = NULL;
	snprintf(poll->correlation_id, sizeof(poll->correlation_id), "%s",
	         reply->failure.correlation_id);
}

static void get_page(struct poll *poll, const char *path_or_url)
{
	poll->call = arm_get(poll->options.arm, poll->options.token,
	                     path_or_url, ARM_LISTING_MAX_BYTES, on_page, poll);
}

static void on_page(const struct arm_reply *reply, void *user)
{
	struct poll *poll = user;
	scoped(string_free) char *next_link = NULL;
	struct error error = { "" };

	note_answer(poll, reply);
	if (reply->failure.class != FAILURE_NONE) {
		fail(poll, &reply->failure);
	} else if (assignment_add_page(poll->set, reply->body,
	                               reply->size_bytes, &next_link,
	                               &error) < 0) {
		fail_invalid(poll, &error);
	} else if (next_link && ++poll->pages >= PAGES_MAX) {
		error_set(&error, -EINVAL,
		          "the list of assignments does not end after %d pages",
		          PAGES_MAX);
		fail_invalid(poll, &error);
	} else if (next_link) {
		get_page(poll, next_link);
	} else {
		decide(poll);
	}
}

static void list(struct poll *poll)
{
	scoped(string_free) char *path = assignment_list_path(
		poll->subscription->id, poll->options.api_version);

	poll->listed = true;
	get_page(poll, path);
}

/* The document of last time gives the verdict of last time. */
static bool is_unchanged(const struct poll *poll)
{
	const struct subscription *subscription = poll->subscription;

	return subscription->digest_is_set && !subscription->candidate &&
	       digest_equal(&subscription->digest, &poll->digest);
}

static void read_document(struct poll *poll, const struct arm_reply *reply)
{
	struct judgement judgement;
	struct error error = { "" };

	if (assignment_add_document(poll->set, reply->body, reply->size_bytes,
	                            poll->subscription->id, &error) < 0 ||
	    judge_all(poll, &judgement, &error) < 0)
		fail_invalid(poll, &error);
	else if (assess_needs_list(&judgement))
		list(poll);
	else
		succeed(poll, &judgement, 1);
}

static bool is_not_assigned(const struct failure *failure)
{
	return failure->class == FAILURE_NOT_FOUND &&
	       text_equal_nocase(failure->code, "PolicyAssignmentNotFound");
}

static void on_document(const struct arm_reply *reply, void *user)
{
	static const struct poll_result unchanged = { .unchanged = true };
	struct poll *poll = user;

	note_answer(poll, reply);
	if (is_not_assigned(&reply->failure)) {
		list(poll);
	} else if (reply->failure.class != FAILURE_NONE) {
		fail(poll, &reply->failure);
	} else {
		poll->digest = digest_of(reply->body, reply->size_bytes);
		if (is_unchanged(poll))
			finish(poll, &unchanged);
		else
			read_document(poll, reply);
	}
}

struct poll *poll_start(const struct poll_options *options,
                        const struct subscription *subscription,
                        poll_done_fn *fn, void *user)
{
	scoped(string_free) char *path =
		assignment_get_path(subscription->id, options->api_version);
	struct poll *poll = xcalloc(1, sizeof(*poll));

	poll->options = *options;
	poll->subscription = subscription;
	poll->fn = fn;
	poll->user = user;
	poll->set = assignment_set_new();
	poll->call = arm_get(options->arm, options->token, path,
	                     ARM_DOCUMENT_MAX_BYTES, on_document, poll);
	return poll;
}

void poll_cancel(struct poll *poll)
{
	if (!poll)
		return;
	arm_cancel(poll->call);
	assignment_set_free(poll->set);
	free(poll);
}
