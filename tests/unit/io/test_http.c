/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/chance.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/secret.h"
#include "io/loop.h"
#include "io/server.h"

#define CAP_BYTES ((size_t)1 << 20)

/* What became of one call. */
struct outcome {
	struct world *world;
	struct http_call *call;
	int times; /* that it called back */
	enum http_error error;
	int status;
	char body[4096]; /* the beginning of it */
	size_t size_bytes;
	char words[512];
	char header[64]; /* the one that is named, "-": absent */
	const char *name;
	int64_t duration_ms;
	bool http2;
	struct outcome *victim; /* to cancel in the callback */
};

struct world {
	struct loop *loop;
	struct http *http;
	struct http_options options;
	int waiting;    /* calls that have not called back */
	bool free_http; /* in the next callback */
};

static void on_done(const struct http_reply *reply, void *user)
{
	struct outcome *outcome = user;
	struct world *world = outcome->world;
	const char *header = NULL;

	outcome->times++;
	outcome->call = NULL;
	outcome->error = reply->error;
	outcome->status = reply->status;
	outcome->size_bytes = reply->size_bytes;
	outcome->duration_ms = reply->duration_ms;
	outcome->http2 = reply->http2;
	snprintf(outcome->body, sizeof(outcome->body), "%s", reply->body);
	snprintf(outcome->words, sizeof(outcome->words), "%s",
	         reply->error_text);
	assert_int_equal(strlen(reply->body), reply->size_bytes);
	if (outcome->name)
		header = http_reply_header(reply, outcome->name);
	snprintf(outcome->header, sizeof(outcome->header), "%s",
	         header ? header : "-");

	if (outcome->victim && outcome->victim->call) {
		http_cancel(outcome->victim->call);
		outcome->victim->call = NULL;
		world->waiting--;
	}
	if (world->free_http) {
		http_free(world->http);
		world->http = NULL;
		world->waiting = 1;
	}
	if (--world->waiting == 0)
		loop_stop(world->loop);
}

static int world_begin(void **state)
{
	struct world *world = xcalloc(1, sizeof(*world));

	world->loop = loop_new();
	world->options = (struct http_options){
		.user_agent = "jitd-test",
		.ca_file = server_file("ca.pem"),
		.proxy = "",
		.max_in_flight = 128,
	};
	assert_int_equal(
		http_new(world->loop, &world->options, &world->http, NULL), 0);
	*state = world;
	return 0;
}

static int world_end(void **state)
{
	struct world *world = *state;

	http_free(world->http);
	loop_free(world->loop);
	free(world);
	return 0;
}

/* Takes up other options: the connections of before are gone, too. */
static void world_renew(struct world *world)
{
	http_free(world->http);
	assert_int_equal(
		http_new(world->loop, &world->options, &world->http, NULL), 0);
}

static struct http_request get(const char *url)
{
	return (struct http_request){
		.method = "GET",
		.url = url,
		.reply_cap_bytes = CAP_BYTES,
		.timeout_ms = 20000,
	};
}

static void start(struct world *world, const struct http_request *request,
                  struct outcome *outcome)
{
	outcome->world = world;
	outcome->times = 0;
	world->waiting++;
	outcome->call = http_start(world->http, request, on_done, outcome);
	assert_non_null(outcome->call);
	assert_int_equal(outcome->times, 0);
}

static void fetch(struct world *world, const struct http_request *request,
                  struct outcome *outcome)
{
	start(world, request, outcome);
	loop_run(world->loop);
	assert_int_equal(outcome->times, 1);
	assert_int_equal(http_in_flight(world->http), 0);
}

static void fetch_url(struct world *world, const char *url,
                      struct outcome *outcome)
{
	const struct http_request request = get(url);

	fetch(world, &request, outcome);
}

static void an_answer_calls_back_once(void **state)
{
	struct world *world = *state;
	struct outcome outcome = { .name = "content-length" };

	fetch_url(world, server_url("h2", "/size/1300"), &outcome);
	assert_int_equal(outcome.error, HTTP_OK);
	assert_string_equal(outcome.words, "");
	assert_int_equal(outcome.status, 200);
	assert_int_equal(outcome.size_bytes, 1300);
	assert_string_equal(outcome.header, "1300");
	assert_true(outcome.http2);
	assert_true(outcome.duration_ms >= 0);

	fetch_url(world, server_url("h1", "/status/429"), &outcome);
	assert_int_equal(outcome.error, HTTP_OK);
	assert_int_equal(outcome.status, 429);
	assert_string_equal(outcome.body, "status");
	assert_false(outcome.http2);

	fetch_url(world, server_url("plain", "/size/0"), &outcome);
	assert_int_equal(outcome.error, HTTP_OK);
	assert_string_equal(outcome.body, "");
}

