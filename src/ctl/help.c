/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/help.h"

#include "ctl/options.h"
#include "ctl/verb.h"

#define FIRST_WIDTH 28

static void put_option(FILE *out, enum option option)
{
	const struct option_info *info = option_info(option);
	int width = fprintf(out, "  --%s", info->long_name);

	if (info->argument)
		width += fprintf(out, "%c%s",
		                 info->kind == OPTION_KIND_WHEN ? '=' : ' ',
		                 info->argument);
	if (info->short_name)
		width += fprintf(out, ", -%c", info->short_name);
	fprintf(out, "%*s%s\n", width < FIRST_WIDTH ? FIRST_WIDTH - width : 1,
	        "", info->help);
}

static void put_common_options(FILE *out)
{
	fprintf(out, "\nOptions of every verb, before or after it:\n");
	for (int i = 0; i < OPTION_OF_VERBS; i++)
		put_option(out, (enum option)i);
}

void help_write(FILE *out)
{
	const struct verb *verb;

	fprintf(out, "usage: jitd-ctl [OPTION...] VERB [ARGUMENT...]\n\n"
	             "Asks jitd, the Azure JIT network access policy monitor.\n"
	             "\nVerbs:\n");
	for (size_t i = 0; (verb = verb_at(i)); i++) {
		int width =
			fprintf(out, "  %s %s", verb->name, verb->arguments);

		fprintf(out, "%*s%s\n", FIRST_WIDTH - width, "", verb->help);
	}
	put_common_options(out);
	fprintf(out,
	        "\nSUB is a subscription's id, a unique prefix of it, or its "
	        "name.\n"
	        "'jitd-ctl VERB --help' has the options of a verb.\n"
	        "\nExit status: 0 all that was asked about is enabled, 1 "
	        "something is disabled\n"
	        "or absent, 2 usage, 3 jitd cannot be reached, 4 something is "
	        "unknown or stale,\n"
	        "5 permission denied, 6 waited in vain, 7 jitd refused.\n");
}

void help_write_verb(FILE *out, const struct verb *verb)
{
	fprintf(out, "usage: jitd-ctl %s%s%s [OPTION...]\n\n%s.\n", verb->name,
	        *verb->arguments ? " " : "", verb->arguments, verb->help);
	if (verb->options)
		fprintf(out, "\nOptions:\n");
	for (int i = OPTION_OF_VERBS; i < OPTION_COUNT; i++)
		if (verb_takes(verb, (enum option)i))
			put_option(out, (enum option)i);
	put_common_options(out);
}
