/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verb: the table of verbs.def.
 *
 * A verb writes to ctl->out and returns an exit status (ctl/outcome.h), or
 * fails with a negative errno and words.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ctl/options.h"

struct ctl;
struct error;

struct verb {
	const char *name;
	const char *arguments;
	unsigned least; /* so many arguments */
	unsigned most;
	unsigned options; /* a bit for each enum option */
	const char *help;
	int (*run)(struct ctl *ctl, struct error *error);
};

#define VERB(name, arguments, least, most, options, help) \
	int verb_##name(struct ctl *ctl, struct error *error);
#include "ctl/verbs.def"
#undef VERB

/* By its place from 0 on; NULL past the last. */
const struct verb *verb_at(size_t index);

/* -EINVAL with a sentence, which may say what was meant. */
int verb_find(const char *name, const struct verb **ret_verb,
              struct error *error);

/* Whether the verb knows the option. */
bool verb_takes(const struct verb *verb, enum option option);

/* That it takes what was given. */
int verb_check(const struct verb *verb, const struct options *options,
               struct error *error);