static void a_request_goes_out_as_it_was_given(void **state)
{
	static const char *const headers[] = { "Content-Type: application/json",
		                               "X-One: 1", NULL };
	struct world *world = *state;
	scoped(secret_free) struct secret *bearer = secret_new("tok.en", 6);
	scoped(secret_free) struct secret *body = secret_new("{\"a\":1}", 7);
	struct http_request request = get(server_url("h2", "/echo?q=%20"));
	struct outcome outcome = { 0 };

	request.method = "PUT";
	request.headers = headers;
	request.bearer = bearer;
	request.body = body;
	fetch(world, &request, &outcome);
	assert_string_equal(outcome.body, "PUT /echo?q=%20\n"
	                                  "user-agent: jitd-test\n"
	                                  "accept: */*\n"
	                                  "content-type: application/json\n"
	                                  "x-one: 1\n"
	                                  "authorization: Bearer tok.en\n"
	                                  "content-length: 7\n"
	                                  "\n"
	                                  "{\"a\":1}");

	request = get(server_url("h2", "/echo"));
	fetch(world, &request, &outcome);
	assert_string_equal(outcome.body, "GET /echo\n"
	                                  "user-agent: jitd-test\n"
	                                  "accept: */*\n"
	                                  "\n");
	request.method = "POST";
	fetch(world, &request, &outcome);
	assert_non_null(strstr(outcome.body, "POST /echo\n"));
	assert_non_null(strstr(outcome.body, "content-length: 0\n"));
	assert_null(strstr(outcome.body, "authorization"));
	request.body = body;
	request.url = server_url("h1", "/echo");
	fetch(world, &request, &outcome);
	assert_non_null(strstr(outcome.body, "POST /echo\n"));
	assert_non_null(strstr(outcome.body, "\n\n{\"a\":1}"));
}

static void a_request_is_copied(void **state)
{
	struct world *world = *state;
	struct secret *bearer = secret_new("token", 5);
	struct secret *body = secret_new("body", 4);
	char header[] = "X-One: 1", url[256], method[] = "POST";
	const char *headers[] = { header, NULL };
	struct outcome outcome = { 0 };
	struct http_request request = {
		.method = method,
		.url = url,
		.headers = headers,
		.bearer = bearer,
		.body = body,
		.reply_cap_bytes = CAP_BYTES,
		.timeout_ms = 5000,
	};

	snprintf(url, sizeof(url), "%s", server_url("h2", "/echo"));
	start(world, &request, &outcome);
	secret_free(bearer);
	secret_free(body);
	memset(header, '-', sizeof(header) - 1);
	memset(url, '-', sizeof(url) - 1);
	memset(method, '-', sizeof(method) - 1);
	loop_run(world->loop);
	assert_non_null(strstr(outcome.body, "POST /echo\n"));
	assert_non_null(strstr(outcome.body, "x-one: 1\n"));
	assert_non_null(strstr(outcome.body, "Bearer token\n"));
	assert_non_null(strstr(outcome.body, "\n\nbody"));
}

static void the_last_header_of_a_name_is_found(void **state)
{
	struct world *world = *state;
	struct outcome outcome = { .name = "X-TWICE" };

	fetch_url(world, server_url("h2", "/header"), &outcome);
	assert_string_equal(outcome.header, "last");
	outcome.name = "Retry-After";
	fetch_url(world, server_url("h1", "/header"), &outcome);
	assert_string_equal(outcome.header, "7");
	outcome.name = "X-Thrice";
	fetch_url(world, server_url("h1", "/header"), &outcome);
	assert_string_equal(outcome.header, "-");
	/* Also where there was no answer at all. */
	outcome.name = "Retry-After";
	fetch_url(world, server_url("h1", "/close"), &outcome);
	assert_string_equal(outcome.header, "-");
}

