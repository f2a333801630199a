/* SPDX-License-Identifier: Apache-2.0 */
#include "io/httpd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/chance.h"
#include "base/folder.h"
#include "base/mem.h"
#include "io/loop.h"
#include "io/peer.h"

#define FOLLOW "GET /follow HTTP/1.1\r\nHost: jitd\r\n\r\n"
#define MANY   8

/* One stream, and what was asked of us for it. */
struct follower {
	struct world *world;
	struct httpd_stream *stream; /* NULL: none, or closed */
	size_t fills;
	size_t closes;
	size_t lines;      /* to write, one in each fill */
	size_t bulk_bytes; /* to write in the next fill */
};

struct world {
	struct loop *loop;
	struct httpd *httpd;
	struct httpd_options options;
	char path[108];
	struct follower followers[MANY];
	size_t begun;
	size_t refused;
};

static void on_fill(struct httpd_stream *stream, void *user)
{
	struct follower *follower = user;
	char text[32];

	follower->fills++;
	if (follower->bulk_bytes > 0) {
		char *bulk = xcalloc(follower->bulk_bytes, 1);

		memset(bulk, '.', follower->bulk_bytes);
		httpd_stream_write(stream, bulk, follower->bulk_bytes);
		follower->bulk_bytes = 0;
		free(bulk);
	}
	if (follower->lines > 0) {
		snprintf(text, sizeof(text), "line %zu\n", follower->lines--);
		httpd_stream_write(stream, text, strlen(text));
	}
}

static void on_closed(void *user)
{
	struct follower *follower = user;

	follower->stream = NULL;
	follower->closes++;
}

static const struct httpd_stream_ops ops = {
	.fill = on_fill,
	.closed = on_closed,
	.farewell = "farewell\n",
};

static void on_request(struct httpd_request *request, int tag, void *user)
{
	struct world *world = user;
	struct follower *follower = &world->followers[world->begun % MANY];

	if (strcmp(httpd_path(request), "/follow") == 0) {
		follower->stream = httpd_stream_begin(
			request, "application/x-ndjson", &ops, follower);
		if (follower->stream) {
			world->begun++;
			return;
		}
		world->refused++;
	}
	httpd_reply(request, 503, "text/plain", "full", 4);
}

static int world_begin(void **state)
{
	struct world *world = xcalloc(1, sizeof(*world));

	folder_begin(state);
	world->options = (struct httpd_options){
		.max_clients = 4,
		.max_streams = 3,
		.request_ms = 400,
		.stalled_ms = 400,
	};
	for (size_t i = 0; i < MANY; i++)
		world->followers[i].world = world;
	world->loop = loop_new();
	world->httpd =
		httpd_new(world->loop, &world->options, on_request, world);
	snprintf(world->path, sizeof(world->path), "%s", folder_path("s"));
	assert_int_equal(httpd_listen(world->httpd, world->path, 0600, 0, NULL),
	                 0);
	*state = world;
	return 0;
}

static int world_end(void **state)
{
	struct world *world = *state;

	httpd_free(world->httpd);
	for (size_t i = 0; i < MANY; i++)
		assert_null(world->followers[i].stream);
	loop_free(world->loop);
	free(world);
	return folder_end(state);
}

static bool nobody_is_left(const void *user)
{
	const struct world *world = user;

	return httpd_clients(world->httpd) == 0;
}

static bool world_empties(struct world *world)
{
	return loop_until(world->loop, nobody_is_left, world, 10000);
}

/* The next follower, whose answer has begun. */
static struct peer *follow(struct world *world)
{
	struct peer *peer = peer_new(world->loop, world->path);

	peer_send(peer, FOLLOW);
	assert_true(peer_gets(peer, "\r\n\r\n"));
	return peer;
}

