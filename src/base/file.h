/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: whole files, bounded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/scoped.h"

struct buf;
struct error;
struct stat;

/* What tells whether a file is still the one that was read. */
struct file_stamp {
	dev_t device;
	ino_t inode;
	off_t size_bytes;
	int64_t changed_ns;
};

/*
 * Reads all of the regular file at path into buf, up to its cap. *ret_stamp,
 * where not NULL, says which file that was. Fails with the words in *error.
 */
int file_read(const char *path, struct buf *buf, struct file_stamp *ret_stamp,
              struct error *error);

/* The stamp of what is at path now; a negative errno, and no words. */
int file_stamp(const char *path, struct file_stamp *ret_stamp);
bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b);

/*
 * Opens the regular file at path to read it, and says in *ret_status what it
 * is. The descriptor, or a negative errno with the words in *error: also for
 * a directory or a FIFO, which never holds us up.
 */
int file_open(const char *path, struct stat *ret_status, struct error *error);

/* As read(2), but goes on after a signal, and fails with a negative errno and
 * the words in *error; path is for those. */
ssize_t file_read_some(int fd, void *data, size_t size_bytes, const char *path,
                       struct error *error);

/* close(2) for scoped(); a negative descriptor is none. */
void file_close(int fd);
DEFINE_SCOPED(int, file_close)