static void the_cap_holds_with_and_without_a_length(void **state)
{
	static const char *const doors[] = { "h2", "h1" };
	struct world *world = *state;
	struct outcome outcome = { 0 };

	for (size_t i = 0; i < 2; i++) {
		struct http_request request =
			get(server_url(doors[i], "/size/100000"));

		request.reply_cap_bytes = 100000;
		fetch(world, &request, &outcome);
		assert_int_equal(outcome.error, HTTP_OK);
		assert_int_equal(outcome.size_bytes, 100000);
		request.reply_cap_bytes = 99999;
		fetch(world, &request, &outcome);
		assert_int_equal(outcome.error, HTTP_TOO_LARGE);
		assert_int_equal(outcome.size_bytes, 0);
		assert_non_null(strstr(outcome.words, "99999 bytes"));
		request.url = server_url(doors[i], "/bare/8000000");
		fetch(world, &request, &outcome);
		assert_int_equal(outcome.error, HTTP_TOO_LARGE);
		request.reply_cap_bytes = 0;
		fetch(world, &request, &outcome);
		assert_int_equal(outcome.error, HTTP_TOO_LARGE);
		request.url = server_url(doors[i], "/size/0");
		fetch(world, &request, &outcome);
		assert_int_equal(outcome.error, HTTP_OK);
	}
}

static void the_time_limit_is_for_all_of_it(void **state)
{
	static const char *const doors[] = { "h2", "h1" };
	struct world *world = *state;
	struct outcome outcome = { 0 };

	for (size_t i = 0; i < 2; i++) {
		struct http_request request =
			get(server_url(doors[i], "/hang"));

		request.timeout_ms = 300;
		fetch(world, &request, &outcome);
		assert_int_equal(outcome.error, HTTP_TIMEOUT);
		assert_in_range(outcome.duration_ms, 290, 5000);
		request.url = server_url(doors[i], "/drip");
		fetch(world, &request, &outcome);
		assert_int_equal(outcome.error, HTTP_TIMEOUT);
		assert_in_range(outcome.duration_ms, 290, 5000);
		assert_string_equal(outcome.body, "");
		fetch_url(world, server_url(doors[i], "/size/1"), &outcome);
		assert_int_equal(outcome.error, HTTP_OK);
	}
}

static void a_stranger_is_not_trusted(void **state)
{
	struct world *world = *state;
	struct outcome outcome = { 0 };

	fetch_url(world, server_url("wrong", "/echo"), &outcome);
	assert_int_equal(outcome.error, HTTP_TLS);
	assert_int_equal(outcome.status, 0);
	fetch_url(world, server_url("junk", "/echo"), &outcome);
	assert_int_equal(outcome.error, HTTP_TLS);

	world->options.ca_file = server_file("other.pem");
	world_renew(world);
	fetch_url(world, server_url("h2", "/echo"), &outcome);
	assert_int_equal(outcome.error, HTTP_TLS);
	assert_non_null(strstr(outcome.words, "localhost:"));
	assert_non_null(strstr(outcome.words, "certificate"));

	world->options.ca_file = NULL;
	world_renew(world);
	fetch_url(world, server_url("h2", "/echo"), &outcome);
	assert_int_equal(outcome.error, HTTP_TLS);
}

static void certificates_that_cannot_be_read_are_named(void **state)
{
	struct world *world = *state;
	struct error error;
	struct http *http;

	world->options.ca_file = server_file("absent.pem");
	assert_int_equal(http_new(world->loop, &world->options, &http, &error),
	                 -ENOENT);
	assert_non_null(strstr(error.text, "absent.pem"));
}

static void a_redirect_is_not_followed(void **state)
{
	struct world *world = *state;
	struct outcome outcome = { .name = "Location" };

	fetch_url(world, server_url("h2", "/redirect"), &outcome);
	assert_int_equal(outcome.error, HTTP_OK);
	assert_int_equal(outcome.status, 302);
	assert_string_equal(outcome.header, "/echo");
}

static void the_proxy_is_the_one_that_was_given(void **state)
{
	struct world *world = *state;
	struct http_request request = get(server_url("h2", "/echo"));
	struct outcome outcome = { 0 };

	/* Nobody listens there. */
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	fetch(world, &request, &outcome);
	assert_int_equal(outcome.error, HTTP_OK);

	world->options.proxy = NULL;
	world_renew(world);
	fetch(world, &request, &outcome);
	assert_int_equal(outcome.error, HTTP_NETWORK);
	request.no_proxy = true;
	fetch(world, &request, &outcome);
	assert_int_equal(outcome.error, HTTP_OK);
	unsetenv("https_proxy");

	world->options.proxy = "http://127.0.0.1:1";
	world_renew(world);
	fetch(world, &request, &outcome);
	assert_int_equal(outcome.error, HTTP_OK);
	request.no_proxy = false;
	fetch(world, &request, &outcome);
	assert_int_equal(outcome.error, HTTP_NETWORK);
}

