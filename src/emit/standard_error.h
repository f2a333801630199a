/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standard_error: events and log lines to stderr, for a terminal or a
 * container. Under systemd each line begins with "<N>", its priority.
 */
#pragma once

#include "emit/emitter.h"

struct emitter *standard_error_new(struct loop *loop, emitter_ready_fn *ready,
                                   void *user);
