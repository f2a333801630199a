/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_plan: when token.c fetches next, and what it counts as news. Pure:
 * random numbers are passed in.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct failure;

/* From a token's arrival to its renewal: half of a long life, five minutes
 * ahead of the end of a usual one, half of a short one; up to a tenth sooner,
 * so that not all come at once. */
int64_t token_plan_renewal_ms(int64_t lives_ms, uint32_t random);

/* How long of its life it is given to requests: one that is sent at the very
 * end may arrive behind it. */
int64_t token_plan_service_ms(int64_t lives_ms);

/* From a failure to the next try: 1 s, doubling to 1 min; slowly: 5 min,
 * doubling to 15 min. retries counts this one. */
int64_t token_plan_retry_ms(bool slowly, unsigned retries, uint32_t random);

/* The same but for numbers in the words: how many milliseconds something took
 * makes no new cause of it. */
bool token_plan_same_cause(const struct failure *a, const struct failure *b);
