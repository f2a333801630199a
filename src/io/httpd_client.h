/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httpd_client: who is connected to httpd, and how long each may take.
 *
 * evhttp neither counts its clients nor knows a time limit that a client
 * cannot move by one more byte: both are kept here. httpd.c alone includes
 * this, and tells what a client is busy with.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct bufferevent;
struct clients;
struct event;
struct event_base;
struct evhttp_connection;
struct httpd_request;
struct httpd_stream;
struct loop;
struct loop_timer;

struct client_limits {
	unsigned clients; /* at most, besides those that stream */
	int64_t request_ms;
	int64_t stalled_ms;
	size_t piece_bytes; /* the largest that evhttp reads as one */
};

enum client_state {
	CLIENT_READING,  /* its request is incomplete, or none has begun */
	CLIENT_WAITING,  /* for httpd_reply() */
	CLIENT_ANSWERED, /* the answer is on its way */
	CLIENT_STREAMING,
	CLIENT_LEAVING, /* it was dropped, and may still take the last line */
};

struct client {
	LIST_ENTRY(client) entry;
	struct clients *clients;
	struct bufferevent *socket;
	struct evhttp_connection *connection; /* NULL: not accepted yet */
	enum client_state state;
	int64_t since_ms; /* it is in this state, or took something last */
	bool is_flooding; /* it sends more than it may */
	struct httpd_request *request; /* while CLIENT_WAITING */
	struct httpd_stream *stream;   /* while CLIENT_STREAMING */
};

struct clients {
	struct loop *loop;
	struct client_limits limits;
	LIST_HEAD(, client) list;
	struct event *accepted;
	struct loop_timer *sweep;
	int64_t sweep_at_ms;

	/* Called before a client that has gone is freed; it may free others. */
	void (*gone)(struct client *client);
	/* Called for a stream that does not read: it must end it. */
	void (*stalled)(struct client *client);
};

/* The two callbacks are set by the caller. */
void clients_init(struct clients *clients, struct loop *loop,
                  const struct client_limits *limits);

/* All must have gone, with their evhttp. */
void clients_done(struct clients *clients);
void clients_set_limits(struct clients *clients,
                        const struct client_limits *limits);
size_t clients_count(const struct clients *clients);

/* A new client, whose connection evhttp is about to make on that socket. */
struct bufferevent *client_accept(struct clients *clients);
struct client *client_find(const struct clients *clients,
                           const struct evhttp_connection *connection);

/* The time of the state begins now. */
void client_enter(struct client *client, enum client_state state);

/* Bytes that it has not taken yet. */
size_t client_pending_bytes(const struct client *client);
