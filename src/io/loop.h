/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop: the process's one event loop and its clocks. Only loop.c and httpd*.c
 * know that it is libevent.
 *
 * To free a timer, a task, a watch or a signal is to cancel it: its callback
 * is never called again. Each may be freed from inside its own callback.
 */
#pragma once

#include <stdint.h>

#include "base/scoped.h"

struct event_base; /* libevent's, for httpd*.c alone */
struct loop;
struct loop_timer;
struct loop_task;
struct loop_watch;
struct loop_signal;

typedef void loop_fn(void *user);

struct loop *loop_new(void);
void loop_free(struct loop *loop);
DEFINE_SCOPED(struct loop *, loop_free)

/* Returns after loop_stop(), once the turn is over. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* When the current turn of the loop began: a clock that cannot go back, and
 * the same for all that is done in one turn. */
int64_t loop_now_ms(const struct loop *loop);

/* The wall clock, now: Unix time. It may be stepped either way. */
int64_t loop_wall_unix_ms(const struct loop *loop);

/* A number from the kernel's generator. */
uint32_t loop_random(struct loop *loop);

/* A timer does nothing until it is set; it fires once for each setting, and a
 * new setting replaces the one before. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_fn *fn, void *user);
void loop_timer_set(struct loop_timer *timer, int64_t at_ms);
void loop_timer_unset(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer);

/* A task runs once at the end of this turn after it was woken, however often
 * that was: what a turn gathered is written in one go. */
struct loop_task *loop_task_new(struct loop *loop, loop_fn *fn, void *user);
void loop_task_wake(struct loop_task *task);
void loop_task_free(struct loop_task *task);

enum loop_ready {
	LOOP_READY_NONE = 0,
	LOOP_READY_READ = 1 << 0,
	LOOP_READY_WRITE = 1 << 1,
};

typedef void loop_watch_fn(unsigned ready, void *user);

/* The descriptor stays the caller's, to close after the watch is freed.
 * wanted: LOOP_READY_ bits; setting what is set already costs nothing. */
struct loop_watch *loop_watch_new(struct loop *loop, int fd, unsigned wanted,
                                  loop_watch_fn *fn, void *user);
void loop_watch_set(struct loop_watch *watch, unsigned wanted);
void loop_watch_free(struct loop_watch *watch);

struct loop_signal *loop_signal_new(struct loop *loop, int number, loop_fn *fn,
                                    void *user);
void loop_signal_free(struct loop_signal *signal);

/* For httpd*.c: evhttp wants it. */
struct event_base *loop_base(struct loop *loop);
