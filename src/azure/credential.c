/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/credential.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "azure/credential_kind.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/loop.h"

/* The keys of [tenant] that are about its credential, as credentials.def
 * names them. */
enum credential_key {
	TENANT_ID = 1 << 0,
	CLIENT_ID = 1 << 1,
	CLIENT_SECRET_FILE = 1 << 2,
	ACCESS_TOKEN_FILE = 1 << 3,
};

static const struct key {
	enum credential_key bit;
	const char *name;
	const char *hint;
	size_t offset; /* of its text in struct credential_options */
} keys[] = {
	{ TENANT_ID, "tenant_id", "the id of the Entra tenant, or its domain",
	  offsetof(struct credential_options, tenant_id) },
	{ CLIENT_ID, "client_id", "the id of the application in Entra",
	  offsetof(struct credential_options, client_id) },
	{ CLIENT_SECRET_FILE, "client_secret_file",
	  "the path of the file that holds it",
	  offsetof(struct credential_options, client_secret_file) },
	{ ACCESS_TOKEN_FILE, "access_token_file",
	  "the path of the file that holds it",
	  offsetof(struct credential_options, access_token_file) },
};

static const struct kind {
	const char *word;
	unsigned needs;
	unsigned takes;
	const struct credential_ops *ops;
} kinds[CREDENTIAL_KIND_COUNT] = {
#define CREDENTIAL(name, word, needs, takes) \
	[CREDENTIAL_##                       \
		name] = { (word), (needs), (takes), &credential_ops_##name },
#include "azure/credentials.def"
#undef CREDENTIAL
};

/* The texts of the options, for those who treat them all alike. */
static const size_t texts[] = {
	offsetof(struct credential_options, tenant),
	offsetof(struct credential_options, tenant_id),
	offsetof(struct credential_options, client_id),
	offsetof(struct credential_options, client_secret_file),
	offsetof(struct credential_options, access_token_file),
	offsetof(struct credential_options, credentials_directory),
	offsetof(struct credential_options, authority_host),
	offsetof(struct credential_options, audience),
};
#define TEXTS (sizeof(texts) / sizeof(texts[0]))

static const char **text_at(struct credential_options *options, size_t offset)
{
	return (const char **)((char *)options + offset);
}

static const char *key_text(const struct credential_options *options,
                            const struct key *key)
{
	return *(const char *const *)((const char *)options + key->offset);
}

static const char *tenant_name(const struct credential_options *options)
{
	return options->tenant ? options->tenant : "";
}

/* It becomes a part of a URL: a GUID or a domain. */
static int tenant_id_check(const struct credential_options *options,
                           struct error *error)
{
	const char *id = options->tenant_id;

	if (!id || !*id || (text_is_plain_segment(id) && !strchr(id, '_')))
		return 0;
	return error_set(error, -EINVAL,
	                 "[tenant %s] tenant_id= is neither a GUID nor a "
	                 "domain: letters, digits, '.' and '-' are all that "
	                 "it may hold",
	                 tenant_name(options));
}

const char *credential_kind_to_string(enum credential_kind kind)
{
	return kinds[kind].word;
}

int credential_kind_from_string(const char *word,
                                enum credential_kind *ret_kind)
{
	for (size_t i = 0; i < CREDENTIAL_KIND_COUNT; i++)
		if (strcmp(kinds[i].word, word) == 0) {
			*ret_kind = (enum credential_kind)i;
			return 0;
		}
	return -EINVAL;
}

int credential_check(const struct credential_options *options,
                     struct error *error)
{
	const struct kind *kind = &kinds[options->kind];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct key *key = &keys[i];
		const char *text = key_text(options, key);
		bool given = text && *text;

		if (!given && kind->needs & key->bit)
			return error_set(error, -EINVAL,
			                 "[tenant %s] credential=%s needs "
			                 "%s=: %s",
			                 tenant_name(options), kind->word,
			                 key->name, key->hint);
		if (given && !((kind->needs | kind->takes) & key->bit))
			return error_set(error, -EINVAL,
			                 "[tenant %s] credential=%s knows no "
			                 "%s=: take it out, or choose another "
			                 "credential=",
			                 tenant_name(options), kind->word,
			                 key->name);
	}
	return tenant_id_check(options, error);
}

struct credential *credential_new(struct loop *loop, struct http *http,
                                  const struct credential_options *options)
{
	const struct credential_ops *ops = kinds[options->kind].ops;
	struct credential *credential = xcalloc(1, ops->size_bytes);

	credential->ops = ops;
	credential->loop = loop;
	credential->http = http;
	credential->options = *options;
	for (size_t i = 0; i < TEXTS; i++) {
		const char **text = text_at(&credential->options, texts[i]);

		*text = *text && **text ? xstrdup(*text) : NULL;
	}
	if (!credential->options.tenant)
		credential->options.tenant = xstrdup("");
	return credential;
}

void credential_free(struct credential *credential)
{
	if (!credential)
		return;
	credential_cancel(credential);
	if (credential->ops->done)
		credential->ops->done(credential);
	loop_task_free(credential->task);
	for (size_t i = 0; i < TEXTS; i++)
		free((void *)*text_at(&credential->options, texts[i]));
	free(credential->path);
	free(credential);
}

void credential_fetch(struct credential *credential, credential_done_fn *fn,
                      void *user)
{
	assert(!credential->fn);
	credential->fn = fn;
	credential->user = user;
	credential->ops->fetch(credential);
}

void credential_cancel(struct credential *credential)
{
	if (!credential->fn)
		return;
	credential->fn = NULL;
	credential->has_ended = false;
	if (credential->ops->cancel)
		credential->ops->cancel(credential);
	secret_free(steal(credential->token));
}

void credential_refused(struct credential *credential,
                        const struct secret *token)
{
	if (credential->ops->refused)
		credential->ops->refused(credential, token);
}

bool credential_has_changed(const struct credential *credential)
{
	scoped(string_free) char *path = credential->ops->find_file(credential);
	struct file_stamp stamp;

	if (!text_equal(path, credential->path))
		return true;
	if (!path)
		return false;
	if (file_stamp(path, &stamp) < 0)
		return credential->stamped;
	return !credential->stamped ||
	       !file_stamp_equal(&stamp, &credential->stamp);
}

enum credential_kind credential_kind(const struct credential *credential)
{
	return credential->options.kind;
}

const char *credential_tenant(const struct credential *credential)
{
	return credential->options.tenant;
}
