/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: HTTPS calls that run on the loop. Only http*.c know that it is libcurl.
 *
 * A call ends in its callback, once, or in http_cancel(), and never before
 * http_start() has returned. It may start other calls from its callback.
 *
 * There is no queue here: the caller keeps the number of calls in flight
 * within what it gave as max_in_flight, and http makes so many connections of
 * at most HTTP_STREAMS_MAX streams that they fit.
 */
#pragma once

#include <stddef.h>

#include "base/scoped.h"
#include "io/http_request.h"
#include "io/http_url.h"

struct error;
struct http;
struct loop;

/* Streams that we open at most on one HTTP/2 connection. */
#define HTTP_STREAMS_MAX 100

struct http_options {
	const char *user_agent;
	const char *ca_file; /* NULL: the system's bundle */
	const char *proxy;   /* NULL: as the environment says; "": none */
	unsigned max_in_flight;
};

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

size_t http_in_flight(const struct http *http);

/* The versions of libcurl and its TLS library, for the log. */
const char *http_library(void);
