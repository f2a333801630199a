/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/arm.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "azure/arm_error.h"
#include "azure/token.h"
#include "azure/wire.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/secret.h"
#include "core/pace.h"
#include "io/http.h"
#include "io/loop.h"

#define ID_HEADER "x-ms-client-request-id: "

/* Where a call is: each is in one of the lists. */
enum place {
	PLACE_QUEUE,   /* waits for its turn */
	PLACE_WAITING, /* for its token */
	PLACE_SENT,
	PLACE_COUNT
};

struct arm_call {
	TAILQ_ENTRY(arm_call) link;
	enum place place;
	struct arm *arm;
	struct token *token; /* borrowed, by the caller's promise */
	char *path_or_url;
	char *fault; /* why it is never sent; NULL: nothing is wrong with it */
	size_t cap_bytes;
	arm_done_fn *fn;
	void *user;

	/* All tries of one call bear the same id. */
	char id_header[sizeof(ID_HEADER) + TEXT_GUID_SIZE - 1];
	bool refused; /* a token of its was refused: once is mended */
	bool dropped; /* and so is once with a connection */

	struct token_wait *wait;     /* in PLACE_WAITING */
	struct http_call *http_call; /* in PLACE_SENT, as is bearer */
	struct secret *bearer;
};
TAILQ_HEAD(arm_calls, arm_call);

struct arm {
	struct loop *loop; /* borrowed, as is http: they outlive us */
	struct http *http;
	struct arm_options options;
	struct loop_task *task;
	struct loop_timer *timer;
	struct pace pace;
	struct arm_calls calls[PLACE_COUNT];
	size_t count[PLACE_COUNT];
	struct arm_statistics statistics;
	bool pumping; /* somebody may be called, and free us: */
	bool gone;    /* then all is gone but the struct itself */
};

static void call_unlink(struct arm_call *call)
{
	TAILQ_REMOVE(&call->arm->calls[call->place], call, link);
	call->arm->count[call->place]--;
}

static void call_put(struct arm_call *call, enum place place)
{
	call->place = place;
	TAILQ_INSERT_TAIL(&call->arm->calls[place], call, link);
	call->arm->count[place]++;
}

static void call_move(struct arm_call *call, enum place place)
{
	call_unlink(call);
	call_put(call, place);
}

/* Back to the head of the queue: its turn had come already. */
static void call_again(struct arm_call *call)
{
	call_unlink(call);
	call->place = PLACE_QUEUE;
	TAILQ_INSERT_HEAD(&call->arm->calls[PLACE_QUEUE], call, link);
	call->arm->count[PLACE_QUEUE]++;
	loop_task_wake(call->arm->task);
}

/* It has no wait and no http_call any more. */
static void call_free(struct arm_call *call)
{
	call_unlink(call);
	loop_task_wake(call->arm->task);
	secret_free(call->bearer);
	free(call->path_or_url);
	free(call->fault);
	free(call);
}

static void call_end(struct arm_call *call, const struct arm_reply *reply)
{
	arm_done_fn *fn = call->fn;
	void *user = call->user;

	call_free(call);
	fn(reply, user);
}

static void call_fail(struct arm_call *call, const struct failure *failure)
{
	const struct arm_reply reply = { .failure = *failure, .body = "" };

	call_end(call, &reply);
}

static void on_token(const struct failure *failure, void *user)
{
	struct arm_call *call = user;

	call->wait = NULL;
	if (failure) {
		call_fail(call, failure);
		return;
	}
	call_move(call, PLACE_QUEUE);
	loop_task_wake(call->arm->task);
}

/* Whether the call is to be sent again: a refused token is replaced once. That
 * the new one is refused too is left for another call to say: it may be this
 * one subscription that is odd. */
