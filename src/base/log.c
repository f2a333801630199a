/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* With the NUL; what is longer is cut. */
#define LINE_SIZE 1024

static struct {
	log_sink_fn *sink;
	void *user;
	enum log_level level;
} wanted = { .level = LOG_LEVEL_INFO };

/* A variable that is set is not enough: a shell may have inherited it. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char ours[64];

	if (!stream || fstat(STDERR_FILENO, &status) < 0)
		return false;
	snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)status.st_dev,
	         (uintmax_t)status.st_ino);
	return strcmp(stream, ours) == 0;
}

/* In one write, so that lines of several processes do not mix. */
static void line_to_stderr(enum log_level level, const char *line)
{
	char out[LINE_SIZE + 16];
	int size;

	if (stderr_is_journal())
		size = snprintf(out, sizeof(out), "<%d>%s\n", (int)level, line);
	else
		size = snprintf(out, sizeof(out), "jitd: %s\n", line);
	while (write(STDERR_FILENO, out, (size_t)size) < 0 && errno == EINTR)
		;
}

void log_set_sink(log_sink_fn *sink, void *user)
{
	wanted.sink = sink;
	wanted.user = user;
}

void log_set_level(enum log_level level)
{
	wanted.level = level;
}

int log_level_from_string(const char *word, enum log_level *ret_level)
{
	static const struct {
		const char *word;
		enum log_level level;
	} levels[] = {
		{ "error", LOG_LEVEL_ERROR },
		{ "warning", LOG_LEVEL_WARNING },
		{ "notice", LOG_LEVEL_NOTICE },
		{ "info", LOG_LEVEL_INFO },
		{ "debug", LOG_LEVEL_DEBUG },
	};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(word, levels[i].word) == 0) {
			*ret_level = levels[i].level;
			return 0;
		}
	return -EINVAL;
}

void log_line(enum log_level level, const char *format, ...)
{
	char raw[LINE_SIZE + 4]; /* so that the cut below is the first one */
	char line[LINE_SIZE];
	va_list args;

	if (level > wanted.level)
		return;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	text_clean(raw, line, sizeof(line));
	if (wanted.sink)
		wanted.sink(level, line, wanted.user);
	else
		line_to_stderr(level, line);
}
