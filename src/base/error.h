/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error: what went wrong, in words for the operator.
 *
 * A function that can fail returns 0 or a negative errno. One whose failure
 * the operator must be able to act on also takes a struct error, last, and
 * fills it. Nothing below daemon/ logs; it reports through these.
 */
#pragma once

struct error {
	char text[512];
};

/*
 * Fills *error, where there is one, and returns code, so that to fail takes
 * one statement:
 *
 *	return error_set(error, -EINVAL, "%s:%u: no such key", path, line);
 */
int error_set(struct error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As error_set(), but puts the new words and ": " before the old ones. */
int error_wrap(struct error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
