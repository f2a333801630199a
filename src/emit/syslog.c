/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/syslog.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/event.h"
#include "emit/datagram.h"
#include "io/loop.h"

#define FACILITY_DAEMON 3

/* What the readers take without a word of configuration, and the NUL. */
#define SENTENCE_SIZE 4001
#define LINE_SIZE     (SENTENCE_SIZE + 64)

struct syslog {
	struct emitter emitter;
	struct loop *loop;
	struct datagram *datagram;
};

/* "<27>Nov 23 00:49:53 jitd[123]: sentence" and a newline. RFC 3164 wants the
 * local time. */
static size_t line_format(char out[LINE_SIZE], int priority,
                          int64_t time_unix_ms, const char *sentence)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
		                              "May", "Jun", "Jul", "Aug",
		                              "Sep", "Oct", "Nov", "Dec" };
	time_t seconds = (time_t)(time_unix_ms / 1000);
	char clean[SENTENCE_SIZE];
	struct tm local = { 0 };

	localtime_r(&seconds, &local);
	return (size_t)snprintf(
		out, LINE_SIZE, "<%d>%s %2d %02d:%02d:%02d jitd[%ld]: %s\n",
		FACILITY_DAEMON * 8 + priority, months[local.tm_mon],
		local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec,
		(long)getpid(), text_clean(sentence, clean, sizeof(clean)));
}

static int on_send(struct emitter *emitter, const struct event *event)
{
	struct syslog *syslog = (struct syslog *)emitter;
	char line[LINE_SIZE];
	size_t size = line_format(line, event_info(event->kind)->priority,
	                          event->time_unix_ms, event->message);

	return datagram_send(syslog->datagram, line, size);
}

static void on_log(struct emitter *emitter, int level, const char *text)
{
	struct syslog *syslog = (struct syslog *)emitter;
	char line[LINE_SIZE];
	size_t size =
		line_format(line, level, loop_wall_unix_ms(syslog->loop), text);

	datagram_offer(syslog->datagram, line, size);
}

static void on_free(struct emitter *emitter)
{
	struct syslog *syslog = (struct syslog *)emitter;

	datagram_free(syslog->datagram);
	free(syslog);
}

static void on_ready(void *user)
{
	struct syslog *syslog = user;

	syslog->emitter.ready(syslog->emitter.user);
}

struct emitter *syslog_new(struct loop *loop, const char *path,
                           emitter_ready_fn *ready, void *user)
{
	static const struct emitter_ops ops = {
		.name = "syslog",
		.send = on_send,
		.log = on_log,
		.free = on_free,
	};
	struct syslog *syslog = xcalloc(1, sizeof(*syslog));

	syslog->emitter = (struct emitter){
		.ops = &ops,
		.ready = ready,
		.user = user,
	};
	syslog->loop = loop;
	syslog->datagram = datagram_new(loop, path, true, on_ready, syslog);
	return &syslog->emitter;
}
