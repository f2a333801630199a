/* SPDX-License-Identifier: Apache-2.0 */
#include "io/httpd.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/chance.h"
#include "base/error.h"
#include "base/folder.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/peer.h"

#define GET "GET /a HTTP/1.1\r\nHost: jitd\r\n\r\n"
#define TAG 7

struct world {
	struct loop *loop;
	struct httpd *httpd;
	struct httpd_options options;
	char path[108];
	size_t requests;
	struct httpd_request *later; /* of /later, to be answered by the test */
};

/* Answers with all that it was told. */
static void on_request(struct httpd_request *request, int tag, void *user)
{
	struct world *world = user;
	const char *path = httpd_path(request);
	const char *query = httpd_query(request);
	size_t size_bytes;
	const char *body = httpd_body(request, &size_bytes);
	struct buf text;

	world->requests++;
	if (strcmp(path, "/later") == 0) {
		world->later = request;
		return;
	}
	httpd_add_header(request, "X-More", "more");
	buf_init(&text, BUF_NO_CAP);
	buf_add_format(&text, "%s %s [%s] %d %zu:", httpd_method(request), path,
	               query ? query : "-", tag, size_bytes);
	buf_add(&text, body, size_bytes < 9 ? size_bytes : 9);
	buf_add_text(&text, ".");
	if (strncmp(path, "/big/", 5) == 0)
		for (long i = strtol(path + 5, NULL, 10); i > 0; i--)
			buf_add_byte(&text, 'x');
	httpd_reply(request, 200, "text/plain", text.data, text.size_bytes);
	buf_done(&text);
}

static int world_begin(void **state)
{
	struct world *world = xcalloc(1, sizeof(*world));

	folder_begin(state);
	world->options = (struct httpd_options){
		.max_clients = 16,
		.max_streams = 4,
		.request_ms = 400,
		.stalled_ms = 400,
	};
	world->loop = loop_new();
	world->httpd =
		httpd_new(world->loop, &world->options, on_request, world);
	snprintf(world->path, sizeof(world->path), "%s", folder_path("s"));
	assert_int_equal(
		httpd_listen(world->httpd, world->path, 0600, TAG, NULL), 0);
	*state = world;
	return 0;
}

static int world_end(void **state)
{
	struct world *world = *state;

	httpd_free(world->httpd);
	loop_free(world->loop);
	free(world);
	return folder_end(state);
}

static bool nobody_is_left(const void *user)
{
	const struct world *world = user;

	return httpd_clients(world->httpd) == 0;
}

/* Whether all clients have gone, and none of them is kept. */
static bool world_empties(struct world *world)
{
	return loop_until(world->loop, nobody_is_left, world, 10000);
}

static void an_answer_has_its_headers(void **state)
{
	struct world *world = *state;
	struct peer *peer = peer_new(world->loop, world->path);

	peer_send(peer, "GET /v1/a%20b?x=%31&y HTTP/1.1\r\nHost: jitd\r\n\r\n");
	assert_true(peer_gets(peer, "GET /v1/a%20b [x=%31&y] 7 0:."));
	assert_memory_equal(peer->got.data, "HTTP/1.1 200 OK\r\n", 17);
	assert_int_equal(peer_count(peer, "\r\nContent-Type: text/plain\r\n"),
	                 1);
	assert_int_equal(peer_count(peer, "\r\nContent-Length: 29\r\n"), 1);
	assert_int_equal(peer_count(peer, "\r\nCache-Control: no-store\r\n"),
	                 1);
	assert_int_equal(peer_count(peer, "\r\nX-More: more\r\n"), 1);
	assert_int_equal(peer_count(peer, "\r\nDate: "), 1);
	assert_int_equal(peer_count(peer, "Connection"), 0);
	assert_int_equal(httpd_clients(world->httpd), 1);
	peer_free(peer);
	assert_true(world_empties(world));
}

static void a_connection_serves_a_thousand_requests(void **state)
{
	struct world *world = *state;
	struct peer *peer = peer_new(world->loop, world->path);

	for (int i = 0; i < 1000; i++) {
		buf_clear(&peer->got);
		peer_send(peer, GET);
		assert_true(peer_gets(peer, "GET /a [-] 7 0:."));
	}
	assert_int_equal(world->requests, 1000);
	assert_int_equal(httpd_clients(world->httpd), 1);
	peer_free(peer);
}

