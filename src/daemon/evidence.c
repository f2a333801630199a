/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/evidence.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "core/assess.h"

static void put_caveats(struct json_out *out, unsigned caveats)
{
	json_open(out, "caveats", '[');
	for (unsigned i = 0; i < CAVEAT_COUNT; i++)
		if (caveats & (1u << i))
			json_put_text(out, NULL,
			              caveat_to_string((enum caveat)i));
	json_close(out, ']');
}

static void put_judgement(struct json_out *out,
                          const struct judgement *judgement)
{
	const struct assignment *assignment = judgement->assignment;

	json_open(out, NULL, '{');
	json_put_text(out, "id", assignment->id);
	json_put_text(out, "name", assignment->name);
	json_put_text(out, "scope", assignment->scope);
	json_put_bool(out, "inherited", judgement->inherited);
	json_put_text(out, "definition_id", assignment->definition_id);
	json_put_bool(out, "known", judgement->known);
	json_put_text(out, "enforcement_mode", assignment->enforcement_mode);
	json_put_text(out, "state",
	              judgement->known ? state_to_string(judgement->state)
	                               : NULL);
	json_put_text(out, "reason", reason_to_string(judgement->reason));
	json_put_text(out, "value", judgement->value);
	put_caveats(out, judgement->caveats);
	json_put_text(out, "changed_by", assignment->changed_by);
	json_put_text(out, "changed_on", assignment->changed_on);
	json_close(out, '}');
}

char *evidence_to_json(const struct judgement *judgements, size_t count,
                       bool listed)
{
	struct buf buf __attribute__((cleanup(buf_done_scoped)));
	struct json_out out = { .buf = &buf };

	buf_init(&buf, BUF_NO_CAP);
	json_open(&out, NULL, '{');
	json_put_bool(&out, "listed", listed);
	json_open(&out, "assignments", '[');
	for (size_t i = 0; i < count; i++)
		put_judgement(&out, &judgements[i]);
	json_close(&out, ']');
	json_close(&out, '}');
	return buf_steal(&buf);
}

void judgements_free(struct judgement *judgements)
{
	free(judgements);
}
