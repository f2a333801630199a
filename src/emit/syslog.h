/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog: events to /dev/log in the form of RFC 3164, without ever blocking.
 * The sentence is the journal's; facility daemon.
 */
#pragma once

#include "emit/emitter.h"

/* Never fails: where it is away it is tried again every few seconds. */
struct emitter *syslog_new(struct loop *loop, const char *path,
                           emitter_ready_fn *ready, void *user);
