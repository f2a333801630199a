/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/token_plan.h"

#include <string.h>

#include "core/failure.h"

/* Doubling ends at the second; a quarter more comes at random, which makes
 * the longest pauses 1 min and 15 min. */
#define SOON_MIN_MS 1000
#define SOON_MAX_MS 48000
#define SLOW_MIN_MS (INT64_C(5) * 60 * 1000)
#define SLOW_MAX_MS (INT64_C(12) * 60 * 1000)

#define LONG_MS  (INT64_C(2) * 60 * 60 * 1000)
#define SHORT_MS (INT64_C(10) * 60 * 1000)
#define AHEAD_MS (INT64_C(5) * 60 * 1000)

/* Of a life that is short, a tenth is kept back. */
#define MARGIN_MS 30000

static const char digits[] = "0123456789";

static bool same_words(const char *a, const char *b)
{
	while (*a && *b) {
		size_t in_a = strspn(a, digits), in_b = strspn(b, digits);

		if (in_a && in_b) {
			a += in_a;
			b += in_b;
		} else if (*a++ != *b++) {
			return false;
		}
	}
	return *a == *b;
}

int64_t token_plan_renewal_ms(int64_t lives_ms, uint32_t random)
{
	int64_t ms = lives_ms / 2;

	if (lives_ms >= SHORT_MS && lives_ms <= LONG_MS)
		ms = lives_ms - AHEAD_MS;
	return ms - random % (ms / 10 + 1);
}

int64_t token_plan_service_ms(int64_t lives_ms)
{
	int64_t margin_ms = lives_ms / 10;

	return lives_ms - (margin_ms < MARGIN_MS ? margin_ms : MARGIN_MS);
}

int64_t token_plan_retry_ms(bool slowly, unsigned retries, uint32_t random)
{
	int64_t most_ms = slowly ? SLOW_MAX_MS : SOON_MAX_MS;
	int64_t ms = slowly ? SLOW_MIN_MS : SOON_MIN_MS;

	for (; retries > 1 && ms < most_ms; retries--)
		ms *= 2;
	if (ms > most_ms)
		ms = most_ms;
	return ms + random % (ms / 4 + 1);
}

bool token_plan_same_cause(const struct failure *a, const struct failure *b)
{
	return a->class == b->class && strcmp(a->code, b->code) == 0 &&
	       same_words(a->message, b->message);
}
