/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/fake_io.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"

#define FIRST_MS      INT64_C(1000000)
#define FIRST_WALL_MS INT64_C(1795000000000)
#define DELAY_MS      10
#define NEVER         INT64_MAX

/* Timers fire in the order of their times, then of their setting. */
struct loop_timer {
	TAILQ_ENTRY(loop_timer) link;
	struct loop *loop;
	loop_fn *fn;
	void *user;
	int64_t at_ms; /* NEVER: not set */
	uint64_t order;
};

struct loop_task {
	TAILQ_ENTRY(loop_task) link;
	struct loop *loop;
	loop_fn *fn;
	void *user;
	bool woken;
};

struct loop {
	TAILQ_HEAD(, loop_timer) timers;
	TAILQ_HEAD(, loop_task) woken;
	size_t timers_made, tasks_made; /* and not freed yet */
	int64_t now_ms;
	int64_t wall_offset_ms;
	uint64_t order;
	uint64_t random;
	bool stopping;
};

struct http_call {
	TAILQ_ENTRY(http_call) link;
	struct http *http;
	struct loop_timer *timer;
	struct fake_answer answer; /* its texts are ours */
	int64_t began_ms;
	http_done_fn *fn;
	void *user;
};

struct http {
	struct loop *loop;
	fake_server_fn *server;
	void *user;
	TAILQ_HEAD(, http_call) calls;
	size_t in_flight;
	size_t most_in_flight;
	size_t requests;
};

static void run_tasks(struct loop *loop)
{
	struct loop_task *task;

	while ((task = TAILQ_FIRST(&loop->woken))) {
		TAILQ_REMOVE(&loop->woken, task, link);
		task->woken = false;
		task->fn(task->user);
	}
}

static bool fires_before(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

/* NULL where none is set. */
static struct loop_timer *first_timer(const struct loop *loop)
{
	struct loop_timer *first = TAILQ_FIRST(&loop->timers);
	struct loop_timer *timer = first;

	for (; timer; timer = TAILQ_NEXT(timer, link))
		if (fires_before(timer, first))
			first = timer;
	return first && first->at_ms != NEVER ? first : NULL;
}

/* The turn of the next timer that is due by then, and what follows from it. */
static bool turn(struct loop *loop, int64_t until_ms)
{
	struct loop_timer *timer = first_timer(loop);

	if (!timer || timer->at_ms > until_ms)
		return false;
	if (timer->at_ms > loop->now_ms)
		loop->now_ms = timer->at_ms;
	timer->at_ms = NEVER;
	timer->fn(timer->user);
	run_tasks(loop);
	return true;
}

void fake_loop_run_ms(struct loop *loop, int64_t ms)
{
	int64_t until_ms = loop->now_ms + ms;

	run_tasks(loop);
	while (turn(loop, until_ms))
		;
	loop->now_ms = until_ms;
}

void fake_loop_step_wall(struct loop *loop, int64_t ms)
{
	loop->wall_offset_ms += ms;
}

size_t fake_loop_left(const struct loop *loop)
{
	return loop->timers_made + loop->tasks_made;
}

struct loop *loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));

	TAILQ_INIT(&loop->timers);
	TAILQ_INIT(&loop->woken);
	loop->now_ms = FIRST_MS;
	loop->wall_offset_ms = FIRST_WALL_MS;
	loop->random = 88172645463325252;
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	/* What is left of a test that failed still points here. */
	if (!fake_loop_left(loop))
		free(loop);
}

void loop_run(struct loop *loop)
{
	loop->stopping = false;
	run_tasks(loop);
	while (!loop->stopping && turn(loop, NEVER - 1))
		;
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
}

int64_t loop_now_ms(const struct loop *loop)
{
	return loop->now_ms;
}

int64_t loop_wall_unix_ms(const struct loop *loop)
{
	return loop->now_ms + loop->wall_offset_ms;
}

uint32_t loop_random(struct loop *loop)
{
	loop->random ^= loop->random << 13;
	loop->random ^= loop->random >> 7;
	loop->random ^= loop->random << 17;
	return (uint32_t)(loop->random >> 32);
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_fn *fn, void *user)
{
	struct loop_timer *timer = xcalloc(1, sizeof(*timer));

	timer->loop = loop;
	timer->fn = fn;
	timer->user = user;
	timer->at_ms = NEVER;
	TAILQ_INSERT_TAIL(&loop->timers, timer, link);
	loop->timers_made++;
	return timer;
}

void loop_timer_set(struct loop_timer *timer, int64_t at_ms)
{
	timer->at_ms = at_ms;
	timer->order = timer->loop->order++;
}

void loop_timer_unset(struct loop_timer *timer)
{
	timer->at_ms = NEVER;
}

void loop_timer_free(struct loop_timer *timer)
{
	if (!timer)
		return;
	TAILQ_REMOVE(&timer->loop->timers, timer, link);
	timer->loop->timers_made--;
	free(timer);
}

struct loop_task *loop_task_new(struct loop *loop, loop_fn *fn, void *user)
{
	struct loop_task *task = xcalloc(1, sizeof(*task));

	task->loop = loop;
	task->fn = fn;
	task->user = user;
	loop->tasks_made++;
	return task;
}

void loop_task_wake(struct loop_task *task)
{
	if (task->woken)
		return;
	task->woken = true;
	TAILQ_INSERT_TAIL(&task->loop->woken, task, link);
}

