/* SPDX-License-Identifier: Apache-2.0 */
#include "core/telling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/event.h"
#include "core/subscription.h"

#define ID   "0b1f3afd-d0c9-4c3d-847f-89da613e70a8"
#define OWN  "/subscriptions/*"
#define MG   "/providers/Microsoft.Management/managementGroups/"
#define INTO "/providers/Microsoft.Authorization/policyAssignments/"

#define NOW_UNIX_MS   INT64_C(1795395600000) /* 2026-11-23T01:00:00Z */
#define SINCE_UNIX_MS INT64_C(1795388400000) /* 2026-11-22T23:00:00Z */

/* As verdict_take() keeps it. */
static const struct verdict on = {
	.state = STATE_ENABLED,
	.reason = REASON_EXPLICIT,
	.value = "AuditIfNotExists",
	.assignment_id = OWN INTO "SecurityCenterBuiltIn",
	.assignment_name = "SecurityCenterBuiltIn",
	.scope = OWN,
	.changed_by = "3d82",
	.changed_on = "2026-11-22T22:58:12.1234567Z",
};

static const struct verdict off = {
	.state = STATE_DISABLED,
	.reason = REASON_EXPLICIT,
	.value = "Disabled",
	.assignment_id = OWN INTO "SecurityCenterBuiltIn",
	.assignment_name = "SecurityCenterBuiltIn",
	.scope = OWN,
	.changed_by = "3d82",
	.changed_on = "2026-11-22T22:58:12.1234567Z",
};

static const struct verdict absent = {
	.state = STATE_ABSENT,
	.reason = REASON_MISSING,
};

static const struct verdict unknown = { .state = STATE_UNKNOWN };

static struct subscription contoso(const struct verdict *verdict)
{
	return (struct subscription){
		.id = ID,
		.name = "contoso-prod",
		.tenant = "main",
		.tenant_id = "a-tenant",
		.verdict = *verdict,
		.found_unix_ms = 1,
		.since_unix_ms = SINCE_UNIX_MS,
		.checked_unix_ms = SINCE_UNIX_MS,
	};
}

/* The sentence without the fields behind it. */
static const char *sentence(const struct event *event)
{
	static char text[4096];
	const char *end = strstr(event->message, " subscription_id=");

	assert_non_null(end);
	snprintf(text, sizeof(text), "%.*s", (int)(end - event->message),
	         event->message);
	return text;
}

static void assert_says(const struct verdict *now, const struct verdict *before,
                        enum event_kind kind, const char *expected)
{
	struct subscription subscription = contoso(now);
	scoped(event_destroy) struct event *event =
		telling_of_verdict(&subscription, before, NOW_UNIX_MS);

	assert_int_equal(event->kind, kind);
	assert_int_equal(event->time_unix_ms, NOW_UNIX_MS);
	assert_string_equal(sentence(event), expected);
}

static void turned_off_names_who_and_when(void **state)
{
	struct subscription subscription = contoso(&off);
	scoped(event_destroy) struct event *event =
		telling_of_verdict(&subscription, &on, NOW_UNIX_MS);

	assert_string_equal(
		event->message,
		"JIT monitoring was turned off in subscription contoso-prod "
		"(" ID
		"): SecurityCenterBuiltIn says Disabled, changed by 3d82 "
		"on 2026-11-22T22:58:12Z"
		" subscription_id=" ID " subscription_name=contoso-prod"
		" tenant_id=a-tenant state=disabled previous_state=enabled"
		" reason=explicit value=Disabled"
		" previous_value=AuditIfNotExists"
		" assignment_id=/subscriptions/" ID INTO "SecurityCenterBuiltIn"
		" scope=/subscriptions/" ID " changed_by=3d82"
		" changed_on=2026-11-22T22:58:12.1234567Z"
		" since=2026-11-22T23:00:00Z");
}

