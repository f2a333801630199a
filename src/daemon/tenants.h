/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tenants: the tenants of the configuration, each with its token and with the
 * discovery of its subscriptions, each failing alone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scoped.h"
#include "core/ledger.h"

struct arm;
struct config;
struct config_tenant;
struct failure;
struct http;
struct ledger;
struct loop;
struct outbox;
struct store;
struct subscription;
struct tenants;
struct token;

struct tenants_options {
	struct loop *loop;
	struct ledger *ledger;
	struct outbox *outbox;
	struct store *store; /* NULL: none; which tenants were discovered */

	ledger_subscription_fn *added;
	ledger_subscription_fn *lost;
	/* A tenant's discovery ended, well or badly. May be NULL. */
	void (*discovered)(void *user);
	void *user;
};

/* config, http and arm are borrowed: they outlive it. Discovery begins by
 * tenants_start(). */
struct tenants *tenants_new(const struct tenants_options *options,
                            const struct config *config,
                            const char *credentials_directory,
                            struct http *http, struct arm *arm);
void tenants_free(struct tenants *tenants);
DEFINE_SCOPED(struct tenants *, tenants_free)

/* Loses what the configuration leaves out, and begins to discover. */
void tenants_start(struct tenants *tenants);

/* Discovers again now. */
void tenants_hurry(struct tenants *tenants);

/* The token for a subscription. */
struct token *tenants_token(struct tenants *tenants,
                            const struct subscription *subscription);

/* Whether every tenant was discovered whole since tenants_new(); and whether
 * each was, or failed in a way that will not pass by itself, or often. */
bool tenants_all_discovered(const struct tenants *tenants);
bool tenants_all_tried(const struct tenants *tenants);

/* What is known of one; in the order of the configuration. */
struct tenant_view {
	const struct config_tenant *config;
	struct token *token;
	int64_t discovered_unix_ms;    /* 0: not yet */
	const struct failure *failure; /* of the last discovery; NULL: none */
};
size_t tenants_count(const struct tenants *tenants);
struct tenant_view tenants_view(const struct tenants *tenants, size_t index);
