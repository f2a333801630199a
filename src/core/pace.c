/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pace.h"

/* What a sum of many small parts may lack of one token and still be one. */
#define SLACK 1e-6

static double bound(double rate_per_s)
{
	return rate_per_s > 1 ? rate_per_s : 1;
}

static double tokens_at(const struct pace *pace, int64_t now_ms)
{
	double tokens = pace->tokens;

	if (now_ms > pace->at_ms)
		tokens += (double)(now_ms - pace->at_ms) / 1000 *
		          pace->rate_per_s;
	return tokens < bound(pace->rate_per_s) ? tokens
	                                        : bound(pace->rate_per_s);
}

void pace_set(struct pace *pace, double rate_per_s, int64_t now_ms)
{
	/* Without a limit nothing is saved up; one, so as not to wait. */
	double saved = pace->rate_per_s > 0 ? tokens_at(pace, now_ms) : 1;

	pace->rate_per_s = rate_per_s;
	pace->tokens = saved < bound(rate_per_s) ? saved : bound(rate_per_s);
	pace->at_ms = now_ms;
}

bool pace_take(struct pace *pace, int64_t now_ms)
{
	double tokens;

	if (pace->rate_per_s <= 0)
		return true;

	tokens = tokens_at(pace, now_ms);
	if (tokens < 1 - SLACK)
		return false;
	pace->tokens = tokens - 1;
	if (now_ms > pace->at_ms)
		pace->at_ms = now_ms;
	return true;
}

int64_t pace_next_ms(const struct pace *pace, int64_t now_ms)
{
	double missing;

	if (pace->rate_per_s <= 0)
		return now_ms;

	missing = 1 - SLACK / 2 - tokens_at(pace, now_ms);
	if (missing <= 0)
		return now_ms;
	return now_ms + 1 + (int64_t)(missing * 1000 / pace->rate_per_s);
}
