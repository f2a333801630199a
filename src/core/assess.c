/* SPDX-License-Identifier: Apache-2.0 */
#include "core/assess.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/text.h"

#define EFFECT_ON  "AuditIfNotExists"
#define EFFECT_OFF "Disabled"

#define SUBSCRIPTION_PREFIX "/subscriptions/"
#define PROVIDER            "/providers/Microsoft.Authorization/"
#define DEFINITION_PREFIX   PROVIDER "policySetDefinitions/"
#define ASSIGNMENT_INFIX    PROVIDER "policyAssignments/"

struct initiative {
	const char *id;
	const char *name;
	bool has_parameter;
};

static const struct initiative initiatives[] = {
#define INITIATIVE(id, name, has_parameter) { (id), (name), (has_parameter) },
#include "core/initiatives.def"
#undef INITIATIVE
};

/* What a rule may look at. */
struct judging {
	const struct assignment *assignment;
	const struct initiative *initiative;
	const char *subscription_id;
	const struct assess_policy *policy;
};

/* 1: it applies and has decided; 0: it does not apply; or a negative errno
 * with words. */
typedef int judge_fn(const struct judging *judging, struct judgement *judgement,
                     struct error *error);

/* A part of somebody else's string. */
struct slice {
	const char *text;
	size_t size;
};

/* Only the built-in ones: anyone may give a definition of his own the same
 * name below a management group or subscription. */
static const struct initiative *find_initiative(const char *definition_id)
{
	if (!text_starts_nocase(definition_id, DEFINITION_PREFIX))
		return NULL;
	definition_id += strlen(DEFINITION_PREFIX);
	for (size_t i = 0; i < sizeof(initiatives) / sizeof(initiatives[0]);
	     i++)
		if (text_equal_nocase(definition_id, initiatives[i].id))
			return &initiatives[i];
	return NULL;
}

/* Where it is assigned, without slashes at the end; empty if it does not
 * say. */
static struct slice scope_of(const struct assignment *assignment)
{
	struct slice scope = { "", 0 };
	const char *end;

	if (assignment->scope && *assignment->scope) {
		scope.text = assignment->scope;
		scope.size = strlen(scope.text);
	} else if (assignment->id) {
		end = strcasestr(assignment->id, ASSIGNMENT_INFIX);
		scope.text = assignment->id;
		scope.size = end ? (size_t)(end - assignment->id) : 0;
	}
	while (scope.size && scope.text[scope.size - 1] == '/')
		scope.size--;
	return scope;
}

static bool is_own(struct slice scope, const char *subscription_id)
{
	size_t prefix_size = strlen(SUBSCRIPTION_PREFIX);

	return scope.size == prefix_size + strlen(subscription_id) &&
	       text_starts_nocase(scope.text, SUBSCRIPTION_PREFIX) &&
	       text_starts_nocase(scope.text + prefix_size, subscription_id);
}

/* Not of another subscription, nor of a part of this one. */
static bool reaches(struct slice scope, const char *subscription_id)
{
	return is_own(scope, subscription_id) || !scope.size ||
	       !text_starts_nocase(scope.text, SUBSCRIPTION_PREFIX);
}

static int decide(struct judgement *judgement, enum state state,
                  enum reason reason)
{
	judgement->state = state;
	judgement->reason = reason;
	return 1;
}

/* Row 5. */
static int refuse(const struct assignment *assignment, struct error *error)
{
	char id[200], value[64];

	text_clean(assignment->id ? assignment->id : "?", id, sizeof(id));
	if (assignment->parameter_kind != PARAMETER_TEXT)
		return error_set(error, -EINVAL,
		                 "the value of " ASSESS_PARAMETER_NAME
		                 " is not a string in %s",
		                 id);

	text_clean(assignment->parameter_text ? assignment->parameter_text : "",
	           value, sizeof(value));
	return error_set(error, -EINVAL,
	                 "the value of " ASSESS_PARAMETER_NAME
	                 " is \"%s\", neither " EFFECT_ON " nor " EFFECT_OFF
	                 ", in %s",
	                 value, id);
}

/* Rows 1, 2 and 5. */
static int judge_explicit(const struct judging *judging,
                          struct judgement *judgement, struct error *error)
{
	const struct assignment *assignment = judging->assignment;

	if (!judging->initiative->has_parameter ||
	    assignment->parameter_kind == PARAMETER_MISSING ||
	    assignment->parameter_kind == PARAMETER_NULL)
		return 0;
	if (assignment->parameter_kind != PARAMETER_TEXT)
		return refuse(assignment, error);

	judgement->value = assignment->parameter_text;
	if (text_equal_nocase(assignment->parameter_text, EFFECT_ON))
		return decide(judgement, STATE_ENABLED, REASON_EXPLICIT);
	if (text_equal_nocase(assignment->parameter_text, EFFECT_OFF))
		return decide(judgement, STATE_DISABLED, REASON_EXPLICIT);
	return refuse(assignment, error);
}

