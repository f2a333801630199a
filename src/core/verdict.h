/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict: what is known of one subscription, and by which document.
 */
#pragma once

#include <stdbool.h>

#include "core/words.h"

struct intern;

/*
 * The strings are borrowed where a verdict is passed as const, and are the
 * pool's own where verdict_take() made it. NULL: there is none.
 */
struct verdict {
	enum state state;
	enum reason reason;
	unsigned caveats; /* CAVEAT_BIT()s */
	bool inherited;   /* the deciding assignment stands above */
	const char *value;

	/* The deciding assignment; all NULL where there is none. */
	const char *assignment_id;
	const char *assignment_name;
	const char *scope;
	const char *definition_id;
	const char *enforcement_mode;
	const char *changed_by;
	const char *changed_on; /* RFC 3339, as Azure wrote it */
};

/*
 * Copies verdict into the pool. So that a hundred thousand ids of the same
 * form are one text, subscription_id within assignment_id, assignment_name and
 * scope is kept as '*', whatever its letter case; verdict_text() puts it back
 * in lower case.
 */
struct verdict verdict_take(struct intern *pool, const struct verdict *verdict,
                            const char *subscription_id);
void verdict_give(struct intern *pool, struct verdict *verdict);

/* One text, as verdict_take() keeps those three; to be given back to the pool.
 * NULL for NULL. */
const char *verdict_take_text(struct intern *pool, const char *text,
                              const char *subscription_id);

/* What was kept so, as it was; NULL for NULL. Cut to fit into out. */
#define VERDICT_TEXT_SIZE 1024
const char *verdict_text(const char *kept, const char *subscription_id,
                         char out[VERDICT_TEXT_SIZE]);

/* Same state, reason, value, caveats and assignment; effects and ids compare
 * without regard to case. Who changed it, and when, does not count. Both are
 * of verdict_take(), or neither is. */
bool verdict_same(const struct verdict *a, const struct verdict *b);
