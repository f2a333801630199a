/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credential_options: the kinds of credentials, what one is made from, and what
 * a fetch brings.
 *
 * Part of azure/credential.h, which is what others include.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"
#include "core/failure.h"

enum credential_kind {
#define CREDENTIAL(name, word, needs, takes) CREDENTIAL_##name,
#include "azure/credentials.def"
#undef CREDENTIAL
	CREDENTIAL_KIND_COUNT
};

/* Strings may be NULL; borrowed by credential_new(), which copies. */
struct credential_options {
	enum credential_kind kind;
	const char *tenant;    /* the section's name, for words */
	const char *tenant_id; /* a GUID or a domain */
	const char *client_id;
	const char *client_secret_file; /* NULL: <tenant>.client-secret, else
	                     jitd.client-secret, in credentials_directory */
	const char *access_token_file;
	const char *credentials_directory; /* systemd's; NULL: none */
	const char *authority_host;
	const char *audience; /* the scope is this and "/.default" */
	int64_t timeout_ms;
};

/* What the callback borrows. */
struct credential_reply {
	const struct secret *token; /* NULL: it failed, see failure */
	int64_t lives_ms;       /* from now on; 0: the credential cannot tell,
	                           it is good until the authority or ARM
	                           says otherwise */
	struct failure failure; /* its class is FAILURE_CREDENTIAL; message is
	                           for the operator: which secret, what the
	                           authority said in short, what to do */
	bool retry_slowly;      /* waiting will not heal it */
};
typedef void credential_done_fn(const struct credential_reply *reply,
                                void *user);
