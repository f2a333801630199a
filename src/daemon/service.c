/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/service.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "azure/credential.h"
#include "azure/token.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/config.h"
#include "control/encode.h"
#include "core/event.h"
#include "core/ledger.h"
#include "daemon/metrics.h"
#include "daemon/poller.h"
#include "daemon/tenants.h"
#include "daemon/watch.h"
#include "io/loop.h"
#include "store/store.h"

/* Lines that a follower gets at once, so that many of them are served alike. */
#define FOLLOW_AT_ONCE 128

/* One POST names at most so many subscriptions. */
#define POLL_MAX 1000

#define EVENT_NUMBER_SIZE 24

static int64_t now_unix_ms(const struct service *service)
{
	return loop_wall_unix_ms(service->loop);
}

static void put_counts(struct json_out *out, const struct ledger_counts *counts)
{
	json_open(out, "subscriptions", '{');
	json_put_int64(out, "total", (int64_t)counts->total);
	json_put_int64(out, "enabled", (int64_t)counts->states[STATE_ENABLED]);
	json_put_int64(out, "disabled",
	               (int64_t)counts->states[STATE_DISABLED]);
	json_put_int64(out, "absent", (int64_t)counts->states[STATE_ABSENT]);
	json_put_int64(out, "unknown", (int64_t)counts->states[STATE_UNKNOWN]);
	json_put_int64(out, "stale", (int64_t)counts->stale);
	json_put_int64(out, "muted", (int64_t)counts->muted);
	json_close(out, '}');
}

static void put_last_pass(struct json_out *out,
                          const struct poller_statistics *last)
{
	json_open(out, "last_pass", '{');
	json_put_time_ms(out, "completed_at", last->completed_unix_ms);
	if (last->completed_unix_ms) {
		json_put_double(out, "duration_seconds",
		                (double)last->duration_ms / 1000);
		json_put_int64(out, "polled", last->polled);
		json_put_int64(out, "failed", last->failed);
	} else {
		json_put_null(out, "duration_seconds");
		json_put_null(out, "polled");
		json_put_null(out, "failed");
	}
	json_close(out, '}');
}

static void put_credential(struct json_out *out, const struct tenant_view *view)
{
	const struct failure *failure = token_failure(view->token);
	struct subscription_error error;

	json_open(out, "credential", '{');
	json_put_text(out, "kind",
	              credential_kind_to_string(
			      credential_kind(token_credential(view->token))));
	json_put_text(out, "client_id", view->config->client_id);
	json_put_text(out, "state",
	              token_state_to_string(token_state(view->token)));
	json_put_time_ms(out, "expires_at", token_expires_unix_ms(view->token));
	if (failure) {
		error = (struct subscription_error){
			.class = failure->class,
			.http_status = failure->http_status,
			.count = token_failures(view->token),
			.since_unix_ms = token_failing_unix_ms(view->token),
			.code = failure->code,
			.message = failure->message,
			.correlation_id = failure->correlation_id,
		};
		encode_error(out, "error", &error, "");
	} else {
		json_put_null(out, "error");
	}
	json_close(out, '}');
}

static void put_tenant(struct json_out *out, const struct tenant_view *view,
                       size_t subscriptions)
{
	json_open(out, NULL, '{');
	json_put_text(out, "name", view->config->name);
	json_put_text(out, "tenant_id", view->config->tenant_id);
	json_put_int64(out, "subscriptions", (int64_t)subscriptions);
	json_put_time_ms(out, "discovered_at", view->discovered_unix_ms);
	put_credential(out, view);
	json_close(out, '}');
}

/* How many each tenant has, in one walk: the records of one tenant share one
 * copy of its name. */
static void count_by_tenant(const struct ledger *ledger,
                            const struct tenants *tenants, size_t *counts,
                            const char **names)
{
	size_t count = tenants_count(tenants);

	for (size_t i = 0; i < ledger_count(ledger); i++) {
		const char *name = ledger_at(ledger, i)->tenant;
		size_t at = 0;

		while (at < count && names[at] != name)
			at++;
		for (size_t k = 0; at == count && k < count; k++)
			if (text_equal(tenants_view(tenants, k).config->name,
			               name)) {
				names[k] = name;
				counts[k]++;
			}
		if (at < count)
			counts[at]++;
	}
}

static void put_tenants(struct json_out *out, const struct service *service)
{
	const struct tenants *tenants = watch_tenants(service->watch);
	size_t count = tenants_count(tenants);
	size_t *counts = xcalloc(count, sizeof(*counts));
	const char **names = xcalloc(count, sizeof(*names));

	count_by_tenant(service->ledger, tenants, counts, names);
	json_open(out, "tenants", '[');
	for (size_t i = 0; i < count; i++) {
		struct tenant_view view = tenants_view(tenants, i);

		put_tenant(out, &view, counts[i]);
	}
	json_close(out, ']');
	free(names);
	free(counts);
}

