/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule: which subscription to poll next, and when.
 *
 * A heap of due times. Pure: the caller passes in the time and the random
 * numbers, so a year of polling runs in a unit test. Times are milliseconds on
 * a clock that never goes back.
 *
 * Good polls keep their place: a subscription's id gives it a fixed phase
 * within the interval, so that polls stay spread evenly however they began.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scoped.h"

struct schedule;

/* What schedule_next_ms() says while nothing waits. */
#define SCHEDULE_NEVER INT64_MAX

struct schedule_policy {
	int64_t interval_ms;  /* from a good poll to the next one, about */
	int64_t retry_min_ms; /* after one failure; doubles up to interval_ms */
	int64_t slow_max_ms;  /* slow failures: from interval_ms, up to this */
};

/* Embedded in what is scheduled; zeroed before schedule_add(). The fields are
 * schedule.c's own. */
struct schedule_item {
	int64_t due_ms;
	int64_t not_before_ms; /* what the server asked for; 0: nothing */
	uint32_t phase;        /* its place in the interval, of 2^32 */
	uint32_t slot;         /* 1 + its index in the heap; 0: not in it */
	uint16_t failures;
	bool slow; /* so were those failures */
	bool taken;
	bool hurried; /* while taken: due again at once */
};

struct schedule *schedule_new(const struct schedule_policy *policy);
void schedule_free(struct schedule *schedule);
DEFINE_SCOPED(struct schedule *, schedule_free)

/* New intervals hold from each item's next answer on; what is due later than
 * now_ms + interval_ms is brought forward to its place, but not to before what
 * the server asked for. */
void schedule_set_policy(struct schedule *schedule,
                         const struct schedule_policy *policy, int64_t now_ms);

/* phase is any number that spreads well: a hash of the id. */
void schedule_add(struct schedule *schedule, struct schedule_item *item,
                  uint32_t phase, int64_t due_ms);

/* Takes it out for good, also while it is taken. */
void schedule_remove(struct schedule *schedule, struct schedule_item *item);

/* When schedule_take() will next have something, or SCHEDULE_NEVER. */
int64_t schedule_next_ms(const struct schedule *schedule);

/* The item that is most overdue, or NULL where none is due by now_ms; it stays
 * out until one of the next four is called for it. */
struct schedule_item *schedule_take(struct schedule *schedule, int64_t now_ms);

/* Due again at its place in the interval: from half an interval to one and a
 * half from now. */
void schedule_succeeded(struct schedule *schedule, struct schedule_item *item,
                        int64_t now_ms);

/* Back-off with jitter from random; never before not_before_ms (0: none). */
void schedule_failed(struct schedule *schedule, struct schedule_item *item,
                     bool slow, int64_t now_ms, int64_t not_before_ms,
                     uint32_t random);

/* Due again after delay_ms, neither a success nor a failure: a verdict that
 * waits to be confirmed. */
void schedule_again(struct schedule *schedule, struct schedule_item *item,
                    int64_t now_ms, int64_t delay_ms);

/* Makes it due now, or as soon as the server lets it; if it is being polled,
 * once more right after that. */
void schedule_hurry(struct schedule *schedule, struct schedule_item *item,
                    int64_t now_ms);

/* How many there are, taken ones among them. */
size_t schedule_count(const struct schedule *schedule);
