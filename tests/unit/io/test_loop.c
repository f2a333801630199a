/* SPDX-License-Identifier: Apache-2.0 */
#include "io/loop.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/chance.h"
#include "base/mem.h"

/* What the callbacks of a test wrote down, a letter each. */
struct record {
	struct loop *loop;
	char letters[64];
	size_t count;
	size_t stop_at; /* letters */
	int64_t turn_ms[64];
};

struct note {
	struct record *record;
	char letter;
	struct loop_timer *timer;
	struct loop_task *task;
	struct loop_watch *watch;
	struct loop_signal *signal;
	int fd;
};

static void write_down(struct record *record, char letter)
{
	record->turn_ms[record->count] = loop_now_ms(record->loop);
	record->letters[record->count++] = letter;
	if (record->count == record->stop_at)
		loop_stop(record->loop);
}

static void on_note(void *user)
{
	struct note *note = user;

	write_down(note->record, note->letter);
}

static void on_stop(void *user)
{
	loop_stop(user);
}

/* Runs the loop for some time at least. */
static void run_for(struct loop *loop, int64_t ms)
{
	struct loop_timer *timer = loop_timer_new(loop, on_stop, loop);

	loop_timer_set(timer, loop_now_ms(loop) + ms);
	loop_run(loop);
	loop_timer_free(timer);
}

static void nap(long ms)
{
	const struct timespec time = { .tv_nsec = ms * 1000000 };

	nanosleep(&time, NULL);
}

static void timers_fire_in_the_order_of_their_times(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop, .stop_at = 4 };
	static const int after_ms[] = { 30, 10, 20, 10 };
	struct note notes[4];
	int64_t now_ms = loop_now_ms(loop);

	for (int i = 0; i < 4; i++) {
		notes[i] = (struct note){ .record = &record,
			                  .letter = (char)('a' + i) };
		notes[i].timer = loop_timer_new(loop, on_note, &notes[i]);
		loop_timer_set(notes[i].timer, now_ms + after_ms[i]);
	}
	loop_run(loop);
	assert_string_equal(record.letters, "bdca");
	for (int i = 0; i < 4; i++)
		loop_timer_free(notes[i].timer);
	assert_true(record.turn_ms[0] >= now_ms + 10);
	assert_true(record.turn_ms[3] >= now_ms + 30);
	assert_true(record.turn_ms[3] < now_ms + 5000);
}

static void timers_of_one_time_fire_in_the_order_of_their_setting(void **state)
{
	enum { TIMERS = 26 };
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop, .stop_at = TIMERS };
	struct note notes[TIMERS];
	int64_t at_ms = loop_now_ms(loop) + 20;

	for (int i = 0; i < TIMERS; i++) {
		notes[i] = (struct note){ .record = &record,
			                  .letter = (char)('a' + i) };
		notes[i].timer = loop_timer_new(loop, on_note, &notes[i]);
		loop_timer_set(notes[i].timer, at_ms);
	}
	loop_run(loop);
	assert_string_equal(record.letters, "abcdefghijklmnopqrstuvwxyz");
	for (int i = 0; i < TIMERS; i++)
		loop_timer_free(notes[i].timer);
}

static void a_timer_fires_once_for_each_setting(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop };
	struct note note = { .record = &record, .letter = 'x' };
	struct loop_timer *timer = loop_timer_new(loop, on_note, &note);

	loop_timer_set(timer, loop_now_ms(loop) + 3600000);
	loop_timer_set(timer, loop_now_ms(loop) + 1);
	run_for(loop, 20);
	assert_string_equal(record.letters, "x");
	loop_timer_set(timer, loop_now_ms(loop) - 1000);
	run_for(loop, 1);
	assert_string_equal(record.letters, "xx");
	loop_timer_set(timer, INT64_MIN);
	loop_timer_unset(timer);
	loop_timer_unset(timer);
	run_for(loop, 1);
	assert_string_equal(record.letters, "xx");
	loop_timer_set(timer, INT64_MAX);
	loop_timer_free(timer);
	loop_timer_free(NULL);
	run_for(loop, 1);
	assert_string_equal(record.letters, "xx");
}

static void on_free_timer(void *user)
{
	struct note *note = user;

	loop_timer_free(note->timer);
	note->timer = NULL;
	write_down(note->record, note->letter);
}

