/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jitd: the command line of the daemon. See jitd(8).
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/audit.h"
#include "daemon/daemon.h"
#include "show/roster.h"

enum what { WHAT_RUN, WHAT_CHECK_CONFIG, WHAT_PRINT_CONFIG, WHAT_ONCE };

struct arguments {
	struct daemon_options daemon;
	enum what what;
	enum roster_format format;
	bool format_is_given;
};

enum option_name {
	OPTION_CHECK_CONFIG = 256,
	OPTION_PRINT_CONFIG,
	OPTION_ONCE,
	OPTION_FORMAT,
	OPTION_LOG_LEVEL,
	OPTION_VERSION,
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check-config", no_argument, NULL, OPTION_CHECK_CONFIG },
	{ "print-config", no_argument, NULL, OPTION_PRINT_CONFIG },
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "log-level", required_argument, NULL, OPTION_LOG_LEVEL },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
	"Usage: jitd [-c FILE] [--log-level LEVEL]\n"
	"       jitd [-c FILE] --once [--format table|json|csv]\n"
	"       jitd [-c FILE] --check-config | --print-config\n"
	"\n"
	"Watches whether Defender for Cloud monitors just-in-time network "
	"access\n"
	"in every Azure subscription that its identities can see.\n"
	"\n"
	"  -c, --config FILE   read FILE, then FILE.d/*.conf\n"
	"                      (" JITD_SYSCONFDIR "/jitd/jitd.conf)\n"
	"      --check-config  say whether the configuration is well, and "
	"exit\n"
	"      --print-config  print all of it, defaults too, and exit\n"
	"      --once          poll everything once, print the result, and "
	"exit:\n"
	"                      0 all enabled, 1 something off, 4 not all is "
	"known\n"
	"      --format FORMAT of --once: table (the default), json or csv\n"
	"      --log-level L   error, warning, notice, info or debug\n"
	"      --version       print the version and exit\n"
	"  -h, --help          print this and exit\n"
	"\n"
	"Without --once, --check-config or --print-config it runs in the\n"
	"foreground until SIGTERM. See jitd(8).\n";

static int refuse(const char *words)
{
	fprintf(stderr, "jitd: %s\nTry 'jitd --help'.\n", words);
	return DAEMON_EXIT_USAGE;
}

/* -1: go on; else the status to exit with. */
static int take_option(int option, struct arguments *arguments)
{
	switch (option) {
	case 'c':
		arguments->daemon.config_path = optarg;
		return -1;
	case OPTION_CHECK_CONFIG:
		arguments->what = WHAT_CHECK_CONFIG;
		return -1;
	case OPTION_PRINT_CONFIG:
		arguments->what = WHAT_PRINT_CONFIG;
		return -1;
	case OPTION_ONCE:
		arguments->what = WHAT_ONCE;
		return -1;
	case OPTION_FORMAT:
		arguments->format_is_given = true;
		if (roster_format_from_string(optarg, &arguments->format) < 0)
			return refuse("--format must be table, json or csv");
		return -1;
	case OPTION_LOG_LEVEL:
		arguments->daemon.level_is_given = true;
		if (log_level_from_string(optarg, &arguments->daemon.level) < 0)
			return refuse("--log-level must be error, warning, "
			              "notice, info or debug");
		return -1;
	case OPTION_VERSION:
		puts("jitd " JITD_VERSION);
		return DAEMON_EXIT_OK;
	case 'h':
		fputs(help, stdout);
		return DAEMON_EXIT_OK;
	default:
		fputs("Try 'jitd --help'.\n", stderr);
		return DAEMON_EXIT_USAGE;
	}
}

static int show_config(const struct arguments *arguments)
{
	scoped(config_free) struct config *config = NULL;
	struct error error = { "" };
	struct buf text;

	if (config_load(arguments->daemon.config_path,
	                daemon_credentials_directory(), &config, &error) < 0) {
		log_error("%s", error.text);
		return DAEMON_EXIT_CONFIG;
	}
	if (arguments->what == WHAT_CHECK_CONFIG)
		return DAEMON_EXIT_OK;
	buf_init(&text, BUF_NO_CAP);
	config_print(config, &text);
	fputs(buf_text(&text), stdout);
	buf_done(&text);
	return DAEMON_EXIT_OK;
}

static int run(const struct arguments *arguments)
{
	switch (arguments->what) {
	case WHAT_RUN:
		return (int)daemon_run(&arguments->daemon);
	case WHAT_CHECK_CONFIG:
	case WHAT_PRINT_CONFIG:
		return show_config(arguments);
	case WHAT_ONCE:
		return audit_run(&arguments->daemon, arguments->format);
	}
	return DAEMON_EXIT_FAILED;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {
		.daemon.config_path = JITD_SYSCONFDIR "/jitd/jitd.conf",
	};
	int option, status;

	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		status = take_option(option, &arguments);
		if (status >= 0)
			return status;
	}
	if (optind < argc)
		return refuse("there are no arguments besides the options");
	if (arguments.format_is_given && arguments.what != WHAT_ONCE)
		return refuse("--format goes with --once only");
	daemon_harden();
	return run(&arguments);
}