/* Rows 3, 4 and 20. */
static int judge_default(const struct judging *judging,
                         struct judgement *judgement, struct error *error)
{
	if (!judging->initiative->has_parameter)
		return decide(judgement, STATE_ENABLED, REASON_DEFAULT);

	judgement->caveats |= CAVEAT_BIT(UNSET);
	return decide(judgement,
	              judging->policy->unset_is_disabled ? STATE_DISABLED
	                                                 : STATE_ENABLED,
	              REASON_DEFAULT);
}

/* The first that applies decides; the last one always does. */
static judge_fn *const rules[] = {
	judge_explicit,
	judge_default,
};

/* Known, reaching the subscription, and not seen before under its id. */
static bool counts(const struct judgement *judgements, size_t index)
{
	const struct judgement *judgement = &judgements[index];
	const char *id = judgement->assignment->id;

	if (!judgement->known || judgement->state == STATE_UNKNOWN)
		return false;
	for (size_t i = 0; id && i < index; i++)
		if (text_equal_nocase(judgements[i].assignment->id, id))
			return false;
	return true;
}

/* How near it stands: 0 is the nearest. Of management groups we do not know
 * which is above which. */
static int distance(const struct judgement *judgement)
{
	if (judgement->inherited)
		return 2;
	return text_equal_nocase(judgement->assignment->name,
	                         ASSESS_ASSIGNMENT_NAME)
	               ? 0
	               : 1;
}

/* Whether a decides rather than b, of which both count. */
static bool is_preferred(const struct judgement *a, const struct judgement *b)
{
	const char *a_id = a->assignment->id ? a->assignment->id : "";
	const char *b_id = b->assignment->id ? b->assignment->id : "";

	if (a->state != b->state)
		return a->state == STATE_ENABLED;
	if (distance(a) != distance(b))
		return distance(a) < distance(b);
	return strcasecmp(a_id, b_id) < 0;
}

static struct verdict verdict_of(const struct judgement *judgement)
{
	const struct assignment *assignment = judgement->assignment;

	return (struct verdict){
		.state = judgement->state,
		.reason = judgement->reason,
		.caveats = judgement->caveats,
		.inherited = judgement->inherited,
		.value = judgement->value,
		.assignment_id = assignment->id,
		.assignment_name = assignment->name,
		.scope = assignment->scope,
		.definition_id = assignment->definition_id,
		.enforcement_mode = assignment->enforcement_mode,
		.changed_by = assignment->changed_by,
		.changed_on = assignment->changed_on,
	};
}

int assess_judge(const struct assignment *assignment,
                 const char *subscription_id,
                 const struct assess_policy *policy,
                 struct judgement *ret_judgement, struct error *error)
{
	const struct judging judging = {
		.assignment = assignment,
		.initiative = find_initiative(assignment->definition_id),
		.subscription_id = subscription_id,
		.policy = policy,
	};
	struct slice scope = scope_of(assignment);
	int decided = 0;

	*ret_judgement = (struct judgement){
		.assignment = assignment,
		.known = judging.initiative,
		.inherited = !is_own(scope, subscription_id),
	};
	if (!judging.initiative || !reaches(scope, subscription_id))
		return 0;

	for (size_t i = 0; !decided && i < sizeof(rules) / sizeof(rules[0]);
	     i++)
		decided = rules[i](&judging, ret_judgement, error);
	if (decided < 0)
		return decided;

	if (ret_judgement->inherited)
		ret_judgement->caveats |= CAVEAT_BIT(INHERITED);
	if (ret_judgement->state == STATE_ENABLED &&
	    text_equal_nocase(assignment->enforcement_mode, "DoNotEnforce"))
		ret_judgement->caveats |= CAVEAT_BIT(NOT_ENFORCED);
	return 0;
}

bool assess_needs_list(const struct judgement *by_name)
{
	return !by_name->known || by_name->state != STATE_ENABLED;
}

void assess_decide(const struct judgement *judgements, size_t count,
                   size_t by_name, struct verdict *ret_verdict)
{
	const struct judgement *decisive = NULL;

	for (size_t i = 0; i < count; i++)
		if (counts(judgements, i) &&
		    (!decisive || is_preferred(&judgements[i], decisive)))
			decisive = &judgements[i];

	if (decisive) {
		*ret_verdict = verdict_of(decisive);
		return;
	}
	*ret_verdict = (struct verdict){
		.state = STATE_ABSENT,
		.reason = REASON_MISSING,
	};
	if (by_name && !judgements[0].known)
		ret_verdict->caveats = CAVEAT_BIT(FOREIGN_DEFINITION);
}

bool assess_is_known_initiative(const char *definition_id)
{
	return find_initiative(definition_id);
}
