/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words: the enums made of words.def, and their words.
 */
#pragma once

#include <stdbool.h>

enum state {
#define STATE(name, word) STATE_##name,
#include "core/words.def"
	STATE_COUNT
};

/* REASON_NONE while the state is unknown; its word is NULL. */
enum reason {
	REASON_NONE,
#define REASON(name, word) REASON_##name,
#include "core/words.def"
	REASON_COUNT
};

/* Numbers of bits; a set of caveats is an unsigned with CAVEAT_BIT() of each.
 */
enum caveat {
#define CAVEAT(name, word) CAVEAT_##name,
#include "core/words.def"
	CAVEAT_COUNT
};
#define CAVEAT_BIT(name) (1u << CAVEAT_##name)

/* Why a poll failed; FAILURE_NONE where it did not, its word is NULL. */
enum failure_class {
	FAILURE_NONE,
#define FAILURE(name, word, slow) FAILURE_##name,
#include "core/words.def"
	FAILURE_COUNT
};

const char *state_to_string(enum state state);
const char *reason_to_string(enum reason reason);
const char *caveat_to_string(enum caveat caveat);
const char *failure_class_to_string(enum failure_class class);

/* -EINVAL for a word that is none of them. NULL is REASON_NONE, FAILURE_NONE.
 */
int state_from_string(const char *word, enum state *ret_state);
int reason_from_string(const char *word, enum reason *ret_reason);
int caveat_from_string(const char *word, enum caveat *ret_caveat);
int failure_class_from_string(const char *word, enum failure_class *ret_class);

/* Whether waiting will not heal it: a person has to do something first. */
bool failure_class_is_slow(enum failure_class class);

/* The words of a set of caveats, by commas, in the order of words.def. */
#define CAVEATS_TEXT_SIZE 128
const char *caveats_to_string(unsigned caveats, char out[CAVEATS_TEXT_SIZE]);

/* The way back; unknown words are -EINVAL. "" is the empty set. */
int caveats_from_string(const char *text, unsigned *ret_caveats);
