/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_call.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "io/http_url.h"

#define CONNECT_MS 10000

/*
 * libcurl 7.88 stops a whole HTTP/2 connection while an answer does not fit
 * into this, and may then forget to go on.
 */
#define RECEIVE_BYTES 65536

/* A connection is closed when it was idle for so long, and not used again
 * after so long: who answers for a name changes. */
#define IDLE_S     110
#define LIFETIME_S 3600
#define CA_CACHE_S 3600

#define KEEPALIVE_S 30

/* What libcurl's results mean to us; those not here: HTTP_NETWORK. DROPPED is
 * so only of a connection that had worked before. */
static const struct {
	CURLcode result;
	enum http_error error;
} meanings[] = {
	{ CURLE_OPERATION_TIMEDOUT, HTTP_TIMEOUT },
	{ CURLE_SSL_CONNECT_ERROR, HTTP_TLS },
	{ CURLE_SSL_ENGINE_NOTFOUND, HTTP_TLS },
	{ CURLE_SSL_ENGINE_SETFAILED, HTTP_TLS },
	{ CURLE_SSL_CERTPROBLEM, HTTP_TLS },
	{ CURLE_SSL_CIPHER, HTTP_TLS },
	{ CURLE_PEER_FAILED_VERIFICATION, HTTP_TLS },
	{ CURLE_SSL_ENGINE_INITFAILED, HTTP_TLS },
	{ CURLE_SSL_CACERT_BADFILE, HTTP_TLS },
	{ CURLE_SSL_SHUTDOWN_FAILED, HTTP_TLS },
	{ CURLE_SSL_CRL_BADFILE, HTTP_TLS },
	{ CURLE_SSL_ISSUER_ERROR, HTTP_TLS },
	{ CURLE_SSL_PINNEDPUBKEYNOTMATCH, HTTP_TLS },
	{ CURLE_SSL_INVALIDCERTSTATUS, HTTP_TLS },
	{ CURLE_SSL_CLIENTCERT, HTTP_TLS },
	{ CURLE_HTTP2, HTTP_DROPPED },
	{ CURLE_PARTIAL_FILE, HTTP_DROPPED },
	{ CURLE_GOT_NOTHING, HTTP_DROPPED },
	{ CURLE_SEND_ERROR, HTTP_DROPPED },
	{ CURLE_RECV_ERROR, HTTP_DROPPED },
	{ CURLE_HTTP2_STREAM, HTTP_DROPPED },
};

/* curl_easy_setopt() fails only for what http_new() has made sure of. */
static void must(CURLcode result)
{
	assert(result == CURLE_OK);
}

static size_t on_body(char *data, size_t one, size_t size_bytes, void *user)
{
	struct http_call *call = user;

	if (size_bytes > call->reply_cap_bytes - call->reply.size_bytes) {
		call->too_large = true;
		return 0;
	}
	buf_add(&call->reply, data, size_bytes);
	return size_bytes;
}

static void set_connection(CURL *easy, const struct http_settings *settings)
{
	must(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
	must(curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES));
	must(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
	                      (long)CURL_HTTP_VERSION_2TLS));
	must(curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L));
	must(curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_S));
	must(curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN,
	                      (long)LIFETIME_S));
	must(curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L));
	must(curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_S));
	must(curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_S));
	must(curl_easy_setopt(easy, CURLOPT_USERAGENT, settings->user_agent));

	/* Nothing but what the request says goes out, and to nobody else. */
	must(curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L));
	must(curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L));
	must(curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED));
	must(curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L));
	must(curl_easy_setopt(easy, CURLOPT_HEADEROPT,
	                      (long)CURLHEADER_SEPARATE));
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Or to give up on a call would wait for the resolver's thread. */
	must(curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L));
#endif
}

static void set_proxy(CURL *easy, const struct http_settings *settings,
                      bool no_proxy)
{
	if (no_proxy)
		must(curl_easy_setopt(easy, CURLOPT_PROXY, ""));
	else if (settings->proxy)
		must(curl_easy_setopt(easy, CURLOPT_PROXY, settings->proxy));
}

static void set_timeouts(CURL *easy, int64_t timeout_ms)
{
	int64_t connect_ms = timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS;

	must(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms));
	must(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
	                      (long)connect_ms));
}

static void set_tls(CURL *easy, const struct http_settings *settings)
{
	must(curl_easy_setopt(easy, CURLOPT_SSLVERSION,
	                      (long)CURL_SSLVERSION_TLSv1_2));
	must(curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION,
	                      (long)CURL_SSLVERSION_TLSv1_2));
	if (!settings->ca_file)
		return;

	must(curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file));
	must(curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, settings->ca_file));
	/* While there is a folder too, libcurl reads and parses all of the
	 * certificates again for each connection: 25 ms of CPU and 1 MB. */
	must(curl_easy_setopt(easy, CURLOPT_CAPATH, NULL));
	must(curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL));
#if LIBCURL_VERSION_NUM >= 0x075700
	must(curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT,
	                      (long)CA_CACHE_S));
#endif
}

static void add_header(struct http_call *call, const char *header)
{
	call->headers = xptr(curl_slist_append(call->headers, header));
}

/* A token is long, and printf slow. */
static void add_bearer(struct http_call *call, const struct secret *bearer)
{
	static const char name[] = "Authorization: Bearer ";
	const size_t name_bytes = sizeof(name) - 1;
	size_t line_bytes = name_bytes + secret_size_bytes(bearer);
	char *line = xcalloc(line_bytes + 1, 1);

	memcpy(line, name, name_bytes);
	memcpy(line + name_bytes, secret_reveal(bearer),
	       secret_size_bytes(bearer));
	/* Whoever read the token has seen to it. */
	assert(!strpbrk(line, "\r\n"));
	add_header(call, line);
	secret_wipe(line, line_bytes);
	free(line);
}

