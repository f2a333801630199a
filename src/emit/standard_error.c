/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/standard_error.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/event.h"
#include "io/loop.h"

#define RETRY_MS 100

/* With what stands before the sentence a line fits into a pipe whole. */
#define LINE_SIZE     PIPE_BUF
#define SENTENCE_SIZE 4001

struct standard_error {
	struct emitter emitter;
	struct loop *loop;
	struct loop_timer *timer;
	bool is_journal; /* the service manager reads it, and priorities */
};

/* A variable that is set is not enough: a shell may have inherited it. */
static bool is_journal(const struct stat *status)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];

	snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)status->st_dev,
	         (uintmax_t)status->st_ino);
	return text_equal(stream, ours);
}

static const char *level_to_string(int level)
{
	static const char *const words[] = { "emergency", "alert",   "critical",
		                             "error",     "warning", "notice",
		                             "info",      "debug" };

	return level >= 0 && level < 8 ? words[level] : "debug";
}

static size_t line_format(const struct standard_error *self,
                          char out[LINE_SIZE], int level, int64_t time_unix_ms,
                          const char *sentence)
{
	char clean[SENTENCE_SIZE], time[TEXT_TIME_SIZE];

	text_clean(sentence, clean, sizeof(clean));
	if (self->is_journal)
		return (size_t)snprintf(out, LINE_SIZE, "<%d>%s\n", level,
		                        clean);
	return (size_t)snprintf(out, LINE_SIZE, "%s %s: %s\n",
	                        text_format_time_ms(time_unix_ms, time),
	                        level_to_string(level), clean);
}

/*
 * Others write to the same descriptor, so it cannot be made non-blocking for
 * us alone. What is writable takes PIPE_BUF bytes without blocking.
 */
static ssize_t line_write(const char *line, size_t size_bytes)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&ready, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(STDERR_FILENO, line, size_bytes);
}

/* 0 where nobody is left to read it: there is no place to keep it for. */
static int line_put(const char *line, size_t size_bytes)
{
	if (line_write(line, size_bytes) >= 0)
		return 0;
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ENOSPC:
	case EDQUOT:
		return -EAGAIN;
	}
	return 0;
}

static int on_send(struct emitter *emitter, const struct event *event)
{
	struct standard_error *self = (struct standard_error *)emitter;
	char line[LINE_SIZE];
	size_t size = line_format(self, line, event_info(event->kind)->priority,
	                          event->time_unix_ms, event->message);
	int r = line_put(line, size);

	if (r < 0)
		loop_timer_set(self->timer, loop_now_ms(self->loop) + RETRY_MS);
	return r;
}

static void on_log(struct emitter *emitter, int level, const char *text)
{
	struct standard_error *self = (struct standard_error *)emitter;
	char line[LINE_SIZE];
	size_t size = line_format(self, line, level,
	                          loop_wall_unix_ms(self->loop), text);

	(void)line_put(line, size);
}

static void on_free(struct emitter *emitter)
{
	struct standard_error *self = (struct standard_error *)emitter;

	loop_timer_free(self->timer);
	free(self);
}

static void on_retry_due(void *user)
{
	struct standard_error *self = user;

	self->emitter.ready(self->emitter.user);
}

struct emitter *standard_error_new(struct loop *loop, emitter_ready_fn *ready,
                                   void *user)
{
	static const struct emitter_ops ops = {
		.name = "stderr",
		.send = on_send,
		.log = on_log,
		.free = on_free,
	};
	struct standard_error *self = xcalloc(1, sizeof(*self));
	struct stat status;

	self->emitter = (struct emitter){
		.ops = &ops,
		.ready = ready,
		.user = user,
	};
	self->loop = loop;
	self->timer = loop_timer_new(loop, on_retry_due, self);
	self->is_journal =
		fstat(STDERR_FILENO, &status) == 0 && is_journal(&status);
	return &self->emitter;
}
