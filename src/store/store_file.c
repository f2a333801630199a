/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/scoped.h"

/* The database first: a damaged one that had lost its log could look whole,
 * while SQLite drops a log that has lost its database. */
static const char *const suffixes[] = { "", "-wal", "-shm" };
#define SUFFIXES (sizeof(suffixes) / sizeof(suffixes[0]))

static void fd_close_scoped(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int code_set(struct error *error, const char *what, const char *path)
{
	int code = errno;

	return error_set(error, -code,
	                 "cannot %s %s: %s: the folder of [store] path must be "
	                 "there, and be jitd's to write in",
	                 what, path, strerror(code));
}

/* So that a new name outlives a loss of power. */
static int folder_sync(const char *path, struct error *error)
{
	scoped(string_free) char *copy = xstrdup(path);
	const char *folder = dirname(copy);
	scoped(fd_close) int fd =
		open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return code_set(error, "sync the folder of", path);
	return 0;
}

/* "PATH.damaged-20261123T004953Z", and a number where that name is taken. */
static char *unused_name(const char *path)
{
	char *name = NULL;
	char at[32] = "";
	time_t now = time(NULL);
	struct tm utc;

	if (gmtime_r(&now, &utc))
		strftime(at, sizeof(at), "%Y%m%dT%H%M%SZ", &utc);
	for (unsigned i = 1;; i++) {
		string_free(name);
		name = i == 1 ? xasprintf("%s.damaged-%s", path, at)
		              : xasprintf("%s.damaged-%s-%u", path, at, i);
		if (access(name, F_OK) < 0)
			return name;
	}
}

int store_file_lock(const char *path, int *ret_fd, struct error *error)
{
	scoped(string_free) char *name = xasprintf("%s.lock", path);
	scoped(fd_close) int fd = open(
		name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		S_IRUSR | S_IWUSR);

	if (fd < 0)
		return code_set(error, "make", name);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return code_set(error, "lock", name);
		return error_set(error, -EBUSY,
		                 "the state file %s is in use by another jitd: "
		                 "stop that one first, or give this one a path "
		                 "of its own in [store]",
		                 path);
	}
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int store_file_make(const char *path, bool *ret_created, struct error *error)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	scoped(fd_close) int fd =
		open(path, flags | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
	struct stat status;

	*ret_created = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(path, flags);
	if (fd < 0 || fstat(fd, &status) < 0)
		return code_set(error, *ret_created ? "make" : "open", path);
	if (!S_ISREG(status.st_mode))
		return error_set(error, -EINVAL,
		                 "the state file %s is not a regular file: "
		                 "give [store] path another name",
		                 path);
	return *ret_created ? folder_sync(path, error) : 0;
}

int store_file_set_aside(const char *path, char **ret_path, struct error *error)
{
	scoped(string_free) char *name = unused_name(path);

	for (size_t i = 0; i < SUFFIXES; i++) {
		scoped(string_free) char *from =
			xasprintf("%s%s", path, suffixes[i]);
		scoped(string_free) char *to =
			xasprintf("%s%s", name, suffixes[i]);

		if (rename(from, to) < 0 && errno != ENOENT)
			return code_set(error, "set aside", from);
	}
	*ret_path = steal(name);
	return folder_sync(path, error);
}
