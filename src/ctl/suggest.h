/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suggest: the word that was meant.
 */
#pragma once

#include <stddef.h>

/* The candidate that word is nearest to, by letters left out, put in, put in
 * place of another, or swapped; NULL where none is near. */
const char *suggest_nearest(const char *word, const char *const candidates[],
                            size_t count);
