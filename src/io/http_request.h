/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_request: what is asked for in a call, and what became of it.
 *
 * Part of io/http.h, which is what others include.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_call;
struct secret;

struct http_request {
	const char *method; /* "GET", "POST", "PUT" */
	/* https; http for loopback addresses only, and with no_proxy for
	 * link-local ones */
	const char *url;
	/* "Name: value", NULL at the end; or NULL */
	const char *const *headers;
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

/* The last header of that name, any case; NULL: none. Borrowed until the
 * callback returns. */
const char *http_reply_header(const struct http_reply *reply, const char *name);
