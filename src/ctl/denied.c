/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/denied.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"

#define NAME_SIZE 64

static const char *group_name(gid_t gid, char out[NAME_SIZE])
{
	const struct group *group = getgrgid(gid);

	if (group)
		snprintf(out, NAME_SIZE, "%s", group->gr_name);
	else
		snprintf(out, NAME_SIZE, "%u", (unsigned)gid);
	return out;
}

/* The folder that something is in, in place; false at the root. */
static int cut_to_folder(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || !path[1])
		return -ENOENT;
	slash[slash == path] = '\0';
	return 0;
}

/* It is a folder on the way that keeps us out: the first that can be seen. */
static int explain_folder(const char *socket_path, struct error *error)
{
	scoped(string_free) char *folder = xstrdup(socket_path);
	char name[NAME_SIZE];
	struct stat stat_;

	while (cut_to_folder(folder) == 0)
		if (stat(folder, &stat_) == 0)
			return error_set(
				error, -EACCES,
				"permission denied: %s is behind the folder %s "
				"of group %s (mode %04o), which does not let "
				"you in; use sudo, or join that group",
				socket_path, folder,
				group_name(stat_.st_gid, name),
				(unsigned)stat_.st_mode & 07777);
	return error_set(error, -EACCES, "permission denied: %s; use sudo",
	                 socket_path);
}

int denied_explain(const char *socket_path, struct error *error)
{
	char name[NAME_SIZE];
	struct stat stat_;

	if (stat(socket_path, &stat_) < 0)
		return explain_folder(socket_path, error);
	group_name(stat_.st_gid, name);
	if ((stat_.st_mode & S_IWGRP) == 0)
		return error_set(error, -EACCES,
		                 "permission denied: %s of group %s (mode "
		                 "%04o) is for its owner alone; use sudo",
		                 socket_path, name,
		                 (unsigned)stat_.st_mode & 07777);
	return error_set(error, -EACCES,
	                 "permission denied: %s is for group %s (mode %04o); "
	                 "use sudo, or join it: sudo usermod -aG %s \"$USER\", "
	                 "and log in again",
	                 socket_path, name, (unsigned)stat_.st_mode & 07777,
	                 name);
}
