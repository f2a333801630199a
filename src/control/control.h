/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: the status endpoint. Paths, queries and methods are api.def's; the
 * bodies are given by who makes it, so that control/ does not look up at
 * daemon/.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scoped.h"
#include "control/control_request.h"

struct buf;
struct control;
struct control_answer;
struct error;
struct loop;

/*
 * Answers one request: fills the body (JSON whose root "{" and schema_version
 * are the answer's own business: see control_answer_json()), or an error.
 */
struct control_ops {
#define ENDPOINT(name, method, path, query, body, help) \
	void (*name)(struct control_answer * answer,    \
	             const struct control_request *request, void *user);
#include "control/api.def"
#undef ENDPOINT
};

struct control_options {
	unsigned max_clients;
	unsigned max_followers;
};

struct control *control_new(struct loop *loop,
                            const struct control_options *options,
                            const struct control_ops *ops, void *user);
void control_free(struct control *control);
DEFINE_SCOPED(struct control *, control_free)

void control_set_options(struct control *control,
                         const struct control_options *options);

/* Listen for readers, or for the operator. fd -1: make the socket at path with
 * that mode. Fail with words. */
int control_listen_status(struct control *control, int fd, const char *path,
                          unsigned mode, struct error *error);
int control_listen_operator(struct control *control, int fd, const char *path,
                            struct error *error);

/*
 * What an op answers with, exactly one of these, before it returns. The JSON
 * answer begins with "schema_version"; control closes the object:
 *
 *	struct json_out *out = control_answer_json(answer, 200);
 *	json_put_text(out, "version", VERSION);
 */
struct json_out;
struct json_out *control_answer_json(struct control_answer *answer, int status);
void control_answer_text(struct control_answer *answer, int status,
                         const char *content_type, const struct buf *body);
void control_answer_error(struct control_answer *answer, int status,
                          const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Follows: from now on more() is called whenever the client can take lines,
 * and after control_wake_followers(). It appends whole lines of events with
 * seq > *after_seq to out, a bounded number, and moves *after_seq on; nothing
 * appended: there is nothing new. *after_seq begins at first_seq.
 */
typedef void control_more_fn(uint64_t *after_seq, struct buf *out, void *user);
void control_answer_follow(struct control_answer *answer, uint64_t first_seq,
                           control_more_fn *more);
void control_wake_followers(struct control *control);
