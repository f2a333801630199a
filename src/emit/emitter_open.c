/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/emitter.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "emit/datagram.h"
#include "emit/journal.h"
#include "emit/standard_error.h"
#include "emit/syslog.h"

#define JOURNAL_PATH "/run/systemd/journal/socket"
#define SYSLOG_PATH  "/dev/log"

static bool is_socket(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

static enum emitter_target target_find(const struct emitter_paths *paths)
{
	if (isatty(STDERR_FILENO))
		return EMITTER_STDERR;
	if (is_socket(paths->journal))
		return EMITTER_JOURNAL;
	return is_socket(paths->syslog) ? EMITTER_SYSLOG : EMITTER_STDERR;
}

static int path_check(const char *path, struct error *error)
{
	if (datagram_path_fits(path))
		return 0;
	return error_set(error, -ENAMETOOLONG,
	                 "\"%s\" cannot be the path of a socket: it must have "
	                 "from 1 to 107 bytes",
	                 path);
}

int emitter_open(struct loop *loop, enum emitter_target target,
                 const struct emitter_paths *paths, emitter_ready_fn *ready,
                 void *user, struct emitter **ret_emitter, struct error *error)
{
	struct emitter_paths wanted = {
		.journal =
			paths && paths->journal ? paths->journal : JOURNAL_PATH,
		.syslog = paths && paths->syslog ? paths->syslog : SYSLOG_PATH,
	};
	int r = 0;

	if (target == EMITTER_AUTO)
		target = target_find(&wanted);
	switch (target) {
	case EMITTER_JOURNAL:
		r = path_check(wanted.journal, error);
		if (r == 0)
			*ret_emitter =
				journal_new(loop, wanted.journal, ready, user);
		break;
	case EMITTER_SYSLOG:
		r = path_check(wanted.syslog, error);
		if (r == 0)
			*ret_emitter =
				syslog_new(loop, wanted.syslog, ready, user);
		break;
	case EMITTER_AUTO:
	case EMITTER_STDERR:
		*ret_emitter = standard_error_new(loop, ready, user);
		break;
	}
	return r;
}

int emitter_target_from_string(const char *word,
                               enum emitter_target *ret_target)
{
	static const char *const words[] = {
		[EMITTER_AUTO] = "auto",
		[EMITTER_JOURNAL] = "journal",
		[EMITTER_SYSLOG] = "syslog",
		[EMITTER_STDERR] = "stderr",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0) {
			*ret_target = (enum emitter_target)i;
			return 0;
		}
	return -EINVAL;
}
