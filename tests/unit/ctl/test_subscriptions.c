/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/fake_client.h"

/* The rows of a listing; what is left out is not looked at. */
#define ROW(id, name, state, stale)                                     \
	"{\"subscription_id\":\"" id "\",\"name\":" name                \
	",\"tenant\":\"contoso\",\"tenant_id\":null,\"state\":\"" state \
	"\",\"reason\":null,\"caveats\":[],\"stale\":" stale            \
	",\"error\":null,\"muted\":null}"
#define OFF(id)                                                              \
	"{\"subscription_id\":\"" id "\",\"name\":\"Pay, \\\"roll\\\"\","    \
	"\"tenant\":\"contoso\",\"tenant_id\":\"t\","                        \
	"\"subscription_state\":\"Enabled\",\"state\":\"disabled\","         \
	"\"reason\":\"explicit\",\"value\":\"Disabled\","                    \
	"\"caveats\":[\"partial\",\"unset\"],\"assignment\":{\"id\":\"/a\"," \
	"\"name\":\"n\",\"scope\":\"/s\",\"inherited\":true,"                \
	"\"definition_id\":\"/d\",\"enforcement_mode\":\"Default\"},"        \
	"\"changed_by\":\"eve\",\"changed_on\":\"2022-02-01T21:22:40Z\","    \
	"\"since\":\"2022-02-01T22:00:00Z\",\"checked_at\":"                 \
	"\"2022-02-02T22:00:00Z\",\"next_poll_at\":null,\"stale\":true,"     \
	"\"error\":{\"class\":\"forbidden\",\"http_status\":403,"            \
	"\"code\":\"AuthorizationFailed\",\"message\":\"no\\u001b[31m\","    \
	"\"since\":\"2022-02-02T23:00:00Z\",\"count\":3,"                    \
	"\"correlation_id\":\"c\"},\"muted\":null,\"previous\":{"            \
	"\"state\":\"enabled\",\"reason\":\"default\",\"value\":null,"       \
	"\"until\":\"2022-02-01T22:00:00Z\"}}"
#define PAGE(rows, next) \
	"{\"schema_version\":1,\"subscriptions\":[" rows "],\"next\":" next "}"

#define LIST "GET /v1/subscriptions?limit=1000"
#define ON_A ROW(ID_A, "\"Alpha\"", "enabled", "false")
#define ON_B ROW(ID_B, "\"Beta\"", "enabled", "false")

static const struct fake_route one_off[] = {
	{ LIST, 200, PAGE(ON_A "," OFF(ID_B), "null") },
	{ NULL, 0, NULL },
};

static void pages_are_followed_to_the_last(void **state)
{
	static const struct fake_route routes[] = {
		{ LIST, 200, PAGE(ON_A, "\"" ID_A "\"") },
		{ LIST "&after=" ID_A, 200, PAGE(ON_B, "\"a b\"") },
		{ LIST "&after=a%20b", 200, PAGE("", "null") },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(routes, "list"), 0);
	assert_non_null(strstr(fake.out, "Alpha"));
	assert_non_null(strstr(fake.out, "Beta"));

	assert_int_equal(fake_run(routes, "list --json"), 0);
	assert_string_equal(fake.out, PAGE(ON_A "," ON_B, "null") "\n");
}

static void an_endless_listing_is_refused(void **state)
{
	static const struct fake_route routes[] = {
		{ LIST, 200, PAGE(ON_A, "\"x\"") },
		{ LIST "&after=x", 200, PAGE(ON_A, "\"x\"") },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(routes, "list"), 7);
	assert_string_equal(fake.out, "");
	assert_non_null(strstr(fake.errors, "again and again"));
}

static void what_is_no_list_is_refused(void **state)
{
	static const struct fake_route routes[] = {
		{ LIST, 200, "{\"schema_version\":1}" },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(routes, "list"), 7);
}

static void filters_are_jitds_to_apply(void **state)
{
	static const struct fake_route routes[] = {
		{ LIST "&state=absent&tenant=a%26b&stale=true", 200,
		  PAGE(ON_A, "null") },
		{ NULL, 0, NULL },
	};

	assert_int_equal(
		fake_run(routes, "list --stale --tenant=a&b --state absent"),
		0);
}

