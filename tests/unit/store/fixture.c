/* SPDX-License-Identifier: Apache-2.0 */
#include "store/fixture.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/intern.h"
#include "base/mem.h"
#include "core/subscription.h"

static char folder[128];
static uint64_t random_now;

int fixture_begin(void **state)
{
	const char *parent = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%s/test-store-XXXXXX",
	         parent ? parent : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

int fixture_end(void **state)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	return rmdir(folder);
}

int fixture_seed(void **state)
{
	const char *seed = getenv("SEED");

	random_now = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	printf("SEED=%" PRIu64 "\n", random_now);
	return 0;
}

/* SplitMix64. */
uint64_t fixture_random(void)
{
	uint64_t word = random_now += 0x9e3779b97f4a7c15;

	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
	word = (word ^ word >> 27) * 0x94d049bb133111eb;
	return word ^ word >> 31;
}

const char *fixture_path(const char *suffix)
{
	static char paths[3][sizeof(folder) + 64];
	static unsigned turn;

	turn = (turn + 1) % 3;
	snprintf(paths[turn], sizeof(paths[turn]), "%s/state.db%s", folder,
	         suffix);
	return paths[turn];
}

bool fixture_exists(const char *suffix)
{
	return access(fixture_path(suffix), F_OK) == 0;
}

void fixture_scribble(long offset, const void *data, size_t size_bytes)
{
	FILE *file = fopen(fixture_path(""), offset < 0 ? "a" : "r+");
	size_t written;

	assert(file);
	if (offset >= 0)
		fseek(file, offset, SEEK_SET);
	written = fwrite(data, 1, size_bytes, file);
	assert(written == size_bytes);
	fclose(file);
}

char *fixture_read(const char *suffix, size_t *ret_size_bytes)
{
	struct buf buf;
	int r;

	buf_init(&buf, BUF_NO_CAP);
	r = file_read(fixture_path(suffix), &buf, NULL, NULL);
	assert(r == 0);
	*ret_size_bytes = buf.size_bytes;
	return buf_steal(&buf);
}

void fixture_copy(const char *name)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < 3; i++) {
		scoped(string_free) char *target =
			xasprintf(".%s%s", name, suffixes[i]);
		scoped(string_free) char *data = NULL;
		size_t size_bytes;
		FILE *file;

		if (!fixture_exists(suffixes[i]))
			continue;
		data = fixture_read(suffixes[i], &size_bytes);
		file = fopen(fixture_path(target), "w");
		assert(file);
		fwrite(data, 1, size_bytes, file);
		fclose(file);
	}
}

struct store *fixture_open_as(const char *suffix,
                              struct store_opened *ret_opened)
{
	struct store *store = NULL;
	struct error error = { .text = "" };
	int r = store_open(fixture_path(suffix), &store, ret_opened, &error);

	if (r < 0)
		printf("%d: %s\n", r, error.text);
	assert(r == 0);
	return store;
}

struct store *fixture_open(void)
{
	struct store_opened opened;
	struct store *store = fixture_open_as("", &opened);

	assert(!opened.quarantined_path);
	return store;
}

struct ledger *fixture_ledger(void)
{
	static const struct ledger_policy policy = { .stale_after_ms = 1000 };

	return ledger_new(&policy, 0);
}

const char *fixture_id(unsigned number, char out[FIXTURE_ID_SIZE])
{
	snprintf(out, FIXTURE_ID_SIZE, "00000000-0000-4000-8000-%012u", number);
	return out;
}

struct subscription *fixture_subscription(struct ledger *ledger,
                                          unsigned number,
                                          int64_t since_unix_ms)
{
	struct intern *pool = ledger_pool(ledger);
	char id[FIXTURE_ID_SIZE], scope[64], assignment_id[192];
	struct subscription *subscription =
		ledger_restore(ledger, fixture_id(number, id));
	struct verdict verdict = {
		.state = STATE_DISABLED,
		.reason = REASON_EXPLICIT,
		.value = "Disabled",
		.assignment_id = assignment_id,
		.assignment_name = "SecurityCenterBuiltIn",
		.scope = scope,
		.definition_id = "/providers/Microsoft.Authorization/"
				 "policySetDefinitions/"
				 "1f3afdf9-d0c9-4c3d-847f-89da613e70a8",
		.enforcement_mode = "Default",
		.changed_by = "someone@contoso.example",
		.changed_on = "2026-11-23T00:49:53.1234567Z",
	};

	assert(subscription);
	snprintf(scope, sizeof(scope), "/subscriptions/%s", id);
	snprintf(assignment_id, sizeof(assignment_id),
	         "%s/providers/Microsoft.Authorization/policyAssignments/"
	         "SecurityCenterBuiltIn",
	         scope);
	subscription->name = intern_take(pool, "Production");
	subscription->tenant = intern_take(pool, "contoso");
	subscription->tenant_id =
		intern_take(pool, "11111111-1111-4111-8111-111111111111");
	subscription->azure_state = intern_take(pool, "Enabled");
	subscription->verdict = verdict_take(pool, &verdict, id);
	subscription->since_unix_ms = since_unix_ms;
	subscription->checked_unix_ms = since_unix_ms;
	return subscription;
}

struct event *fixture_event(unsigned number, int64_t time_unix_ms)
{
	struct event *event =
		event_create(EVENT_MONITORING_DISABLED, time_unix_ms);
	char id[FIXTURE_ID_SIZE];

	event_put(event, EVENT_FIELD_SUBSCRIPTION_ID, fixture_id(number, id));
	event_put(event, EVENT_FIELD_SUBSCRIPTION_NAME, "Production");
	event_put(event, EVENT_FIELD_STATE, "disabled");
	event_put(event, EVENT_FIELD_PREVIOUS_STATE, "enabled");
	event_put(event, EVENT_FIELD_VALUE, "Disabled");
	event_put_number(event, EVENT_FIELD_COUNT, number);
	event_put_message(event, "JIT monitoring is off in %s", id);
	return event;
}

void fixture_put_events(struct store *store, unsigned count,
                        int64_t time_unix_ms)
{
	int r = store_begin(store, NULL);

	for (unsigned i = 0; i < count; i++) {
		struct event *event = fixture_event(i, time_unix_ms);

		r |= store_put_event(store, event, NULL);
		event_destroy(event);
	}
	r |= store_commit(store, NULL);
	assert(r == 0);
}
