/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/words.h"
#include "show/style.h"
#include "ctl/suggest.h"

#define PATH_MAX_BYTES (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

static const struct option_info infos[] = {
#define OPTION(name, long_name, short_name, kind, argument, help) \
	{ long_name, short_name, OPTION_KIND_##kind, argument, help },
#include "ctl/options.def"
#undef OPTION
};

static const char *const dashed_names[] = {
#define OPTION(name, long_name, short_name, kind, argument, help) \
	"--" long_name,
#include "ctl/options.def"
#undef OPTION
};

/* What is left of the command line. */
struct reader {
	char *const *next; /* ends with NULL */
	struct options *options;
};

static int unknown_option(const char *word, struct error *error)
{
	scoped(string_free) char *name = xstrndup(word, strcspn(word, "="));
	const char *meant = suggest_nearest(name, dashed_names, OPTION_COUNT);

	if (meant)
		return error_set(error, -EINVAL,
		                 "unknown option '%s', did you mean '%s'?",
		                 name, meant);
	return error_set(error, -EINVAL, "unknown option '%s'", name);
}

static int check_path(enum option option, const char *text, struct error *error)
{
	if (*text && strlen(text) <= PATH_MAX_BYTES)
		return 0;
	return error_set(error, -EINVAL,
	                 "%s: a socket's path has from 1 to %zu bytes",
	                 dashed_names[option], PATH_MAX_BYTES);
}

static int check_duration(enum option option, const char *text, int64_t *ret_ms,
                          struct error *error)
{
	if (text_parse_duration_ms(text, ret_ms) == 0)
		return 0;
	return error_set(error, -EINVAL,
	                 "%s: '%s' is no duration such as 30s, 5min or 1h",
	                 dashed_names[option], text);
}

static int check_count(enum option option, const char *text, int64_t *ret_count,
                       struct error *error)
{
	uint64_t count;

	if (text_parse_uint64(text, &count) < 0 || count < 1 ||
	    count > OPTIONS_COUNT_MAX)
		return error_set(error, -EINVAL,
		                 "%s: '%s' is no number from 1 to %d",
		                 dashed_names[option], text, OPTIONS_COUNT_MAX);
	*ret_count = (int64_t)count;
	return 0;
}

static int check_state(enum option option, const char *text,
                       struct error *error)
{
	enum state state;

	if (state_from_string(text, &state) == 0)
		return 0;
	return error_set(error, -EINVAL,
	                 "%s: '%s' is not enabled, disabled, absent or unknown",
	                 dashed_names[option], text);
}

static int check_when(enum option option, const char *text, struct error *error)
{
	enum style_when when;

	if (style_when_from_string(text, &when) == 0)
		return 0;
	return error_set(error, -EINVAL,
	                 "%s: '%s' is not auto, always or never",
	                 dashed_names[option], text);
}

static int set_value(struct options *options, enum option option,
                     const char *text, struct error *error)
{
	options->given[option] = true;
	options->text[option] = text;
	switch (infos[option].kind) {
	case OPTION_KIND_FLAG:
	case OPTION_KIND_TEXT:
		return 0;
	case OPTION_KIND_PATH:
		return check_path(option, text, error);
	case OPTION_KIND_DURATION:
		return check_duration(option, text, &options->number[option],
		                      error);
	case OPTION_KIND_COUNT:
		return check_count(option, text, &options->number[option],
		                   error);
	case OPTION_KIND_STATE:
		return check_state(option, text, error);
	case OPTION_KIND_WHEN:
		return check_when(option, text, error);
	}
	return 0;
}

/* "--color" alone is "--color=always"; the next word is only its own where it
 * could be nothing else. */
static const char *take_when(struct reader *reader)
{
	enum style_when when;

	if (*reader->next && style_when_from_string(*reader->next, &when) == 0)
		return *reader->next++;
	return "always";
}

/* An option that stands by itself; its argument may be the next word. */
static int take_option(struct reader *reader, enum option option,
                       struct error *error)
{
	const char *text = "";

	if (infos[option].kind == OPTION_KIND_WHEN) {
		text = take_when(reader);
	} else if (infos[option].kind != OPTION_KIND_FLAG) {
		if (!*reader->next)
			return error_set(error, -EINVAL, "%s needs %s",
			                 dashed_names[option],
			                 infos[option].argument);
		text = *reader->next++;
	}
	return set_value(reader->options, option, text, error);
}

/* "--name" or "--name=value". */
static int take_long(struct reader *reader, const char *word,
                     struct error *error)
{
	size_t length = strcspn(word, "=");

	for (int i = 0; i < OPTION_COUNT; i++) {
		if (strncmp(word, dashed_names[i], length) != 0 ||
		    dashed_names[i][length])
			continue;
		if (!word[length])
			return take_option(reader, (enum option)i, error);
		if (infos[i].kind == OPTION_KIND_FLAG)
			return error_set(error, -EINVAL, "%s takes no value",
			                 dashed_names[i]);
		return set_value(reader->options, (enum option)i,
		                 word + length + 1, error);
	}
	return unknown_option(word, error);
}

static int take_short(struct reader *reader, const char *word,
                      struct error *error)
{
	for (int i = 0; i < OPTION_COUNT; i++)
		if (word[1] == infos[i].short_name && !word[2])
			return take_option(reader, (enum option)i, error);
	return unknown_option(word, error);
}

static void take_argument(struct options *options, const char *word)
{
	if (!options->verb)
		options->verb = word;
	else
		options->arguments[options->argument_count++] = word;
}

const struct option_info *option_info(enum option option)
{
	return &infos[option];
}

int options_parse(int argc, char *const argv[], struct options *ret_options,
                  struct error *error)
{
	struct reader reader = { argv + (argc > 0), ret_options };
	bool is_over = false; /* "--" was there */
	int r = 0;

	*ret_options = (struct options){
		.arguments = xcalloc((size_t)argc + 1, sizeof(char *)),
	};
	while (r == 0 && *reader.next) {
		const char *word = *reader.next++;

		if (is_over || word[0] != '-' || !word[1])
			take_argument(ret_options, word);
		else if (strcmp(word, "--") == 0)
			is_over = true;
		else if (word[1] == '-')
			r = take_long(&reader, word, error);
		else
			r = take_short(&reader, word, error);
	}
	return r;
}

void options_done(struct options *options)
{
	free(options->arguments);
	options->arguments = NULL;
}
