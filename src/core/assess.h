/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assess: policy assignments -> verdict, by the truth table of jitd-events(7).
 *
 * Pure, and free of JSON: azure/assignment.c reads the documents into the
 * plain structs below. One assignment is judged by a list of rules, the first
 * that applies decides; a new row of the table is one rule more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/verdict.h"

struct error;

/* The assignment that Defender for Cloud makes, and the parameter we watch. */
#define ASSESS_ASSIGNMENT_NAME "SecurityCenterBuiltIn"
#define ASSESS_PARAMETER_NAME  "jitNetworkAccessMonitoringEffect"
#define ASSESS_REFERENCE_ID    "jitNetworkAccessMonitoring"

enum parameter_kind {
	PARAMETER_MISSING, /* no such parameter, or no parameters at all */
	PARAMETER_NULL,    /* it is there, its value is null or missing */
	PARAMETER_TEXT,
	PARAMETER_OTHER, /* a number, a list, an object, a boolean */
};

/* All strings are borrowed from the document; NULL: not in it. */
struct assignment {
	const char *id;
	const char *name;
	const char *scope;
	const char *definition_id;
	const char *enforcement_mode;
	enum parameter_kind parameter_kind;
	const char *parameter_text; /* with PARAMETER_TEXT */
	const char *changed_by;
	const char *changed_on;
};

struct assess_policy {
	bool unset_is_disabled; /* [policy] unset = disabled */
};

/* How one assignment was judged: the evidence. */
struct judgement {
	const struct assignment *assignment;
	bool known;       /* of an initiative in initiatives.def */
	bool inherited;   /* its scope is not the subscription's own */
	enum state state; /* STATE_UNKNOWN where not known, or where it is
	                   * assigned to something else or to a part */
	enum reason reason;
	unsigned caveats;
	const char *value;
};

/*
 * Judges one assignment as it stands for subscription_id (lower case). Fails
 * with -EINVAL and words where it is of a known initiative and cannot be
 * understood (row 5).
 */
int assess_judge(const struct assignment *assignment,
                 const char *subscription_id,
                 const struct assess_policy *policy,
                 struct judgement *ret_judgement, struct error *error);

/* Whether what the GET by name showed asks for the LIST too: it is not known,
 * or not enabled. Where the GET answered 404 the LIST is always needed. */
bool assess_needs_list(const struct judgement *by_name);

/*
 * Decides among count judgements, of which the first by_name (0 or 1) is the
 * GET's. *ret_verdict borrows from them.
 */
void assess_decide(const struct judgement *judgements, size_t count,
                   size_t by_name, struct verdict *ret_verdict);

/* Whether policyDefinitionId names a known initiative. */
bool assess_is_known_initiative(const char *definition_id);
