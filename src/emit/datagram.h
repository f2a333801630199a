/* SPDX-License-Identifier: Apache-2.0 */
/*
 * datagram: messages to a Unix socket that another daemon reads, without ever
 * blocking. Where the reader is slow its queue fills up; where it is away it
 * is looked for again every two seconds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/scoped.h"
#include "io/loop.h"

struct datagram;

/* may_stream: the reader may have a stream socket instead, as some syslogs do;
 * all messages then end in a newline, which a datagram goes without. path must
 * fit into a socket's address. */
struct datagram *datagram_new(struct loop *loop, const char *path,
                              bool may_stream, loop_fn *ready, void *user);
void datagram_free(struct datagram *datagram);
DEFINE_SCOPED(struct datagram *, datagram_free)

bool datagram_path_fits(const char *path);

/*
 * 0: it was taken whole. -EMSGSIZE: it is too large to be taken now; a smaller
 * one might do, and DATAGRAM_SMALL_BYTES are small enough. -EAGAIN: the queue
 * is full; another errno: the reader is away. After the last two, ready is
 * called once, when it is worth a new try.
 */
#define DATAGRAM_SMALL_BYTES 8192
int datagram_send(struct datagram *datagram, const void *data,
                  size_t size_bytes);

/* As datagram_send(), but it is dropped where it cannot be taken. */
void datagram_offer(struct datagram *datagram, const void *data,
                    size_t size_bytes);