static void service_status(struct control_answer *answer,
                           const struct control_request *request, void *user)
{
	const struct service *service = user;
	struct json_out *out = control_answer_json(answer, 200);
	struct ledger_counts counts =
		ledger_count_all(service->ledger, NULL, now_unix_ms(service));

	json_put_text(out, "version", JITD_VERSION);
	json_put_time_ms(out, "started_at", service->started_unix_ms);
	json_put_bool(out, "ready", watch_is_ready(service->watch));
	put_counts(out, &counts);
	put_last_pass(out, poller_statistics(watch_poller(service->watch)));
	put_tenants(out, service);
}

static struct encode_context context_of(const struct service *service,
                                        const struct subscription *subscription)
{
	return (struct encode_context){
		.stale = ledger_is_stale(service->ledger, subscription,
		                         now_unix_ms(service)),
		.next_poll_unix_ms = poller_next_unix_ms(
			watch_poller(service->watch), subscription),
	};
}

static bool matches(const struct service *service,
                    const struct subscription *subscription,
                    const struct control_request *request)
{
	if (request->given[CONTROL_QUERY_STATE] &&
	    subscription->verdict.state != request->state)
		return false;
	if (request->given[CONTROL_QUERY_TENANT] &&
	    !text_equal_nocase(subscription->tenant, request->tenant) &&
	    !text_equal_nocase(subscription->tenant_id, request->tenant))
		return false;
	if (request->given[CONTROL_QUERY_STALE] &&
	    ledger_is_stale(service->ledger, subscription,
	                    now_unix_ms(service)) != request->stale)
		return false;
	return !request->given[CONTROL_QUERY_MUTED] || !request->muted;
}

static void service_subscriptions(struct control_answer *answer,
                                  const struct control_request *request,
                                  void *user)
{
	const struct service *service = user;
	const struct ledger *ledger = service->ledger;
	struct json_out *out = control_answer_json(answer, 200);
	const char *last = NULL, *next = NULL;
	unsigned count = 0;

	json_open(out, "subscriptions", '[');
	for (size_t i = ledger_index_after(ledger, request->after);
	     i < ledger_count(ledger); i++) {
		const struct subscription *subscription = ledger_at(ledger, i);
		struct encode_context context;

		if (!matches(service, subscription, request))
			continue;
		if (count++ == request->limit) {
			next = last;
			break;
		}
		context = context_of(service, subscription);
		json_open(out, NULL, '{');
		encode_subscription(out, subscription, &context);
		json_close(out, '}');
		last = subscription->id;
	}
	json_close(out, ']');
	json_put_text(out, "next", next);
}

static void refuse_unknown(struct control_answer *answer, const char *id)
{
	control_answer_error(answer, 404, "not_found",
	                     "no such subscription is watched: %s", id);
}

static void service_subscription(struct control_answer *answer,
                                 const struct control_request *request,
                                 void *user)
{
	const struct service *service = user;
	const struct subscription *subscription =
		ledger_find(service->ledger, request->id);
	scoped(string_free) char *evidence = NULL;
	struct encode_context context;
	struct json_out *out;

	if (!subscription) {
		refuse_unknown(answer, request->id);
		return;
	}
	evidence = store_get_evidence(service->store, subscription->id);
	context = context_of(service, subscription);
	out = control_answer_json(answer, 200);
	encode_subscription(out, subscription, &context);
	json_put_raw(out, "evidence", evidence);
}

static void append_line(struct buf *out, const struct event *event)
{
	struct json_out json = { .buf = out };

	encode_event(&json, NULL, event, true);
	buf_add_text(out, "\n");
}

static void on_more(uint64_t *after_seq, struct buf *out, void *user)
{
	const struct service *service = user;
	struct event_list events = { NULL, NULL, 0 };
	struct error error = { "" };
	struct event *event;

	if (store_read_events(service->store, *after_seq, FOLLOW_AT_ONCE,
	                      &events, &error) < 0) {
		event_list_clear(&events);
		return;
	}
	for (; (event = event_list_take_first(&events)); event_destroy(event)) {
		append_line(out, event);
		*after_seq = event->seq;
	}
}

static void put_events(struct json_out *out, struct event_list *events,
                       unsigned limit)
{
	char next[EVENT_NUMBER_SIZE] = "";
	struct event *event;
	unsigned count = 0;
	bool more = events->count > limit;

	json_open(out, "events", '[');
	for (; (event = event_list_take_first(events)); event_destroy(event)) {
		if (count++ == limit)
			continue;
		encode_event(out, NULL, event, false);
		snprintf(next, sizeof(next), "%" PRIu64, event->seq);
	}
	json_close(out, ']');
	json_put_text(out, "next", more ? next : NULL);
}

