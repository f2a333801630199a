/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* Two types of json-c have names that are functions here. */
#define json_bool json_c_bool
#define json_type json_c_type
#include <json-c/json.h>
#undef json_bool
#undef json_type

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

/* Where a byte needs a look: anywhere else it is the parser's alone. */
#define OUTSIDE   1
#define IN_STRING 2

/* Outside are also the first letters of NaN and Infinity. */
static const unsigned char stops[256] = {
	[0x00 ... 0x1f] = IN_STRING,
	['"'] = OUTSIDE | IN_STRING,
	['\\'] = IN_STRING,
	['\''] = OUTSIDE,
	['I'] = OUTSIDE,
	['N'] = OUTSIDE,
};

/* A struct json is json-c's object by another name; nobody writes to one. */
static struct json_object *object_of(const struct json *value)
{
	return (struct json_object *)value;
}

static struct json *json_of(struct json_object *object)
{
	return (struct json *)object;
}

static void tokener_free_scoped(struct json_tokener **tokener)
{
	if (*tokener)
		json_tokener_free(*tokener);
}

static size_t next_stop(const char *text, size_t at, size_t size_bytes,
                        unsigned char where)
{
	while (at < size_bytes && !(stops[(unsigned char)text[at]] & where))
		at++;
	return at;
}

/* What json-c would let pass in the text, in words, or NULL. */
static const char *text_fault(const char *text, size_t size_bytes)
{
	unsigned char where = OUTSIDE;
	size_t at = next_stop(text, 0, size_bytes, where);

	for (; at < size_bytes; at = next_stop(text, at + 1, size_bytes, where))
		if (text[at] == '"')
			where = where == OUTSIDE ? IN_STRING : OUTSIDE;
		else if (where == OUTSIDE)
			return "a word or quote that JSON does not know";
		else if (text[at] != '\\')
			return "a control character in a string";
		else if (size_bytes - at > 5 &&
		         memcmp(text + at, "\\u0000", 6) == 0)
			return "\\u0000 in a string";
		else
			at++;
	return NULL;
}

static int text_check(const char *text, size_t size_bytes, struct error *error)
{
	const char *fault;

	if (!size_bytes)
		return error_set(error, -EINVAL, "not JSON: it is empty");
	if (size_bytes > INT_MAX)
		return error_set(error, -EINVAL, "not JSON: it is too long");
	if (!text_is_utf8(text, size_bytes))
		return error_set(error, -EINVAL,
		                 "not JSON: it is not UTF-8, or has a NUL");
	fault = text_fault(text, size_bytes);
	if (fault)
		return error_set(error, -EINVAL, "not JSON: it has %s", fault);
	return 0;
}

/* The member whose key is equal but for case, where none is equal. */
static struct lh_entry *entry_nocase(struct json_object *object,
                                     const char *key)
{
	struct lh_entry *entry;

	lh_foreach(json_object_get_object(object), entry)
	{
		if (text_equal_nocase(lh_entry_k(entry), key))
			return entry;
	}
	return NULL;
}

static int text_int64(const char *text, int64_t *ret_number)
{
	bool negative = text && text[0] == '-';
	uint64_t number;
	int r;

	r = text ? text_parse_uint64(text + negative, &number) : -EINVAL;
	if (r < 0)
		return r;
	if (number > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret_number = (int64_t)(negative ? -number : number);
	return 0;
}

int json_parse(const char *text, size_t size_bytes, struct json **ret_root,
               struct error *error)
{
	scoped(tokener_free) struct json_tokener *tokener = NULL;
	enum json_tokener_error state;
	struct json_object *root;
	size_t end;
	int r;

	r = text_check(text, size_bytes, error);
	if (r < 0)
		return r;

	tokener = xptr(json_tokener_new_ex(JSON_DEPTH_MAX));
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	root = json_tokener_parse_ex(tokener, text, (int)size_bytes);
	state = json_tokener_get_error(tokener);
	end = json_tokener_get_parse_end(tokener);
	/* A bare number ends with what follows it: NUL, for the parser. */
	if (state == json_tokener_continue) {
		root = json_tokener_parse_ex(tokener, "", 1);
		state = json_tokener_get_error(tokener);
	}
	if (state != json_tokener_success)
		return error_set(error, -EINVAL, "not JSON: %s, at byte %zu",
		                 json_tokener_error_desc(state), end);

	*ret_root = json_of(root);
	return 0;
}

void json_free(struct json *root)
{
	json_object_put(object_of(root));
}

enum json_type json_type(const struct json *value)
{
	switch (json_object_get_type(object_of(value))) {
	case json_type_null:
		return JSON_NULL;
	case json_type_boolean:
		return JSON_BOOL;
	case json_type_double:
	case json_type_int:
		return JSON_NUMBER;
	case json_type_string:
		return JSON_STRING;
	case json_type_array:
		return JSON_ARRAY;
	case json_type_object:
		return JSON_OBJECT;
	}
	return JSON_NULL;
}

const struct json *json_get(const struct json *value, const char *key)
{
	struct json_object *member;

	if (!json_object_object_get_ex(object_of(value), key, &member))
		return NULL;
	return json_of(member);
}

const struct json *json_get_nocase(const struct json *value, const char *key)
{
	struct lh_entry *entry;

	if (json_type(value) != JSON_OBJECT)
		return NULL;
	if (json_has(value, key))
		return json_get(value, key);
	entry = entry_nocase(object_of(value), key);
	return entry ? json_of(lh_entry_v(entry)) : NULL;
}

bool json_has(const struct json *value, const char *key)
{
	return json_object_object_get_ex(object_of(value), key, NULL);
}

bool json_has_nocase(const struct json *value, const char *key)
{
	return json_type(value) == JSON_OBJECT &&
	       entry_nocase(object_of(value), key);
}

const char *json_text(const struct json *value)
{
	if (json_type(value) != JSON_STRING)
		return NULL;
	return json_object_get_string(object_of(value));
}

const char *json_get_text(const struct json *value, const char *key)
{
	return json_text(json_get(value, key));
}

int json_int64(const struct json *value, int64_t *ret_number)
{
	struct json_object *object = object_of(value);
	int64_t number;

	if (!json_object_is_type(object, json_type_int))
		return text_int64(json_text(value), ret_number);
	number = json_object_get_int64(object);
	/* json-c makes the least of what is less, and tells nobody. */
	if (number == INT64_MIN)
		return -ERANGE;
	if (number == INT64_MAX && json_object_get_uint64(object) > INT64_MAX)
		return -ERANGE;
	*ret_number = number;
	return 0;
}

int json_bool(const struct json *value, bool *ret_value)
{
	if (json_type(value) != JSON_BOOL)
		return -EINVAL;
	*ret_value = json_object_get_boolean(object_of(value));
	return 0;
}

size_t json_array_size(const struct json *value)
{
	if (json_type(value) != JSON_ARRAY)
		return 0;
	return json_object_array_length(object_of(value));
}

const struct json *json_array_at(const struct json *value, size_t index)
{
	if (index >= json_array_size(value))
		return NULL;
	return json_of(json_object_array_get_idx(object_of(value), index));
}

void json_each(const struct json *value, json_member_fn *fn, void *user)
{
	struct lh_entry *entry;

	if (json_type(value) != JSON_OBJECT)
		return;
	lh_foreach(json_object_get_object(object_of(value)), entry)
	{
		fn(lh_entry_k(entry), json_of(lh_entry_v(entry)), user);
	}
}
