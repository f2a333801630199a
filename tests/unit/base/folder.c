/* SPDX-License-Identifier: Apache-2.0 */
#include "base/folder.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[128];

int folder_begin(void **state)
{
	const char *parent = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%s/test-base-XXXXXX",
	         parent ? parent : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

int folder_end(void **state)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	return rmdir(folder);
}

const char *folder_path(const char *name)
{
	static char paths[2][sizeof(folder) + 64];
	static int turn;

	turn = !turn;
	snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", folder, name);
	return paths[turn];
}

const char *folder_write(const char *name, const void *data, size_t size_bytes,
                         mode_t mode)
{
	const char *path = folder_path(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t written;

	assert(fd >= 0);
	written = write(fd, data, size_bytes);
	assert(written == (ssize_t)size_bytes);
	fchmod(fd, mode);
	close(fd);
	return path;
}
