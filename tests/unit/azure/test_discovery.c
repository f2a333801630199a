/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/discovery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "azure/arm.h"
#include "azure/token.h"
#include "azure/world.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#define ROWS_KEPT 16

/* What a discovery brought; the first rows of it. */
struct result {
	unsigned calls;
	struct failure failure; /* FAILURE_NONE: none */
	size_t count;
	struct {
		char id[TEXT_GUID_SIZE];
		char name[300];
		char tenant_id[TEXT_GUID_SIZE];
		char azure_state[16];
	} rows[ROWS_KEPT];
};

struct fixture {
	struct world *world;
	struct token *token;
	struct arm *arm;
};

static void on_done(const struct failure *failure, const struct listed *rows,
                    size_t count, void *user)
{
	struct result *result = user;

	result->calls++;
	result->failure = failure ? *failure : (struct failure){ 0 };
	result->count = count;
	for (size_t i = 0; i < count && i < ROWS_KEPT; i++) {
		snprintf(result->rows[i].id, TEXT_GUID_SIZE, "%s", rows[i].id);
		snprintf(result->rows[i].name, sizeof(result->rows[i].name),
		         "%s", rows[i].name ? rows[i].name : "(null)");
		snprintf(result->rows[i].tenant_id, TEXT_GUID_SIZE, "%s",
		         rows[i].tenant_id ? rows[i].tenant_id : "(null)");
		snprintf(result->rows[i].azure_state, 16, "%s",
		         rows[i].azure_state ? rows[i].azure_state : "(null)");
	}
}

static int begin(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));
	void *world;

	if (world_begin(&world) < 0)
		return -1;
	fixture->world = world;
	fixture->token =
		token_new(fixture->world->loop,
	                  world_client_secret(fixture->world), NULL, NULL);
	fixture->arm = arm_new(fixture->world->loop, fixture->world->http,
	                       &(struct arm_options){
				       .endpoint = WORLD_ENDPOINT,
				       .max_in_flight = 32,
				       .timeout_ms = 30000,
			       });
	*state = fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;
	void *world = fixture->world;

	arm_free(fixture->arm);
	token_free(fixture->token);
	free(fixture);
	return world_end(&world);
}

static struct result discover(struct fixture *fixture, const char *group)
{
	struct result result = { 0 };

	discovery_start(fixture->arm, fixture->token, group, on_done, &result);
	assert_int_equal(result.calls, 0);
	fake_loop_run_ms(fixture->world->loop, 100000);
	assert_int_equal(result.calls, 1);
	return result;
}

/* The result where ARM answers with these bodies, one after the other. */
static struct result answered(struct fixture *fixture, const char *group,
                              const char *first, const char *second)
{
	struct script *script = &fixture->world->arm;

	script_clear(script);
	script_add(script, (struct fake_answer){ .body = first });
	if (second)
		script_add(script, (struct fake_answer){ .body = second });
	return discover(fixture, group);
}

#define ID(n)  "5c0ffee1-0001-4000-8000-00000000000" #n
#define ROW(n) "{\"subscriptionId\":\"" ID(n) "\",\"state\":\"Enabled\"}"

static void rows_are_read_as_arm_writes_them(void **state)
{
	struct fixture *fixture = *state;
	scoped(string_free) char *body = world_document("subscriptions.json");
	struct result result = answered(fixture, NULL, body, NULL);

	assert_int_equal(result.failure.class, FAILURE_NONE);
	assert_int_equal(result.count, 5);
	assert_string_equal(world_last(fixture->world, false)->url,
	                    WORLD_ENDPOINT
	                    "/subscriptions?api-version=2022-12-01");
	assert_string_equal(result.rows[0].id, ID(1));
	assert_string_equal(result.rows[0].name, "Contoso production");
	assert_string_equal(result.rows[0].tenant_id, WORLD_TENANT);
	assert_string_equal(result.rows[0].azure_state, "Enabled");
	assert_string_equal(result.rows[1].id, ID(2));
	assert_string_equal(result.rows[1].name, "Only an?id");
	assert_string_equal(result.rows[1].tenant_id, "(null)");
	assert_string_equal(result.rows[1].azure_state, "Warned");
	assert_string_equal(result.rows[2].id, ID(4));
	assert_string_equal(result.rows[2].name, "(null)");
	assert_string_equal(result.rows[3].id, ID(5));
	assert_string_equal(result.rows[3].azure_state, "Disabled");
	assert_string_equal(result.rows[4].id, ID(6));
	assert_string_equal(result.rows[4].azure_state, "(null)");
}

