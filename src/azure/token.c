/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/token.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "azure/credential.h"
#include "azure/token_plan.h"
#include "base/mem.h"
#include "base/secret.h"
#include "io/loop.h"

#define NEVER INT64_MAX

/* A file that may have been mended is looked at so often. */
#define LOOK_MS 5000

/* A file's token that ARM has taken is given up when it was refused for so
 * long with no good answer in between: one odd subscription, or a bad moment,
 * must not end the tenant until somebody writes the file anew. */
#define REFUSED_FOR_MS 30000

/* By how much the wall clock may disagree with what it once said. */
#define WALL_SLACK_MS 5000

/* One that was cancelled stays until its turn comes. */
struct token_wait {
	STAILQ_ENTRY(token_wait) link;
	token_wait_fn *fn; /* NULL: cancelled */
	void *user;
};
STAILQ_HEAD(token_waits, token_wait);

/* All times are the loop's, but those that are called unix. */
struct token {
	struct loop *loop; /* borrowed: outlives us */
	struct credential *credential;
	token_changed_fn *changed;
	void *user;
	struct loop_timer *timer;
	struct loop_task *task;

	struct token_waits waits;
	size_t waiting;

	struct secret *secret;   /* NULL: there is none */
	struct secret *retired;  /* lent in this turn: freed behind it */
	int64_t ends_ms;         /* NEVER: it cannot be told */
	int64_t serves_until_ms; /* a little sooner */
	int64_t expires_unix_ms; /* as seen when it came */
	int64_t next_ms;         /* when a fetch is due by itself */
	int64_t refused_ms;      /* the last fetch because of a refusal */

	struct failure failure;  /* FAILURE_NONE: all is well */
	struct failure told;     /* what changed() was last called for */
	int64_t failing_unix_ms; /* since the first in a row */
	unsigned failures;       /* in a row */
	unsigned retries;        /* fetches in a row that failed */

	bool fetching;
	bool accepted;       /* ARM has taken the token */
	int64_t refusing_ms; /* since when it is refused instead; 0: it is not
	                      */
	bool on_trial;       /* the failure stands until it has */
	bool told_any;
	bool tells;   /* changed() is to be called */
	bool telling; /* somebody is being called, and may free us: */
	bool gone;    /* then all is gone but the struct itself */
};

static bool is_usable(const struct token *token)
{
	return token->secret &&
	       loop_now_ms(token->loop) < token->serves_until_ms;
}

static bool has_failed(const struct token *token)
{
	return token->failure.class != FAILURE_NONE;
}

/* Whether a change of the credential's file is worth a fetch: what failed may
 * be mended, and a token without a known end is renewed by that alone. */
static bool is_looking(const struct token *token)
{
	return has_failed(token) || (token->secret && token->ends_ms == NEVER);
}

static void timer_set(struct token *token)
{
	int64_t at_ms = token->next_ms;
	int64_t look_ms = loop_now_ms(token->loop) + LOOK_MS;

	if (is_looking(token) && look_ms < at_ms)
		at_ms = look_ms;
	if (at_ms == NEVER || token->fetching)
		loop_timer_unset(token->timer);
	else
		loop_timer_set(token->timer, at_ms);
}

/* What is to be told is told by the task. */
static void cause_note(struct token *token)
{
	bool failed = has_failed(token);
	bool failed_before = token->told.class != FAILURE_NONE;

	if (token->told_any && failed == failed_before &&
	    (!failed || token_plan_same_cause(&token->failure, &token->told)))
		return;
	token->told_any = true;
	token->told = token->failure;
	token->tells = true;
}

/* Takes the token out of use; who was lent it in this turn keeps it. */
static void secret_retire(struct token *token)
{
	if (!token->secret)
		return;
	secret_free(token->retired);
	token->retired = steal(token->secret);
	token->accepted = false;
	token->refusing_ms = 0;
	loop_task_wake(token->task);
}

static void failure_count(struct token *token)
{
	if (token->failures++ == 0)
		token->failing_unix_ms = loop_wall_unix_ms(token->loop);
}

static void failure_clear(struct token *token)
{
	token->failure = (struct failure){ .class = FAILURE_NONE };
	token->failures = 0;
	token->failing_unix_ms = 0;
}

