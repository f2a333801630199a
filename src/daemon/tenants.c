/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/tenants.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "azure/arm.h"
#include "azure/credential.h"
#include "azure/discovery.h"
#include "azure/token.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/config.h"
#include "core/event.h"
#include "daemon/outbox.h"
#include "io/loop.h"
#include "store/store.h"

/* After a discovery that failed, until the next: doubles up to the interval. */
#define RETRY_MIN_MS 1000

/* Discoveries that fail by something that may pass before one of them counts
 * as tried. */
#define TRIES_MAX 3

struct tenant {
	struct tenants *tenants;
	const struct config_tenant *config;
	unsigned rank;
	struct token *token;
	struct discovery *discovery;
	struct loop_timer *timer;
	int64_t discovered_unix_ms;
	int64_t retry_ms;
	struct failure failure; /* of the last discovery */
	unsigned failures;      /* of discoveries in a row */
	bool tried;
	char *credential_told; /* why credential-failed was last told; NULL:
	                          not, or it has recovered since */
	bool was_told_before;  /* by a token of before this one */
};

struct tenants {
	struct tenants_options options;
	const struct config *config;
	struct arm *arm;
	struct tenant *items;
	size_t count;
};

static int64_t now_unix_ms(const struct tenants *tenants)
{
	return loop_wall_unix_ms(tenants->options.loop);
}

static const char *id_of(const struct tenant *tenant)
{
	const char *id = tenant->config->tenant_id;

	return id && text_is_guid(id) ? id : NULL;
}

static struct tenant *find(struct tenants *tenants, const char *name)
{
	for (size_t i = 0; i < tenants->count; i++)
		if (text_equal(tenants->items[i].config->name, name))
			return &tenants->items[i];
	return NULL;
}

static void append_event(struct tenants *tenants, struct event *taken_event)
{
	event_list_append(outbox_events(tenants->options.outbox), taken_event);
	outbox_wake(tenants->options.outbox);
}

static char *note_name(const struct tenant *tenant, const char *kind)
{
	return xasprintf("%s:%s", kind, tenant->config->name);
}

static char *get_note(const struct tenant *tenant, const char *kind)
{
	scoped(string_free) char *name = note_name(tenant, kind);

	if (!tenant->tenants->options.store)
		return NULL;
	return store_get_note(tenant->tenants->options.store, name);
}

static void put_note(const struct tenant *tenant, const char *kind,
                     const char *value)
{
	scoped(string_free) char *name = note_name(tenant, kind);

	outbox_put_note(tenant->tenants->options.outbox, name, value);
}

/* Kept over reloads and restarts: each cause is told once, and its end. */
static void note_credential(struct tenant *tenant, char *taken_cause)
{
	free(tenant->credential_told);
	tenant->credential_told = taken_cause;
	put_note(tenant, "credential", taken_cause);
}

static void tell_failed(struct tenant *tenant, const struct failure *failure)
{
	struct event *event = event_create(EVENT_CREDENTIAL_FAILED,
	                                   now_unix_ms(tenant->tenants));

	event_put(event, EVENT_FIELD_TENANT_ID, tenant->config->tenant_id);
	event_put(event, EVENT_FIELD_ERROR_CLASS,
	          failure_class_to_string(failure->class));
	if (failure->http_status)
		event_put_number(event, EVENT_FIELD_HTTP_STATUS,
		                 failure->http_status);
	if (*failure->code)
		event_put(event, EVENT_FIELD_ERROR_CODE, failure->code);
	if (*failure->correlation_id)
		event_put(event, EVENT_FIELD_CORRELATION_ID,
		          failure->correlation_id);
	event_put_message(event, "No token for tenant %s: %s",
	                  tenant->config->name, failure->message);
	append_event(tenant->tenants, event);
}

static void note_failed(struct tenant *tenant, const struct failure *failure)
{
	scoped(string_free) char *cause =
		xasprintf("%s %d %s", failure_class_to_string(failure->class),
	                  failure->http_status, failure->code);

	/* Of the same token other words are another cause; a new one, after a
	 * start or a reload, begins with what was told before. */
	if (!tenant->was_told_before ||
	    !text_equal(cause, tenant->credential_told))
		tell_failed(tenant, failure);
	tenant->was_told_before = false;
	note_credential(tenant, steal(cause));
}

static void tell_recovered(struct tenant *tenant)
{
	struct event *event = event_create(EVENT_CREDENTIAL_RECOVERED,
	                                   now_unix_ms(tenant->tenants));

	event_put(event, EVENT_FIELD_TENANT_ID, tenant->config->tenant_id);
	event_put_message(event, "There is a token for tenant %s again",
	                  tenant->config->name);
	append_event(tenant->tenants, event);
	note_credential(tenant, NULL);
}

