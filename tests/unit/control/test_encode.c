/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/intern.h"
#include "base/json.h"
#include "base/mem.h"
#include "control/encode.h"
#include "core/event.h"
#include "core/subscription.h"

#define ID     "11111111-2222-3333-4444-55555555abcd"
#define TENANT "99999999-2222-3333-4444-55555555abcd"
#define SCOPE  "/subscriptions/" ID
#define AT(s)  (INT64_C(1763855393) * 1000 + (s)*1000)

static char *written(const struct subscription *subscription,
                     const struct encode_context *context)
{
	struct buf buf;
	struct json_out out = { .buf = &buf };

	buf_init(&buf, BUF_NO_CAP);
	json_open(&out, NULL, '{');
	encode_subscription(&out, subscription, context);
	json_close(&out, '}');
	return buf_steal(&buf);
}

static struct json *parsed(const char *text)
{
	struct json *root = NULL;
	struct error error;

	if (json_parse(text, strlen(text), &root, &error) < 0)
		fail_msg("%s: %s", error.text, text);
	return root;
}

static void a_full_subscription_has_every_key_in_order(void **state)
{
	static const char golden[] =
		"{\"subscription_id\":\"" ID "\",\"name\":\"Payroll\","
		"\"tenant\":\"contoso\",\"tenant_id\":\"" TENANT "\","
		"\"subscription_state\":\"Enabled\",\"state\":\"disabled\","
		"\"reason\":\"explicit\",\"value\":\"Disabled\","
		"\"caveats\":[\"not_enforced\",\"partial\"],"
		"\"assignment\":{\"id\":\"" SCOPE "/x/*\",\"name\":\"x\","
		"\"scope\":\"" SCOPE "\",\"inherited\":false,"
		"\"definition_id\":\"/d\",\"enforcement_mode\":"
		"\"DoNotEnforce\"},\"changed_by\":\"eve\","
		"\"changed_on\":\"2022-02-01T21:22:40.7422203Z\","
		"\"since\":\"2025-11-22T23:49:53Z\","
		"\"checked_at\":\"2025-11-22T23:49:54Z\","
		"\"next_poll_at\":\"2025-11-22T23:49:55Z\",\"stale\":true,"
		"\"error\":{\"class\":\"forbidden\",\"http_status\":403,"
		"\"code\":\"AuthorizationFailed\",\"message\":"
		"\"no right on " SCOPE "\",\"since\":"
		"\"2025-11-22T23:49:56Z\",\"count\":3,\"correlation_id\":"
		"\"c-1\"},\"muted\":null,\"previous\":{\"state\":\"enabled\","
		"\"reason\":\"default\",\"value\":null,"
		"\"until\":\"2025-11-22T23:49:53Z\"}}";
	const struct verdict verdict = {
		.state = STATE_DISABLED,
		.reason = REASON_EXPLICIT,
		.caveats = CAVEAT_BIT(NOT_ENFORCED) | CAVEAT_BIT(PARTIAL),
		.value = "Disabled",
		.assignment_id = SCOPE "/x/*",
		.assignment_name = "x",
		.scope = SCOPE,
		.definition_id = "/d",
		.enforcement_mode = "DoNotEnforce",
		.changed_by = "eve",
		.changed_on = "2022-02-01T21:22:40.7422203Z",
	};
	struct subscription_error error = {
		.class = FAILURE_FORBIDDEN,
		.http_status = 403,
		.count = 3,
		.since_unix_ms = AT(3),
		.code = "AuthorizationFailed",
		.message = "no right on /subscriptions/*",
		.correlation_id = "c-1",
	};
	struct intern *pool = intern_new();
	struct subscription subscription = {
		.id = ID,
		.name = "Payroll",
		.tenant = "contoso",
		.tenant_id = TENANT,
		.azure_state = "Enabled",
		.verdict = verdict_take(pool, &verdict, ID),
		.previous = { .state = STATE_ENABLED,
		              .reason = REASON_DEFAULT,
		              .until_unix_ms = AT(0) },
		.since_unix_ms = AT(0),
		.checked_unix_ms = AT(1),
		.error = &error,
	};
	const struct encode_context context = {
		.stale = true,
		.next_poll_unix_ms = AT(2),
	};
	scoped(string_free) char *text = written(&subscription, &context);

	json_free(parsed(text));

	assert_string_equal(text, golden);
	verdict_give(pool, &subscription.verdict);
	intern_free(pool);
}

static void an_unread_subscription_has_every_key_too(void **state)
{
	static const char golden[] =
		"{\"subscription_id\":\"" ID "\",\"name\":null,"
		"\"tenant\":\"contoso\",\"tenant_id\":null,"
		"\"subscription_state\":null,\"state\":\"unknown\","
		"\"reason\":null,\"value\":null,\"caveats\":[],"
		"\"assignment\":null,\"changed_by\":null,\"changed_on\":null,"
		"\"since\":null,\"checked_at\":null,\"next_poll_at\":null,"
		"\"stale\":false,\"error\":null,\"muted\":null,"
		"\"previous\":null}";
	const struct subscription subscription = { .id = ID,
		                                   .tenant = "contoso" };
	const struct encode_context context = { 0 };
	scoped(string_free) char *text = written(&subscription, &context);

	assert_string_equal(text, golden);
}