static void every_link_is_followed(void **state)
{
	struct fixture *fixture = *state;
	struct result result = answered(
		fixture, NULL,
		"{\"value\":[" ROW(1) "],\"nextLink\":\"" WORLD_ENDPOINT
				      "/subscriptions?$skiptoken=2\"}",
		"{\"value\":[" ROW(2) "," ROW(1) "],\"nextLink\":null}");

	assert_int_equal(result.count, 2);
	assert_string_equal(world_last(fixture->world, false)->url,
	                    WORLD_ENDPOINT "/subscriptions?$skiptoken=2");
	assert_string_equal(result.rows[1].id, ID(2));
}

static void an_empty_page_may_have_a_next(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(
		answered(fixture, NULL,
	                 "{\"value\":[],\"nextLink\":\"/subscriptions?b\"}",
	                 "{\"value\":[" ROW(1) "],\"nextLink\":\"\"}")
			.count,
		1);
	assert_int_equal(answered(fixture, NULL, "{\"value\":[]}", NULL).count,
	                 0);
}

static void what_fails_half_way_gives_no_rows(void **state)
{
	struct fixture *fixture = *state;
	struct script *script = &fixture->world->arm;
	struct result result;

	script_add(script,
	           (struct fake_answer){ .body = "{\"value\":[" ROW(
						 1) "],"
	                                            "\"nextLink\":\"/b\"}" });
	script_add(script,
	           (struct fake_answer){
			   .status = 429,
			   .headers = "Retry-After: 9\nx-ms-request-id: r\n",
			   .body = "{\"error\":{\"code\":\"Slow\","
				   "\"message\":\"Slower.\"}}" });
	result = discover(fixture, NULL);
	assert_int_equal(result.failure.class, FAILURE_THROTTLED);
	assert_int_equal(result.failure.retry_after_ms, 9000);
	assert_int_equal(result.failure.http_status, 429);
	assert_string_equal(result.failure.code, "Slow");
	assert_string_equal(result.failure.message, "Slower.");
	assert_string_equal(result.failure.correlation_id, "r");
	assert_int_equal(result.count, 0);
}

static void ill_formed_listings_are_refused(void **state)
{
	static const char *const bodies[] = {
		"[]",
		"{}",
		"{\"value\":null}",
		"{\"value\":{}}",
		"{\"value\":[]",
		"{\"value\":[],\"nextLink\":7}",
		"{\"value\":[],\"nextLink\":{}}",
		"{\"value\":[" ROW(1) "],\"value\":[" ROW(2) "]}",
		"{\"value\":[],\"value\":[" ROW(2) "]}",
		"{\"value\":[" ROW(1) ROW(2) "]}",
		"{\"value\":[" ROW(1) ",]}",
		"{\"value\":[," ROW(1) "]}",
		"{\"value\":[" ROW(1) "]]}",
		"{\"value\":[" ROW(1) "}]}",
		"{\"value\":[7]}",
		"{\"value\":[null]}",
		"{\"value\":[{}]}",
		"{\"value\":[" ROW(1) ",{\"state\":\"Enabled\"}]}",
		"{\"value\":[{\"subscriptionId\":\"..\"}]}",
		"{\"value\":[{\"subscriptionId\":7,\"id\":"
		"\"/subscriptions/" ID(1) "\"}]}",
		"{\"value\":[{\"subscriptionId\":\"" ID(1) "/x\"}]}",
		"{\"value\":[{\"id\":\"/subscriptions/" ID(1) "/x\"}]}",
		"{\"value\":[{\"id\":\"/subscriptions/\"}]}",
		"{\"value\":[{\"id\":\"" ID(1) "\"}]}",
		/* Also where it would not have been polled. */
		"{\"value\":[{\"id\":\"x\",\"state\":\"Deleted\"}]}",
		"{\"value\":[],\"nextLink\":\"https://evil.example/\"}",
		"{\"value\":[],\"nextLink\":\"/a b\"}",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct result result = answered(fixture, NULL, bodies[i], NULL);

		assert_int_equal(result.failure.class, FAILURE_INVALID);
		assert_int_equal(result.count, 0);
		assert_true(strlen(result.failure.message) > 20);
	}
}

