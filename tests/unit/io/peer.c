/* SPDX-License-Identifier: Apache-2.0 */
#include "io/peer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/loop.h"

#define PATIENCE_MS 10000

struct wait {
	struct loop *loop;
	struct loop_timer *timer;
	bool (*is_so)(const void *user);
	const void *user;
	int64_t until_ms;
	bool was_so;
};

static void on_look(void *user)
{
	struct wait *wait = user;
	int64_t now_ms = loop_now_ms(wait->loop);

	wait->was_so = wait->is_so && wait->is_so(wait->user);
	if (wait->was_so || now_ms >= wait->until_ms)
		loop_stop(wait->loop);
	else
		loop_timer_set(wait->timer, now_ms + 1);
}

bool loop_until(struct loop *loop, bool (*is_so)(const void *user),
                const void *user, int64_t limit_ms)
{
	struct wait wait = {
		.loop = loop,
		.is_so = is_so,
		.user = user,
		.until_ms = loop_now_ms(loop) + limit_ms,
	};

	wait.timer = loop_timer_new(loop, on_look, &wait);
	loop_timer_set(wait.timer, 0);
	loop_run(loop);
	loop_timer_free(wait.timer);
	return wait.was_so;
}

void loop_for(struct loop *loop, int64_t ms)
{
	loop_until(loop, NULL, NULL, ms);
}

static void on_ready(unsigned ready, void *user)
{
	struct peer *peer = user;
	char data[65536];
	ssize_t size = recv(peer->fd, data, sizeof(data), 0);

	if (size > 0) {
		buf_add(&peer->got, data, (size_t)size);
	} else if (size == 0 || errno != EAGAIN) {
		peer->ended = true;
		loop_watch_set(peer->watch, LOOP_READY_NONE);
	}
}

struct peer *peer_connect(struct loop *loop, int taken_fd, const char *path)
{
	struct peer *peer = xcalloc(1, sizeof(*peer));
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	peer->loop = loop;
	peer->fd = taken_fd;
	buf_init(&peer->got, BUF_NO_CAP);
	assert_int_equal(
		connect(peer->fd, (struct sockaddr *)&address, sizeof(address)),
		0);
	peer->watch =
		loop_watch_new(loop, peer->fd, LOOP_READY_READ, on_ready, peer);
	return peer;
}

struct peer *peer_new(struct loop *loop, const char *path)
{
	return peer_connect(
		loop,
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
		path);
}

void peer_free(struct peer *peer)
{
	if (!peer)
		return;
	loop_watch_free(peer->watch);
	close(peer->fd);
	buf_done(&peer->got);
	free(peer);
}

void peer_send(struct peer *peer, const char *text)
{
	assert_int_equal(send(peer->fd, text, strlen(text), MSG_NOSIGNAL),
	                 strlen(text));
}

void peer_try(struct peer *peer, const void *data, size_t size_bytes)
{
	(void)!send(peer->fd, data, size_bytes, MSG_NOSIGNAL);
}

void peer_set_reading(struct peer *peer, bool reading)
{
	loop_watch_set(peer->watch,
	               reading ? LOOP_READY_READ : LOOP_READY_NONE);
}

struct text_wanted {
	const struct peer *peer;
	const char *text;
};

static bool has_come(const void *user)
{
	const struct text_wanted *wanted = user;

	return peer_count(wanted->peer, wanted->text) > 0;
}

bool peer_gets(struct peer *peer, const char *text)
{
	const struct text_wanted wanted = { peer, text };

	return loop_until(peer->loop, has_come, &wanted, PATIENCE_MS);
}

static bool has_ended(const void *user)
{
	const struct peer *peer = user;

	return peer->ended;
}

bool peer_ends(struct peer *peer)
{
	return loop_until(peer->loop, has_ended, peer, PATIENCE_MS);
}

struct bytes_wanted {
	const struct peer *peer;
	size_t size_bytes;
};

static bool have_come(const void *user)
{
	const struct bytes_wanted *wanted = user;

	return wanted->peer->got.size_bytes >= wanted->size_bytes;
}

bool peer_takes(struct peer *peer, size_t size_bytes)
{
	const struct bytes_wanted wanted = { peer, peer->got.size_bytes +
		                                           size_bytes };
	bool came;

	peer_set_reading(peer, true);
	came = loop_until(peer->loop, have_come, &wanted, PATIENCE_MS);
	peer_set_reading(peer, false);
	return came;
}

size_t peer_count(const struct peer *peer, const char *text)
{
	const char *at = peer->got.data;
	const char *end = at + peer->got.size_bytes;
	size_t count = 0;

	while (at &&
	       (at = memmem(at, (size_t)(end - at), text, strlen(text)))) {
		at += strlen(text);
		count++;
	}
	return count;
}
