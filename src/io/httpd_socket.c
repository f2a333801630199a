/* SPDX-License-Identifier: Apache-2.0 */
#include "io/httpd_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

#define BACKLOG 128

static int socket_new(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* Whether somebody listens at address: -EADDRINUSE, or -ECONNREFUSED where
 * nobody does, or why that cannot be told. */
static int probe(const struct sockaddr_un *address)
{
	int fd = socket_new();
	int r;

	if (fd < 0)
		return fd;
	r = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	r = r < 0 ? -errno : 0;
	close(fd);
	/* Its queue of clients may be full, or it takes other than streams. */
	return r == 0 || r == -EAGAIN || r == -EPROTOTYPE ? -EADDRINUSE : r;
}

/* Removes a socket at address that nobody listens on. */
static int dead_socket_remove(const struct sockaddr_un *address,
                              struct error *error)
{
	const char *path = address->sun_path;
	struct stat st;
	int r;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return error_set(error, -EEXIST,
		                 "%s is in the way of the socket: it is no "
		                 "socket itself, remove it",
		                 path);

	r = probe(address);
	if (r == -EADDRINUSE)
		return error_set(error, r,
		                 "another process listens on %s: is jitd "
		                 "running already?",
		                 path);
	if (r == -ENOENT)
		return 0;
	if (r != -ECONNREFUSED)
		return error_set(error, r, "cannot tell who listens on %s: %s",
		                 path, strerror(-r));
	if (unlink(path) < 0 && errno != ENOENT)
		return error_set(error, -errno,
		                 "cannot remove the old socket %s: %s", path,
		                 strerror(errno));
	return 0;
}

/* Under this umask the socket is never there with another mode. */
static int socket_bind(int fd, const struct sockaddr_un *address, mode_t mode)
{
	mode_t mask = umask(0777 & ~mode);
	int r = bind(fd, (const struct sockaddr *)address, sizeof(*address));

	r = r < 0 ? -errno : 0;
	umask(mask);
	return r;
}

int httpd_socket_make(const char *path, mode_t mode,
                      struct httpd_socket *ret_socket, int *ret_fd,
                      struct error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, r;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(error, -ENAMETOOLONG,
		                 "the path of the socket %s is longer than "
		                 "%zu bytes",
		                 path, sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path));

	r = dead_socket_remove(&address, error);
	if (r < 0)
		return r;
	fd = socket_new();
	r = fd < 0 ? fd : socket_bind(fd, &address, mode);
	if (r == 0 && (lstat(path, &st) < 0 || listen(fd, BACKLOG) < 0))
		r = -errno;
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		return error_set(error, r, "cannot make the socket %s: %s",
		                 path, strerror(-r));
	}
	*ret_socket = (struct httpd_socket){
		.path = xstrdup(path),
		.device = st.st_dev,
		.inode = st.st_ino,
	};
	*ret_fd = fd;
	return 0;
}

void httpd_socket_remove(struct httpd_socket *socket)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;

	if (!socket->path)
		return;
	memcpy(address.sun_path, socket->path, strlen(socket->path));
	/* An inode's number is soon given again: to somebody's who listens. */
	if (lstat(socket->path, &st) == 0 && st.st_dev == socket->device &&
	    st.st_ino == socket->inode && probe(&address) == -ECONNREFUSED)
		(void)unlink(socket->path);
	free(socket->path);
	socket->path = NULL;
}

static int socket_option(int fd, int option)
{
	socklen_t size = sizeof(int);
	int value;

	if (getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0)
		return -1;
	return value;
}

int httpd_socket_check(int fd, struct error *error)
{
	if (socket_option(fd, SO_DOMAIN) != AF_UNIX ||
	    socket_option(fd, SO_TYPE) != SOCK_STREAM ||
	    socket_option(fd, SO_ACCEPTCONN) != 1)
		return error_set(error, -EINVAL,
		                 "descriptor %d is no listening Unix stream "
		                 "socket: jitd.socket must have ListenStream= "
		                 "with a path",
		                 fd);
	return 0;
}
