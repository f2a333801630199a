/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client: HTTP to the daemon over a Unix socket. Only client.c knows that it
 * is libcurl.
 *
 * Everything blocks. What fails comes with a sentence that says what to do:
 * -EACCES where the socket's mode does not let us, -EREMOTEIO with the
 * daemon's own words where it refused, -EBADMSG or -EFBIG where the answer
 * makes no sense, and any other errno where it cannot be reached.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/scoped.h"

struct client;
struct error;
struct json;

/* How long an answer may take, where nobody set less. */
#define CLIENT_TIMEOUT_MS 10000

/* The most of one document, and of one line of a stream. */
#define CLIENT_DOCUMENT_MAX_BYTES ((size_t)64 << 20)
#define CLIENT_LINE_MAX_BYTES     ((size_t)1 << 20)

/* Connects when it is first used. */
struct client *client_new(const char *socket_path);
void client_free(struct client *client);
DEFINE_SCOPED(struct client *, client_free)

void client_set_timeout(struct client *client, int64_t timeout_ms);

/* A document; filled also with -EREMOTEIO. */
struct client_answer {
	int status; /* 0: no answer came */
	struct buf body;
	struct json *document;
};
void client_answer_done(struct client_answer *answer);

static inline void client_answer_done_scoped(struct client_answer *answer)
{
	client_answer_done(answer);
}

/* GET of a path with its query; ret_answer to be given to
 * client_answer_done() whatever is returned. */
int client_get(struct client *client, const char *path,
               struct client_answer *ret_answer, struct error *error);

/* POST of a JSON document. */
int client_post(struct client *client, const char *path, const char *body,
                struct client_answer *ret_answer, struct error *error);

/* Calls fn for each line as it comes, without its end, until the daemon goes
 * away (-ECONNRESET) or fn returns a negative errno, which is returned. */
typedef int client_line_fn(const char *line, void *user, struct error *error);
int client_follow(struct client *client, const char *path, client_line_fn *fn,
                  void *user, struct error *error);
