/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "control/control.h"
#include "io/httpd.h"

#define ID "11111111-2222-3333-4444-55555555abcd"

/* An httpd without sockets, in place of io/httpd.c. */

struct httpd {
	struct httpd_options options;
	httpd_request_fn *fn;
	void *user;
	int tags[4];
	size_t listeners;
	char path[64];
	mode_t mode;
	unsigned streams;
	bool refuses;
};

struct httpd_request {
	const char *method;
	const char *path;
	const char *query;
	const char *body;
	int status; /* 0: not answered */
	char header[64];
	char type[32];
	struct buf answer;
	struct httpd_stream *stream;
};

struct httpd_stream {
	const struct httpd_stream_ops *ops;
	void *user;
	struct buf written;
	size_t pending_bytes;
	bool woken;
	bool ended;
};

static struct httpd httpd;

struct httpd *httpd_new(struct loop *loop, const struct httpd_options *options,
                        httpd_request_fn *fn, void *user)
{
	httpd = (struct httpd){ .options = *options, .fn = fn, .user = user };
	return &httpd;
}

void httpd_free(struct httpd *freed)
{
	assert_ptr_equal(freed, &httpd);
	httpd.fn = NULL;
}

void httpd_set_options(struct httpd *of, const struct httpd_options *options)
{
	of->options = *options;
}

static int listen_as(int tag, struct error *error)
{
	if (httpd.refuses)
		return error_set(error, -EADDRINUSE, "taken");
	httpd.tags[httpd.listeners++] = tag;
	return 0;
}

int httpd_listen(struct httpd *of, const char *path, mode_t mode, int tag,
                 struct error *error)
{
	snprintf(of->path, sizeof(of->path), "%s", path);
	of->mode = mode;
	return listen_as(tag, error);
}

int httpd_listen_fd(struct httpd *of, int fd, int tag, struct error *error)
{
	return listen_as(tag, error);
}

const char *httpd_method(const struct httpd_request *request)
{
	return request->method;
}

const char *httpd_path(const struct httpd_request *request)
{
	return request->path;
}

const char *httpd_query(const struct httpd_request *request)
{
	return request->query;
}

const char *httpd_body(const struct httpd_request *request,
                       size_t *ret_size_bytes)
{
	*ret_size_bytes = request->body ? strlen(request->body) : 0;
	return request->body;
}

void httpd_add_header(struct httpd_request *request, const char *name,
                      const char *value)
{
	snprintf(request->header, sizeof(request->header), "%s: %s", name,
	         value);
}

void httpd_reply(struct httpd_request *request, int status,
                 const char *content_type, const char *body, size_t size_bytes)
{
	assert_int_equal(request->status, 0);
	request->status = status;
	snprintf(request->type, sizeof(request->type), "%s", content_type);
	buf_add(&request->answer, body, size_bytes);
}

struct httpd_stream *httpd_stream_begin(struct httpd_request *request,
                                        const char *content_type,
                                        const struct httpd_stream_ops *ops,
                                        void *user)
{
	struct httpd_stream *stream;

	if (httpd.streams >= httpd.options.max_streams)
		return NULL;
	httpd.streams++;
	stream = xcalloc(1, sizeof(*stream));
	stream->ops = ops;
	stream->user = user;
	buf_init(&stream->written, BUF_NO_CAP);
	request->status = 200;
	request->stream = stream;
	snprintf(request->type, sizeof(request->type), "%s", content_type);
	return stream;
}

void httpd_stream_write(struct httpd_stream *stream, const char *data,
                        size_t size_bytes)
{
	buf_add(&stream->written, data, size_bytes);
}

size_t httpd_stream_pending_bytes(const struct httpd_stream *stream)
{
	return stream->pending_bytes;
}

void httpd_stream_wake(struct httpd_stream *stream)
{
	stream->woken = true;
}

void httpd_stream_end(struct httpd_stream *stream)
{
	stream->ended = true;
}

static void stream_done(struct httpd_stream *stream)
{
	httpd.streams--;
	buf_done(&stream->written);
	free(stream);
}

/* The end of a turn: whoever was woken is asked. */
static void stream_turn(struct httpd_stream *stream)
{
	if (!stream->woken)
		return;
	stream->woken = false;
	stream->ops->fill(stream, stream->user);
}

