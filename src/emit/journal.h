/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal: events to journald by its native protocol, without ever blocking.
 *
 * sd_journal_sendv() waits for ever once journald hangs, and says 0 when it is
 * not there at all; so this is a sender of our own on a connected, non-blocking
 * socket. Protocol: systemd's docs/JOURNAL_NATIVE_PROTOCOL.md.
 */
#pragma once

#include "emit/emitter.h"

struct buf;

/* Never fails: where journald is away it is tried again every few seconds. */
struct emitter *journal_new(struct loop *loop, const char *path,
                            emitter_ready_fn *ready, void *user);

/* The datagram of one event. */
void journal_encode(const struct event *event, struct buf *out);
