/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/intern.h"
#include "base/text.h"

#define PLACE  '*'  /* where the subscription's id was */
#define ESCAPE '\\' /* what follows it stands for itself */

static bool is_special(char c)
{
	return c == PLACE || c == ESCAPE;
}

/* The length of the id at text, or 0 where there is none. */
static size_t id_at(const char *text, const char *subscription_id)
{
	return *subscription_id && text_starts_nocase(text, subscription_id)
	               ? strlen(subscription_id)
	               : 0;
}

struct verdict verdict_take(struct intern *pool, const struct verdict *verdict,
                            const char *subscription_id)
{
	struct verdict taken = *verdict;

	taken.value = intern_take(pool, verdict->value);
	taken.assignment_id = verdict_take_text(pool, verdict->assignment_id,
	                                        subscription_id);
	taken.assignment_name = verdict_take_text(
		pool, verdict->assignment_name, subscription_id);
	taken.scope = verdict_take_text(pool, verdict->scope, subscription_id);
	taken.definition_id = intern_take(pool, verdict->definition_id);
	taken.enforcement_mode = intern_take(pool, verdict->enforcement_mode);
	taken.changed_by = intern_take(pool, verdict->changed_by);
	taken.changed_on = intern_take(pool, verdict->changed_on);
	return taken;
}

void verdict_give(struct intern *pool, struct verdict *verdict)
{
	intern_give(pool, verdict->value);
	intern_give(pool, verdict->assignment_id);
	intern_give(pool, verdict->assignment_name);
	intern_give(pool, verdict->scope);
	intern_give(pool, verdict->definition_id);
	intern_give(pool, verdict->enforcement_mode);
	intern_give(pool, verdict->changed_by);
	intern_give(pool, verdict->changed_on);
	*verdict = (struct verdict){ .state = STATE_UNKNOWN };
}

const char *verdict_take_text(struct intern *pool, const char *text,
                              const char *subscription_id)
{
	scoped(buf_done) struct buf kept;

	buf_init(&kept, BUF_NO_CAP);
	if (!text)
		return NULL;

	while (*text) {
		size_t id_size = id_at(text, subscription_id);

		if (id_size) {
			buf_add_byte(&kept, PLACE);
			text += id_size;
			continue;
		}
		if (is_special(*text))
			buf_add_byte(&kept, ESCAPE);
		buf_add_byte(&kept, *text++);
	}
	return intern_take(pool, buf_text(&kept));
}

const char *verdict_text(const char *kept, const char *subscription_id,
                         char out[VERDICT_TEXT_SIZE])
{
	size_t id_size = strlen(subscription_id);
	size_t used = 0;

	if (!kept)
		return NULL;

	for (; *kept; kept++) {
		bool is_place = *kept == PLACE;
		size_t size = is_place ? id_size : 1;

		if (*kept == ESCAPE && kept[1])
			kept++;
		if (used + size >= VERDICT_TEXT_SIZE)
			break;
		memcpy(out + used, is_place ? subscription_id : kept, size);
		used += size;
	}
	out[used] = '\0';
	return out;
}

bool verdict_same(const struct verdict *a, const struct verdict *b)
{
	return a->state == b->state && a->reason == b->reason &&
	       a->caveats == b->caveats &&
	       text_equal_nocase(a->value, b->value) &&
	       text_equal_nocase(a->assignment_id, b->assignment_id);
}
