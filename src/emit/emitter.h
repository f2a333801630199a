/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emitter: a place where events and the log's lines go.
 *
 * None of them ever blocks. What they cannot take now stays in the store's
 * outbox and is offered again.
 */
#pragma once

#include "base/scoped.h"

struct error;
struct event;
struct loop;

struct emitter;

/* Called when something can be taken again after emitter_send() said -EAGAIN.
 */
typedef void emitter_ready_fn(void *user);

struct emitter_ops {
	const char *name; /* "journal", "syslog", "stderr" */

	/* 0; -EAGAIN: not now, ready will be called; another errno: this place
	 * is gone, and ready will be called when it is back. */
	int (*send)(struct emitter *emitter, const struct event *event);

	/* A line of the log, level as syslog's; dropped where it cannot be
	 * taken at once. */
	void (*log)(struct emitter *emitter, int level, const char *line);
	void (*free)(struct emitter *emitter);
};

/* Embedded first in each emitter's own struct. */
struct emitter {
	const struct emitter_ops *ops;
	emitter_ready_fn *ready;
	void *user;
};

static inline void emitter_free(struct emitter *emitter)
{
	if (emitter)
		emitter->ops->free(emitter);
}
DEFINE_SCOPED(struct emitter *, emitter_free)

enum emitter_target {
	EMITTER_AUTO,
	EMITTER_JOURNAL,
	EMITTER_SYSLOG,
	EMITTER_STDERR,
};

struct emitter_paths {
	const char *journal; /* NULL: /run/systemd/journal/socket */
	const char *syslog;  /* NULL: /dev/log */
};

/*
 * The emitter for a target. AUTO: stderr where that is a terminal; else the
 * journal where its socket is there; else syslog where that is; else stderr.
 * paths may be NULL.
 */
int emitter_open(struct loop *loop, enum emitter_target target,
                 const struct emitter_paths *paths, emitter_ready_fn *ready,
                 void *user, struct emitter **ret_emitter, struct error *error);

/* "auto", "journal", "syslog", "stderr". */
int emitter_target_from_string(const char *word,
                               enum emitter_target *ret_target);
