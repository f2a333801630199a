/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/chance.h"
#include "base/mem.h"

static void new_one_is_the_empty_string(void **state)
{
	scoped(buf_done) struct buf buf;

	buf_init(&buf, 10);
	assert_string_equal(buf_text(&buf), "");
	assert_int_equal(buf.size_bytes, 0);
	assert_null(buf.data);
	assert_false(buf.overflowed);
}

static void appends_stand_in_order(void **state)
{
	scoped(buf_done) struct buf buf;

	buf_init(&buf, BUF_NO_CAP);
	assert_int_equal(buf_add(&buf, "one", 3), 0);
	assert_int_equal(buf_add_byte(&buf, ' '), 0);
	assert_int_equal(buf_add_text(&buf, "two "), 0);
	assert_int_equal(buf_add_format(&buf, "%d%s", 3, "!"), 0);
	assert_string_equal(buf_text(&buf), "one two 3!");
	assert_int_equal(buf.size_bytes, 10);
}

static void nul_is_a_byte_like_others(void **state)
{
	scoped(buf_done) struct buf buf;

	buf_init(&buf, 10);
	assert_int_equal(buf_add(&buf, "a\0b", 3), 0);
	assert_int_equal(buf_add_byte(&buf, '\0'), 0);
	assert_int_equal(buf.size_bytes, 4);
	assert_memory_equal(buf.data, "a\0b\0", 5);
}

static void adding_nothing_is_fine(void **state)
{
	scoped(buf_done) struct buf buf;

	buf_init(&buf, 0);
	assert_int_equal(buf_add(&buf, NULL, 0), 0);
	assert_int_equal(buf_add_text(&buf, ""), 0);
	assert_int_equal(buf_add_format(&buf, "%s", ""), 0);
	assert_string_equal(buf_text(&buf), "");
	assert_int_equal(buf_add_byte(&buf, 'x'), -EFBIG);
}

static int add_bytes(struct buf *buf)
{
	return buf_add(buf, "xy", 2);
}

static int add_text(struct buf *buf)
{
	return buf_add_text(buf, "xy");
}

static int add_format(struct buf *buf)
{
	return buf_add_format(buf, "%s", "xy");
}

static int add_two_bytes(struct buf *buf)
{
	int r = buf_add_byte(buf, 'x');

	return r < 0 ? r : buf_add_byte(buf, 'y');
}

static int (*const adders[])(struct buf *buf) = {
	add_bytes,
	add_text,
	add_format,
	add_two_bytes,
};

/* Around every size at which the room grows, and past the cap at each. */
static void the_cap_itself_fits_and_no_more(void **state)
{
	for (size_t i = 0; i < sizeof(adders) / sizeof(adders[0]); i++)
		for (size_t cap = 2; cap < 600; cap++) {
			scoped(buf_done) struct buf buf;

			buf_init(&buf, cap);
			for (size_t size = cap % 2; size < cap - 1; size += 2)
				assert_int_equal(adders[i](&buf), 0);
			assert_int_equal(buf.size_bytes, cap - cap % 2);
			if (cap % 2)
				assert_int_equal(buf_add_byte(&buf, 'z'), 0);
			assert_int_equal(buf.size_bytes, cap);
			assert_int_equal(strlen(buf_text(&buf)), cap);
			assert_int_equal(adders[i](&buf), -EFBIG);
			assert_true(buf.overflowed);
		}
}

static void after_an_overflow_all_fails_until_cleared(void **state)
{
	scoped(buf_done) struct buf buf;

	buf_init(&buf, 3);
	assert_int_equal(buf_add_text(&buf, "ab"), 0);
	assert_int_equal(buf_add_text(&buf, "cd"), -EFBIG);
	assert_true(buf.overflowed);
	assert_int_equal(buf.size_bytes, 0);
	assert_string_equal(buf_text(&buf), "");
	for (size_t i = 0; i < sizeof(adders) / sizeof(adders[0]); i++)
		assert_int_equal(adders[i](&buf), -EFBIG);
	assert_int_equal(buf_add(&buf, "", 0), -EFBIG);
	assert_int_equal(buf_add_format(&buf, "%s", ""), -EFBIG);
	assert_string_equal(buf_text(&buf), "");

	buf_clear(&buf);
	assert_false(buf.overflowed);
	assert_int_equal(buf_add_text(&buf, "abc"), 0);
	assert_string_equal(buf_text(&buf), "abc");
}

