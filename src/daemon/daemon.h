/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon: everything put together: start, reload, stop.
 */
#pragma once

#include <stdbool.h>

#include "base/log.h"

struct daemon_options {
	const char *config_path;
	bool level_is_given; /* on the command line: over the configuration's */
	enum log_level level;
};

/* Exit statuses of jitd(8). 78 is EX_CONFIG: starting again cures nothing. */
enum daemon_exit {
	DAEMON_EXIT_OK = 0,
	DAEMON_EXIT_FAILED = 1,
	DAEMON_EXIT_USAGE = 2,
	DAEMON_EXIT_CONFIG = 78,
};

/* Runs until SIGTERM or SIGINT; what keeps it from starting is logged. */
enum daemon_exit daemon_run(const struct daemon_options *options);

/* systemd's folder of credentials, or NULL. */
const char *daemon_credentials_directory(void);

/* Tokens are in memory: no core dump, no look into /proc by others. */
void daemon_harden(void);
