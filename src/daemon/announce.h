/* SPDX-License-Identifier: Apache-2.0 */
/*
 * announce: the events of the daemon itself, put into the outbox.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct error;
struct outbox;

/* known: how many subscriptions the store gave back. */
void announce_started(struct outbox *outbox, int64_t now_unix_ms, size_t known);
void announce_stopping(struct outbox *outbox, int64_t now_unix_ms);
void announce_reloaded(struct outbox *outbox, int64_t now_unix_ms);
void announce_rejected(struct outbox *outbox, int64_t now_unix_ms,
                       const struct error *error);

/* path: where the damaged state file is now. */
void announce_quarantined(struct outbox *outbox, int64_t now_unix_ms,
                          const char *path);