static void secret_adopt(struct token *token,
                         const struct credential_reply *reply)
{
	int64_t now_ms = loop_now_ms(token->loop);
	int64_t lives_ms = reply->lives_ms;

	secret_retire(token);
	token->secret = secret_new(secret_reveal(reply->token),
	                           secret_size_bytes(reply->token));
	token->ends_ms = token->serves_until_ms = token->next_ms = NEVER;
	token->expires_unix_ms = 0;
	if (lives_ms > 0) {
		token->ends_ms = now_ms + lives_ms;
		token->serves_until_ms =
			now_ms + token_plan_service_ms(lives_ms);
		token->next_ms =
			now_ms + token_plan_renewal_ms(
					 lives_ms, loop_random(token->loop));
		token->expires_unix_ms =
			loop_wall_unix_ms(token->loop) + lives_ms;
	}
	token->retries = 0;
	if (!token->on_trial)
		failure_clear(token);
}

static void failure_note(struct token *token,
                         const struct credential_reply *reply)
{
	int64_t delay_ms;

	if (token->retries < UINT16_MAX)
		token->retries++;
	delay_ms = token_plan_retry_ms(reply->retry_slowly, token->retries,
	                               loop_random(token->loop));
	if (delay_ms < reply->failure.retry_after_ms)
		delay_ms = reply->failure.retry_after_ms;
	token->next_ms = loop_now_ms(token->loop) + delay_ms;
	token->on_trial = false;
	token->failure = reply->failure;
	failure_count(token);
	if (!is_usable(token))
		secret_retire(token);
}

static void on_fetched(const struct credential_reply *reply, void *user)
{
	struct token *token = user;

	token->fetching = false;
	if (reply->token)
		secret_adopt(token, reply);
	else
		failure_note(token, reply);
	cause_note(token);
	timer_set(token);
	loop_task_wake(token->task);
}

static void fetch(struct token *token)
{
	token->fetching = true;
	if (token->on_trial)
		token->refused_ms = loop_now_ms(token->loop);
	loop_timer_unset(token->timer);
	credential_fetch(token->credential, on_fetched, token);
}

static void on_due(void *user)
{
	struct token *token = user;

	if (loop_now_ms(token->loop) >= token->next_ms ||
	    credential_has_changed(token->credential))
		fetch(token);
	else
		timer_set(token);
}

/* Whether there is nothing to tell a waiter yet. Where nothing is under way
 * either, it is started. */
static bool must_wait(struct token *token)
{
	if (is_usable(token))
		return false;
	if (!token->fetching && has_failed(token) &&
	    loop_now_ms(token->loop) < token->next_ms)
		return false;
	if (!token->fetching)
		fetch(token);
	return true;
}

/* The first in the line, taken out of it. */
static struct token_wait wait_take(struct token *token)
{
	struct token_wait *first = STAILQ_FIRST(&token->waits);
	struct token_wait wait = *first;

	STAILQ_REMOVE_HEAD(&token->waits, link);
	token->waiting--;
	free(first);
	return wait;
}

/* Tells those who wait now, not those who come meanwhile. */
static void waits_tell(struct token *token)
{
	size_t left = token->waiting;

	for (; left && !token->gone && !must_wait(token); left--) {
		struct failure failure = token->failure;
		bool usable = is_usable(token);
		struct token_wait wait = wait_take(token);

		if (wait.fn)
			wait.fn(usable ? NULL : &failure, wait.user);
	}
}

/* The one place that calls out. */
static void on_tell(void *user)
{
	struct token *token = user;

	secret_free(steal(token->retired));
	token->telling = true;
	if (token->tells) {
		token->tells = false;
		if (token->changed)
			token->changed(token, token->user);
	}
	if (!token->gone)
		waits_tell(token);
	token->telling = false;
	if (token->gone)
		free(token);
}

/* A fresh token was refused like the one before it: a third would be too. */
static void refusal_note(struct token *token)
{
	failure_set(&token->failure, FAILURE_CREDENTIAL,
	            "tenant %s: ARM refused a token that the authority has "
	            "just given: check that arm_endpoint=, authority_host= and "
	            "audience= in [azure] belong to one cloud",
	            credential_tenant(token->credential));
	token->failure.http_status = 401;
	failure_count(token);
	token->on_trial = true;
	token->next_ms = token->refused_ms + TOKEN_REFUSED_MIN_MS;
	cause_note(token);
	timer_set(token);
}

