/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/authority.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "azure/authority_error.h"
#include "azure/wire.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "io/loop.h"

/* What every form has besides its proof. */
#define COMMON_FIELDS 3

struct authority_call {
	struct loop *loop; /* borrowed: outlives us, as does options */
	const struct credential_options *options;
	char *presented;
	struct secret *secret;
	struct http_call *http_call; /* NULL: it has ended */
	credential_done_fn *fn;
	void *user;
};

static void call_free(struct authority_call *call)
{
	if (!call)
		return;
	free(call->presented);
	secret_free(call->secret);
	free(call);
}
DEFINE_SCOPED(struct authority_call *, call_free)

static void wiped_free(char *text)
{
	if (text)
		secret_wipe(text, strlen(text));
	free(text);
}
DEFINE_SCOPED(char *, wiped_free)

/* name=value for each, by '&'. The copies that are made on the way are wiped;
 * the buffer has its room from the start, so that it leaves none behind. */
static struct secret *form_make(const struct authority_field *fields,
                                size_t count)
{
	size_t room = 0;
	char *text, *end;
	struct secret *form;

	for (size_t i = 0; i < count; i++)
		room += strlen(fields[i].name) + 3 * strlen(fields[i].value) +
		        sizeof("=&");
	text = end = xcalloc(room, 1);
	for (size_t i = 0; i < count; i++) {
		scoped(wiped_free) char *encoded = text_percent_encode(
			fields[i].value, strlen(fields[i].value));

		end += snprintf(end, room - (size_t)(end - text), "%s%s=%s",
		                i ? "&" : "", fields[i].name, encoded);
	}
	form = secret_new(text, (size_t)(end - text));
	wiped_free(text);
	return form;
}

static struct secret *request_form(const struct authority_request *request)
{
	scoped(string_free) char *scope =
		xasprintf("%s/.default", request->options->audience);
	struct authority_field fields[COMMON_FIELDS + AUTHORITY_PROOF_MAX] = {
		{ "grant_type", "client_credentials" },
		{ "client_id", request->options->client_id },
		{ "scope", scope },
	};
	size_t count = COMMON_FIELDS;

	for (size_t i = 0; i < AUTHORITY_PROOF_MAX; i++)
		if (request->proof[i].name)
			fields[count++] = request->proof[i];
	return form_make(fields, count);
}

