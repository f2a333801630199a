/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/http_call.h"
#include "io/loop.h"

/*
 * Few streams on a few connections cost the least CPU: so many are opened for
 * one host before a connection gets more than STREAMS_GOOD streams.
 */
#define CONNECTIONS_GOOD 4
#define STREAMS_GOOD     32

/* Idle connections to keep besides those to the host that is polled. */
#define CONNECTIONS_OTHER 16

/*
 * libcurl may forget to read what it has received already. Where no call has
 * ended for so long while some are in flight, it is told to look.
 */
#define NUDGE_MS 1000

/* Where distributions keep their certificates, all in one file. */
static const char *const ca_files[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/cert.pem",
};

/* One for each socket of the library's, however many calls share it. */
struct http_socket {
	LIST_ENTRY(http_socket) entry;
	struct http *http;
	int fd;
	struct loop_watch *watch;
	unsigned nudge; /* the last that it got */
};

struct http {
	struct loop *loop;
	CURLM *multi;
	struct http_settings settings;
	struct loop_timer *timer; /* the library's */
	struct loop_timer *nudge_timer;
	unsigned nudge;
	bool call_has_ended; /* since the last nudge */
	LIST_HEAD(, http_socket) sockets;
	LIST_HEAD(, http_call) calls;
	size_t in_flight;
	bool calling; /* a callback may free us: then we go after it */
	bool freed;
};

/* Takes a call out of the library, its handle with all that it knows. */
static void call_remove(struct http_call *call)
{
	struct http *http = call->http;

	curl_multi_remove_handle(http->multi, call->easy);
	LIST_REMOVE(call, entry);
	http->in_flight--;
	call->fn = NULL;
}

static void call_finish(struct http_call *call, CURLcode result)
{
	struct http *http = call->http;
	http_done_fn *fn = call->fn;
	struct http_reply reply = http_call_reply(
		call, result, loop_now_ms(http->loop) - call->started_ms);

	call_remove(call);
	http->call_has_ended = true;

	fn(&reply, call->user);

	http_call_free(call);
}

/* What is left once no callback of ours runs any more. */
static void http_end(struct http *http)
{
	curl_global_cleanup();
	free(http);
}

/* The only place that calls back, so never from inside of the library. */
static void calls_finish(struct http *http)
{
	CURLMsg *message;
	int left;

	http->calling = true;
	while (!http->freed &&
	       (message = curl_multi_info_read(http->multi, &left))) {
		CURLcode result = message->data.result;
		struct http_call *call = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
		                  (char **)&call);
		call_finish(call, result);
	}
	http->calling = false;
	if (http->freed)
		http_end(http);
}

static void library_act(struct http *http, curl_socket_t fd, int ready)
{
	int running;

	curl_multi_socket_action(http->multi, fd, ready, &running);
}

static void on_ready(unsigned ready, void *user)
{
	struct http_socket *socket = user;
	struct http *http = socket->http;

	library_act(http, socket->fd,
	            (ready & LOOP_READY_READ ? CURL_CSELECT_IN : 0) |
	                    (ready & LOOP_READY_WRITE ? CURL_CSELECT_OUT : 0));
	calls_finish(http);
}

static void on_timer(void *user)
{
	struct http *http = user;

	library_act(http, CURL_SOCKET_TIMEOUT, 0);
	calls_finish(http);
}

static struct http_socket *socket_to_nudge(const struct http *http)
{
	struct http_socket *socket;

	for (socket = LIST_FIRST(&http->sockets); socket;
	     socket = LIST_NEXT(socket, entry))
		if (socket->nudge != http->nudge)
			return socket;
	return NULL;
}

static void on_nudge(void *user)
{
	struct http *http = user;
	bool stuck = http->in_flight > 0 && !http->call_has_ended;

	http->call_has_ended = false;
	if (http->in_flight > 0)
		loop_timer_set(http->nudge_timer,
		               loop_now_ms(http->loop) + NUDGE_MS);
	if (!stuck)
		return;

	/* Sockets may come and go with each. */
	http->nudge++;
	for (struct http_socket *socket = socket_to_nudge(http); socket;
	     socket = socket_to_nudge(http)) {
		socket->nudge = http->nudge;
		library_act(http, socket->fd, CURL_CSELECT_IN);
	}
	calls_finish(http);
}

static void socket_free(struct http_socket *socket)
{
	LIST_REMOVE(socket, entry);
	loop_watch_free(socket->watch);
	free(socket);
}

/*
 * The library wants to know when fd is ready, or no more. It must not fail:
 * that would leave the transfer in limbo. By CURL_POLL_REMOVE fd may be closed
 * already.
 */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user,
                     void *attached)
{
	struct http *http = user;
	struct http_socket *socket = attached;
	unsigned wanted = (what & CURL_POLL_IN ? LOOP_READY_READ : 0U) |
	                  (what & CURL_POLL_OUT ? LOOP_READY_WRITE : 0U);

	if (what == CURL_POLL_REMOVE) {
		if (socket)
			socket_free(socket);
		return 0;
	}
	if (socket) {
		loop_watch_set(socket->watch, wanted);
		return 0;
	}
	socket = xcalloc(1, sizeof(*socket));
	socket->http = http;
	socket->fd = fd;
	socket->nudge = http->nudge;
	socket->watch =
		loop_watch_new(http->loop, fd, wanted, on_ready, socket);
	LIST_INSERT_HEAD(&http->sockets, socket, entry);
	curl_multi_assign(http->multi, fd, socket);
	return 0;
}

