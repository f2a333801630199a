/* SPDX-License-Identifier: Apache-2.0 */
#include "base/chance.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t state_now;

int chance_begin(void **state)
{
	const char *seed = getenv("SEED");

	state_now = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	printf("SEED=%" PRIu64 "\n", state_now);
	return 0;
}

/* SplitMix64. */
uint64_t chance_next(void)
{
	uint64_t word = state_now += 0x9e3779b97f4a7c15;

	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
	word = (word ^ word >> 27) * 0x94d049bb133111eb;
	return word ^ word >> 31;
}

size_t chance_below(size_t limit)
{
	return (size_t)(chance_next() % limit);
}
