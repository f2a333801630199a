/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "azure/arm.h"
#include "azure/token.h"
#include "base/buf.h"
#include "config/config.h"
#include "core/event.h"
#include "core/ledger.h"
#include "daemon/outbox.h"
#include "daemon/poller.h"
#include "daemon/service_state.h"
#include "daemon/tenants.h"
#include "daemon/watch.h"
#include "io/loop.h"

static void put_head(struct buf *out, const char *name, const char *type,
                     const char *help)
{
	buf_add_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
	               type);
}

static void put_one(struct buf *out, const char *name, const char *type,
                    const char *help, double value)
{
	put_head(out, name, type, help);
	buf_add_format(out, "%s %.17g\n", name, value);
}

static double seconds(int64_t ms)
{
	return (double)ms / 1000;
}

/* Backslash, quote and newline are escaped in a label's value. */
static void put_label(struct buf *out, const char *name, const char *value)
{
	buf_add_format(out, "%s=\"", name);
	for (const char *c = value ? value : ""; *c; c++) {
		if (*c == '\n')
			buf_add_text(out, "\\n");
		else if (*c == '\\' || *c == '"')
			buf_add_format(out, "\\%c", *c);
		else
			buf_add(out, c, 1);
	}
	buf_add_text(out, "\"");
}

static void put_subscriptions(const struct service *service, struct buf *out)
{
	struct ledger_counts counts = ledger_count_all(
		service->ledger, NULL, loop_wall_unix_ms(service->loop));

	put_head(out, "jitd_subscriptions", "gauge",
	         "Subscriptions being watched, by state.");
	for (unsigned i = 0; i < STATE_COUNT; i++)
		buf_add_format(out, "jitd_subscriptions{state=\"%s\"} %zu\n",
		               state_to_string((enum state)i),
		               counts.states[i]);
	put_one(out, "jitd_subscriptions_stale", "gauge",
	        "Subscriptions whose last good poll is too old.",
	        (double)counts.stale);
}

static void put_info(const struct ledger *ledger, struct buf *out)
{
	put_head(out, "jitd_subscription_info", "gauge",
	         "Names that belong to a subscription id, always 1.");
	for (size_t i = 0; i < ledger_count(ledger); i++) {
		const struct subscription *subscription = ledger_at(ledger, i);

		buf_add_text(out, "jitd_subscription_info{");
		put_label(out, "subscription_id", subscription->id);
		buf_add_text(out, ",");
		put_label(out, "tenant_id", subscription->tenant_id);
		buf_add_text(out, ",");
		put_label(out, "name", subscription->name);
		buf_add_text(out, "} 1\n");
	}
}

static void put_states(const struct ledger *ledger, struct buf *out)
{
	put_head(out, "jitd_subscription_state", "gauge",
	         "1 for the state that the subscription is in, else 0.");
	for (size_t i = 0; i < ledger_count(ledger); i++) {
		const struct subscription *subscription = ledger_at(ledger, i);

		for (unsigned s = 0; s < STATE_COUNT; s++)
			buf_add_format(
				out,
				"jitd_subscription_state{subscription_id="
				"\"%s\",state=\"%s\"} %d\n",
				subscription->id,
				state_to_string((enum state)s),
				subscription->verdict.state == (enum state)s);
	}
}

static void put_successes(const struct ledger *ledger, struct buf *out)
{
	static const char name[] =
		"jitd_subscription_last_success_timestamp_seconds";

	put_head(out, name, "gauge",
	         "Unix time of the last good poll of the subscription.");
	for (size_t i = 0; i < ledger_count(ledger); i++) {
		const struct subscription *subscription = ledger_at(ledger, i);

		if (subscription->checked_unix_ms)
			buf_add_format(out, "%s{subscription_id=\"%s\"} %.3f\n",
			               name, subscription->id,
			               seconds(subscription->checked_unix_ms));
	}
}

static void put_events(const struct service *service, struct buf *out)
{
	put_head(out, "jitd_events_total", "counter",
	         "Events since the start, by kind.");
	for (unsigned i = 0; i < EVENT_COUNT; i++)
		buf_add_format(
			out, "jitd_events_total{event=\"%s\"} %" PRIu64 "\n",
			event_info((enum event_kind)i)->name,
			outbox_counted(service->outbox, (enum event_kind)i));
	put_one(out, "jitd_events_unsent", "gauge",
	        "Events stored and not yet taken by the journal or syslog.",
	        (double)outbox_unsent(service->outbox));
}

static void put_polls(const struct poller_statistics *statistics,
                      struct buf *out)
{
	put_head(out, "jitd_polls_total", "counter",
	         "Polls by result: ok or an error class.");
	for (unsigned i = 0; i < FAILURE_COUNT; i++)
		buf_add_format(
			out, "jitd_polls_total{result=\"%s\"} %" PRIu64 "\n",
			i == FAILURE_NONE ? "ok"
					  : failure_class_to_string(
						    (enum failure_class)i),
			statistics->results[i]);
}