/* note: the one that is to be freed. */
static void on_free_other_timer(void *user)
{
	struct note *note = user;

	write_down(note->record, 'o');
	loop_timer_free(note->timer);
}

static void a_timer_may_be_freed_in_a_callback(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop };
	struct note own = { .record = &record, .letter = 'x' },
		    victim = { .record = &record, .letter = 'v' };
	struct loop_timer *killer;
	int64_t now_ms = loop_now_ms(loop);

	own.timer = loop_timer_new(loop, on_free_timer, &own);
	loop_timer_set(own.timer, now_ms);
	killer = loop_timer_new(loop, on_free_other_timer, &victim);
	loop_timer_set(killer, now_ms);
	victim.timer = loop_timer_new(loop, on_note, &victim);
	loop_timer_set(victim.timer, now_ms);
	run_for(loop, 5);
	assert_string_equal(record.letters, "xo");
	loop_timer_free(killer);
}

static void on_read_one(unsigned ready, void *user)
{
	struct note *note = user;

	write_down(note->record, note->letter);
	loop_watch_set(note->watch, LOOP_READY_NONE);
}

/* As early as can be, again and again. */
static void on_again(void *user)
{
	struct note *note = user;

	write_down(note->record, note->letter);
	if (note->record->count < 60)
		loop_timer_set(note->timer, INT64_MIN);
}

/* Makes a descriptor ready that was not when the turn began. */
static void on_write_one(void *user)
{
	struct note *note = user;

	write_down(note->record, note->letter);
	assert_int_equal(write(note->fd, "x", 1), 1);
}

static void a_timer_that_is_always_due_leaves_room_for_others(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop, .stop_at = 60 };
	struct note greedy = { .record = &record, .letter = 'g' };
	struct note other = { .record = &record, .letter = 'o' };
	struct note watch = { .record = &record, .letter = 'w' };
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	greedy.timer = loop_timer_new(loop, on_again, &greedy);
	other.timer = loop_timer_new(loop, on_write_one, &other);
	other.fd = ends[1];
	watch.watch = loop_watch_new(loop, ends[0], LOOP_READY_READ,
	                             on_read_one, &watch);
	loop_timer_set(greedy.timer, 0);
	loop_timer_set(other.timer, 0);
	loop_run(loop);
	assert_memory_equal(record.letters, "gowgg", 5);
	loop_timer_free(greedy.timer);
	loop_timer_free(other.timer);
	loop_watch_free(watch.watch);
	close(ends[0]);
	close(ends[1]);
}

/* libevent has a callback called again and again for data that is left where
 * a buffer is full, and looks at descriptors meanwhile, but at nothing else. */
static void on_leave_it(struct bufferevent *buffer, void *user)
{
}

static void libevent_cannot_keep_the_loop_for_itself(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct bufferevent *buffer;
	int ends[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	buffer = bufferevent_socket_new(loop_base(loop), ends[0], 0);
	bufferevent_setcb(buffer, on_leave_it, NULL, NULL, NULL);
	bufferevent_setwatermark(buffer, EV_READ, 0, 1);
	bufferevent_enable(buffer, EV_READ);
	assert_int_equal(write(ends[1], "xx", 2), 2);
	run_for(loop, 20);
	bufferevent_free(buffer);
	/* It goes with its last callback. */
	run_for(loop, 1);
	close(ends[0]);
	close(ends[1]);
}

enum { MANY = 500 };

struct many {
	struct loop *loop;
	struct loop_timer *timers[MANY];
	int64_t at_ms[MANY]; /* -1: not set */
	int64_t last_ms;
	size_t fired, wrong;
};

struct one {
	struct many *many;
	size_t number;
};

/* Whether it is due, and none that is set should have fired before it. */
static void on_one(void *user)
{
	struct one *one = user;
	struct many *many = one->many;
	int64_t at_ms = many->at_ms[one->number];

	many->wrong += at_ms < 0 || loop_now_ms(many->loop) < at_ms;
	for (size_t i = 0; i < MANY; i++)
		many->wrong += many->at_ms[i] >= 0 && many->at_ms[i] < at_ms;
	many->at_ms[one->number] = -1;
	many->fired++;
	/* And now something else happens to another. */
	one = &one[(ptrdiff_t)chance_below(MANY) - (ptrdiff_t)one->number];
	if (chance_below(2)) {
		loop_timer_unset(many->timers[one->number]);
		many->at_ms[one->number] = -1;
	} else if (many->fired < 3000) {
		at_ms = loop_now_ms(many->loop) + (int64_t)chance_below(12);
		loop_timer_set(many->timers[one->number], at_ms);
		many->at_ms[one->number] = at_ms;
	}
}

static void random_timers_never_fire_early_late_or_twice(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct many many = { .loop = loop };
	struct one ones[MANY];
	int64_t now_ms = loop_now_ms(loop);

	for (size_t i = 0; i < MANY; i++) {
		ones[i] = (struct one){ &many, i };
		many.timers[i] = loop_timer_new(loop, on_one, &ones[i]);
		many.at_ms[i] = now_ms + 1000 + (int64_t)chance_below(300);
		loop_timer_set(many.timers[i], many.at_ms[i]);
	}
	run_for(loop, 1400);
	assert_int_equal(many.wrong, 0);
	assert_true(many.fired > MANY / 2);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(many.at_ms[i], -1);
		loop_timer_free(many.timers[i]);
	}
}

