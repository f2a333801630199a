/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/chance.h"
#include "base/intern.h"
#include "base/text.h"

#define ID_A "0b1f3afd-d0c9-4c3d-847f-89da613e70a8"
#define ID_B "ea42f556-5106-4743-99b0-c129bfa71a47"

#define OF(id)                                                     \
	"/subscriptions/" id "/providers/Microsoft.Authorization/" \
	"policyAssignments/SecurityCenterBuiltIn"

static const struct verdict sample = {
	.state = STATE_DISABLED,
	.reason = REASON_EXPLICIT,
	.caveats = CAVEAT_BIT(PARTIAL),
	.value = "Disabled",
	.assignment_id = OF(ID_A),
	.assignment_name = "ASC Default " ID_A,
	.scope = "/subscriptions/" ID_A,
	.definition_id = "/providers/d",
	.enforcement_mode = "Default",
	.changed_by = "3d82",
	.changed_on = "2026-11-23T00:49:53.1234567Z",
};

static void what_was_taken_reads_as_it_was(void **state)
{
	scoped(intern_free) struct intern *pool = intern_new();
	struct verdict taken = verdict_take(pool, &sample, ID_A);
	char text[VERDICT_TEXT_SIZE];

	assert_int_equal(taken.state, sample.state);
	assert_int_equal(taken.reason, sample.reason);
	assert_int_equal(taken.caveats, sample.caveats);
	assert_string_equal(taken.value, sample.value);
	assert_string_equal(taken.definition_id, sample.definition_id);
	assert_string_equal(taken.enforcement_mode, sample.enforcement_mode);
	assert_string_equal(taken.changed_by, sample.changed_by);
	assert_string_equal(taken.changed_on, sample.changed_on);
	assert_string_equal(verdict_text(taken.assignment_id, ID_A, text),
	                    sample.assignment_id);
	assert_string_equal(verdict_text(taken.assignment_name, ID_A, text),
	                    sample.assignment_name);
	assert_string_equal(verdict_text(taken.scope, ID_A, text),
	                    sample.scope);
	verdict_give(pool, &taken);
	assert_int_equal(taken.state, STATE_UNKNOWN);
	assert_null(taken.assignment_id);
	assert_int_equal(intern_count(pool), 0);
}

static void texts_of_one_form_are_one_text(void **state)
{
	scoped(intern_free) struct intern *pool = intern_new();
	struct verdict other = sample;
	struct verdict a = verdict_take(pool, &sample, ID_A), b;
	size_t count = intern_count(pool);

	other.assignment_id = OF(ID_B);
	other.assignment_name = "ASC Default " ID_B;
	other.scope = "/subscriptions/" ID_B;
	b = verdict_take(pool, &other, ID_B);
	assert_int_equal(intern_count(pool), count);
	assert_ptr_equal(a.assignment_id, b.assignment_id);
	assert_ptr_equal(a.assignment_name, b.assignment_name);
	assert_ptr_equal(a.scope, b.scope);
	verdict_give(pool, &a);
	assert_int_equal(intern_count(pool), count);
	verdict_give(pool, &b);
	assert_int_equal(intern_count(pool), 0);
}

static void an_id_in_capitals_is_the_same_one(void **state)
{
	scoped(intern_free) struct intern *pool = intern_new();
	char id[sizeof(OF(ID_A))], text[VERDICT_TEXT_SIZE];
	struct verdict loud = sample;
	struct verdict a = verdict_take(pool, &sample, ID_A), b;

	for (size_t i = 0; i < sizeof(id); i++)
		id[i] = (char)toupper(OF(ID_A)[i]);
	loud.assignment_id = id;
	b = verdict_take(pool, &loud, ID_A);
	assert_true(verdict_same(&a, &b));
	verdict_text(b.assignment_id, ID_A, text);
	assert_memory_equal(text, "/SUBSCRIPTIONS/" ID_A "/PROVIDERS", 60);
	verdict_give(pool, &a);
	verdict_give(pool, &b);
}

