/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/sentence.h"

#include <stdbool.h>
#include <string.h>

#include "core/event.h"

#define KEY_MAX_BYTES 64

/* Whether "key=" of a field stands here; *ret_value is what follows. */
static bool begins_field(const char *at, const char **ret_value)
{
	size_t length = strcspn(at, "= ");
	char key[KEY_MAX_BYTES];
	enum event_field field;

	if (at[length] != '=' || length >= sizeof(key))
		return false;
	memcpy(key, at, length);
	key[length] = '\0';
	*ret_value = at + length + 1;
	return event_field_from_string(key, &field) == 0;
}

/* Past a value, which may have been cut with the message. */
static const char *skip_value(const char *at)
{
	if (*at != '"')
		return at + strcspn(at, " ");
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

/* Whether fields, and nothing else, stand from here to the end; the last of a
 * message that was cut may lack its "=". */
static bool is_tail(const char *at)
{
	const char *value;
	bool any = false;

	while (*at == ' ' && begins_field(at + 1, &value)) {
		at = skip_value(value);
		any = true;
	}
	return any && (!*at || !strpbrk(at + 1, " ="));
}

size_t sentence_length(const char *message)
{
	const char *at = message;

	while ((at = strchr(at, ' '))) {
		if (is_tail(at))
			return (size_t)(at - message);
		at++;
	}
	return strlen(message);
}