static void a_listing_with_a_nul_in_it_is_refused(void **state)
{
	static const char body[] = "{\"value\":[" ROW(1) "]}\0{}";
	struct fixture *fixture = *state;
	struct result result;

	script_add(&fixture->world->arm,
	           (struct fake_answer){ .body = body,
	                                 .size_bytes = sizeof(body) - 1 });
	result = discover(fixture, NULL);
	assert_int_equal(result.failure.class, FAILURE_INVALID);
}

static void a_broken_id_is_named(void **state)
{
	struct fixture *fixture = *state;
	struct result result = answered(
		fixture, NULL,
		"{\"value\":[{\"subscriptionId\":\"../../me\"}]}", NULL);

	assert_string_equal(
		result.failure.message,
		"the listing of subscriptions cannot be used: a "
		"row has the id '../../me', which is no GUID: it is "
		"not sent on");
}

static void a_circle_of_links_is_left(void **state)
{
	struct fixture *fixture = *state;
	struct result result = answered(
		fixture, NULL, "{\"value\":[],\"nextLink\":\"/a\"}", NULL);

	assert_int_equal(result.failure.class, FAILURE_INVALID);
	assert_int_equal(fixture->world->asked_arm, 2);
}

/* ARM of as many pages as are asked for, of so many new rows each. */
struct pages {
	size_t left;
	size_t rows;
	size_t next_id;
	struct buf body;
};

static void serve_pages(const struct fake_request *request,
                        struct fake_answer *answer, void *user)
{
	struct pages *pages = user;

	buf_clear(&pages->body);
	buf_add_text(&pages->body, "{\"value\":[");
	for (size_t i = 0; i < pages->rows; i++, pages->next_id++)
		buf_add_format(&pages->body,
		               "%s{\"subscriptionId\":\"%08zx-0001-4000-8000-"
		               "000000000000\",\"displayName\":\"Number %zu\","
		               "\"tenantId\":\"" WORLD_TENANT
		               "\",\"state\":\"Enabled\"}",
		               i ? "," : "", pages->next_id, pages->next_id);
	buf_add_text(&pages->body, "]");
	if (pages->left-- > 1)
		buf_add_format(&pages->body, ",\"nextLink\":\"/p?%zu\"",
		               pages->left);
	buf_add_text(&pages->body, "}");
	answer->body = buf_text(&pages->body);
	answer->size_bytes = pages->body.size_bytes;
}

static struct result serve_and_discover(struct fixture *fixture,
                                        struct pages *pages)
{
	struct result result;

	buf_init(&pages->body, BUF_NO_CAP);
	fixture->world->serve_arm = serve_pages;
	fixture->world->serve_user = pages;
	result = discover(fixture, NULL);
	buf_done(&pages->body);
	return result;
}

static void a_hundred_thousand_rows_are_fine(void **state)
{
	struct pages pages = { .left = 100, .rows = 1000 };
	struct result result = serve_and_discover(*state, &pages);

	assert_int_equal(result.failure.class, FAILURE_NONE);
	assert_int_equal(result.count, 100000);
	assert_string_equal(result.rows[9].id,
	                    "00000009-0001-4000-8000-000000000000");
	assert_string_equal(result.rows[9].name, "Number 9");
}

static void a_listing_ends_at_some_time(void **state)
{
	struct pages pages = { .left = SIZE_MAX, .rows = 1 };
	struct result result = serve_and_discover(*state, &pages);

	assert_int_equal(result.failure.class, FAILURE_INVALID);
	assert_non_null(strstr(result.failure.message, "2000 pages"));
	assert_int_equal(((struct fixture *)*state)->world->asked_arm,
	                 DISCOVERY_PAGES_MAX + 1);

	pages = (struct pages){ .left = SIZE_MAX, .rows = 50000 };
	result = serve_and_discover(*state, &pages);
	assert_int_equal(result.failure.class, FAILURE_INVALID);
	assert_non_null(strstr(result.failure.message, "250000 rows"));
}

