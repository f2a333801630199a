/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: documents from a peer, read strictly. What is written for a peer is the
 * business of base/json_out.h.
 *
 * Only json.c knows that the parser is json-c. It is stricter than json-c:
 * the bytes must be UTF-8 without NUL, no string may hold an escaped NUL or a
 * bare control character, only "..." quotes, NaN is no number, nothing is
 * deeper than JSON_DEPTH_MAX and nothing stands behind the value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_out.h"
#include "base/scoped.h"

struct error;

/* A value inside a document: borrowed from it. NULL stands for both a key that
 * is missing and JSON's null; json_has() tells them apart. */
struct json;

#define JSON_DEPTH_MAX 32

/* The root, NULL for a document that is null; json_free() frees it whole.
 * -EINVAL with words. */
int json_parse(const char *text, size_t size_bytes, struct json **ret_root,
               struct error *error);
void json_free(struct json *root);
DEFINE_SCOPED(struct json *, json_free)

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};
enum json_type json_type(const struct json *value);

/* The member of an object; NULL where value is no object (or NULL), has no
 * such key, or the member is null. Keys compare with regard to case. */
const struct json *json_get(const struct json *value, const char *key);

/* The same without regard to case, the exact one preferred: ARM is not strict
 * about it in what users wrote. */
const struct json *json_get_nocase(const struct json *value, const char *key);

/* Whether an object has the key at all, be it null. */
bool json_has(const struct json *value, const char *key);
bool json_has_nocase(const struct json *value, const char *key);

/* The text of a string, or NULL where value is not one. */
const char *json_text(const struct json *value);
const char *json_get_text(const struct json *value, const char *key);

/* A whole number, or a string that is one (instance metadata writes them so).
 * -EINVAL where it is neither, -ERANGE where it does not fit. */
int json_int64(const struct json *value, int64_t *ret_number);

/* true or false; -EINVAL where value is neither. */
int json_bool(const struct json *value, bool *ret_value);

/* Elements of an array; 0 and NULL where value is none. */
size_t json_array_size(const struct json *value);
const struct json *json_array_at(const struct json *value, size_t index);

/* Calls fn for each member of an object, in the order of the document. */
typedef void json_member_fn(const char *key, const struct json *value,
                            void *user);
void json_each(const struct json *value, json_member_fn *fn, void *user);
