/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/arm_error.h"

#include "azure/wire.h"
#include "base/json.h"

#define CODE_TENANT "InvalidAuthenticationTokenTenant"

/* The class of every status but 200. */
static enum failure_class class_of(int status, const char *code)
{
	switch (status) {
	case 401:
		return text_equal_nocase(code, CODE_TENANT)
		               ? FAILURE_TENANT_MISMATCH
		               : FAILURE_CREDENTIAL;
	case 403:
		return FAILURE_FORBIDDEN;
	case 404:
		return FAILURE_NOT_FOUND;
	case 408:
		return FAILURE_SERVER;
	case 429:
		return FAILURE_THROTTLED;
	default:
		return status >= 500 && status < 600 ? FAILURE_SERVER
		                                     : FAILURE_INVALID;
	}
}

/* "error" or the document itself: what has a code or a message. */
static const struct json *error_of(const struct json *root)
{
	const struct json *error = json_get_nocase(root, "error");

	return json_type(error) == JSON_OBJECT ? error : root;
}

static const char *words_of(const struct json *error, const char *key,
                            const struct secret *bearer)
{
	const char *text = json_text(json_get_nocase(error, key));

	return text && *text && !wire_repeats(text, bearer) ? text : NULL;
}

static const char *correlation_id_of(const struct http_reply *reply)
{
	const char *id =
		http_reply_header(reply, "x-ms-correlation-request-id");

	return id ? id : http_reply_header(reply, "x-ms-request-id");
}

static void refusal_tell(const struct http_reply *reply,
                         const struct secret *bearer, struct failure *failure)
{
	scoped(json_free) struct json *root = NULL;
	const struct json *error;
	const char *code, *message;

	/* A gateway on the way may answer in HTML: it says nothing. */
	(void)json_parse(reply->body, reply->size_bytes, &root, NULL);
	error = error_of(root);
	code = words_of(error, "code", bearer);
	message = words_of(error, "message", bearer);

	if (message)
		failure_set(failure, class_of(reply->status, code), "%s",
		            message);
	else
		failure_set(failure, class_of(reply->status, code),
		            "ARM answered %d%s%s", reply->status,
		            code ? ", " : " without an explanation",
		            code ? code : "");
	failure_set_code(failure, code);
}

void arm_failure(const struct http_reply *reply, const struct secret *bearer,
                 int64_t wall_unix_ms, struct failure *ret_failure)
{
	*ret_failure = (struct failure){ .class = FAILURE_NONE };
	if (reply->error != HTTP_OK) {
		failure_set(ret_failure, wire_failure_class(reply->error), "%s",
		            reply->error_text);
		ret_failure->http_status = reply->status;
		return;
	}

	if (reply->status == 200 && reply->size_bytes) {
		failure_set_correlation_id(ret_failure,
		                           correlation_id_of(reply));
		return;
	}
	if (reply->status == 200)
		failure_set(ret_failure, FAILURE_INVALID,
		            "ARM answered 200 with an empty body");
	else
		refusal_tell(reply, bearer, ret_failure);
	ret_failure->http_status = reply->status;
	ret_failure->retry_after_ms = wire_retry_after_ms(reply, wall_unix_ms);
	failure_set_correlation_id(ret_failure, correlation_id_of(reply));
}
