/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "control/request.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ID    "11111111-2222-3333-4444-55555555abcd"
#define OTHER "11111111-2222-3333-4444-55555555ABCD"

static struct request_text text_of(const char *method, const char *path,
                                   const char *query, const char *body)
{
	return (struct request_text){
		.method = method,
		.path = path,
		.query = query,
		.body = body,
		.body_size_bytes = body ? strlen(body) : 0,
		.is_operator = true,
		.operator_path = "/run/jitd/operator.sock",
	};
}

/* Parses what must be understood; the caller gives it to request_done(). */
static void understand(struct request *ret_request, const char *method,
                       const char *path, const char *query, const char *body)
{
	const struct request_text text = text_of(method, path, query, body);
	struct request_refusal refusal;

	if (request_parse(&text, ret_request, &refusal) < 0)
		fail_msg("%s %s?%s: %s", method, path, query ? query : "",
		         refusal.message.text);
}

static struct request_refusal refused_text(const struct request_text *text)
{
	struct request_refusal refusal;
	struct request request;

	if (request_parse(text, &request, &refusal) == 0)
		fail_msg("%s %s?%s was not refused", text->method, text->path,
		         text->query ? text->query : "");
	assert_true(refusal.message.text[0]);
	return refusal;
}

static struct request_refusal refused(const char *method, const char *path,
                                      const char *query, const char *body)
{
	const struct request_text text = text_of(method, path, query, body);

	return refused_text(&text);
}

static void every_path_of_the_contract_is_known(void **state)
{
	static const struct {
		const char *method;
		const char *path;
		enum endpoint endpoint;
	} cases[] = {
		{ "GET", "/v1/status", ENDPOINT_status },
		{ "GET", "/v1/subscriptions", ENDPOINT_subscriptions },
		{ "GET", "/v1/subscriptions/" ID, ENDPOINT_subscription },
		{ "GET", "/v1/events", ENDPOINT_events },
		{ "GET", "/metrics", ENDPOINT_metrics },
		{ "GET", "/-/healthy", ENDPOINT_healthy },
		{ "GET", "/-/ready", ENDPOINT_ready },
		{ "POST", "/v1/poll", ENDPOINT_poll },
		{ "POST", "/v1/reload", ENDPOINT_reload },
		{ "GET", "/v1/st%61tus", ENDPOINT_status },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct request request;

		understand(&request, cases[i].method, cases[i].path, NULL,
		           NULL);
		assert_int_equal(request.endpoint, cases[i].endpoint);
		assert_false(request.is_head);
		assert_int_equal(request.control.limit, 100);
		assert_string_equal(request.control.after, "");
		request_done(&request);
	}
}

static void other_paths_are_not_found(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		"*",
		"v1/status",
		"/v1",
		"/v1/",
		"/v1/status/",
		"//v1/status",
		"/v1//status",
		"/V1/status",
		"/v2/status",
		"/v1/status/more",
		"/v1%2fstatus",
		"/v1/stat%zzus",
		"/v1/status%00",
		"/v1/subscriptions/",
		"/v1/subscriptions/contoso",
		"/v1/subscriptions/" ID "0",
		"/v1/subscriptions/" ID "/",
		"/v1/subscriptions/" ID "/nothing",
		"/v1/subscriptions/..",
		"/metrics/",
		"/-/",
	};

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct request_refusal refusal =
			refused("GET", paths[i], NULL, NULL);

		assert_int_equal(refusal.status, 404);
		assert_string_equal(refusal.code, "not_found");
	}
}

static void an_endless_segment_is_not_found(void **state)
{
	char path[5000] = "/v1/";

	memset(path + 4, 'a', sizeof(path) - 5);
	assert_int_equal(refused("GET", path, NULL, NULL).status, 404);
}

static void an_id_is_lower_case_to_the_op(void **state)
{
	struct request request;

	understand(&request, "GET", "/v1/subscriptions/" OTHER, NULL, NULL);
	assert_string_equal(request.control.id, ID);
	request_done(&request);
	understand(&request, "GET", "/v1/status", NULL, NULL);
	assert_null(request.control.id);
	request_done(&request);
}

