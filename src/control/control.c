/* SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "control/encode.h"
#include "control/request.h"
#include "io/httpd.h"

/* What a follower may have untaken before more lines are made for it. */
#define FOLLOWER_PENDING_MAX_BYTES 65536

#define TYPE_JSON  "application/json"
#define TYPE_LINES "application/x-ndjson"

/* The listeners' tags. */
enum control_socket {
	CONTROL_SOCKET_STATUS,
	CONTROL_SOCKET_OPERATOR,
};

struct follower {
	struct control *control; /* borrowed: outlives us */
	struct httpd_stream *stream;
	control_more_fn *more;
	uint64_t after_seq;
	struct follower *previous;
	struct follower *next;
};

struct control {
	struct httpd *httpd;
	struct control_ops ops;
	void *user;
	char *operator_path; /* NULL: nobody listens for the operator */
	struct follower *followers;
};

enum answer_kind {
	ANSWER_NONE,
	ANSWER_JSON, /* out is open at its root */
	ANSWER_TEXT,
	ANSWER_FOLLOW,
};

struct control_answer {
	enum answer_kind kind;
	int status;
	const char *content_type;
	struct buf body;
	struct json_out out;
	uint64_t first_seq;
	control_more_fn *more;
};

static void follower_unlink(struct follower *follower)
{
	if (follower->previous)
		follower->previous->next = follower->next;
	else
		follower->control->followers = follower->next;
	if (follower->next)
		follower->next->previous = follower->previous;
	free(follower);
}

static void on_stream_fill(struct httpd_stream *stream, void *user)
{
	struct follower *follower = user;
	struct control *control = follower->control;
	struct buf lines;

	if (httpd_stream_pending_bytes(stream) > FOLLOWER_PENDING_MAX_BYTES)
		return;
	buf_init(&lines, BUF_NO_CAP);
	follower->more(&follower->after_seq, &lines, control->user);
	if (lines.size_bytes)
		httpd_stream_write(stream, lines.data, lines.size_bytes);
	buf_done(&lines);
}

static void on_stream_closed(void *user)
{
	follower_unlink(user);
}

static const struct httpd_stream_ops stream_ops = {
	.fill = on_stream_fill,
	.closed = on_stream_closed,
	.farewell = "{\"schema_version\":1,\"error\":{\"code\":\"too_slow\","
		    "\"message\":\"dropped, because it did not read; begin "
		    "again with after=SEQ\"}}\n",
};

static void reply(struct httpd_request *http, struct control_answer *answer)
{
	if (answer->kind == ANSWER_JSON) {
		json_close(&answer->out, '}');
		buf_add_byte(&answer->body, '\n');
	}
	httpd_reply(http, answer->status, answer->content_type,
	            buf_text(&answer->body), answer->body.size_bytes);
}

static void begin_follow(struct control *control, struct httpd_request *http,
                         struct control_answer *answer)
{
	struct follower *follower = xcalloc(1, sizeof(*follower));

	*follower = (struct follower){
		.control = control,
		.more = answer->more,
		.after_seq = answer->first_seq,
		.next = control->followers,
	};
	follower->stream =
		httpd_stream_begin(http, TYPE_LINES, &stream_ops, follower);
	if (!follower->stream) {
		free(follower);
		answer->kind = ANSWER_NONE;
		control_answer_error(answer, 503, "too_many_followers",
		                     "as many clients follow the events as "
		                     "max_followers lets in");
		reply(http, answer);
		return;
	}
	if (control->followers)
		control->followers->previous = follower;
	control->followers = follower;
	httpd_stream_wake(follower->stream);
}

static void dispatch(struct control *control, const struct request *request,
                     struct control_answer *answer)
{
	switch (request->endpoint) {
#define ENDPOINT(name, method, path, query, body, help)                      \
	case ENDPOINT_##name:                                                \
		control->ops.name(answer, &request->control, control->user); \
		break;
#include "control/api.def"
#undef ENDPOINT
	case ENDPOINT_COUNT:
		break;
	}
	assert(answer->kind != ANSWER_NONE);
}

static void finish(struct control *control, struct httpd_request *http,
                   const struct request *request, struct control_answer *answer)
{
	if (answer->kind != ANSWER_FOLLOW)
		reply(http, answer);
	else if (request->is_head)
		httpd_reply(http, 200, TYPE_LINES, "", 0);
	else
		begin_follow(control, http, answer);
}

