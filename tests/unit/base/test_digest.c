/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void is_the_head_of_sha256(void **state)
{
	static const uint8_t of_abc[DIGEST_BYTES] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
		0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
	};
	struct digest digest = digest_of("abc", 3);

	assert_memory_equal(digest.bytes, of_abc, DIGEST_BYTES);
}

static void nothing_has_one_too(void **state)
{
	static const uint8_t of_nothing[DIGEST_BYTES] = {
		0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14,
		0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
	};
	struct digest digest = digest_of(NULL, 0);

	assert_memory_equal(digest.bytes, of_nothing, DIGEST_BYTES);
}

static void every_byte_counts(void **state)
{
	char data[300] = { 0 };
	struct digest first = digest_of(data, sizeof(data));

	for (size_t i = 0; i < sizeof(data); i++) {
		struct digest other;

		data[i] = 1;
		other = digest_of(data, sizeof(data));
		assert_false(digest_equal(&first, &other));
		data[i] = 0;
		other = digest_of(data, i);
		assert_false(digest_equal(&first, &other));
	}
	struct digest again = digest_of(data, sizeof(data));

	assert_true(digest_equal(&first, &again));
}

static void equal_means_every_byte(void **state)
{
	struct digest a = digest_of("abc", 3);

	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		struct digest b = a;

		assert_true(digest_equal(&a, &b));
		b.bytes[i] ^= 0x80;
		assert_false(digest_equal(&a, &b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_the_head_of_sha256),
		cmocka_unit_test(nothing_has_one_too),
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(equal_means_every_byte),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