static void head_is_a_get_without_a_body(void **state)
{
	struct request request;

	understand(&request, "HEAD", "/v1/status", NULL, NULL);
	assert_int_equal(request.endpoint, ENDPOINT_status);
	assert_true(request.is_head);
	request_done(&request);
}

static void readers_are_told_the_operators_socket(void **state)
{
	static const char *const methods[] = { "POST",    "PUT",   "DELETE",
		                               "PATCH",   "get",   "TRACE",
		                               "OPTIONS", "HEADS", "" };
	static const char *const paths[] = { "/v1/poll", "/v1/status", "/none",
		                             "*" };

	for (size_t i = 0; i < COUNT(methods) * COUNT(paths); i++) {
		struct request_text text =
			text_of(methods[i % COUNT(methods)],
		                paths[i / COUNT(methods)], "x=%", "{");
		struct request_refusal refusal;

		text.is_operator = false;
		refusal = refused_text(&text);
		assert_int_equal(refusal.status, 403);
		assert_string_equal(refusal.code, "read_only");
		assert_non_null(strstr(refusal.message.text,
		                       "/run/jitd/operator.sock"));
	}
}

static void readers_may_read(void **state)
{
	struct request_text text = text_of("GET", "/v1/status", NULL, NULL);
	struct request_refusal refusal;
	struct request request;

	text.is_operator = false;
	assert_int_equal(request_parse(&text, &request, &refusal), 0);
	request_done(&request);
	text.method = "HEAD";
	refusal = refused_text(&text);
	assert_int_equal(refusal.status, 403);
}

static void without_an_operators_socket_none_is_named(void **state)
{
	struct request_text text = text_of("POST", "/v1/poll", NULL, NULL);
	struct request_refusal refusal;

	text.is_operator = false;
	text.operator_path = NULL;
	refusal = refused_text(&text);
	assert_int_equal(refusal.status, 403);
	assert_string_equal(refusal.message.text,
	                    "read only: jitd has no operator's socket");
}

static void a_wrong_method_names_the_right_ones(void **state)
{
	struct request_refusal refusal =
		refused("DELETE", "/v1/status", NULL, NULL);

	assert_int_equal(refusal.status, 405);
	assert_string_equal(refusal.code, "method_not_allowed");
	assert_string_equal(refusal.allow, "GET, HEAD");

	refusal = refused("GET", "/v1/poll", NULL, NULL);
	assert_int_equal(refusal.status, 405);
	assert_string_equal(refusal.allow, "POST");

	refusal = refused("DELETE", "/v1/subscriptions/none", NULL, NULL);
	assert_int_equal(refusal.status, 404);
}

static void every_key_of_a_query_is_read(void **state)
{
	struct request request;

	understand(
		&request, "GET", "/v1/subscriptions",
		"state=absent&tenant=a%20b+c%2B&stale=1&muted=false&limit=1000"
		"&after=" OTHER,
		NULL);
	const struct control_request *control = &request.control;

	for (int i = 0; i < CONTROL_QUERY_FOLLOW; i++)
		assert_true(control->given[i]);
	assert_false(control->given[CONTROL_QUERY_FOLLOW]);
	assert_int_equal(control->state, STATE_ABSENT);
	assert_string_equal(control->tenant, "a b c+");
	assert_true(control->stale);
	assert_false(control->muted);
	assert_int_equal(control->limit, 1000);
	assert_string_equal(control->after, ID);
	request_done(&request);
}

static void what_was_not_given_says_so(void **state)
{
	struct request request;

	understand(&request, "GET", "/v1/subscriptions", "", NULL);

	for (int i = 0; i < CONTROL_QUERY_COUNT; i++)
		assert_false(request.control.given[i]);
	assert_null(request.control.tenant);
	assert_string_equal(request.control.after, "");
	request_done(&request);
}

static void after_of_events_is_a_number(void **state)
{
	struct request request;

	understand(&request, "GET", "/v1/events",
	           "after=9223372036854775807&follow=true", NULL);
	assert_true(request.control.after_seq == INT64_MAX);
	assert_true(request.control.follow);
	request_done(&request);

	understand(&request, "GET", "/v1/events", "follow=0&limit=1", NULL);
	assert_false(request.control.follow);
	assert_int_equal(request.control.limit, 1);
	assert_true(request.control.after_seq == 0);
	request_done(&request);
}