static void a_stream_writes_as_it_is_taken(void **state)
{
	struct world *world = *state;
	struct follower *follower = &world->followers[0];
	struct peer *peer;

	follower->lines = 500;
	peer = follow(world);
	assert_true(peer_gets(peer, "7\r\nline 1\n\r\n"));
	assert_int_equal(peer_count(peer, "\r\nTransfer-Encoding: chunked\r\n"),
	                 1);
	assert_int_equal(
		peer_count(peer, "\r\nContent-Type: application/x-ndjson\r\n"),
		1);
	assert_int_equal(peer_count(peer, "\r\nCache-Control: no-store\r\n"),
	                 1);
	assert_int_equal(peer_count(peer, "line "), 500);
	/* All is taken: it is asked no more, and no time limit applies. */
	loop_for(world->loop, 20);
	assert_int_equal(follower->fills, 501);
	loop_for(world->loop, 900);
	assert_int_equal(follower->fills, 501);
	assert_int_equal(follower->closes, 0);

	follower->lines = 1;
	httpd_stream_wake(follower->stream);
	httpd_stream_wake(follower->stream);
	loop_for(world->loop, 20);
	assert_int_equal(peer_count(peer, "line "), 501);
	assert_int_equal(follower->fills, 503);
	peer_free(peer);
	assert_true(world_empties(world));
	assert_int_equal(follower->closes, 1);
}

static void a_stream_that_ends_leaves_the_connection(void **state)
{
	struct world *world = *state;
	struct follower *follower = &world->followers[0];
	struct peer *peer = follow(world);

	httpd_stream_write(follower->stream, "last\n", 5);
	httpd_stream_end(follower->stream);
	follower->stream = NULL;
	assert_true(peer_gets(peer, "5\r\nlast\n\r\n0\r\n\r\n"));
	peer_send(peer, "GET /x HTTP/1.1\r\n\r\n");
	assert_true(peer_gets(peer, "HTTP/1.1 503"));
	assert_int_equal(follower->closes, 0);

	/* An old client is told the end by the end. */
	peer_free(peer);
	peer = peer_new(world->loop, world->path);
	peer_send(peer, "GET /follow HTTP/1.0\r\n\r\n");
	assert_true(peer_gets(peer, "\r\n\r\n"));
	httpd_stream_write(world->followers[1].stream, "old\n", 4);
	httpd_stream_end(world->followers[1].stream);
	world->followers[1].stream = NULL;
	assert_true(peer_ends(peer));
	assert_int_equal(peer_count(peer, "\r\n\r\nold\n"), 1);
	peer_free(peer);

	/* Even where there is nothing left to send. */
	peer = peer_new(world->loop, world->path);
	peer_send(peer, "GET /follow HTTP/1.0\r\n\r\n");
	assert_true(peer_gets(peer, "\r\n\r\n"));
	httpd_stream_end(world->followers[2].stream);
	world->followers[2].stream = NULL;
	assert_true(peer_ends(peer));
	peer_free(peer);
	assert_true(world_empties(world));
}

static void a_client_that_goes_closes_its_stream_once(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < MANY; i++) {
		struct follower *follower = &world->followers[i];
		struct peer *peer = follow(world);

		if (i % 3 == 1)
			shutdown(peer->fd, SHUT_WR);
		if (i % 3 == 2) {
			peer_set_reading(peer, false);
			follower->bulk_bytes = 250000;
			httpd_stream_wake(follower->stream);
			loop_for(world->loop, 2);
			assert_true(httpd_stream_pending_bytes(
					    follower->stream) > 0);
		}
		if (i % 3 != 1)
			peer_free(peer);
		/* It may not have been noticed yet. */
		if (follower->stream)
			httpd_stream_write(follower->stream, "x", 1);
		assert_true(world_empties(world));
		assert_int_equal(follower->closes, 1);
		if (i % 3 == 1)
			peer_free(peer);
	}
}

