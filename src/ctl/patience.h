/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patience: how long a verb goes on asking.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct error;
struct options;

struct patience {
	bool is_endless;
	int64_t until_ms; /* on the clock that never goes back */
};

/* By --timeout; endless without. */
struct patience patience_begin(const struct options *options);

/* What is left of it, from 1 up to at_most_ms. */
int64_t patience_left_ms(const struct patience *patience, int64_t at_most_ms);

/* Sleeps a little before the next question; -ETIME with words where the time
 * is up. what: "jitd is not ready". */
int patience_wait(const struct patience *patience, const char *what,
                  struct error *error);