/* It goes into a header. */
static int token_check(const char *text, struct error *error)
{
	size_t size = text ? strlen(text) : 0;

	if (!size)
		return error_set(error, -EINVAL, "it has no access_token");
	if (size > AUTHORITY_TOKEN_MAX_BYTES)
		return error_set(error, -EINVAL,
		                 "its access_token is longer than 64 KiB");
	for (size_t i = 0; i < size; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return error_set(error, -EINVAL,
			                 "its access_token holds bytes that no "
			                 "token has");
	return 0;
}

static int life_parse(const struct json *root, int64_t *ret_lives_ms,
                      struct error *error)
{
	int64_t seconds;

	if (json_int64(json_get(root, "expires_in"), &seconds) < 0)
		return error_set(error, -EINVAL,
		                 "its expires_in is not a whole number");
	if (seconds < AUTHORITY_LIFE_MIN_S || seconds > AUTHORITY_LIFE_MAX_S)
		return error_set(error, -EINVAL,
		                 "its expires_in is not between 1 s and 48 h");
	*ret_lives_ms = seconds * 1000;
	return 0;
}

static int document_read(const struct json *root, struct secret **ret_token,
                         int64_t *ret_lives_ms, struct error *error)
{
	const char *type = json_get_text(root, "token_type");
	const char *text = json_get_text(root, "access_token");
	int r;

	if (!text_equal_nocase(type, "Bearer"))
		return error_set(error, -EINVAL,
		                 "its token_type is not Bearer");
	r = token_check(text, error);
	if (r == 0)
		r = life_parse(root, ret_lives_ms, error);
	if (r < 0)
		return r;
	*ret_token = secret_new(text, strlen(text));
	return 0;
}

static int token_read(const struct http_reply *reply, struct secret **ret_token,
                      int64_t *ret_lives_ms, struct error *error)
{
	scoped(json_free) struct json *root = NULL;
	const char *text;
	int r;

	r = json_parse(reply->body, reply->size_bytes, &root, error);
	if (r < 0)
		return r;
	r = document_read(root, ret_token, ret_lives_ms, error);

	/* The document is ours, and about to be freed. */
	text = json_get_text(root, "access_token");
	if (text)
		secret_wipe((char *)text, strlen(text));
	return r;
}

/* An answer of 200: the token, or what is wrong with it. */
static void token_take(const struct authority_call *call,
                       const struct http_reply *reply,
                       struct secret **ret_token,
                       struct credential_reply *result)
{
	struct error error;

	if (token_read(reply, ret_token, &result->lives_ms, &error) == 0) {
		/* It has lived since it was made, at the earliest when it was
		 * asked for. */
		result->lives_ms -= reply->duration_ms;
		if (result->lives_ms < 1)
			result->lives_ms = 1;
		result->token = *ret_token;
		return;
	}
	failure_set(&result->failure, FAILURE_CREDENTIAL,
	            "tenant %s: what the authority at %s answered is no token: "
	            "%s",
	            call->options->tenant, call->options->authority_host,
	            error.text);
	result->failure.http_status = reply->status;
	failure_set_correlation_id(&result->failure,
	                           http_reply_header(reply, "x-ms-request-id"));
}

static void on_answered(const struct http_reply *reply, void *user)
{
	scoped(call_free) struct authority_call *call = user;
	scoped(secret_free) struct secret *token = NULL;
	const struct authority_asked asked = {
		.options = call->options,
		.presented = call->presented,
		.secret = call->secret,
	};
	struct credential_reply result = { 0 };

	if (reply->error == HTTP_OK && reply->status == 200)
		token_take(call, reply, &token, &result);
	else
		authority_failure(&asked, reply, loop_wall_unix_ms(call->loop),
		                  &result.failure, &result.retry_slowly);
	/* The options may go with who is told. */
	call->fn(&result, call->user);
}

static struct http_call *call_start(struct authority_call *call,
                                    struct http *http,
                                    const struct secret *form)
{
	const struct credential_options *options = call->options;
	scoped(string_free) char *tenant = text_percent_encode(
		options->tenant_id, strlen(options->tenant_id));
	scoped(string_free) char *url = xasprintf(
		"%s/%s/oauth2/v2.0/token", options->authority_host, tenant);
	char id[TEXT_GUID_SIZE], id_header[64];
	const char *const headers[] = {
		"Content-Type: application/x-www-form-urlencoded",
		"Accept: application/json",
		id_header,
		"return-client-request-id: true",
		NULL,
	};
	const struct http_request request = {
		.method = "POST",
		.url = url,
		.headers = headers,
		.body = form,
		.reply_cap_bytes = AUTHORITY_REPLY_MAX_BYTES,
		.timeout_ms = options->timeout_ms,
	};

	wire_make_id(call->loop, id);
	snprintf(id_header, sizeof(id_header), "client-request-id: %s", id);
	return http_start(http, &request, on_answered, call);
}

struct authority_call *authority_ask(struct loop *loop, struct http *http,
                                     const struct authority_request *request,
                                     credential_done_fn *fn, void *user)
{
	scoped(secret_free) struct secret *form = request_form(request);
	struct authority_call *call = xcalloc(1, sizeof(*call));

	*call = (struct authority_call){
		.loop = loop,
		.options = request->options,
		.presented = xstrdup(request->presented),
		.secret = secret_new(secret_reveal(request->secret),
		                     secret_size_bytes(request->secret)),
		.fn = fn,
		.user = user,
	};
	call->http_call = call_start(call, http, form);
	return call;
}

void authority_cancel(struct authority_call *call)
{
	if (!call)
		return;
	http_cancel(call->http_call);
	call_free(call);
}
