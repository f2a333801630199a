/* SPDX-License-Identifier: Apache-2.0 */
/*
 * httpd_socket: the listening Unix sockets of httpd.c, made and removed.
 *
 * A socket is made with its final mode, and takes the place of one only that
 * nobody listens on any more.
 */
#pragma once

#include <sys/types.h>

struct error;

/* A path, and which socket there is ours. */
struct httpd_socket {
	char *path; /* NULL: none */
	dev_t device;
	ino_t inode;
};

/* Fails with words: a live socket there (-EADDRINUSE), no socket at all
 * (-EEXIST), a path too long (-ENAMETOOLONG), and as the system calls do. */
int httpd_socket_make(const char *path, mode_t mode,
                      struct httpd_socket *ret_socket, int *ret_fd,
                      struct error *error);

/* Once its descriptor is closed: removes it from its path, where it is still
 * what was made. */
void httpd_socket_remove(struct httpd_socket *socket);

/* 0, or -EINVAL with words where fd is no listening Unix stream socket. */
int httpd_socket_check(int fd, struct error *error);