void loop_task_free(struct loop_task *task)
{
	if (!task)
		return;
	if (task->woken)
		TAILQ_REMOVE(&task->loop->woken, task, link);
	task->loop->tasks_made--;
	free(task);
}

static void call_unlink(struct http_call *call)
{
	TAILQ_REMOVE(&call->http->calls, call, link);
	call->http->in_flight--;
}

static void call_free(struct http_call *call)
{
	loop_timer_free(call->timer);
	free((char *)call->answer.error_text);
	free((char *)call->answer.headers);
	free((char *)call->answer.body);
	free(call);
}

static void on_call_due(void *user)
{
	struct http_call *call = user;
	http_done_fn *fn = call->fn;
	void *fn_user = call->user;
	const struct http_reply reply = {
		.error = call->answer.error,
		.error_text = call->answer.error_text,
		.status = call->answer.status,
		.body = call->answer.body,
		.size_bytes = call->answer.size_bytes,
		.duration_ms = call->http->loop->now_ms - call->began_ms,
		.call = call,
	};

	call_unlink(call);
	fn(&reply, fn_user);
	call_free(call);
}

/* No answer has come, for that reason. */
static void answer_fail(struct fake_answer *answer, enum http_error error,
                        const char *text)
{
	*answer = (struct fake_answer){
		.error = error,
		.error_text = text,
		.delay_ms = answer->delay_ms,
	};
}

static void answer_limit(struct fake_answer *answer,
                         const struct http_request *request)
{
	if (!answer->size_bytes && answer->body)
		answer->size_bytes = strlen(answer->body);
	if (answer->size_bytes > request->reply_cap_bytes)
		answer_fail(answer, HTTP_TOO_LARGE, "it is too large");
	if (answer->delay_ms > request->timeout_ms) {
		answer_fail(answer, HTTP_TIMEOUT, "it took too long");
		answer->delay_ms = request->timeout_ms;
	}
}

/* The lines as strings, one behind the other, an empty one at their end. */
static char *copy_lines(const char *text)
{
	char *lines = xasprintf("%s\n", text ? text : "");

	for (char *end = lines; (end = strchr(end, '\n')); end++)
		*end = '\0';
	return lines;
}

/* Texts of the server's may be its own, and short-lived. */
static void answer_copy(struct fake_answer *answer)
{
	char *body = xcalloc(answer->size_bytes + 1, 1);

	if (answer->size_bytes)
		memcpy(body, answer->body, answer->size_bytes);
	answer->body = body;
	answer->headers = copy_lines(answer->headers);
	answer->error_text =
		xstrdup(answer->error_text ? answer->error_text : "");
}

static void ask_server(struct http_call *call,
                       const struct http_request *request)
{
	struct fake_answer *answer = &call->answer;
	struct http *http = call->http;
	struct buf headers;

	buf_init(&headers, BUF_NO_CAP);
	for (size_t i = 0; request->headers && request->headers[i]; i++)
		buf_add_format(&headers, "%s\n", request->headers[i]);
	*answer = (struct fake_answer){ .status = 200, .delay_ms = DELAY_MS };
	http->server(
		&(struct fake_request){
			.method = request->method,
			.url = request->url,
			.headers = buf_text(&headers),
			.bearer = request->bearer
	                                  ? secret_reveal(request->bearer)
	                                  : "",
			.body = request->body ? secret_reveal(request->body)
	                                      : "",
			.at_ms = http->loop->now_ms,
			.number = http->requests,
		},
		answer, http->user);
	answer_limit(answer, request);
	answer_copy(answer);
	buf_done(&headers);
}

struct http *fake_http_new(struct loop *loop, fake_server_fn *fn, void *user)
{
	struct http *http = xcalloc(1, sizeof(*http));

	http->loop = loop;
	http->server = fn;
	http->user = user;
	TAILQ_INIT(&http->calls);
	return http;
}

size_t fake_http_requests(const struct http *http)
{
	return http->requests;
}

size_t fake_http_most_in_flight(const struct http *http)
{
	return http->most_in_flight;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	while (!TAILQ_EMPTY(&http->calls))
		http_cancel(TAILQ_FIRST(&http->calls));
	free(http);
}

struct http_call *http_start(struct http *http,
                             const struct http_request *request,
                             http_done_fn *fn, void *user)
{
	struct http_call *call = xcalloc(1, sizeof(*call));

	assert(http_check_url(request->url, NULL) == 0);
	call->http = http;
	call->fn = fn;
	call->user = user;
	call->began_ms = http->loop->now_ms;
	call->timer = loop_timer_new(http->loop, on_call_due, call);
	TAILQ_INSERT_TAIL(&http->calls, call, link);
	http->requests++;
	if (++http->in_flight > http->most_in_flight)
		http->most_in_flight = http->in_flight;
	ask_server(call, request);
	loop_timer_set(call->timer, call->began_ms + call->answer.delay_ms);
	return call;
}

void http_cancel(struct http_call *call)
{
	call_unlink(call);
	call_free(call);
}

const char *http_reply_header(const struct http_reply *reply, const char *name)
{
	const char *line = reply->call->answer.headers;
	const char *found = NULL;

	for (; *line; line += strlen(line) + 1) {
		size_t size = strlen(name);

		if (text_starts_nocase(line, name) && line[size] == ':')
			found = line + size + 2;
	}
	return found;
}

size_t http_in_flight(const struct http *http)
{
	return http->in_flight;
}
