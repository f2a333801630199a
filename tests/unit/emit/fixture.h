/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture: a fresh folder and a loop for each test, a reader that stands in
 * for journald or syslogd, and an emitter's ready that is counted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/event.h"
#include "emit/emitter.h"
#include "io/loop.h"

struct fixture {
	struct loop *loop;
	unsigned readies;
	bool stops; /* ready stops the loop */
};

/* A cmocka setup and teardown; *state is the fixture. */
int fixture_begin(void **state);
int fixture_end(void **state);

/* The path of name in the folder; borrowed until the third call from here. */
const char *fixture_path(const char *name);

/* An emitter_ready_fn; user is the fixture. */
void fixture_ready(void *user);

/* Runs the loop until ready is called, or for so long; whether it was. */
bool fixture_run(struct fixture *fixture, int64_t limit_ms);

/* A socket of SOCK_DGRAM, or a listening one of SOCK_STREAM, under that
 * name. */
int reader_bind(const char *name, int type);

/* The next message, ended by NUL; -1: there is none. */
ssize_t reader_take(int fd, char *out, size_t size_bytes);

/* An event with all fields set to what event_field_info() calls them, but for
 * COUNT and HTTP_STATUS, which are 5 and 403. */
struct event *full_event(uint64_t seq);

/* "Nothing happened." with no fields. */
struct event *plain_event(uint64_t seq);

int64_t monotonic_ms(void);