static void too_much_untaken_ends_with_a_farewell(void **state)
{
	struct world *world = *state;
	struct follower *follower = &world->followers[0];
	struct peer *peer = follow(world);
	size_t size;

	/* It is not for being idle afterwards that it is closed. */
	world->options.request_ms = 60000;
	httpd_set_options(world->httpd, &world->options);
	peer_set_reading(peer, false);
	follower->bulk_bytes = 1000000;
	httpd_stream_wake(follower->stream);
	loop_for(world->loop, 20);
	assert_int_equal(follower->closes, 1);
	assert_int_equal(httpd_clients(world->httpd), 1);

	/* Should it read at last, it gets all of it and the last line. */
	peer_set_reading(peer, true);
	assert_true(peer_ends(peer));
	size = peer->got.size_bytes;
	assert_true(size > 1000000);
	assert_string_equal(peer->got.data + size - 21,
	                    "\r\n9\r\nfarewell\n\r\n0\r\n\r\n");
	assert_true(world_empties(world));
	assert_int_equal(follower->closes, 1);
	peer_free(peer);
}

static void a_reader_that_stands_still_is_dropped(void **state)
{
	struct world *world = *state;
	struct follower *follower = &world->followers[0];
	struct peer *slow = follow(world);
	struct peer *dead = follow(world);
	int64_t start_ms = loop_now_ms(world->loop);

	for (size_t i = 0; i < 2; i++) {
		follower[i].bulk_bytes = 250000;
		httpd_stream_wake(follower[i].stream);
	}
	peer_set_reading(slow, false);
	peer_set_reading(dead, false);
	/* Who takes something now and then is not dropped. */
	for (int i = 0; i < 6; i++) {
		loop_for(world->loop, 150);
		assert_true(peer_takes(slow, 240000));
		if (i == 0)
			assert_int_equal(follower[1].closes, 0);
		follower[0].bulk_bytes = 250000;
		httpd_stream_wake(follower[0].stream);
	}
	assert_int_equal(follower[0].closes, 0);
	assert_int_equal(follower[1].closes, 1);
	/* Nor does it read its farewell: it is closed. */
	httpd_stream_end(follower[0].stream);
	follower[0].stream = NULL;
	peer_free(slow);
	assert_true(world_empties(world));
	assert_in_range(loop_now_ms(world->loop) - start_ms, 700, 4000);
	peer_set_reading(dead, true);
	assert_true(peer_ends(dead));
	assert_int_equal(peer_count(dead, "farewell"), 0);
	peer_free(dead);
}

