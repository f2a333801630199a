/* SPDX-License-Identifier: Apache-2.0 */
/*
 * telling: what became of a subscription -> an event, with its fields and the
 * sentence that a person on call reads.
 */
#pragma once

#include <stdint.h>

struct event;
struct subscription;
struct verdict;

/* Its verdict is another one than before: which event tells of it, follows
 * from the two. */
struct event *telling_of_verdict(const struct subscription *subscription,
                                 const struct verdict *before,
                                 int64_t now_unix_ms);

struct event *telling_of_stale(const struct subscription *subscription,
                               int64_t now_unix_ms);

/* To be called while its last good poll is still the one of before. */
struct event *telling_of_fresh(const struct subscription *subscription,
                               int64_t now_unix_ms);

struct event *telling_of_found(const struct subscription *subscription,
                               int64_t now_unix_ms);

/* why is the rest of the sentence. */
struct event *telling_of_lost(const struct subscription *subscription,
                              const char *why, int64_t now_unix_ms);
