/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "ctl/resolve.h"

static const struct subscription_row {
	const char *id;
	const char *name;
} rows[] = {
	{ "11111111-0000-0000-0000-000000000001", "Payments" },
	{ "11111111-0000-0000-0000-000000000002", "payments" },
	{ "22222222-0000-0000-0000-000000000003", "Twice" },
	{ "33333333-0000-0000-0000-000000000004", "Twice" },
	{ "44444444-0000-0000-0000-000000000005", "1111" },
	{ "55555555-0000-0000-0000-000000000006", "Lonely\033[2J" },
	{ "66666666-0000-0000-0000-000000000007", NULL },
	{ "abcdef01-0000-0000-0000-000000000008", "Case" },
	{ "abcdef02-0000-0000-0000-000000000009", "A" },
	{ "abcdef03-0000-0000-0000-00000000000a", "B" },
	{ "abcdef04-0000-0000-0000-00000000000b", "C" },
};

static int resolve(const char *wanted, char ret_id[TEXT_GUID_SIZE],
                   struct error *error)
{
	struct resolve resolve;

	resolve_begin(&resolve, wanted);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		resolve_offer(&resolve, rows[i].id, rows[i].name);
	return resolve_end(&resolve, ret_id, error);
}

static void one_is_meant(void **state)
{
	static const struct {
		const char *wanted;
		size_t row;
	} cases[] = {
		{ "Payments", 0 }, /* the exact name before the other */
		{ "payments", 1 },
		{ "1111", 4 }, /* a name before a prefix */
		{ "2", 2 },
		{ "6666", 6 },
		{ "ABCDEF01", 7 }, /* ids know no case */
		{ "case", 7 },
		{ "11111111-0000-0000-0000-000000000001", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char id[TEXT_GUID_SIZE];

		assert_int_equal(resolve(cases[i].wanted, id, NULL), 0);
		assert_string_equal(id, rows[cases[i].row].id);
	}
}

static void several_are_listed(void **state)
{
	struct error error;
	char id[TEXT_GUID_SIZE];

	assert_int_equal(resolve("Twice", id, &error), -ENOTUNIQ);
	assert_string_equal(error.text,
	                    "'Twice' is more than one subscription: "
	                    "22222222-0000-0000-0000-000000000003 (Twice), "
	                    "33333333-0000-0000-0000-000000000004 (Twice)");
	assert_int_equal(resolve("abc", id, &error), -ENOTUNIQ);
	assert_non_null(strstr(error.text, "(B) and 1 more"));
	assert_int_equal(resolve("PAYMENTS", id, &error), -ENOTUNIQ);
}

static void none_is_said_so(void **state)
{
	static const char *const cases[] = { "", "none", "0", "Pay",
		                             ("11111111-0000-0000-0000-"
		                              "000000000009") };
	struct error error;
	char id[TEXT_GUID_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(resolve(cases[i], id, &error), -ESRCH);
		assert_non_null(strstr(error.text, "no subscription '"));
		assert_non_null(strstr(error.text, "jitd-ctl list"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_is_meant),
		cmocka_unit_test(several_are_listed),
		cmocka_unit_test(none_is_said_so),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
