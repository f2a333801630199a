/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/verb.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "ctl/suggest.h"

#define TAKES(name) (1u << OPTION_##name)

static const struct verb verbs[] = {
#define VERB(name, arguments, least, most, options, help) \
	{ #name, arguments, least, most, options, help, verb_##name },
#include "ctl/verbs.def"
#undef VERB
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const char *const names[] = {
#define VERB(name, arguments, least, most, options, help) #name,
#include "ctl/verbs.def"
#undef VERB
};

const struct verb *verb_at(size_t index)
{
	return index < VERBS ? &verbs[index] : NULL;
}

int verb_find(const char *name, const struct verb **ret_verb,
              struct error *error)
{
	const char *meant = suggest_nearest(name, names, VERBS);

	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(name, verbs[i].name) == 0) {
			*ret_verb = &verbs[i];
			return 0;
		}
	if (meant)
		return error_set(error, -EINVAL,
		                 "unknown verb '%s', did you mean '%s'?", name,
		                 meant);
	return error_set(error, -EINVAL, "unknown verb '%s'", name);
}

bool verb_takes(const struct verb *verb, enum option option)
{
	return option < OPTION_OF_VERBS || verb->options & 1u << option;
}

int verb_check(const struct verb *verb, const struct options *options,
               struct error *error)
{
	for (int i = 0; i < OPTION_COUNT; i++)
		if (options->given[i] && !verb_takes(verb, (enum option)i))
			return error_set(
				error, -EINVAL, "%s takes no --%s", verb->name,
				option_info((enum option)i)->long_name);
	if (options->argument_count < verb->least)
		return error_set(error, -EINVAL, "%s needs %s", verb->name,
		                 verb->arguments);
	if (options->argument_count > verb->most)
		return error_set(error, -EINVAL, "%s: '%s' is one too many",
		                 verb->name, options->arguments[verb->most]);
	return 0;
}
