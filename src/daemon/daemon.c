/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/config.h"
#include "control/control.h"
#include "core/ledger.h"
#include "daemon/announce.h"
#include "daemon/outbox.h"
#include "daemon/poller.h"
#include "daemon/service.h"
#include "daemon/status_line.h"
#include "daemon/watch.h"
#include "emit/emitter.h"
#include "emit/notify.h"
#include "io/http.h"
#include "io/loop.h"
#include "store/store.h"

/* How often the line for systemctl is brought up to date. */
#define STATUS_MS 5000

/* From SIGTERM to the end. */
#define FAREWELL_MS 50

static const int signal_numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
#define SIGNAL_COUNT (sizeof(signal_numbers) / sizeof(signal_numbers[0]))

struct daemon {
	const struct daemon_options *options;
	struct config *config;
	struct loop *loop;
	struct emitter *emitter;
	struct store *store;
	struct ledger *ledger;
	struct outbox *outbox;
	struct watch *watch;
	struct control *control;
	struct service service;
	struct loop_signal *signals[SIGNAL_COUNT];
	struct loop_timer *status;
	struct loop_timer *watchdog;
	struct loop_timer *farewell; /* NULL until it is to stop */
};

static int64_t now_unix_ms(const struct daemon *daemon)
{
	return loop_wall_unix_ms(daemon->loop);
}

static void on_log_line(enum log_level level, const char *line, void *user)
{
	struct daemon *daemon = user;

	daemon->emitter->ops->log(daemon->emitter, (int)level, line);
}

static void on_emitter_ready(void *user)
{
	struct daemon *daemon = user;

	if (daemon->outbox)
		outbox_emit(daemon->outbox);
}

static void on_committed(void *user)
{
	struct daemon *daemon = user;

	if (daemon->control)
		control_wake_followers(daemon->control);
}

static void take_level(const struct daemon *daemon)
{
	log_set_level(daemon->options->level_is_given
	                      ? daemon->options->level
	                      : daemon->config->log.level);
}

static int open_emitter(struct daemon *daemon, struct error *error)
{
	int r = emitter_open(daemon->loop, daemon->config->log.target, NULL,
	                     on_emitter_ready, daemon, &daemon->emitter, error);

	if (r == 0)
		log_set_sink(on_log_line, daemon);
	return r;
}

static int open_state(struct daemon *daemon, struct error *error)
{
	const struct ledger_policy policy = {
		.confirm = daemon->config->poll.confirm,
		.stale_after_ms = daemon->config->poll.stale_after_ms,
	};
	struct store_opened opened = { false, NULL };
	int r;

	r = store_open(daemon->config->store.path, &daemon->store, &opened,
	               error);
	if (r < 0)
		return r;
	daemon->ledger = ledger_new(&policy, now_unix_ms(daemon));
	r = store_load(daemon->store, daemon->ledger, error);
	if (r == 0) {
		const struct outbox_options options = {
			.loop = daemon->loop,
			.ledger = daemon->ledger,
			.store = daemon->store,
			.keep_events_ms = daemon->config->store.keep_events_ms,
			.committed = on_committed,
			.user = daemon,
		};

		daemon->outbox = outbox_new(&options);
		outbox_set_emitter(daemon->outbox, daemon->emitter);
		if (opened.quarantined_path)
			announce_quarantined(daemon->outbox,
			                     now_unix_ms(daemon),
			                     opened.quarantined_path);
	}
	free(opened.quarantined_path);
	return r;
}

static int listen_for_clients(struct daemon *daemon, struct error *error)
{
	const struct config *config = daemon->config;
	const struct control_options options = {
		.max_clients = config->control.max_clients,
		.max_followers = config->control.max_followers,
	};
	struct notify_sockets sockets;
	int r;

	r = notify_sockets(&sockets, error);
	if (r < 0)
		return r;
	daemon->control = control_new(daemon->loop, &options, &service_ops,
	                              &daemon->service);
	r = control_listen_status(daemon->control, sockets.status_fd,
	                          config->control.socket, config->control.mode,
	                          error);
	if (r < 0)
		return r;
	return control_listen_operator(daemon->control, sockets.operator_fd,
	                               config->control.operator_socket, error);
}

static void note_rejected(struct daemon *daemon, const struct error *error)
{
	announce_rejected(daemon->outbox, now_unix_ms(daemon), error);
	daemon->service.reload_failed = true;
}