/* The daemon's side: the name of the op that was called, and what it got. */

struct service {
	const char *called;
	struct control_request request;
	char id[64];
	bool has_body;
	uint64_t last_seq; /* of the events there are */
};

static void note(struct service *service, const char *called,
                 const struct control_request *request)
{
	service->called = called;
	service->request = *request;
	snprintf(service->id, sizeof(service->id), "%s",
	         request->id ? request->id : "");
	service->has_body = request->body != NULL;
}

static void on_more(uint64_t *after_seq, struct buf *out, void *user)
{
	const struct service *service = user;

	while (*after_seq < service->last_seq)
		buf_add_format(out, "{\"seq\":%u}\n", (unsigned)++*after_seq);
}

#define OP(name, ...)                                                \
	static void on_##name(struct control_answer *answer,         \
	                      const struct control_request *request, \
	                      void *user)                            \
	{                                                            \
		note(user, #name, request);                          \
		__VA_ARGS__;                                         \
	}

static void answer_metrics(struct control_answer *answer)
{
	struct buf text;

	buf_init(&text, BUF_NO_CAP);
	buf_add_text(&text, "up 1\n");
	control_answer_text(answer, 200, "text/plain; version=0.0.4", &text);
	buf_done(&text);
}

OP(status, json_put_text(control_answer_json(answer, 200), "version", "1"))
OP(subscriptions, control_answer_json(answer, 200))
OP(subscription,
   control_answer_error(answer, 404, "not_found", "there is no \"%s\"", "x"))
OP(events, if (request->follow)
                   control_answer_follow(answer, request->after_seq, on_more);
   else control_answer_json(answer, 200))
OP(metrics, answer_metrics(answer))
OP(healthy, control_answer_json(answer, 200))
OP(ready, control_answer_json(answer, 503))
OP(poll, control_answer_json(answer, 202))
OP(reload, control_answer_json(answer, 200))

static const struct control_ops ops = {
#define ENDPOINT(name, method, path, query, body, help) .name = on_##name,
#include "control/api.def"
#undef ENDPOINT
};

struct fixture {
	struct service service;
	struct control *control;
	struct httpd_request http;
};

static int set_up(void **state)
{
	static const struct control_options options = { .max_clients = 4,
		                                        .max_followers = 2 };
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));

	fixture->control = control_new(NULL, &options, &ops, &fixture->service);
	assert_int_equal(
		control_listen_status(fixture->control, -1, "/r", 0660, NULL),
		0);
	assert_int_equal(
		control_listen_operator(fixture->control, -1, "/o", NULL), 0);
	buf_init(&fixture->http.answer, BUF_NO_CAP);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	control_free(fixture->control);
	buf_done(&fixture->http.answer);
	free(fixture);
	return 0;
}

/* Sends a request over listener 0 (status) or 1 (operator). */
static const char *ask(struct fixture *fixture, int listener,
                       const char *method, const char *path, const char *query,
                       const char *body)
{
	struct httpd_request *http = &fixture->http;

	buf_clear(&http->answer);
	http->method = method;
	http->path = path;
	http->query = query;
	http->body = body;
	http->status = 0;
	http->stream = NULL;
	httpd.fn(http, httpd.tags[listener], httpd.user);
	assert_int_not_equal(http->status, 0);
	return buf_text(&http->answer);
}

static void a_document_begins_with_its_version(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(ask(fixture, 0, "GET", "/v1/status", NULL, NULL),
	                    "{\"schema_version\":1,\"version\":\"1\"}\n");
	assert_int_equal(fixture->http.status, 200);
	assert_string_equal(fixture->http.type, "application/json");
	assert_string_equal(fixture->service.called, "status");
}

static void each_path_has_its_op(void **state)
{
	static const struct {
		const char *method;
		const char *path;
		const char *name;
		int status;
	} cases[] = {
		{ "GET", "/v1/status", "status", 200 },
		{ "GET", "/v1/subscriptions", "subscriptions", 200 },
		{ "GET", "/v1/subscriptions/" ID, "subscription", 404 },
		{ "GET", "/v1/events", "events", 200 },
		{ "GET", "/metrics", "metrics", 200 },
		{ "GET", "/-/healthy", "healthy", 200 },
		{ "HEAD", "/-/ready", "ready", 503 },
		{ "POST", "/v1/poll", "poll", 202 },
		{ "POST", "/v1/reload", "reload", 200 },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask(fixture, 1, cases[i].method, cases[i].path, NULL, NULL);
		assert_string_equal(fixture->service.called, cases[i].name);
		assert_int_equal(fixture->http.status, cases[i].status);
	}
}

