/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: the command line -> a verb, its arguments and options.
 *
 * Options stand before or after the verb. Pure; which options a verb takes is
 * not known here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scoped.h"

struct error;

enum option {
#define OPTION(name, long_name, short_name, kind, argument, help) OPTION_##name,
#include "ctl/options.def"
#undef OPTION
	OPTION_COUNT
};

/* The first that not every verb takes. */
#define OPTION_OF_VERBS OPTION_FORMAT

enum option_kind {
	OPTION_KIND_FLAG,
	OPTION_KIND_TEXT,
	OPTION_KIND_PATH,
	OPTION_KIND_DURATION,
	OPTION_KIND_COUNT,
	OPTION_KIND_STATE,
	OPTION_KIND_WHEN,
};

struct option_info {
	const char *long_name;
	char short_name; /* 0: none */
	enum option_kind kind;
	const char *argument; /* NULL with FLAG */
	const char *help;
};
const struct option_info *option_info(enum option option);

/* --limit is no more than this. */
#define OPTIONS_COUNT_MAX 1000000

/* All texts are borrowed from argv. */
struct options {
	const char *verb; /* NULL: none was given */
	const char **arguments;
	size_t argument_count;
	bool given[OPTION_COUNT];
	const char *text[OPTION_COUNT]; /* NULL where not given */
	int64_t number[OPTION_COUNT];   /* of DURATION ms, of COUNT */
};

/* -EINVAL with a sentence; options_done() is needed either way. */
int options_parse(int argc, char *const argv[], struct options *ret_options,
                  struct error *error);
void options_done(struct options *options);

static inline void options_done_scoped(struct options *options)
{
	options_done(options);
}