static void requests_in_one_go_are_answered_in_turn(void **state)
{
	struct world *world = *state;
	struct peer *peer = peer_new(world->loop, world->path);

	peer_send(peer, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"
	                "GET /3 HTTP/1.1\r\nConnection: close\r\n\r\n"
	                "GET /4 HTTP/1.1\r\n\r\n");
	assert_true(peer_ends(peer));
	assert_int_equal(peer_count(peer, "HTTP/1.1 200"), 3);
	assert_int_equal(peer_count(peer, "GET /3 "), 1);
	assert_int_equal(world->requests, 3);
	assert_true(world_empties(world));
	peer_free(peer);
}

static void an_old_client_gets_its_answer_and_the_end(void **state)
{
	struct world *world = *state;
	struct peer *peer = peer_new(world->loop, world->path);

	peer_send(peer, "GET /a HTTP/1.0\r\n\r\n");
	assert_true(peer_ends(peer));
	assert_int_equal(peer_count(peer, "GET /a [-] 7 0:."), 1);
	peer_free(peer);
}

static void a_client_that_will_say_no_more_is_answered(void **state)
{
	struct world *world = *state;
	struct peer *peer = peer_new(world->loop, world->path);

	peer_send(peer, GET);
	shutdown(peer->fd, SHUT_WR);
	assert_true(peer_ends(peer));
	assert_int_equal(peer_count(peer, "GET /a [-] 7 0:."), 1);
	assert_true(world_empties(world));
	peer_free(peer);
}

static void head_gets_the_length_and_no_body(void **state)
{
	struct world *world = *state;
	struct peer *peer = peer_new(world->loop, world->path);

	peer_send(peer, "HEAD /a HTTP/1.1\r\n\r\n" GET);
	assert_true(peer_gets(peer, "GET /a [-] 7 0:."));
	assert_int_equal(peer_count(peer, "\r\nContent-Length: 17\r\n"), 1);
	assert_int_equal(peer_count(peer, "HEAD /a"), 0);
	assert_int_equal(peer_count(peer, "HTTP/1.1 200"), 2);
	peer_free(peer);
}

static void every_method_reaches_the_callback(void **state)
{
	static const char *const methods[] = { "POST",  "PUT",   "DELETE",
		                               "PATCH", "TRACE", "OPTIONS" };
	struct world *world = *state;
	char text[128];

	for (size_t i = 0; i < 6; i++) {
		struct peer *peer = peer_new(world->loop, world->path);

		snprintf(text, sizeof(text), "%s /a HTTP/1.1\r\n\r\n" GET,
		         methods[i]);
		peer_send(peer, text);
		snprintf(text, sizeof(text), "%s /a [-] 7 0:.", methods[i]);
		assert_true(peer_gets(peer, text));
		assert_true(peer_gets(peer, "GET /a [-] 7 0:."));
		peer_free(peer);
	}
}

static void an_unknown_method_is_answered_and_closed(void **state)
{
	static const char *const requests[] = {
		/* Its body must not pass for the next request. */
		("BREW /a HTTP/1.1\r\nContent-Length: 33\r\n\r\n" GET),
		"get /a HTTP/1.1\r\n\r\n",
		"\x01\x02 /a HTTP/1.1\r\n\r\n",
	};
	struct world *world = *state;

	for (size_t i = 0; i < 3; i++) {
		struct peer *peer = peer_new(world->loop, world->path);

		peer_send(peer, requests[i]);
		assert_true(peer_ends(peer));
		assert_int_equal(peer_count(peer, "UNKNOWN /a [-] 7 0:."), 1);
		assert_int_equal(peer_count(peer, "HTTP/1.1 "), 1);
		peer_free(peer);
	}
}

static void a_connect_request_does_no_harm(void **state)
{
	struct world *world = *state;
	struct peer *peer = peer_new(world->loop, world->path);

	peer_send(peer, "CONNECT jitd:80 HTTP/1.1\r\n\r\n");
	assert_true(peer_gets(peer, "CONNECT  [-] 7 0:."));
	assert_int_equal(peer_count(peer, "\r\nContent-Length: "), 1);
	peer_free(peer);
	assert_true(world_empties(world));
}