static void on_wake_task(void *user)
{
	struct note *note = user;

	write_down(note->record, 't');
	loop_task_wake(note->task);
	loop_task_wake(note->task);
}

static void a_task_runs_once_at_the_end_of_the_turn(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop, .stop_at = 3 };
	struct note note = { .record = &record, .letter = 'x' };
	struct loop_timer *first = loop_timer_new(loop, on_wake_task, &note);
	struct loop_timer *second = loop_timer_new(loop, on_wake_task, &note);

	note.task = loop_task_new(loop, on_note, &note);
	loop_timer_set(first, 0);
	loop_timer_set(second, 0);
	loop_run(loop);
	assert_string_equal(record.letters, "ttx");
	assert_int_equal(record.turn_ms[0], record.turn_ms[2]);
	run_for(loop, 1);
	assert_string_equal(record.letters, "ttx");
	loop_task_wake(note.task);
	loop_task_free(note.task);
	loop_task_free(NULL);
	run_for(loop, 1);
	assert_string_equal(record.letters, "ttx");
	loop_timer_free(first);
	loop_timer_free(second);
}

static void on_wake_again(void *user)
{
	struct note *note = user;

	write_down(note->record, note->letter);
	loop_task_wake(note->task);
}

static void a_task_that_wakes_itself_leaves_room_for_others(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop, .stop_at = 6 };
	struct note task = { .record = &record, .letter = 't' },
		    watch = { .record = &record, .letter = 'w' };
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	task.task = loop_task_new(loop, on_wake_again, &task);
	watch.watch = loop_watch_new(loop, ends[0], LOOP_READY_READ,
	                             on_read_one, &watch);
	loop_task_wake(task.task);
	loop_run(loop);
	assert_string_equal(record.letters, "wttttt");
	loop_watch_free(watch.watch);
	loop_task_free(task.task);
	close(ends[0]);
	close(ends[1]);
}

static void on_free_task(void *user)
{
	struct note *note = user;

	write_down(note->record, note->letter);
	loop_task_free(note->task);
}

static void a_task_may_be_freed_in_a_callback(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop };
	struct note own = { .record = &record, .letter = 'x' },
		    victim = { .record = &record, .letter = 'v' };
	struct loop_task *killer = loop_task_new(loop, on_free_task, &victim);

	own.task = loop_task_new(loop, on_free_task, &own);
	victim.task = loop_task_new(loop, on_note, &victim);
	loop_task_wake(own.task);
	loop_task_wake(killer);
	loop_task_wake(victim.task);
	run_for(loop, 1);
	assert_string_equal(record.letters, "xv");
	loop_task_free(killer);
}

static void on_slow(void *user)
{
	struct note *note = user;
	int64_t before_ms = loop_now_ms(note->record->loop);

	nap(20);
	assert_int_equal(loop_now_ms(note->record->loop), before_ms);
	on_note(user);
}

