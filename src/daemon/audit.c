/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/audit.h"

#include <signal.h>
#include <stdio.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/config.h"
#include "core/ledger.h"
#include "daemon/audit_print.h"
#include "daemon/outbox.h"
#include "daemon/poller.h"
#include "daemon/tenants.h"
#include "daemon/watch.h"
#include "io/loop.h"

/* What can heal is tried so often before the audit says unknown. */
#define TRIES_MAX 3

/* What the server asks to wait for longer than this is not waited for. */
#define PATIENCE_MS 30000

struct audit {
	struct config *config;
	struct loop *loop;
	struct ledger *ledger;
	struct outbox *outbox;
	struct watch *watch;
	bool interrupted;
};

static bool is_settled(const struct audit *audit,
                       const struct subscription *subscription)
{
	const struct subscription_error *error = subscription->error;
	int64_t wait_ms =
		subscription->schedule.due_ms - loop_now_ms(audit->loop);

	if (subscription->candidate)
		return subscription->unsettled >=
		       TRIES_MAX + audit->config->poll.confirm;
	if (!subscription->tried || !error)
		return subscription->tried;
	return subscription->unsettled >= TRIES_MAX ||
	       failure_class_is_slow(error->class) || wait_ms > PATIENCE_MS;
}

static bool is_over(const struct audit *audit)
{
	if (!tenants_all_tried(watch_tenants(audit->watch)))
		return false;
	for (size_t i = 0; i < ledger_count(audit->ledger); i++)
		if (!is_settled(audit, ledger_at(audit->ledger, i)))
			return false;
	return true;
}

static void on_progress(void *user)
{
	struct audit *audit = user;

	if (audit->watch && is_over(audit))
		loop_stop(audit->loop);
}

static void on_signal(void *user)
{
	struct audit *audit = user;

	audit->interrupted = true;
	loop_stop(audit->loop);
}

/* Says on stderr what the table cannot: tenants that were not listed. */
static bool tell_tenants(const struct audit *audit)
{
	const struct tenants *tenants = watch_tenants(audit->watch);
	bool complete = true;

	for (size_t i = 0; i < tenants_count(tenants); i++) {
		struct tenant_view view = tenants_view(tenants, i);

		if (!view.failure)
			continue;
		complete = false;
		log_error("tenant %s was not listed: %s", view.config->name,
		          view.failure->message);
	}
	return complete;
}

static int exit_status(const struct audit *audit, bool complete)
{
	struct ledger_counts counts = ledger_count_all(
		audit->ledger, NULL, loop_wall_unix_ms(audit->loop));

	if (counts.states[STATE_DISABLED] || counts.states[STATE_ABSENT])
		return AUDIT_EXIT_OFF;
	if (!complete || !counts.total || counts.states[STATE_UNKNOWN])
		return AUDIT_EXIT_UNKNOWN;
	return AUDIT_EXIT_ENABLED;
}

static int watch_once(struct audit *audit, struct error *error)
{
	const struct watch_options options = {
		.loop = audit->loop,
		.ledger = audit->ledger,
		.outbox = audit->outbox,
		.credentials_directory = daemon_credentials_directory(),
		.no_automatic_rate = true,
		.progressed = on_progress,
		.user = audit,
	};
	struct loop_signal *signals[] = {
		loop_signal_new(audit->loop, SIGINT, on_signal, audit),
		loop_signal_new(audit->loop, SIGTERM, on_signal, audit),
	};
	int r;

	r = watch_new(&options, audit->config, &audit->watch, error);
	if (r == 0)
		loop_run(audit->loop);
	loop_signal_free(signals[0]);
	loop_signal_free(signals[1]);
	return r;
}

static int run(struct audit *audit, enum roster_format format)
{
	struct error error = { "" };
	bool complete;

	if (watch_once(audit, &error) < 0) {
		log_error("%s", error.text);
		return DAEMON_EXIT_FAILED;
	}
	complete = tell_tenants(audit) && !audit->interrupted;
	if (audit->interrupted)
		log_error("interrupted: what follows is not all");
	else if (complete && !ledger_count(audit->ledger))
		log_error("no subscription is visible: has the identity a role "
		          "in one, and does the configuration include it?");
	audit_print(audit->ledger, format, loop_wall_unix_ms(audit->loop));
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("the result could not be written to stdout");
		return DAEMON_EXIT_FAILED;
	}
	return exit_status(audit, complete);
}

static void open_audit(struct audit *audit)
{
	const struct ledger_policy policy = {
		.confirm = audit->config->poll.confirm,
		.stale_after_ms = audit->config->poll.stale_after_ms,
	};
	struct outbox_options outbox_options;

	audit->loop = loop_new();
	audit->ledger = ledger_new(&policy, loop_wall_unix_ms(audit->loop));
	outbox_options = (struct outbox_options){
		.loop = audit->loop,
		.ledger = audit->ledger,
	};
	audit->outbox = outbox_new(&outbox_options);
}

int audit_run(const struct daemon_options *options, enum roster_format format)
{
	struct audit audit = { .config = NULL };
	struct error error = { "" };
	int status;

	if (config_load(options->config_path, daemon_credentials_directory(),
	                &audit.config, &error) < 0) {
		log_error("%s", error.text);
		return DAEMON_EXIT_CONFIG;
	}
	log_set_level(options->level_is_given ? options->level
	                                      : LOG_LEVEL_WARNING);
	open_audit(&audit);
	status = run(&audit, format);
	watch_free(audit.watch);
	outbox_free(audit.outbox);
	ledger_free(audit.ledger);
	loop_free(audit.loop);
	config_free(audit.config);
	return status;
}