static void bodies_come_whole(void **state)
{
	struct world *world = *state;
	struct peer *peer = peer_new(world->loop, world->path);

	peer_send(peer, "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe");
	loop_for(world->loop, 20);
	assert_int_equal(world->requests, 0);
	peer_send(peer, "llo");
	assert_true(peer_gets(peer, "POST /a [-] 7 5:hello."));
	peer_send(peer, "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	                "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
	assert_true(peer_gets(peer, "PUT /a [-] 7 5:hello."));
	peer_send(peer, "POST /b HTTP/1.1\r\nExpect: 100-continue\r\n"
	                "Content-Length: 2\r\n\r\n");
	assert_true(peer_gets(peer, "HTTP/1.1 100 Continue\r\n"));
	peer_send(peer, "ok");
	assert_true(peer_gets(peer, "POST /b [-] 7 2:ok."));
	peer_free(peer);
}

/* Sends a beginning and then so many letters, however the server takes it. */
static struct peer *send_much(struct world *world, const char *beginning,
                              size_t letters)
{
	struct peer *peer = peer_new(world->loop, world->path);
	char piece[4096];

	memset(piece, 'x', sizeof(piece));
	peer_send(peer, beginning);
	for (size_t sent = 0; sent < letters; sent += sizeof(piece)) {
		size_t rest = letters - sent;

		peer_try(peer, piece,
		         rest < sizeof(piece) ? rest : sizeof(piece));
		loop_for(world->loop, 1);
	}
	return peer;
}

static void what_is_too_large_is_refused(void **state)
{
	static const struct {
		const char *beginning;
		size_t letters;
		const char *answer;
	} cases[] = {
		{ "POST /a HTTP/1.1\r\nContent-Length: 65536\r\n\r\n", 65536,
		  "HTTP/1.1 200" },
		{ "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "10000\r\n",
		  65536, NULL },
		{ "POST /a HTTP/1.1\r\nContent-Length: 262145\r\n\r\n", 1,
		  "HTTP/1.1 413" },
		{ "POST /a HTTP/1.1\r\nContent-Length: 99999999999999999999"
		  "\r\n\r\n",
		  1, "HTTP/1.1 4" },
		{ "POST /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 1,
		  "HTTP/1.1 400" },
		{ "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "40001\r\n",
		  1, "HTTP/1.1 413" },
		{ "GET /", 9000, "HTTP/1.1 400" },
		{ "GET / HTTP/1.1\r\nX: ", 9000, "HTTP/1.1 400" },
		/* Nothing but the time limit ends these. */
		{ "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
		  200000, NULL },
		{ "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "1;",
		  200000, NULL },
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peer *peer =
			send_much(world, cases[i].beginning, cases[i].letters);

		if (cases[i].answer)
			assert_true(peer_gets(peer, cases[i].answer));
		assert_true(peer_ends(peer));
		peer_free(peer);
		assert_true(world_empties(world));
	}
}

static int64_t ms_until_the_end(struct world *world, struct peer *peer)
{
	int64_t start_ms = loop_now_ms(world->loop);

	while (!peer->ended && loop_now_ms(world->loop) < start_ms + 5000) {
		peer_try(peer, "x", 1);
		loop_for(world->loop, 20);
	}
	return loop_now_ms(world->loop) - start_ms;
}

static void a_request_must_come_whole_in_time_however_it_drips(void **state)
{
	static const char *const beginnings[] = {
		"",
		"G",
		"GET / HTTP/1.1\r\nX: ",
		"POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\n",
		"POST / HTTP/1.1\r\nExpect: 100-continue\r\n"
		"Content-Length: 9999\r\n\r\n",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n",
		(GET "GET "),
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]);
	     i++) {
		struct peer *peer = peer_new(world->loop, world->path);

		peer_send(peer, beginnings[i]);
		assert_in_range(ms_until_the_end(world, peer), 300, 2000);
		peer_free(peer);
		assert_true(world_empties(world));
	}
}

static void an_idle_connection_is_closed(void **state)
{
	struct world *world = *state;
	struct peer *peer = peer_new(world->loop, world->path);
	int64_t start_ms;

	for (int i = 0; i < 5; i++) {
		buf_clear(&peer->got);
		peer_send(peer, GET);
		assert_true(peer_gets(peer, "GET /a [-] 7 0:."));
		/* Each request begins the time anew. */
		loop_for(world->loop, 200);
		assert_false(peer->ended);
	}
	start_ms = loop_now_ms(world->loop);
	assert_true(peer_ends(peer));
	assert_in_range(loop_now_ms(world->loop) - start_ms, 100, 2000);
	peer_free(peer);
}