static void on_request(struct httpd_request *http, int tag, void *user)
{
	struct control *control = user;
	struct request_text text = {
		.method = httpd_method(http),
		.path = httpd_path(http),
		.query = httpd_query(http),
		.is_operator = tag == CONTROL_SOCKET_OPERATOR,
		.operator_path = control->operator_path,
	};
	struct control_answer answer = { 0 };
	struct request_refusal refusal;
	struct request request;

	text.body = httpd_body(http, &text.body_size_bytes);
	buf_init(&answer.body, BUF_NO_CAP);
	if (request_parse(&text, &request, &refusal) < 0) {
		control_answer_error(&answer, refusal.status, refusal.code,
		                     "%s", refusal.message.text);
		if (refusal.allow[0])
			httpd_add_header(http, "Allow", refusal.allow);
		reply(http, &answer);
	} else {
		dispatch(control, &request, &answer);
		finish(control, http, &request, &answer);
		request_done(&request);
	}
	buf_done(&answer.body);
}

/* The path that a listening socket is bound to; NULL: none. */
static char *path_of_socket(int fd)
{
	struct sockaddr_un address = { 0 };
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &size) < 0 ||
	    address.sun_family != AF_UNIX || address.sun_path[0] != '/')
		return NULL;
	return xstrndup(address.sun_path, sizeof(address.sun_path));
}

static struct httpd_options options_of(const struct control_options *options)
{
	return (struct httpd_options){
		.max_clients = options->max_clients,
		.max_streams = options->max_followers,
	};
}

struct control *control_new(struct loop *loop,
                            const struct control_options *options,
                            const struct control_ops *ops, void *user)
{
	const struct httpd_options httpd_options = options_of(options);
	struct control *control = xcalloc(1, sizeof(*control));

	control->ops = *ops;
	control->user = user;
	control->httpd = httpd_new(loop, &httpd_options, on_request, control);
	return control;
}

void control_free(struct control *control)
{
	struct follower *follower;

	if (!control)
		return;
	while ((follower = control->followers)) {
		control->followers = follower->next;
		httpd_stream_end(follower->stream);
		free(follower);
	}
	httpd_free(control->httpd);
	free(control->operator_path);
	free(control);
}

void control_set_options(struct control *control,
                         const struct control_options *options)
{
	const struct httpd_options httpd_options = options_of(options);

	httpd_set_options(control->httpd, &httpd_options);
}

int control_listen_status(struct control *control, int fd, const char *path,
                          unsigned mode, struct error *error)
{
	if (fd >= 0)
		return httpd_listen_fd(control->httpd, fd,
		                       CONTROL_SOCKET_STATUS, error);
	return httpd_listen(control->httpd, path, mode, CONTROL_SOCKET_STATUS,
	                    error);
}

int control_listen_operator(struct control *control, int fd, const char *path,
                            struct error *error)
{
	char *bound = NULL;
	int r;

	if (fd >= 0) {
		bound = path_of_socket(fd);
		r = httpd_listen_fd(control->httpd, fd, CONTROL_SOCKET_OPERATOR,
		                    error);
	} else {
		r = httpd_listen(control->httpd, path, 0600,
		                 CONTROL_SOCKET_OPERATOR, error);
	}
	if (r < 0) {
		free(bound);
		return r;
	}
	free(control->operator_path);
	control->operator_path = bound ? bound : xstrdup(path);
	return 0;
}

struct json_out *control_answer_json(struct control_answer *answer, int status)
{
	assert(answer->kind == ANSWER_NONE);
	answer->kind = ANSWER_JSON;
	answer->status = status;
	answer->content_type = TYPE_JSON;
	answer->out = (struct json_out){ .buf = &answer->body };
	json_open(&answer->out, NULL, '{');
	json_put_int64(&answer->out, "schema_version", ENCODE_SCHEMA_VERSION);
	return &answer->out;
}

void control_answer_text(struct control_answer *answer, int status,
                         const char *content_type, const struct buf *body)
{
	assert(answer->kind == ANSWER_NONE);
	answer->kind = ANSWER_TEXT;
	answer->status = status;
	answer->content_type = content_type;
	buf_add(&answer->body, body->data, body->size_bytes);
}

void control_answer_error(struct control_answer *answer, int status,
                          const char *code, const char *format, ...)
{
	struct json_out *out = control_answer_json(answer, status);
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	json_open(out, "error", '{');
	json_put_text(out, "code", code);
	json_put_text(out, "message", message);
	json_close(out, '}');
}

void control_answer_follow(struct control_answer *answer, uint64_t first_seq,
                           control_more_fn *more)
{
	assert(answer->kind == ANSWER_NONE);
	answer->kind = ANSWER_FOLLOW;
	answer->first_seq = first_seq;
	answer->more = more;
}

void control_wake_followers(struct control *control)
{
	for (struct follower *follower = control->followers; follower;
	     follower = follower->next)
		httpd_stream_wake(follower->stream);
}
