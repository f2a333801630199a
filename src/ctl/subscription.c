/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/subscription.h"

#include <errno.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/resolve.h"

int subscription_fetch(struct client *client, const char *wanted,
                       struct client_answer *ret_answer, struct error *error)
{
	scoped(string_free) char *path = NULL;
	char ids[1][TEXT_GUID_SIZE];
	int r;

	*ret_answer = (struct client_answer){ 0 };
	r = resolve_all(client, &wanted, 1, ids, error);
	if (r < 0)
		return r;
	path = xasprintf("/v1/subscriptions/%s", ids[0]);
	r = client_get(client, path, ret_answer, error);
	if (r == -EREMOTEIO && ret_answer->status == 404)
		return error_set(error, -ESRCH,
		                 "no subscription %s is known: jitd-ctl list "
		                 "shows those that are",
		                 ids[0]);
	return r;
}
