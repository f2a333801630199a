/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace: at most so many requests a second, with a small burst.
 *
 * A token bucket that holds one second's worth (at least one). Pure: the
 * caller passes in the time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct pace {
	double rate_per_s; /* 0: no limit */
	double tokens;
	int64_t at_ms;
};

/* Keeps what had been saved up, within the new bound. */
void pace_set(struct pace *pace, double rate_per_s, int64_t now_ms);

/* Takes one, if there is one. */
bool pace_take(struct pace *pace, int64_t now_ms);

/* When pace_take() will next say yes: now_ms, or later. */
int64_t pace_next_ms(const struct pace *pace, int64_t now_ms);