static void the_op_gets_what_was_asked(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, 0, "GET", "/v1/subscriptions/" ID, NULL, NULL);
	assert_string_equal(fixture->service.id, ID);
	ask(fixture, 0, "GET", "/v1/subscriptions", "limit=7&stale=1", NULL);
	assert_int_equal(fixture->service.request.limit, 7);
	assert_true(fixture->service.request.stale);
	ask(fixture, 1, "POST", "/v1/poll", NULL, "{\"all\":true}");
	assert_true(fixture->service.has_body);
}

static void an_error_is_a_document_too(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(
		ask(fixture, 0, "GET", "/v1/subscriptions/" ID, NULL, NULL),
		"{\"schema_version\":1,\"error\":{\"code\":\"not_found\","
		"\"message\":\"there is no \\\"x\\\"\"}}\n");
	assert_int_equal(fixture->http.status, 404);
	assert_string_equal(fixture->http.type, "application/json");
}

static void what_is_refused_reaches_no_op(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(
		ask(fixture, 0, "POST", "/v1/poll", NULL, "{\"all\":true}"),
		"{\"schema_version\":1,\"error\":{\"code\":\"read_only\","
		"\"message\":\"read only: use the operator's socket /o\"}}\n");
	assert_int_equal(fixture->http.status, 403);
	ask(fixture, 0, "GET", "/v1/subscriptions", "limit=0", NULL);
	assert_int_equal(fixture->http.status, 400);
	ask(fixture, 0, "GET", "/none", NULL, NULL);
	assert_int_equal(fixture->http.status, 404);
	assert_null(fixture->service.called);
}

static void text_goes_as_it_is(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(ask(fixture, 0, "GET", "/metrics", NULL, NULL),
	                    "up 1\n");
	assert_string_equal(fixture->http.type, "text/plain; version=0.0.4");
}

static void a_follower_gets_what_comes(void **state)
{
	struct fixture *fixture = *state;
	struct httpd_stream *stream;

	fixture->service.last_seq = 5;
	ask(fixture, 0, "GET", "/v1/events", "follow=1&after=3", NULL);
	assert_string_equal(fixture->http.type, "application/x-ndjson");
	stream = fixture->http.stream;
	assert_string_equal(buf_text(&stream->written), "");
	stream_turn(stream);
	assert_string_equal(buf_text(&stream->written),
	                    "{\"seq\":4}\n{\"seq\":5}\n");

	fixture->service.last_seq = 6;
	stream_turn(stream);
	assert_null(strstr(buf_text(&stream->written), "6"));
	control_wake_followers(fixture->control);
	stream_turn(stream);
	assert_string_equal(buf_text(&stream->written),
	                    "{\"seq\":4}\n{\"seq\":5}\n{\"seq\":6}\n");

	stream->ops->closed(stream->user);
	control_wake_followers(fixture->control);
	assert_false(stream->woken);
	stream_done(stream);
}

static void lines_wait_while_a_follower_reads_slowly(void **state)
{
	struct fixture *fixture = *state;
	struct httpd_stream *stream;

	ask(fixture, 0, "GET", "/v1/events", "follow=1", NULL);
	stream = fixture->http.stream;
	stream->pending_bytes = 1 << 20;
	fixture->service.last_seq = 1;
	control_wake_followers(fixture->control);
	stream_turn(stream);
	assert_int_equal(stream->written.size_bytes, 0);

	stream->pending_bytes = 0;
	stream->ops->fill(stream, stream->user);
	assert_string_equal(buf_text(&stream->written), "{\"seq\":1}\n");
	stream->ops->closed(stream->user);
	stream_done(stream);
}

