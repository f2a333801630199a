/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "ctl/denied.h"

#define SCHEMA_VERSION 1

/* The host is for form's sake: the socket says who is asked. */
#define URL_BASE "http://jitd"

struct client {
	CURL *curl;
	struct curl_slist *headers;
	char *socket_path;
	int64_t timeout_ms;
	char words[CURL_ERROR_SIZE];
};

/* What an answer in the making goes to. */
struct sink {
	struct client *client; /* borrowed */
	struct buf *buf;       /* of the document, or of the line begun */
	client_line_fn *fn;    /* NULL: the whole is one document */
	void *user;
	struct error *error;
	int r; /* of fn, or of the buffer */
};

/* Gives each whole line in the buffer to fn and keeps what is left. */
static int take_lines(struct sink *sink)
{
	struct buf *buf = sink->buf;
	char *line = buf->data;
	char *end;
	int r = 0;

	while (r == 0 && (end = strchr(line, '\n'))) {
		*end = '\0';
		if (*line)
			r = sink->fn(line, sink->user, sink->error);
		line = end + 1;
	}
	buf->size_bytes -= (size_t)(line - buf->data);
	memmove(buf->data, line, buf->size_bytes + 1);
	return r;
}

static size_t on_data(char *data, size_t one, size_t size, void *user)
{
	struct sink *sink = user;
	long status = 0;

	sink->r = buf_add(sink->buf, data, size);
	if (sink->r < 0) {
		sink->r = error_set(sink->error, -EFBIG,
		                    "the answer of jitd is too large");
		return 0;
	}
	curl_easy_getinfo(sink->client->curl, CURLINFO_RESPONSE_CODE, &status);
	if (sink->fn && status == 200)
		sink->r = take_lines(sink);
	return sink->r < 0 ? 0 : size;
}

static int fail_connect(const struct client *client, struct error *error)
{
	const char *path = client->socket_path;
	long cause = 0;

	curl_easy_getinfo(client->curl, CURLINFO_OS_ERRNO, &cause);
	switch (cause) {
	case EACCES:
	case EPERM:
		return denied_explain(path, error);
	case ENOENT:
	case ENOTDIR:
		return error_set(error, -ECONNREFUSED,
		                 "cannot reach jitd: there is no socket %s; is "
		                 "jitd running? systemctl status jitd",
		                 path);
	case ECONNREFUSED:
		return error_set(error, -ECONNREFUSED,
		                 "cannot reach jitd: nobody listens at %s; is "
		                 "jitd running? systemctl status jitd",
		                 path);
	default:
		return error_set(error, -ECONNREFUSED,
		                 "cannot reach jitd at %s: %s", path,
		                 cause ? strerror((int)cause) : client->words);
	}
}

static int fail_transfer(const struct client *client, CURLcode code,
                         struct error *error)
{
	const char *path = client->socket_path;

	switch ((int)code) {
	case CURLE_COULDNT_CONNECT:
		return fail_connect(client, error);
	case CURLE_OPERATION_TIMEDOUT:
		return error_set(error, -ETIMEDOUT,
		                 "jitd at %s did not answer in time; see "
		                 "systemctl status jitd",
		                 path);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return error_set(error, -EBADMSG,
		                 "what listens at %s is not jitd: %s", path,
		                 client->words);
	case CURLE_PARTIAL_FILE:
		return error_set(error, -ECONNRESET, "jitd at %s went away",
		                 path);
	default:
		return error_set(error, -ECONNRESET, "jitd at %s went away: %s",
		                 path,
		                 client->words[0] ? client->words
		                                  : curl_easy_strerror(code));
	}
}

static void set_options(struct client *client)
{
	CURL *curl = client->curl;

	client->headers =
		xptr(curl_slist_append(NULL, "Content-Type: application/json"));
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket_path);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->words);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "jitd-ctl/" JITD_VERSION);
}

/* Asks for path, POSTs body where there is one; *ret_status is 0 where no
 * answer came. */
