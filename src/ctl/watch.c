/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/event_line.h"
#include "ctl/verb.h"

/* One event, or why there will be no more. */
static int on_line(const char *line, void *user, struct error *error)
{
	scoped(json_free) struct json *event = NULL;
	const struct json *farewell;
	struct ctl *ctl = user;

	if (json_parse(line, strlen(line), &event, error) < 0)
		return error_wrap(error, -EBADMSG, "jitd sent a line that is");
	farewell = json_get(event, "error");
	if (farewell)
		return error_set(error, -EREMOTEIO, "jitd ended it: %s",
		                 json_get_text(farewell, "message")
		                         ? json_get_text(farewell, "message")
		                         : "it did not say why");
	if (ctl_wants(ctl, OPTION_JSON))
		fprintf(ctl->out, "%s\n", line);
	else
		event_line_put(ctl, event);
	if (fflush(ctl->out) != 0)
		return error_set(error, -EIO, "cannot write the output: %s",
		                 strerror(errno));
	return 0;
}

int verb_watch(struct ctl *ctl, struct error *error)
{
	return client_follow(ctl->status, "/v1/events?follow=1", on_line, ctl,
	                     error);
}