static void note_reloaded(struct daemon *daemon)
{
	announce_reloaded(daemon->outbox, now_unix_ms(daemon));
	daemon->service.reload_failed = false;
	daemon->service.reloaded_unix_ms = now_unix_ms(daemon);
}

/* What a running jitd cannot change. */
static void warn_of_restart(const struct config *old, const struct config *new)
{
	if (!text_equal(old->store.path, new->store.path))
		log_warning("[store] path takes effect at the next start");
	if (!text_equal(old->control.socket, new->control.socket) ||
	    !text_equal(old->control.operator_socket,
	                new->control.operator_socket) ||
	    old->control.mode != new->control.mode)
		log_warning("[control] socket, mode and operator_socket take "
		            "effect at the next start");
	if (old->log.target != new->log.target)
		log_warning("[log] target takes effect at the next start");
}

static void take_config(struct daemon *daemon, struct config *taken_config)
{
	const struct control_options options = {
		.max_clients = taken_config->control.max_clients,
		.max_followers = taken_config->control.max_followers,
	};

	warn_of_restart(daemon->config, taken_config);
	config_free(daemon->config);
	daemon->config = taken_config;
	take_level(daemon);
	control_set_options(daemon->control, &options);
	outbox_set_keep_events(daemon->outbox,
	                       taken_config->store.keep_events_ms);
	daemon->service.metrics_per_subscription =
		taken_config->metrics.per_subscription;
}

static bool is_same(const struct config *a, const struct config *b)
{
	scoped(buf_done) struct buf first, second;

	buf_init(&first, BUF_NO_CAP);
	buf_init(&second, BUF_NO_CAP);
	config_print(a, &first);
	config_print(b, &second);
	return text_equal(buf_text(&first), buf_text(&second));
}

/* Parse, check, swap; or refuse whole. What says the same as before keeps its
 * connections and tokens. */
static int reload(struct daemon *daemon, struct error *error)
{
	scoped(config_free) struct config *config = NULL;
	int r;

	r = config_load(daemon->options->config_path,
	                daemon_credentials_directory(), &config, error);
	if (r == 0 && is_same(config, daemon->config)) {
		watch_discover(daemon->watch);
		note_reloaded(daemon);
		return 0;
	}
	if (r == 0)
		r = watch_configure(daemon->watch, config, error);
	if (r < 0) {
		note_rejected(daemon, error);
		return r;
	}
	take_config(daemon, steal(config));
	note_reloaded(daemon);
	return 0;
}

static int on_reload_asked(void *user, struct error *error)
{
	return reload(user, error);
}

static void on_hangup(struct daemon *daemon)
{
	struct error error = { "" };
	scoped(string_free) char *status = NULL;

	notify_reloading();
	if (reload(daemon, &error) < 0)
		status = xasprintf(
			"Reload refused, the old configuration stays: %s",
			error.text);
	notify_ready(status ? status : "Configuration read again");
}

static void on_farewell_over(void *user)
{
	struct daemon *daemon = user;

	loop_stop(daemon->loop);
}

/* Followers are to see the last event: the loop turns a little longer. */
static void on_terminate(void *user)
{
	struct daemon *daemon = user;

	if (daemon->farewell)
		return;
	notify_stopping("Stopping");
	announce_stopping(daemon->outbox, now_unix_ms(daemon));
	daemon->farewell =
		loop_timer_new(daemon->loop, on_farewell_over, daemon);
	loop_timer_set(daemon->farewell,
	               loop_now_ms(daemon->loop) + FAREWELL_MS);
}

static void on_hup(void *user)
{
	on_hangup(user);
}

static void on_usr1(void *user)
{
	struct daemon *daemon = user;

	log_info("SIGUSR1: everything is polled now");
	watch_hurry(daemon->watch);
}

/* A signal that comes before all is there to act on it waits for that. */
static void hold_signals(bool hold)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		sigaddset(&set, signal_numbers[i]);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void watch_signals(struct daemon *daemon)
{
	static loop_fn *const handlers[] = { on_terminate, on_terminate, on_hup,
		                             on_usr1 };

	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		daemon->signals[i] = loop_signal_new(
			daemon->loop, signal_numbers[i], handlers[i], daemon);
	hold_signals(false);
}

