/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/patience.h"

#include <errno.h>
#include <time.h>

#include "base/error.h"
#include "ctl/options.h"

#define PAUSE_MS 200

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_ms(int64_t ms)
{
	const struct timespec pause = { .tv_sec = ms / 1000,
		                        .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

struct patience patience_begin(const struct options *options)
{
	int64_t until_ms;

	if (!options->given[OPTION_TIMEOUT] ||
	    __builtin_add_overflow(now_ms(), options->number[OPTION_TIMEOUT],
	                           &until_ms))
		return (struct patience){ .is_endless = true };
	return (struct patience){ .until_ms = until_ms };
}

int64_t patience_left_ms(const struct patience *patience, int64_t at_most_ms)
{
	int64_t left_ms = patience->until_ms - now_ms();

	if (patience->is_endless || left_ms > at_most_ms)
		return at_most_ms;
	return left_ms > 0 ? left_ms : 1;
}

int patience_wait(const struct patience *patience, const char *what,
                  struct error *error)
{
	int64_t left_ms = patience->until_ms - now_ms();

	if (patience->is_endless)
		left_ms = PAUSE_MS;
	if (left_ms <= 0)
		return error_set(error, -ETIME, "waited in vain: %s", what);
	sleep_ms(left_ms < PAUSE_MS ? left_ms : PAUSE_MS);
	return 0;
}
