/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/outcome.h"
#include "ctl/patience.h"
#include "ctl/subscription.h"
#include "ctl/verb.h"

static int check(const struct options *options, struct error *error)
{
	bool subscription = options->given[OPTION_SUBSCRIPTION];
	bool state = options->given[OPTION_STATE];

	if (subscription != state)
		return error_set(error, -EINVAL,
		                 "wait: --subscription and --state need each "
		                 "other");
	if (subscription && options->given[OPTION_READY])
		return error_set(error, -EINVAL,
		                 "wait: --ready and --subscription exclude "
		                 "each other");
	return 0;
}

/* 0 where jitd is ready, -EAGAIN where it is not yet. */
static int ask_ready(struct ctl *ctl, struct error *error)
{
	scoped(client_answer_done) struct client_answer answer = { 0 };
	int r = client_get(ctl->status, "/-/ready", &answer, error);

	return r == -EREMOTEIO && answer.status == 503 ? -EAGAIN : r;
}

/* 0 where the subscription has the state. One that is not known may be found
 * as long as jitd is not ready. */
static int ask_state(struct ctl *ctl, struct error *error)
{
	const struct options *options = ctl->options;
	scoped(client_answer_done) struct client_answer answer = { 0 };
	struct error ignored;
	const char *state;
	int r;

	r = subscription_fetch(ctl->status, options->text[OPTION_SUBSCRIPTION],
	                       &answer, error);
	if (r == -ESRCH && ask_ready(ctl, &ignored) == -EAGAIN)
		return -EAGAIN;
	if (r < 0)
		return r;
	state = json_get_text(answer.document, "state");
	return text_equal(state, options->text[OPTION_STATE]) ? 0 : -EAGAIN;
}

static char *what_is_missing(const struct options *options)
{
	if (!options->given[OPTION_SUBSCRIPTION])
		return xstrdup("jitd is not ready yet");
	return xasprintf("%s is not %s yet", options->text[OPTION_SUBSCRIPTION],
	                 options->text[OPTION_STATE]);
}

/* A jitd that cannot be reached may just be starting: that is waited for as
 * well, but only where the wait has an end. */
static bool is_worth_waiting(int r, const struct patience *patience)
{
	return r == -EAGAIN || (!patience->is_endless &&
	                        outcome_from_error(r) == OUTCOME_UNREACHABLE);
}

int verb_wait(struct ctl *ctl, struct error *error)
{
	const struct options *options = ctl->options;
	struct patience patience = patience_begin(options);
	scoped(string_free) char *what = what_is_missing(options);
	struct error late;
	int r;

	r = check(options, error);
	if (r < 0)
		return r;
	for (;;) {
		client_set_timeout(
			ctl->status,
			patience_left_ms(&patience, CLIENT_TIMEOUT_MS));
		if (options->given[OPTION_SUBSCRIPTION])
			r = ask_state(ctl, error);
		else
			r = ask_ready(ctl, error);
		if (r == 0)
			return OUTCOME_OK;
		if (!is_worth_waiting(r, &patience))
			return r;
		if (patience_wait(&patience, what, &late) == 0)
			continue;
		if (r != -EAGAIN)
			return r;
		*error = late;
		return -ETIME;
	}
}
