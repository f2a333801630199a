/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status_line: how jitd does, in one line for systemctl status.
 */
#pragma once

#include <stdint.h>

struct ledger;
struct poller;

#define STATUS_LINE_SIZE 256

/* "Watching 12 subscriptions, 1 off, last pass 40 s ago"; returns out. */
const char *status_line(const struct ledger *ledger,
                        const struct poller *poller, int64_t now_unix_ms,
                        char out[STATUS_LINE_SIZE]);
