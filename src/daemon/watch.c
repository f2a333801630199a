/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/watch.h"

#include <stdlib.h>

#include "azure/arm.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/config.h"
#include "core/event.h"
#include "core/ledger.h"
#include "daemon/outbox.h"
#include "daemon/poller.h"
#include "daemon/tenants.h"
#include "io/http.h"
#include "io/loop.h"

/* How often those that became stale are looked for, at most. */
#define SWEEP_MS 1000

/* max_rate = auto: all twice in an interval, and at least so many a second. */
#define RATE_MIN_PER_S 25.0

struct watch {
	struct watch_options options;
	const struct config *config;
	struct http *http;
	struct arm *arm;
	struct tenants *tenants;
	struct poller *poller;
	struct loop_timer *sweep;
	struct arm_statistics past;  /* of what was dropped by a reload */
	struct arm_statistics total; /* with that of now */
	int64_t heartbeat_ms;        /* when one was last told; 0: never */
	bool ready;
};

/* What a configuration needs of the network. */
struct network {
	struct http *http;
	struct arm *arm;
};

static double rate_of(const struct watch *watch)
{
	const struct config *config = watch->config;
	double rate = config->poll.max_rate_per_s;
	double wanted = 2000.0 * (double)ledger_count(watch->options.ledger) /
	                (double)config->poll.interval_ms;

	if (rate >= 0)
		return rate;
	if (watch->options.no_automatic_rate)
		return 0;
	return wanted > RATE_MIN_PER_S ? wanted : RATE_MIN_PER_S;
}

static void note_progress(struct watch *watch)
{
	if (watch->options.progressed)
		watch->options.progressed(watch->options.user);
}

static void on_added(struct subscription *subscription, void *user)
{
	struct watch *watch = user;

	poller_add(watch->poller, subscription);
}

static void on_lost(struct subscription *subscription, void *user)
{
	struct watch *watch = user;

	poller_remove(watch->poller, subscription);
	outbox_drop(watch->options.outbox, subscription->id);
}

static void on_discovered(void *user)
{
	struct watch *watch = user;

	arm_set_rate(watch->arm, rate_of(watch));
	note_progress(watch);
}

static struct token *on_token_wanted(const struct subscription *subscription,
                                     void *user)
{
	struct watch *watch = user;

	return tenants_token(watch->tenants, subscription);
}

static void tell_pass(struct watch *watch)
{
	struct loop *loop = watch->options.loop;
	int64_t now_unix_ms = loop_wall_unix_ms(loop);
	const struct poller_statistics *last = poller_statistics(watch->poller);
	struct ledger_counts counts =
		ledger_count_all(watch->options.ledger, NULL, now_unix_ms);
	struct event *event = event_create(EVENT_PASS_COMPLETED, now_unix_ms);

	event_put_number(event, EVENT_FIELD_COUNT, (int64_t)counts.total);
	event_put_message(
		event,
		"Polled %u subscriptions in %.1f s, %u of them in vain: "
		"%zu enabled, %zu disabled, %zu absent, %zu unknown, %zu stale",
		last->polled, (double)last->duration_ms / 1000, last->failed,
		counts.states[STATE_ENABLED], counts.states[STATE_DISABLED],
		counts.states[STATE_ABSENT], counts.states[STATE_UNKNOWN],
		counts.stale);
	event_list_append(outbox_events(watch->options.outbox), event);
	outbox_wake(watch->options.outbox);
	watch->heartbeat_ms = loop_now_ms(loop);
}

static void on_pass_completed(void *user)
{
	struct watch *watch = user;
	int64_t now_ms = loop_now_ms(watch->options.loop);

	if (!watch->heartbeat_ms ||
	    now_ms - watch->heartbeat_ms >= watch->config->poll.heartbeat_ms)
		tell_pass(watch);
}

static void on_sweep(void *user)
{
	struct watch *watch = user;
	struct loop *loop = watch->options.loop;

	ledger_sweep(watch->options.ledger, loop_wall_unix_ms(loop),
	             outbox_events(watch->options.outbox));
	poller_check_pass(watch->poller,
	                  tenants_all_discovered(watch->tenants));
	outbox_wake(watch->options.outbox);
	note_progress(watch);
	loop_timer_set(watch->sweep, loop_now_ms(loop) + SWEEP_MS);
}

static int connect_network(const struct watch *watch,
                           const struct config *config,
                           struct network *ret_network, struct error *error)
{
	const char *proxy = config->azure.proxy;
	const struct http_options http_options = {
		.user_agent = "jitd/" JITD_VERSION,
		.ca_file = config->azure.ca_file,
		.proxy = text_equal(proxy, "none") ? "" : proxy,
		.max_in_flight = config->poll.max_in_flight,
	};
	const struct arm_options arm_options = {
		.endpoint = config->azure.resolved.arm_endpoint,
		.max_in_flight = config->poll.max_in_flight,
		.timeout_ms = config->poll.timeout_ms,
	};
	int r;

	r = http_new(watch->options.loop, &http_options, &ret_network->http,
	             error);
	if (r < 0)
		return r;
	ret_network->arm =
		arm_new(watch->options.loop, ret_network->http, &arm_options);
	return 0;
}

static struct poller_policy poller_policy(const struct watch *watch)
{
	const struct config *config = watch->config;

