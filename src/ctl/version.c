/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/json.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/outcome.h"
#include "ctl/verb.h"

static void put_document(struct ctl *ctl, const char *daemon)
{
	scoped(buf_done) struct buf text;
	struct json_out out = { .buf = &text };

	buf_init(&text, BUF_NO_CAP);
	json_open(&out, NULL, '{');
	json_put_int64(&out, "schema_version", 1);
	json_put_text(&out, "version", JITD_VERSION);
	json_put_text(&out, "daemon_version", daemon);
	json_close(&out, '}');
	fprintf(ctl->out, "%s\n", buf_text(&text));
}

/* Its own version is told also where the daemon's cannot be had. */
int verb_version(struct ctl *ctl, struct error *error)
{
	scoped(client_answer_done) struct client_answer answer = { 0 };
	const char *daemon;
	int r;

	r = client_get(ctl->status, "/v1/status", &answer, error);
	daemon = json_get_text(answer.document, "version");
	if (ctl_wants(ctl, OPTION_JSON)) {
		put_document(ctl, daemon);
		return r < 0 ? r : OUTCOME_OK;
	}
	fprintf(ctl->out, "jitd-ctl %s\n", JITD_VERSION);
	if (r < 0)
		return r;
	fprintf(ctl->out, "jitd ");
	ctl_put_text(ctl, STYLE_PLAIN, daemon);
	putc('\n', ctl->out);
	return OUTCOME_OK;
}
