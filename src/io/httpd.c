/* SPDX-License-Identifier: Apache-2.0 */
#include "io/httpd.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "base/mem.h"
#include "io/httpd_client.h"
#include "io/httpd_socket.h"
#include "io/loop.h"

/* A stream with more than this untaken is dropped. */
#define STREAM_MAX_BYTES 262144

/* How often a listener that had to stop is tried again. */
#define LISTEN_AGAIN_MS 2000

/* Every method, also those that evhttp knows no name of. */
#define METHODS_ALL 0xffff

struct httpd_listener {
	LIST_ENTRY(httpd_listener) entry;
	struct httpd *httpd;
	struct evhttp *evhttp;
	struct evconnlistener *accepting; /* evhttp's */
	struct httpd_socket socket;
	int tag;
};

struct httpd {
	struct loop *loop;
	httpd_request_fn *fn;
	void *user;
	struct clients clients;
	LIST_HEAD(, httpd_listener) listeners;
	struct loop_timer *listen_again;
	struct evbuffer *text; /* to hand something over; else empty */
	unsigned streams;
	unsigned max_streams;
};

struct httpd_request {
	struct httpd *httpd;
	struct client *client;      /* NULL: gone */
	struct evhttp_request *ask; /* NULL: gone with it */
};

struct httpd_stream {
	struct httpd *httpd;
	struct client *client;
	struct evhttp_request *ask;
	struct httpd_stream_ops ops;
	void *user;
	struct loop_task *task;
	bool overfull;
};

/* Ends the handler's time with a request. */
static void request_free(struct httpd_request *request)
{
	if (request->client)
		request->client->request = NULL;
	free(request);
}

static void stream_free(struct httpd_stream *stream)
{
	stream->client->stream = NULL;
	stream->httpd->streams--;
	loop_task_free(stream->task);
	free(stream);
}

static void chunk_send(struct httpd *httpd, struct evhttp_request *ask,
                       const char *data, size_t size_bytes,
                       void (*taken)(struct evhttp_connection *, void *),
                       void *user)
{
	evbuffer_add(httpd->text, data, size_bytes);
	evhttp_send_reply_chunk_with_cb(ask, httpd->text, taken, user);
	/* An answer that must not have a body has left it there. */
	evbuffer_drain(httpd->text, evbuffer_get_length(httpd->text));
}

/* Ends a stream for its owner, while its client may take what is left. */
static void stream_drop(struct httpd_stream *stream)
{
	struct httpd *httpd = stream->httpd;
	struct httpd_stream_ops ops = stream->ops;
	struct evhttp_request *ask = stream->ask;
	void *user = stream->user;

	client_enter(stream->client, CLIENT_LEAVING);
	stream_free(stream);
	if (ops.farewell)
		chunk_send(httpd, ask, ops.farewell, strlen(ops.farewell), NULL,
		           NULL);
	/* Too late to be sent: it makes evhttp close when all is taken. */
	evhttp_add_header(evhttp_request_get_output_headers(ask), "Connection",
	                  "close");
	evhttp_send_reply_end(ask);
	ops.closed(user);
}

static void on_client_stalled(struct client *client)
{
	stream_drop(client->stream);
}

/* What evhttp was given to answer and had not answered is ours to free, where
 * it says that it has no connection any more. */
static void on_client_gone(struct client *client)
{
	struct httpd_request *request = client->request;
	struct httpd_stream *stream = client->stream;
	struct httpd_stream_ops ops;
	void *user;

	if (request) {
		request->client = NULL;
		if (evhttp_request_get_connection(request->ask))
			request->ask = NULL;
	}
	if (!stream)
		return;
	ops = stream->ops;
	user = stream->user;
	if (!evhttp_request_get_connection(stream->ask))
		evhttp_request_free(stream->ask);
	stream_free(stream);
	ops.closed(user);
}

/* The answer has been taken: the client may ask again, or evhttp closes. */
static void on_answered(struct evhttp_request *ask, void *user)
{
	client_enter(user, CLIENT_READING);
}

static void on_request(struct evhttp_request *ask, void *user)
{
	struct httpd_listener *listener = user;
	struct httpd *httpd = listener->httpd;
	struct httpd_request *request = xcalloc(1, sizeof(*request));
	struct client *client = client_find(&httpd->clients,
	                                    evhttp_request_get_connection(ask));

	assert(client);
	request->httpd = httpd;
	request->client = client;
	request->ask = ask;
	client->request = request;
	client_enter(client, CLIENT_WAITING);
	evhttp_request_set_on_complete_cb(ask, on_answered, client);
	httpd->fn(request, listener->tag, httpd->user);
}

static struct bufferevent *on_accepting(struct event_base *base, void *user)
{
	struct httpd_listener *listener = user;

	return client_accept(&listener->httpd->clients);
}

/* There are no descriptors left, say. It is not told whose it is. */
static void on_accept_failed(struct evconnlistener *accepting, void *user)
{
	evconnlistener_disable(accepting);
}

