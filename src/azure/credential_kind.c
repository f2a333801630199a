/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/credential_kind.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "io/loop.h"

static void on_told_later(void *user)
{
	struct credential *credential = user;
	scoped(secret_free) struct secret *token = steal(credential->token);
	struct credential_reply reply = credential->reply;

	/* It was cancelled meanwhile. */
	if (!credential->has_ended)
		return;
	credential->has_ended = false;
	reply.token = token;
	credential_tell(credential, &reply);
}

void credential_tell(struct credential *credential,
                     const struct credential_reply *reply)
{
	credential_done_fn *fn = credential->fn;

	assert(fn);
	credential->fn = NULL;
	fn(reply, credential->user);
}

void credential_tell_later(struct credential *credential,
                           struct secret *taken_token,
                           const struct error *error)
{
	credential->token = taken_token;
	credential->reply = (struct credential_reply){ 0 };
	if (!taken_token) {
		failure_set(&credential->reply.failure, FAILURE_CREDENTIAL,
		            "tenant %s: %s", credential->options.tenant,
		            error->text);
		credential->reply.retry_slowly = true;
	}
	credential->has_ended = true;
	if (!credential->task)
		credential->task = loop_task_new(credential->loop,
		                                 on_told_later, credential);
	loop_task_wake(credential->task);
}

int credential_read_file(struct credential *credential, bool opaque,
                         struct secret **ret_secret, struct error *error)
{
	free(credential->path);
	credential->path = credential->ops->find_file(credential);
	credential->stamped = false;
	if (!credential->path)
		return -ENOENT;

	/* Before it is read: what is written meanwhile counts as a change. */
	credential->stamped =
		file_stamp(credential->path, &credential->stamp) == 0;
	return secret_read(credential->path, opaque, ret_secret, error);
}