static void bad_queries_are_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "/v1/status", "state=enabled" },
		{ "/v1/status", "a=b" },
		{ "/v1/status", "&" },
		{ "/metrics", "limit=1" },
		{ "/v1/subscriptions/" ID, "limit=1" },
		{ "/v1/subscriptions", "follow=1" },
		{ "/v1/subscriptions", "State=enabled" },
		{ "/v1/subscriptions", "state" },
		{ "/v1/subscriptions", "state=" },
		{ "/v1/subscriptions", "state=Enabled" },
		{ "/v1/subscriptions", "state=enabled,absent" },
		{ "/v1/subscriptions", "state=enabled&state=enabled" },
		{ "/v1/subscriptions", "state=enabled&st%61te=absent" },
		{ "/v1/subscriptions", "state=enabled&" },
		{ "/v1/subscriptions", "&state=enabled" },
		{ "/v1/subscriptions", "limit=1&&stale=1" },
		{ "/v1/subscriptions", "=enabled" },
		{ "/v1/subscriptions", "tenant=" },
		{ "/v1/subscriptions", "tenant=%ff" },
		{ "/v1/subscriptions", "tenant=%00" },
		{ "/v1/subscriptions", "tenant=%4" },
		{ "/v1/subscriptions", "tenant=%" },
		{ "/v1/subscriptions", "stale=" },
		{ "/v1/subscriptions", "stale=yes" },
		{ "/v1/subscriptions", "stale=True" },
		{ "/v1/subscriptions", "muted=2" },
		{ "/v1/subscriptions", "limit=0" },
		{ "/v1/subscriptions", "limit=1001" },
		{ "/v1/subscriptions", "limit=-1" },
		{ "/v1/subscriptions", "limit=+1" },
		{ "/v1/subscriptions", "limit=1.0" },
		{ "/v1/subscriptions", "limit=" },
		{ "/v1/subscriptions", "limit=99999999999999999999999" },
		{ "/v1/subscriptions", "after=" },
		{ "/v1/subscriptions", "after=12" },
		{ "/v1/events", "after=" ID },
		{ "/v1/events", "after=-1" },
		{ "/v1/events", "after=9223372036854775808" },
		{ "/v1/events", "after=" },
		{ "/v1/events", "state=enabled" },
		{ "/v1/events", "follow=follow" },
		{ "/v1/events", "follow=1&limit=10" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct request_refusal refusal =
			refused("GET", cases[i][0], cases[i][1], NULL);

		assert_int_equal(refusal.status, 400);
		assert_string_equal(refusal.code, "bad_request");
	}
}

static void what_a_client_sent_is_shown_clean_and_short(void **state)
{
	struct request_refusal refusal =
		refused("GET", "/v1/subscriptions",
	                "%1b%5b31m"
	                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	                "aaaaaaaaa"
	                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	                "aaaaaaaaa"
	                "=1",
	                NULL);

	assert_null(strchr(refusal.message.text, '\x1b'));
	assert_true(strlen(refusal.message.text) < 120);
}

static void a_body_is_an_object(void **state)
{
	struct request request;
	bool all = false;

	understand(&request, "POST", "/v1/poll", NULL, " {\"all\": true} ");
	assert_int_equal(json_bool(json_get(request.control.body, "all"), &all),
	                 0);
	assert_true(all);
	request_done(&request);

	understand(&request, "POST", "/v1/poll", NULL, NULL);
	assert_null(request.control.body);
	request_done(&request);
}

static void bad_bodies_are_refused(void **state)
{
	static const char *const bodies[] = {
		"[]",
		"null",
		"1",
		"\"all\"",
		"{",
		"{\"all\":true}}",
		"all=true",
		"{'all':true}",
		" ",
		"{\"a\":\"\\u0000\"}",
		"{\"a\":\"\xff\"}",
	};

	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct request_refusal refusal =
			refused("POST", "/v1/poll", NULL, bodies[i]);

		assert_int_equal(refusal.status, 400);
		assert_string_equal(refusal.code, "bad_request");
	}
}

