/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text_utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/chance.h"

/* Writes the shortest form of a code point; how many bytes that are. */
static size_t encode(uint32_t point, unsigned char out[4])
{
	if (point < 0x80) {
		out[0] = (unsigned char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (unsigned char)(0xc0 | point >> 6);
		out[1] = (unsigned char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (unsigned char)(0xe0 | point >> 12);
		out[1] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
		out[2] = (unsigned char)(0x80 | (point & 0x3f));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | point >> 18);
	out[1] = (unsigned char)(0x80 | (point >> 12 & 0x3f));
	out[2] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
	out[3] = (unsigned char)(0x80 | (point & 0x3f));
	return 4;
}

static int is_surrogate(uint32_t point)
{
	return point >= 0xd800 && point <= 0xdfff;
}

static void each_character_is_one(void **state)
{
	for (uint32_t point = 1; point <= 0x10ffff; point++) {
		unsigned char bytes[4];
		size_t size = encode(point, bytes);
		size_t wanted = is_surrogate(point) ? 0 : size;

		if (text_utf8_length((char *)bytes, size) != wanted)
			fail_msg("U+%04X", point);
		if (text_is_utf8((char *)bytes, size) != (wanted > 0))
			fail_msg("U+%04X", point);
	}
}

/* All that begins with any three bytes, judged by what a decoder that knows
 * only lengths and the shortest form says. */
static void nothing_else_is_one(void **state)
{
	size_t characters = 0;

	for (uint32_t word = 0; word < 1 << 24; word++) {
		const unsigned char bytes[] = {
			(unsigned char)(word >> 16),
			(unsigned char)(word >> 8),
			(unsigned char)word,
			0x80,
		};

		characters += text_utf8_length((const char *)bytes, 4) > 0;
	}
	/* Of one byte with any two behind it, and so on; those of four bytes
	 * end in 0x80 here, one of each 64. */
	assert_int_equal(characters, 127 * 65536 + 1920 * 256 +
	                                     (0x10000 - 0x800 - 0x800) +
	                                     0x100000 / 64);
}

static void known_offenders_are_refused(void **state)
{
	static const char *const rows[] = {
		"\x80",
		"\xc0\x80",
		"\xc1\xbf",
		"\xc3",
		"\xc3(",
		"\xe0\x80\x80",
		"\xe0\x9f\xbf",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xe2\x82",
		"\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xf0\x9f\x98",
		"\xff",
		"\xfe",
		"abc\xff",
		"long enough for a word or two \xff",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(text_is_utf8(rows[i], strlen(rows[i])));
	assert_true(text_is_utf8("", 0));
	assert_true(text_is_utf8(NULL, 0));
	assert_int_equal(text_utf8_length("a", 0), 0);
}

/* A text of n bytes with one bad byte at each place, in memory of that size. */
static void one_bad_byte_is_found_anywhere(void **state)
{
	static const char bad[] = { '\0', '\x80', '\xff', '\xc3' };

	for (size_t size = 1; size < 40; size++) {
		char *text = malloc(size);

		memset(text, 'a', size);
		assert_true(text_is_utf8(text, size));
		for (size_t at = 0; at < size; at++)
			for (size_t i = 0; i < sizeof(bad); i++) {
				text[at] = bad[i];
				assert_false(text_is_utf8(text, size));
				text[at] = 'a';
			}
		memset(text, 1, size);
		assert_true(text_is_utf8(text, size));
		memset(text, 0x7f, size);
		assert_true(text_is_utf8(text, size));
		free(text);
	}
}

static void assert_clean(const char *text, size_t size, const char *wanted)
{
	char *out = malloc(size);

	assert_ptr_equal(text_clean(text, out, size), out);
	assert_string_equal(out, wanted);
	free(out);
}

static void what_cannot_be_shown_is_a_question_mark(void **state)
{
	assert_clean("plain", 100, "plain");
	assert_clean("caf\xc3\xa9 \xf0\x9f\x98\x80", 100,
	             "caf\xc3\xa9 \xf0\x9f\x98\x80");
	assert_clean("a\nb\tc\x1b[31m\x7f", 100, "a?b?c?[31m?");
	assert_clean("\xc2\x80 \xc2\x9b \xc2\x9f \xc2\xa0", 100,
	             "? ? ? \xc2\xa0");
	assert_clean("\xff\xfe x \xc3", 100, "?? x ?");
	assert_clean("", 100, "");
	assert_clean(NULL, 100, "");
}

static void long_text_is_cut_between_characters(void **state)
{
	assert_clean("abc", 4, "abc");
	assert_clean("abc", 3, "ab");
	assert_clean("abc", 1, "");
	assert_clean("\xc3\xa9\xc3\xa9", 5, "\xc3\xa9\xc3\xa9");
	assert_clean("\xc3\xa9\xc3\xa9", 4, "\xc3\xa9");
	assert_clean("\xf0\x9f\x98\x80z", 4, "");
	assert_clean("\n\n\n", 3, "??");
}

static void whatever_is_cleaned_is_clean(void **state)
{
	for (int round = 0; round < 20000; round++) {
		char text[64], out[48];
		size_t size = chance_below(sizeof(text));

		for (size_t i = 0; i < size; i++)
			text[i] = (char)(chance_below(3)
			                         ? 0x80 + chance_below(0x80)
			                         : chance_below(0x80));
		text[size] = '\0';
		text_clean(text, out, 1 + chance_below(sizeof(out)));
		assert_true(text_is_utf8(out, strlen(out)));
		for (const char *at = out; *at; at++) {
			assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
			if (*at == '\xc2')
				assert_true((unsigned char)at[1] >= 0xa0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_character_is_one),
		cmocka_unit_test(nothing_else_is_one),
		cmocka_unit_test(known_offenders_are_refused),
		cmocka_unit_test(one_bad_byte_is_found_anywhere),
		cmocka_unit_test(what_cannot_be_shown_is_a_question_mark),
		cmocka_unit_test(long_text_is_cut_between_characters),
		cmocka_unit_test(whatever_is_cleaned_is_clean),
	};

	return cmocka_run_group_tests_name("text_utf8", tests, chance_begin,
	                                   NULL);
}
