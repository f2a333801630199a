/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem: allocation that cannot fail.
 *
 * What jitd allocates here is bounded by its configuration and by what its
 * caps let in, so out of memory ends the process; systemd starts it again and
 * the state file has all it needs. What a peer sizes goes through base/buf.h,
 * which has a cap.
 */
#pragma once

#include <stddef.h>

#include "base/scoped.h"

/* Zeroed memory; free() it. */
void *xcalloc(size_t count, size_t size)
	__attribute__((malloc, returns_nonnull));

/* As reallocarray(3): the contents are kept, what is new is not zeroed. */
void *xrealloc(void *old, size_t count, size_t size)
	__attribute__((returns_nonnull));

/* A copy of text, or NULL for NULL; free() it. */
char *xstrdup(const char *text);

/* A copy of at most size bytes of text, ended by NUL; free() it. */
char *xstrndup(const char *text, size_t size)
	__attribute__((malloc, returns_nonnull));

/* Formatted as by printf(3); free() it. */
char *xasprintf(const char *format, ...)
	__attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

/* The pointer itself, or the end of the process where it is NULL. */
void *xptr(void *pointer) __attribute__((returns_nonnull));

/* free(), for scoped(): scoped(string_free) char *text = NULL; */
void string_free(char *text);
DEFINE_SCOPED(char *, string_free)
