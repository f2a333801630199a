/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/event_line.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "ctl/ctl.h"
#include "ctl/sentence.h"

#define NAME_WIDTH 22

void event_line_put(struct ctl *ctl, const struct json *event)
{
	const char *message = json_get_text(event, "message");
	const char *name = json_get_text(event, "event");
	scoped(string_free) char *sentence = NULL;
	int64_t priority = 6;

	if (!message)
		message = "";
	if (!name)
		name = "-";
	(void)json_int64(json_get(event, "priority"), &priority);
	sentence = xstrndup(message, sentence_length(message));

	ctl_put_text(ctl, STYLE_PLAIN, json_get_text(event, "time"));
	fprintf(ctl->out, "  ");
	ctl_put_text(ctl, style_of_priority(priority), name);
	fprintf(ctl->out, "%*s  ",
	        strlen(name) < NAME_WIDTH ? NAME_WIDTH - (int)strlen(name) : 0,
	        "");
	ctl_put_text(ctl, STYLE_PLAIN, sentence);
	putc('\n', ctl->out);
}
