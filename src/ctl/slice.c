/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/slice.h"

#include <stdbool.h>
#include <string.h>

#define SPACE " \t\r\n"

/* Past the string that begins at at. */
static const char *skip_string(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

/* Past the object or array that begins at at. */
static const char *skip_nested(const char *at)
{
	size_t depth = 0;

	while (*at) {
		if (*at == '"') {
			at = skip_string(at);
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		if (*at == '}' || *at == ']')
			depth--;
		at++;
		if (!depth)
			break;
	}
	return at;
}

static const char *skip_value(const char *at)
{
	if (*at == '"')
		return skip_string(at);
	if (*at == '{' || *at == '[')
		return skip_nested(at);
	return at + strcspn(at, ",}]" SPACE);
}

/* Past the white space and the one mark that may be there. */
static const char *skip_mark(const char *at, char mark)
{
	at += strspn(at, SPACE);
	if (*at == mark)
		at++;
	return at + strspn(at, SPACE);
}

static bool is_key(const char *quoted, const char *end, const char *key)
{
	size_t length = strlen(key);

	return (size_t)(end - quoted) == length + 2 &&
	       memcmp(quoted + 1, key, length) == 0;
}

struct slice slice_of_array(const char *document, const char *key)
{
	const char *at = skip_mark(document, '{');

	while (*at == '"') {
		const char *end = skip_string(at);
		bool found = is_key(at, end, key);

		at = skip_mark(end, ':');
		end = skip_value(at);
		if (found && *at == '[')
			return (struct slice){ at + 1, (size_t)(end - at) - 2 };
		at = skip_mark(end, ',');
	}
	return (struct slice){ "", 0 };
}
