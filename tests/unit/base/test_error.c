/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void setting_gives_the_code_back(void **state)
{
	struct error error;

	assert_int_equal(error_set(&error, -EINVAL, "%s:%d", "a", 7), -EINVAL);
	assert_string_equal(error.text, "a:7");
}

static void wrapping_puts_new_words_first(void **state)
{
	struct error error;

	error_set(&error, -EINVAL, "it is cold");
	assert_int_equal(error_wrap(&error, -EIO, "cannot %s", "swim"), -EIO);
	assert_string_equal(error.text, "cannot swim: it is cold");
}

static void nobody_need_listen(void **state)
{
	assert_int_equal(error_set(NULL, -EIO, "x"), -EIO);
	assert_int_equal(error_wrap(NULL, -EIO, "x"), -EIO);
}

static void long_words_are_cut(void **state)
{
	struct error error;

	error_set(&error, -EIO, "%2000d", 1);
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
	error_wrap(&error, -EIO, "cannot");
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
	assert_memory_equal(error.text, "cannot:   ", 10);
	error_wrap(&error, -EIO, "%2000d", 1);
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
}

static void words_are_no_format_the_second_time(void **state)
{
	struct error error;

	error_set(&error, -EIO, "b");
	error_wrap(&error, -EIO, "a");
	assert_string_equal(error.text, "a: b");
	error_wrap(&error, -EIO, "%s", "%s%n");
	assert_string_equal(error.text, "%s%n: a: b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_gives_the_code_back),
		cmocka_unit_test(wrapping_puts_new_words_first),
		cmocka_unit_test(nobody_need_listen),
		cmocka_unit_test(long_words_are_cut),
		cmocka_unit_test(words_are_no_format_the_second_time),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
