/* SPDX-License-Identifier: Apache-2.0 */
#include "core/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#define SETS (1u << CAVEAT_COUNT)

static void every_word_leads_back_to_its_name(void **state)
{
	enum state one_state;
	enum reason reason;
	enum caveat caveat;
	enum failure_class class;

#define STATE(name, word)                                         \
	assert_string_equal(state_to_string(STATE_##name), word); \
	assert_int_equal(state_from_string(word, &one_state), 0); \
	assert_int_equal(one_state, STATE_##name);
#define REASON(name, word)                                          \
	assert_string_equal(reason_to_string(REASON_##name), word); \
	assert_int_equal(reason_from_string(word, &reason), 0);     \
	assert_int_equal(reason, REASON_##name);
#define CAVEAT(name, word)                                          \
	assert_string_equal(caveat_to_string(CAVEAT_##name), word); \
	assert_int_equal(caveat_from_string(word, &caveat), 0);     \
	assert_int_equal(caveat, CAVEAT_##name);
#define FAILURE(name, word, slow)                                           \
	assert_string_equal(failure_class_to_string(FAILURE_##name), word); \
	assert_int_equal(failure_class_from_string(word, &class), 0);       \
	assert_int_equal(class, FAILURE_##name);                            \
	assert_int_equal(failure_class_is_slow(FAILURE_##name), slow);
#include "core/words.def"
}

static void none_is_no_word(void **state)
{
	enum reason reason = REASON_EXPLICIT;
	enum failure_class class = FAILURE_SERVER;

	assert_null(reason_to_string(REASON_NONE));
	assert_null(failure_class_to_string(FAILURE_NONE));
	assert_int_equal(reason_from_string(NULL, &reason), 0);
	assert_int_equal(reason, REASON_NONE);
	assert_int_equal(failure_class_from_string(NULL, &class), 0);
	assert_int_equal(class, FAILURE_NONE);
	assert_false(failure_class_is_slow(FAILURE_NONE));
}

static void another_word_is_refused_and_changes_nothing(void **state)
{
	static const char *const others[] = {
		"",       " ",    "Enabled", "enabled ",
		"enable", "none", "null",    "explicit,default",
	};
	enum state one_state = STATE_ABSENT;
	enum reason reason = REASON_EXEMPT;
	enum caveat caveat = CAVEAT_PARTIAL;
	enum failure_class class = FAILURE_TLS;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(state_from_string(others[i], &one_state),
		                 -EINVAL);
		assert_int_equal(reason_from_string(others[i], &reason),
		                 -EINVAL);
		assert_int_equal(caveat_from_string(others[i], &caveat),
		                 -EINVAL);
		assert_int_equal(failure_class_from_string(others[i], &class),
		                 -EINVAL);
	}
	assert_int_equal(state_from_string(NULL, &one_state), -EINVAL);
	assert_int_equal(caveat_from_string(NULL, &caveat), -EINVAL);
	assert_int_equal(one_state, STATE_ABSENT);
	assert_int_equal(reason, REASON_EXEMPT);
	assert_int_equal(caveat, CAVEAT_PARTIAL);
	assert_int_equal(class, FAILURE_TLS);
}

static void what_a_person_must_heal_is_slow(void **state)
{
	assert_true(failure_class_is_slow(FAILURE_FORBIDDEN));
	assert_true(failure_class_is_slow(FAILURE_NOT_FOUND));
	assert_true(failure_class_is_slow(FAILURE_TENANT_MISMATCH));
	assert_false(failure_class_is_slow(FAILURE_THROTTLED));
	assert_false(failure_class_is_slow(FAILURE_SERVER));
	assert_false(failure_class_is_slow(FAILURE_NETWORK));
}

static void every_set_of_caveats_is_a_list_and_back(void **state)
{
	char text[CAVEATS_TEXT_SIZE];

	for (unsigned set = 0; set < SETS; set++) {
		unsigned read = ~set;
		size_t commas = 0;

		assert_ptr_equal(caveats_to_string(set, text), text);
		for (const char *at = text; *at; at++)
			commas += *at == ',';
		assert_int_equal(commas, set ? __builtin_popcount(set) - 1 : 0);
		assert_int_equal(caveats_from_string(text, &read), 0);
		assert_int_equal(read, set);
	}
	assert_string_equal(caveats_to_string(0, text), "");
}

static void caveats_are_listed_in_the_order_of_the_table(void **state)
{
	char text[CAVEATS_TEXT_SIZE];
	size_t at = 0;

	caveats_to_string(SETS - 1, text);
#define CAVEAT(name, word)                                  \
	assert_memory_equal(text + at, word, strlen(word)); \
	at += strlen(word) + 1;
#include "core/words.def"
	assert_int_equal(at, strlen(text) + 1);
}

static void a_list_that_is_ill_formed_is_refused(void **state)
{
	static const char *const lists[] = {
		",",
		"partial,",
		",partial",
		"partial,,unset",
		"partial, unset",
		"Partial",
		"partial;unset",
		"partia",
		"partial,explicit",
	};
	unsigned caveats = CAVEAT_BIT(INHERITED);

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		assert_int_equal(caveats_from_string(lists[i], &caveats),
		                 -EINVAL);
	assert_int_equal(caveats, CAVEAT_BIT(INHERITED));
	assert_int_equal(caveats_from_string("unset,partial,unset", &caveats),
	                 0);
	assert_int_equal(caveats, CAVEAT_BIT(UNSET) | CAVEAT_BIT(PARTIAL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_leads_back_to_its_name),
		cmocka_unit_test(none_is_no_word),
		cmocka_unit_test(another_word_is_refused_and_changes_nothing),
		cmocka_unit_test(what_a_person_must_heal_is_slow),
		cmocka_unit_test(every_set_of_caveats_is_a_list_and_back),
		cmocka_unit_test(caveats_are_listed_in_the_order_of_the_table),
		cmocka_unit_test(a_list_that_is_ill_formed_is_refused),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
