/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cloud: where one Azure cloud lives.
 */
#pragma once

struct error;

enum cloud_name {
#define CLOUD(name, word, arm, authority, audience, portal) CLOUD_##name,
#include "azure/clouds.def"
#undef CLOUD
	CLOUD_CUSTOM,
	CLOUD_COUNT
};

/* None of the URLs has a slash at its end. Borrowed. */
struct cloud {
	const char *arm_endpoint;
	const char *authority_host;
	const char *audience;
	const char *portal;
};

/* "public", "usgov", "china", "custom". */
const char *cloud_name_to_string(enum cloud_name name);
int cloud_name_from_string(const char *word, enum cloud_name *ret_name);

/*
 * The cloud of that name with what is not NULL or "" in given put over it.
 * "custom" must be given arm_endpoint and authority_host; its audience is then
 * the ARM endpoint, its portal https://portal.azure.com. Checks every URL:
 * https, or http to a loopback address. -EINVAL with words that name the key.
 */
int cloud_resolve(enum cloud_name name, const struct cloud *given,
                  struct cloud *ret_cloud, struct error *error);
