/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/suggest.h"

#include <stdbool.h>
#include <string.h>

#define WORD_MAX_BYTES 32
#define DISTANCE_MAX   2

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool is_swapped(const char *a, const char *b, size_t i, size_t j)
{
	return i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
}

/* How many such changes make b of a; both are at most WORD_MAX_BYTES long. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[WORD_MAX_BYTES + 1][WORD_MAX_BYTES + 1];
	size_t a_length = strlen(a), b_length = strlen(b);

	for (size_t i = 0; i <= a_length; i++)
		for (size_t j = 0; j <= b_length; j++) {
			if (!i || !j) {
				rows[i][j] = i + j;
				continue;
			}
			rows[i][j] = min(
				min(rows[i - 1][j], rows[i][j - 1]) + 1,
				rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (is_swapped(a, b, i, j))
				rows[i][j] =
					min(rows[i][j], rows[i - 2][j - 2] + 1);
		}
	return rows[a_length][b_length];
}

const char *suggest_nearest(const char *word, const char *const candidates[],
                            size_t count)
{
	size_t nearest = DISTANCE_MAX + 1;
	const char *found = NULL;

	if (strlen(word) > WORD_MAX_BYTES)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t far = strlen(candidates[i]) > WORD_MAX_BYTES
		                     ? nearest
		                     : distance(word, candidates[i]);

		if (far < nearest) {
			nearest = far;
			found = candidates[i];
		}
	}
	return found;
}