static void each_change_of_state_has_its_words(void **state)
{
	assert_says(&off, &unknown, EVENT_MONITORING_DISABLED,
	            "JIT monitoring is off in subscription contoso-prod (" ID
	            "): SecurityCenterBuiltIn says Disabled, changed by 3d82 "
	            "on 2026-11-22T22:58:12Z");
	assert_says(&on, &off, EVENT_MONITORING_ENABLED,
	            "JIT monitoring is on again in subscription contoso-prod "
	            "(" ID "): SecurityCenterBuiltIn says AuditIfNotExists, "
	            "changed by 3d82 on 2026-11-22T22:58:12Z");
	assert_says(&absent, &unknown, EVENT_MONITORING_ABSENT,
	            "JIT monitoring is not assigned in subscription "
	            "contoso-prod (" ID "): no assignment of Defender for "
	            "Cloud's initiative reaches it");
	assert_says(&absent, &on, EVENT_MONITORING_ABSENT,
	            "JIT monitoring is no longer assigned in subscription "
	            "contoso-prod (" ID "): no assignment of Defender for "
	            "Cloud's initiative reaches it");
}

static void a_foreign_definition_is_said(void **state)
{
	struct verdict foreign = absent;

	foreign.caveats = CAVEAT_BIT(FOREIGN_DEFINITION);
	assert_says(&foreign, &on, EVENT_MONITORING_ABSENT,
	            "JIT monitoring is no longer assigned in subscription "
	            "contoso-prod (" ID "): SecurityCenterBuiltIn points at an "
	            "initiative that is not Defender for Cloud's, and no "
	            "assignment of Defender for Cloud's initiative reaches it");
	assert_says(&foreign, &absent, EVENT_MONITORING_CHANGED,
	            "JIT monitoring is still not assigned in subscription "
	            "contoso-prod (" ID "), but not as before: "
	            "SecurityCenterBuiltIn points at an initiative that is not "
	            "Defender for Cloud's, and no assignment of Defender for "
	            "Cloud's initiative reaches it (caveats: "
	            "foreign_definition); before: no assignment of Defender "
	            "for Cloud's initiative reaches it (caveats: none)");
}

static void another_cause_is_told_with_the_one_before(void **state)
{
	struct verdict inherited = on;

	inherited.reason = REASON_DEFAULT;
	inherited.caveats = CAVEAT_BIT(UNSET) | CAVEAT_BIT(INHERITED);
	inherited.inherited = true;
	inherited.value = NULL;
	inherited.assignment_name = "Deploy-ASC-Monitoring";
	inherited.scope = MG "alz";
	inherited.changed_by = NULL;
	inherited.changed_on = NULL;
	assert_says(&inherited, &on, EVENT_MONITORING_CHANGED,
	            "JIT monitoring is still on in subscription contoso-prod "
	            "(" ID "), but not as before: Deploy-ASC-Monitoring of "
	            "management group alz leaves it unset, which means on "
	            "(caveats: unset,inherited); before: SecurityCenterBuiltIn "
	            "says AuditIfNotExists (caveats: none)");
}

/* The clause between the colon and who changed it. */
static void assert_cause(struct verdict verdict, const char *expected)
{
	char text[1000];

	verdict.changed_by = NULL;
	verdict.changed_on = NULL;
	snprintf(text, sizeof(text),
	         "JIT monitoring is off in subscription contoso-prod (" ID
	         "): %s",
	         expected);
	assert_says(&verdict, &absent, EVENT_MONITORING_DISABLED, text);
}