static void on_listen_again(void *user)
{
	struct httpd *httpd = user;
	struct httpd_listener *listener;

	for (listener = LIST_FIRST(&httpd->listeners); listener;
	     listener = LIST_NEXT(listener, entry))
		evconnlistener_enable(listener->accepting);
	loop_timer_set(httpd->listen_again,
	               loop_now_ms(httpd->loop) + LISTEN_AGAIN_MS);
}

/* Takes over a listening descriptor, and the path that it may have. */
static void listener_new(struct httpd *httpd, int fd, int tag,
                         const struct httpd_socket *taken_socket)
{
	struct httpd_listener *listener = xcalloc(1, sizeof(*listener));
	struct event_base *base = loop_base(httpd->loop);

	listener->httpd = httpd;
	listener->tag = tag;
	listener->socket = *taken_socket;
	listener->evhttp = xptr(evhttp_new(base));
	evhttp_set_max_headers_size(listener->evhttp, HTTPD_HEADERS_MAX_BYTES);
	evhttp_set_max_body_size(listener->evhttp, HTTPD_BODY_MAX_BYTES);
	evhttp_set_allowed_methods(listener->evhttp, METHODS_ALL);
	evhttp_set_bevcb(listener->evhttp, on_accepting, listener);
	evhttp_set_gencb(listener->evhttp, on_request, listener);

	listener->accepting = xptr(evconnlistener_new(
		base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
		0, fd));
	evconnlistener_set_error_cb(listener->accepting, on_accept_failed);
	xptr(evhttp_bind_listener(listener->evhttp, listener->accepting));
	LIST_INSERT_HEAD(&httpd->listeners, listener, entry);
	on_listen_again(httpd);
}

static void listener_free(struct httpd_listener *listener)
{
	LIST_REMOVE(listener, entry);
	evhttp_free(listener->evhttp);
	httpd_socket_remove(&listener->socket);
	free(listener);
}

/* What every answer has, besides the Date that evhttp writes. */
static void headers_set(struct evhttp_request *ask, const char *content_type)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(ask);

	evhttp_add_header(headers, "Content-Type", content_type);
	evhttp_add_header(headers, "Cache-Control", "no-store");
}

/* evhttp would leave the length out where there is no body, and does not read
 * the body of a request whose method it does not know. */
static void reply_headers_set(struct evhttp_request *ask, size_t size_bytes,
                              bool is_known_method)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(ask);
	char length[24];

	snprintf(length, sizeof(length), "%zu", size_bytes);
	evhttp_add_header(headers, "Content-Length", length);
	if (!is_known_method)
		evhttp_add_header(headers, "Connection", "close");
}

/* evhttp's methods are bits: the place of each one's. NULL for another. */
static const char *method_name(enum evhttp_cmd_type method)
{
	static const char *const names[] = {
		"GET",     "POST",  "HEAD",    "PUT",   "DELETE",
		"OPTIONS", "TRACE", "CONNECT", "PATCH",
	};
	int place = ffs((int)method) - 1;

	if (place < 0 || place >= (int)(sizeof(names) / sizeof(names[0])))
		return NULL;
	return names[place];
}

static void on_taken(struct evhttp_connection *connection, void *user)
{
	httpd_stream_wake(user);
}

static void on_stream_woken(void *user)
{
	struct httpd_stream *stream = user;

	if (stream->overfull)
		stream_drop(stream);
	else
		stream->ops.fill(stream, stream->user);
}

static struct client_limits client_limits(const struct httpd_options *options)
{
	return (struct client_limits){
		.clients = options->max_clients,
		.request_ms = options->request_ms ? options->request_ms
		                                  : HTTPD_REQUEST_MS,
		.stalled_ms = options->stalled_ms ? options->stalled_ms
		                                  : HTTPD_STALLED_MS,
		.piece_bytes = HTTPD_BODY_MAX_BYTES,
	};
}

struct httpd *httpd_new(struct loop *loop, const struct httpd_options *options,
                        httpd_request_fn *fn, void *user)
{
	const struct client_limits limits = client_limits(options);
	struct httpd *httpd = xcalloc(1, sizeof(*httpd));

	httpd->loop = loop;
	httpd->fn = fn;
	httpd->user = user;
	httpd->max_streams = options->max_streams;
	clients_init(&httpd->clients, loop, &limits);
	httpd->clients.gone = on_client_gone;
	httpd->clients.stalled = on_client_stalled;
	LIST_INIT(&httpd->listeners);
	httpd->listen_again = loop_timer_new(loop, on_listen_again, httpd);
	httpd->text = xptr(evbuffer_new());
	return httpd;
}

void httpd_free(struct httpd *httpd)
{
	struct httpd_listener *listener, *next;

	if (!httpd)
		return;
	for (listener = LIST_FIRST(&httpd->listeners); listener;
	     listener = next) {
		next = LIST_NEXT(listener, entry);
		listener_free(listener);
	}
	clients_done(&httpd->clients);
	loop_timer_free(httpd->listen_again);
	evbuffer_free(httpd->text);
	free(httpd);
}

