/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

/* As much as 'systemctl status' shows on a wide screen; with the NUL. */
#define STATUS_SIZE 512

/* What the manager was told is not worth failing for, here and below. */
static void notify_with(const char *fields, const char *status)
{
	char line[STATUS_SIZE];

	(void)sd_notifyf(0, "%sSTATUS=%s", fields,
	                 text_clean(status, line, sizeof(line)));
}

static int socket_take(int fd, const char *name, struct notify_sockets *sockets,
                       struct error *error)
{
	int *place = NULL;

	if (strcmp(name, "status") == 0)
		place = &sockets->status_fd;
	else if (strcmp(name, "operator") == 0)
		place = &sockets->operator_fd;
	if (!place || *place >= 0)
		return error_set(error, -EINVAL,
		                 "the service manager passed a socket named "
		                 "\"%s\"%s: FileDescriptorName= must be "
		                 "\"status\" or \"operator\", each once",
		                 name, place ? " again" : "");
	if (sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) <= 0)
		return error_set(error, -EINVAL,
		                 "the socket \"%s\" that the service manager "
		                 "passed is not a listening Unix socket: it "
		                 "must be a ListenStream= with a path",
		                 name);
	/* Accepting must never wait, and what is accepted is not inherited. */
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		return error_set(error, -errno, "socket \"%s\": %s", name,
		                 strerror(errno));
	*place = fd;
	return 0;
}

static void names_free(char **names)
{
	for (char **name = names; name && *name; name++)
		free(*name);
	free(names);
}

void notify_ready(const char *status)
{
	notify_with("READY=1\n", status);
}

void notify_status(const char *status)
{
	notify_with("", status);
}

void notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	                 (uint64_t)now.tv_sec * 1000000 +
	                         (uint64_t)now.tv_nsec / 1000);
}

void notify_stopping(const char *status)
{
	notify_with("STOPPING=1\n", status);
}

int64_t notify_watchdog_ms(void)
{
	uint64_t limit_us = 0;

	if (sd_watchdog_enabled(0, &limit_us) <= 0)
		return 0;
	return limit_us < 2000 ? 1 : (int64_t)(limit_us / 2000);
}

void notify_watchdog(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

int notify_sockets(struct notify_sockets *ret_sockets, struct error *error)
{
	struct notify_sockets sockets = { .status_fd = -1, .operator_fd = -1 };
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names);
	int r = 0;

	*ret_sockets = sockets;
	if (count < 0)
		return error_set(error, count,
		                 "the sockets of the service manager cannot be "
		                 "taken: %s",
		                 strerror(-count));
	for (int i = 0; r == 0 && i < count; i++)
		r = socket_take(SD_LISTEN_FDS_START + i, names[i], &sockets,
		                error);
	names_free(names);
	if (r == 0)
		*ret_sockets = sockets;
	for (int i = 0; r < 0 && i < count; i++)
		close(SD_LISTEN_FDS_START + i);
	return r;
}
