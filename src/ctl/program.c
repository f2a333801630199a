/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/help.h"
#include "ctl/options.h"
#include "ctl/outcome.h"
#include "show/style.h"
#include "ctl/verb.h"

#ifndef JITD_RUNSTATEDIR
#define JITD_RUNSTATEDIR "/run"
#endif

#define SOCKET_DEFAULT          JITD_RUNSTATEDIR "/jitd/jitd.sock"
#define OPERATOR_SOCKET_DEFAULT JITD_RUNSTATEDIR "/jitd/operator.sock"

#define WIDTH_DEFAULT 80

static unsigned terminal_width(FILE *out)
{
	struct winsize size;

	if (!isatty(fileno(out)))
		return 0;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return WIDTH_DEFAULT;
	return size.ws_col;
}

static int64_t wall_unix_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool wants_color(const struct options *options, unsigned width)
{
	enum style_when when = STYLE_AUTO;

	if (options->given[OPTION_COLOR])
		(void)style_when_from_string(options->text[OPTION_COLOR],
		                             &when);
	return style_is_wanted(when, width > 0, getenv("NO_COLOR"),
	                       getenv("TERM"));
}

static const char *path_of(const struct options *options, enum option option,
                           const char *otherwise)
{
	return options->given[option] ? options->text[option] : otherwise;
}

static int run_verb(const struct verb *verb, const struct options *options,
                    FILE *out, struct error *error)
{
	scoped(client_free) struct client *status =
		client_new(path_of(options, OPTION_SOCKET, SOCKET_DEFAULT));
	scoped(client_free) struct client *operator= client_new(path_of(
		options, OPTION_OPERATOR_SOCKET, OPERATOR_SOCKET_DEFAULT));
	struct ctl ctl = { .options = options,
		           .out = out,
		           .width = terminal_width(out),
		           .now_unix_ms = wall_unix_ms(),
		           .status = status,
		           .operator= operator, };

	ctl.colored = wants_color(options, ctl.width);
	return verb->run(&ctl, error);
}

/* The verb that is to be run; NULL where the command line asked for no more
 * than what was printed here. */
static int choose_verb(int argc, char *const argv[], struct options *options,
                       FILE *out, const struct verb **ret_verb,
                       struct error *error)
{
	int r;

	*ret_verb = NULL;
	r = options_parse(argc, argv, options, error);
	if (r < 0)
		return r;
	if (options->given[OPTION_VERSION]) {
		fprintf(out, "jitd-ctl %s\n", JITD_VERSION);
		return 0;
	}
	if (options->verb) {
		r = verb_find(options->verb, ret_verb, error);
		if (r < 0)
			return r;
	}
	if (!options->given[OPTION_HELP])
		return *ret_verb ? verb_check(*ret_verb, options, error)
		                 : error_set(error, -EINVAL, "which verb?");
	if (*ret_verb)
		help_write_verb(out, *ret_verb);
	else
		help_write(out);
	*ret_verb = NULL;
	return 0;
}

/* Says why, and how it ends. */
static int conclude(int r, const struct options *options,
                    const struct error *why, FILE *errors)
{
	char clean[sizeof(why->text)];
	enum outcome outcome;

	if (r >= 0)
		return r;
	outcome = outcome_from_error(r);
	fprintf(errors, "jitd-ctl: %s\n",
	        text_clean(why->text, clean, sizeof(clean)));
	if (r == -EINVAL && !options->verb)
		help_write(errors);
	else if (r == -EINVAL)
		fprintf(errors, "Try 'jitd-ctl --help'.\n");
	return (int)outcome;
}

/* What nobody could read was not said. */
static int flush(FILE *out, struct error *error)
{
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	return error_set(error, -EIO, "cannot write the output: %s",
	                 strerror(errno));
}

int program_run(int argc, char *const argv[], FILE *out, FILE *errors)
{
	scoped(options_done) struct options options = { 0 };
	const struct verb *verb;
	struct error error = { "" };
	int r, flushed;

	r = choose_verb(argc, argv, &options, out, &verb, &error);
	if (r == 0 && verb)
		r = run_verb(verb, &options, out, &error);
	flushed = flush(out, &error);
	return conclude(flushed < 0 ? flushed : r, &options, &error, errors);
}
