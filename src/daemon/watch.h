/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch: the work itself, under one configuration: tenants, ARM, polls.
 *
 * The daemon keeps one for its life and gives it new configurations; an audit
 * makes one, waits until all is settled, and reads the ledger.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/scoped.h"

struct arm_statistics;
struct config;
struct error;
struct ledger;
struct loop;
struct outbox;
struct poller;
struct store;
struct tenants;
struct watch;

struct watch_options {
	struct loop *loop;
	struct ledger *ledger;
	struct outbox *outbox;
	struct store *store;               /* NULL: none */
	const char *credentials_directory; /* NULL: none */
	bool no_automatic_rate;            /* max_rate = auto is no limit */

	/* Something moved: a poll or a discovery ended. May be NULL. */
	void (*progressed)(void *user);
	void *user;
};

/* Fails with words where TLS is not to be had. config is borrowed until the
 * next watch_configure() has succeeded, or the end. */
int watch_new(const struct watch_options *options, const struct config *config,
              struct watch **ret_watch, struct error *error);
void watch_free(struct watch *watch);
DEFINE_SCOPED(struct watch *, watch_free)

/* Takes a new configuration; where that fails the old one stays. */
int watch_configure(struct watch *watch, const struct config *config,
                    struct error *error);

/* Discovers again now. */
void watch_discover(struct watch *watch);

/* Polls and discovers everything now. */
void watch_hurry(struct watch *watch);

/* Every tenant was discovered and every subscription tried since the start.
 * Once true it stays so. */
bool watch_is_ready(struct watch *watch);

struct poller *watch_poller(struct watch *watch);
struct tenants *watch_tenants(struct watch *watch);

/* Since watch_new(), over all configurations; borrowed until the next call. */
const struct arm_statistics *watch_arm_statistics(struct watch *watch);
