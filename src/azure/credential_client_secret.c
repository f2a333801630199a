/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stddef.h>

#include "azure/authority.h"
#include "azure/credential_kind.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

/* An application's password. */
struct client_secret {
	struct credential credential;
	struct authority_call *call;
};

static struct client_secret *client_secret_of(struct credential *credential)
{
	return (struct client_secret *)credential;
}

static char *client_secret_find_file(const struct credential *credential)
{
	const struct credential_options *options = &credential->options;
	scoped(string_free) char *own = NULL;
	struct file_stamp stamp;

	if (options->client_secret_file)
		return xstrdup(options->client_secret_file);
	if (!options->credentials_directory)
		return NULL;

	if (text_is_plain_segment(options->tenant))
		own = xasprintf("%s/%s.client-secret",
		                options->credentials_directory,
		                options->tenant);
	if (own && file_stamp(own, &stamp) == 0)
		return steal(own);
	return xasprintf("%s/jitd.client-secret",
	                 options->credentials_directory);
}

static void on_token(const struct credential_reply *reply, void *user)
{
	struct client_secret *client_secret = user;

	client_secret->call = NULL;
	credential_tell(&client_secret->credential, reply);
}

static void ask(struct client_secret *client_secret,
                const struct secret *secret)
{
	struct credential *credential = &client_secret->credential;
	scoped(string_free) char *presented =
		xasprintf("the client secret in %s", credential->path);
	const struct authority_request request = {
		.options = &credential->options,
		.proof = { { "client_secret", secret_reveal(secret) } },
		.presented = presented,
		.secret = secret,
	};

	client_secret->call = authority_ask(credential->loop, credential->http,
	                                    &request, on_token, client_secret);
}

static void client_secret_fetch(struct credential *credential)
{
	scoped(secret_free) struct secret *secret = NULL;
	struct error error;
	int r;

	r = credential_read_file(credential, false, &secret, &error);
	if (r == -ENOENT && !credential->path)
		error_set(&error, r,
		          "there is no client secret: set client_secret_file=, "
		          "or give the service the credential "
		          "jitd.client-secret by LoadCredential=");
	if (r < 0)
		credential_tell_later(credential, NULL, &error);
	else
		ask(client_secret_of(credential), secret);
}

static void client_secret_cancel(struct credential *credential)
{
	struct client_secret *client_secret = client_secret_of(credential);

	authority_cancel(steal(client_secret->call));
}

const struct credential_ops credential_ops_CLIENT_SECRET = {
	.size_bytes = sizeof(struct client_secret),
	.find_file = client_secret_find_file,
	.fetch = client_secret_fetch,
	.cancel = client_secret_cancel,
};