static void the_exit_status_tells_what_was_listed(void **state)
{
	static const struct {
		const char *page;
		int status;
	} cases[] = {
		{ PAGE("", "null"), 4 },
		{ PAGE(ON_A, "null"), 0 },
		{ PAGE(ON_A "," ROW(ID_B, "null", "absent", "false"), "null"),
		  1 },
		{ PAGE(ON_A "," ROW(ID_B, "null", "unknown", "false"), "null"),
		  4 },
		{ PAGE(ON_A "," ROW(ID_B, "null", "enabled", "true"), "null"),
		  4 },
	};
	static const char *const lines[] = { "list", "list --json",
		                             "list --format csv" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) * 3; i++) {
		const struct fake_route routes[] = {
			{ LIST, 200, cases[i / 3].page },
			{ NULL, 0, NULL },
		};

		assert_int_equal(fake_run(routes, lines[i % 3]),
		                 cases[i / 3].status);
	}
}

static void a_table_has_a_line_for_each(void **state)
{
	assert_int_equal(fake_run(one_off, "list"), 1);
	assert_memory_equal(fake.out,
	                    "STATE     SUBSCRIPTION                          "
	                    "NAME         TENANT   REASON    SINCE",
	                    84);
	assert_non_null(strstr(fake.out, "\nenabled   " ID_A "  Alpha "));
	assert_non_null(strstr(fake.out,
	                       "\ndisabled  " ID_B "  Pay, \"roll\"  contoso  "
	                       "explicit  "));
	assert_non_null(strstr(fake.out, "stale, forbidden, partial, unset\n"));
	assert_null(strchr(fake.out, '\033'));
}

static void color_is_there_where_it_is_wanted(void **state)
{
	assert_int_equal(fake_run(one_off, "list --color=always"), 1);
	assert_non_null(strstr(fake.out, "\033[1;31mdisabled"));
	assert_int_equal(fake_run(one_off, "list --color=never"), 1);
	assert_null(strchr(fake.out, '\033'));
}

static void csv_has_a_column_for_each_member(void **state)
{
	static const char expected[] =
		"subscription_id,name,tenant,tenant_id,subscription_state,"
		"state,reason,value,caveats,assignment_id,assignment_name,"
		"assignment_scope,assignment_inherited,"
		"assignment_definition_id,assignment_enforcement_mode,"
		"changed_by,changed_on,since,checked_at,next_poll_at,stale,"
		"error_class,error_http_status,error_code,error_message,"
		"error_since,error_count,error_correlation_id,muted_until,"
		"muted_reason,previous_state,previous_reason,previous_value,"
		"previous_until\r\n" ID_A ",Alpha,contoso,,,enabled,,,,,,,,,,,,"
		",,,false,,,,,,,,,,,,,\r\n" ID_B
		",\"Pay, \"\"roll\"\"\",contoso,t,Enabled,disabled,"
		"explicit,Disabled,partial unset,/a,n,/s,true,/d,Default,"
		"eve,2022-02-01T21:22:40Z,2022-02-01T22:00:00Z,"
		"2022-02-02T22:00:00Z,,true,forbidden,403,"
		"AuthorizationFailed,no?[31m,2022-02-02T23:00:00Z,3,c,,,"
		"enabled,default,,2022-02-01T22:00:00Z\r\n";

	assert_int_equal(fake_run(one_off, "list --format csv"), 1);
	assert_string_equal(fake.out, expected);
}

static void json_is_one_document_as_jitd_wrote_it(void **state)
{
	assert_int_equal(fake_run(one_off, "list --format=json"), 1);
	assert_string_equal(fake.out, PAGE(ON_A "," OFF(ID_B), "null") "\n");
}

static const struct fake_route shows[] = {
	{ "GET /v1/subscriptions/" ID_B, 200, OFF(ID_B) },
	{ LIST, 200, PAGE(ON_A "," OFF(ID_B), "null") },
	{ NULL, 0, NULL },
};

