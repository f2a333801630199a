/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority: asks the Microsoft identity platform for a token, once.
 *
 * The request is the same for whatever proves who we are: a secret or an
 * assertion. The form is built, sent and wiped; the answer is read strictly;
 * a refusal becomes words that an operator can act on.
 */
#pragma once

#include <stddef.h>

#include "azure/credential_options.h"

struct authority_call;
struct http;
struct loop;
struct secret;

/* A token has 64 KiB at most, and there is little around it. */
#define AUTHORITY_TOKEN_MAX_BYTES ((size_t)64 * 1024)
#define AUTHORITY_REPLY_MAX_BYTES ((size_t)80 * 1024)

/* A life that is longer or shorter is not believed. */
#define AUTHORITY_LIFE_MIN_S 1
#define AUTHORITY_LIFE_MAX_S (48 * INT64_C(3600))

struct authority_field {
	const char *name;
	const char *value; /* not encoded yet */
};

/* A certificate proves itself by two fields, a secret by one. */
#define AUTHORITY_PROOF_MAX 2

/* Borrowed for the length of authority_ask(). */
struct authority_request {
	const struct credential_options *options;
	struct authority_field proof[AUTHORITY_PROOF_MAX];
	const char *presented; /* "the client secret in /run/x": for words */
	const struct secret *secret; /* what no answer may make us repeat */
};

/* The callback comes once, later, unless cancelled. */
struct authority_call *authority_ask(struct loop *loop, struct http *http,
                                     const struct authority_request *request,
                                     credential_done_fn *fn, void *user);
void authority_cancel(struct authority_call *call);