const char *token_state_to_string(enum token_state state)
{
	switch (state) {
	case TOKEN_NONE:
		return "none";
	case TOKEN_FETCHING:
		return "fetching";
	case TOKEN_READY:
		return "ready";
	case TOKEN_FAILED:
		return "failed";
	}
	return NULL;
}

struct token *token_new(struct loop *loop, struct credential *taken_credential,
                        token_changed_fn *changed, void *user)
{
	struct token *token = xcalloc(1, sizeof(*token));

	*token = (struct token){
		.loop = loop,
		.credential = taken_credential,
		.changed = changed,
		.user = user,
		.next_ms = NEVER,
		.refused_ms = loop_now_ms(loop) - TOKEN_REFUSED_MIN_MS,
	};
	STAILQ_INIT(&token->waits);
	token->timer = loop_timer_new(loop, on_due, token);
	token->task = loop_task_new(loop, on_tell, token);
	return token;
}

void token_free(struct token *token)
{
	if (!token)
		return;
	while (token->waiting)
		wait_take(token);
	loop_timer_free(token->timer);
	loop_task_free(token->task);
	credential_free(token->credential);
	secret_free(token->secret);
	secret_free(token->retired);
	token->gone = true;
	if (!token->telling)
		free(token);
}

const struct secret *token_get(struct token *token)
{
	return is_usable(token) ? token->secret : NULL;
}

void token_prepare(struct token *token)
{
	(void)must_wait(token);
}

struct token_wait *token_wait(struct token *token, token_wait_fn *fn,
                              void *user)
{
	struct token_wait *wait = xcalloc(1, sizeof(*wait));

	wait->fn = fn;
	wait->user = user;
	STAILQ_INSERT_TAIL(&token->waits, wait, link);
	token->waiting++;
	if (!must_wait(token))
		loop_task_wake(token->task);
	return wait;
}

void token_wait_cancel(struct token_wait *wait)
{
	if (wait)
		wait->fn = NULL;
}

void token_refused(struct token *token, const struct secret *refused)
{
	int64_t now_ms = loop_now_ms(token->loop);
	/* A token without a known end is a file's: the credential itself tells
	 * whether it is still the refused one, and asks nobody. */
	bool again = token->ends_ms != NEVER &&
	             now_ms - token->refused_ms < TOKEN_REFUSED_MIN_MS;

	if (!token->secret || !secret_equal(token->secret, refused))
		return;
	if (again && token->accepted)
		return;
	if (token->refusing_ms == 0)
		token->refusing_ms = now_ms;
	if (token->ends_ms == NEVER && token->accepted &&
	    now_ms - token->refusing_ms < REFUSED_FOR_MS)
		return;

	credential_refused(token->credential, token->secret);
	secret_retire(token);
	if (token->fetching)
		return;
	if (again) {
		refusal_note(token);
		return;
	}
	token->refused_ms = now_ms;
	fetch(token);
}

void token_accepted(struct token *token, const struct secret *accepted)
{
	if (!token->secret || !secret_equal(token->secret, accepted))
		return;
	token->refusing_ms = 0;
	if (token->accepted)
		return;
	token->accepted = true;
	if (!token->on_trial)
		return;
	token->on_trial = false;
	failure_clear(token);
	cause_note(token);
	timer_set(token);
	loop_task_wake(token->task);
}

enum token_state token_state(const struct token *token)
{
	if (is_usable(token))
		return TOKEN_READY;
	if (token->fetching)
		return TOKEN_FETCHING;
	if (has_failed(token))
		return TOKEN_FAILED;
	/* Its end came before the timer. */
	return token->secret ? TOKEN_FETCHING : TOKEN_NONE;
}

int64_t token_expires_unix_ms(const struct token *token)
{
	int64_t unix_ms;

	if (!is_usable(token) || token->ends_ms == NEVER)
		return 0;
	/* By the clock of now: it may have been stepped since. */
	unix_ms = loop_wall_unix_ms(token->loop) + token->ends_ms -
	          loop_now_ms(token->loop);
	return llabs(unix_ms - token->expires_unix_ms) < WALL_SLACK_MS
	               ? token->expires_unix_ms
	               : unix_ms;
}

const struct failure *token_failure(const struct token *token)
{
	return has_failed(token) ? &token->failure : NULL;
}

unsigned token_failures(const struct token *token)
{
	return token->failures;
}

int64_t token_failing_unix_ms(const struct token *token)
{
	return token->failing_unix_ms;
}

const struct credential *token_credential(const struct token *token)
{
	return token->credential;
}