static void streams_are_counted_apart(void **state)
{
	struct world *world = *state;
	struct peer *followers[4];
	struct peer *peers[4];

	for (size_t i = 0; i < 3; i++)
		followers[i] = follow(world);
	followers[3] = follow(world);
	assert_int_equal(peer_count(followers[3], "HTTP/1.1 503"), 1);
	assert_int_equal(world->refused, 1);
	peer_free(followers[3]);
	loop_for(world->loop, 5);

	/* So many others have room besides, and do not push streams out. */
	for (size_t i = 0; i < 4; i++) {
		peers[i] = peer_new(world->loop, world->path);
		loop_for(world->loop, 5);
	}
	assert_int_equal(httpd_clients(world->httpd), 7);
	for (size_t i = 0; i < 4; i++) {
		peer_send(peers[i], "GET /x HTTP/1.1\r\n\r\n");
		assert_true(peer_gets(peers[i], "HTTP/1.1 503"));
		peer_free(peers[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		assert_false(followers[i]->ended);
		peer_free(followers[i]);
	}
	loop_for(world->loop, 20);
	followers[0] = follow(world);
	assert_int_equal(peer_count(followers[0], "HTTP/1.1 200"), 1);
	peer_free(followers[0]);
}

static void who_talks_without_end_is_closed(void **state)
{
	struct world *world = *state;
	struct peer *peer = follow(world);
	char junk[4096];

	memset(junk, 'x', sizeof(junk));
	for (int i = 0; i < 1000 && !peer->ended; i++) {
		peer_try(peer, junk, sizeof(junk));
		loop_for(world->loop, 0);
	}
	assert_true(peer->ended);
	assert_int_equal(world->followers[0].closes, 1);
	assert_true(world_empties(world));
	peer_free(peer);
}

static void a_stream_for_head_has_no_body(void **state)
{
	struct world *world = *state;
	struct peer *peer = peer_new(world->loop, world->path);

	peer_send(peer, "HEAD /follow HTTP/1.1\r\n\r\n");
	assert_true(peer_gets(peer, "\r\n\r\n"));
	httpd_stream_write(world->followers[0].stream, "body\n", 5);
	httpd_stream_end(world->followers[0].stream);
	world->followers[0].stream = NULL;
	peer_send(peer, "GET /x HTTP/1.1\r\n\r\n");
	assert_true(peer_gets(peer, "full"));
	assert_int_equal(peer_count(peer, "body"), 0);
	peer_free(peer);
}

static void to_free_httpd_closes_the_streams(void **state)
{
	struct world *world = *state;
	struct peer *peers[3];

	for (size_t i = 0; i < 3; i++) {
		peers[i] = follow(world);
		httpd_stream_wake(world->followers[i].stream);
		httpd_stream_write(world->followers[i].stream, "x", i);
	}
	httpd_free(world->httpd);
	world->httpd = NULL;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(world->followers[i].closes, 1);
		assert_true(peer_ends(peers[i]));
		peer_free(peers[i]);
	}
}

/* One step of one of many clients, whatever it is. */
static void step(struct world *world, struct peer **slot)
{
	static const char twice[] = FOLLOW FOLLOW;
	static const char old[] = "GET /follow HTTP/1.0\r\n\r\n";
	static const char other[] = "GET /x HTTP/1.1\r\n\r\n";
	static const char *const texts[] = {
		FOLLOW, twice, old, other, "GET /fo", "llow HTTP/1.1\r\n\r\n",
	};
	struct peer *peer = *slot;
	const char *text = texts[chance_below(6)];

	if (!peer) {
		*slot = peer_new(world->loop, world->path);
		return;
	}
	switch (chance_below(6)) {
	case 0:
		peer_free(peer);
		*slot = NULL;
		break;
	case 1:
		shutdown(peer->fd, SHUT_WR);
		break;
	case 2:
		if (!peer->ended)
			peer_set_reading(peer, chance_below(2));
		break;
	default:
		peer_try(peer, text, strlen(text));
	}
}

static void random_clients_leave_nothing_behind(void **state)
{
	struct world *world = *state;
	struct peer *peers[12] = { 0 };
	size_t closes = 0, ends = 0;

	for (int round = 0; round < 3000; round++) {
		struct follower *follower =
			&world->followers[chance_below(MANY)];

		step(world, &peers[chance_below(12)]);
		if (chance_below(4) == 0)
			loop_for(world->loop, (int64_t)chance_below(3));
		if (!follower->stream)
			continue;
		follower->lines = chance_below(4);
		follower->bulk_bytes = chance_below(3) * chance_below(90000);
		httpd_stream_wake(follower->stream);
		if (chance_below(30) == 0) {
			httpd_stream_end(follower->stream);
			follower->stream = NULL;
			ends++;
		}
		/* Each has a place of its own in the table. */
		while (world->followers[world->begun % MANY].stream)
			world->begun++;
	}
	for (size_t i = 0; i < 12; i++)
		peer_free(peers[i]);
	assert_true(world_empties(world));
	for (size_t i = 0; i < MANY; i++) {
		closes += world->followers[i].closes;
		assert_null(world->followers[i].stream);
	}
	assert_true(closes > 0);
	assert_true(ends > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stream_writes_as_it_is_taken),
		TEST(a_stream_that_ends_leaves_the_connection),
		TEST(a_client_that_goes_closes_its_stream_once),
		TEST(too_much_untaken_ends_with_a_farewell),
		TEST(a_reader_that_stands_still_is_dropped),
		TEST(streams_are_counted_apart),
		TEST(who_talks_without_end_is_closed),
		TEST(a_stream_for_head_has_no_body),
		TEST(to_free_httpd_closes_the_streams),
		TEST(random_clients_leave_nothing_behind),
	};

	return cmocka_run_group_tests_name("httpd_stream", tests, chance_begin,
	                                   NULL);
}
