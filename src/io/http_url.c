/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

/* More than the servers of ours take. */
#define URL_MAX_BYTES 16384

/* The parts of a URL; NULL where it is none, or names a user. */
static CURLU *url_parse(const char *url)
{
	CURLU *parsed = xptr(curl_url());

	if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER)) {
		curl_url_cleanup(parsed);
		return NULL;
	}
	return parsed;
}

/* A part as a string for curl_free(), or NULL where there is none. */
static char *url_part(CURLU *parsed, CURLUPart part, unsigned flags)
{
	char *text = NULL;

	if (curl_url_get(parsed, part, &text, flags))
		return NULL;
	return text;
}

static bool part_equal(CURLU *a, CURLU *b, CURLUPart part)
{
	char *part_a = url_part(a, part, CURLU_DEFAULT_PORT);
	char *part_b = url_part(b, part, CURLU_DEFAULT_PORT);
	bool equal = part_a && part_b && text_equal_nocase(part_a, part_b);

	curl_free(part_a);
	curl_free(part_b);
	return equal;
}

static bool is_loopback(const char *host)
{
	struct in_addr address;

	if (text_equal_nocase(host, "localhost") || text_equal(host, "[::1]"))
		return true;
	return inet_pton(AF_INET, host, &address) == 1 &&
	       ntohl(address.s_addr) >> 24 == 127;
}

static bool is_link_local(const char *host)
{
	struct in_addr address;

	return inet_pton(AF_INET, host, &address) == 1 &&
	       ntohl(address.s_addr) >> 16 == (169 << 8 | 254);
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

int http_check_url(const char *url, struct error *error)
{
	CURLU *parsed;

	if (strlen(url) > URL_MAX_BYTES)
		return error_set(error, -EINVAL,
		                 "the URL is longer than %d bytes",
		                 URL_MAX_BYTES);
	if (!is_printable(url))
		return error_set(error, -EINVAL,
		                 "the URL has blanks or other characters in it "
		                 "that must be percent-encoded");
	parsed = url_parse(url);
	if (!parsed)
		return error_set(error, -EINVAL,
		                 "the URL must have the form "
		                 "https://HOST[:PORT][/PATH], without a user");
	curl_url_cleanup(parsed);

	if (text_starts_nocase(url, "https://") ||
	    (text_starts_nocase(url, "http://") &&
	     http_url_may_be_plain(url, false)))
		return 0;
	return error_set(error, -EINVAL,
	                 "the URL must begin with https:// (http:// is for "
	                 "loopback addresses only)");
}

bool http_same_origin(const char *a, const char *b)
{
	CURLU *parsed_a = url_parse(a);
	CURLU *parsed_b = url_parse(b);
	bool same = parsed_a && parsed_b &&
	            part_equal(parsed_a, parsed_b, CURLUPART_SCHEME) &&
	            part_equal(parsed_a, parsed_b, CURLUPART_HOST) &&
	            part_equal(parsed_a, parsed_b, CURLUPART_PORT);

	curl_url_cleanup(parsed_a);
	curl_url_cleanup(parsed_b);
	return same;
}

bool http_url_may_be_plain(const char *url, bool link_local)
{
	CURLU *parsed = url_parse(url);
	char *host = parsed ? url_part(parsed, CURLUPART_HOST, 0) : NULL;
	bool may = host &&
	           (is_loopback(host) || (link_local && is_link_local(host)));

	curl_free(host);
	curl_url_cleanup(parsed);
	return may;
}

char *http_url_host(const char *url)
{
	CURLU *parsed = url ? url_parse(url) : NULL;
	char *host = parsed ? url_part(parsed, CURLUPART_HOST, 0) : NULL;
	char *port = parsed ? url_part(parsed, CURLUPART_PORT, 0) : NULL;
	char *text = xasprintf("%s%s%s", host ? host : "the server",
	                       port ? ":" : "", port ? port : "");

	curl_free(host);
	curl_free(port);
	curl_url_cleanup(parsed);
	return text;
}
