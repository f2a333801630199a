/* SPDX-License-Identifier: Apache-2.0 */
#include "io/httpd_client.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include "base/mem.h"
#include "io/loop.h"

#define READ_MAX_BYTES 16384

/* When a client is to be closed, or its stream dropped, if nothing changes. */
static int64_t deadline_ms(const struct client *client)
{
	const struct client_limits *limits = &client->clients->limits;

	if (client->state == CLIENT_WAITING)
		return INT64_MAX;
	if (client->is_flooding)
		return client->since_ms;
	switch (client->state) {
	case CLIENT_READING:
		return client->since_ms + limits->request_ms;
	case CLIENT_STREAMING:
		if (client_pending_bytes(client) == 0)
			return INT64_MAX;
		break;
	case CLIENT_WAITING:
	case CLIENT_ANSWERED:
	case CLIENT_LEAVING:
		break;
	}
	return client->since_ms + limits->stalled_ms;
}

/* Sees to it that the clients are looked at by then. */
static void sweep_by(struct clients *clients, int64_t at_ms)
{
	if (at_ms >= clients->sweep_at_ms)
		return;
	clients->sweep_at_ms = at_ms;
	loop_timer_set(clients->sweep, at_ms);
}

static struct client *overdue(const struct clients *clients, int64_t now_ms)
{
	struct client *client;

	for (client = LIST_FIRST(&clients->list); client;
	     client = LIST_NEXT(client, entry))
		if (deadline_ms(client) <= now_ms)
			return client;
	return NULL;
}

static void on_sweep(void *user)
{
	struct clients *clients = user;
	int64_t now_ms = loop_now_ms(clients->loop);
	struct client *client;

	/* One that goes may take others with it. */
	for (client = overdue(clients, now_ms); client;
	     client = overdue(clients, now_ms)) {
		if (client->stream)
			clients->stalled(client);
		else
			evhttp_connection_free(client->connection);
	}

	clients->sweep_at_ms = INT64_MAX;
	for (client = LIST_FIRST(&clients->list); client;
	     client = LIST_NEXT(client, entry))
		sweep_by(clients, deadline_ms(client));
}

/* The client to make room for another: the one that has been about its request
 * for longest. NULL where there is room, or where all others are busy. */
static struct client *one_too_many(const struct clients *clients)
{
	struct client *client, *oldest = NULL;
	size_t count = 0;

	for (client = LIST_FIRST(&clients->list); client;
	     client = LIST_NEXT(client, entry)) {
		if (client->state == CLIENT_STREAMING)
			continue;
		count++;
		/* The newest stand first. */
		if (client->state == CLIENT_READING &&
		    (!oldest || client->since_ms <= oldest->since_ms))
			oldest = client;
	}
	return count > clients->limits.clients ? oldest : NULL;
}

static void thin_out(struct clients *clients)
{
	struct client *client;

	for (client = one_too_many(clients); client;
	     client = one_too_many(clients))
		evhttp_connection_free(client->connection);
}

/* To take something is a sign of life; to be given the first of it begins the
 * time for that. */
static void on_output(struct evbuffer *output,
                      const struct evbuffer_cb_info *info, void *user)
{
	struct client *client = user;
	bool first = info->orig_size == 0;

	if (client->state != CLIENT_ANSWERED &&
	    client->state != CLIENT_STREAMING)
		return;
	if (first || info->n_deleted)
		client->since_ms = loop_now_ms(client->clients->loop);
	if (first)
		sweep_by(client->clients, deadline_ms(client));
}

/*
 * evhttp reads on while it answers, and waits for the end of a line in a body
 * for ever. A client whose unread input is larger than one piece, and what may
 * come with the last byte of it, is closed.
 */
static void on_input(struct evbuffer *input,
                     const struct evbuffer_cb_info *info, void *user)
{
	struct client *client = user;
	size_t most = client->clients->limits.piece_bytes + READ_MAX_BYTES;

	if (client->is_flooding || evbuffer_get_length(input) <= most)
		return;
	client->is_flooding = true;
	sweep_by(client->clients, deadline_ms(client));
}