static void show_tells_all_that_is_known(void **state)
{
	static const char *const parts[] = {
		"Subscription    " ID_B "\n",
		"Name            Pay, \"roll\"\n",
		"Tenant          contoso (t)\n",
		"State           disabled, stale, since ",
		"Reason          explicit\n",
		"Value           Disabled\n",
		"Caveats         partial, unset\n",
		"Assignment      /a\n",
		"Scope           /s (inherited)\n",
		"Changed         by eve on 2022-02-01T21:22:40Z\n",
		"Before          enabled, until ",
		"Error           forbidden, 3 in a row: no?[31m\n",
	};

	assert_int_equal(fake_run(shows, "show " ID_B), 1);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strstr(fake.out, parts[i]))
			fail_msg("no '%s' in %s", parts[i], fake.out);
	assert_null(strchr(fake.out, '\033'));
}

static void show_takes_a_name_or_a_prefix(void **state)
{
	assert_int_equal(fake_run(shows, "show bbbb"), 1);
	assert_int_equal(fake_run(shows, "show BBBBBBBB"), 1);
	assert_string_equal(buf_text(&fake.asked),
	                    LIST "\nGET /v1/subscriptions/" ID_B "\n");
}

static void show_json_is_the_document(void **state)
{
	assert_int_equal(fake_run(shows, "show --json " ID_B), 1);
	assert_string_equal(fake.out, OFF(ID_B) "\n");
}

static void an_unknown_subscription_ends_with_2(void **state)
{
	static const struct fake_route routes[] = {
		{ "GET /v1/subscriptions/" ID_C, 404,
		  "{\"schema_version\":1}" },
		{ LIST, 200, PAGE(ON_A "," ON_B, "null") },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(routes, "show " ID_C), 2);
	assert_non_null(strstr(fake.errors, "no subscription " ID_C));
	assert_null(strstr(fake.errors, "--help"));
	assert_int_equal(fake_run(routes, "show gamma"), 2);
	assert_non_null(strstr(fake.errors, "no subscription 'gamma'"));
	assert_string_equal(fake.out, "");
}

#define COUNTS(total, enabled, disabled, absent, unknown, stale, muted)      \
	"{\"schema_version\":1,\"version\":\"1.2\",\"started_at\":"          \
	"\"2022-02-01T22:00:00Z\",\"ready\":true,\"subscriptions\":{"        \
	"\"total\":" #total ",\"enabled\":" #enabled                         \
	",\"disabled\":" #disabled ",\"absent\":" #absent                    \
	",\"unknown\":" #unknown ",\"stale\":" #stale ",\"muted\":" #muted   \
	"},\"last_pass\":{"                                                  \
	"\"completed_at\":\"2022-02-01T22:00:00Z\",\"duration_seconds\":"    \
	"1.5,\"polled\":7,\"failed\":2},\"tenants\":[{\"name\":\"contoso\"," \
	"\"tenant_id\":\"t\",\"subscriptions\":7,\"discovered_at\":null,"    \
	"\"credential\":{\"kind\":\"managed-identity\",\"client_id\":null,"  \
	"\"state\":\"failed\",\"expires_at\":null,\"error\":{\"message\":"   \
	"\"no\\u0007token\"}}}]}"

static void status_is_one_screen(void **state)
{
	static const struct fake_route routes[] = {
		{ "GET /v1/status", 200, COUNTS(19, 2, 12, 3, 1, 4, 0) },
		{ "GET /v1/subscriptions?state=disabled&limit=10", 200,
		  PAGE(OFF(ID_A) "," OFF(ID_B), "\"x\"") },
		{ "GET /v1/subscriptions?state=absent&limit=8", 200,
		  PAGE(ROW(ID_C, "null", "absent", "false"), "null") },
		{ NULL, 0, NULL },
	};
	static const char *const parts[] = {
		"jitd            1.2, started ",
		"Last pass       ",
		" ago: 7 polled, 2 failed\n",
		"Subscriptions   19 in all: 2 enabled, 12 disabled, 3 absent, "
		"1 unknown\n                4 stale, 0 muted\n",
		"\ncontoso  t   7      managed-identity  failed  ",
		"no?token\n",
		"\n" ID_A "  Pay, \"roll\"  disabled  explicit  ",
		"2022-02-01T22:00:00Z\n",
		"\n" ID_C "  -            absent    -         never  ",
		"\nand 10 more: jitd-ctl list --state disabled\n",
		"\nand 2 more: jitd-ctl list --state absent\n",
	};

	assert_int_equal(fake_run(routes, "status"), 1);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strstr(fake.out, parts[i]))
			fail_msg("no '%s' in %s", parts[i], fake.out);
	assert_null(strchr(fake.out, '\a'));
}

