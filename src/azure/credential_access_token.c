/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "azure/credential_kind.h"
#include "base/error.h"
#include "base/mem.h"

/* A token that somebody else gets and writes into a file. */
struct access_token {
	struct credential credential;
	struct secret *refused; /* the last one that ARM refused */
};

static struct access_token *access_token_of(struct credential *credential)
{
	return (struct access_token *)credential;
}

static char *access_token_find_file(const struct credential *credential)
{
	return xstrdup(credential->options.access_token_file);
}

static int access_token_read(struct access_token *access_token,
                             struct secret **ret_token, struct error *error)
{
	scoped(secret_free) struct secret *token = NULL;
	int r;

	r = credential_read_file(&access_token->credential, true, &token,
	                         error);
	if (r < 0)
		return r;
	if (access_token->refused && secret_equal(token, access_token->refused))
		return error_set(error, -EACCES,
		                 "the token in %s was refused by ARM: write a "
		                 "new one into it",
		                 access_token->credential.path);

	*ret_token = steal(token);
	return 0;
}

static void access_token_fetch(struct credential *credential)
{
	struct secret *token = NULL;
	struct error error;

	if (access_token_read(access_token_of(credential), &token, &error) < 0)
		token = NULL;
	credential_tell_later(credential, token, &error);
}

static void access_token_refused(struct credential *credential,
                                 const struct secret *token)
{
	struct access_token *access_token = access_token_of(credential);

	secret_free(access_token->refused);
	access_token->refused =
		secret_new(secret_reveal(token), secret_size_bytes(token));
}

static void access_token_done(struct credential *credential)
{
	secret_free(access_token_of(credential)->refused);
}

const struct credential_ops credential_ops_ACCESS_TOKEN = {
	.size_bytes = sizeof(struct access_token),
	.find_file = access_token_find_file,
	.fetch = access_token_fetch,
	.refused = access_token_refused,
	.done = access_token_done,
};
