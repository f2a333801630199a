/* SPDX-License-Identifier: Apache-2.0 */
#include "core/assess.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/chance.h"
#include "base/error.h"
#include "base/text.h"

#define ID    "0b1f3afd-d0c9-4c3d-847f-89da613e70a8"
#define OTHER "ea42f556-5106-4743-99b0-c129bfa71a47"

#define ASSIGNMENTS "/providers/Microsoft.Authorization/policyAssignments/"
#define DEFINITIONS "/providers/Microsoft.Authorization/policySetDefinitions/"
#define GROUPS      "/providers/Microsoft.Management/managementGroups/"

/* The initiatives of the table: those with the parameter, and without. */
static const struct {
	const char *definition_id;
	bool has_parameter;
} known[] = {
#define INITIATIVE(id, name, has_parameter) { DEFINITIONS id, has_parameter },
#include "core/initiatives.def"
#undef INITIATIVE
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

static const struct assess_policy azure = { .unset_is_disabled = false };
static const struct assess_policy cis = { .unset_is_disabled = true };

static const char *initiative(bool has_parameter)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (known[i].has_parameter == has_parameter)
			return known[i].definition_id;
	fail_msg("initiatives.def has none of that kind");
	return NULL;
}

/* SecurityCenterBuiltIn of the subscription itself. */
static struct assignment builtin(enum parameter_kind kind, const char *text)
{
	return (struct assignment){
		.id = "/subscriptions/" ID ASSIGNMENTS ASSESS_ASSIGNMENT_NAME,
		.name = ASSESS_ASSIGNMENT_NAME,
		.scope = "/subscriptions/" ID,
		.definition_id = initiative(true),
		.enforcement_mode = "Default",
		.parameter_kind = kind,
		.parameter_text = text,
		.changed_by = "somebody",
		.changed_on = "2026-01-01T00:00:00Z",
	};
}

/* Deploy-ASC-Monitoring of a management group, as landing zones have it. */
static struct assignment inherited(enum parameter_kind kind, const char *text)
{
	struct assignment assignment = builtin(kind, text);

	assignment.id = GROUPS "alz" ASSIGNMENTS "Deploy-ASC-Monitoring";
	assignment.name = "Deploy-ASC-Monitoring";
	assignment.scope = GROUPS "alz";
	return assignment;
}

static struct judgement judge(const struct assignment *assignment,
                              const struct assess_policy *policy)
{
	struct judgement judgement;
	struct error error = { "" };

	assert_int_equal(
		assess_judge(assignment, ID, policy, &judgement, &error), 0);
	assert_string_equal(error.text, "");
	assert_ptr_equal(judgement.assignment, assignment);
	return judgement;
}

static void assert_judged(const struct assignment *assignment,
                          const struct assess_policy *policy, enum state state,
                          enum reason reason, unsigned caveats)
{
	struct judgement judgement = judge(assignment, policy);

	assert_true(judgement.known);
	assert_int_equal(judgement.state, state);
	assert_int_equal(judgement.reason, reason);
	assert_int_equal(judgement.caveats, caveats);
}

/* Decides among the GET's (or NULL) and those of the LIST. */
static struct verdict decide(const struct assignment *by_name,
                             const struct assignment *list, size_t count)
{
	struct judgement judgements[8] = { { .assignment = NULL } };
	struct verdict verdict;
	size_t used = 0;

	if (by_name)
		judgements[used++] = judge(by_name, &azure);
	for (size_t i = 0; i < count; i++)
		judgements[used++] = judge(&list[i], &azure);
	assess_decide(judgements, used, by_name ? 1 : 0, &verdict);
	return verdict;
}

static char swapped(char c)
{
	return (char)(islower((unsigned char)c) ? toupper((unsigned char)c)
	                                        : tolower((unsigned char)c));
}

/* A copy in random letter case. */
static const char *shuffle_case(const char *text, char *out)
{
	size_t i;

	for (i = 0; text[i]; i++)
		out[i] = chance_below(2) ? swapped(text[i]) : text[i];
	out[i] = '\0';
	return out;
}