static int perform(struct client *client, const char *path, const char *body,
                   struct sink *sink, int *ret_status, struct error *error)
{
	scoped(string_free) char *url = xasprintf("%s%s", URL_BASE, path);
	CURL *curl = client->curl;
	long status = 0;
	CURLcode code;

	client->words[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, sink);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
	                 sink->fn ? 0L : (long)client->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER,
	                 body ? client->headers : NULL);
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	else
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);

	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	*ret_status = (int)status;
	if (sink->r < 0)
		return sink->r;
	return code == CURLE_OK ? 0 : fail_transfer(client, code, error);
}

/* What a whole document says; whether it was what was asked for. */
static int read_document(struct client_answer *answer, struct error *error)
{
	const struct json *refusal;
	int64_t version;
	int r;

	r = json_parse(buf_text(&answer->body), answer->body.size_bytes,
	               &answer->document, error);
	if (r < 0)
		return error_wrap(error, -EBADMSG,
		                  "jitd answered %d with what is",
		                  answer->status);
	if (json_int64(json_get(answer->document, "schema_version"), &version) <
	            0 ||
	    version != SCHEMA_VERSION)
		return error_set(error, -EBADMSG,
		                 "jitd answered with a document of a form that "
		                 "jitd-ctl " JITD_VERSION " does not know: are "
		                 "both of one version?");
	if (answer->status >= 200 && answer->status < 300)
		return 0;

	refusal = json_get(answer->document, "error");
	if (!json_get_text(refusal, "message"))
		return error_set(error, -EREMOTEIO, "jitd answered %d",
		                 answer->status);
	return error_set(error, -EREMOTEIO, "jitd refused: %s",
	                 json_get_text(refusal, "message"));
}

static int exchange(struct client *client, const char *path, const char *body,
                    struct client_answer *ret_answer, struct error *error)
{
	struct sink sink = {
		.client = client,
		.buf = &ret_answer->body,
		.error = error,
	};
	int r;

	*ret_answer = (struct client_answer){ 0 };
	buf_init(&ret_answer->body, CLIENT_DOCUMENT_MAX_BYTES);
	r = perform(client, path, body, &sink, &ret_answer->status, error);
	if (r < 0)
		return r;
	return read_document(ret_answer, error);
}

struct client *client_new(const char *socket_path)
{
	struct client *client = xcalloc(1, sizeof(*client));

	client->socket_path = xstrdup(socket_path);
	client->timeout_ms = CLIENT_TIMEOUT_MS;
	client->curl = xptr(curl_easy_init());
	set_options(client);
	return client;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	curl_easy_cleanup(client->curl);
	curl_slist_free_all(client->headers);
	free(client->socket_path);
	free(client);
}

void client_set_timeout(struct client *client, int64_t timeout_ms)
{
	client->timeout_ms = timeout_ms;
}

void client_answer_done(struct client_answer *answer)
{
	json_free(answer->document);
	answer->document = NULL;
	buf_done(&answer->body);
}

int client_get(struct client *client, const char *path,
               struct client_answer *ret_answer, struct error *error)
{
	return exchange(client, path, NULL, ret_answer, error);
}

int client_post(struct client *client, const char *path, const char *body,
                struct client_answer *ret_answer, struct error *error)
{
	return exchange(client, path, body, ret_answer, error);
}

int client_follow(struct client *client, const char *path, client_line_fn *fn,
                  void *user, struct error *error)
{
	scoped(client_answer_done) struct client_answer answer = { 0 };
	struct sink sink = {
		.client = client,
		.buf = &answer.body,
		.fn = fn,
		.user = user,
		.error = error,
	};
	int r;

	buf_init(&answer.body, CLIENT_LINE_MAX_BYTES);
	r = perform(client, path, NULL, &sink, &answer.status, error);
	if (r < 0)
		return r;
	if (answer.status != 200)
		return read_document(&answer, error);
	return error_set(error, -ECONNRESET,
	                 "jitd at %s went away: it ended the stream",
	                 client->socket_path);
}