static void one_follower_too_many_is_told_so(void **state)
{
	struct fixture *fixture = *state;
	struct httpd_stream *streams[2];

	for (int i = 0; i < 2; i++) {
		ask(fixture, 0, "GET", "/v1/events", "follow=1", NULL);
		streams[i] = fixture->http.stream;
	}
	assert_non_null(
		strstr(ask(fixture, 0, "GET", "/v1/events", "follow=1", NULL),
	               "\"code\":\"too_many_followers\""));
	assert_int_equal(fixture->http.status, 503);

	/* The first of two goes, and the other is still there. */
	streams[1]->ops->closed(streams[1]->user);
	streams[0]->woken = false;
	control_wake_followers(fixture->control);
	assert_true(streams[0]->woken);
	streams[0]->ops->closed(streams[0]->user);
	control_wake_followers(fixture->control);
	stream_done(streams[0]);
	stream_done(streams[1]);
}

static void the_last_line_says_why(void **state)
{
	struct fixture *fixture = *state;
	scoped(json_free) struct json *root = NULL;
	const char *farewell;

	ask(fixture, 0, "GET", "/v1/events", "follow=1", NULL);
	farewell = fixture->http.stream->ops->farewell;
	assert_int_equal(json_parse(farewell, strlen(farewell), &root, NULL),
	                 0);
	assert_string_equal(json_get_text(json_get(root, "error"), "code"),
	                    "too_slow");
	assert_int_equal(farewell[strlen(farewell) - 1], '\n');
	fixture->http.stream->ops->closed(fixture->http.stream->user);
	stream_done(fixture->http.stream);
}

static void head_of_a_follow_ends_at_once(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, 1, "HEAD", "/v1/events", "follow=1", NULL);
	assert_null(fixture->http.stream);
	assert_int_equal(fixture->http.status, 200);
	assert_string_equal(fixture->http.type, "application/x-ndjson");
}

static void followers_are_ended_with_the_endpoint(void **state)
{
	struct fixture *fixture = *state;
	struct httpd_stream *stream;

	ask(fixture, 0, "GET", "/v1/events", "follow=1", NULL);
	stream = fixture->http.stream;
	control_free(fixture->control);
	fixture->control = NULL;
	assert_true(stream->ended);
	stream_done(stream);
}

static void options_are_passed_on(void **state)
{
	static const struct control_options options = { .max_clients = 9,
		                                        .max_followers = 8 };
	struct fixture *fixture = *state;

	assert_int_equal(httpd.options.max_clients, 4);
	control_set_options(fixture->control, &options);
	assert_int_equal(httpd.options.max_clients, 9);
	assert_int_equal(httpd.options.max_streams, 8);
}

static void the_operators_socket_is_the_operators_alone(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(httpd.mode, 0600);
	assert_string_equal(httpd.path, "/o");
	httpd.refuses = true;
	assert_int_equal(
		control_listen_operator(fixture->control, -1, "/p", NULL),
		-EADDRINUSE);
	assert_non_null(strstr(ask(fixture, 0, "POST", "/v1/poll", NULL, NULL),
	                       "socket /o"));
}

static void a_socket_of_systemd_is_named_by_its_own_path(void **state)
{
	struct fixture *fixture = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/jitd-%d.s",
	         (int)getpid());
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
	                 0);
	assert_int_equal(
		control_listen_operator(fixture->control, fd, "/o", NULL), 0);
	assert_non_null(strstr(ask(fixture, 0, "POST", "/", NULL, NULL),
	                       address.sun_path));
	assert_int_equal(
		control_listen_status(fixture->control, fd, "/r", 0, NULL), 0);
	unlink(address.sun_path);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_document_begins_with_its_version),
		TEST(each_path_has_its_op),
		TEST(the_op_gets_what_was_asked),
		TEST(an_error_is_a_document_too),
		TEST(what_is_refused_reaches_no_op),
		TEST(text_goes_as_it_is),
		TEST(a_follower_gets_what_comes),
		TEST(lines_wait_while_a_follower_reads_slowly),
		TEST(one_follower_too_many_is_told_so),
		TEST(the_last_line_says_why),
		TEST(head_of_a_follow_ends_at_once),
		TEST(followers_are_ended_with_the_endpoint),
		TEST(options_are_passed_on),
		TEST(the_operators_socket_is_the_operators_alone),
		TEST(a_socket_of_systemd_is_named_by_its_own_path),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