static void now_stands_still_within_a_turn_and_goes_on_outside(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop };
	struct note slow = { .record = &record, .letter = 's' },
		    late = { .record = &record, .letter = 'l' };
	int64_t start_ms = loop_now_ms(loop);

	nap(5);
	assert_true(loop_now_ms(loop) > start_ms);
	start_ms = loop_now_ms(loop);
	slow.timer = loop_timer_new(loop, on_slow, &slow);
	late.timer = loop_timer_new(loop, on_note, &late);
	loop_timer_set(slow.timer, start_ms);
	loop_timer_set(late.timer, start_ms + 10);
	run_for(loop, 15);
	assert_string_equal(record.letters, "sl");
	assert_true(record.turn_ms[1] >= record.turn_ms[0] + 20);
	assert_true(loop_now_ms(loop) >= record.turn_ms[1]);
	loop_timer_free(slow.timer);
	loop_timer_free(late.timer);
}

static void the_wall_clock_is_unix_time(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	int64_t wall_ms = loop_wall_unix_ms(loop);

	assert_true(llabs((long long)(time(NULL) - wall_ms / 1000)) <= 1);
}

static void random_numbers_differ(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	uint32_t first = loop_random(loop), bits = 0;

	for (int i = 0; i < 100; i++)
		bits |= first ^ loop_random(loop);
	assert_true(bits == UINT32_MAX);
}

static void on_ready(unsigned ready, void *user)
{
	struct note *note = user;

	write_down(note->record, (char)('0' + ready));
	if (note->record->count % 4 == 0)
		loop_watch_set(note->watch, note->record->count % 8
		                                    ? LOOP_READY_WRITE
		                                    : LOOP_READY_NONE);
}

static void a_watch_tells_what_is_wanted_and_ready(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop };
	struct note note = { .record = &record, .letter = 0 };
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	note.watch =
		loop_watch_new(loop, ends[0], LOOP_READY_READ, on_ready, &note);
	run_for(loop, 5);
	assert_string_equal(record.letters, "");
	assert_int_equal(write(ends[1], "x", 1), 1);
	loop_watch_set(note.watch, LOOP_READY_READ | LOOP_READY_WRITE);
	loop_watch_set(note.watch, LOOP_READY_READ | LOOP_READY_WRITE);
	run_for(loop, 5);
	/* Four times both, then only the one that it was changed to. */
	assert_string_equal(record.letters, "33332222");
	loop_watch_set(note.watch, LOOP_READY_READ);
	loop_watch_free(note.watch);
	loop_watch_free(NULL);
	run_for(loop, 5);
	assert_string_equal(record.letters, "33332222");
	close(ends[0]);
	close(ends[1]);
}

static void on_free_watch(unsigned ready, void *user)
{
	struct note *note = user;

	write_down(note->record, note->letter);
	loop_watch_free(note->watch);
	note->watch = NULL;
}

static void a_watch_may_be_freed_in_a_callback(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop, .stop_at = 1 };
	struct note notes[2] = { { .record = &record, .letter = 'x' },
		                 { .record = &record, .letter = 'x' } };
	int ends[2][2];

	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(ends[i]), 0);
		assert_int_equal(write(ends[i][1], "x", 1), 1);
		/* The first to be called frees the other. */
		notes[i].watch =
			loop_watch_new(loop, ends[i][0], LOOP_READY_READ,
		                       on_free_watch, &notes[1 - i]);
	}
	loop_run(loop);
	assert_string_equal(record.letters, "x");
	record.stop_at = 3;
	for (int i = 0; i < 2; i++) {
		loop_watch_free(notes[i].watch);
		notes[i].watch =
			loop_watch_new(loop, ends[i][0], LOOP_READY_READ,
		                       on_free_watch, &notes[i]);
	}
	loop_run(loop);
	run_for(loop, 5);
	assert_string_equal(record.letters, "xxx");
	for (int i = 0; i < 2; i++) {
		close(ends[i][0]);
		close(ends[i][1]);
	}
}

/* As libcurl does it: closed first, and the number soon used again. */
static void a_descriptor_may_be_closed_before_its_watch_is_freed(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop, .stop_at = 1 };
	struct note note = { .record = &record, .letter = 'x' };
	struct loop_watch *dead;
	int ends[2], fd;

	assert_int_equal(pipe(ends), 0);
	fd = ends[0];
	dead = loop_watch_new(loop, fd, LOOP_READY_READ, on_ready, &note);
	close(ends[0]);
	close(ends[1]);
	loop_watch_free(dead);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(ends[0], fd);
	note.watch =
		loop_watch_new(loop, fd, LOOP_READY_READ, on_read_one, &note);
	assert_int_equal(write(ends[1], "x", 1), 1);
	loop_run(loop);
	assert_string_equal(record.letters, "x");
	loop_watch_free(note.watch);
	close(ends[0]);
	close(ends[1]);
}

