/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify: tells the service manager how jitd does, and takes its sockets.
 * Without one every call does nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

void notify_ready(const char *status);
void notify_status(const char *status);

/* now_us is CLOCK_MONOTONIC, which the protocol wants. */
void notify_reloading(void);
void notify_stopping(const char *status);

/* How often to be fed, at least: half of what the manager waits; 0: never. */
int64_t notify_watchdog_ms(void);
void notify_watchdog(void);

/*
 * Listening Unix sockets that the manager handed over, by their names.
 * Descriptors of other names or kinds are refused with words. -1: not given.
 */
struct notify_sockets {
	int status_fd;
	int operator_fd;
};
int notify_sockets(struct notify_sockets *ret_sockets, struct error *error);