static void each_reason_has_its_words(void **state)
{
	for (int i = REASON_EXPLICIT; i < REASON_COUNT; i++) {
		struct verdict verdict = off;

		verdict.reason = (enum reason)i;
		switch (verdict.reason) {
		case REASON_EXPLICIT:
			assert_cause(verdict,
			             "SecurityCenterBuiltIn says Disabled");
			break;
		case REASON_DEFAULT:
			assert_cause(verdict, "SecurityCenterBuiltIn assigns "
			                      "an initiative that has it on");
			verdict.caveats = CAVEAT_BIT(UNSET);
			assert_cause(verdict,
			             "SecurityCenterBuiltIn leaves it unset, "
			             "which counts as off by [policy] unset = "
			             "disabled");
			break;
		case REASON_OVERRIDE:
			assert_cause(verdict, "SecurityCenterBuiltIn overrides "
			                      "it with Disabled");
			verdict.value = NULL;
			assert_cause(verdict,
			             "SecurityCenterBuiltIn overrides it");
			break;
		case REASON_NOT_SCOPES:
			assert_cause(verdict, "SecurityCenterBuiltIn leaves it "
			                      "out by notScopes");
			break;
		case REASON_RESOURCE_SELECTORS:
			assert_cause(verdict,
			             "SecurityCenterBuiltIn leaves virtual "
			             "machines out by resourceSelectors");
			break;
		case REASON_EXEMPT:
			assert_cause(verdict, "SecurityCenterBuiltIn does not "
			                      "count, by an exemption");
			break;
		case REASON_NONE:
		case REASON_MISSING:
		case REASON_COUNT:
			break;
		}
	}
}

static void what_is_not_known_is_left_out(void **state)
{
	struct verdict verdict = off;
	struct subscription subscription = contoso(&verdict);
	struct event *event;

	assert_cause(verdict, "SecurityCenterBuiltIn says Disabled");
	verdict.assignment_name = NULL;
	assert_cause(verdict, "the assignment says Disabled");
	verdict.inherited = true;
	verdict.scope = "/providers/x";
	assert_cause(verdict, "the assignment of /providers/x says Disabled");

	subscription.name = NULL;
	subscription.tenant_id = NULL;
	subscription.verdict.changed_by = NULL;
	subscription.verdict.changed_on = "last week";
	event = telling_of_verdict(&subscription, &on, NOW_UNIX_MS);
	assert_string_equal(sentence(event),
	                    "JIT monitoring was turned off in subscription " ID
	                    ": SecurityCenterBuiltIn says Disabled, changed on "
	                    "last week");
	assert_null(event->fields[EVENT_FIELD_SUBSCRIPTION_NAME]);
	assert_null(event->fields[EVENT_FIELD_TENANT_ID]);
	event_destroy(event);

	subscription.verdict.changed_by = "3d82";
	subscription.verdict.changed_on = NULL;
	event = telling_of_verdict(&subscription, &on, NOW_UNIX_MS);
	assert_non_null(strstr(sentence(event), ", changed by 3d82"));
	assert_null(strstr(sentence(event), " on 20"));
	event_destroy(event);
}

/* Names come from Azure, where people chose them. */
static void a_name_never_pushes_the_id_out(void **state)
{
	char name[9000], author[9000];
	struct subscription subscription = contoso(&off);
	struct event *event;

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	name[3] = '\n';
	memcpy(author, name, sizeof(author));
	subscription.name = name;
	subscription.verdict.assignment_name = name;
	subscription.verdict.changed_by = author;
	subscription.verdict.changed_on = author;
	event = telling_of_verdict(&subscription, &on, NOW_UNIX_MS);
	assert_non_null(strstr(sentence(event), "(" ID ")"));
	assert_null(strchr(event->message, '\n'));
	assert_true(strlen(sentence(event)) < 1000);
	event_destroy(event);
}