static void the_oldest_incomplete_client_makes_room(void **state)
{
	struct world *world = *state;
	struct peer *peers[5];

	world->options.max_clients = 3;
	world->options.request_ms = 5000;
	httpd_set_options(world->httpd, &world->options);
	for (size_t i = 0; i < 5; i++) {
		peers[i] = peer_new(world->loop, world->path);
		peer_send(peers[i], i == 0 ? GET "G" : "GET /");
		loop_for(world->loop, 10);
	}
	/* 0 has been incomplete since its answer, 1 is the next. */
	assert_true(peer_ends(peers[0]));
	assert_true(peer_ends(peers[1]));
	assert_int_equal(httpd_clients(world->httpd), 3);
	for (size_t i = 2; i < 5; i++) {
		assert_false(peers[i]->ended);
		peer_send(peers[i], " HTTP/1.1\r\n\r\n");
		assert_true(peer_gets(peers[i], "GET / [-] 7 0:."));
	}

	/* Who waits for an answer is never the one. */
	peer_send(peers[2], "GET /later HTTP/1.1\r\n\r\n");
	loop_for(world->loop, 10);
	world->options.max_clients = 1;
	httpd_set_options(world->httpd, &world->options);
	assert_true(peer_ends(peers[3]));
	assert_true(peer_ends(peers[4]));
	peer_free(peers[4]);
	peers[4] = peer_new(world->loop, world->path);
	assert_true(peer_ends(peers[4]));
	assert_false(peers[2]->ended);
	httpd_reply(world->later, 200, "text/plain", "late", 4);
	assert_true(peer_gets(peers[2], "late"));
	for (size_t i = 0; i < 5; i++)
		peer_free(peers[i]);
}

static void an_answer_may_come_later(void **state)
{
	struct world *world = *state;
	struct peer *peer = peer_new(world->loop, world->path);

	peer_send(peer, "GET /later?a=b HTTP/1.1\r\n\r\n");
	/* There is no time limit on our side of it. */
	loop_for(world->loop, 600);
	assert_non_null(world->later);
	assert_string_equal(httpd_query(world->later), "a=b");
	httpd_reply(world->later, 202, "text/plain", "late", 4);
	assert_true(peer_gets(peer, "\r\n\r\nlate"));
	assert_int_equal(peer_count(peer, "HTTP/1.1 202"), 1);
	buf_clear(&peer->got);
	peer_send(peer, GET);
	assert_true(peer_gets(peer, "GET /a [-] 7 0:."));

	/* Nobody waits for it any more. */
	peer_send(peer, "GET /later HTTP/1.1\r\n\r\n");
	loop_for(world->loop, 20);
	peer_free(peer);
	loop_for(world->loop, 20);
	httpd_reply(world->later, 200, "text/plain", "late", 4);
	assert_true(world_empties(world));

	/* Nobody is there to give it. */
	peer = peer_new(world->loop, world->path);
	peer_send(peer, "GET /later HTTP/1.1\r\n\r\n");
	loop_for(world->loop, 20);
	httpd_free(world->httpd);
	world->httpd = NULL;
	assert_true(peer_ends(peer));
	peer_free(peer);
	httpd_reply(world->later, 200, "text/plain", "late", 4);
}

static void an_answer_that_is_not_taken_is_given_up(void **state)
{
	struct world *world = *state;
	struct peer *slow = peer_new(world->loop, world->path);
	struct peer *dead = peer_new(world->loop, world->path);

	peer_set_reading(slow, false);
	peer_set_reading(dead, false);
	peer_send(slow, "GET /big/4000000 HTTP/1.1\r\n\r\n");
	peer_send(dead, "GET /big/4000000 HTTP/1.1\r\n\r\n");
	/* To take a little now and then is enough. */
	for (int i = 0; i < 6; i++) {
		loop_for(world->loop, 150);
		assert_true(peer_takes(slow, 250000));
	}
	assert_int_equal(httpd_clients(world->httpd), 1);
	peer_set_reading(slow, true);
	assert_true(peer_ends(slow));
	assert_int_equal(peer_count(slow, "Content-Length: 4000026\r\n"), 1);
	assert_true(slow->got.size_bytes > 4000026);
	peer_set_reading(dead, true);
	assert_true(peer_ends(dead));
	assert_true(dead->got.size_bytes < 1000000);
	peer_free(slow);
	peer_free(dead);
}

