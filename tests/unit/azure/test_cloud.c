/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/cloud.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static const struct cloud nothing;

/* Resolves, must fail, and must name the key. */
static void refuses(enum cloud_name name, const struct cloud *given,
                    const char *key)
{
	struct error error = { "" };
	struct cloud cloud;

	assert_int_equal(cloud_resolve(name, given, &cloud, &error), -EINVAL);
	assert_non_null(strstr(error.text, key));
}

static void every_known_cloud_is_well_formed(void **state)
{
	for (unsigned name = 0; name < CLOUD_CUSTOM; name++) {
		struct cloud cloud;

		assert_int_equal(cloud_resolve((enum cloud_name)name, &nothing,
		                               &cloud, NULL),
		                 0);
		assert_int_equal(
			strncmp(cloud.arm_endpoint, "https://management.", 19),
			0);
		assert_string_equal(cloud.audience, cloud.arm_endpoint);
		assert_int_equal(strncmp(cloud.portal, "https://portal.", 15),
		                 0);
	}
}

static void words_lead_there_and_back(void **state)
{
	enum cloud_name found;

	for (unsigned name = 0; name < CLOUD_COUNT; name++) {
		const char *word = cloud_name_to_string((enum cloud_name)name);

		assert_int_equal(cloud_name_from_string(word, &found), 0);
		assert_int_equal(found, name);
	}
	assert_int_equal(cloud_name_from_string("germany", &found), -EINVAL);
	assert_int_equal(cloud_name_from_string("Public", &found), -EINVAL);
}

static void what_is_given_stands_over_the_table(void **state)
{
	const struct cloud given = {
		.arm_endpoint = "https://arm.example",
		.authority_host = "",
		.audience = "https://management.core.windows.net/",
	};
	struct cloud cloud;

	assert_int_equal(cloud_resolve(CLOUD_PUBLIC, &given, &cloud, NULL), 0);
	assert_string_equal(cloud.arm_endpoint, "https://arm.example");
	assert_string_equal(cloud.authority_host,
	                    "https://login.microsoftonline.com");
	assert_string_equal(cloud.audience,
	                    "https://management.core.windows.net/");
	assert_string_equal(cloud.portal, "https://portal.azure.com");
}

static void a_custom_cloud_needs_two_urls(void **state)
{
	const struct cloud arm_only = { .arm_endpoint = "https://arm.local" };
	const struct cloud both = { .arm_endpoint = "http://127.0.0.1:8080",
		                    .authority_host = "http://localhost:1" };
	struct cloud cloud;

	refuses(CLOUD_CUSTOM, &nothing, "arm_endpoint=");
	refuses(CLOUD_CUSTOM, &arm_only, "authority_host=");
	assert_int_equal(cloud_resolve(CLOUD_CUSTOM, &both, &cloud, NULL), 0);
	assert_string_equal(cloud.audience, "http://127.0.0.1:8080");
	assert_string_equal(cloud.portal, "https://portal.azure.com");
}

static void urls_that_may_not_be_called_are_named(void **state)
{
	refuses(CLOUD_PUBLIC,
	        &(struct cloud){ .arm_endpoint = "http://arm.example" },
	        "arm_endpoint=");
	refuses(CLOUD_PUBLIC,
	        &(struct cloud){ .authority_host = "ftp://login.example" },
	        "authority_host=");
	refuses(CLOUD_USGOV,
	        &(struct cloud){ .authority_host = "https://me@login.example" },
	        "authority_host=");
	refuses(CLOUD_PUBLIC, &(struct cloud){ .portal = "portal.example" },
	        "portal=");
	refuses(CLOUD_PUBLIC,
	        &(struct cloud){ .arm_endpoint = "https://arm.example/" },
	        "slash");
	refuses(CLOUD_PUBLIC,
	        &(struct cloud){ .arm_endpoint = "https://arm.example?a=b" },
	        "arm_endpoint=");
	refuses(CLOUD_PUBLIC, &(struct cloud){ .audience = "two words" },
	        "audience=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_known_cloud_is_well_formed),
		cmocka_unit_test(words_lead_there_and_back),
		cmocka_unit_test(what_is_given_stands_over_the_table),
		cmocka_unit_test(a_custom_cloud_needs_two_urls),
		cmocka_unit_test(urls_that_may_not_be_called_are_named),
	};

	return cmocka_run_group_tests_name("cloud", tests, NULL, NULL);
}
