/* SPDX-License-Identifier: Apache-2.0 */
#include "core/words.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const state_words[STATE_COUNT] = {
#define STATE(name, word) [STATE_##name] = (word),
#include "core/words.def"
};

static const char *const reason_words[REASON_COUNT] = {
#define REASON(name, word) [REASON_##name] = (word),
#include "core/words.def"
};

static const char *const caveat_words[CAVEAT_COUNT] = {
#define CAVEAT(name, word) [CAVEAT_##name] = (word),
#include "core/words.def"
};

static const char *const class_words[FAILURE_COUNT] = {
#define FAILURE(name, word, slow) [FAILURE_##name] = (word),
#include "core/words.def"
};

static const bool class_is_slow[FAILURE_COUNT] = {
#define FAILURE(name, word, slow) [FAILURE_##name] = (slow),
#include "core/words.def"
};

/* As long as all the caveats, with a comma or the NUL behind each. */
struct caveats_text {
#define CAVEAT(name, word) char name[sizeof(word)];
#include "core/words.def"
};
_Static_assert(sizeof(struct caveats_text) <= CAVEATS_TEXT_SIZE,
               "CAVEATS_TEXT_SIZE holds all the caveats");

/* The index of the first size bytes of word among words, or count. */
static size_t find(const char *const words[], size_t count, const char *word,
                   size_t size)
{
	for (size_t i = 0; i < count; i++)
		if (words[i] && strlen(words[i]) == size &&
		    memcmp(words[i], word, size) == 0)
			return i;
	return count;
}

const char *state_to_string(enum state state)
{
	assert(state < STATE_COUNT);
	return state_words[state];
}

const char *reason_to_string(enum reason reason)
{
	assert(reason < REASON_COUNT);
	return reason_words[reason];
}

const char *caveat_to_string(enum caveat caveat)
{
	assert(caveat < CAVEAT_COUNT);
	return caveat_words[caveat];
}

const char *failure_class_to_string(enum failure_class class)
{
	assert(class < FAILURE_COUNT);
	return class_words[class];
}

int state_from_string(const char *word, enum state *ret_state)
{
	size_t found = word ? find(state_words, STATE_COUNT, word, strlen(word))
	                    : STATE_COUNT;

	if (found == STATE_COUNT)
		return -EINVAL;
	*ret_state = (enum state)found;
	return 0;
}

int reason_from_string(const char *word, enum reason *ret_reason)
{
	size_t found =
		word ? find(reason_words, REASON_COUNT, word, strlen(word))
		     : REASON_NONE;

	if (found == REASON_COUNT)
		return -EINVAL;
	*ret_reason = (enum reason)found;
	return 0;
}

int caveat_from_string(const char *word, enum caveat *ret_caveat)
{
	size_t found =
		word ? find(caveat_words, CAVEAT_COUNT, word, strlen(word))
		     : CAVEAT_COUNT;

	if (found == CAVEAT_COUNT)
		return -EINVAL;
	*ret_caveat = (enum caveat)found;
	return 0;
}

int failure_class_from_string(const char *word, enum failure_class *ret_class)
{
	size_t found =
		word ? find(class_words, FAILURE_COUNT, word, strlen(word))
		     : FAILURE_NONE;

	if (found == FAILURE_COUNT)
		return -EINVAL;
	*ret_class = (enum failure_class)found;
	return 0;
}

bool failure_class_is_slow(enum failure_class class)
{
	assert(class < FAILURE_COUNT);
	return class_is_slow[class];
}

const char *caveats_to_string(unsigned caveats, char out[CAVEATS_TEXT_SIZE])
{
	size_t used = 0;

	assert(caveats < 1u << CAVEAT_COUNT);
	for (size_t i = 0; i < CAVEAT_COUNT; i++) {
		size_t size = strlen(caveat_words[i]);

		if (!(caveats & 1u << i))
			continue;
		if (used)
			out[used++] = ',';
		memcpy(out + used, caveat_words[i], size);
		used += size;
	}
	out[used] = '\0';
	return out;
}

int caveats_from_string(const char *text, unsigned *ret_caveats)
{
	unsigned caveats = 0;

	while (*text) {
		size_t size = strcspn(text, ",");
		size_t found = find(caveat_words, CAVEAT_COUNT, text, size);

		if (found == CAVEAT_COUNT)
			return -EINVAL;
		caveats |= 1u << found;
		text += size;
		if (*text == ',' && !*++text)
			return -EINVAL;
	}
	*ret_caveats = caveats;
	return 0;
}