static void nothing_is_nothing(void **state)
{
	scoped(intern_free) struct intern *pool = intern_new();
	struct verdict absent = { .state = STATE_ABSENT };
	struct verdict taken = verdict_take(pool, &absent, ID_A);
	char text[VERDICT_TEXT_SIZE];

	assert_null(taken.assignment_id);
	assert_null(taken.value);
	assert_null(verdict_text(NULL, ID_A, text));
	assert_null(verdict_take_text(pool, NULL, ID_A));
	assert_int_equal(intern_count(pool), 0);
	assert_true(verdict_same(&absent, &taken));
	verdict_give(pool, &taken);
}

/* Of letters, ids, and what the pool's form uses for itself. */
static void any_text_reads_as_it_was(void **state)
{
	static const char *const parts[] = {
		"a", "*", "\\", "/", ID_A, ID_B, "\\*", "-", "\xc3\xa4", "0b1f",
	};
	scoped(intern_free) struct intern *pool = intern_new();

	for (int round = 0; round < 5000; round++) {
		char text[VERDICT_TEXT_SIZE] = "", out[VERDICT_TEXT_SIZE];
		const char *kept;

		for (size_t i = chance_below(12); i > 0; i--)
			strcat(text, parts[chance_below(10)]);
		kept = verdict_take_text(pool, text, ID_A);
		assert_string_equal(verdict_text(kept, ID_A, out), text);
		intern_give(pool, kept);
	}
}

static void a_text_that_does_not_fit_is_cut(void **state)
{
	scoped(intern_free) struct intern *pool = intern_new();
	char text[3 * VERDICT_TEXT_SIZE], out[VERDICT_TEXT_SIZE];
	const char *kept;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	kept = verdict_take_text(pool, text, ID_A);
	verdict_text(kept, ID_A, out);
	assert_int_equal(strlen(out), VERDICT_TEXT_SIZE - 1);
	intern_give(pool, kept);

	/* No half of an id. */
	memcpy(text + VERDICT_TEXT_SIZE - 20, ID_A, sizeof(ID_A));
	kept = verdict_take_text(pool, text, ID_A);
	verdict_text(kept, ID_A, out);
	assert_int_equal(strlen(out), VERDICT_TEXT_SIZE - 20);
	intern_give(pool, kept);
}

static void only_what_decides_makes_verdicts_differ(void **state)
{
	struct verdict other = sample;

	other.value = "dISABLED";
	other.assignment_name = "x";
	other.scope = "y";
	other.definition_id = "z";
	other.enforcement_mode = NULL;
	other.changed_by = NULL;
	other.changed_on = "2027";
	other.inherited = true;
	assert_true(verdict_same(&sample, &other));

	other = sample;
	other.state = STATE_ENABLED;
	assert_false(verdict_same(&sample, &other));
	other = sample;
	other.reason = REASON_OVERRIDE;
	assert_false(verdict_same(&sample, &other));
	other = sample;
	other.caveats |= CAVEAT_BIT(UNSET);
	assert_false(verdict_same(&sample, &other));
	other = sample;
	other.value = NULL;
	assert_false(verdict_same(&sample, &other));
	other = sample;
	other.value = "Disable";
	assert_false(verdict_same(&sample, &other));
	other = sample;
	other.assignment_id = OF(ID_B);
	assert_false(verdict_same(&sample, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_taken_reads_as_it_was),
		cmocka_unit_test(texts_of_one_form_are_one_text),
		cmocka_unit_test(an_id_in_capitals_is_the_same_one),
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(any_text_reads_as_it_was),
		cmocka_unit_test(a_text_that_does_not_fit_is_cut),
		cmocka_unit_test(only_what_decides_makes_verdicts_differ),
	};

	return cmocka_run_group_tests_name("verdict", tests, chance_begin,
	                                   NULL);
}