/* Sets a timer even for 0: to call the library from here is forbidden. */
static int on_timeout(CURLM *multi, long timeout_ms, void *user)
{
	struct http *http = user;

	if (timeout_ms < 0)
		loop_timer_unset(http->timer);
	else
		loop_timer_set(http->timer,
		               loop_now_ms(http->loop) + timeout_ms);
	return 0;
}

static int library_check(struct error *error)
{
	const curl_version_info_data *library =
		curl_version_info(CURLVERSION_NOW);
	const int wanted =
		CURL_VERSION_SSL | CURL_VERSION_HTTP2 | CURL_VERSION_ASYNCHDNS;

	if (library->version_num == 0x075700)
		return error_set(error, -ENOTSUP,
		                 "libcurl 7.87.0 loses answers: install any "
		                 "other version from 7.85 on");
	if ((library->features & wanted) != wanted)
		return error_set(error, -ENOTSUP,
		                 "libcurl %s was built without TLS, HTTP/2 or "
		                 "name lookups in the background: install one "
		                 "that has them",
		                 library->version);
	return 0;
}

/* The file with the certificates to trust: the operator's, or else the
 * system's, or NULL where there is none that we know of. */
static int ca_file_find(const char *wanted, const char **ret_path,
                        struct error *error)
{
	int fd;

	*ret_path = wanted;
	if (wanted) {
		fd = open(wanted, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return error_set(error, -errno,
			                 "cannot read the certificates in %s: "
			                 "%s",
			                 wanted, strerror(errno));
		close(fd);
		return 0;
	}
	for (size_t i = 0; i < sizeof(ca_files) / sizeof(ca_files[0]); i++)
		if (access(ca_files[i], R_OK) == 0) {
			*ret_path = ca_files[i];
			break;
		}
	return 0;
}

/* As many connections and streams as hold max_in_flight calls: libcurl is slow
 * with calls that wait for their turn, and opens connections without end where
 * it is not told how many. */
static void multi_set_limits(CURLM *multi, unsigned max_in_flight)
{
	unsigned connections =
		(max_in_flight + HTTP_STREAMS_MAX - 1) / HTTP_STREAMS_MAX;
	unsigned streams;

	if (connections < CONNECTIONS_GOOD)
		connections = CONNECTIONS_GOOD;
	streams = (max_in_flight + connections - 1) / connections;
	if (streams < STREAMS_GOOD)
		streams = STREAMS_GOOD;

	curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS,
	                  (long)connections);
	curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
	                  (long)streams);
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
	                  (long)connections + CONNECTIONS_OTHER);
}

int http_new(struct loop *loop, const struct http_options *options,
             struct http **ret_http, struct error *error)
{
	struct http *http;
	const char *ca_file;
	int r = library_check(error);

	if (r < 0)
		return r;
	r = ca_file_find(options->ca_file, &ca_file, error);
	if (r < 0)
		return r;
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return error_set(error, -EIO, "cannot start libcurl");

	http = xcalloc(1, sizeof(*http));
	http->loop = loop;
	http->settings.user_agent = xstrdup(options->user_agent);
	http->settings.ca_file = xstrdup(ca_file);
	http->settings.proxy = xstrdup(options->proxy);
	http->timer = loop_timer_new(loop, on_timer, http);
	http->nudge_timer = loop_timer_new(loop, on_nudge, http);
	LIST_INIT(&http->sockets);
	LIST_INIT(&http->calls);

	http->multi = xptr(curl_multi_init());
	multi_set_limits(http->multi, options->max_in_flight);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	*ret_http = http;
	return 0;
}

void http_free(struct http *http)
{
	struct http_socket *socket, *next;

	if (!http)
		return;
	while (!LIST_EMPTY(&http->calls))
		http_cancel(LIST_FIRST(&http->calls));
	curl_multi_cleanup(http->multi);
	for (socket = LIST_FIRST(&http->sockets); socket; socket = next) {
		next = LIST_NEXT(socket, entry);
		socket_free(socket);
	}
	loop_timer_free(http->timer);
	loop_timer_free(http->nudge_timer);
	free(http->settings.user_agent);
	free(http->settings.ca_file);
	free(http->settings.proxy);
	http->freed = true;
	if (!http->calling)
		http_end(http);
}

struct http_call *http_start(struct http *http,
                             const struct http_request *request,
                             http_done_fn *fn, void *user)
{
	struct http_call *call = http_call_new(&http->settings, request);
	CURLMcode result;

	call->http = http;
	call->fn = fn;
	call->user = user;
	call->started_ms = loop_now_ms(http->loop);

	LIST_INSERT_HEAD(&http->calls, call, entry);
	if (http->in_flight++ == 0) {
		http->call_has_ended = false;
		loop_timer_set(http->nudge_timer, call->started_ms + NUDGE_MS);
	}
	result = curl_multi_add_handle(http->multi, call->easy);
	assert(result == CURLM_OK);
	return call;
}

void http_cancel(struct http_call *call)
{
	if (!call)
		return;
	/* A call that has called back is no more. */
	assert(call->fn);
	call_remove(call);
	http_call_free(call);
}

size_t http_in_flight(const struct http *http)
{
	return http->in_flight;
}

const char *http_library(void)
{
	return curl_version();
}