static void stale_says_since_when_and_why(void **state)
{
	struct subscription_error error = {
		.class = FAILURE_FORBIDDEN,
		.http_status = 403,
		.code = "AuthorizationFailed",
		.correlation_id = "c-1",
	};
	struct subscription subscription = contoso(&on);
	struct event *event;

	subscription.error = &error;
	event = telling_of_stale(&subscription, NOW_UNIX_MS);
	assert_int_equal(event->kind, EVENT_SUBSCRIPTION_STALE);
	assert_string_equal(
		event->message,
		"Subscription contoso-prod (" ID ") has not been read since "
		"2026-11-22T23:00:00Z: the last error is forbidden, HTTP "
		"status 403, code AuthorizationFailed; the last known state is "
		"enabled subscription_id=" ID " subscription_name=contoso-prod"
		" tenant_id=a-tenant state=enabled error_class=forbidden"
		" http_status=403 error_code=AuthorizationFailed"
		" correlation_id=c-1 since=2026-11-22T23:00:00Z");
	event_destroy(event);

	error = (struct subscription_error){ .class = FAILURE_TIMEOUT };
	subscription.verdict = unknown;
	subscription.checked_unix_ms = 0;
	event = telling_of_stale(&subscription, NOW_UNIX_MS);
	assert_string_equal(sentence(event),
	                    "Subscription contoso-prod (" ID
	                    ") could not be read even once: the last error is "
	                    "timeout; the last known state is unknown");
	assert_null(event->fields[EVENT_FIELD_SINCE]);
	assert_null(event->fields[EVENT_FIELD_HTTP_STATUS]);
	assert_null(event->fields[EVENT_FIELD_ERROR_CODE]);
	event_destroy(event);

	subscription.error = NULL;
	event = telling_of_stale(&subscription, NOW_UNIX_MS);
	assert_non_null(strstr(sentence(event), ": no poll has ended since; "));
	assert_null(event->fields[EVENT_FIELD_ERROR_CLASS]);
	event_destroy(event);
}

static void fresh_says_from_when_the_old_state_was(void **state)
{
	struct subscription subscription = contoso(&off);
	struct event *event = telling_of_fresh(&subscription, NOW_UNIX_MS);

	assert_int_equal(event->kind, EVENT_SUBSCRIPTION_FRESH);
	assert_string_equal(
		event->message,
		"Subscription contoso-prod (" ID ") can be read again; the "
		"last time before was 2026-11-22T23:00:00Z"
		" subscription_id=" ID " subscription_name=contoso-prod"
		" tenant_id=a-tenant state=disabled"
		" since=2026-11-22T23:00:00Z");
	event_destroy(event);

	subscription.checked_unix_ms = 0;
	event = telling_of_fresh(&subscription, NOW_UNIX_MS);
	assert_string_equal(sentence(event), "Subscription contoso-prod (" ID
	                                     ") can be read again");
	assert_null(event->fields[EVENT_FIELD_SINCE]);
	event_destroy(event);
}

static void found_and_lost_say_where_and_why(void **state)
{
	struct subscription subscription = contoso(&on);
	struct event *event = telling_of_found(&subscription, NOW_UNIX_MS);

	assert_int_equal(event->kind, EVENT_SUBSCRIPTION_FOUND);
	assert_string_equal(event->message, "Subscription contoso-prod (" ID
	                                    ") was found in tenant main "
	                                    "and is watched from now on"
	                                    " subscription_id=" ID
	                                    " subscription_name=contoso-prod"
	                                    " tenant_id=a-tenant");
	event_destroy(event);

	event = telling_of_lost(&subscription, "it is gone", NOW_UNIX_MS);
	assert_int_equal(event->kind, EVENT_SUBSCRIPTION_LOST);
	assert_string_equal(
		event->message,
		"Subscription contoso-prod (" ID ") is not watched any more: "
		"it is gone; its last known state was enabled"
		" subscription_id=" ID " subscription_name=contoso-prod"
		" tenant_id=a-tenant state=enabled");
	event_destroy(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turned_off_names_who_and_when),
		cmocka_unit_test(each_change_of_state_has_its_words),
		cmocka_unit_test(a_foreign_definition_is_said),
		cmocka_unit_test(another_cause_is_told_with_the_one_before),
		cmocka_unit_test(each_reason_has_its_words),
		cmocka_unit_test(what_is_not_known_is_left_out),
		cmocka_unit_test(a_name_never_pushes_the_id_out),
		cmocka_unit_test(stale_says_since_when_and_why),
		cmocka_unit_test(fresh_says_from_when_the_old_state_was),
		cmocka_unit_test(found_and_lost_say_where_and_why),
	};

	return cmocka_run_group_tests_name("telling", tests, NULL, NULL);
}
