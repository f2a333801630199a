/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/arm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "azure/token.h"
#include "azure/world.h"
#include "base/chance.h"
#include "base/mem.h"

#define SECOND INT64_C(1000)
#define PATH   "/subscriptions/1?api-version=1"

/* What a call brought. */
struct result {
	unsigned calls;
	struct failure failure;
	char body[64];
	int64_t duration_ms;
};

/* ARM, and one token for it. */
struct fixture {
	struct world *world;
	struct token *token;
	struct arm *arm;
};

static void on_done(const struct arm_reply *reply, void *user)
{
	struct result *result = user;

	result->calls++;
	result->failure = reply->failure;
	result->duration_ms = reply->duration_ms;
	snprintf(result->body, sizeof(result->body), "%.*s",
	         (int)reply->size_bytes, reply->body);
}

static struct arm *arm_of(struct world *world, unsigned max_in_flight,
                          double max_rate_per_s)
{
	return arm_new(world->loop, world->http,
	               &(struct arm_options){
			       .endpoint = WORLD_ENDPOINT,
			       .max_in_flight = max_in_flight,
			       .max_rate_per_s = max_rate_per_s,
			       .timeout_ms = 30000,
		       });
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
	fixture->arm = arm_of(fixture->world, 32, 0);
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

static struct result get(struct fixture *fixture, const char *path_or_url)
{
	struct result result = { 0 };

	arm_get(fixture->arm, fixture->token, path_or_url,
	        ARM_DOCUMENT_MAX_BYTES, on_done, &result);
	assert_int_equal(result.calls, 0);
	fake_loop_run_ms(fixture->world->loop, 60 * SECOND);
	assert_int_equal(result.calls, 1);
	assert_int_equal(arm_pending(fixture->arm), 0);
	return result;
}

/* The result of one answer of ARM's. */
static struct result answered(struct fixture *fixture,
                              struct fake_answer answer)
{
	script_clear(&fixture->world->arm);
	script_add(&fixture->world->arm, answer);
	return get(fixture, PATH);
}

static void a_call_bears_the_token_and_an_id(void **state)
{
	struct fixture *fixture = *state;
	struct result result = get(fixture, PATH);
	const struct asked *asked = world_last(fixture->world, false);
	const char *id = strstr(asked->headers, "x-ms-client-request-id: ");

	assert_int_equal(result.failure.class, FAILURE_NONE);
	assert_string_equal(result.body, "{}");
	assert_int_equal(result.duration_ms, 10);
	assert_string_equal(asked->method, "GET");
	assert_string_equal(asked->url, WORLD_ENDPOINT PATH);
	assert_string_equal(asked->bearer, "token-1");
	assert_non_null(strstr(asked->headers, "Accept: application/json\n"));
	assert_non_null(id);
	id = strchr(id, ' ') + 1;
	assert_int_equal(strcspn(id, "\n"), 36);
	assert_int_equal(id[14], '4');
	assert_non_null(memchr("89ab", id[19], 4));
}

static void statuses_have_their_classes(void **state)
{
	static const struct {
		int status;
		enum failure_class class;
	} rows[] = {
		{ 403, FAILURE_FORBIDDEN }, { 404, FAILURE_NOT_FOUND },
		{ 408, FAILURE_SERVER },    { 429, FAILURE_THROTTLED },
		{ 500, FAILURE_SERVER },    { 502, FAILURE_SERVER },
		{ 503, FAILURE_SERVER },    { 504, FAILURE_SERVER },
		{ 599, FAILURE_SERVER },    { 201, FAILURE_INVALID },
		{ 204, FAILURE_INVALID },   { 301, FAILURE_INVALID },
		{ 302, FAILURE_INVALID },   { 400, FAILURE_INVALID },
		{ 409, FAILURE_INVALID },   { 412, FAILURE_INVALID },
		{ 418, FAILURE_INVALID },   { 600, FAILURE_INVALID },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char expected[64];
		struct result result = answered(
			fixture,
			(struct fake_answer){ .status = rows[i].status,
		                              .body = "<html>who?</html>" });

		snprintf(expected, sizeof(expected),
		         "ARM answered %d without an explanation",
		         rows[i].status);
		assert_int_equal(result.failure.class, rows[i].class);
		assert_int_equal(result.failure.http_status, rows[i].status);
		assert_string_equal(result.failure.message, expected);
		assert_string_equal(result.failure.code, "");
		assert_string_equal(result.body, "");
	}
}

static void what_is_no_answer_has_its_class(void **state)
{
	static const struct {
		enum http_error error;
		enum failure_class class;
	} rows[] = {
		{ HTTP_TIMEOUT, FAILURE_TIMEOUT },
		{ HTTP_TLS, FAILURE_TLS },
		{ HTTP_NETWORK, FAILURE_NETWORK },
		{ HTTP_DROPPED, FAILURE_NETWORK },
		{ HTTP_TOO_LARGE, FAILURE_INVALID },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct result result = answered(
			fixture,
			(struct fake_answer){ .error = rows[i].error,
		                              .error_text = "it is broken" });

		assert_int_equal(result.failure.class, rows[i].class);
		assert_string_equal(result.failure.message, "it is broken");
		assert_int_equal(result.failure.http_status, 0);
	}
	assert_int_equal(
		answered(fixture, (struct fake_answer){ .error = HTTP_TOO_LARGE,
	                                                .status = 200 })
			.failure.http_status,
		200);
}

static void a_200_without_a_body_is_invalid(void **state)
{
	struct fixture *fixture = *state;
	struct result result =
		answered(fixture, (struct fake_answer){ .status = 200 });

	assert_int_equal(result.failure.class, FAILURE_INVALID);
	assert_int_equal(result.failure.http_status, 200);
}

static void the_words_are_arms_own(void **state)
{
	static const char *const bodies[] = {
		"{\"error\":{\"code\":\"AuthorizationFailed\","
		"\"message\":\"The client\\r\\nhas no right.\"}}",
		"{\"Error\":{\"Code\":\"AuthorizationFailed\","
		"\"Message\":\"The client\\r\\nhas no right.\",\"target\":0}}",
		"{\"code\":\"AuthorizationFailed\","
		"\"message\":\"The client\\r\\nhas no right.\"}",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct result result = answered(
			fixture, (struct fake_answer){ .status = 403,
		                                       .body = bodies[i] });

		assert_string_equal(result.failure.code, "AuthorizationFailed");
		assert_string_equal(result.failure.message,
		                    "The client??has no right.");
	}
}

static void words_of_other_shapes_are_left_out(void **state)
{
	static const char *const bodies[] = {
		"{\"error\":{\"code\":7,\"message\":{}}}",
		"{\"error\":\"x\"}",
		"{\"error\":[]}",
		"[]",
		"null",
		"\"x\"",
		"",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_string_equal(
			answered(fixture,
		                 (struct fake_answer){ .status = 404,
		                                       .body = bodies[i] })
				.failure.message,
			"ARM answered 404 without an explanation");
	assert_string_equal(
		answered(fixture,
	                 (struct fake_answer){
				 .status = 404,
				 .body = "{\"error\":{\"code\":\"Gone\"}}" })
			.failure.message,
		"ARM answered 404, Gone");
}

static void no_failure_repeats_the_token(void **state)
{
	struct fixture *fixture = *state;
	struct result result = answered(
		fixture,
		(struct fake_answer){
			.status = 400,
			.body = "{\"error\":{\"code\":\"token-1\","
				"\"message\":\"Bearer token-1 is bad\"}}" });

	assert_null(strstr(result.failure.message, "token-1"));
	assert_string_equal(result.failure.code, "");
}

static void ids_for_support_are_kept(void **state)
{
	struct fixture *fixture = *state;
	const char *both = "x-ms-request-id: r\n"
			   "X-MS-Correlation-Request-Id: c\n";
	struct fake_answer answer = { .status = 500, .headers = both };

	assert_string_equal(answered(fixture, answer).failure.correlation_id,
	                    "c");
	answer.headers = "x-ms-request-id: r\n";
	assert_string_equal(answered(fixture, answer).failure.correlation_id,
	                    "r");
}

static void retry_after_is_read_in_each_form(void **state)
{
	static const struct {
		const char *headers;
		int64_t ms;
	} rows[] = {
		{ "Retry-After: 6\n", 6000 },
		{ "Retry-After: 0\n", 0 },
		{ "retry-after: 3600\n", 3600000 },
		{ "Retry-After: 3601\n", 3600000 },
		{ "Retry-After: 9223372036854775\n", 3600000 },
		{ "Retry-After: 18446744073709551615\n", 3600000 },
		{ "Retry-After: 99999999999999999999999\n", 3600000 },
		{ "Retry-After: -5\n", 0 },
		{ "Retry-After: 1.5\n", 0 },
		{ "Retry-After: soon\n", 0 },
		{ "Retry-After: 6\nretry-after-ms: 250\n", 250 },
		{ "Retry-After: 6\nx-ms-retry-after-ms: 251\n", 251 },
		{ "x-ms-retry-after-ms: 251\nretry-after-ms: 250\n", 250 },
		{ "Retry-After: 6\nretry-after-ms: junk\n", 6000 },
		{ "Date: Mon, 23 Nov 2026 00:49:53 GMT\n"
		  "Retry-After: Mon, 23 Nov 2026 00:50:03 GMT\n",
		  10000 },
		{ "Date: Mon, 23 Nov 2026 00:49:53 GMT\n"
		  "Retry-After: Mon, 23 Nov 2026 00:49:03 GMT\n",
		  0 },
		{ "Date: Mon, 23 Nov 2026 00:49:53 GMT\n"
		  "Retry-After: Tue, 24 Nov 2026 00:49:03 GMT\n",
		  3600000 },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(answered(fixture,
		                          (struct fake_answer){
						  .status = 429,
						  .headers = rows[i].headers })
		                         .failure.retry_after_ms,
		                 rows[i].ms);
}

static void a_date_is_measured_by_our_clock_if_need_be(void **state)
{
	struct fixture *fixture = *state;
	struct fake_answer answer = {
		.status = 503,
		.headers = "Retry-After: Sun, 01 Jan 2040 00:00:00 GMT\n",
	};

	assert_int_equal(answered(fixture, answer).failure.retry_after_ms,
	                 3600000);
	fake_loop_step_wall(fixture->world->loop,
	                    2208988800000 - 100000 -
	                            loop_wall_unix_ms(fixture->world->loop));
	assert_in_range(answered(fixture, answer).failure.retry_after_ms, 99000,
	                100000);
}

static void a_401_is_mended_by_a_new_token(void **state)
{
	struct fixture *fixture = *state;
	struct world *world = fixture->world;

	script_add(&world->arm,
	           (struct fake_answer){
			   .status = 401,
			   .body = "{\"error\":{\"code\":"
				   "\"ExpiredAuthenticationToken\"}}" });
	script_add(&world->arm, (struct fake_answer){ .body = "[1]" });
	assert_string_equal(get(fixture, PATH).body, "[1]");
	assert_int_equal(world->asked_arm, 2);
	assert_int_equal(world->asked_authority, 2);
	assert_string_equal(world->asked[1].bearer, "token-1");
	assert_string_equal(world->asked[3].bearer, "token-2");
	assert_string_equal(world->asked[1].headers, world->asked[3].headers);
}

static void a_second_401_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct result result = answered(
		fixture,
		(struct fake_answer){
			.status = 401,
			.headers = "x-ms-request-id: r\n",
			.body = "{\"error\":{\"code\":\"InvalidAuthentication"
				"Token\",\"message\":\"Bad.\"}}" });

	assert_int_equal(result.failure.class, FAILURE_CREDENTIAL);
	assert_int_equal(result.failure.http_status, 401);
	assert_string_equal(result.failure.code, "InvalidAuthenticationToken");
	assert_string_equal(result.failure.correlation_id, "r");
	assert_string_equal(result.failure.message,
	                    "ARM refused the token, and a new one too: Bad.");
	assert_int_equal(fixture->world->asked_arm, 2);
	assert_int_equal(fixture->world->asked_authority, 2);
}

/* ARM that refuses the first token, now sooner, now later. */
static void serve_refusing_first(const struct fake_request *request,
                                 struct fake_answer *answer, void *user)
{
	answer->body = "{}";
	if (strcmp(request->bearer, "token-1") == 0) {
		answer->status = 401;
		answer->delay_ms = strstr(request->url, "/late") ? 5000 : 10;
	}
}

static void a_late_401_of_an_old_token_is_mended_too(void **state)
{
	struct fixture *fixture = *state;
	struct world *world = fixture->world;
	struct result early = { 0 }, late = { 0 };

	world->serve_arm = serve_refusing_first;
	arm_get(fixture->arm, fixture->token, "/early", 9, on_done, &early);
	arm_get(fixture->arm, fixture->token, "/late", 9, on_done, &late);
	fake_loop_run_ms(world->loop, 10 * SECOND);
	assert_string_equal(early.body, "{}");
	assert_string_equal(late.body, "{}");
	assert_int_equal(world->asked_arm, 4);
	assert_int_equal(world->asked_authority, 2);
}

static void of_another_tenant_the_token_is_kept(void **state)
{
	struct fixture *fixture = *state;
	struct result result = answered(
		fixture,
		(struct fake_answer){
			.status = 401,
			.body = "{\"error\":{\"code\":\"InvalidAuthentication"
				"TokenTenant\",\"message\":\"The access token "
				"is from the wrong issuer.\"}}" });

	assert_int_equal(result.failure.class, FAILURE_TENANT_MISMATCH);
	assert_int_equal(fixture->world->asked_arm, 1);
	assert_int_equal(fixture->world->asked_authority, 1);
	assert_non_null(token_get(fixture->token));
}

/* ARM that refuses one subscription whatever it bears. */
static void serve_odd_one(const struct fake_request *request,
                          struct fake_answer *answer, void *user)
{
	answer->body = "{}";
	if (strstr(request->url, "/odd"))
		answer->status = 401;
}

static void one_odd_subscription_does_not_stop_the_tenant(void **state)
{
	struct fixture *fixture = *state;
	struct world *world = fixture->world;

	world->serve_arm = serve_odd_one;
	for (int i = 0; i < 10; i++) {
		struct result odd = { 0 }, even = { 0 };

		arm_get(fixture->arm, fixture->token, "/odd", 100, on_done,
		        &odd);
		fake_loop_run_ms(world->loop, SECOND);
		arm_get(fixture->arm, fixture->token, "/even", 100, on_done,
		        &even);
		fake_loop_run_ms(world->loop, SECOND);
		assert_int_equal(odd.failure.class, FAILURE_CREDENTIAL);
		assert_string_equal(even.body, "{}");
		assert_non_null(strstr(odd.failure.message,
		                       i ? "other calls" : "a new one too"));
	}
	assert_int_equal(world->asked_authority, 2);
}

static void without_a_token_the_call_says_why(void **state)
{
	struct fixture *fixture = *state;
	struct result result;

	script_add(&fixture->world->authority,
	           (struct fake_answer){ .status = 503 });
	result = get(fixture, PATH);
	assert_int_equal(result.failure.class, FAILURE_CREDENTIAL);
	assert_non_null(strstr(result.failure.message, "answered 503"));
	assert_int_equal(fixture->world->asked_arm, 0);
	assert_string_equal(result.body, "");
}

static void what_a_dying_connection_took_is_sent_once_more(void **state)
{
	struct fixture *fixture = *state;
	struct world *world = fixture->world;

	script_add(&world->arm, (struct fake_answer){ .error = HTTP_DROPPED });
	script_add(&world->arm, (struct fake_answer){ .body = "{}" });
	assert_int_equal(get(fixture, PATH).failure.class, FAILURE_NONE);
	assert_int_equal(world->asked_arm, 2);

	script_clear(&world->arm);
	script_add(&world->arm, (struct fake_answer){ .error = HTTP_DROPPED });
	assert_int_equal(get(fixture, PATH).failure.class, FAILURE_NETWORK);
	assert_int_equal(world->asked_arm, 4);

	script_clear(&world->arm);
	script_add(&world->arm, (struct fake_answer){ .error = HTTP_NETWORK });
	assert_int_equal(get(fixture, PATH).failure.class, FAILURE_NETWORK);
	assert_int_equal(world->asked_arm, 5);
}

static void links_of_arms_own_are_followed(void **state)
{
	static const char *const links[] = {
		WORLD_ENDPOINT "/x?$skiptoken=%7b1%7d!~",
		WORLD_ENDPOINT ":443/x",
		"HTTPS://MANAGEMENT.azure.com/x",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		assert_int_equal(get(fixture, links[i]).failure.class,
		                 FAILURE_NONE);
		assert_string_equal(world_last(fixture->world, false)->url,
		                    links[i]);
	}
}

static void links_to_elsewhere_are_not_followed(void **state)
{
	static const char *const links[] = {
		"https://evil.example/x",
		"http://management.azure.com/x",
		"https://management.azure.com.evil.example/x",
		"https://management.azure.com:444/x",
		"https://management.azure.com@evil.example/x",
		"https://me:pw@management.azure.com/x",
		"//evil.example/x\n",
		"/x y",
		"/x\r\nHost: evil",
		"/\xc3\xa4",
		"subscriptions",
		"file:///etc/passwd",
		"",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct result result = get(fixture, links[i]);

		assert_int_equal(result.failure.class, FAILURE_INVALID);
		assert_true(strlen(result.failure.message) > 10);
	}
	assert_int_equal(fake_http_requests(fixture->world->http), 0);
}

static void no_more_than_so_many_are_in_flight(void **state)
{
	struct fixture *fixture = *state;
	struct world *world = fixture->world;
	struct arm *arm = arm_of(world, 7, 0);
	struct result result = { 0 };

	get(fixture, PATH);
	for (int i = 0; i < 100; i++)
		arm_get(arm, fixture->token, PATH, 100, on_done, &result);
	assert_int_equal(arm_pending(arm), 100);
	fake_loop_run_ms(world->loop, 10);
	assert_int_equal(result.calls, 7);
	assert_int_equal(arm_pending(arm), 93);
	fake_loop_run_ms(world->loop, SECOND);
	assert_int_equal(result.calls, 100);
	assert_int_equal(fake_http_most_in_flight(world->http), 7);
	arm_free(arm);
}

static void they_go_in_the_order_in_which_they_came(void **state)
{
	struct fixture *fixture = *state;
	struct world *world = fixture->world;
	struct arm *arm = arm_of(world, 3, 0);
	struct result result = { 0 };

	for (int i = 0; i < 100; i++) {
		scoped(string_free) char *path = xasprintf("/%d", i);

		arm_get(arm, fixture->token, path, 100, on_done, &result);
	}
	fake_loop_run_ms(world->loop, SECOND);
	for (int i = 0; i < 100; i++) {
		scoped(string_free) char *url =
			xasprintf(WORLD_ENDPOINT "/%d", i);

		assert_string_equal(world->asked[i + 1].url, url);
	}
	arm_free(arm);
}

static void the_rate_is_kept_and_can_be_set(void **state)
{
	struct fixture *fixture = *state;
	struct world *world = fixture->world;
	struct arm *arm = arm_of(world, 32, 10);
	struct result result = { 0 };
	size_t before;

	get(fixture, PATH);
	for (int i = 0; i < 200; i++)
		arm_get(arm, fixture->token, PATH, 100, on_done, &result);
	fake_loop_run_ms(world->loop, 5 * SECOND);
	assert_in_range(result.calls, 50, 70);
	before = result.calls;
	fake_loop_run_ms(world->loop, 2 * SECOND);
	assert_in_range(result.calls - before, 19, 21);
	arm_set_rate(arm, 0.001);
	fake_loop_run_ms(world->loop, 10 * SECOND);
	assert_in_range(result.calls, before + 19, before + 25);
	arm_set_rate(arm, 0);
	fake_loop_run_ms(world->loop, SECOND);
	assert_int_equal(result.calls, 200);
	arm_free(arm);
	arm_free(NULL);
}

/* The token of one tenant does not come; another's calls go on. */
static void who_waits_for_a_token_holds_nobody_up(void **state)
{
	struct fixture *fixture = *state;
	struct world *world = fixture->world;
	struct arm *arm = arm_of(world, 1, 1);
	struct token *other = token_new(
		world->loop, world_access_token(world, "opaque"), NULL, NULL);
	struct result slow = { 0 }, quick = { 0 };

	script_add(&world->authority,
	           (struct fake_answer){ .error = HTTP_TIMEOUT,
	                                 .delay_ms = 20000 });
	for (int i = 0; i < 10; i++)
		arm_get(arm, fixture->token, PATH, 100, on_done, &slow);
	arm_get(arm, other, PATH, 100, on_done, &quick);
	fake_loop_run_ms(world->loop, SECOND);
	assert_int_equal(quick.calls, 1);
	assert_int_equal(slow.calls, 0);
	assert_int_equal(arm_pending(arm), 10);
	fake_loop_run_ms(world->loop, 20 * SECOND);
	assert_int_equal(slow.calls, 10);
	assert_int_equal(slow.failure.class, FAILURE_CREDENTIAL);
	assert_int_equal(world->asked_authority, 1);
	arm_free(arm);
	token_free(other);
}

static void a_call_may_be_cancelled_wherever_it_is(void **state)
{
	struct fixture *fixture = *state;
	struct world *world = fixture->world;
	struct arm *arm = arm_of(world, 1, 0);
	struct result cancelled = { 0 }, result = { 0 };
	struct arm_call *calls[4];

	arm_cancel(NULL);
	/* Queued; then both wait for the token; then one is sent. */
	calls[0] = arm_get(arm, fixture->token, PATH, 9, on_done, &cancelled);
	arm_cancel(calls[0]);
	calls[1] = arm_get(arm, fixture->token, PATH, 9, on_done, &cancelled);
	calls[2] = arm_get(arm, fixture->token, PATH, 9, on_done, &cancelled);
	fake_loop_run_ms(world->loop, 5);
	arm_cancel(calls[1]);
	fake_loop_run_ms(world->loop, 6);
	calls[3] = arm_get(arm, fixture->token, PATH, 9, on_done, &cancelled);
	arm_get(arm, fixture->token, PATH, 9, on_done, &result);
	assert_int_equal(http_in_flight(world->http), 1);
	arm_cancel(calls[2]);
	arm_cancel(calls[3]);
	fake_loop_run_ms(world->loop, SECOND);
	assert_int_equal(cancelled.calls, 0);
	assert_int_equal(result.calls, 1);
	assert_int_equal(arm_pending(arm), 0);
	arm_free(arm);
}

/* Frees arm when it is told. */
struct ender {
	struct arm *arm;
	unsigned calls;
};

static void on_done_free(const struct arm_reply *reply, void *user)
{
	struct ender *ender = user;

	ender->calls++;
	arm_free(steal(ender->arm));
}

static void it_may_be_freed_by_whom_it_tells(void **state)
{
	static const char *const paths[] = { PATH, "a fault" };
	struct fixture *fixture = *state;
	struct world *world = fixture->world;

	for (size_t i = 0; i < 2; i++) {
		struct ender ender = { arm_of(world, 32, 0), 0 };

		for (int j = 0; j < 3; j++)
			arm_get(ender.arm, fixture->token, paths[i], 100,
			        on_done_free, &ender);
		fake_loop_run_ms(world->loop, SECOND);
		assert_int_equal(ender.calls, 1);
		assert_int_equal(http_in_flight(world->http), 0);
	}
}

static void answers_are_counted_by_status(void **state)
{
	struct fixture *fixture = *state;
	const struct arm_statistics *counts = arm_statistics(fixture->arm);

	get(fixture, PATH);
	answered(fixture, (struct fake_answer){ .status = 404 });
	answered(fixture, (struct fake_answer){ .status = 429 });
	answered(fixture, (struct fake_answer){ .status = 503 });
	answered(fixture, (struct fake_answer){ .error = HTTP_TLS });
	get(fixture, "https://evil.example/");
	assert_int_equal(counts->answers[0], 1);
	assert_int_equal(counts->answers[404], 1);
	assert_int_equal(counts->answers[429], 1);
	assert_int_equal(counts->answers[503], 1);
	assert_int_equal(counts->throttled, 1);
}

static void a_body_over_the_cap_is_invalid(void **state)
{
	struct fixture *fixture = *state;
	struct result result = { 0 };

	script_add(&fixture->world->arm,
	           (struct fake_answer){ .body = "{\"a\":12345}" });
	arm_get(fixture->arm, fixture->token, PATH, 10, on_done, &result);
	fake_loop_run_ms(fixture->world->loop, SECOND);
	assert_int_equal(result.failure.class, FAILURE_INVALID);
}

/* ARM on a bad day. */
static void serve_by_chance(const struct fake_request *request,
                            struct fake_answer *answer, void *user)
{
	static const int statuses[] = { 200, 200, 200, 401, 403, 429, 503 };

	answer->body = "{}";
	answer->status = statuses[chance_below(7)];
	answer->delay_ms = (int64_t)chance_below(2000);
	if (chance_below(10) == 0) {
		answer->error = HTTP_DROPPED;
		answer->status = 0;
	}
}

static void whatever_happens_each_call_ends_once(void **state)
{
	struct fixture *fixture = *state;
	struct world *world = fixture->world;
	struct arm *arm = arm_of(world, 16, 200);
	struct result result = { 0 };
	unsigned calls = 0;

	world->serve_arm = serve_by_chance;
	for (int i = 0; i < 20000; i++) {
		struct arm_call *call = arm_get(arm, fixture->token, PATH, 100,
		                                on_done, &result);

		calls++;
		if (chance_below(10) == 0) {
			arm_cancel(call);
			calls--;
		}
		fake_loop_run_ms(world->loop, (int64_t)chance_below(200));
		assert_int_equal(result.calls + arm_pending(arm), calls);
		assert_true(http_in_flight(world->http) <= 17);
	}
	fake_loop_run_ms(world->loop, 600 * SECOND);
	assert_int_equal(result.calls, calls);
	arm_free(arm);
}

#define arm_test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		arm_test(a_call_bears_the_token_and_an_id),
		arm_test(statuses_have_their_classes),
		arm_test(what_is_no_answer_has_its_class),
		arm_test(a_200_without_a_body_is_invalid),
		arm_test(the_words_are_arms_own),
		arm_test(words_of_other_shapes_are_left_out),
		arm_test(no_failure_repeats_the_token),
		arm_test(ids_for_support_are_kept),
		arm_test(retry_after_is_read_in_each_form),
		arm_test(a_date_is_measured_by_our_clock_if_need_be),
		arm_test(a_401_is_mended_by_a_new_token),
		arm_test(a_second_401_is_told),
		arm_test(a_late_401_of_an_old_token_is_mended_too),
		arm_test(of_another_tenant_the_token_is_kept),
		arm_test(one_odd_subscription_does_not_stop_the_tenant),
		arm_test(without_a_token_the_call_says_why),
		arm_test(what_a_dying_connection_took_is_sent_once_more),
		arm_test(links_of_arms_own_are_followed),
		arm_test(links_to_elsewhere_are_not_followed),
		arm_test(no_more_than_so_many_are_in_flight),
		arm_test(they_go_in_the_order_in_which_they_came),
		arm_test(the_rate_is_kept_and_can_be_set),
		arm_test(who_waits_for_a_token_holds_nobody_up),
		arm_test(a_call_may_be_cancelled_wherever_it_is),
		arm_test(it_may_be_freed_by_whom_it_tells),
		arm_test(answers_are_counted_by_status),
		arm_test(a_body_over_the_cap_is_invalid),
		arm_test(whatever_happens_each_call_ends_once),
	};

	return cmocka_run_group_tests_name("arm", tests, chance_begin, NULL);
}