static void service_events(struct control_answer *answer,
                           const struct control_request *request, void *user)
{
	const struct service *service = user;
	struct event_list events = { NULL, NULL, 0 };
	struct error error = { "" };

	if (request->follow) {
		control_answer_follow(answer,
		                      request->given[CONTROL_QUERY_AFTER]
		                              ? request->after_seq
		                              : store_last_seq(service->store),
		                      on_more);
		return;
	}
	if (store_read_events(service->store, request->after_seq,
	                      (size_t)request->limit + 1, &events,
	                      &error) < 0) {
		event_list_clear(&events);
		control_answer_error(answer, 500, "store_failed", "%s",
		                     error.text);
		return;
	}
	put_events(control_answer_json(answer, 200), &events, request->limit);
}

static void service_metrics(struct control_answer *answer,
                            const struct control_request *request, void *user)
{
	struct buf text __attribute__((cleanup(buf_done_scoped)));

	buf_init(&text, BUF_NO_CAP);
	metrics_write(user, &text);
	control_answer_text(answer, 200, METRICS_CONTENT_TYPE, &text);
}

static void service_healthy(struct control_answer *answer,
                            const struct control_request *request, void *user)
{
	json_put_bool(control_answer_json(answer, 200), "healthy", true);
}

static void service_ready(struct control_answer *answer,
                          const struct control_request *request, void *user)
{
	const struct service *service = user;
	bool ready = watch_is_ready(service->watch);

	if (ready)
		json_put_bool(control_answer_json(answer, 200), "ready", true);
	else
		control_answer_error(answer, 503, "not_ready",
		                     "not every tenant has been discovered and "
		                     "every subscription tried yet");
}

static void count_unknown(const char *key, const struct json *value, void *user)
{
	unsigned *unknown = user;

	*unknown +=
		!text_equal(key, "all") && !text_equal(key, "subscriptions");
}

/* {"all":true} or {"subscriptions":[...]}, and nothing besides. */
static bool poll_is_well_asked(const struct json *body, bool *ret_all)
{
	const struct json *ids = json_get(body, "subscriptions");
	unsigned unknown = 0;

	*ret_all = false;
	json_each(body, count_unknown, &unknown);
	if (unknown)
		return false;
	if (json_has(body, "all") &&
	    json_bool(json_get(body, "all"), ret_all) < 0)
		return false;
	if (*ret_all)
		return !json_has(body, "subscriptions");
	return json_array_size(ids) > 0 && json_array_size(ids) <= POLL_MAX;
}

/* All of them are known, or none is polled. */
static bool find_all(struct control_answer *answer, const struct json *ids,
                     const struct service *service,
                     struct subscription **ret_found)
{
	char id[TEXT_GUID_SIZE];

	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char *text = json_text(json_array_at(ids, i));

		if (!text || text_lower_guid(text, id) < 0) {
			control_answer_error(answer, 400, "bad_request",
			                     "\"subscriptions\" must hold "
			                     "subscription ids only");
			return false;
		}
		ret_found[i] = ledger_find(service->ledger, id);
		if (!ret_found[i]) {
			refuse_unknown(answer, id);
			return false;
		}
	}
	return true;
}

static void poll_some(struct control_answer *answer, const struct json *ids,
                      const struct service *service)
{
	struct subscription *found[POLL_MAX] = { NULL };
	size_t count = json_array_size(ids);

	if (!find_all(answer, ids, service, found))
		return;
	for (size_t i = 0; i < count; i++)
		poller_hurry(watch_poller(service->watch), found[i]);
	json_put_int64(control_answer_json(answer, 202), "accepted",
	               (int64_t)count);
}

static void service_poll(struct control_answer *answer,
                         const struct control_request *request, void *user)
{
	const struct service *service = user;
	bool all;

	if (!poll_is_well_asked(request->body, &all)) {
		control_answer_error(
			answer, 400, "bad_request",
			"the body must be {\"subscriptions\":[ID, ...]}, with "
			"1 to %d ids, or {\"all\":true}",
			POLL_MAX);
	} else if (all) {
		watch_hurry(service->watch);
		json_put_int64(control_answer_json(answer, 202), "accepted",
		               (int64_t)ledger_count(service->ledger));
	} else {
		poll_some(answer, json_get(request->body, "subscriptions"),
		          service);
	}
}

static void service_reload(struct control_answer *answer,
                           const struct control_request *request, void *user)
{
	const struct service *service = user;
	struct error error = { "" };

	if (service->reload(service->user, &error) < 0)
		control_answer_error(answer, 422, "config_rejected", "%s",
		                     error.text);
	else
		json_put_bool(control_answer_json(answer, 200), "reloaded",
		              true);
}

const struct control_ops service_ops = {
#define ENDPOINT(name, method, path, query, body, help) .name = service_##name,
#include "control/api.def"
#undef ENDPOINT
};
