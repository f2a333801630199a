/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: HTTPS calls that run on the loop. Only http.c knows that it is libcurl.
 *
 * A call ends in its callback, once, or in http_cancel(), and never before
 * http_start() has returned. It may start other calls from its callback.
 *
 * There is no queue here: the caller keeps the number of calls in flight
 * within what it gave as max_in_flight, and http makes so many connections of
 * at most HTTP_STREAMS_MAX streams that they fit.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scoped.h"

struct error;
struct http;
struct http_call;
struct loop;
struct secret;

/* Streams that we open at most on one HTTP/2 connection. */
#define HTTP_STREAMS_MAX 100

struct http_options {
	const char *user_agent;
	const char *ca_file; /* NULL: the system's bundle */
	const char *proxy;   /* NULL: as the environment says; "": none */
	unsigned max_in_flight;
};

struct http_request {
	const char *method; /* "GET", "POST", "PUT" */
	const char *url;    /* https; http for loopback addresses only, and with
	                       no_proxy for link-local ones */
	const char *const
		*headers; /* "Name: value", NULL at the end; or NULL */
	const struct secret *bearer; /* NULL: no Authorization; no CR or LF */
	const struct secret *body;   /* NULL: none */
	size_t reply_cap_bytes;      /* a longer body ends in HTTP_TOO_LARGE */
	int64_t timeout_ms;          /* for all of it */
	bool no_proxy;               /* never through one: instance metadata */
};

enum http_error {
	HTTP_OK, /* an answer came, whatever its status */
	HTTP_TIMEOUT,
	HTTP_TLS,     /* certificate or handshake */
	HTTP_NETWORK, /* name, connection, proxy, protocol */
	HTTP_DROPPED, /* as HTTP_NETWORK, by a connection that had worked: a
	                 GET may be sent once more at once */
	HTTP_TOO_LARGE,
};

/* What the callback borrows for its length. */
struct http_reply {
	enum http_error error;
	const char *error_text; /* a sentence; "" with HTTP_OK */
	int status;             /* 0 without an answer */
	const char *body;       /* ended by NUL; "" where there is none */
	size_t size_bytes;
	int64_t duration_ms;
	bool http2;
	struct http_call *call; /* for http_reply_header() */
};

typedef void http_done_fn(const struct http_reply *reply, void *user);

/* Fails with words where the library lacks what jitd needs (TLS, HTTP/2) or
 * ca_file cannot be read. */
int http_new(struct loop *loop, const struct http_options *options,
             struct http **ret_http, struct error *error);

/* Cancels what is in flight. */
void http_free(struct http *http);
DEFINE_SCOPED(struct http *, http_free)

/* Copies the request, secrets among it; those copies are wiped at its end. */
struct http_call *http_start(struct http *http,
                             const struct http_request *request,
                             http_done_fn *fn, void *user);
void http_cancel(struct http_call *call);

/* The last header of that name, any case; NULL: none. Borrowed until the
 * callback returns. */
const char *http_reply_header(const struct http_reply *reply, const char *name);

size_t http_in_flight(const struct http *http);

/* Whether url is https, or http to a loopback address ("localhost",
 * 127.0.0.0/8, [::1]); -EINVAL with words where it is neither, has a user or
 * control characters in it, or is too long. */
int http_check_url(const char *url, struct error *error);

/* Whether both have the same scheme, host and port. */
bool http_same_origin(const char *a, const char *b);

/* The versions of libcurl and its TLS library, for the log. */
const char *http_library(void);
