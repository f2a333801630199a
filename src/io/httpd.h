/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httpd: an HTTP/1.1 server on Unix sockets, on the loop. Only httpd*.c know
 * that it is evhttp.
 *
 * It knows no paths. Each whole request goes to one callback; it, or who comes
 * after it, answers by httpd_reply() or begins a stream. A request must arrive
 * whole within HTTPD_REQUEST_MS, however it drips; at max_clients the oldest
 * incomplete one makes room; streams are counted apart.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/scoped.h"

struct error;
struct httpd;
struct httpd_listener;
struct httpd_request;
struct httpd_stream;
struct loop;

#define HTTPD_REQUEST_MS        5000
#define HTTPD_HEADERS_MAX_BYTES 8192
/* What evhttp takes: more than anybody asks for, so that who asks for too
 * much gets an answer in words; beyond this it is evhttp's own 413. */
#define HTTPD_BODY_MAX_BYTES 262144

/* A stream whose reader has taken nothing for so long is dropped. */
#define HTTPD_STALLED_MS 10000

struct httpd_options {
	unsigned max_clients;
	unsigned max_streams;
	int64_t request_ms; /* 0: HTTPD_REQUEST_MS; tests have less time */
	int64_t stalled_ms; /* 0: HTTPD_STALLED_MS */
};

/* tag is the listener's, e.g. whether it is the operator's socket. */
typedef void httpd_request_fn(struct httpd_request *request, int tag,
                              void *user);

struct httpd *httpd_new(struct loop *loop, const struct httpd_options *options,
                        httpd_request_fn *fn, void *user);

/* Closes all, and tells each stream so; removes the sockets that it made. A
 * request that is still to be answered may be given to httpd_reply() later. */
void httpd_free(struct httpd *httpd);
DEFINE_SCOPED(struct httpd *, httpd_free)

void httpd_set_options(struct httpd *httpd,
                       const struct httpd_options *options);

/*
 * Listens at path with that mode, made anew in place of a socket that nobody
 * listens on any more. Fails with words: a live one there (-EADDRINUSE), a
 * path too long, something that is no socket.
 */
int httpd_listen(struct httpd *httpd, const char *path, mode_t mode, int tag,
                 struct error *error);

/* Takes over a listening socket that systemd made; it is not removed. */
int httpd_listen_fd(struct httpd *httpd, int fd, int tag, struct error *error);

/* How many clients are connected, streams among them. */
size_t httpd_clients(const struct httpd *httpd);

/* The request, borrowed until it is answered. method: "GET", "POST", ..., or
 * "UNKNOWN" for one that no standard has; path without the query, still
 * percent-encoded; query as it came, NULL: none. */
const char *httpd_method(const struct httpd_request *request);
const char *httpd_path(const struct httpd_request *request);
const char *httpd_query(const struct httpd_request *request);
const char *httpd_body(const struct httpd_request *request,
                       size_t *ret_size_bytes);

/* A header of the answer to come; both are copied. */
void httpd_add_header(struct httpd_request *request, const char *name,
                      const char *value);

/* Answers and ends it, also where the client has gone meanwhile; body is
 * copied. HEAD gets no body. */
void httpd_reply(struct httpd_request *request, int status,
                 const char *content_type, const char *body, size_t size_bytes);

/*
 * Begins a chunked answer without end, or returns NULL where max_streams are
 * open already or the client has gone (the request is then still to be
 * answered). ops is copied, its farewell outlives the stream. fill is called
 * whenever what was written has been taken, and after httpd_stream_wake():
 * it may write; it must not block. closed is called once when the client has
 * gone or has been dropped; the stream is gone then.
 */
struct httpd_stream_ops {
	void (*fill)(struct httpd_stream *stream, void *user);
	void (*closed)(void *user);
	/* The last line for a client that is dropped because it does not
	 * read; NULL: none. */
	const char *farewell;
};
struct httpd_stream *httpd_stream_begin(struct httpd_request *request,
                                        const char *content_type,
                                        const struct httpd_stream_ops *ops,
                                        void *user);

/* Copies it to be sent. */
void httpd_stream_write(struct httpd_stream *stream, const char *data,
                        size_t size_bytes);

/* Bytes that the client has not taken yet. */
size_t httpd_stream_pending_bytes(const struct httpd_stream *stream);

/* There is something new: fill is called at the end of this turn. */
void httpd_stream_wake(struct httpd_stream *stream);

/* Ends it well; closed is not called. */
void httpd_stream_end(struct httpd_stream *stream);
