/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token: one valid token of one tenant.
 *
 * It is renewed ahead of its end, and while that fails the old one serves as
 * long as it lives. Whoever needs one while there is none waits; there is one
 * request in flight for all of them. Failures back off by themselves, and are
 * tried anew at once when the credential's file changes.
 */
#pragma once

#include <stdint.h>

#include "base/scoped.h"
#include "core/failure.h"

struct credential;
struct loop;
struct secret;
struct token;
struct token_wait;

enum token_state {
	TOKEN_NONE, /* never asked for */
	TOKEN_FETCHING,
	TOKEN_READY,
	TOKEN_FAILED,
};
const char *token_state_to_string(enum token_state state);

/* The credential becomes the token's. changed is called after each success
 * that follows a failure or is the first, and after each failure whose cause
 * differs from the one before: what is told of it. May be NULL. */
typedef void token_changed_fn(struct token *token, void *user);
struct token *token_new(struct loop *loop, struct credential *taken_credential,
                        token_changed_fn *changed, void *user);
void token_free(struct token *token);
DEFINE_SCOPED(struct token *, token_free)

/* The token now, or NULL where the caller has to wait. Borrowed until the next
 * turn of the loop; http_start() copies it. */
const struct secret *token_get(struct token *token);

/* Begins to fetch one, where there is none and none is on its way. */
void token_prepare(struct token *token);

/*
 * Waits until there is one, or until it is clear that there is none: failure
 * is NULL or says why. The callback comes later, once, unless cancelled.
 */
typedef void token_wait_fn(const struct failure *failure, void *user);
struct token_wait *token_wait(struct token *token, token_wait_fn *fn,
                              void *user);
void token_wait_cancel(struct token_wait *wait);

/* Because of refusals alone there is no more than one fetch in so long. */
#define TOKEN_REFUSED_MIN_MS INT64_C(30000)

/* ARM refused this one (a copy of what token_get() gave): it is used no more.
 * Does nothing where a newer one is there already. Where the newer one was
 * refused too, soon after, all who wait are told so, and the next is fetched
 * no sooner than TOKEN_REFUSED_MIN_MS after it. */
void token_refused(struct token *token, const struct secret *refused);

/* ARM took this one. One that others use well is not dropped again because of
 * a single call that is refused with it. */
void token_accepted(struct token *token, const struct secret *accepted);

enum token_state token_state(const struct token *token);

/* When the token ends by the wall clock; 0: there is none, or it cannot be
 * told. */
int64_t token_expires_unix_ms(const struct token *token);

/* The last failure; NULL while all is well. */
const struct failure *token_failure(const struct token *token);

/* How many failures in a row, and when the first of them was; 0, 0. */
unsigned token_failures(const struct token *token);
int64_t token_failing_unix_ms(const struct token *token);

const struct credential *token_credential(const struct token *token);
