/* SPDX-License-Identifier: Apache-2.0 */
#include "control/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define BODY_MAX_BYTES  65536
#define PATH_MAX_BYTES  512
#define SHOWN_MAX_BYTES 64

#define QUERY_BIT(name) (1u << CONTROL_QUERY_##name)

/* The rows of api.def. */
static const struct row {
	const char *method;
	const char *path;
	unsigned query;
	bool body;
} rows[] = {
#define ENDPOINT(name, method, path, query, body, help) \
	{ #method, path, query, body },
#include "control/api.def"
#undef ENDPOINT
};

static const char *const query_keys[] = {
	[CONTROL_QUERY_STATE] = "state",   [CONTROL_QUERY_TENANT] = "tenant",
	[CONTROL_QUERY_STALE] = "stale",   [CONTROL_QUERY_MUTED] = "muted",
	[CONTROL_QUERY_LIMIT] = "limit",   [CONTROL_QUERY_AFTER] = "after",
	[CONTROL_QUERY_FOLLOW] = "follow",
};

/* The first word of a sentence that repeats what a client sent. */
struct shown {
	char text[SHOWN_MAX_BYTES];
};

static struct shown shown(const char *text)
{
	struct shown out = { "" };

	text_clean(text, out.text, sizeof(out.text));
	return out;
}

/* A refusal is one statement; its words follow. */
#define refuse(refusal, status_, code_, ...)                       \
	((refusal)->status = (status_), (refusal)->code = (code_), \
	 error_set(&(refusal)->message, -EINVAL, __VA_ARGS__))

#define refuse_bad(refusal, ...) \
	refuse(refusal, 400, "bad_request", __VA_ARGS__)

static bool is_reading(const char *method)
{
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static int check_right(const struct request_text *text,
                       struct request_refusal *refusal)
{
	if (text->is_operator || strcmp(text->method, "GET") == 0)
		return 0;
	if (!text->operator_path)
		return refuse(refusal, 403, "read_only",
		              "read only: jitd has no operator's socket");
	return refuse(refusal, 403, "read_only",
	              "read only: use the operator's socket %s",
	              text->operator_path);
}

/* Takes one segment off the front of *path, without the slash before it. */
static size_t take_segment(const char **path, const char **ret_segment)
{
	size_t length;

	*ret_segment = *path + 1;
	length = strcspn(*ret_segment, "/");
	*path = *ret_segment + length;
	return length;
}

/* One segment against one of a row; "{id}" takes a GUID into id. */
static bool segment_matches(const char *segment, size_t length,
                            const char *wanted, size_t wanted_length, char *id)
{
	char decoded[PATH_MAX_BYTES];

	if (length >= sizeof(decoded))
		return false;
	memcpy(decoded, segment, length);
	decoded[length] = '\0';
	if (text_percent_decode(decoded, false, decoded) < 0)
		return false;

	if (wanted_length == 4 && memcmp(wanted, "{id}", 4) == 0)
		return text_lower_guid(decoded, id) == 0;
	return strlen(decoded) == wanted_length &&
	       memcmp(decoded, wanted, wanted_length) == 0;
}

static bool path_matches(const char *path, const char *wanted, char *id)
{
	const char *segment, *wanted_segment;
	size_t length, wanted_length;

	while (*path == '/' && *wanted == '/') {
		length = take_segment(&path, &segment);
		wanted_length = take_segment(&wanted, &wanted_segment);
		if (!segment_matches(segment, length, wanted_segment,
		                     wanted_length, id))
			return false;
	}
	return !*path && !*wanted;
}

/* Appends a method to those of the refusal, each once. */
static void allow_add(struct request_refusal *refusal, const char *method)
{
	size_t used = strlen(refusal->allow);

	if (strstr(refusal->allow, method))
		return;
	snprintf(refusal->allow + used, sizeof(refusal->allow) - used, "%s%s%s",
	         used ? ", " : "", method,
	         strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

static int find_endpoint(const struct request_text *text,
                         struct request *request,
                         struct request_refusal *refusal)
{
	const char *method = is_reading(text->method) ? "GET" : text->method;
	struct shown seen = shown(text->path);

	for (size_t i = 0; i < ENDPOINT_COUNT; i++) {
		request->id[0] = '\0';
		if (!path_matches(text->path, rows[i].path, request->id))
			continue;
		if (strcmp(method, rows[i].method) == 0) {
			request->endpoint = (enum endpoint)i;
			return 0;
		}
		allow_add(refusal, rows[i].method);
	}
	if (!refusal->allow[0])
		return refuse(refusal, 404, "not_found", "there is no %s",
		              seen.text);
	return refuse(refusal, 405, "method_not_allowed", "%s takes %s only",
	              seen.text, refusal->allow);
}

/* Exactly the four words of the contract, unlike text_parse_bool(). */
static int parse_bool(const char *text, bool *ret_value)
{
	bool is_true = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;

	if (!is_true && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
		return -EINVAL;
	*ret_value = is_true;
	return 0;
}

static int set_bool(bool *value, enum control_query key, const char *text,
                    struct request_refusal *refusal)
{
	if (parse_bool(text, value) == 0)
		return 0;
	return refuse_bad(refusal, "%s must be true, false, 1 or 0, not \"%s\"",
	                  query_keys[key], shown(text).text);
}

static int set_state(struct request *request, const char *text,
                     struct request_refusal *refusal)
{
	if (state_from_string(text, &request->control.state) == 0)
		return 0;
	return refuse_bad(refusal,
	                  "state must be enabled, disabled, absent or unknown, "
	                  "not \"%s\"",
	                  shown(text).text);
}

static int set_tenant(struct request *request, const char *text,
                      struct request_refusal *refusal)
{
	if (!*text || !text_is_utf8(text, strlen(text)))
		return refuse_bad(refusal, "tenant must be a tenant's name");
	request->tenant = xstrdup(text);
	request->control.tenant = request->tenant;
	return 0;
}

static int set_limit(struct request *request, const char *text,
                     struct request_refusal *refusal)
{
	uint64_t limit;

	if (text_parse_uint64(text, &limit) < 0 || limit < 1 ||
	    limit > CONTROL_LIMIT_MAX)
		return refuse_bad(refusal,
		                  "limit must be a number from 1 to %d, not "
		                  "\"%s\"",
		                  CONTROL_LIMIT_MAX, shown(text).text);
	request->control.limit = (unsigned)limit;
	return 0;
}

/* Of events a number, of subscriptions an id. */
static int set_after(struct request *request, const char *text,
                     struct request_refusal *refusal)
{
	uint64_t seq;

	if (request->endpoint != ENDPOINT_events) {
		if (text_lower_guid(text, request->after) == 0)
			return 0;
		return refuse_bad(refusal,
		                  "after must be a subscription's id, not "
		                  "\"%s\"",
		                  shown(text).text);
	}
	if (text_parse_uint64(text, &seq) < 0 || seq > INT64_MAX)
		return refuse_bad(refusal,
		                  "after must be an event's seq, not \"%s\"",
		                  shown(text).text);
	request->control.after_seq = seq;
	return 0;
}

static int set_value(struct request *request, enum control_query key,
                     const char *text, struct request_refusal *refusal)
{
	switch (key) {
	case CONTROL_QUERY_STATE:
		return set_state(request, text, refusal);
	case CONTROL_QUERY_TENANT:
		return set_tenant(request, text, refusal);
	case CONTROL_QUERY_STALE:
		return set_bool(&request->control.stale, key, text, refusal);
	case CONTROL_QUERY_MUTED:
		return set_bool(&request->control.muted, key, text, refusal);
	case CONTROL_QUERY_LIMIT:
		return set_limit(request, text, refusal);
	case CONTROL_QUERY_AFTER:
		return set_after(request, text, refusal);
	case CONTROL_QUERY_FOLLOW:
		return set_bool(&request->control.follow, key, text, refusal);
	case CONTROL_QUERY_COUNT:
		break;
	}
	return -EINVAL;
}

/* The key's number, if this endpoint takes it. */
static int find_key(const struct request *request, const char *key)
{
	for (int i = 0; i < CONTROL_QUERY_COUNT; i++)
		if (strcmp(key, query_keys[i]) == 0 &&
		    rows[request->endpoint].query & 1u << i)
			return i;
	return -ENOENT;
}

/* One "key=value", which is written over while it is decoded. */
static int take_pair(struct request *request, char *pair,
                     struct request_refusal *refusal)
{
	char *value = strchr(pair, '=');
	int key;

	if (!value)
		return refuse_bad(refusal, "the query has \"%s\" without \"=\"",
		                  shown(pair).text);
	*value++ = '\0';
	if (text_percent_decode(pair, true, pair) < 0 ||
	    text_percent_decode(value, true, value) < 0)
		return refuse_bad(refusal, "the query is badly encoded");

	key = find_key(request, pair);
	if (key < 0)
		return refuse_bad(refusal, "unknown key \"%s\" in the query",
		                  shown(pair).text);
	if (request->control.given[key])
		return refuse_bad(refusal, "%s is in the query twice",
		                  query_keys[key]);
	request->control.given[key] = true;
	return set_value(request, (enum control_query)key, value, refusal);
}

static int parse_query(const char *query, struct request *request,
                       struct request_refusal *refusal)
{
	scoped(string_free) char *copy = xstrdup(query);
	char *rest = copy;
	char *pair;
	int r;

	if (!query || !*query)
		return 0;
	while ((pair = strsep(&rest, "&"))) {
		r = take_pair(request, pair, refusal);
		if (r < 0)
			return r;
	}
	if (request->control.follow &&
	    request->control.given[CONTROL_QUERY_LIMIT])
		return refuse_bad(refusal, "limit has no meaning with follow");
	return 0;
}

static void note_member(const char *key, const struct json *value, void *user)
{
	*(bool *)user = true;
}

/* Where none is taken an empty object is as good as nothing. */
static int check_body(const struct request *request,
                      struct request_refusal *refusal)
{
	bool has_members = false;

	if (json_type(request->body) != JSON_OBJECT)
		return refuse_bad(refusal, "the body must be a JSON object");
	json_each(request->body, note_member, &has_members);
	if (has_members && !rows[request->endpoint].body)
		return refuse_bad(refusal, "this request takes no body");
	return 0;
}

static int parse_body(const struct request_text *text, struct request *request,
                      struct request_refusal *refusal)
{
	struct error error;
	int r;

	if (!text->body_size_bytes)
		return 0;
	if (text->body_size_bytes > BODY_MAX_BYTES)
		return refuse(refusal, 413, "too_large",
		              "the body is larger than %d bytes",
		              BODY_MAX_BYTES);
	r = json_parse(text->body, text->body_size_bytes, &request->body,
	               &error);
	if (r < 0)
		return refuse_bad(refusal, "the body is %s", error.text);
	r = check_body(request, refusal);
	if (r < 0)
		return r;
	if (rows[request->endpoint].body)
		request->control.body = request->body;
	return 0;
}

static int parse(const struct request_text *text, struct request *request,
                 struct request_refusal *refusal)
{
	int r;

	r = check_right(text, refusal);
	if (r < 0)
		return r;
	r = find_endpoint(text, request, refusal);
	if (r < 0)
		return r;
	r = parse_query(text->query, request, refusal);
	if (r < 0)
		return r;
	return parse_body(text, request, refusal);
}

int request_parse(const struct request_text *text, struct request *ret_request,
                  struct request_refusal *ret_refusal)
{
	int r;

	*ret_request = (struct request){
		.is_head = strcmp(text->method, "HEAD") == 0,
		.control = { .limit = CONTROL_LIMIT_DEFAULT },
	};
	*ret_refusal = (struct request_refusal){ 0 };
	r = parse(text, ret_request, ret_refusal);
	if (r < 0) {
		request_done(ret_request);
		return r;
	}
	ret_request->control.id = ret_request->id[0] ? ret_request->id : NULL;
	ret_request->control.after = ret_request->after;
	return 0;
}

void request_done(struct request *request)
{
	free(request->tenant);
	json_free(request->body);
	*request = (struct request){ 0 };
}
