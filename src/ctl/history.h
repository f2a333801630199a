/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history: where in the stored events to begin.
 *
 * The endpoint gives events after a number, ascending; the newest, and those
 * since a time, are found by halving: a history of millions takes a few dozen
 * short questions. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct error;

/* The first event after a number, if there is one. */
struct history_event {
	bool found;
	int64_t seq;
	int64_t time_unix_ms;
};

typedef int history_fn(int64_t after, struct history_event *ret_event,
                       void *user, struct error *error);

/* The number of the last event; 0: there is none. */
int history_last(history_fn *fn, void *user, int64_t *ret_seq,
                 struct error *error);

/* The number before that of the first event not older than since_unix_ms; last
 * where all are older. */
int history_since(history_fn *fn, void *user, int64_t last,
                  int64_t since_unix_ms, int64_t *ret_after,
                  struct error *error);