static void junk_does_no_harm(void **state)
{
	static const char good[] = "POST /a?b HTTP/1.1\r\nHost: x\r\n"
				   "Content-Length: 5\r\n\r\nhello" GET;
	struct world *world = *state;

	for (int round = 0; round < 300; round++) {
		struct peer *peer = peer_new(world->loop, world->path);
		char text[300];
		size_t size = chance_below(sizeof(text));

		for (size_t i = 0; i < size; i++)
			text[i] = (char)chance_next();
		if (chance_below(3)) {
			/* A good one, cut and with a few wrong bytes. */
			size = chance_below(sizeof(good));
			memcpy(text, good, size);
			for (size_t i = chance_below(4); i > 0 && size; i--)
				text[chance_below(size)] = (char)chance_next();
		}
		peer_try(peer, text, size);
		if (chance_below(2))
			loop_for(world->loop, (int64_t)chance_below(3));
		if (chance_below(2))
			shutdown(peer->fd, SHUT_WR);
		if (chance_below(2))
			loop_for(world->loop, (int64_t)chance_below(3));
		peer_free(peer);
	}
	assert_true(world_empties(world));
	an_answer_has_its_headers(state);
}

/* CVE-2026-63388: evhttp wrote the client's own path behind its memory. */
static void a_client_with_a_long_path_does_no_harm(void **state)
{
	struct world *world = *state;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length;
	struct peer *peer;

	length = (size_t)snprintf(address.sun_path, sizeof(address.sun_path),
	                          "%s", folder_path(""));
	memset(address.sun_path + length, 'x',
	       sizeof(address.sun_path) - 1 - length);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
	                 0);
	peer = peer_connect(world->loop, fd, world->path);
	peer_send(peer, GET);
	assert_true(peer_gets(peer, "GET /a [-] 7 0:."));
	peer_free(peer);
}

static void a_client_that_has_gone_is_no_signal(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 50; i++) {
		struct peer *peer = peer_new(world->loop, world->path);

		peer_send(peer, "GET /big/900000 HTTP/1.1\r\n\r\n");
		loop_for(world->loop, (int64_t)chance_below(3));
		peer_free(peer);
	}
	assert_true(world_empties(world));
}

static void descriptors_may_run_out_for_a_while(void **state)
{
	struct world *world = *state;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct rlimit before, none;
	struct peer *early, *late;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)fd + 1;
	early = peer_connect(world->loop, fd, world->path);
	peer_send(early, GET);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	loop_for(world->loop, 50);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(world->requests, 0);

	late = peer_new(world->loop, world->path);
	peer_send(late, GET);
	assert_true(peer_gets(late, "GET /a [-] 7 0:."));
	/* Under valgrind the first was accepted and thrown away. */
	assert_true(early->ended || peer_gets(early, "GET /a [-] 7 0:."));
	peer_free(early);
	peer_free(late);
}

static void sockets_have_tags_and_may_be_handed_in(void **state)
{
	struct world *world = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct error error;
	struct peer *peer;

	assert_int_equal(httpd_listen_fd(world->httpd, fd, 9, &error), -EINVAL);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	         folder_path("given"));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
	                 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(httpd_listen_fd(world->httpd, fd, 9, &error), 0);
	peer = peer_new(world->loop, address.sun_path);
	peer_send(peer, GET);
	assert_true(peer_gets(peer, "GET /a [-] 9 0:."));
	peer_free(peer);

	httpd_free(world->httpd);
	world->httpd = NULL;
	assert_int_equal(access(address.sun_path, F_OK), 0);
	assert_int_equal(access(world->path, F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_has_its_headers),
		TEST(a_connection_serves_a_thousand_requests),
		TEST(requests_in_one_go_are_answered_in_turn),
		TEST(an_old_client_gets_its_answer_and_the_end),
		TEST(a_client_that_will_say_no_more_is_answered),
		TEST(head_gets_the_length_and_no_body),
		TEST(every_method_reaches_the_callback),
		TEST(an_unknown_method_is_answered_and_closed),
		TEST(a_connect_request_does_no_harm),
		TEST(bodies_come_whole),
		TEST(what_is_too_large_is_refused),
		TEST(a_request_must_come_whole_in_time_however_it_drips),
		TEST(an_idle_connection_is_closed),
		TEST(the_oldest_incomplete_client_makes_room),
		TEST(an_answer_may_come_later),
		TEST(an_answer_that_is_not_taken_is_given_up),
		TEST(junk_does_no_harm),
		TEST(a_client_with_a_long_path_does_no_harm),
		TEST(a_client_that_has_gone_is_no_signal),
		TEST(descriptors_may_run_out_for_a_while),
		TEST(sockets_have_tags_and_may_be_handed_in),
	};

	return cmocka_run_group_tests_name("httpd", tests, chance_begin, NULL);
}
