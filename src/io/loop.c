/* SPDX-License-Identifier: Apache-2.0 */
#include "io/loop.h"

#include <assert.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <time.h>

#include <event2/event.h>

#include "base/mem.h"

/*
 * The clock of the loop goes on while the machine sleeps: a token has aged
 * when a virtual machine is resumed. libevent's clock stands still meanwhile,
 * so it is never asked to wait for longer than this, which is as late as a
 * timer can be after a sleep.
 */
#define LOOP_CLOCK  CLOCK_BOOTTIME
#define WAIT_MAX_MS 30000

/* Timers of one time fire in the order of their setting. */
struct loop_timer {
	struct loop *loop;
	loop_fn *fn;
	void *user;
	int64_t at_ms;
	uint64_t order;
	size_t place; /* in the heap; 0: not set */
};

struct loop_task {
	TAILQ_ENTRY(loop_task) entry;
	struct loop *loop;
	loop_fn *fn;
	void *user;
	uint64_t order;
	bool woken;
};

struct loop_watch {
	struct loop *loop;
	struct event *event;
	int fd;
	unsigned wanted;
	loop_watch_fn *fn;
	void *user;
};

struct loop_signal {
	struct event *event;
	loop_fn *fn;
	void *user;
};

struct loop {
	struct event_base *base;
	struct event *alarm;
	struct loop_timer **heap; /* from 1: the children of i are 2i, 2i+1 */
	size_t timers;
	size_t room;
	TAILQ_HEAD(, loop_task) woken;
	uint64_t order;
	int64_t now_ms; /* 0: not read yet in this turn */
	bool running;
	bool stopping;
};

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static bool fires_before(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void heap_put(struct loop *loop, size_t place, struct loop_timer *timer)
{
	loop->heap[place] = timer;
	timer->place = place;
}

/* Puts timer at place or, while it is earlier than its parent, further up. */
static void heap_rise(struct loop *loop, size_t place, struct loop_timer *timer)
{
	while (place > 1 && fires_before(timer, loop->heap[place / 2])) {
		heap_put(loop, place, loop->heap[place / 2]);
		place /= 2;
	}
	heap_put(loop, place, timer);
}

/* Puts timer at place or, while a child is earlier than it, further down. */
static void heap_sink(struct loop *loop, size_t place, struct loop_timer *timer)
{
	for (;;) {
		size_t child = place * 2;

		if (child < loop->timers &&
		    fires_before(loop->heap[child + 1], loop->heap[child]))
			child++;
		if (child > loop->timers ||
		    !fires_before(loop->heap[child], timer))
			break;
		heap_put(loop, place, loop->heap[child]);
		place = child;
	}
	heap_put(loop, place, timer);
}

static void heap_add(struct loop *loop, struct loop_timer *timer)
{
	if (loop->timers + 1 >= loop->room) {
		loop->room = loop->room ? loop->room * 2 : 16;
		loop->heap =
			xrealloc(loop->heap, loop->room, sizeof(loop->heap[0]));
	}
	loop->timers++;
	heap_rise(loop, loop->timers, timer);
}

static void heap_remove(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer *last = loop->heap[loop->timers];
	size_t place = timer->place;

	loop->timers--;
	timer->place = 0;
	if (last == timer)
		return;
	if (fires_before(last, timer))
		heap_rise(loop, place, last);
	else
		heap_sink(loop, place, last);
}

static struct loop_timer *earliest(const struct loop *loop)
{
	return loop->timers ? loop->heap[1] : NULL;
}

/* Ends the wait; libevent must not go on for as long as one of its own
 * callbacks brings about the next. */
static void on_alarm(int fd, short what, void *user)
{
	struct loop *loop = user;

	event_base_loopbreak(loop->base);
}

/* Waits until there is something to do, and tends to descriptors and
 * signals. */
static void turn_wait(struct loop *loop)
{
	const struct loop_timer *timer = earliest(loop);
	int64_t wait_ms = WAIT_MAX_MS;
	struct timeval wait;

	if (timer)
		wait_ms = timer->at_ms - clock_ms(LOOP_CLOCK);
	if (wait_ms < 0 || !TAILQ_EMPTY(&loop->woken))
		wait_ms = 0;
	if (wait_ms > WAIT_MAX_MS)
		wait_ms = WAIT_MAX_MS;
	wait.tv_sec = wait_ms / 1000;
	wait.tv_usec = wait_ms % 1000 * 1000;
	event_add(loop->alarm, &wait);
	event_base_loop(loop->base, EVLOOP_ONCE);
}

/* Fires what was due when it began: one that sets itself anew waits for the
 * next turn, so that descriptors have theirs. */
static void timers_fire(struct loop *loop)
{
	const uint64_t last = loop->order;
	const int64_t now_ms = loop_now_ms(loop);

	for (struct loop_timer *timer = earliest(loop);
	     timer && timer->at_ms <= now_ms && timer->order <= last;
	     timer = earliest(loop)) {
		heap_remove(loop, timer);
		timer->fn(timer->user);
	}
}

static void tasks_run(struct loop *loop)
{
	const uint64_t last = loop->order;

	for (struct loop_task *task = TAILQ_FIRST(&loop->woken);
	     task && task->order <= last; task = TAILQ_FIRST(&loop->woken)) {
		TAILQ_REMOVE(&loop->woken, task, entry);
		task->woken = false;
		task->fn(task->user);
	}
}

static short events_of(unsigned wanted)
{
	return (short)((wanted & LOOP_READY_READ ? EV_READ : 0) |
	               (wanted & LOOP_READY_WRITE ? EV_WRITE : 0));
}

static void on_ready(int fd, short what, void *user)
{
	struct loop_watch *watch = user;

	watch->fn((what & EV_READ ? LOOP_READY_READ : 0U) |
	                  (what & EV_WRITE ? LOOP_READY_WRITE : 0U),
	          watch->user);
}

static void on_signal(int number, short what, void *user)
{
	struct loop_signal *signal = user;

	signal->fn(signal->user);
}

struct loop *loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));
	struct event_config *config = xptr(event_config_new());

	/* A peer that has gone is an error of write(2), never a signal. */
	signal(SIGPIPE, SIG_IGN);

	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	loop->base = xptr(event_base_new_with_config(config));
	event_config_free(config);
	loop->alarm = xptr(evtimer_new(loop->base, on_alarm, loop));
	TAILQ_INIT(&loop->woken);
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	event_free(loop->alarm);
	event_base_free(loop->base);
	free(loop->heap);
	free(loop);
}

