/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "config/config.h"

#define TENANT                                               \
	"[tenant contoso]\n"                                 \
	"tenant_id = 3C9F0A6E-5D21-4B7E-8F46-A0D27B91E5C4\n" \
	"credential = client-secret\n"                       \
	"client_id = 9a1e7d42-6b38-4c05-b2fd-47e8c6130a5b\n" \
	"client_secret_file = /etc/jitd/secret\n"

/* A folder of its own for each test, with jitd.conf in it. */
struct place {
	char folder[64];
	char path[96];
	struct error error;
	struct config *config;
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	snprintf(place->folder, sizeof(place->folder), "%s",
	         "/tmp/jitd-config.XXXXXX");
	if (!place || !mkdtemp(place->folder))
		return -1;
	snprintf(place->path, sizeof(place->path), "%s/jitd.conf",
	         place->folder);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;
	char command[128];

	config_free(place->config);
	snprintf(command, sizeof(command), "rm -r %s", place->folder);
	free(place);
	return system(command);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
}

static int load(struct place *place, const char *text)
{
	write_text(place->path, text);
	config_free(place->config);
	place->config = NULL;
	place->error.text[0] = '\0';
	return config_load(place->path, NULL, &place->config, &place->error);
}

/* It is refused, with this sentence behind the file's name. */
static void assert_refused(struct place *place, const char *text,
                           const char *sentence)
{
	assert_true(load(place, text) < 0);
	assert_null(place->config);
	assert_int_equal(
		strncmp(place->error.text, place->path, strlen(place->path)),
		0);
	assert_string_equal(place->error.text + strlen(place->path), sentence);
}

