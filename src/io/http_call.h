/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_call: one call as libcurl sees it: its options before, what became of
 * it afterwards. http.c alone includes this, and puts it on the loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/error.h"
#include "io/http_request.h"

struct curl_slist;
struct http;

/* What all calls have in common. */
struct http_settings {
	char *user_agent;
	char *ca_file; /* NULL: as libcurl was built */
	char *proxy;   /* NULL: as the environment says */
};

struct http_call {
	LIST_ENTRY(http_call) entry;
	struct http *http; /* borrowed: outlives us while in flight */
	http_done_fn *fn;  /* NULL: not in flight */
	void *user;
	int64_t started_ms;

	void *easy; /* not used again: see http_call_new() */
	struct curl_slist *headers;
	struct secret *body;
	struct buf reply;
	size_t reply_cap_bytes;
	bool too_large;
	char *curl_words;   /* the library writes them */
	struct error words; /* ours, with the host */
};

/* Copies what it needs of request; settings are borrowed until it is freed. */
struct http_call *http_call_new(const struct http_settings *settings,
                                const struct http_request *request);

/* Wipes what went out and what came back. */
void http_call_free(struct http_call *call);

/* What became of it, given the library's result. Borrowed from call. */
struct http_reply http_call_reply(struct http_call *call, int curl_result,
                                  int64_t duration_ms);