static void what_is_cut_is_never_an_answer(void **state)
{
	static const char *const doors[] = { "h2", "h1" };
	static const char *const paths[] = { "/cut", "/reset", "/close",
		                             "/goaway", "/refuse" };
	struct world *world = *state;
	struct outcome outcome = { 0 };

	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 5; j++) {
			fetch_url(world, server_url(doors[i], paths[j]),
			          &outcome);
			if (outcome.error != HTTP_NETWORK &&
			    outcome.error != HTTP_DROPPED)
				fail_msg("%s%s: %d, %s", doors[i], paths[j],
				         (int)outcome.error, outcome.words);
			assert_string_equal(outcome.body, "");
			assert_true(strlen(outcome.words) > 15);
			fetch_url(world, server_url(doors[i], "/size/1"),
			          &outcome);
			assert_int_equal(outcome.error, HTTP_OK);
		}
}

static void a_connection_that_had_worked_is_told_apart(void **state)
{
	static const char *const doors[] = { "h2", "h1" };
	struct world *world = *state;
	struct outcome outcome = { 0 };

	for (size_t i = 0; i < 2; i++) {
		world_renew(world);
		fetch_url(world, server_url(doors[i], "/cut"), &outcome);
		assert_int_equal(outcome.error, HTTP_NETWORK);
		fetch_url(world, server_url(doors[i], "/size/1"), &outcome);
		assert_int_equal(outcome.error, HTTP_OK);
		fetch_url(world, server_url(doors[i], "/cut"), &outcome);
		assert_int_equal(outcome.error, HTTP_DROPPED);
		/* libcurl asks again by itself, or says so. */
		fetch_url(world, server_url(doors[i], "/last"), &outcome);
		assert_int_equal(outcome.error, HTTP_OK);
		fetch_url(world, server_url(doors[i], "/size/1"), &outcome);
		assert_true(outcome.error == HTTP_OK ||
		            outcome.error == HTTP_DROPPED);
	}
	/* Nobody there: */
	fetch_url(world, "https://127.0.0.1:1/", &outcome);
	assert_int_equal(outcome.error, HTTP_NETWORK);
}

static void errors_name_the_host_and_nothing_secret(void **state)
{
	static const char *const paths[] = { "/cut?key=hush", "/hang?key=hush",
		                             "/close?key=hush",
		                             "/size/5000?key=hush" };
	struct world *world = *state;
	scoped(secret_free) struct secret *secret = secret_new("hush", 4);
	struct outcome outcome = { 0 };

	for (size_t i = 0; i < 4; i++) {
		struct http_request request = get(server_url("h1", paths[i]));

		request.bearer = secret;
		request.timeout_ms = 200;
		request.reply_cap_bytes = 4000;
		fetch(world, &request, &outcome);
		assert_int_not_equal(outcome.error, HTTP_OK);
		assert_memory_equal(outcome.words, "localhost:", 10);
		assert_null(strstr(outcome.words, "hush"));
		assert_null(strstr(outcome.words, "key"));
	}
}

static void other_schemes_are_not_spoken(void **state)
{
	static const char *const urls[] = {
		"http://192.0.2.1/",
		"http://169.254.169.254/",
		"ftp://localhost/",
		"file:///etc/hostname",
		"nonsense",
		"https://user:pw@localhost/",
		"",
	};
	struct world *world = *state;
	struct outcome outcome = { 0 };

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		fetch_url(world, urls[i], &outcome);
		assert_int_equal(outcome.error, HTTP_NETWORK);
		assert_true(outcome.duration_ms < 1000);
	}
}

static void a_url_with_a_user_is_not_called(void **state)
{
	struct world *world = *state;
	const char *good = server_url("h2", "/echo");
	struct outcome outcome = { 0 };
	char url[256];

	snprintf(url, sizeof(url), "https://user:hush@%s",
	         good + strlen("https://"));
	fetch_url(world, url, &outcome);
	assert_int_equal(outcome.error, HTTP_NETWORK);
	assert_null(strstr(outcome.words, "hush"));
}

