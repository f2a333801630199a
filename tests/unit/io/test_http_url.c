/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_url.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/http.h"

static void good_urls_pass(void **state)
{
	static const char *const urls[] = {
		"https://management.azure.com",
		"https://management.azure.com/s?api-version=1&$skip=a%20b",
		"HTTPS://login.microsoftonline.com:443/common",
		"https://10.0.0.1/",
		"https://[2001:db8::1]:8443/",
		"http://localhost:40342/metadata",
		"http://127.0.0.1/",
		"http://127.8.9.10:1/",
		"http://[::1]:1/",
	};
	struct error error;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		assert_int_equal(http_check_url(urls[i], &error), 0);
}

static void bad_urls_are_refused_in_words(void **state)
{
	static const char *const urls[] = {
		"",
		"https://",
		"management.azure.com",
		"//management.azure.com/",
		"ftp://management.azure.com/",
		"file:///etc/passwd",
		"http://management.azure.com/",
		"http://169.254.169.254/metadata",
		"http://128.0.0.1/",
		"http://localhost.example.com/",
		"http://127.0.0.1.example.com/",
		"http://localhost@example.com/",
		"https://user@management.azure.com/",
		"https://user:secret@management.azure.com/",
		"https://management.azure.com/a b",
		"https://management.azure.com/a\r\nX: y",
		"https://management.azure.com/\x7f",
		"https://management.azure.com/\xc3\xa9",
		"https://management.azure.com:99999/",
		"https://exa mple.com/",
	};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct error error = { "" };

		if (http_check_url(urls[i], &error) != -EINVAL)
			fail_msg("%s was let through", urls[i]);
		assert_true(strlen(error.text) > 10);
		assert_null(strstr(error.text, "secret"));
		assert_int_equal(http_check_url(urls[i], NULL), -EINVAL);
	}
}

static void a_url_too_long_is_refused(void **state)
{
	char *url = xcalloc(20000, 1);

	snprintf(url, 20000, "https://localhost/%0*d", 16384 - 18, 0);
	assert_int_equal(http_check_url(url, NULL), 0);
	url[16384] = '0';
	assert_int_equal(http_check_url(url, NULL), -EINVAL);
	free(url);
}

static void an_origin_is_scheme_host_and_port(void **state)
{
	static const char base[] = "https://management.azure.com/a?b";
	static const char *const same[] = {
		"https://management.azure.com",
		"https://management.azure.com:443/x",
		"HTTPS://Management.Azure.COM/#f",
	};
	static const char *const other[] = {
		"http://management.azure.com/a?b",
		"http://management.azure.com:443/a?b",
		"https://management.azure.com:444/a?b",
		"https://management.azure.com.example.com/a?b",
		"https://example.com/management.azure.com",
		"https://management.azure.com@example.com/",
		"https://management.azure.com:443@example.com/",
		"https://example.com#@management.azure.com/",
		"https://example.com\\@management.azure.com/",
		"https://example.com?@management.azure.com/",
		"/a?b",
		"",
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_true(http_same_origin(base, same[i]));
		assert_true(http_same_origin(same[i], base));
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		if (http_same_origin(base, other[i]))
			fail_msg("%s is another origin", other[i]);
		assert_false(http_same_origin(other[i], base));
	}
	assert_false(http_same_origin("", ""));
}

static void only_near_addresses_may_be_called_in_the_clear(void **state)
{
	assert_true(http_url_may_be_plain("http://127.0.0.1/", false));
	assert_true(http_url_may_be_plain("http://169.254.169.254/x", true));
	assert_false(http_url_may_be_plain("http://169.254.169.254/x", false));
	assert_false(http_url_may_be_plain("http://169.253.0.1/", true));
	assert_false(http_url_may_be_plain("http://10.0.0.1/", true));
	assert_false(http_url_may_be_plain("http://example.com/", true));
	assert_false(http_url_may_be_plain("nonsense", true));
}

static void the_host_is_told_without_the_rest(void **state)
{
	static const struct {
		const char *url, *host;
	} cases[] = {
		{ "https://a.example/secret?x=y", "a.example" },
		{ "https://a.example:8443/", "a.example:8443" },
		{ "http://[::1]:1/", "[::1]:1" },
		{ "https://user:secret@a.example/", "the server" },
		{ "", "the server" },
		{ NULL, "the server" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped(string_free) char *host = http_url_host(cases[i].url);

		assert_string_equal(host, cases[i].host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_urls_pass),
		cmocka_unit_test(bad_urls_are_refused_in_words),
		cmocka_unit_test(a_url_too_long_is_refused),
		cmocka_unit_test(an_origin_is_scheme_host_and_port),
		cmocka_unit_test(
			only_near_addresses_may_be_called_in_the_clear),
		cmocka_unit_test(the_host_is_told_without_the_rest),
	};

	return cmocka_run_group_tests_name("http_url", tests, NULL, NULL);
}
