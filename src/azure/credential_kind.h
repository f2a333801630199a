/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credential_kind: what a kind of credential is to credential.c, and what it
 * finds there. For credential*.c alone.
 *
 * A new kind is a row of credentials.def and a file that defines its struct
 * credential_ops.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "azure/credential_options.h"
#include "base/file.h"

struct error;
struct http;
struct loop;
struct loop_task;

/* The front of each kind's own struct. */
struct credential {
	const struct credential_ops *ops;
	struct loop *loop; /* borrowed: outlives us, as is http */
	struct http *http;
	struct credential_options options; /* its texts are our own copies */
	credential_done_fn *fn;            /* NULL: no fetch is under way */
	void *user;

	/* What credential_tell_later() will tell; NULL until it is needed. */
	struct loop_task *task;
	bool has_ended;
	struct credential_reply reply;
	struct secret *token;

	/* The file as it was when credential_read_file() was last called. */
	char *path; /* NULL: there was none to read */
	bool stamped;
	struct file_stamp stamp;
};

struct credential_ops {
	size_t size_bytes; /* of the kind's own struct, zeroed at first */

	/* The path of the file that it is read from, as things are now; NULL:
	 * there is none. free() it. */
	char *(*find_file)(const struct credential *credential);

	/* Ends by one of the two tells. */
	void (*fetch)(struct credential *credential);

	/* These three may be NULL. What the kind has under way ends without a
	 * word; ARM refused what it gave; the kind's own parts are freed. */
	void (*cancel)(struct credential *credential);
	void (*refused)(struct credential *credential,
	                const struct secret *token);
	void (*done)(struct credential *credential);
};

#define CREDENTIAL(name, word, needs, takes) \
	extern const struct credential_ops credential_ops_##name;
#include "azure/credentials.def"
#undef CREDENTIAL

/* Ends the fetch. From a callback of the loop only; the credential may be gone
 * afterwards. */
void credential_tell(struct credential *credential,
                     const struct credential_reply *reply);

/* Ends the fetch at the end of this turn: with the token, whose life is not
 * known, or, where that is NULL, with the words of a failure that a person
 * has to mend. */
void credential_tell_later(struct credential *credential,
                           struct secret *taken_token,
                           const struct error *error);

/* Reads the kind's file; what of it then changes, credential_has_changed()
 * sees. -ENOENT without words where the kind finds none. */
int credential_read_file(struct credential *credential, bool opaque,
                         struct secret **ret_secret, struct error *error);
