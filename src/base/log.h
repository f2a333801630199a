/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: what jitd says about itself, for the operator.
 *
 * Only daemon/ and the two mains call this; every other layer returns its
 * words in a struct error. Events (core/event.h) do not go through here.
 */
#pragma once

/* The numbers are syslog's. */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

typedef void log_sink_fn(enum log_level level, const char *line, void *user);

/* Where lines go; NULL: stderr, behind "<N>" where systemd reads it and
 * "jitd: " where a person does. The only mutable globals of the program. */
void log_set_sink(log_sink_fn *sink, void *user);
void log_set_level(enum log_level level);

/* "error", "warning", "notice", "info", "debug"; -EINVAL for another word. */
int log_level_from_string(const char *word, enum log_level *ret_level);

/* One line: control characters are replaced, and 1 KiB is the most. */
void log_line(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)  log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)    log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)
