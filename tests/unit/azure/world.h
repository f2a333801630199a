/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world: a loop, an Azure of two scripts, and a tenant's token in it.
 *
 * The authority gives numbered tokens and ARM "{}", until their scripts say
 * otherwise. All that was asked is kept. Each test has a folder of its own,
 * with the tenant's client secret in it.
 */
#pragma once

#include <stddef.h>

#include "azure/credential.h"
#include "azure/fake_io.h"

#define WORLD_ENDPOINT "https://management.azure.com"
#define WORLD_TENANT   "7e4a4701-0000-4000-8000-000000000001"
#define WORLD_CLIENT   "c11e4701-0000-4000-8000-000000000001"
#define WORLD_SECRET   "s3cr+t/~=&% value"
#define WORLD_ANSWERS  64
#define WORLD_REQUESTS 256

/* Given one after the other, then the last one again and again. */
struct script {
	struct fake_answer answers[WORLD_ANSWERS];
	size_t count;
	size_t next;
};

struct asked {
	char *method, *url, *headers, *bearer, *body;
	int64_t at_ms;
};

struct world {
	struct loop *loop;
	struct http *http;
	struct script authority;
	struct script arm;
	fake_server_fn *serve_arm; /* in place of the script; NULL: not */
	void *serve_user;

	/* The first so many that were asked; the counts are of all. */
	struct asked asked[WORLD_REQUESTS];
	size_t asked_authority, asked_arm;
	size_t tokens; /* that the authority has given */
};

/* A cmocka setup and teardown: *state becomes a struct world. */
int world_begin(void **state);
int world_end(void **state);

/* One more answer of a script; the texts are borrowed. */
void script_add(struct script *script, struct fake_answer answer);
void script_clear(struct script *script);

/* The newest request to the authority, or to ARM. */
const struct asked *world_last(const struct world *world, bool authority);

/* A credential of each kind; its file is in the folder. */
struct credential *world_client_secret(struct world *world);
struct credential *world_access_token(struct world *world, const char *token);

/* Writes the file of the credential anew, so that its stamp is another. */
void world_write(const char *name, const char *text);

/* A document under tests/unit/azure/data; free() it. */
char *world_document(const char *name);