static void clearing_keeps_the_memory(void **state)
{
	scoped(buf_done) struct buf buf;
	const char *data;

	buf_init(&buf, 1000);
	buf_add_format(&buf, "%500d", 1);
	data = buf.data;
	buf_clear(&buf);
	assert_string_equal(buf_text(&buf), "");
	assert_int_equal(buf.size_bytes, 0);
	buf_add_format(&buf, "%500d", 1);
	assert_ptr_equal(buf.data, data);
}

static void a_long_format_is_whole(void **state)
{
	scoped(buf_done) struct buf buf;

	buf_init(&buf, BUF_NO_CAP);
	buf_add_text(&buf, "<");
	assert_int_equal(buf_add_format(&buf, "%3000d", 5), 0);
	buf_add_text(&buf, ">");
	assert_int_equal(buf.size_bytes, 3002);
	assert_int_equal(strlen(buf_text(&buf)), 3002);
	assert_string_equal(buf_text(&buf) + 2999, " 5>");
}

static void stealing_leaves_it_empty(void **state)
{
	scoped(buf_done) struct buf buf;
	scoped(string_free) char *text = NULL;

	buf_init(&buf, 4);
	buf_add_text(&buf, "abcd");
	text = buf_steal(&buf);
	assert_string_equal(text, "abcd");
	assert_string_equal(buf_text(&buf), "");
	assert_int_equal(buf_add_text(&buf, "efgh"), 0);
	assert_string_equal(text, "abcd");
	assert_int_equal(buf_add_text(&buf, "i"), -EFBIG);
}

static void stealing_nothing_gives_a_string(void **state)
{
	scoped(buf_done) struct buf buf;
	scoped(string_free) char *text = NULL;

	buf_init(&buf, 4);
	text = buf_steal(&buf);
	assert_string_equal(text, "");
}

static void done_twice_is_once(void **state)
{
	struct buf buf;

	buf_init(&buf, 10);
	buf_add_text(&buf, "x");
	buf_done(&buf);
	buf_done(&buf);
	assert_int_equal(buf_add_text(&buf, "0123456789"), 0);
	buf_done(&buf);
}

#define MODEL_BYTES 3000

/* Appends at random, by one of the ways, to the buffer and to a plain array. */
static void random_step(struct buf *buf, char *model, size_t *size, bool *over)
{
	char piece[200];
	size_t length = chance_below(sizeof(piece));
	int r;

	for (size_t i = 0; i < length; i++)
		piece[i] = (char)('a' + chance_below(26));
	piece[length] = '\0';
	switch (chance_below(4)) {
	case 0:
		r = buf_add(buf, piece, length);
		break;
	case 1:
		r = buf_add_text(buf, piece);
		break;
	case 2:
		r = buf_add_format(buf, "%s", piece);
		break;
	default:
		length = 1;
		r = buf_add_byte(buf, piece[0]);
		break;
	}

	*over = *over || *size + length > buf->cap_bytes;
	assert_int_equal(r, *over ? -EFBIG : 0);
	if (*over) {
		*size = 0;
		return;
	}
	memcpy(model + *size, piece, length);
	*size += length;
}

static void random_appends_are_as_in_an_array(void **state)
{
	static char model[MODEL_BYTES + 200];

	for (int round = 0; round < 300; round++) {
		scoped(buf_done) struct buf buf;
		size_t size = 0;
		bool over = false;

		buf_init(&buf, chance_below(MODEL_BYTES));
		for (int i = 0; i < 40; i++) {
			random_step(&buf, model, &size, &over);
			assert_int_equal(buf.size_bytes, size);
			assert_int_equal(buf.overflowed, over);
			assert_memory_equal(buf_text(&buf), model, size);
			assert_int_equal(buf_text(&buf)[size], 0);
			assert_true(buf.room_bytes <= buf.cap_bytes + 1);
			if (over && chance_below(3) == 0) {
				buf_clear(&buf);
				over = false;
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_one_is_the_empty_string),
		cmocka_unit_test(appends_stand_in_order),
		cmocka_unit_test(nul_is_a_byte_like_others),
		cmocka_unit_test(adding_nothing_is_fine),
		cmocka_unit_test(the_cap_itself_fits_and_no_more),
		cmocka_unit_test(after_an_overflow_all_fails_until_cleared),
		cmocka_unit_test(clearing_keeps_the_memory),
		cmocka_unit_test(a_long_format_is_whole),
		cmocka_unit_test(stealing_leaves_it_empty),
		cmocka_unit_test(stealing_nothing_gives_a_string),
		cmocka_unit_test(done_twice_is_once),
		cmocka_unit_test(random_appends_are_as_in_an_array),
	};

	return cmocka_run_group_tests_name("buf", tests, chance_begin, NULL);
}