static void on_status_due(void *user)
{
	struct daemon *daemon = user;
	char line[STATUS_LINE_SIZE];

	notify_status(status_line(daemon->ledger, watch_poller(daemon->watch),
	                          now_unix_ms(daemon), line));
	loop_timer_set(daemon->status, loop_now_ms(daemon->loop) + STATUS_MS);
}

static void on_watchdog_due(void *user)
{
	struct daemon *daemon = user;

	if (poller_is_alive(watch_poller(daemon->watch)))
		notify_watchdog();
	loop_timer_set(daemon->watchdog,
	               loop_now_ms(daemon->loop) + notify_watchdog_ms());
}

static void start_timers(struct daemon *daemon)
{
	daemon->status = loop_timer_new(daemon->loop, on_status_due, daemon);
	daemon->watchdog =
		loop_timer_new(daemon->loop, on_watchdog_due, daemon);
	loop_timer_set(daemon->status, loop_now_ms(daemon->loop));
	if (notify_watchdog_ms())
		loop_timer_set(daemon->watchdog, loop_now_ms(daemon->loop));
}

static int start(struct daemon *daemon, struct error *error)
{
	struct watch_options options;
	int r;

	r = open_state(daemon, error);
	if (r < 0)
		return r;
	daemon->service = (struct service){
		.loop = daemon->loop,
		.ledger = daemon->ledger,
		.store = daemon->store,
		.outbox = daemon->outbox,
		.started_unix_ms = now_unix_ms(daemon),
		.reloaded_unix_ms = now_unix_ms(daemon),
		.metrics_per_subscription =
			daemon->config->metrics.per_subscription,
		.reload = on_reload_asked,
		.user = daemon,
	};
	r = listen_for_clients(daemon, error);
	if (r < 0)
		return r;
	announce_started(daemon->outbox, now_unix_ms(daemon),
	                 ledger_count(daemon->ledger));
	log_info("libraries: %s", http_library());
	options = (struct watch_options){
		.loop = daemon->loop,
		.ledger = daemon->ledger,
		.outbox = daemon->outbox,
		.store = daemon->store,
		.credentials_directory = daemon_credentials_directory(),
	};
	r = watch_new(&options, daemon->config, &daemon->watch, error);
	daemon->service.watch = daemon->watch;
	return r;
}

/* In the reverse order of the start. */
static void stop(struct daemon *daemon)
{
	loop_timer_free(daemon->farewell);
	loop_timer_free(daemon->watchdog);
	loop_timer_free(daemon->status);
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		loop_signal_free(daemon->signals[i]);
	control_free(daemon->control);
	daemon->control = NULL; /* what is stored from here on wakes nobody */
	watch_free(daemon->watch);
	if (daemon->outbox)
		outbox_finish(daemon->outbox);
	outbox_free(daemon->outbox);
	ledger_free(daemon->ledger);
	store_close(daemon->store);
	log_set_sink(NULL, NULL);
	emitter_free(daemon->emitter);
	loop_free(daemon->loop);
	config_free(daemon->config);
}

static enum daemon_exit run(struct daemon *daemon)
{
	struct error error = { "" };
	char line[STATUS_LINE_SIZE];

	take_level(daemon);
	hold_signals(true);
	daemon->loop = loop_new();
	if (open_emitter(daemon, &error) < 0 || start(daemon, &error) < 0) {
		log_error("%s", error.text);
		return DAEMON_EXIT_FAILED;
	}
	watch_signals(daemon);
	start_timers(daemon);
	notify_ready(status_line(daemon->ledger, watch_poller(daemon->watch),
	                         now_unix_ms(daemon), line));
	loop_run(daemon->loop);
	return DAEMON_EXIT_OK;
}

enum daemon_exit daemon_run(const struct daemon_options *options)
{
	struct daemon daemon = { .options = options };
	struct error error = { "" };
	enum daemon_exit status;

	if (config_load(options->config_path, daemon_credentials_directory(),
	                &daemon.config, &error) < 0) {
		log_error("%s", error.text);
		return DAEMON_EXIT_CONFIG;
	}
	status = run(&daemon);
	stop(&daemon);
	return status;
}

const char *daemon_credentials_directory(void)
{
	return getenv("CREDENTIALS_DIRECTORY");
}

void daemon_harden(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__
	/* A piped core_pattern does not ask the limit. The leak checker must
	 * be able to look into its own process. */
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
}