void loop_run(struct loop *loop)
{
	loop->running = true;
	while (!loop->stopping) {
		loop->now_ms = 0;
		turn_wait(loop);
		timers_fire(loop);
		tasks_run(loop);
	}
	loop->running = false;
	loop->stopping = false;
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
}

int64_t loop_now_ms(const struct loop *loop)
{
	if (!loop->running)
		return clock_ms(LOOP_CLOCK);
	/* To remember what the clock said does not change the loop. */
	if (!loop->now_ms)
		((struct loop *)loop)->now_ms = clock_ms(LOOP_CLOCK);
	return loop->now_ms;
}

int64_t loop_wall_unix_ms(const struct loop *loop)
{
	return clock_ms(CLOCK_REALTIME);
}

uint32_t loop_random(struct loop *loop)
{
	uint32_t number;
	ssize_t size = getrandom(&number, sizeof(number), 0);

	assert(size == sizeof(number));
	return number;
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_fn *fn, void *user)
{
	struct loop_timer *timer = xcalloc(1, sizeof(*timer));

	timer->loop = loop;
	timer->fn = fn;
	timer->user = user;
	return timer;
}

void loop_timer_set(struct loop_timer *timer, int64_t at_ms)
{
	int64_t now_ms = loop_now_ms(timer->loop);

	loop_timer_unset(timer);
	/* What lies in the past must not go before others for ever. */
	timer->at_ms = at_ms > now_ms ? at_ms : now_ms;
	timer->order = ++timer->loop->order;
	heap_add(timer->loop, timer);
}

void loop_timer_unset(struct loop_timer *timer)
{
	if (timer->place)
		heap_remove(timer->loop, timer);
}

void loop_timer_free(struct loop_timer *timer)
{
	if (!timer)
		return;
	loop_timer_unset(timer);
	free(timer);
}

struct loop_task *loop_task_new(struct loop *loop, loop_fn *fn, void *user)
{
	struct loop_task *task = xcalloc(1, sizeof(*task));

	task->loop = loop;
	task->fn = fn;
	task->user = user;
	return task;
}

void loop_task_wake(struct loop_task *task)
{
	if (task->woken)
		return;
	task->woken = true;
	task->order = ++task->loop->order;
	TAILQ_INSERT_TAIL(&task->loop->woken, task, entry);
}

void loop_task_free(struct loop_task *task)
{
	if (!task)
		return;
	if (task->woken)
		TAILQ_REMOVE(&task->loop->woken, task, entry);
	free(task);
}

struct loop_watch *loop_watch_new(struct loop *loop, int fd, unsigned wanted,
                                  loop_watch_fn *fn, void *user)
{
	struct loop_watch *watch = xcalloc(1, sizeof(*watch));

	watch->loop = loop;
	watch->fd = fd;
	watch->fn = fn;
	watch->user = user;
	watch->event =
		xptr(event_new(loop->base, fd, EV_PERSIST, on_ready, watch));
	loop_watch_set(watch, wanted);
	return watch;
}

void loop_watch_set(struct loop_watch *watch, unsigned wanted)
{
	if (watch->wanted == wanted)
		return;
	watch->wanted = wanted;
	event_del(watch->event);
	if (!wanted)
		return;
	event_assign(watch->event, watch->loop->base, watch->fd,
	             (short)(events_of(wanted) | EV_PERSIST), on_ready, watch);
	event_add(watch->event, NULL);
}

void loop_watch_free(struct loop_watch *watch)
{
	if (!watch)
		return;
	event_free(watch->event);
	free(watch);
}

struct loop_signal *loop_signal_new(struct loop *loop, int number, loop_fn *fn,
                                    void *user)
{
	struct loop_signal *signal = xcalloc(1, sizeof(*signal));

	signal->fn = fn;
	signal->user = user;
	signal->event =
		xptr(evsignal_new(loop->base, number, on_signal, signal));
	event_add(signal->event, NULL);
	return signal;
}

void loop_signal_free(struct loop_signal *signal)
{
	if (!signal)
		return;
	event_free(signal->event);
	free(signal);
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}
