/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_slice.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"

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

struct json_slice json_slice_array(const char *document, const char *key)
{
	const char *at = skip_mark(document, '{');

	while (*at == '"') {
		const char *end = skip_string(at);
		bool found = is_key(at, end, key);

		at = skip_mark(end, ':');
		end = skip_value(at);
		if (found && *at == '[' && end > at + 1)
			return (struct json_slice){ at + 1,
				                    (size_t)(end - at) - 2 };
		at = skip_mark(end, ',');
	}
	return (struct json_slice){ NULL, 0 };
}

int json_slice_next(struct json_slice *rest, struct json_slice *ret_element,
                    struct error *error)
{
	const char *over = rest->text + rest->size_bytes;
	const char *at = rest->text + strspn(rest->text, SPACE);
	const char *end;

	if (at >= over)
		return 0;
	end = skip_value(at);
	if (end > over || end == at)
		return error_set(error, -EINVAL, "a list is cut short");
	*ret_element = (struct json_slice){ at, (size_t)(end - at) };

	at = end + strspn(end, SPACE);
	if (at < over) {
		if (*at != ',')
			return error_set(error, -EINVAL,
			                 "no comma between the elements of a "
			                 "list");
		at++;
		if (at + strspn(at, SPACE) >= over)
			return error_set(error, -EINVAL,
			                 "a comma behind the last element of a "
			                 "list");
	}
	*rest = (struct json_slice){ at, at < over ? (size_t)(over - at) : 0 };
	return 1;
}