static void an_error_without_an_answer_has_no_http_status(void **state)
{
	struct subscription_error error = { .class = FAILURE_TIMEOUT,
		                            .count = 1 };
	const struct subscription subscription = { .id = ID, .error = &error };
	const struct encode_context context = { 0 };
	scoped(string_free) char *text = written(&subscription, &context);

	assert_non_null(strstr(text, "\"error\":{\"class\":\"timeout\","
	                             "\"http_status\":null,\"code\":null,"
	                             "\"message\":null,"));
}

static void an_error_of_no_subscription_is_taken_as_it_is(void **state)
{
	const struct subscription_error error = { .class = FAILURE_CREDENTIAL,
		                                  .message = "a * b\\",
		                                  .code = "" };
	struct buf buf;
	struct json_out out = { .buf = &buf };
	scoped(string_free) char *text = NULL;

	buf_init(&buf, BUF_NO_CAP);
	json_open(&out, NULL, '{');
	encode_error(&out, "error", &error, "");
	encode_error(&out, "none", NULL, "");
	json_close(&out, '}');
	text = buf_steal(&buf);
	assert_non_null(strstr(text, "\"code\":null,\"message\":"
	                             "\"a * b\\\\\","));
	assert_non_null(strstr(text, "},\"none\":null}"));
}

static char *event_written(const struct event *event, bool with_version)
{
	struct buf buf;
	struct json_out out = { .buf = &buf };

	buf_init(&buf, BUF_NO_CAP);
	encode_event(&out, NULL, event, with_version);
	return buf_steal(&buf);
}

static void an_event_has_every_field(void **state)
{
	static const char golden[] =
		"{\"schema_version\":1,\"seq\":7,"
		"\"time\":\"2025-11-22T23:49:53Z\","
		"\"event\":\"monitoring-disabled\",\"priority\":3,"
		"\"message_id\":\"a918197a50fd4338bf5a89b090940021\","
		"\"message\":\"It is off.\",\"subscription_id\":\"" ID "\","
		"\"subscription_name\":null,\"tenant_id\":null,"
		"\"state\":\"disabled\",\"previous_state\":null,"
		"\"reason\":null,\"value\":null,\"previous_value\":null,"
		"\"caveats\":[\"partial\",\"unset\"],\"assignment_id\":null,"
		"\"scope\":null,\"changed_by\":null,\"changed_on\":null,"
		"\"error_class\":null,\"http_status\":403,"
		"\"error_code\":null,\"correlation_id\":null,\"count\":-2,"
		"\"since\":null}";
	scoped(event_destroy) struct event *event =
		event_create(EVENT_MONITORING_DISABLED, AT(0));
	scoped(string_free) char *text = NULL;
	scoped(json_free) struct json *root = NULL;

	event->seq = 7;
	event->message = xstrdup("It is off.");
	event_put(event, EVENT_FIELD_SUBSCRIPTION_ID, ID);
	event_put(event, EVENT_FIELD_STATE, "disabled");
	event_put(event, EVENT_FIELD_CAVEATS, "partial,unset");
	event_put_number(event, EVENT_FIELD_HTTP_STATUS, 403);
	event_put_number(event, EVENT_FIELD_COUNT, -2);
	text = event_written(event, true);
	root = parsed(text);
	assert_string_equal(text, golden);
}

static void an_event_in_a_list_has_no_version(void **state)
{
	scoped(event_destroy) struct event *event =
		event_create(EVENT_DAEMON_STARTED, AT(0));
	scoped(string_free) char *text = event_written(event, false);
	scoped(json_free) struct json *root = parsed(text);

	assert_false(json_has(root, "schema_version"));
	assert_int_equal(json_type(json_get(root, "caveats")), JSON_ARRAY);
	assert_int_equal(json_array_size(json_get(root, "caveats")), 0);
	for (int i = 0; i < EVENT_FIELDS; i++)
		assert_true(json_has(
			root, event_field_info((enum event_field)i)->key));
}

static void a_number_that_is_none_is_null(void **state)
{
	scoped(event_destroy) struct event *event =
		event_create(EVENT_DAEMON_STARTED, AT(0));
	scoped(string_free) char *text = NULL;

	event_put(event, EVENT_FIELD_COUNT, "many");
	text = event_written(event, false);
	assert_non_null(strstr(text, "\"count\":null"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_subscription_has_every_key_in_order),
		cmocka_unit_test(an_unread_subscription_has_every_key_too),
		cmocka_unit_test(an_error_without_an_answer_has_no_http_status),
		cmocka_unit_test(an_error_of_no_subscription_is_taken_as_it_is),
		cmocka_unit_test(an_event_has_every_field),
		cmocka_unit_test(an_event_in_a_list_has_no_version),
		cmocka_unit_test(a_number_that_is_none_is_null),
	};

	return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}