static void a_body_has_a_cap(void **state)
{
	enum { CAP = 65536 };
	scoped(string_free) char *body = xcalloc(CAP + 2, 1);
	struct request request;

	memset(body, ' ', CAP);
	memcpy(body, "{}", 2);
	understand(&request, "POST", "/v1/poll", NULL, body);
	assert_non_null(request.control.body);
	request_done(&request);

	body[CAP] = ' ';
	assert_int_equal(refused("POST", "/v1/poll", NULL, body).status, 413);
}

static void where_no_body_is_taken_it_must_be_empty(void **state)
{
	struct request request;

	understand(&request, "POST", "/v1/reload", NULL, "{}");
	assert_null(request.control.body);
	request_done(&request);
	understand(&request, "GET", "/v1/status", NULL, "{ }");
	request_done(&request);
	assert_int_equal(
		refused("POST", "/v1/reload", NULL, "{\"a\":1}").status, 400);
	assert_int_equal(refused("POST", "/v1/reload", NULL, "rubbish").status,
	                 400);
	assert_int_equal(refused("GET", "/v1/status", NULL, "[]").status, 400);
}

/* A text of what requests are made of, for the parser to stumble over. */
static void fill_random(char *out, size_t size)
{
	static const char *const parts[] = {
		"/v1",   "/", "status", "subscriptions", ID,      "%", "%41",
		"%00",   "&", "=",      "limit",         "state", "1", "events",
		"after", "+", "poll",   "\xc3",
	};
	size_t used = 0;

	out[0] = '\0';
	for (;;) {
		const char *part = parts[(size_t)random() % COUNT(parts)];
		char byte[2] = { (char)(1 + random() % 255), 0 };

		if (random() % 8 == 0)
			part = byte;
		if (random() % 16 == 0 || used + strlen(part) >= size)
			return;
		memcpy(out + used, part, strlen(part) + 1);
		used += strlen(part);
	}
}

static void random_requests_are_answered_one_way_or_the_other(void **state)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT" };
	unsigned seed = (unsigned)time(NULL);

	printf("seed %u\n", seed);
	srandom(seed);
	for (int i = 0; i < 20000; i++) {
		char path[256], query[256], body[64];
		struct request_refusal refusal;
		struct request request;
		struct request_text text;

		fill_random(path, sizeof(path));
		fill_random(query, sizeof(query));
		fill_random(body, sizeof(body));
		if (random() % 2)
			strcpy(path, "/v1/subscriptions");
		text = text_of(methods[random() % 4], path, query,
		               random() % 4 ? NULL : body);
		text.is_operator = random() % 2;
		if (request_parse(&text, &request, &refusal) < 0) {
			assert_in_range(refusal.status, 400, 413);
			assert_true(refusal.message.text[0]);
			continue;
		}
		assert_true(request.endpoint < ENDPOINT_COUNT);
		assert_in_range(request.control.limit, 1, 1000);
		assert_non_null(request.control.after);
		request_done(&request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path_of_the_contract_is_known),
		cmocka_unit_test(other_paths_are_not_found),
		cmocka_unit_test(an_endless_segment_is_not_found),
		cmocka_unit_test(an_id_is_lower_case_to_the_op),
		cmocka_unit_test(head_is_a_get_without_a_body),
		cmocka_unit_test(readers_are_told_the_operators_socket),
		cmocka_unit_test(readers_may_read),
		cmocka_unit_test(without_an_operators_socket_none_is_named),
		cmocka_unit_test(a_wrong_method_names_the_right_ones),
		cmocka_unit_test(every_key_of_a_query_is_read),
		cmocka_unit_test(what_was_not_given_says_so),
		cmocka_unit_test(after_of_events_is_a_number),
		cmocka_unit_test(bad_queries_are_refused),
		cmocka_unit_test(what_a_client_sent_is_shown_clean_and_short),
		cmocka_unit_test(a_body_is_an_object),
		cmocka_unit_test(bad_bodies_are_refused),
		cmocka_unit_test(a_body_has_a_cap),
		cmocka_unit_test(where_no_body_is_taken_it_must_be_empty),
		cmocka_unit_test(
			random_requests_are_answered_one_way_or_the_other),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