static bool refusal_mend(struct arm_call *call, struct failure *failure)
{
	const struct secret *token;
	struct failure first = *failure;
	bool replaced = call->refused;

	if (!call->refused) {
		call->refused = true;
		token_refused(call->token, call->bearer);
		token = token_get(call->token);
		if (!token || !secret_equal(token, call->bearer))
			return true;
	}
	failure_set(failure, FAILURE_CREDENTIAL,
	            "ARM refused the token, and %s: %s",
	            replaced ? "a new one too" : "takes it for other calls",
	            first.message);
	failure->http_status = first.http_status;
	failure_set_code(failure, first.code);
	failure_set_correlation_id(failure, first.correlation_id);
	return false;
}

static void answer_count(struct arm *arm, int status)
{
	if (status < 0 || status >= ARM_STATUS_COUNT)
		status = 0;
	arm->statistics.answers[status]++;
	if (status == 429)
		arm->statistics.throttled++;
}

static void on_answered(const struct http_reply *reply, void *user)
{
	struct arm_call *call = user;
	struct arm *arm = call->arm;
	scoped(secret_free) struct secret *bearer = call->bearer;
	struct arm_reply result = { .duration_ms = reply->duration_ms };
	bool again = false;

	call->http_call = NULL;
	answer_count(arm, reply->status);
	arm_failure(reply, bearer, loop_wall_unix_ms(arm->loop),
	            &result.failure);
	result.body = result.failure.class == FAILURE_NONE ? reply->body : "";
	result.size_bytes =
		result.failure.class == FAILURE_NONE ? reply->size_bytes : 0;

	if (reply->error == HTTP_DROPPED && !call->dropped)
		again = call->dropped = true;
	else if (result.failure.class == FAILURE_CREDENTIAL)
		again = refusal_mend(call, &result.failure);
	else if (result.failure.class == FAILURE_NONE)
		token_accepted(call->token, bearer);

	call->bearer = NULL;
	if (again)
		call_again(call);
	else
		call_end(call, &result);
}

static void call_send(struct arm_call *call, const struct secret *token)
{
	struct arm *arm = call->arm;
	bool is_path = call->path_or_url[0] == '/';
	scoped(string_free) char *url =
		xasprintf("%s%s", is_path ? arm->options.endpoint : "",
	                  call->path_or_url);
	const char *const headers[] = {
		"Accept: application/json",
		call->id_header,
		NULL,
	};
	const struct http_request request = {
		.method = "GET",
		.url = url,
		.headers = headers,
		.bearer = token,
		.reply_cap_bytes = call->cap_bytes,
		.timeout_ms = arm->options.timeout_ms,
	};

	if (!call->id_header[0]) {
		char id[TEXT_GUID_SIZE];

		wire_make_id(arm->loop, id);
		snprintf(call->id_header, sizeof(call->id_header), "%s%s",
		         ID_HEADER, id);
	}
	call_move(call, PLACE_SENT);
	call->bearer =
		secret_new(secret_reveal(token), secret_size_bytes(token));
	call->http_call = http_start(arm->http, &request, on_answered, call);
}

static void fault_tell(struct arm_call *call)
{
	struct failure failure;

	failure_set(&failure, FAILURE_INVALID, "%s", call->fault);
	call_fail(call, &failure);
}

/* Does the next thing for the first of the queue; false: nothing can be done
 * now. What has no token leaves the queue and costs no turn. */
static bool queue_step(struct arm *arm)
{
	struct arm_call *call = TAILQ_FIRST(&arm->calls[PLACE_QUEUE]);
	int64_t now_ms = loop_now_ms(arm->loop);
	const struct secret *token;

	if (!call || arm->count[PLACE_SENT] >= arm->options.max_in_flight)
		return false;
	if (call->fault) {
		/* Its end wakes the task once more. */
		fault_tell(call);
		return false;
	}
	token = token_get(call->token);
	if (!token) {
		call_move(call, PLACE_WAITING);
		call->wait = token_wait(call->token, on_token, call);
		return true;
	}
	if (!pace_take(&arm->pace, now_ms)) {
		loop_timer_set(arm->timer, pace_next_ms(&arm->pace, now_ms));
		return false;
	}
	call_send(call, token);
	return true;
}