static void row_1_on(void **state)
{
	static const char *const texts[] = {
		"AuditIfNotExists",
		"auditifnotexists",
		"AUDITIFNOTEXISTS",
	};

	for (size_t i = 0; i < 3; i++) {
		struct assignment one = builtin(PARAMETER_TEXT, texts[i]);
		struct judgement judgement = judge(&one, &cis);

		assert_judged(&one, &azure, STATE_ENABLED, REASON_EXPLICIT, 0);
		assert_judged(&one, &cis, STATE_ENABLED, REASON_EXPLICIT, 0);
		assert_string_equal(judgement.value, texts[i]);
	}
}

static void row_2_off(void **state)
{
	static const char *const texts[] = { "Disabled", "disabled",
		                             "dISABLED" };

	for (size_t i = 0; i < 3; i++) {
		struct assignment one = builtin(PARAMETER_TEXT, texts[i]);
		struct judgement judgement = judge(&one, &azure);

		assert_judged(&one, &azure, STATE_DISABLED, REASON_EXPLICIT, 0);
		assert_string_equal(judgement.value, texts[i]);
	}
}

static void rows_3_and_4_unset(void **state)
{
	static const enum parameter_kind kinds[] = { PARAMETER_MISSING,
		                                     PARAMETER_NULL };

	for (size_t i = 0; i < 2; i++) {
		struct assignment one = builtin(kinds[i], NULL);
		struct judgement judgement = judge(&one, &azure);

		assert_judged(&one, &azure, STATE_ENABLED, REASON_DEFAULT,
		              CAVEAT_BIT(UNSET));
		assert_judged(&one, &cis, STATE_DISABLED, REASON_DEFAULT,
		              CAVEAT_BIT(UNSET));
		assert_null(judgement.value);
	}
}

static void row_5_what_is_not_understood_fails(void **state)
{
	static const char *const texts[] = {
		"Deny",
		"",
		"Audit",
		"Disabled ",
		" Disabled",
		"Disable",
		"AuditIfNotExist",
		"AuditIfNotExists\n",
		"true",
		"null",
		"[parameters('x')]",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct assignment one = builtin(PARAMETER_TEXT, texts[i]);
		struct judgement judgement;
		struct error error = { "" };

		assert_int_equal(
			assess_judge(&one, ID, &azure, &judgement, &error),
			-EINVAL);
		assert_int_equal(judgement.state, STATE_UNKNOWN);
		assert_true(judgement.known);
		assert_non_null(strstr(error.text, ASSESS_PARAMETER_NAME));
		assert_non_null(strstr(error.text, one.id));
		assert_int_equal(assess_judge(&one, ID, &cis, &judgement, NULL),
		                 -EINVAL);
	}
}

static void row_5_a_value_that_is_no_string_fails(void **state)
{
	struct assignment one = builtin(PARAMETER_OTHER, NULL);
	struct judgement judgement;
	struct error error = { "" };

	assert_int_equal(assess_judge(&one, ID, &azure, &judgement, &error),
	                 -EINVAL);
	assert_non_null(strstr(error.text, "not a string"));
}