void httpd_set_options(struct httpd *httpd, const struct httpd_options *options)
{
	const struct client_limits limits = client_limits(options);

	httpd->max_streams = options->max_streams;
	clients_set_limits(&httpd->clients, &limits);
}

int httpd_listen(struct httpd *httpd, const char *path, mode_t mode, int tag,
                 struct error *error)
{
	struct httpd_socket socket;
	int fd;
	int r = httpd_socket_make(path, mode, &socket, &fd, error);

	if (r == 0)
		listener_new(httpd, fd, tag, &socket);
	return r;
}

int httpd_listen_fd(struct httpd *httpd, int fd, int tag, struct error *error)
{
	const struct httpd_socket nowhere = { 0 };
	int r = httpd_socket_check(fd, error);

	if (r < 0)
		return r;
	evutil_make_socket_nonblocking(fd);
	evutil_make_socket_closeonexec(fd);
	listener_new(httpd, fd, tag, &nowhere);
	return 0;
}

size_t httpd_clients(const struct httpd *httpd)
{
	return clients_count(&httpd->clients);
}

const char *httpd_method(const struct httpd_request *request)
{
	const char *name =
		method_name(evhttp_request_get_command(request->ask));

	return name ? name : "UNKNOWN";
}

const char *httpd_path(const struct httpd_request *request)
{
	const char *path = evhttp_uri_get_path(
		evhttp_request_get_evhttp_uri(request->ask));

	return path ? path : "";
}

const char *httpd_query(const struct httpd_request *request)
{
	return evhttp_uri_get_query(
		evhttp_request_get_evhttp_uri(request->ask));
}

const char *httpd_body(const struct httpd_request *request,
                       size_t *ret_size_bytes)
{
	struct evbuffer *body = evhttp_request_get_input_buffer(request->ask);

	*ret_size_bytes = evbuffer_get_length(body);
	if (!*ret_size_bytes)
		return "";
	return xptr(evbuffer_pullup(body, -1));
}

void httpd_add_header(struct httpd_request *request, const char *name,
                      const char *value)
{
	if (request->ask)
		evhttp_add_header(
			evhttp_request_get_output_headers(request->ask), name,
			value);
}

void httpd_reply(struct httpd_request *request, int status,
                 const char *content_type, const char *body, size_t size_bytes)
{
	struct httpd *httpd = request->httpd;
	struct client *client = request->client;
	struct evhttp_request *ask = request->ask;
	enum evhttp_cmd_type method;

	request_free(request);
	if (!client) {
		if (ask)
			evhttp_request_free(ask);
		return;
	}

	method = evhttp_request_get_command(ask);
	headers_set(ask, content_type);
	reply_headers_set(ask, size_bytes, method_name(method));
	if (method != EVHTTP_REQ_HEAD)
		evbuffer_add(httpd->text, body, size_bytes);
	client_enter(client, CLIENT_ANSWERED);
	evhttp_send_reply(ask, status, NULL, httpd->text);
}

struct httpd_stream *httpd_stream_begin(struct httpd_request *request,
                                        const char *content_type,
                                        const struct httpd_stream_ops *ops,
                                        void *user)
{
	struct httpd *httpd = request->httpd;
	struct client *client = request->client;
	struct evhttp_request *ask = request->ask;
	struct httpd_stream *stream;

	if (!client || httpd->streams >= httpd->max_streams)
		return NULL;

	request_free(request);
	stream = xcalloc(1, sizeof(*stream));
	stream->httpd = httpd;
	stream->client = client;
	stream->ask = ask;
	stream->ops = *ops;
	stream->user = user;
	stream->task = loop_task_new(httpd->loop, on_stream_woken, stream);
	client->stream = stream;
	httpd->streams++;
	client_enter(client, CLIENT_STREAMING);

	headers_set(ask, content_type);
	evhttp_send_reply_start(ask, HTTP_OK, NULL);
	loop_task_wake(stream->task);
	return stream;
}

void httpd_stream_write(struct httpd_stream *stream, const char *data,
                        size_t size_bytes)
{
	if (stream->overfull)
		return;
	chunk_send(stream->httpd, stream->ask, data, size_bytes, on_taken,
	           stream);
	stream->overfull =
		httpd_stream_pending_bytes(stream) > STREAM_MAX_BYTES;
	if (stream->overfull)
		loop_task_wake(stream->task);
}

size_t httpd_stream_pending_bytes(const struct httpd_stream *stream)
{
	return client_pending_bytes(stream->client);
}

void httpd_stream_wake(struct httpd_stream *stream)
{
	loop_task_wake(stream->task);
}

void httpd_stream_end(struct httpd_stream *stream)
{
	struct client *client = stream->client;
	struct evhttp_request *ask = stream->ask;

	stream_free(stream);
	client_enter(client, CLIENT_ANSWERED);
	evhttp_send_reply_end(ask);
}