#define TWO  OFF(ID_A) "," OFF(ID_B)
#define FOUR TWO "," TWO

static void status_shows_no_more_than_ten(void **state)
{
	static const struct fake_route routes[] = {
		{ "GET /v1/status", 200, COUNTS(13, 0, 10, 3, 0, 0, 0) },
		{ "GET /v1/subscriptions?state=disabled&limit=10", 200,
		  PAGE(FOUR "," FOUR "," TWO, "null") },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(routes, "status"), 1);
	assert_non_null(strstr(fake.out, "\nand 3 more: jitd-ctl list --state "
	                                 "absent\n"));
	assert_null(strstr(fake.out, "--state disabled"));
}

static void status_exits_by_the_counts(void **state)
{
	static const struct {
		const char *document;
		int status;
	} cases[] = {
		{ COUNTS(0, 0, 0, 0, 0, 0, 0), 4 },
		{ COUNTS(3, 3, 0, 0, 0, 0, 0), 0 },
		{ COUNTS(3, 2, 1, 0, 0, 0, 0), 1 },
		{ COUNTS(3, 1, 0, 1, 1, 1, 0), 1 },
		{ COUNTS(3, 2, 0, 0, 1, 0, 0), 4 },
		{ COUNTS(3, 3, 0, 0, 0, 1, 0), 4 },
		{ "{\"schema_version\":1}", 7 },
		{ "{\"schema_version\":1,\"subscriptions\":{}}", 7 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fake_route routes[] = {
			{ "GET /v1/status", 200, cases[i].document },
			{ NULL, 0, NULL },
		};

		assert_int_equal(fake_run(routes, "status --json"),
		                 cases[i].status);
	}
}

static void muted_ones_do_not_count(void **state)
{
	static const struct fake_route routes[] = {
		{ "GET /v1/status", 200, COUNTS(3, 2, 1, 0, 0, 1, 1) },
		{ LIST "&muted=true", 200,
		  PAGE("{\"state\":\"disabled\",\"stale\":true,\"muted\":{}}",
		       "null") },
		{ NULL, 0, NULL },
	};

	assert_int_equal(fake_run(routes, "status"), 0);
	assert_non_null(strstr(fake.out, "3 in all: 2 enabled, 0 disabled"));
	assert_non_null(strstr(fake.out, "0 stale, 1 muted"));
}

#define TEST(name) cmocka_unit_test_teardown(name, fake_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pages_are_followed_to_the_last),
		TEST(an_endless_listing_is_refused),
		TEST(what_is_no_list_is_refused),
		TEST(filters_are_jitds_to_apply),
		TEST(the_exit_status_tells_what_was_listed),
		TEST(a_table_has_a_line_for_each),
		TEST(color_is_there_where_it_is_wanted),
		TEST(csv_has_a_column_for_each_member),
		TEST(json_is_one_document_as_jitd_wrote_it),
		TEST(show_tells_all_that_is_known),
		TEST(show_takes_a_name_or_a_prefix),
		TEST(show_json_is_the_document),
		TEST(an_unknown_subscription_ends_with_2),
		TEST(status_is_one_screen),
		TEST(status_shows_no_more_than_ten),
		TEST(status_exits_by_the_counts),
		TEST(muted_ones_do_not_count),
	};

	return cmocka_run_group_tests_name("subscriptions", tests, NULL, NULL);
}
