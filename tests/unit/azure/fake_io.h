/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_io: io/loop.h and io/http.h again, with a clock that the test turns and
 * a server that is a function of the test's.
 *
 * It defines the same symbols: a test that is linked with it has nothing of
 * io/loop.c and io/http.c. It keeps their promises, and ends the test where
 * its user asks for a URL that may not be called.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/http.h"
#include "io/loop.h"

/* Runs all that is due until so much time has gone by. */
void fake_loop_run_ms(struct loop *loop, int64_t ms);

/* Steps the wall clock, and nothing else. */
void fake_loop_step_wall(struct loop *loop, int64_t ms);

/* Timers and tasks that nobody has freed. */
size_t fake_loop_left(const struct loop *loop);

struct fake_request {
	const char *method;
	const char *url;
	const char *headers; /* each ended by '\n' */
	const char *bearer;  /* "" without one */
	const char *body;    /* "" without one */
	int64_t at_ms;
	size_t number; /* from 1 */
};

/* What the server fills in; the texts are copied. At first it is a 200 with
 * nothing in it after ten milliseconds. */
struct fake_answer {
	enum http_error error;
	const char *error_text;
	int status;
	const char *headers; /* "Name: value", each ended by '\n' */
	const char *body;
	size_t size_bytes; /* 0: as long as the text */
	int64_t delay_ms;
};

/* request is borrowed for the length of the call. */
typedef void fake_server_fn(const struct fake_request *request,
                            struct fake_answer *answer, void *user);

/* An http without options. */
struct http *fake_http_new(struct loop *loop, fake_server_fn *fn, void *user);

/* Requests that were started so far, and the most that were in flight. */
size_t fake_http_requests(const struct http *http);
size_t fake_http_most_in_flight(const struct http *http);