static void a_cancelled_call_never_calls_back(void **state)
{
	struct world *world = *state;
	const struct http_request slow = get(server_url("h2", "/hang"));
	const struct http_request quick = get(server_url("h2", "/echo"));
	struct outcome first = { 0 }, second = { 0 };

	start(world, &slow, &first);
	assert_int_equal(http_in_flight(world->http), 1);
	http_cancel(first.call);
	http_cancel(NULL);
	world->waiting--;
	assert_int_equal(http_in_flight(world->http), 0);

	/* And so it is where another call's callback does it, */
	start(world, &slow, &first);
	start(world, &quick, &second);
	second.victim = &first;
	loop_run(world->loop);
	assert_int_equal(first.times, 0);
	assert_int_equal(second.times, 1);
	assert_int_equal(http_in_flight(world->http), 0);

	/* even where both have their answers by then. */
	first.victim = &second;
	for (int i = 0; i < 50; i++) {
		start(world, &quick, &first);
		start(world, &quick, &second);
		loop_run(world->loop);
		assert_int_equal(first.times + second.times, 1);
		assert_int_equal(http_in_flight(world->http), 0);
	}
}

static void to_free_http_is_to_cancel_all(void **state)
{
	struct world *world = *state;
	const struct http_request hang = get(server_url("h2", "/hang"));
	const struct http_request echo = get(server_url("h1", "/echo"));
	struct outcome outcomes[3] = { 0 };
	struct outcome last = { 0 };

	for (size_t i = 0; i < 3; i++)
		start(world, &hang, &outcomes[i]);
	start(world, &echo, &last);
	world->free_http = true;
	loop_run(world->loop);
	assert_int_equal(last.times, 1);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(outcomes[i].times, 0);

	world->free_http = false;
	assert_int_equal(
		http_new(world->loop, &world->options, &world->http, NULL), 0);
	for (size_t i = 0; i < 3; i++)
		start(world, &hang, &outcomes[i]);
	world->waiting = 0;
}

static void on_chain(const struct http_reply *reply, void *user)
{
	struct outcome *outcome = user;
	struct world *world = outcome->world;
	const struct http_request request = get(server_url("h2", "/size/10"));

	assert_int_equal(reply->error, HTTP_OK);
	assert_int_equal(http_in_flight(world->http), 0);
	if (++outcome->times == 100)
		loop_stop(world->loop);
	else
		http_start(world->http, &request, on_chain, outcome);
}

static void a_callback_may_start_the_next_call(void **state)
{
	struct world *world = *state;
	const struct http_request request = get(server_url("h2", "/size/10"));
	struct outcome outcome = { .world = world };

	http_start(world->http, &request, on_chain, &outcome);
	loop_run(world->loop);
	assert_int_equal(outcome.times, 100);
}

static long server_connections(struct world *world)
{
	struct outcome outcome = { 0 };

	fetch_url(world, server_url("plain", "/count"), &outcome);
	return strtol(outcome.body, NULL, 10);
}

static void many_calls_share_few_connections(void **state)
{
	struct world *world = *state;
	struct outcome *outcomes = xcalloc(128, sizeof(*outcomes));
	const struct http_request request = get(server_url("h2", "/size/100"));
	long before = server_connections(world);

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 128; i++)
			start(world, &request, &outcomes[i]);
		loop_run(world->loop);
		for (size_t i = 0; i < 128; i++)
			assert_int_equal(outcomes[i].error, HTTP_OK);
	}
	assert_in_range(server_connections(world) - before, 1, 4);
	free(outcomes);
}

/* Bodies of several frames and more than one receive buffer, on the streams
 * of one connection: where libcurl forgets one, it ends by its time limit. */
static void bodies_of_many_frames_do_not_stall(void **state)
{
	enum { CALLS = 32 };
	struct world *world = *state;
	struct outcome *outcomes = xcalloc(CALLS, sizeof(*outcomes));
	char path[32];

	for (int round = 0; round < 12; round++) {
		for (size_t i = 0; i < CALLS; i++) {
			struct http_request request;

			snprintf(path, sizeof(path), "/%s/%zu",
			         round % 2 ? "size" : "bare",
			         20000 + chance_below(50000));
			request = get(server_url("h2", path));
			start(world, &request, &outcomes[i]);
		}
		loop_run(world->loop);
		for (size_t i = 0; i < CALLS; i++) {
			assert_int_equal(outcomes[i].error, HTTP_OK);
			assert_in_range(outcomes[i].duration_ms, 0, 5000);
		}
	}
	free(outcomes);
}

