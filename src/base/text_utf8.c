/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text_utf8.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define WORD_ONES  0x0101010101010101u
#define WORD_HIGHS 0x8080808080808080u

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* The second byte tells long forms, surrogates and what is past U+10FFFF. */
static bool is_second(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return is_continuation(second);
	}
}

static size_t length_by_first(unsigned char first)
{
	if (first < 0xc2)
		return 0;
	if (first < 0xe0)
		return 2;
	if (first < 0xf0)
		return 3;
	return first < 0xf5 ? 4 : 0;
}

/* How many bytes from here are ASCII for sure: whole words without NUL. */
static size_t skip_ascii(const char *data, size_t size_bytes)
{
	size_t skipped = 0;
	uint64_t word;

	while (size_bytes - skipped >= sizeof(word)) {
		memcpy(&word, data + skipped, sizeof(word));
		if ((word | (word - WORD_ONES)) & WORD_HIGHS)
			break;
		skipped += sizeof(word);
	}
	return skipped;
}

/* Whether it is a control character, or none, by its length. */
static bool is_hidden(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text;

	if (length == 1)
		return at[0] < 0x20 || at[0] == 0x7f;
	return length == 0 || (at[0] == 0xc2 && at[1] < 0xa0);
}

size_t text_utf8_length(const char *data, size_t size_bytes)
{
	const unsigned char *at = (const unsigned char *)data;
	size_t length;

	if (!size_bytes || !at[0])
		return 0;
	if (at[0] < 0x80)
		return 1;

	length = length_by_first(at[0]);
	if (!length || length > size_bytes || !is_second(at[0], at[1]))
		return 0;
	for (size_t i = 2; i < length; i++)
		if (!is_continuation(at[i]))
			return 0;
	return length;
}

bool text_is_utf8(const char *data, size_t size_bytes)
{
	size_t at = 0;

	while (at < size_bytes) {
		size_t length = skip_ascii(data + at, size_bytes - at);

		if (!length)
			length = text_utf8_length(data + at, size_bytes - at);
		if (!length)
			return false;
		at += length;
	}
	return true;
}

char *text_clean(const char *text, char *out, size_t size_bytes)
{
	size_t left = text ? strlen(text) : 0;
	size_t used = 0;

	assert(size_bytes > 0);
	while (left) {
		size_t length = text_utf8_length(text, left);
		const char *shown = text;
		size_t shown_length = length;

		if (is_hidden(text, length)) {
			shown = "?";
			shown_length = 1;
		}
		if (used + shown_length >= size_bytes)
			break;
		memcpy(out + used, shown, shown_length);
		used += shown_length;
		text += length ? length : 1;
		left -= length ? length : 1;
	}
	out[used] = '\0';
	return out;
}
