/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/cloud.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "io/http.h"

#define CUSTOM_PORTAL "https://portal.azure.com"

static const char *const words[CLOUD_COUNT] = {
#define CLOUD(name, word, arm, authority, audience, portal) \
	[CLOUD_##name] = (word),
#include "azure/clouds.def"
#undef CLOUD
	[CLOUD_CUSTOM] = "custom",
};

static const struct cloud clouds[CLOUD_COUNT] = {
#define CLOUD(name, word, arm, authority, audience, portal) \
	[CLOUD_##name] = { (arm), (authority), (audience), (portal) },
#include "azure/clouds.def"
#undef CLOUD
};

static const char *either(const char *given, const char *other)
{
	return given && *given ? given : other;
}

/* A URL that paths are put behind. */
static int url_check(const char *key, const char *url, struct error *error)
{
	int r = http_check_url(url, error);

	if (r < 0)
		return error_wrap(error, r, "[azure] %s=", key);
	if (url[strlen(url) - 1] == '/')
		return error_set(error, -EINVAL,
		                 "[azure] %s=%s: take off the slash at its end",
		                 key, url);
	if (strpbrk(url, "?#"))
		return error_set(error, -EINVAL,
		                 "[azure] %s=%s: a query cannot stand in it",
		                 key, url);
	return 0;
}

/* Nothing is sent to the audience: it is a name, most often in the form of a
 * URL, and a slash at its end belongs to it. */
static int audience_check(const char *audience, struct error *error)
{
	for (const char *c = audience; *c; c++)
		if (*c <= ' ' || *c > '~')
			return error_set(error, -EINVAL,
			                 "[azure] audience= may hold printable "
			                 "ASCII only, and no spaces");
	return 0;
}

static int missing(const char *key, struct error *error)
{
	return error_set(error, -EINVAL,
	                 "[azure] cloud=custom needs %s=: give its URL", key);
}

const char *cloud_name_to_string(enum cloud_name name)
{
	return words[name];
}

int cloud_name_from_string(const char *word, enum cloud_name *ret_name)
{
	for (size_t i = 0; i < CLOUD_COUNT; i++)
		if (strcmp(words[i], word) == 0) {
			*ret_name = (enum cloud_name)i;
			return 0;
		}
	return -EINVAL;
}

int cloud_resolve(enum cloud_name name, const struct cloud *given,
                  struct cloud *ret_cloud, struct error *error)
{
	struct cloud cloud = clouds[name];
	int r;

	cloud.arm_endpoint = either(given->arm_endpoint, cloud.arm_endpoint);
	cloud.authority_host =
		either(given->authority_host, cloud.authority_host);
	if (!cloud.arm_endpoint)
		return missing("arm_endpoint", error);
	if (!cloud.authority_host)
		return missing("authority_host", error);
	cloud.audience = either(given->audience,
	                        either(cloud.audience, cloud.arm_endpoint));
	cloud.portal =
		either(given->portal, either(cloud.portal, CUSTOM_PORTAL));

	r = url_check("arm_endpoint", cloud.arm_endpoint, error);
	if (r == 0)
		r = url_check("authority_host", cloud.authority_host, error);
	if (r == 0)
		r = url_check("portal", cloud.portal, error);
	if (r == 0)
		r = audience_check(cloud.audience, error);
	if (r < 0)
		return r;

	*ret_cloud = cloud;
	return 0;
}
