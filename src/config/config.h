/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config: what the operator asked for, read whole and checked, or refused.
 *
 * One file, then the *.conf of the folder named after it and ".d", in order. A
 * later file overrides. Nothing here is in force until daemon/ takes it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "azure/cloud.h"
#include "azure/credential.h"
#include "base/log.h"
#include "base/scoped.h"
#include "config/values.h"
#include "emit/emitter.h"

struct buf;
struct error;

struct config_tenant {
	char *name;
	char *file; /* where its section began */
	unsigned line;
	char *tenant_id; /* NULL: not given, as are the others */
	int credential;  /* enum credential_kind, or CONFIG_CREDENTIAL_NONE */
	char *client_id;
	char *client_secret_file;
	char *access_token_file;
	char *unbuilt; /* always NULL: what has no use yet may only be empty */
	struct config_guids include;
	struct config_guids exclude;
	char *management_group;
};

struct config {
	struct {
		int64_t interval_ms;
		int64_t discovery_interval_ms;
		int64_t timeout_ms;
		unsigned max_in_flight;
		double max_rate_per_s; /* 0: no limit; CONFIG_RATE_AUTO */
		unsigned confirm;
		int64_t confirm_delay_ms;
		int64_t stale_after_ms;
		int64_t heartbeat_ms;
	} poll;
	struct {
		enum cloud_name cloud;
		char *arm_endpoint;
		char *authority_host;
		char *audience;
		char *portal;
		char *ca_file;
		char *proxy; /* NULL: as the environment says; "none": none */
		char *api_version;
		struct cloud resolved; /* borrows from the above */
	} azure;
	struct {
		bool unset_is_disabled;
		int64_t exemptions_interval_ms; /* 0: never look */
	} policy;
	struct {
		char *socket;
		unsigned mode;
		char *operator_socket;
		unsigned max_clients;
		unsigned max_followers;
	} control;
	struct {
		char *path;
		int64_t keep_events_ms;
	} store;
	struct {
		char *listen; /* always NULL: off */
		bool per_subscription;
	} metrics;
	struct {
		enum log_level level;
		enum emitter_target target;
	} log;
	struct {
		enum config_remediation mode;
		unsigned limit_per_hour;
	} remediation;
	struct config_tenant *tenants; /* in the order of the files */
	size_t tenant_count;
};

/*
 * Reads and checks all. credentials_directory is systemd's, NULL: none.
 * -EINVAL, or what opening said, with one sentence that names file and line.
 */
int config_load(const char *path, const char *credentials_directory,
                struct config **ret_config, struct error *error);
void config_free(struct config *config);
DEFINE_SCOPED(struct config *, config_free)

/* What a tenant's section asks for, for credential_new(). */
struct credential_options config_credential(const struct config *config,
                                            const struct config_tenant *tenant,
                                            const char *credentials_directory);

/* NULL: there is none of that name. */
const struct config_tenant *config_find_tenant(const struct config *config,
                                               const char *name);

/* All of it as a file that config_load() would read alike. */
void config_print(const struct config *config, struct buf *out);
