/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credential: what jitd was given, and how a token is had for it.
 *
 * One kind is one file with one struct credential_ops. A credential does one
 * thing: fetch a new token. Keeping it, renewing it in time, and asking once
 * for all who wait is token.c's.
 */
#pragma once

#include <stdbool.h>

#include "azure/credential_options.h"
#include "base/scoped.h"

struct error;
struct http;
struct loop;

struct credential;

const char *credential_kind_to_string(enum credential_kind kind);
int credential_kind_from_string(const char *word,
                                enum credential_kind *ret_kind);

/* Checks that the keys that the kind needs are there and those it does not
 * know are not: -EINVAL with words that name the key. Reads no file. */
int credential_check(const struct credential_options *options,
                     struct error *error);

/* The options have passed credential_check(). */
struct credential *credential_new(struct loop *loop, struct http *http,
                                  const struct credential_options *options);
void credential_free(struct credential *credential);
DEFINE_SCOPED(struct credential *, credential_free)

/* Fetches a new token. One at a time; the callback comes once, later. */
void credential_fetch(struct credential *credential, credential_done_fn *fn,
                      void *user);

/* No callback comes any more. */
void credential_cancel(struct credential *credential);

/* ARM refused the token that it gave. What is read from a file and has not
 * changed since is not given again: the fetch fails, and says so. */
void credential_refused(struct credential *credential,
                        const struct secret *token);

/* Whether the file it is read from changed since the last fetch, so that
 * waiting is over. Cheap; may be asked every few seconds. */
bool credential_has_changed(const struct credential *credential);

enum credential_kind credential_kind(const struct credential *credential);

/* The section's name, for words. */
const char *credential_tenant(const struct credential *credential);