	return (struct poller_policy){
		.arm = watch->arm,
		.api_version = config->azure.api_version,
		.interval_ms = config->poll.interval_ms,
		.confirm_delay_ms = config->poll.confirm_delay_ms,
		.timeout_ms = config->poll.timeout_ms,
		.max_in_flight = config->poll.max_in_flight,
		.unset_is_disabled = config->policy.unset_is_disabled,
	};
}

static void warn_of_plain_http(const struct config *config)
{
	const struct cloud *cloud = &config->azure.resolved;

	if (text_starts_nocase(cloud->arm_endpoint, "http:") ||
	    text_starts_nocase(cloud->authority_host, "http:"))
		log_warning("plain http to %s and %s: tokens are not "
		            "protected; this is for a simulated Azure only",
		            cloud->arm_endpoint, cloud->authority_host);
}

/* From here on nothing fails. */
static void take_network(struct watch *watch, const struct config *config,
                         const struct network *network)
{
	const struct ledger_policy ledger_policy = {
		.confirm = config->poll.confirm,
		.stale_after_ms = config->poll.stale_after_ms,
	};
	const struct tenants_options tenants_options = {
		.loop = watch->options.loop,
		.ledger = watch->options.ledger,
		.outbox = watch->options.outbox,
		.store = watch->options.store,
		.added = on_added,
		.lost = on_lost,
		.discovered = on_discovered,
		.user = watch,
	};

	watch->config = config;
	watch->http = network->http;
	watch->arm = network->arm;
	ledger_set_policy(watch->options.ledger, &ledger_policy);
	arm_set_rate(watch->arm, rate_of(watch));
	watch->tenants = tenants_new(&tenants_options, config,
	                             watch->options.credentials_directory,
	                             watch->http, watch->arm);
	warn_of_plain_http(config);
}

/* The poller outlives this; it must not hold a call by now. */
static void drop_network(struct watch *watch)
{
	if (watch->arm)
		watch->past = *watch_arm_statistics(watch);
	tenants_free(watch->tenants);
	arm_free(watch->arm);
	http_free(watch->http);
	watch->tenants = NULL;
	watch->arm = NULL;
	watch->http = NULL;
}

static void add_all(struct watch *watch)
{
	struct ledger *ledger = watch->options.ledger;

	for (size_t i = 0; i < ledger_count(ledger); i++)
		poller_add(watch->poller, ledger_at(ledger, i));
}

int watch_new(const struct watch_options *options, const struct config *config,
              struct watch **ret_watch, struct error *error)
{
	scoped(watch_free) struct watch *watch = xcalloc(1, sizeof(*watch));
	const struct poller_options poller_options = {
		.loop = options->loop,
		.ledger = options->ledger,
		.outbox = options->outbox,
		.token_of = on_token_wanted,
		.pass_completed = on_pass_completed,
		.user = watch,
	};
	struct poller_policy policy;
	struct network network;
	int r;

	watch->options = *options;
	r = connect_network(watch, config, &network, error);
	if (r < 0)
		return r;
	take_network(watch, config, &network);
	policy = poller_policy(watch);
	watch->poller = poller_new(&poller_options, &policy);
	watch->sweep = loop_timer_new(options->loop, on_sweep, watch);
	loop_timer_set(watch->sweep, loop_now_ms(options->loop) + SWEEP_MS);
	add_all(watch);
	tenants_start(watch->tenants);
	*ret_watch = steal(watch);
	return 0;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	loop_timer_free(watch->sweep);
	poller_free(watch->poller);
	drop_network(watch);
	free(watch);
}

int watch_configure(struct watch *watch, const struct config *config,
                    struct error *error)
{
	struct poller_policy policy = poller_policy(watch);
	struct network network;
	int r;

	r = connect_network(watch, config, &network, error);
	if (r < 0)
		return r;
	policy.arm = NULL;
	poller_set_policy(watch->poller, &policy);
	drop_network(watch);
	take_network(watch, config, &network);
	policy = poller_policy(watch);
	poller_set_policy(watch->poller, &policy);
	tenants_start(watch->tenants);
	return 0;
}

void watch_discover(struct watch *watch)
{
	tenants_hurry(watch->tenants);
}

void watch_hurry(struct watch *watch)
{
	tenants_hurry(watch->tenants);
	poller_hurry_all(watch->poller);
}

bool watch_is_ready(struct watch *watch)
{
	struct ledger_counts counts;

	if (watch->ready || !tenants_all_discovered(watch->tenants))
		return watch->ready;
	counts = ledger_count_all(watch->options.ledger, NULL,
	                          loop_wall_unix_ms(watch->options.loop));
	watch->ready = counts.tried == counts.total;
	return watch->ready;
}

struct poller *watch_poller(struct watch *watch)
{
	return watch->poller;
}

struct tenants *watch_tenants(struct watch *watch)
{
	return watch->tenants;
}

const struct arm_statistics *watch_arm_statistics(struct watch *watch)
{
	const struct arm_statistics *now = arm_statistics(watch->arm);

	watch->total = watch->past;
	watch->total.throttled += now->throttled;
	for (size_t i = 0; i < ARM_STATUS_COUNT; i++)
		watch->total.answers[i] += now->answers[i];
	return &watch->total;
}
