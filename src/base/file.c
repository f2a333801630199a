/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"

#define PIECE_BYTES 16384

/* By the time of the last change of status, which no tool can set back. */
static struct file_stamp stamp_of(const struct stat *status)
{
	return (struct file_stamp){
		.device = status->st_dev,
		.inode = status->st_ino,
		.size_bytes = status->st_size,
		.changed_ns = status->st_ctim.tv_sec * INT64_C(1000000000) +
		              status->st_ctim.tv_nsec,
	};
}

static int code_set(struct error *error, int code, const char *what,
                    const char *path)
{
	return error_set(error, code, "cannot %s %s: %s", what, path,
	                 strerror(-code));
}

static int fd_read(int fd, const char *path, struct buf *buf,
                   struct error *error)
{
	char piece[PIECE_BYTES];
	ssize_t size;

	while ((size = file_read_some(fd, piece, sizeof(piece), path, error)))
		if (size < 0)
			return (int)size;
		else if (buf_add(buf, piece, (size_t)size) < 0)
			return error_set(error, -EFBIG,
			                 "%s is longer than %zu bytes, "
			                 "which is the most it may have",
			                 path, buf->cap_bytes);
	return 0;
}

static int status_get(int fd, const char *path, struct stat *ret_status,
                      struct error *error)
{
	if (fstat(fd, ret_status) < 0)
		return code_set(error, -errno, "look at", path);
	if (!S_ISREG(ret_status->st_mode))
		return error_set(error, -EINVAL, "%s is not a regular file",
		                 path);
	return 0;
}

int file_read(const char *path, struct buf *buf, struct file_stamp *ret_stamp,
              struct error *error)
{
	scoped(file_close) int fd = -1;
	struct stat status = { 0 };
	int r;

	buf_clear(buf);
	fd = file_open(path, &status, error);
	if (fd < 0)
		return fd;
	r = fd_read(fd, path, buf, error);
	if (r < 0) {
		buf_clear(buf);
		return r;
	}
	if (ret_stamp)
		*ret_stamp = stamp_of(&status);
	return 0;
}

int file_stamp(const char *path, struct file_stamp *ret_stamp)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -errno;
	*ret_stamp = stamp_of(&status);
	return 0;
}

bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->size_bytes == b->size_bytes && a->changed_ns == b->changed_ns;
}

int file_open(const char *path, struct stat *ret_status, struct error *error)
{
	/* Without O_NONBLOCK a FIFO would hold us here. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r;

	if (fd < 0)
		return code_set(error, -errno, "open", path);
	r = status_get(fd, path, ret_status, error);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

ssize_t file_read_some(int fd, void *data, size_t size_bytes, const char *path,
                       struct error *error)
{
	ssize_t size;

	do {
		size = read(fd, data, size_bytes);
	} while (size < 0 && errno == EINTR);
	return size < 0 ? code_set(error, -errno, "read", path) : size;
}

void file_close(int fd)
{
	if (fd >= 0)
		close(fd);
}
