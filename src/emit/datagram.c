/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/datagram.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

#define AWAY_RETRY_MS 2000
#define BUSY_RETRY_MS 100

/* Room for some ten thousand events; the kernel gives what it allows. */
#define QUEUE_BYTES (8 << 20)

struct datagram {
	struct loop *loop;
	struct loop_timer *timer;
	struct loop_watch *watch; /* NULL while the reader is away */
	struct sockaddr_un address;
	int type;
	bool may_stream;
	int fd;   /* -1: the reader is away */
	int away; /* why: a negative errno */
	bool owes_ready;
	loop_fn *ready;
	void *user;
};

/* To be called last: datagram may be freed in it. */
static void tell_ready(struct datagram *datagram)
{
	if (!datagram->owes_ready)
		return;
	datagram->owes_ready = false;
	datagram->ready(datagram->user);
}

static void retry_in(struct datagram *datagram, int64_t delay_ms)
{
	loop_timer_set(datagram->timer, loop_now_ms(datagram->loop) + delay_ms);
}

static void on_writable(unsigned ready, void *user)
{
	struct datagram *datagram = user;

	loop_watch_set(datagram->watch, LOOP_READY_NONE);
	tell_ready(datagram);
}

/* The watch goes before its descriptor. */
static void disconnect(struct datagram *datagram)
{
	loop_watch_free(steal(datagram->watch));
	if (datagram->fd >= 0)
		close(datagram->fd);
	datagram->fd = -1;
}

/* Only a connected socket tells when the reader's queue has room again. */
static int connect_as(struct datagram *datagram, int type)
{
	const struct sockaddr *address =
		(const struct sockaddr *)&datagram->address;
	const int size = QUEUE_BYTES;
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int code;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (connect(fd, address, sizeof(datagram->address)) < 0) {
		code = errno;
		close(fd);
		/* A stream that cannot queue us is no place to wait at. */
		return code == EAGAIN ? -ECONNREFUSED : -code;
	}
	datagram->fd = fd;
	datagram->type = type;
	datagram->watch = loop_watch_new(datagram->loop, fd, LOOP_READY_NONE,
	                                 on_writable, datagram);
	return 0;
}

static int reconnect(struct datagram *datagram)
{
	int r = connect_as(datagram, datagram->type);

	if (r == -EPROTOTYPE && datagram->may_stream)
		r = connect_as(datagram, datagram->type == SOCK_DGRAM
		                                 ? SOCK_STREAM
		                                 : SOCK_DGRAM);
	if (r < 0) {
		datagram->away = r;
		retry_in(datagram, AWAY_RETRY_MS);
	}
	return r;
}

static void on_retry_due(void *user)
{
	struct datagram *datagram = user;

	if (datagram->fd >= 0 || reconnect(datagram) == 0)
		tell_ready(datagram);
}

static int send_once(const struct datagram *datagram, const void *data,
                     size_t size_bytes)
{
	ssize_t sent;

	if (datagram->fd < 0)
		return datagram->away;
	if (datagram->may_stream && datagram->type == SOCK_DGRAM)
		size_bytes--;
	do
		sent = send(datagram->fd, data, size_bytes,
		            MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	/* Of a stream, which is closed then: the reader sees half a line, and
	 * the whole one again after that. */
	return (size_t)sent == size_bytes ? 0 : -ENOTCONN;
}

static bool is_short_of_room(int r)
{
	return r == -EAGAIN || r == -EMSGSIZE || r == -ENOBUFS || r == -ENOMEM;
}

/* A reader that was started anew has a socket of its own under the old name:
 * so one new try at once. */
static int send_anywhere(struct datagram *datagram, const void *data,
                         size_t size_bytes)
{
	bool was_connected = datagram->fd >= 0;
	int r = send_once(datagram, data, size_bytes);

	if (r == 0 || is_short_of_room(r) || !was_connected)
		return r;
	disconnect(datagram);
	r = reconnect(datagram);
	if (r < 0)
		return r;
	r = send_once(datagram, data, size_bytes);
	if (r < 0 && !is_short_of_room(r)) {
		disconnect(datagram);
		datagram->away = r;
		retry_in(datagram, AWAY_RETRY_MS);
	}
	return r;
}

struct datagram *datagram_new(struct loop *loop, const char *path,
                              bool may_stream, loop_fn *ready, void *user)
{
	struct datagram *datagram = xcalloc(1, sizeof(*datagram));

	assert(datagram_path_fits(path));
	datagram->loop = loop;
	datagram->timer = loop_timer_new(loop, on_retry_due, datagram);
	datagram->address.sun_family = AF_UNIX;
	memcpy(datagram->address.sun_path, path, strlen(path) + 1);
	datagram->type = SOCK_DGRAM;
	datagram->may_stream = may_stream;
	datagram->fd = -1;
	datagram->ready = ready;
	datagram->user = user;
	(void)reconnect(datagram);
	return datagram;
}

void datagram_free(struct datagram *datagram)
{
	if (!datagram)
		return;
	disconnect(datagram);
	loop_timer_free(datagram->timer);
	free(datagram);
}

bool datagram_path_fits(const char *path)
{
	return *path &&
	       strlen(path) < sizeof(((struct sockaddr_un *)NULL)->sun_path);
}

int datagram_send(struct datagram *datagram, const void *data,
                  size_t size_bytes)
{
	int r = send_anywhere(datagram, data, size_bytes);

	if (r == 0)
		return 0;
	if (r != -EAGAIN && is_short_of_room(r)) {
		if (size_bytes > DATAGRAM_SMALL_BYTES)
			return -EMSGSIZE;
		retry_in(datagram, BUSY_RETRY_MS);
		r = -EAGAIN;
	} else if (r == -EAGAIN) {
		loop_watch_set(datagram->watch, LOOP_READY_WRITE);
	}
	datagram->owes_ready = true;
	return r;
}

void datagram_offer(struct datagram *datagram, const void *data,
                    size_t size_bytes)
{
	(void)send_anywhere(datagram, data, size_bytes);
}
