/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_state: what the bodies of the status endpoint look at.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct error;
struct ledger;
struct loop;
struct outbox;
struct store;
struct watch;

/* The user of every op: what the bodies look at. Borrowed, and filled in by
 * the daemon before the first request. */
struct service {
	struct loop *loop;
	struct ledger *ledger;
	struct store *store;
	struct outbox *outbox;
	struct watch *watch;
	int64_t started_unix_ms;
	int64_t reloaded_unix_ms; /* the last configuration that was taken */
	bool reload_failed;       /* and the last try after that */
	bool metrics_per_subscription;

	/* Reads the configuration again; fails with the sentence. */
	int (*reload)(void *user, struct error *error);
	void *user;
};
