/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/guid_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/chance.h"

#define MOST 3000

static void write_guid(char guid[TEXT_GUID_SIZE], unsigned number)
{
	snprintf(guid, TEXT_GUID_SIZE, "%08x-0000-4000-8000-000000000000",
	         number);
}

static void the_empty_one_has_nothing(void **state)
{
	struct guid_set set = { 0 };
	char guid[TEXT_GUID_SIZE];

	write_guid(guid, 1);
	assert_false(guid_set_has(&set, guid));
	guid_set_done(&set);
}

static void each_is_there_once_in_its_order(void **state)
{
	struct guid_set set = { 0 };
	bool there[MOST] = { false };
	unsigned order[MOST];
	size_t count = 0;
	char guid[TEXT_GUID_SIZE];

	for (int i = 0; i < 4 * MOST; i++) {
		unsigned number = (unsigned)chance_below(MOST);

		write_guid(guid, number);
		assert_int_equal(guid_set_has(&set, guid), there[number]);
		assert_int_equal(guid_set_add(&set, guid), !there[number]);
		if (!there[number])
			order[count++] = number;
		there[number] = true;
		assert_int_equal(set.count, count);
	}
	for (size_t i = 0; i < count; i++) {
		write_guid(guid, order[i]);
		assert_string_equal(set.guids[i], guid);
	}
	guid_set_done(&set);
	assert_int_equal(set.count, 0);
}

/* Ids that somebody has counted up, at whichever place of them: it would take
 * minutes if they all fell together. */
static void ids_in_a_row_are_told_apart_quickly(void **state)
{
	static const char shape[] = "00000000-0000-4000-8000-000000000000";

	for (size_t end = 8; end < TEXT_GUID_SIZE; end += 14) {
		struct guid_set set = { 0 };

		for (unsigned i = 0; i < 100000; i++) {
			char guid[TEXT_GUID_SIZE], digits[6];

			snprintf(guid, sizeof(guid), "%s", shape);
			snprintf(digits, sizeof(digits), "%05u", i);
			memcpy(guid + end - 5, digits, 5);
			assert_true(guid_set_add(&set, guid));
		}
		guid_set_done(&set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_empty_one_has_nothing),
		cmocka_unit_test(each_is_there_once_in_its_order),
		cmocka_unit_test(ids_in_a_row_are_told_apart_quickly),
	};

	return cmocka_run_group_tests_name("guid_set", tests, chance_begin,
	                                   NULL);
}
