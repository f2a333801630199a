/* SPDX-License-Identifier: Apache-2.0 */
#include "core/failure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/chance.h"
#include "base/text.h"

#define MESSAGE_BYTES (FAILURE_MESSAGE_SIZE - 1)

static void the_message_is_formatted_and_the_rest_emptied(void **state)
{
	struct failure failure;

	memset(&failure, 0x55, sizeof(failure));
	failure_set(&failure, FAILURE_SERVER, "status %d of %s", 503, "ARM");
	assert_int_equal(failure.class, FAILURE_SERVER);
	assert_string_equal(failure.message, "status 503 of ARM");
	assert_int_equal(failure.http_status, 0);
	assert_int_equal(failure.retry_after_ms, 0);
	assert_string_equal(failure.code, "");
	assert_string_equal(failure.correlation_id, "");
}

static void the_message_may_be_made_of_the_old_one(void **state)
{
	struct failure failure;

	failure_set(&failure, FAILURE_TLS, "no handshake");
	failure_set(&failure, FAILURE_NETWORK, "twice: %s", failure.message);
	assert_string_equal(failure.message, "twice: no handshake");
}

static void control_characters_become_question_marks(void **state)
{
	struct failure failure;

	failure_set(&failure, FAILURE_INVALID, "%s",
	            "a\nb\tc\x7f"
	            "d\x1b[31m\xc2\x85"
	            "e\xff");
	assert_string_equal(failure.message, "a?b?c?d?[31m?e?");
}

static void a_long_message_is_cut_at_a_whole_character(void **state)
{
	struct failure failure;
	char text[1000];

	memset(text, 'x', sizeof(text));
	text[999] = '\0';
	failure_set(&failure, FAILURE_INVALID, "%s", text);
	assert_int_equal(strlen(failure.message), MESSAGE_BYTES);

	/* Two bytes at 299, of which only one would fit. */
	memcpy(text + MESSAGE_BYTES - 1, "\xc3\xa4", 2);
	failure_set(&failure, FAILURE_INVALID, "%s", text);
	assert_int_equal(strlen(failure.message), MESSAGE_BYTES - 1);
}

static void what_is_cleaned_still_fills_the_message(void **state)
{
	struct failure failure;
	char text[2 * 700 + 1];

	for (size_t i = 0; i < 700; i++)
		memcpy(text + 2 * i, "\xc2\x80", 3);
	failure_set(&failure, FAILURE_INVALID, "%s", text);
	assert_int_equal(strlen(failure.message), MESSAGE_BYTES);
	assert_int_equal(strspn(failure.message, "?"), MESSAGE_BYTES);
}

static void code_and_correlation_id_are_cleaned_and_cut(void **state)
{
	struct failure failure;
	char text[500];

	memset(text, 'c', sizeof(text));
	text[499] = '\0';
	text[1] = '\r';
	failure_set(&failure, FAILURE_FORBIDDEN, "no");
	failure_set_code(&failure, text);
	failure_set_correlation_id(&failure, text);
	assert_int_equal(strlen(failure.code), FAILURE_CODE_SIZE - 1);
	assert_int_equal(strlen(failure.correlation_id), FAILURE_ID_SIZE - 1);
	assert_memory_equal(failure.code, "c?c", 3);
	assert_memory_equal(failure.correlation_id, "c?c", 3);
	assert_string_equal(failure.message, "no");

	failure_set_code(&failure, NULL);
	failure_set_correlation_id(&failure, NULL);
	assert_string_equal(failure.code, "");
	assert_string_equal(failure.correlation_id, "");
}

static void assert_fit_to_show(const char *text)
{
	assert_true(text_is_utf8(text, strlen(text)));
	for (; *text; text++)
		assert_true((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void whatever_a_peer_sends_is_fit_to_be_shown(void **state)
{
	for (int round = 0; round < 2000; round++) {
		char text[900];
		size_t size = chance_below(sizeof(text));
		struct failure failure;

		for (size_t i = 0; i < size; i++)
			text[i] = (char)(1 + chance_below(255));
		text[size] = '\0';
		failure_set(&failure, FAILURE_INVALID, "%s", text);
		failure_set_code(&failure, text);
		failure_set_correlation_id(&failure, text);
		assert_fit_to_show(failure.message);
		assert_fit_to_show(failure.code);
		assert_fit_to_show(failure.correlation_id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_message_is_formatted_and_the_rest_emptied),
		cmocka_unit_test(the_message_may_be_made_of_the_old_one),
		cmocka_unit_test(control_characters_become_question_marks),
		cmocka_unit_test(a_long_message_is_cut_at_a_whole_character),
		cmocka_unit_test(what_is_cleaned_still_fills_the_message),
		cmocka_unit_test(code_and_correlation_id_are_cleaned_and_cut),
		cmocka_unit_test(whatever_a_peer_sends_is_fit_to_be_shown),
	};

	return cmocka_run_group_tests_name("failure", tests, chance_begin,
	                                   NULL);
}