static void on_token_changed(struct token *token, void *user)
{
	struct tenant *tenant = user;
	const struct failure *failure = token_failure(token);

	if (failure) {
		note_failed(tenant, failure);
		return;
	}
	log_debug("there is a token for tenant %s", tenant->config->name);
	if (tenant->credential_told)
		tell_recovered(tenant);
	/* What waits for a retry need not wait any more. */
	if (tenant->failure.class == FAILURE_CREDENTIAL)
		loop_timer_set(tenant->timer,
		               loop_now_ms(tenant->tenants->options.loop));
}

static void schedule_next(struct tenant *tenant, bool failed,
                          int64_t retry_after_ms)
{
	struct loop *loop = tenant->tenants->options.loop;
	int64_t interval_ms =
		tenant->tenants->config->poll.discovery_interval_ms;
	int64_t delay_ms = interval_ms;

	if (failed) {
		delay_ms = tenant->retry_ms;
		tenant->retry_ms *= 2;
		if (tenant->retry_ms > interval_ms)
			tenant->retry_ms = interval_ms;
		if (delay_ms < retry_after_ms)
			delay_ms = retry_after_ms;
	} else {
		tenant->retry_ms =
			RETRY_MIN_MS < interval_ms ? RETRY_MIN_MS : interval_ms;
	}
	/* A fifth either way, so that tenants do not come all at once. */
	delay_ms =
		delay_ms * 4 / 5 + loop_random(loop) % (delay_ms * 2 / 5 + 1);
	loop_timer_set(tenant->timer, loop_now_ms(loop) + delay_ms);
}

static unsigned rank_of(const char *name, void *user)
{
	const struct tenant *tenant = find(user, name);

	return tenant ? tenant->rank : UINT_MAX;
}

static void on_added(struct subscription *subscription, void *user)
{
	const struct tenants *tenants = user;

	tenants->options.added(subscription, tenants->options.user);
}

static void on_lost(struct subscription *subscription, void *user)
{
	const struct tenants *tenants = user;

	tenants->options.lost(subscription, tenants->options.user);
}

static bool was_discovered(const struct tenant *tenant)
{
	scoped(string_free) char *value = NULL;

	if (tenant->discovered_unix_ms)
		return true;
	value = get_note(tenant, "discovered");
	return value != NULL;
}

static void note_discovered(struct tenant *tenant)
{
	if (!was_discovered(tenant))
		put_note(tenant, "discovered", "yes");
	tenant->discovered_unix_ms = now_unix_ms(tenant->tenants);
	tenant->failure.class = FAILURE_NONE;
}

static void merge(struct tenant *tenant, const struct listed *rows,
                  size_t count, bool is_configured)
{
	struct tenants *tenants = tenant->tenants;
	const struct ledger_tenant who = {
		.name = tenant->config->name,
		.tenant_id = id_of(tenant),
		.rank = tenant->rank,
		.tell_found = was_discovered(tenant),
		.lose_at_once = is_configured,
	};
	const struct ledger_merge merge = {
		.tenant = &who,
		.rows = rows,
		.count = count,
		.rank_of = rank_of,
		.added = on_added,
		.lost = on_lost,
		.user = tenants,
	};

	ledger_merge(tenants->options.ledger, &merge, now_unix_ms(tenants),
	             outbox_events(tenants->options.outbox));
	note_discovered(tenant);
	outbox_wake(tenants->options.outbox);
}

/* The rows that the configuration lets through, in place of rows. */
static size_t filter(const struct config_tenant *config, struct listed *rows,
                     size_t count)
{
	char id[TEXT_GUID_SIZE];
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (text_lower_guid(rows[i].id, id) == 0 &&
		    !config_guids_have(&config->exclude, id))
			rows[kept++] = rows[i];
	return kept;
}

/* What passes by itself is not yet an answer. */
static bool is_final(const struct tenant *tenant)
{
	return tenant->failure.class == FAILURE_NONE ||
	       failure_class_is_slow(tenant->failure.class) ||
	       tenant->failures >= TRIES_MAX;
}

static void end(struct tenant *tenant)
{
	tenant->tried = tenant->tried || is_final(tenant);
	if (tenant->tenants->options.discovered)
		tenant->tenants->options.discovered(
			tenant->tenants->options.user);
}

static void on_discovered(const struct failure *failure,
                          const struct listed *rows, size_t count, void *user)
{
	struct tenant *tenant = user;
	struct listed *copy;

	tenant->discovery = NULL;
	if (failure) {
		if (failure->class != tenant->failure.class)
			log_warning("the subscriptions of tenant %s cannot be "
			            "listed (%s): %s",
			            tenant->config->name,
			            failure_class_to_string(failure->class),
			            failure->message);
		tenant->failure = *failure;
		tenant->failures++;
		schedule_next(tenant, true, failure->retry_after_ms);
		end(tenant);
		return;
	}
	copy = xcalloc(count ? count : 1, sizeof(*copy));
	if (count)
		memcpy(copy, rows, count * sizeof(*copy));
	count = filter(tenant->config, copy, count);
	tenant->failures = 0;
	log_debug("tenant %s: %zu subscriptions", tenant->config->name, count);
	merge(tenant, copy, count, false);
	free(copy);
	schedule_next(tenant, false, 0);
	end(tenant);
}