static void row_5_the_words_stay_short_and_clean(void **state)
{
	struct assignment one = builtin(PARAMETER_TEXT, NULL);
	struct judgement judgement;
	struct error error = { "" };
	char text[2000];

	memset(text, '\n', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	one.parameter_text = text;
	one.id = text;
	assert_int_equal(assess_judge(&one, ID, &azure, &judgement, &error),
	                 -EINVAL);
	assert_null(strchr(error.text, '\n'));
	assert_true(strlen(error.text) < 400);
}

static void row_6_not_enforced_is_said_where_it_is_on(void **state)
{
	static const char *const modes[] = { "DoNotEnforce", "donotenforce" };

	for (size_t i = 0; i < 2; i++) {
		struct assignment on =
			builtin(PARAMETER_TEXT, "AuditIfNotExists");
		struct assignment unset = builtin(PARAMETER_MISSING, NULL);
		struct assignment off = builtin(PARAMETER_TEXT, "Disabled");

		on.enforcement_mode = modes[i];
		unset.enforcement_mode = modes[i];
		off.enforcement_mode = modes[i];
		assert_judged(&on, &azure, STATE_ENABLED, REASON_EXPLICIT,
		              CAVEAT_BIT(NOT_ENFORCED));
		assert_judged(&unset, &azure, STATE_ENABLED, REASON_DEFAULT,
		              CAVEAT_BIT(NOT_ENFORCED) | CAVEAT_BIT(UNSET));
		assert_judged(&off, &azure, STATE_DISABLED, REASON_EXPLICIT, 0);
	}
}

static void an_enforcement_mode_of_another_name_is_no_caveat(void **state)
{
	static const char *const modes[] = { "Default", "Enroll", "", NULL };

	for (size_t i = 0; i < 4; i++) {
		struct assignment on =
			builtin(PARAMETER_TEXT, "AuditIfNotExists");

		on.enforcement_mode = modes[i];
		assert_judged(&on, &azure, STATE_ENABLED, REASON_EXPLICIT, 0);
	}
}

static void row_16_an_inherited_one_decides(void **state)
{
	struct assignment on = inherited(PARAMETER_MISSING, NULL);
	struct assignment off = inherited(PARAMETER_TEXT, "Disabled");
	struct verdict verdict = decide(NULL, &on, 1);

	assert_int_equal(verdict.state, STATE_ENABLED);
	assert_int_equal(verdict.reason, REASON_DEFAULT);
	assert_int_equal(verdict.caveats,
	                 CAVEAT_BIT(UNSET) | CAVEAT_BIT(INHERITED));
	assert_true(verdict.inherited);
	assert_string_equal(verdict.assignment_id, on.id);
	assert_string_equal(verdict.assignment_name, on.name);
	assert_string_equal(verdict.scope, on.scope);
	assert_string_equal(verdict.definition_id, on.definition_id);
	assert_string_equal(verdict.enforcement_mode, "Default");
	assert_string_equal(verdict.changed_by, "somebody");
	assert_string_equal(verdict.changed_on, "2026-01-01T00:00:00Z");

	verdict = decide(NULL, &off, 1);
	assert_int_equal(verdict.state, STATE_DISABLED);
	assert_int_equal(verdict.caveats, CAVEAT_BIT(INHERITED));
	assert_string_equal(verdict.value, "Disabled");
}

static void row_17_none_is_absent(void **state)
{
	struct assignment foreign = inherited(PARAMETER_MISSING, NULL);
	struct verdict verdict = decide(NULL, NULL, 0);

	for (int round = 0; round < 2; round++) {
		assert_int_equal(verdict.state, STATE_ABSENT);
		assert_int_equal(verdict.reason, REASON_MISSING);
		assert_int_equal(verdict.caveats, 0);
		assert_false(verdict.inherited);
		assert_null(verdict.value);
		assert_null(verdict.assignment_id);
		assert_null(verdict.assignment_name);
		assert_null(verdict.scope);
		assert_null(verdict.definition_id);
		assert_null(verdict.enforcement_mode);
		assert_null(verdict.changed_by);
		assert_null(verdict.changed_on);
		foreign.definition_id = DEFINITIONS "of-somebody-else";
		verdict = decide(NULL, &foreign, 1);
	}
}

static void row_18_an_inherited_one_that_is_on_wins(void **state)
{
	struct assignment off = builtin(PARAMETER_TEXT, "Disabled");
	struct assignment list[] = {
		off,
		inherited(PARAMETER_TEXT, "AuditIfNotExists"),
	};
	struct verdict verdict = decide(&off, list, 2);

	assert_int_equal(verdict.state, STATE_ENABLED);
	assert_int_equal(verdict.reason, REASON_EXPLICIT);
	assert_int_equal(verdict.caveats, CAVEAT_BIT(INHERITED));
	assert_string_equal(verdict.assignment_id, list[1].id);
}

static void row_19_a_foreign_definition_counts_for_nothing(void **state)
{
	struct assignment foreign = builtin(PARAMETER_TEXT, "AuditIfNotExists");
	struct assignment on = inherited(PARAMETER_TEXT, "AuditIfNotExists");
	struct assignment off = inherited(PARAMETER_TEXT, "Disabled");
	struct judgement judgement;
	struct verdict verdict;

	foreign.definition_id = DEFINITIONS "of-somebody-else";
	judgement = judge(&foreign, &azure);
	assert_false(judgement.known);
	assert_int_equal(judgement.state, STATE_UNKNOWN);
	assert_int_equal(judgement.reason, REASON_NONE);

	verdict = decide(&foreign, NULL, 0);
	assert_int_equal(verdict.state, STATE_ABSENT);
	assert_int_equal(verdict.reason, REASON_MISSING);
	assert_int_equal(verdict.caveats, CAVEAT_BIT(FOREIGN_DEFINITION));
	assert_null(verdict.assignment_id);
	assert_null(verdict.changed_by);

	verdict = decide(&foreign, &on, 1);
	assert_int_equal(verdict.state, STATE_ENABLED);
	assert_int_equal(verdict.caveats, CAVEAT_BIT(INHERITED));
	verdict = decide(&foreign, &off, 1);
	assert_int_equal(verdict.state, STATE_DISABLED);
}

/* Its value is never looked at, so it cannot fail a poll. */
static void a_foreign_one_may_say_what_it_likes(void **state)
{
	struct assignment foreign = builtin(PARAMETER_OTHER, NULL);

	foreign.definition_id = DEFINITIONS "of-somebody-else";
	assert_false(judge(&foreign, &azure).known);
}

static void row_20_the_second_benchmark_has_no_parameter(void **state)
{
	static const enum parameter_kind kinds[] = {
		PARAMETER_MISSING,
		PARAMETER_NULL,
		PARAMETER_TEXT,
		PARAMETER_OTHER,
	};

	for (size_t i = 0; i < 4; i++) {
		struct assignment two = builtin(kinds[i], "Disabled");
		struct judgement judgement;

		two.definition_id = initiative(false);
		judgement = judge(&two, &azure);
		assert_null(judgement.value);
		assert_judged(&two, &azure, STATE_ENABLED, REASON_DEFAULT, 0);
		assert_judged(&two, &cis, STATE_ENABLED, REASON_DEFAULT, 0);
	}
}

static void the_list_is_needed_unless_the_first_is_on(void **state)
{
	struct assignment on = builtin(PARAMETER_TEXT, "AuditIfNotExists");
	struct assignment off = builtin(PARAMETER_TEXT, "Disabled");
	struct assignment unset = builtin(PARAMETER_NULL, NULL);
	struct assignment foreign = on;
	struct judgement judgement = judge(&on, &azure);

	assert_false(assess_needs_list(&judgement));
	judgement = judge(&unset, &azure);
	assert_false(assess_needs_list(&judgement));
	judgement = judge(&unset, &cis);
	assert_true(assess_needs_list(&judgement));
	judgement = judge(&off, &azure);
	assert_true(assess_needs_list(&judgement));
	foreign.definition_id = NULL;
	judgement = judge(&foreign, &azure);
	assert_true(assess_needs_list(&judgement));
}

static void only_the_built_in_initiatives_are_known(void **state)
{
	static const char *const unknown[] = {
		"",
		"1f3afdf9-d0c9-4c3d-847f-89da613e70a8",
		DEFINITIONS,
		DEFINITIONS "1f3afdf9-d0c9-4c3d-847f-89da613e70a",
		DEFINITIONS "1f3afdf9-d0c9-4c3d-847f-89da613e70a80",
		DEFINITIONS "1f3afdf9-d0c9-4c3d-847f-89da613e70a8/x",
		GROUPS "x" DEFINITIONS "1f3afdf9-d0c9-4c3d-847f-89da613e70a8",
		("/subscriptions/" ID DEFINITIONS
		 "1f3afdf9-d0c9-4c3d-847f-89da613e70a8"),
		("/providers/Microsoft.Authorization/policyDefinitions/"
		 "1f3afdf9-d0c9-4c3d-847f-89da613e70a8"),
	};
	char text[200];

	for (size_t i = 0; i < KNOWN; i++)
		for (int round = 0; round < 50; round++)
			assert_true(assess_is_known_initiative(
				shuffle_case(known[i].definition_id, text)));
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_false(assess_is_known_initiative(unknown[i]));
	assert_false(assess_is_known_initiative(NULL));
}

static void its_own_scope_is_not_inherited(void **state)
{
	static const struct {
		const char *scope;
		const char *id;
		bool inherited;
	} cases[] = {
		{ "/subscriptions/" ID, NULL, false },
		{ "/subscriptions/" ID "/", NULL, false },
		{ "/SUBSCRIPTIONS/0B1F3AFD-D0C9-4C3D-847F-89DA613E70A8", NULL,
		  false },
		{ NULL, "/subscriptions/" ID ASSIGNMENTS "x", false },
		{ "", "/subscriptions/" ID ASSIGNMENTS "x", false },
		{ NULL,
		  "/Subscriptions/" ID
		  "/providers/microsoft.authorization/policyassignments/x",
		  false },
		{ GROUPS "alz", NULL, true },
		{ GROUPS "alz", "/subscriptions/" ID ASSIGNMENTS "x", true },
		{ NULL, GROUPS "alz" ASSIGNMENTS "x", true },
		{ GROUPS ID, NULL, true },
		{ "subscriptions/" ID, NULL, true },
		{ NULL, NULL, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct assignment one =
			builtin(PARAMETER_TEXT, "AuditIfNotExists");

		one.scope = cases[i].scope;
		one.id = cases[i].id;
		assert_int_equal(judge(&one, &azure).inherited,
		                 cases[i].inherited);
		assert_judged(&one, &azure, STATE_ENABLED, REASON_EXPLICIT,
		              cases[i].inherited ? CAVEAT_BIT(INHERITED) : 0);
	}
}

/* $filter=atScope() never shows these; were one shown, it would say nothing
 * about the subscription as a whole. */
static void an_assignment_of_something_else_does_not_count(void **state)
{
	static const char *const scopes[] = {
		"/subscriptions/" OTHER,
		"/subscriptions/" ID "/resourceGroups/one",
		"/subscriptions/" ID "0",
		"/Subscriptions/",
	};

	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		struct assignment one =
			inherited(PARAMETER_TEXT, "AuditIfNotExists");
		struct verdict verdict;

		one.scope = scopes[i];
		verdict = decide(NULL, &one, 1);
		assert_int_equal(judge(&one, &azure).state, STATE_UNKNOWN);
		assert_int_equal(verdict.state, STATE_ABSENT);
		assert_int_equal(verdict.caveats, 0);
	}
}

/* From what decides first to what decides last, all of one state. */
static void the_nearest_decides(void **state)
{
	struct assignment order[] = {
		builtin(PARAMETER_MISSING, NULL),
		builtin(PARAMETER_MISSING, NULL),
		builtin(PARAMETER_MISSING, NULL),
		inherited(PARAMETER_MISSING, NULL),
		inherited(PARAMETER_MISSING, NULL),
		inherited(PARAMETER_MISSING, NULL),
	};

	order[0].name = "securitycenterBUILTIN";
	order[1].name = "A";
	order[1].id = "/subscriptions/" ID ASSIGNMENTS "A";
	order[2].name = "b";
	order[2].id = "/subscriptions/" ID ASSIGNMENTS "b";
	order[3].id = GROUPS "a" ASSIGNMENTS "z";
	order[3].name = "z";
	order[4].id = GROUPS "B" ASSIGNMENTS "SecurityCenterBuiltIn";
	order[4].name = ASSESS_ASSIGNMENT_NAME;
	order[5].id = GROUPS "c" ASSIGNMENTS "a";
	order[5].name = "a";

	for (size_t i = 0; i < 6; i++)
		for (size_t j = i + 1; j < 6; j++) {
			struct assignment pair[] = { order[j], order[i] };
			struct verdict verdict = decide(NULL, pair, 2);

			assert_string_equal(verdict.assignment_id, order[i].id);
			pair[0] = order[i];
			pair[1] = order[j];
			verdict = decide(NULL, pair, 2);
			assert_string_equal(verdict.assignment_id, order[i].id);
		}
}

/* The LIST was read a moment later, or from another replica. */
static void of_one_id_the_first_document_counts(void **state)
{
	struct assignment off = builtin(PARAMETER_TEXT, "Disabled");
	struct assignment on = builtin(PARAMETER_TEXT, "AuditIfNotExists");
	struct assignment foreign = on;
	struct verdict verdict;
	char id[200];

	on.id = shuffle_case(on.id, id);
	verdict = decide(&off, &on, 1);
	assert_int_equal(verdict.state, STATE_DISABLED);
	verdict = decide(&on, &off, 1);
	assert_int_equal(verdict.state, STATE_ENABLED);

	foreign.definition_id = "/x";
	verdict = decide(&foreign, &on, 1);
	assert_int_equal(verdict.state, STATE_ABSENT);
	assert_int_equal(verdict.caveats, CAVEAT_BIT(FOREIGN_DEFINITION));
}

static void without_an_id_each_is_of_its_own(void **state)
{
	struct assignment list[] = {
		inherited(PARAMETER_TEXT, "Disabled"),
		inherited(PARAMETER_TEXT, "AuditIfNotExists"),
	};

	list[0].id = NULL;
	list[1].id = NULL;
	assert_int_equal(decide(NULL, list, 2).state, STATE_ENABLED);
}

/* What a random assignment is judged as, said in another way than the code
 * under test has it. */
struct expectation {
	bool fails;
	enum state state;
};

static struct expectation expect(const struct assignment *one,
                                 bool has_parameter,
                                 const struct assess_policy *policy)
{
	struct expectation on = { false, STATE_ENABLED };
	struct expectation off = { false, STATE_DISABLED };

	if (!has_parameter)
		return on;
	if (one->parameter_kind == PARAMETER_MISSING ||
	    one->parameter_kind == PARAMETER_NULL)
		return policy->unset_is_disabled ? off : on;
	if (one->parameter_kind == PARAMETER_TEXT &&
	    strcasecmp(one->parameter_text, "auditifnotexists") == 0)
		return on;
	if (one->parameter_kind == PARAMETER_TEXT &&
	    strcasecmp(one->parameter_text, "disabled") == 0)
		return off;
	return (struct expectation){ true, STATE_UNKNOWN };
}

static void nothing_unknown_is_ever_taken_for_on(void **state)
{
	static const char *const texts[] = {
		"AuditIfNotExists",
		"Disabled",
		"Deny",
		"Audit",
		"",
		"AuditIfNotExistsX",
		"DeployIfNotExists",
		"Disabled,AuditIfNotExists",
	};

	for (int round = 0; round < 20000; round++) {
		size_t which = chance_below(KNOWN);
		const struct assess_policy *policy =
			chance_below(2) ? &azure : &cis;
		char text[64] = "", mode[32], definition[200];
		struct assignment one =
			builtin((enum parameter_kind)chance_below(4),
		                shuffle_case(texts[chance_below(8)], text));
		struct expectation expected;
		struct judgement judgement;
		int r;

		if (chance_below(2))
			text[chance_below(sizeof(text))] =
				(char)chance_below(256);
		text[sizeof(text) - 1] = '\0';
		one.definition_id =
			shuffle_case(known[which].definition_id, definition);
		one.enforcement_mode = shuffle_case("DoNotEnforce", mode);
		expected = expect(&one, known[which].has_parameter, policy);
		r = assess_judge(&one, ID, policy, &judgement, NULL);
		assert_int_equal(r, expected.fails ? -EINVAL : 0);
		assert_int_equal(judgement.state, expected.state);
		assert_int_equal(
			!!(judgement.caveats & CAVEAT_BIT(NOT_ENFORCED)),
			expected.state == STATE_ENABLED);
	}
}

/* Random lists: on if any is on; and the order of a listing means nothing. */
static void the_order_of_a_listing_means_nothing(void **state)
{
	static const char *const texts[] = { "Disabled", "AuditIfNotExists" };

	for (int round = 0; round < 5000; round++) {
		size_t count = chance_below(7);
		struct assignment list[7];
		char ids[7][200];
		struct verdict first, second;
		bool any_on = false, any_known = false;

		for (size_t i = 0; i < count; i++) {
			bool on = chance_below(4) == 0;

			list[i] = inherited(PARAMETER_TEXT, texts[on]);
			snprintf(ids[i], sizeof(ids[i]), "%s%zu%s%c",
			         chance_below(2) ? GROUPS : "/subscriptions/x",
			         i, ASSIGNMENTS, 'a' + (char)chance_below(26));
			list[i].id = ids[i];
			list[i].scope = chance_below(2) ? GROUPS "g"
			                                : "/subscriptions/" ID;
			if (chance_below(4) == 0) {
				list[i].definition_id = "/of/another";
				continue;
			}
			any_known = true;
			any_on |= on;
		}
		first = decide(NULL, list, count);
		for (size_t i = count; i > 1; i--) {
			size_t j = chance_below(i);
			struct assignment one = list[i - 1];

			list[i - 1] = list[j];
			list[j] = one;
		}
		second = decide(NULL, list, count);
		assert_int_equal(first.state, any_on      ? STATE_ENABLED
		                              : any_known ? STATE_DISABLED
		                                          : STATE_ABSENT);
		assert_true(verdict_same(&first, &second));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_1_on),
		cmocka_unit_test(row_2_off),
		cmocka_unit_test(rows_3_and_4_unset),
		cmocka_unit_test(row_5_what_is_not_understood_fails),
		cmocka_unit_test(row_5_a_value_that_is_no_string_fails),
		cmocka_unit_test(row_5_the_words_stay_short_and_clean),
		cmocka_unit_test(row_6_not_enforced_is_said_where_it_is_on),
		cmocka_unit_test(
			an_enforcement_mode_of_another_name_is_no_caveat),
		cmocka_unit_test(row_16_an_inherited_one_decides),
		cmocka_unit_test(row_17_none_is_absent),
		cmocka_unit_test(row_18_an_inherited_one_that_is_on_wins),
		cmocka_unit_test(
			row_19_a_foreign_definition_counts_for_nothing),
		cmocka_unit_test(a_foreign_one_may_say_what_it_likes),
		cmocka_unit_test(row_20_the_second_benchmark_has_no_parameter),
		cmocka_unit_test(the_list_is_needed_unless_the_first_is_on),
		cmocka_unit_test(only_the_built_in_initiatives_are_known),
		cmocka_unit_test(its_own_scope_is_not_inherited),
		cmocka_unit_test(
			an_assignment_of_something_else_does_not_count),
		cmocka_unit_test(the_nearest_decides),
		cmocka_unit_test(of_one_id_the_first_document_counts),
		cmocka_unit_test(without_an_id_each_is_of_its_own),
		cmocka_unit_test(nothing_unknown_is_ever_taken_for_on),
		cmocka_unit_test(the_order_of_a_listing_means_nothing),
	};

	return cmocka_run_group_tests_name("assess", tests, chance_begin, NULL);
}