/* What is done for libcurl's forgetfulness must not harm who waits. */
static void an_answer_may_take_long(void **state)
{
	struct world *world = *state;
	const struct http_request requests[] = {
		get(server_url("h2", "/late")),
		get(server_url("h1", "/late")),
		get(server_url("h2", "/hang")),
	};
	struct outcome outcomes[3] = { 0 };

	for (size_t i = 0; i < 3; i++)
		start(world, &requests[i], &outcomes[i]);
	http_cancel(outcomes[2].call);
	world->waiting--;
	loop_run(world->loop);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(outcomes[i].error, HTTP_OK);
		assert_in_range(outcomes[i].duration_ms, 2400, 10000);
	}
	assert_int_equal(outcomes[2].times, 0);
}

static void random_calls_end_once_or_are_cancelled(void **state)
{
	enum { CALLS = 40 };
	static const char *const doors[] = { "h2", "h2", "h1" };
	static const char *const paths[] = {
		"/size/100", "/size/30000", "/echo",  "/cut",    "/reset",
		"/refuse",   "/goaway",     "/close", "/drip",   "/hang",
		"/last",     "/status/503", "/echo",  "/bare/9", "/size/70000",
	};
	struct world *world = *state;
	struct outcome *outcomes = xcalloc(CALLS, sizeof(*outcomes));

	for (int round = 0; round < 15; round++) {
		for (size_t i = 0; i < CALLS; i++) {
			struct http_request request =
				get(server_url(doors[chance_below(3)],
			                       paths[chance_below(15)]));

			request.timeout_ms = 50 + (int64_t)chance_below(250);
			request.reply_cap_bytes = 50000;
			start(world, &request, &outcomes[i]);
			outcomes[i].victim =
				chance_below(4)
					? NULL
					: &outcomes[chance_below(CALLS)];
		}
		for (size_t i = 0; i < CALLS; i++)
			if (chance_below(8) == 0) {
				http_cancel(outcomes[i].call);
				outcomes[i].call = NULL;
				world->waiting--;
				assert_int_equal(outcomes[i].times, 0);
			}
		if (world->waiting > 0)
			loop_run(world->loop);
		for (size_t i = 0; i < CALLS; i++) {
			assert_null(outcomes[i].call);
			assert_in_range(outcomes[i].times, 0, 1);
		}
		assert_int_equal(http_in_flight(world->http), 0);
		assert_int_equal(world->waiting, 0);
	}
	free(outcomes);
}

static void the_library_tells_its_name(void **state)
{
	assert_memory_equal(http_library(), "libcurl/", 8);
}

static int group_begin(void **state)
{
	return chance_begin(state) || server_begin(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_calls_back_once),
		TEST(a_request_goes_out_as_it_was_given),
		TEST(a_request_is_copied),
		TEST(the_last_header_of_a_name_is_found),
		TEST(the_cap_holds_with_and_without_a_length),
		TEST(the_time_limit_is_for_all_of_it),
		TEST(a_stranger_is_not_trusted),
		TEST(certificates_that_cannot_be_read_are_named),
		TEST(a_redirect_is_not_followed),
		TEST(the_proxy_is_the_one_that_was_given),
		TEST(what_is_cut_is_never_an_answer),
		TEST(a_connection_that_had_worked_is_told_apart),
		TEST(errors_name_the_host_and_nothing_secret),
		TEST(other_schemes_are_not_spoken),
		TEST(a_url_with_a_user_is_not_called),
		TEST(a_cancelled_call_never_calls_back),
		TEST(to_free_http_is_to_cancel_all),
		TEST(a_callback_may_start_the_next_call),
		TEST(many_calls_share_few_connections),
		TEST(bodies_of_many_frames_do_not_stall),
		TEST(an_answer_may_take_long),
		TEST(random_calls_end_once_or_are_cancelled),
		TEST(the_library_tells_its_name),
	};

	return cmocka_run_group_tests_name("http", tests, group_begin,
	                                   server_end);
}
