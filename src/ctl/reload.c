/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/outcome.h"
#include "ctl/verb.h"

int verb_reload(struct ctl *ctl, struct error *error)
{
	scoped(client_answer_done) struct client_answer answer = { 0 };
	int r;

	r = client_post(ctl->operator, "/v1/reload", "", &answer, error);
	if (r < 0)
		return r;
	if (ctl_wants(ctl, OPTION_JSON))
		ctl_put_document(ctl, &answer);
	else
		fprintf(ctl->out, "jitd has read its configuration again\n");
	return OUTCOME_OK;
}
