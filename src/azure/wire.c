/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "io/loop.h"

static int64_t cap_ms(int64_t ms)
{
	if (ms < 0)
		return 0;
	return ms < WIRE_RETRY_AFTER_MAX_MS ? ms : WIRE_RETRY_AFTER_MAX_MS;
}

/* A number of units that take unit_ms each; -EINVAL where it is none. */
static int parse_units(const char *text, int64_t unit_ms, int64_t *ret_ms)
{
	uint64_t units;
	int r = text ? text_parse_uint64(text, &units) : -EINVAL;

	if (r == -EINVAL)
		return r;
	if (r < 0 || units > WIRE_RETRY_AFTER_MAX_MS)
		units = WIRE_RETRY_AFTER_MAX_MS;
	*ret_ms = cap_ms((int64_t)units * unit_ms);
	return 0;
}

/* From the answer's own time, or else from ours, to the date. */
static int64_t until_date_ms(const struct http_reply *reply, const char *text,
                             int64_t wall_unix_ms)
{
	const char *date = http_reply_header(reply, "Date");
	int64_t from_ms, until_ms;

	if (text_parse_http_date_ms(text, &until_ms) < 0)
		return 0;
	if (!date || text_parse_http_date_ms(date, &from_ms) < 0)
		from_ms = wall_unix_ms;
	return cap_ms(until_ms - from_ms);
}

void wire_make_id(struct loop *loop, char out[TEXT_GUID_SIZE])
{
	uint32_t a = loop_random(loop), b = loop_random(loop);
	uint32_t c = loop_random(loop), d = loop_random(loop);

	/* RFC 4122: version 4, of the variant whose bits are 10. */
	snprintf(out, TEXT_GUID_SIZE, "%08x-%04x-%04x-%04x-%04x%08x", a,
	         b >> 16, (b & 0xfff) | 0x4000, (c >> 16 & 0x3fff) | 0x8000,
	         c & 0xffff, d);
}

int64_t wire_retry_after_ms(const struct http_reply *reply,
                            int64_t wall_unix_ms)
{
	static const struct {
		const char *name;
		int64_t unit_ms;
	} headers[] = {
		{ "retry-after-ms", 1 },
		{ "x-ms-retry-after-ms", 1 },
		{ "Retry-After", 1000 },
	};
	const char *text = NULL;
	int64_t ms;

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		text = http_reply_header(reply, headers[i].name);
		if (parse_units(text, headers[i].unit_ms, &ms) == 0)
			return ms;
	}
	return text ? until_date_ms(reply, text, wall_unix_ms) : 0;
}

enum failure_class wire_failure_class(enum http_error error)
{
	switch (error) {
	case HTTP_OK:
		return FAILURE_NONE;
	case HTTP_TIMEOUT:
		return FAILURE_TIMEOUT;
	case HTTP_TLS:
		return FAILURE_TLS;
	case HTTP_NETWORK:
	case HTTP_DROPPED:
		return FAILURE_NETWORK;
	case HTTP_TOO_LARGE:
		return FAILURE_INVALID;
	}
	return FAILURE_NETWORK;
}

bool wire_repeats(const char *text, const struct secret *secret)
{
	bool repeats;
	char *encoded;

	if (!text || !secret || !secret_size_bytes(secret))
		return false;
	if (strstr(text, secret_reveal(secret)))
		return true;

	encoded = text_percent_encode(secret_reveal(secret),
	                              secret_size_bytes(secret));
	repeats = strstr(text, encoded) != NULL;
	secret_wipe(encoded, strlen(encoded));
	free(encoded);
	return repeats;
}
