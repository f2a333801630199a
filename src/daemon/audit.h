/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit: jitd --once: discover, poll all, print, and go. No state is written,
 * and nobody is told but the terminal.
 */
#pragma once

#include "daemon/daemon.h"
#include "show/roster.h"

/* 0: all enabled; 1: something is off; 4: nothing is off, but something is
 * unknown, or nothing was found; 78: the configuration. */
enum audit_exit {
	AUDIT_EXIT_ENABLED = 0,
	AUDIT_EXIT_OFF = 1,
	AUDIT_EXIT_UNKNOWN = 4,
};

int audit_run(const struct daemon_options *options, enum roster_format format);