static void on_free_signal(void *user)
{
	struct note *note = user;

	write_down(note->record, note->letter);
	loop_signal_free(note->signal);
	note->signal = NULL;
}

static void signals_call_back_until_they_are_freed(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop };
	struct note hup = { .record = &record, .letter = 'h' },
		    usr = { .record = &record, .letter = 'u' };

	hup.signal = loop_signal_new(loop, SIGHUP, on_note, &hup);
	usr.signal = loop_signal_new(loop, SIGUSR1, on_free_signal, &usr);
	raise(SIGHUP);
	run_for(loop, 5);
	assert_string_equal(record.letters, "h");
	raise(SIGUSR1);
	run_for(loop, 5);
	assert_string_equal(record.letters, "hu");
	assert_null(usr.signal);
	raise(SIGHUP);
	run_for(loop, 5);
	assert_string_equal(record.letters, "huh");
	loop_signal_free(hup.signal);
	loop_signal_free(NULL);
}

static void a_peer_that_has_gone_is_no_signal(void **state)
{
	struct loop *loop = loop_new();
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(write(ends[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(ends[1]);
	loop_free(loop);
}

static void on_stop_and_wake(void *user)
{
	struct note *note = user;

	loop_stop(note->record->loop);
	loop_task_wake(note->task);
	write_down(note->record, 's');
}

static void the_turn_in_which_it_is_stopped_ends_first(void **state)
{
	scoped(loop_free) struct loop *loop = loop_new();
	struct record record = { .loop = loop };
	struct note note = { .record = &record, .letter = 'n' };
	struct loop_timer *stopping =
		loop_timer_new(loop, on_stop_and_wake, &note);
	struct loop_timer *other = loop_timer_new(loop, on_note, &note);

	note.task = loop_task_new(loop, on_note, &note);
	loop_timer_set(stopping, 0);
	loop_timer_set(other, 0);
	loop_run(loop);
	assert_string_equal(record.letters, "snn");
	/* Stopped beforehand, it does not run at all; then it does again. */
	loop_timer_set(other, 0);
	loop_stop(loop);
	loop_run(loop);
	assert_string_equal(record.letters, "snn");
	run_for(loop, 1);
	assert_string_equal(record.letters, "snnn");
	loop_timer_free(stopping);
	loop_timer_free(other);
	loop_task_free(note.task);
	loop_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_in_the_order_of_their_times),
		cmocka_unit_test(
			timers_of_one_time_fire_in_the_order_of_their_setting),
		cmocka_unit_test(a_timer_fires_once_for_each_setting),
		cmocka_unit_test(a_timer_may_be_freed_in_a_callback),
		cmocka_unit_test(
			a_timer_that_is_always_due_leaves_room_for_others),
		cmocka_unit_test(libevent_cannot_keep_the_loop_for_itself),
		cmocka_unit_test(random_timers_never_fire_early_late_or_twice),
		cmocka_unit_test(a_task_runs_once_at_the_end_of_the_turn),
		cmocka_unit_test(
			a_task_that_wakes_itself_leaves_room_for_others),
		cmocka_unit_test(a_task_may_be_freed_in_a_callback),
		cmocka_unit_test(
			now_stands_still_within_a_turn_and_goes_on_outside),
		cmocka_unit_test(the_wall_clock_is_unix_time),
		cmocka_unit_test(random_numbers_differ),
		cmocka_unit_test(a_watch_tells_what_is_wanted_and_ready),
		cmocka_unit_test(a_watch_may_be_freed_in_a_callback),
		cmocka_unit_test(
			a_descriptor_may_be_closed_before_its_watch_is_freed),
		cmocka_unit_test(signals_call_back_until_they_are_freed),
		cmocka_unit_test(a_peer_that_has_gone_is_no_signal),
		cmocka_unit_test(the_turn_in_which_it_is_stopped_ends_first),
	};

	return cmocka_run_group_tests_name("loop", tests, chance_begin, NULL);
}