/* evhttp is done with a connection, however that came about. */
static void on_closed(struct evhttp_connection *connection, void *user)
{
	struct client *client = user;

	evbuffer_remove_cb(bufferevent_get_input(client->socket), on_input,
	                   client);
	evbuffer_remove_cb(bufferevent_get_output(client->socket), on_output,
	                   client);
	LIST_REMOVE(client, entry);
	client->clients->gone(client);
	free(client);
}

/* Gives a new client its connection, or frees it where evhttp failed. */
static void connection_find(struct client *client)
{
	struct bufferevent *socket = client->socket;
	void *connection;

	bufferevent_getcb(socket, NULL, NULL, NULL, &connection);
	client->connection = connection;
	if (connection) {
		evhttp_connection_set_closecb(connection, on_closed, client);
		xptr(evbuffer_add_cb(bufferevent_get_input(socket), on_input,
		                     client));
		xptr(evbuffer_add_cb(bufferevent_get_output(socket), on_output,
		                     client));
	} else {
		LIST_REMOVE(client, entry);
		free(client);
	}
	bufferevent_decref(socket);
}

static void on_accepted(int fd, short what, void *user)
{
	struct clients *clients = user;
	struct client *client, *next;

	for (client = LIST_FIRST(&clients->list); client; client = next) {
		next = LIST_NEXT(client, entry);
		if (!client->connection)
			connection_find(client);
	}
	thin_out(clients);
}

void clients_init(struct clients *clients, struct loop *loop,
                  const struct client_limits *limits)
{
	clients->loop = loop;
	LIST_INIT(&clients->list);
	clients->accepted =
		xptr(event_new(loop_base(loop), -1, 0, on_accepted, clients));
	clients->sweep = loop_timer_new(loop, on_sweep, clients);
	clients->sweep_at_ms = INT64_MAX;
	clients_set_limits(clients, limits);
}

void clients_done(struct clients *clients)
{
	assert(LIST_EMPTY(&clients->list));
	event_free(clients->accepted);
	loop_timer_free(clients->sweep);
}

void clients_set_limits(struct clients *clients,
                        const struct client_limits *limits)
{
	clients->limits = *limits;
	thin_out(clients);
	sweep_by(clients, loop_now_ms(clients->loop));
}

size_t clients_count(const struct clients *clients)
{
	const struct client *client;
	size_t count = 0;

	for (client = LIST_FIRST(&clients->list); client;
	     client = LIST_NEXT(client, entry))
		count++;
	return count;
}

/*
 * evhttp shows a connection only with its first whole request, but asks us for
 * the socket of each that it makes. So a client is put down here, and gets its
 * connection as soon as evhttp has made that: it is the argument of the
 * socket's callbacks then. The event runs in this turn, before any socket is
 * looked at again.
 */
struct bufferevent *client_accept(struct clients *clients)
{
	struct client *client = xcalloc(1, sizeof(*client));

	client->clients = clients;
	client->socket =
		xptr(bufferevent_socket_new(loop_base(clients->loop), -1, 0));
	bufferevent_set_max_single_read(client->socket, READ_MAX_BYTES);
	bufferevent_incref(client->socket);
	LIST_INSERT_HEAD(&clients->list, client, entry);
	client_enter(client, CLIENT_READING);
	event_active(clients->accepted, EV_TIMEOUT, 0);
	return client->socket;
}

struct client *client_find(const struct clients *clients,
                           const struct evhttp_connection *connection)
{
	struct client *client;

	for (client = LIST_FIRST(&clients->list); client;
	     client = LIST_NEXT(client, entry))
		if (client->connection == connection)
			return client;
	return NULL;
}

void client_enter(struct client *client, enum client_state state)
{
	client->state = state;
	client->since_ms = loop_now_ms(client->clients->loop);
	sweep_by(client->clients, deadline_ms(client));
}

size_t client_pending_bytes(const struct client *client)
{
	return evbuffer_get_length(bufferevent_get_output(client->socket));
}