static void defaults_are_those_of_the_manual(void **state)
{
	struct place *place = *state;
	const struct config *config;

	assert_int_equal(load(place, TENANT), 0);
	config = place->config;
	assert_int_equal(config->poll.interval_ms, 300000);
	assert_int_equal(config->poll.discovery_interval_ms, 900000);
	assert_int_equal(config->poll.timeout_ms, 30000);
	assert_int_equal(config->poll.max_in_flight, 32);
	assert_true(config->poll.max_rate_per_s < 0);
	assert_int_equal(config->poll.confirm, 1);
	assert_int_equal(config->poll.confirm_delay_ms, 5000);
	assert_int_equal(config->poll.stale_after_ms, 900000);
	assert_int_equal(config->poll.heartbeat_ms, 3600000);
	assert_int_equal(config->control.mode, 0660);
	assert_int_equal(config->control.max_clients, 64);
	assert_int_equal(config->store.keep_events_ms, 90 * INT64_C(86400000));
	assert_false(config->policy.unset_is_disabled);
	assert_true(config->metrics.per_subscription);
	assert_string_equal(config->azure.resolved.arm_endpoint,
	                    "https://management.azure.com");
	assert_int_equal(config->tenant_count, 1);
	assert_string_equal(config->tenants[0].tenant_id,
	                    "3c9f0a6e-5d21-4b7e-8f46-a0d27b91e5c4");
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text;
		const char *sentence;
	} rows[] = {
		{ "[poll]\ninterval = 5\n",
		  ":2: interval = 5: not a duration such as 500ms, 30s, 5min, "
		  "1h or 2d" },
		{ "[poll]\n\ninterval = 10ms\n",
		  ":3: interval = 10ms: must be from 1s to 7d" },
		{ "[poll]\ninterval=1s\n  interval=2s\n",
		  ":3: interval is given twice in [poll]" },
		{ "[pol]\n", ":1: no such section: [pol]" },
		{ "[poll]\ninterwal = 1s\n",
		  ":2: no such key in [poll]: interwal" },
		{ "interval = 1s\n",
		  ":1: interval stands before the first [section]" },
		{ "[poll\n", ":1: no ']' after the section's name" },
		{ "[poll]\nnonsense\n",
		  ":2: neither a [section] nor KEY=VALUE" },
		{ "[poll]\nmax_in_flight = 0\n",
		  ":2: max_in_flight = 0: must be from 1 to 1000" },
		{ "[poll]\nmax_rate = fast\n",
		  ":2: max_rate = fast: not a number of requests a second, or "
		  "auto" },
		{ "[control]\nmode = 0999\n",
		  ":2: mode = 0999: not a file mode such as 0660" },
		{ "[store]\npath = state.db\n",
		  ":2: path = state.db: not an absolute path" },
		{ "[azure]\napi_version = new\n",
		  ":2: api_version = new: not an api-version such as "
		  "2025-01-01" },
		{ "[tenant]\n", ":1: [tenant] wants a name: [tenant NAME]" },
		{ "[tenant a/b]\n",
		  ":1: [tenant a/b]: a tenant's name is 1 to 32 letters, "
		  "digits, '.', '_' and '-'" },
		{ "[tenant a]\nclient_id = x\n",
		  ":2: client_id = x: not an id of the form 8-4-4-4-12 "
		  "hexadecimal digits" },
		{ "[tenant a]\ninclude = ../x\n",
		  ":2: include = ../x: not subscription ids, separated by "
		  "commas" },
		{ "", ": there is no [tenant NAME] section: jitd has nothing "
		      "to watch" },
		{ "\n[tenant a]\n",
		  ":2: [tenant a]: credential is missing: say which kind" },
		{ TENANT "[metrics]\nlisten = 127.0.0.1:9\n",
		  ":7: listen = 127.0.0.1:9: not to be had in this version: "
		  "leave it empty" },
		{ "[tenant a]\nobject_id = x\n",
		  ":2: object_id = x: not to be had in this version: leave it "
		  "empty" },
		{ TENANT "[remediation]\nmode = auto\n",
		  ": [remediation] mode can only be off in this version" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(*state, rows[i].text, rows[i].sentence);
}

static void a_long_line_is_refused_and_not_cut(void **state)
{
	char text[512];

	snprintf(text, sizeof(text), "[store]\npath = /%0300d\n", 0);
	assert_refused(*state, text, ":2: the line is too long");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	assert_refused(*state, "[poll]\n\xff\xfe = 1\n",
	               ":2: the line is not UTF-8");
	assert_refused(*state, "[poll]\ninterval = 1s\x01\n",
	               ":2: a control character in the line");
}

static void a_missing_file_is_named(void **state)
{
	struct place *place = *state;

	assert_int_equal(config_load("/nonexistent/jitd.conf", NULL,
	                             &place->config, &place->error),
	                 -ENOENT);
	assert_non_null(strstr(place->error.text, "/nonexistent/jitd.conf"));
}

static void drop_ins_override_in_their_order(void **state)
{
	struct place *place = *state;
	char folder[128], path[160];

	snprintf(folder, sizeof(folder), "%s.d", place->path);
	assert_int_equal(mkdir(folder, 0700), 0);
	snprintf(path, sizeof(path), "%s/20-b.conf", folder);
	write_text(path, "[poll]\ninterval = 3s\n");
	snprintf(path, sizeof(path), "%s/10-a.conf", folder);
	write_text(path, "[poll]\ninterval = 2s\nconfirm = 3\n"
	                 "[tenant contoso]\nexclude = "
	                 "00000000-0000-0000-0000-00000000000A\n");
	snprintf(path, sizeof(path), "%s/30-ignored.txt", folder);
	write_text(path, "[poll]\ninterval = 4s\n");

	assert_int_equal(load(place, "[poll]\ninterval = 1s\n" TENANT), 0);
	assert_int_equal(place->config->poll.interval_ms, 3000);
	assert_int_equal(place->config->poll.confirm, 3);
	assert_int_equal(place->config->tenant_count, 1);
	assert_true(config_guids_have(&place->config->tenants[0].exclude,
	                              "00000000-0000-0000-0000-00000000000a"));
}

static void lists_grow_in_a_file_and_begin_anew_in_the_next(void **state)
{
	struct place *place = *state;
	char folder[128], path[160];

	assert_int_equal(
		load(place,
	             TENANT "include = 00000000-0000-0000-0000-00000000000b, "
	                    "00000000-0000-0000-0000-00000000000a\n"
	                    "include = 00000000-0000-0000-0000-00000000000A\n"),
		0);
	assert_int_equal(place->config->tenants[0].include.count, 2);

	snprintf(folder, sizeof(folder), "%s.d", place->path);
	assert_int_equal(mkdir(folder, 0700), 0);
	snprintf(path, sizeof(path), "%s/a.conf", folder);
	write_text(path, "[tenant contoso]\ninclude = "
	                 "00000000-0000-0000-0000-00000000000c\n");
	assert_int_equal(
		load(place,
	             TENANT "include = 00000000-0000-0000-0000-00000000000b\n"),
		0);
	assert_int_equal(place->config->tenants[0].include.count, 1);
}

static void what_is_printed_reads_back_alike(void **state)
{
	struct place *place = *state;
	struct buf first, second;

	buf_init(&first, BUF_NO_CAP);
	buf_init(&second, BUF_NO_CAP);
	assert_int_equal(load(place,
	                      "[poll]\ninterval = 90s\nmax_rate = 7\n"
	                      "[policy]\nunset = disabled\n"
	                      "[log]\nlevel = debug\ntarget = syslog\n"
	                      "[control]\nmode = 0600\n" TENANT
	                      "include = 00000000-0000-0000-0000-00000000000b, "
	                      "00000000-0000-0000-0000-00000000000a\n"),
	                 0);
	config_print(place->config, &first);
	assert_non_null(strstr(buf_text(&first), "interval = 90s\n"));
	assert_non_null(strstr(buf_text(&first), "unset = disabled\n"));
	assert_int_equal(load(place, buf_text(&first)), 0);
	config_print(place->config, &second);
	assert_string_equal(buf_text(&first), buf_text(&second));
	buf_done(&first);
	buf_done(&second);
}

/* Whatever the bytes, it is a configuration or a sentence. */
static void random_bytes_never_crash_it(void **state)
{
	static const char seed_text[] = "[poll]\ninterval = 1s\n" TENANT;
	struct place *place = *state;
	char text[sizeof(seed_text)];

	srandom(7);
	for (int i = 0; i < 2000; i++) {
		memcpy(text, seed_text, sizeof(text));
		for (int k = 0; k < 3; k++) {
			char byte = (char)(1 + random() % 255);

			text[(size_t)random() % (sizeof(text) - 1)] = byte;
		}
		if (load(place, text) < 0)
			assert_true(strlen(place->error.text) > 10);
		else
			assert_non_null(place->config);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults_are_those_of_the_manual),
		TEST(what_is_wrong_is_named_with_its_line),
		TEST(a_long_line_is_refused_and_not_cut),
		TEST(bytes_that_are_no_text_are_refused),
		TEST(a_missing_file_is_named),
		TEST(drop_ins_override_in_their_order),
		TEST(lists_grow_in_a_file_and_begin_anew_in_the_next),
		TEST(what_is_printed_reads_back_alike),
		TEST(random_bytes_never_crash_it),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