/* With include no listing is needed: the configuration says what is. */
static void take_included(struct tenant *tenant)
{
	const struct config_guids *include = &tenant->config->include;
	struct listed *rows = xcalloc(include->count, sizeof(*rows));
	size_t count = 0;

	for (size_t i = 0; i < include->count; i++)
		rows[count++].id = include->items[i];
	count = filter(tenant->config, rows, count);
	merge(tenant, rows, count, true);
	free(rows);
	end(tenant);
}

static void on_due(void *user)
{
	struct tenant *tenant = user;

	if (tenant->config->include.count)
		take_included(tenant);
	else if (!tenant->discovery)
		tenant->discovery =
			discovery_start(tenant->tenants->arm, tenant->token,
		                        tenant->config->management_group,
		                        on_discovered, tenant);
}

static bool is_configured(const struct subscription *subscription, void *user)
{
	const struct tenant *tenant = find(user, subscription->tenant);

	if (!tenant)
		return false;
	if (tenant->config->include.count &&
	    !config_guids_have(&tenant->config->include, subscription->id))
		return false;
	return !config_guids_have(&tenant->config->exclude, subscription->id);
}

struct tenants *tenants_new(const struct tenants_options *options,
                            const struct config *config,
                            const char *credentials_directory,
                            struct http *http, struct arm *arm)
{
	struct tenants *tenants = xcalloc(1, sizeof(*tenants));

	tenants->options = *options;
	tenants->config = config;
	tenants->arm = arm;
	tenants->count = config->tenant_count;
	tenants->items = xcalloc(tenants->count, sizeof(*tenants->items));
	for (size_t i = 0; i < tenants->count; i++) {
		struct tenant *tenant = &tenants->items[i];
		struct credential_options credential = config_credential(
			config, &config->tenants[i], credentials_directory);

		tenant->tenants = tenants;
		tenant->config = &config->tenants[i];
		tenant->rank = (unsigned)i;
		tenant->retry_ms = RETRY_MIN_MS;
		tenant->timer = loop_timer_new(options->loop, on_due, tenant);
		tenant->credential_told = get_note(tenant, "credential");
		tenant->was_told_before = tenant->credential_told != NULL;
		tenant->token = token_new(
			options->loop,
			credential_new(options->loop, http, &credential),
			on_token_changed, tenant);
	}
	return tenants;
}

void tenants_free(struct tenants *tenants)
{
	if (!tenants)
		return;
	for (size_t i = 0; i < tenants->count; i++) {
		struct tenant *tenant = &tenants->items[i];

		discovery_cancel(tenant->discovery);
		loop_timer_free(tenant->timer);
		token_free(tenant->token);
		free(tenant->credential_told);
	}
	free(tenants->items);
	free(tenants);
}

void tenants_start(struct tenants *tenants)
{
	ledger_retain(tenants->options.ledger, is_configured, on_lost, tenants,
	              now_unix_ms(tenants),
	              outbox_events(tenants->options.outbox));
	outbox_wake(tenants->options.outbox);
	tenants_hurry(tenants);
}

void tenants_hurry(struct tenants *tenants)
{
	for (size_t i = 0; i < tenants->count; i++)
		loop_timer_set(tenants->items[i].timer,
		               loop_now_ms(tenants->options.loop));
}

struct token *tenants_token(struct tenants *tenants,
                            const struct subscription *subscription)
{
	struct tenant *tenant = find(tenants, subscription->tenant);

	return tenant ? tenant->token : NULL;
}

bool tenants_all_discovered(const struct tenants *tenants)
{
	for (size_t i = 0; i < tenants->count; i++)
		if (!tenants->items[i].discovered_unix_ms)
			return false;
	return true;
}

bool tenants_all_tried(const struct tenants *tenants)
{
	for (size_t i = 0; i < tenants->count; i++)
		if (!tenants->items[i].tried)
			return false;
	return true;
}

size_t tenants_count(const struct tenants *tenants)
{
	return tenants->count;
}

struct tenant_view tenants_view(const struct tenants *tenants, size_t index)
{
	const struct tenant *tenant = &tenants->items[index];

	return (struct tenant_view){
		.config = tenant->config,
		.token = tenant->token,
		.discovered_unix_ms = tenant->discovered_unix_ms,
		.failure = tenant->failure.class == FAILURE_NONE
		                   ? NULL
		                   : &tenant->failure,
	};
}