static void on_pump(void *user)
{
	struct arm *arm = user;

	arm->pumping = true;
	while (!arm->gone && queue_step(arm))
		;
	arm->pumping = false;
	if (arm->gone)
		free(arm);
}

static void on_turn(void *user)
{
	struct arm *arm = user;

	loop_task_wake(arm->task);
}

static void cancel_all(struct arm_calls *calls)
{
	struct arm_call *call = TAILQ_FIRST(calls);

	while (call) {
		struct arm_call *next = TAILQ_NEXT(call, link);

		arm_cancel(call);
		call = next;
	}
}

/* Refuses what is neither a path nor a link of ARM's own: a token must not go
 * where ARM's documents say. */
static int target_check(const struct arm *arm, const char *path_or_url,
                        struct error *error)
{
	for (const char *c = path_or_url; *c; c++)
		if (*c <= ' ' || *c > '~')
			return error_set(error, -EINVAL,
			                 "a link that holds more than "
			                 "printable ASCII was not followed");
	if (path_or_url[0] == '/')
		return 0;
	if (!http_same_origin(path_or_url, arm->options.endpoint))
		return error_set(error, -EINVAL,
		                 "a link to another origin than ARM's was not "
		                 "followed: %s",
		                 path_or_url);
	return http_check_url(path_or_url, error);
}

struct arm *arm_new(struct loop *loop, struct http *http,
                    const struct arm_options *options)
{
	struct arm *arm = xcalloc(1, sizeof(*arm));

	arm->loop = loop;
	arm->http = http;
	arm->options = *options;
	arm->task = loop_task_new(loop, on_pump, arm);
	arm->timer = loop_timer_new(loop, on_turn, arm);
	pace_set(&arm->pace, options->max_rate_per_s, loop_now_ms(loop));
	for (size_t i = 0; i < PLACE_COUNT; i++)
		TAILQ_INIT(&arm->calls[i]);
	return arm;
}

void arm_free(struct arm *arm)
{
	if (!arm)
		return;
	for (size_t i = 0; i < PLACE_COUNT; i++)
		cancel_all(&arm->calls[i]);
	loop_timer_free(arm->timer);
	loop_task_free(arm->task);
	arm->gone = true;
	if (!arm->pumping)
		free(arm);
}

void arm_set_rate(struct arm *arm, double max_rate_per_s)
{
	pace_set(&arm->pace, max_rate_per_s, loop_now_ms(arm->loop));
	loop_task_wake(arm->task);
}

struct arm_call *arm_get(struct arm *arm, struct token *token,
                         const char *path_or_url, size_t cap_bytes,
                         arm_done_fn *fn, void *user)
{
	struct arm_call *call = xcalloc(1, sizeof(*call));
	struct error error;

	call->arm = arm;
	call->token = token;
	call->path_or_url = xstrdup(path_or_url);
	call->cap_bytes = cap_bytes;
	call->fn = fn;
	call->user = user;
	if (target_check(arm, path_or_url, &error) < 0)
		call->fault = xstrdup(error.text);
	call_put(call, PLACE_QUEUE);
	loop_task_wake(arm->task);
	return call;
}

void arm_cancel(struct arm_call *call)
{
	if (!call)
		return;
	token_wait_cancel(call->wait);
	if (call->http_call)
		http_cancel(call->http_call);
	call_free(call);
}

size_t arm_pending(const struct arm *arm)
{
	size_t pending = 0;

	for (size_t i = 0; i < PLACE_COUNT; i++)
		pending += arm->count[i];
	return pending;
}

const struct arm_statistics *arm_statistics(const struct arm *arm)
{
	return &arm->statistics;
}