static void put_durations(const struct poller_statistics *statistics,
                          struct buf *out)
{
	static const char name[] = "jitd_poll_duration_seconds";
	static const double bounds[POLLER_BUCKET_COUNT] = POLLER_BUCKETS;
	uint64_t count = 0;

	put_head(out, name, "histogram", "How long a poll took.");
	for (unsigned i = 0; i < POLLER_BUCKET_COUNT; i++) {
		count += statistics->buckets[i];
		buf_add_format(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
		               bounds[i], count);
	}
	count += statistics->buckets[POLLER_BUCKET_COUNT];
	buf_add_format(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name,
	               count);
	buf_add_format(out, "%s_sum %.3f\n%s_count %" PRIu64 "\n", name,
	               seconds(statistics->total_ms), name, count);
}

static void put_requests(const struct arm_statistics *statistics,
                         struct buf *out)
{
	put_head(out, "jitd_requests_total", "counter",
	         "Requests to ARM by the answer's status; none: no answer.");
	buf_add_format(out, "jitd_requests_total{code=\"none\"} %" PRIu64 "\n",
	               statistics->answers[0]);
	for (unsigned i = 1; i < ARM_STATUS_COUNT; i++)
		if (statistics->answers[i] || i == 200)
			buf_add_format(
				out,
				"jitd_requests_total{code=\"%u\"} %" PRIu64
				"\n",
				i, statistics->answers[i]);
	put_one(out, "jitd_throttled_total", "counter",
	        "Requests that ARM answered with 429.",
	        (double)statistics->throttled);
}

static void put_tokens(const struct tenants *tenants, struct buf *out)
{
	static const char name[] = "jitd_token_expiry_timestamp_seconds";

	put_head(out, name, "gauge", "Unix time when the tenant's token ends.");
	for (size_t i = 0; i < tenants_count(tenants); i++) {
		struct tenant_view view = tenants_view(tenants, i);
		int64_t ends_unix_ms = token_expires_unix_ms(view.token);

		if (!ends_unix_ms)
			continue;
		buf_add_format(out, "%s{", name);
		put_label(out, "tenant", view.config->name);
		buf_add_format(out, "} %.3f\n", seconds(ends_unix_ms));
	}
}

static double resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	char line[128] = "";
	char *second;

	if (!file)
		return 0;
	second = fgets(line, sizeof(line), file) ? strchr(line, ' ') : NULL;
	fclose(file);
	return second ? (double)strtoul(second, NULL, 10) *
	                        (double)sysconf(_SC_PAGESIZE)
	              : 0;
}

static unsigned open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	if (!folder)
		return 0;
	while (readdir(folder))
		count++;
	closedir(folder);
	return count - 3; /* ".", "..", and the folder's own */
}

static void put_process(const struct service *service, struct buf *out)
{
	struct rusage usage = { 0 };
	struct rlimit limit = { 0 };

	getrusage(RUSAGE_SELF, &usage);
	getrlimit(RLIMIT_NOFILE, &limit);
	put_one(out, "process_cpu_seconds_total", "counter",
	        "User and system CPU time spent.",
	        (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	                (double)(usage.ru_utime.tv_usec +
	                         usage.ru_stime.tv_usec) /
	                        1e6);
	put_one(out, "process_resident_memory_bytes", "gauge",
	        "Resident memory.", resident_bytes());
	put_one(out, "process_open_fds", "gauge", "Open file descriptors.",
	        open_descriptors());
	put_one(out, "process_max_fds", "gauge",
	        "The most file descriptors that may be open.",
	        (double)limit.rlim_cur);
	put_one(out, "process_start_time_seconds", "gauge",
	        "Unix time when jitd started.",
	        seconds(service->started_unix_ms));
}

void metrics_write(const struct service *service, struct buf *out)
{
	const struct poller_statistics *polls =
		poller_statistics(watch_poller(service->watch));

	put_head(out, "jitd_build_info", "gauge",
	         "The version of the running jitd, always 1.");
	buf_add_text(out, "jitd_build_info{version=\"" JITD_VERSION "\"} 1\n");
	put_subscriptions(service, out);
	if (service->metrics_per_subscription) {
		put_info(service->ledger, out);
		put_states(service->ledger, out);
		put_successes(service->ledger, out);
	}
	put_events(service, out);
	put_polls(polls, out);
	put_durations(polls, out);
	put_requests(watch_arm_statistics(service->watch), out);
	put_tokens(watch_tenants(service->watch), out);
	put_one(out, "jitd_last_pass_timestamp_seconds", "gauge",
	        "Unix time when the last pass was completed; 0: none yet.",
	        seconds(polls->completed_unix_ms));
	put_one(out, "jitd_config_last_reload_successful", "gauge",
	        "Whether the last configuration was taken (1) or refused (0).",
	        service->reload_failed ? 0 : 1);
	put_one(out, "jitd_config_last_reload_success_timestamp_seconds",
	        "gauge", "Unix time when a configuration was last taken.",
	        seconds(service->reloaded_unix_ms));
	put_process(service, out);
}
