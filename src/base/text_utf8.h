/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_utf8: which bytes are characters, and how to show those that are not.
 *
 * Part of base/text.h, which is what others include.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The length of the UTF-8 character at data, 1 to 4; 0 where there is none:
 * a surrogate, a long form, one cut short, NUL, or no bytes at all. */
size_t text_utf8_length(const char *data, size_t size_bytes);

/* Whether size_bytes at data are UTF-8: no surrogates, no long forms, no NUL.
 */
bool text_is_utf8(const char *data, size_t size_bytes);

/*
 * Copies text into out, which holds size_bytes, fit to be shown on one line:
 * control characters (C0, DEL, C1) and what is not UTF-8 become '?', and where
 * it is too long it is cut at a whole character. Returns out.
 */
char *text_clean(const char *text, char *out, size_t size_bytes);
