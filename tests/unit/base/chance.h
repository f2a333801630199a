/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chance: random numbers for tests, the same again from the same seed.
 *
 * The seed is printed; SEED=NUMBER in the environment sets it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A cmocka group setup. */
int chance_begin(void **state);

uint64_t chance_next(void);

/* Below limit, which is not 0. */
size_t chance_below(size_t limit);