static void set_headers(struct http_call *call,
                        const struct http_request *request)
{
	const char *const *header = request->headers;

	for (; header && *header; header++)
		add_header(call, *header);
	if (request->bearer)
		add_bearer(call, request->bearer);
	must(curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers));
}

static void set_method(struct http_call *call,
                       const struct http_request *request)
{
	if (strcmp(request->method, "GET") == 0) {
		must(curl_easy_setopt(call->easy, CURLOPT_HTTPGET, 1L));
		return;
	}
	call->body = request->body
	                     ? secret_new(secret_reveal(request->body),
	                                  secret_size_bytes(request->body))
	                     : secret_new("", 0);
	must(curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE,
	                      (curl_off_t)secret_size_bytes(call->body)));
	must(curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS,
	                      secret_reveal(call->body)));
	if (strcmp(request->method, "POST") != 0)
		must(curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST,
		                      request->method));
}

/* The protocols that may be spoken; libcurl refuses the others in words. */
static const char *protocols_of(const struct http_request *request)
{
	if (!text_starts_nocase(request->url, "https:") &&
	    http_url_may_be_plain(request->url, request->no_proxy))
		return "http";
	return "https";
}

static void headers_wipe(struct http_call *call)
{
	for (struct curl_slist *header = call->headers; header;
	     header = header->next)
		secret_wipe(header->data, strlen(header->data));
	curl_slist_free_all(call->headers);
}

/* Whether it went over a connection that had been there before it, or was
 * turned away by HTTP/2's words for "not processed, send it again". */
static bool had_worked(const struct http_call *call)
{
	long connects = 0;

	curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &connects);
	return connects == 0 || strstr(call->curl_words, "REFUSED_STREAM");
}

static enum http_error error_of(const struct http_call *call, CURLcode result)
{
	if (result == CURLE_OK)
		return HTTP_OK;
	if (call->too_large)
		return HTTP_TOO_LARGE;
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].result == result) {
			if (meanings[i].error == HTTP_DROPPED &&
			    !had_worked(call))
				return HTTP_NETWORK;
			return meanings[i].error;
		}
	return HTTP_NETWORK;
}

/* One sentence: whom we asked, and what the library says of it. */
static void words_set(struct http_call *call, CURLcode result)
{
	const char *curl_words = call->curl_words[0]
	                                 ? call->curl_words
	                                 : curl_easy_strerror(result);
	char clean[CURL_ERROR_SIZE];
	char *url = NULL;
	char *host;

	curl_easy_getinfo(call->easy, CURLINFO_EFFECTIVE_URL, &url);
	host = http_url_host(url);
	if (call->too_large)
		error_set(&call->words, 0,
		          "%s: the answer is longer than %zu bytes", host,
		          call->reply_cap_bytes);
	else
		error_set(&call->words, 0, "%s: %s", host,
		          text_clean(curl_words, clean, sizeof(clean)));
	free(host);
}

/*
 * Each call has a handle of its own. One that is used again keeps the receive
 * buffer of its last transfer, and once it is reset a larger one than the
 * default can no longer be had; without a reset it counts the connections that
 * died on it until it gives up. A new one costs 2 us.
 */
struct http_call *http_call_new(const struct http_settings *settings,
                                const struct http_request *request)
{
	struct http_call *call = xcalloc(1, sizeof(*call));
	CURL *easy = xptr(curl_easy_init());

	call->easy = easy;
	call->curl_words = xcalloc(CURL_ERROR_SIZE, 1);
	call->reply_cap_bytes = request->reply_cap_bytes;
	buf_init(&call->reply, BUF_NO_CAP);

	set_connection(easy, settings);
	set_proxy(easy, settings, request->no_proxy);
	set_tls(easy, settings);
	must(curl_easy_setopt(easy, CURLOPT_URL, request->url));
	must(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
	                      protocols_of(request)));
	set_headers(call, request);
	set_method(call, request);
	set_timeouts(easy, request->timeout_ms);
	must(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body));
	must(curl_easy_setopt(easy, CURLOPT_WRITEDATA, call));
	must(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->curl_words));
	must(curl_easy_setopt(easy, CURLOPT_PRIVATE, call));
	return call;
}

void http_call_free(struct http_call *call)
{
	if (!call)
		return;
	curl_easy_cleanup(call->easy);
	headers_wipe(call);
	secret_free(call->body);
	secret_wipe(call->reply.data, call->reply.size_bytes);
	buf_done(&call->reply);
	free(call->curl_words);
	free(call);
}

struct http_reply http_call_reply(struct http_call *call, int curl_result,
                                  int64_t duration_ms)
{
	CURLcode result = (CURLcode)curl_result;
	long status = 0, version = 0;
	struct http_reply reply = {
		.error = error_of(call, result),
		.error_text = call->words.text,
		.body = "",
		.duration_ms = duration_ms,
		.call = call,
	};

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(call->easy, CURLINFO_HTTP_VERSION, &version);
	reply.status = (int)status;
	reply.http2 = version == CURL_HTTP_VERSION_2_0;
	if (result == CURLE_OK) {
		reply.body = buf_text(&call->reply);
		reply.size_bytes = call->reply.size_bytes;
	} else {
		words_set(call, result);
	}
	return reply;
}

const char *http_reply_header(const struct http_reply *reply, const char *name)
{
	CURL *easy = reply->call->easy;
	struct curl_header *header;

	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header))
		return NULL;
	if (curl_easy_header(easy, name, header->amount - 1, CURLH_HEADER, -1,
	                     &header))
		return NULL;
	return header->value;
}
