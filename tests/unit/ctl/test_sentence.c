/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/sentence.h"

static void the_tail_of_a_message_is_not_its_sentence(void **state)
{
	static const struct {
		const char *message;
		const char *sentence;
	} cases[] = {
		{ "It is off. state=disabled value=Disabled", "It is off." },
		{ "It is off (a=b). state=disabled", "It is off (a=b)." },
		{ "x state=disabled is what it says.",
		  "x state=disabled is what it says." },
		{ "Off. subscription_name=\"a \\\" state=x\" count=3", "Off." },
		{ "Off. subscription_name=\"cut at the en", "Off." },
		{ "Off. state=disabled subscription_na", "Off." },
		{ "Off. caveats=\"\" since=2026-11-23T00:49:53Z", "Off." },
		{ "No tail", "No tail" },
		{ "other=thing", "other=thing" },
		{ "A other=thing", "A other=thing" },
		{ "", "" },
		{ " state=x", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *message = cases[i].message;
		scoped(string_free) char *text =
			xstrndup(message, sentence_length(message));

		assert_string_equal(text, cases[i].sentence);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tail_of_a_message_is_not_its_sentence),
	};

	return cmocka_run_group_tests_name("sentence", tests, NULL, NULL);
}
