/* SPDX-License-Identifier: Apache-2.0 */
#include "show/style.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "core/words.h"

static const char *const when_words[] = {
	[STYLE_AUTO] = "auto",
	[STYLE_ALWAYS] = "always",
	[STYLE_NEVER] = "never",
};

static const char *const sequences[] = {
	[STYLE_PLAIN] = "",
	[STYLE_GOOD] = "\033[32m",
	[STYLE_DOUBTFUL] = "\033[33m",
	[STYLE_BAD] = "\033[1;31m",
	[STYLE_HEADING] = "\033[1m",
	[STYLE_FAINT] = "\033[2m",
};

int style_when_from_string(const char *word, enum style_when *ret_when)
{
	for (int i = STYLE_AUTO; i <= STYLE_NEVER; i++)
		if (strcmp(word, when_words[i]) == 0) {
			*ret_when = (enum style_when)i;
			return 0;
		}
	return -EINVAL;
}

bool style_is_wanted(enum style_when when, bool is_terminal,
                     const char *no_color, const char *term)
{
	if (when != STYLE_AUTO)
		return when == STYLE_ALWAYS;
	return is_terminal && !(no_color && *no_color) &&
	       !(term && strcmp(term, "dumb") == 0);
}

const char *style_begin(enum style style)
{
	return sequences[style];
}

const char *style_end(enum style style)
{
	return style == STYLE_PLAIN ? "" : "\033[0m";
}

enum style style_of_state(const char *word)
{
	enum state state;

	if (state_from_string(word, &state) < 0)
		return STYLE_PLAIN;
	switch (state) {
	case STATE_ENABLED:
		return STYLE_GOOD;
	case STATE_DISABLED:
	case STATE_ABSENT:
		return STYLE_BAD;
	case STATE_UNKNOWN:
		return STYLE_DOUBTFUL;
	case STATE_COUNT:
		break;
	}
	return STYLE_PLAIN;
}

enum style style_of_priority(int64_t priority)
{
	if (priority <= 3)
		return STYLE_BAD;
	if (priority == 4)
		return STYLE_DOUBTFUL;
	return priority == 5 ? STYLE_GOOD : STYLE_FAINT;
}
