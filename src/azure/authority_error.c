/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/authority_error.h"

#include <stdlib.h>
#include <string.h>

#include "azure/credential_options.h"
#include "azure/wire.h"
#include "base/json.h"
#include "base/mem.h"

/* What a row of the table says was refused. */
enum refused {
	REFUSED_PROOF,
	REFUSED_CLIENT,
	REFUSED_TENANT,
	REFUSED_AUDIENCE,
	REFUSED_PASSING, /* nothing of ours: the authority is unwell */
};

static const struct row {
	int64_t number;
	enum refused refused;
	const char *meaning;
	const char *advice;
} rows[] = {
#define AADSTS(number, refused, meaning, advice) \
	{ (number), REFUSED_##refused, (meaning), (advice) },
#include "azure/authority_errors.def"
#undef AADSTS
};

/* What the body of an error says; the texts are the document's. */
struct answer {
	const char *error;       /* "invalid_client"; NULL: not said */
	const char *description; /* NULL: not said */
	const char *correlation_id;
	int64_t number; /* of AADSTS; 0: none */
};

static const struct row *row_find(int64_t number)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].number == number)
			return &rows[i];
	return NULL;
}

/* The number in error_codes, or else at the front of the description. */
static int64_t number_of(const struct json *root, const char *description)
{
	const struct json *codes = json_get(root, "error_codes");
	int64_t number = 0;

	if (json_int64(json_array_at(codes, 0), &number) == 0 && number > 0)
		return number;
	if (description && strncmp(description, "AADSTS", 6) == 0)
		number = strtoll(description + 6, NULL, 10);
	return number > 0 ? number : 0;
}

/* Nothing that repeats the secret is as much as looked at. */
static const char *own_words(const char *text, const struct secret *secret)
{
	return wire_repeats(text, secret) ? NULL : text;
}

static struct answer answer_of(const struct json *root,
                               const struct secret *secret)
{
	struct answer answer = {
		.error = own_words(json_get_text(root, "error"), secret),
		.description = own_words(
			json_get_text(root, "error_description"), secret),
		.correlation_id = own_words(
			json_get_text(root, "correlation_id"), secret),
	};

	answer.number = number_of(root, answer.description);
	return answer;
}

/* Up to the end of the line, or to the ids that follow on it. */
static size_t first_sentence(const char *description)
{
	const char *ids = strstr(description, " Trace ID:");
	size_t size = strcspn(description, "\r\n");

	return ids && (size_t)(ids - description) < size
	               ? (size_t)(ids - description)
	               : size;
}

/* Free() it. */
static char *refused_words(const struct authority_asked *asked,
                           enum refused refused)
{
	switch (refused) {
	case REFUSED_CLIENT:
		return xasprintf("client_id %s", asked->options->client_id);
	case REFUSED_TENANT:
		return xasprintf("tenant_id %s", asked->options->tenant_id);
	case REFUSED_AUDIENCE:
		return xasprintf("the audience %s", asked->options->audience);
	case REFUSED_PROOF:
	case REFUSED_PASSING:
		break;
	}
	return xstrdup(asked->presented);
}

static void row_tell(const struct row *row, const struct authority_asked *asked,
                     struct failure *failure)
{
	scoped(string_free) char *what = refused_words(asked, row->refused);

	if (row->refused == REFUSED_PASSING)
		failure_set(failure, FAILURE_CREDENTIAL,
		            "tenant %s: the authority gives no token just now "
		            "(AADSTS%lld, %s): it will be asked again",
		            asked->options->tenant, (long long)row->number,
		            row->meaning);
	else
		failure_set(failure, FAILURE_CREDENTIAL,
		            "tenant %s: the authority refused %s (AADSTS%lld, "
		            "%s): %s",
		            asked->options->tenant, what,
		            (long long)row->number, row->meaning, row->advice);
}

static void answer_tell(const struct answer *answer, int status,
                        const struct authority_asked *asked,
                        struct failure *failure)
{
	const struct row *row = row_find(answer->number);
	const char *tenant = asked->options->tenant;

	if (row)
		row_tell(row, asked, failure);
	else if (answer->description && *answer->description)
		failure_set(failure, FAILURE_CREDENTIAL,
		            "tenant %s: the authority refused %s: %.*s", tenant,
		            asked->presented,
		            (int)first_sentence(answer->description),
		            answer->description);
	else
		failure_set(failure, FAILURE_CREDENTIAL,
		            "tenant %s: the authority at %s answered %d%s%s",
		            tenant, asked->options->authority_host, status,
		            answer->error ? ", " : " without an explanation",
		            answer->error ? answer->error : "");
}

static void code_tell(const struct answer *answer, struct failure *failure)
{
	scoped(string_free) char *code = NULL;

	if (answer->number)
		code = xasprintf("AADSTS%lld", (long long)answer->number);
	failure_set_code(failure, code ? code : answer->error);
}

/* Whether a person has to do something first. */
static bool is_slow(const struct answer *answer, int status)
{
	static const char *const passing[] = {
		"temporarily_unavailable",
		"request_timeout",
	};
	const struct row *row = row_find(answer->number);

	if (status < 400 || status == 408 || status == 429 || status >= 500)
		return false;
	if (row && row->refused == REFUSED_PASSING)
		return false;
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (text_equal(answer->error, passing[i]))
			return false;
	return true;
}

void authority_failure(const struct authority_asked *asked,
                       const struct http_reply *reply, int64_t wall_unix_ms,
                       struct failure *ret_failure, bool *ret_slowly)
{
	scoped(json_free) struct json *root = NULL;
	struct answer answer;
	const char *id;

	if (reply->error != HTTP_OK) {
		failure_set(ret_failure, FAILURE_CREDENTIAL,
		            "tenant %s: no answer from the authority at %s: %s",
		            asked->options->tenant,
		            asked->options->authority_host, reply->error_text);
		*ret_slowly = false;
		return;
	}

	/* What is not JSON says nothing. */
	(void)json_parse(reply->body, reply->size_bytes, &root, NULL);
	answer = answer_of(root, asked->secret);
	answer_tell(&answer, reply->status, asked, ret_failure);
	code_tell(&answer, ret_failure);
	id = answer.correlation_id;
	failure_set_correlation_id(
		ret_failure,
		id ? id : http_reply_header(reply, "x-ms-request-id"));
	ret_failure->http_status = reply->status;
	ret_failure->retry_after_ms = wire_retry_after_ms(reply, wall_unix_ms);
	*ret_slowly = is_slow(&answer, reply->status);
}