static void of_a_group_only_its_descendants_are_given(void **state)
{
	struct fixture *fixture = *state;
	scoped(string_free) char *group = world_document("descendants.json");
	scoped(string_free) char *body = world_document("subscriptions.json");
	struct result result =
		answered(fixture, "Landing (zone)/1", group, body);

	assert_int_equal(result.failure.class, FAILURE_NONE);
	assert_string_equal(
		fixture->world->asked[1].url, WORLD_ENDPOINT
		"/providers/Microsoft.Management/managementGroups/"
		"Landing%20%28zone%29%2F1/descendants?api-version=2020-05-01");
	assert_int_equal(result.count, 2);
	assert_string_equal(result.rows[0].id, ID(1));
	assert_string_equal(result.rows[1].id, ID(4));
}

static void pages_of_a_group_are_followed_too(void **state)
{
	struct fixture *fixture = *state;
	struct script *script = &fixture->world->arm;

	script_add(script,
	           (struct fake_answer){ .body = "{\"value\":[],\"nextLink\":"
	                                         "\"/subscriptions?b\"}" });
	script_add(script,
	           (struct fake_answer){
			   .body = "{\"value\":[{\"id\":\"/subscriptions/" ID(
				   2) "\"}]}" });
	script_add(script,
	           (struct fake_answer){ .body = "{\"value\":[" ROW(
						 1) "],"
	                                            "\"nextLink\":"
	                                            "\"/subscriptions?b\"}" });
	script_add(script,
	           (struct fake_answer){ .body = "{\"value\":[" ROW(2) "]}" });
	assert_int_equal(discover(fixture, "g").count, 1);
	assert_int_equal(fixture->world->asked_arm, 4);
}

static void a_group_that_cannot_be_listed_is_named(void **state)
{
	static const char *const bad[] = {
		"{\"value\":[{\"type\":\"/subscriptions\"}]}",
		"{\"value\":[{\"type\":\"/subscriptions\",\"name\":\"x\"}]}",
		"{\"value\":[{\"id\":\"/subscriptions/..\"}]}",
		"{\"value\":[\"x\"]}",
	};
	struct fixture *fixture = *state;
	struct result result;

	script_add(&fixture->world->arm,
	           (struct fake_answer){
			   .status = 403,
			   .body = "{\"error\":{\"code\":\"AuthorizationFailed"
				   "\",\"message\":\"No.\"}}" });
	result = discover(fixture, "root");
	assert_int_equal(result.failure.class, FAILURE_FORBIDDEN);
	assert_string_equal(result.failure.message,
	                    "management group root: No.");
	assert_string_equal(result.failure.code, "AuthorizationFailed");

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		result = answered(fixture, "root", bad[i], NULL);
		assert_int_equal(result.failure.class, FAILURE_INVALID);
		assert_non_null(strstr(result.failure.message, "group root: "));
	}
}

static void it_may_be_cancelled(void **state)
{
	struct fixture *fixture = *state;
	struct result result = { 0 };
	struct discovery *discovery = discovery_start(
		fixture->arm, fixture->token, "g", on_done, &result);

	discovery_cancel(NULL);
	fake_loop_run_ms(fixture->world->loop, 15);
	discovery_cancel(discovery);
	fake_loop_run_ms(fixture->world->loop, 100000);
	assert_int_equal(result.calls, 0);
	assert_int_equal(arm_pending(fixture->arm), 0);
}

#define arm_test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		arm_test(rows_are_read_as_arm_writes_them),
		arm_test(every_link_is_followed),
		arm_test(an_empty_page_may_have_a_next),
		arm_test(what_fails_half_way_gives_no_rows),
		arm_test(ill_formed_listings_are_refused),
		arm_test(a_listing_with_a_nul_in_it_is_refused),
		arm_test(a_broken_id_is_named),
		arm_test(a_circle_of_links_is_left),
		arm_test(a_hundred_thousand_rows_are_fine),
		arm_test(a_listing_ends_at_some_time),
		arm_test(of_a_group_only_its_descendants_are_given),
		arm_test(pages_of_a_group_are_followed_too),
		arm_test(a_group_that_cannot_be_listed_is_named),
		arm_test(it_may_be_cancelled),
	};

	return cmocka_run_group_tests_name("discovery", tests, NULL, NULL);
}
