/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *xcalloc(size_t count, size_t size)
{
	/* Nothing is one byte, so that NULL always means out of memory. */
	if (!count || !size)
		count = size = 1;
	return xptr(calloc(count, size));
}

void *xrealloc(void *old, size_t count, size_t size)
{
	if (!count || !size)
		count = size = 1;
	return xptr(reallocarray(old, count, size));
}

char *xstrdup(const char *text)
{
	return text ? xptr(strdup(text)) : NULL;
}

char *xstrndup(const char *text, size_t size)
{
	return xptr(strndup(text, size));
}

char *xasprintf(const char *format, ...)
{
	va_list args, again;
	char *text;
	int size;

	va_start(args, format);
	va_copy(again, args);
	size = vsnprintf(NULL, 0, format, args);
	assert(size >= 0);
	text = xcalloc((size_t)size + 1, 1);
	vsnprintf(text, (size_t)size + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

void *xptr(void *pointer)
{
	if (!pointer) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return pointer;
}

void string_free(char *text)
{
	free(text);
}
