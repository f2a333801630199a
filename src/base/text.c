/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

static const char guid_shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c | 0x20);
	return c;
}

static bool is_letter(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

/* The value of a hexadecimal digit, or -1. */
static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What RFC 3986 lets stand as it is. */
static bool is_unreserved(char c)
{
	return is_digit(c) || is_letter(c) || c == '-' || c == '.' ||
	       c == '_' || c == '~';
}

int text_parse_uint64(const char *text, uint64_t *ret_value)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t value = 0;

	if (!digits || text[digits])
		return -EINVAL;

	for (size_t i = 0; i < digits; i++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, text[i] - '0', &value))
			return -ERANGE;
	*ret_value = value;
	return 0;
}

int text_parse_bool(const char *text, bool *ret_value)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "yes", true }, { "true", true },   { "1", true },
		{ "no", false }, { "false", false }, { "0", false },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i].word) == 0) {
			*ret_value = words[i].value;
			return 0;
		}
	return -EINVAL;
}

bool text_is_guid(const char *text)
{
	if (!text)
		return false;
	for (size_t i = 0; i < sizeof(guid_shape) - 1; i++)
		if (guid_shape[i] == '-' ? text[i] != '-'
		                         : hex_value(text[i]) < 0)
			return false;
	return text[sizeof(guid_shape) - 1] == '\0';
}

int text_lower_guid(const char *text, char out[TEXT_GUID_SIZE])
{
	if (!text_is_guid(text))
		return -EINVAL;
	for (size_t i = 0; i < TEXT_GUID_SIZE; i++)
		out[i] = lower(text[i]);
	return 0;
}

bool text_is_plain_segment(const char *text)
{
	if (!text || !*text || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0)
		return false;
	for (; *text; text++)
		if (!is_unreserved(*text) || *text == '~')
			return false;
	return true;
}

bool text_equal_nocase(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	for (; *a && lower(*a) == lower(*b); a++)
		b++;
	return !*a && !*b;
}

bool text_equal(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

bool text_starts_nocase(const char *text, const char *prefix)
{
	if (!text || !prefix)
		return false;
	for (; *prefix; prefix++, text++)
		if (lower(*text) != lower(*prefix))
			return false;
	return true;
}

char *text_percent_encode(const char *src, size_t size_bytes)
{
	static const char digits[] = "0123456789ABCDEF";
	char *encoded = xcalloc(size_bytes * 3 + 1, 1);
	char *out = encoded;

	for (size_t i = 0; i < size_bytes; i++) {
		unsigned char byte = (unsigned char)src[i];

		if (is_unreserved(src[i])) {
			*out++ = src[i];
			continue;
		}
		*out++ = '%';
		*out++ = digits[byte >> 4];
		*out++ = digits[byte & 15];
	}
	return encoded;
}

int text_percent_decode(const char *text, bool plus, char *out)
{
	for (; *text; text++) {
		int high, low;

		if (*text != '%') {
			*out++ = *text;
			if (plus && *text == '+')
				out[-1] = ' ';
			continue;
		}
		high = hex_value(text[1]);
		low = high < 0 ? -1 : hex_value(text[2]);
		if (low < 0 || high + low == 0)
			return -EINVAL;
		*out++ = (char)(unsigned char)(high << 4 | low);
		text += 2;
	}
	*out = '\0';
	return 0;
}
