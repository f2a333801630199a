/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer: a client of a Unix socket, on the loop of what it talks to.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct loop;
struct loop_watch;

struct peer {
	struct loop *loop;
	int fd;
	struct loop_watch *watch;
	struct buf got;
	bool ended; /* by the other side */
};

/* Runs the loop until that is so; whether it was within limit_ms. */
bool loop_until(struct loop *loop, bool (*is_so)(const void *user),
                const void *user, int64_t limit_ms);
void loop_for(struct loop *loop, int64_t ms);

struct peer *peer_new(struct loop *loop, const char *path);

/* Takes over a socket that is not connected yet. */
struct peer *peer_connect(struct loop *loop, int taken_fd, const char *path);
void peer_free(struct peer *peer);

/* Fails the test where not all of it can be sent at once. */
void peer_send(struct peer *peer, const char *text);

/* What a peer that has gone does not take is lost. */
void peer_try(struct peer *peer, const void *data, size_t size_bytes);

/* Whether it reads what comes; it does from the beginning. */
void peer_set_reading(struct peer *peer, bool reading);

/* Runs the loop until text has come, or the end has; whether that happened
 * within ten seconds. */
bool peer_gets(struct peer *peer, const char *text);
bool peer_ends(struct peer *peer);

/* Reads so many bytes more at least, and then no more; whether they came. */
bool peer_takes(struct peer *peer, size_t size_bytes);

/* How often text has come. */
size_t peer_count(const struct peer *peer, const char *text);
