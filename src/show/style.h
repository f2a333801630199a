/* SPDX-License-Identifier: Apache-2.0 */
/*
 * style: colour, where a person looks at a terminal and wants it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum style_when {
	STYLE_AUTO,
	STYLE_ALWAYS,
	STYLE_NEVER,
};
int style_when_from_string(const char *word, enum style_when *ret_when);

enum style {
	STYLE_PLAIN,
	STYLE_GOOD,
	STYLE_DOUBTFUL,
	STYLE_BAD,
	STYLE_HEADING,
	STYLE_FAINT,
};

/* no_color and term are those of the environment; NULL: not set. */
bool style_is_wanted(enum style_when when, bool is_terminal,
                     const char *no_color, const char *term);

/* What switches a style on; "" for STYLE_PLAIN. */
const char *style_begin(enum style style);
const char *style_end(enum style style);

/* Of a state's word, and of an event's priority; NULL is fine. */
enum style style_of_state(const char *word);
enum style style_of_priority(int64_t priority);
