/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/credential.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "azure/world.h"
#include "base/error.h"
#include "base/folder.h"
#include "base/mem.h"

/* What a fetch brought. */
struct result {
	unsigned calls;
	char token[128];
	int64_t lives_ms;
	struct failure failure;
	bool slowly;
};

static void on_fetched(const struct credential_reply *reply, void *user)
{
	struct result *result = user;

	result->calls++;
	result->token[0] = '\0';
	if (reply->token)
		strncat(result->token, secret_reveal(reply->token),
		        sizeof(result->token) - 1);
	result->lives_ms = reply->lives_ms;
	result->failure = reply->failure;
	result->slowly = reply->retry_slowly;
	assert_true(!reply->token == (reply->failure.class != FAILURE_NONE));
}

static struct result fetch(struct world *world, struct credential *credential)
{
	struct result result = { 0 };

	credential_fetch(credential, on_fetched, &result);
	assert_int_equal(result.calls, 0);
	fake_loop_run_ms(world->loop, 60000);
	assert_int_equal(result.calls, 1);
	return result;
}

static void refuses(const struct credential_options *options, const char *key)
{
	struct error error = { "" };

	assert_int_equal(credential_check(options, &error), -EINVAL);
	assert_non_null(strstr(error.text, key));
	assert_non_null(strstr(error.text, "[tenant contoso]"));
}

static void kinds_have_words(void **state)
{
	enum credential_kind kind;

	for (unsigned i = 0; i < CREDENTIAL_KIND_COUNT; i++) {
		const char *word =
			credential_kind_to_string((enum credential_kind)i);

		assert_int_equal(credential_kind_from_string(word, &kind), 0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(credential_kind_from_string("password", &kind),
	                 -EINVAL);
}

static void keys_that_lack_and_keys_too_many_are_named(void **state)
{
	struct credential_options options = {
		.kind = CREDENTIAL_CLIENT_SECRET,
		.tenant = "contoso",
		.tenant_id = "contoso.onmicrosoft.com",
		.client_id = WORLD_CLIENT,
	};

	assert_int_equal(credential_check(&options, NULL), 0);
	options.access_token_file = "/x";
	refuses(&options, "access_token_file=");
	options.access_token_file = "";
	options.client_id = NULL;
	refuses(&options, "client_id=");
	options.kind = CREDENTIAL_ACCESS_TOKEN;
	refuses(&options, "access_token_file=");
	options.access_token_file = "/x";
	assert_int_equal(credential_check(&options, NULL), 0);
	options.client_id = WORLD_CLIENT;
	refuses(&options, "client_id=");
}

static void a_tenant_id_is_a_guid_or_a_domain(void **state)
{
	static const char *const bad[] = {
		"../x", "a/b", "a b", "a_b", "..", "x?y", "\xc3\xa4",
	};
	struct credential_options options = {
		.kind = CREDENTIAL_CLIENT_SECRET,
		.tenant = "contoso",
		.client_id = WORLD_CLIENT,
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		options.tenant_id = bad[i];
		refuses(&options, "tenant_id=");
	}
}

static void the_form_holds_the_secret_encoded(void **state)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);
	struct result result = fetch(world, credential);
	const struct asked *asked = world_last(world, true);

	assert_string_equal(result.token, "token-1");
	assert_int_equal(result.lives_ms, 3600000 - 10);
	assert_string_equal(asked->method, "POST");
	assert_string_equal(asked->url,
	                    "https://login.microsoftonline.com/" WORLD_TENANT
	                    "/oauth2/v2.0/token");
	assert_string_equal(
		asked->body,
		"grant_type=client_credentials&client_id=" WORLD_CLIENT
		"&scope=https%3A%2F%2Fmanagement.azure.com%2F%2F.default"
		"&client_secret=s3cr%2Bt%2F~%3D%26%25%20value");
	assert_string_equal(asked->bearer, "");
	assert_non_null(strstr(asked->headers, "client-request-id: "));
	assert_non_null(
		strstr(asked->headers, "return-client-request-id: true\n"));
	assert_non_null(
		strstr(asked->headers,
	               "Content-Type: application/x-www-form-urlencoded\n"));
}

static void the_secret_is_read_at_each_fetch(void **state)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);

	fetch(world, credential);
	assert_false(credential_has_changed(credential));
	world_write("secret", "another");
	assert_true(credential_has_changed(credential));
	fetch(world, credential);
	assert_false(credential_has_changed(credential));
	assert_non_null(
		strstr(world_last(world, true)->body, "client_secret=another"));
	unlink(folder_path("secret"));
	assert_true(credential_has_changed(credential));
}

static void a_secret_that_is_not_there_is_told(void **state)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);
	struct result result;

	unlink(folder_path("secret"));
	result = fetch(world, credential);
	assert_int_equal(result.failure.class, FAILURE_CREDENTIAL);
	assert_true(result.slowly);
	assert_non_null(strstr(result.failure.message, "tenant contoso: "));
	assert_non_null(strstr(result.failure.message, folder_path("secret")));
	assert_false(credential_has_changed(credential));
	world_write("secret", "x");
	assert_true(credential_has_changed(credential));
	assert_int_equal(world->asked_authority, 0);
}

static struct credential *from_directory(struct world *world,
                                         const char *directory)
{
	return credential_new(world->loop, world->http,
	                      &(struct credential_options){
				      .kind = CREDENTIAL_CLIENT_SECRET,
				      .tenant = "contoso",
				      .tenant_id = WORLD_TENANT,
				      .client_id = WORLD_CLIENT,
				      .credentials_directory = directory,
				      .authority_host = "https://login.example",
				      .audience = "a",
				      .timeout_ms = 1000,
			      });
}

static void systemd_gives_the_secret_by_name(void **state)
{
	struct world *world = *state;
	scoped(string_free) char *directory = xstrdup(folder_path(""));
	scoped(credential_free) struct credential *credential =
		from_directory(world, directory);
	struct result result = fetch(world, credential);

	assert_non_null(strstr(result.failure.message, "jitd.client-secret"));
	world_write("jitd.client-secret", "for-all");
	assert_true(credential_has_changed(credential));
	fetch(world, credential);
	assert_non_null(strstr(world_last(world, true)->body, "for-all"));

	world_write("contoso.client-secret", "its-own");
	assert_true(credential_has_changed(credential));
	fetch(world, credential);
	assert_non_null(strstr(world_last(world, true)->body, "its-own"));
}

static void without_any_file_the_way_is_shown(void **state)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		from_directory(world, NULL);
	struct result result = fetch(world, credential);

	assert_non_null(strstr(result.failure.message, "LoadCredential="));
	assert_true(result.slowly);
	assert_false(credential_has_changed(credential));
}

static void known_codes_become_advice(void **state)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);
	scoped(string_free) char *body = world_document("entra-7000215.json");
	scoped(string_free) char *expected = NULL;
	struct result result;

	script_add(&world->authority,
	           (struct fake_answer){ .status = 401, .body = body });
	result = fetch(world, credential);
	expected = xasprintf(
		"tenant contoso: the authority refused the client secret in %s "
		"(AADSTS7000215, invalid client secret): put the secret's "
		"value, not its id, into that file",
		folder_path("secret"));
	assert_string_equal(result.failure.message, expected);
	assert_string_equal(result.failure.code, "AADSTS7000215");
	assert_string_equal(result.failure.correlation_id,
	                    "7b12f9bb-0000-42e3-ad75-eee69ec9088d");
	assert_int_equal(result.failure.http_status, 401);
	assert_int_equal(result.failure.class, FAILURE_CREDENTIAL);
	assert_true(result.slowly);
}

/* What an answer of that status and code does, by its body's number. */
static struct result answered(void **state, int status, const char *format,
                              int number)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);
	scoped(string_free) char *body = xasprintf(
		"{\"error\":\"%s\",\"error_description\":\"AADSTS%d: Said "
		"so.\\r\\nTrace ID: 1\",\"error_codes\":[%d]}",
		format, number, number);

	script_clear(&world->authority);
	script_add(&world->authority,
	           (struct fake_answer){ .status = status, .body = body });
	return fetch(world, credential);
}

static void rows_blame_what_was_refused(void **state)
{
	static const struct {
		int number;
		const char *words;
	} rows[] = {
		{ 7000222, "expired" },
		{ 700016, "client_id " WORLD_CLIENT },
		{ 90002, "tenant_id " WORLD_TENANT },
		{ 70011, "the audience https://management.azure.com/" },
		{ 900432, "cloud= in [azure]" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct result result =
			answered(state, 400, "invalid_request", rows[i].number);

		assert_non_null(strstr(result.failure.message, rows[i].words));
		assert_true(result.slowly);
	}
}

static void an_unknown_code_is_told_in_its_own_words(void **state)
{
	struct result result = answered(state, 400, "invalid_grant", 12345);

	assert_non_null(
		strstr(result.failure.message, "AADSTS12345: Said so."));
	assert_null(strstr(result.failure.message, "Trace"));
	assert_string_equal(result.failure.code, "AADSTS12345");
	assert_true(result.slowly);
}

static void the_number_may_stand_in_either_place(void **state)
{
	static const struct {
		const char *body;
		const char *code;
	} rows[] = {
		{ "{\"error\":\"x\",\"error_codes\":[7000222]}",
		  "AADSTS7000222" },
		{ "{\"error\":\"x\",\"error_codes\":[7000222],"
		  "\"error_description\":\"AADSTS1: a\"}",
		  "AADSTS7000222" },
		{ "{\"error\":\"x\",\"error_codes\":[],"
		  "\"error_description\":\"AADSTS7000222: a\"}",
		  "AADSTS7000222" },
		{ "{\"error\":\"x\",\"error_codes\":[-7],"
		  "\"error_description\":\"AADSTS7000222: a\"}",
		  "AADSTS7000222" },
		{ "{\"error\":\"x\",\"error_codes\":[\"y\"],"
		  "\"error_description\":\"AADSTS-5: a\"}",
		  "x" },
		{ "{\"error\":\"x\",\"error_description\":\"7000222\"}", "x" },
		{ "{}", "" },
	};
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		script_clear(&world->authority);
		script_add(&world->authority,
		           (struct fake_answer){ .status = 400,
		                                 .body = rows[i].body });
		assert_string_equal(fetch(world, credential).failure.code,
		                    rows[i].code);
	}
}

static void passing_faults_are_tried_again_soon(void **state)
{
	static const int passing[] = {
		90006, 90012, 90024, 90033, 50033, 90090, 90055, 50196, 90061,
	};

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		assert_false(answered(state, 400, "invalid_request", passing[i])
		                     .slowly);
	assert_false(answered(state, 400, "temporarily_unavailable", 1).slowly);
	assert_false(answered(state, 408, "x", 1).slowly);
	assert_false(answered(state, 429, "x", 7000215).slowly);
	assert_false(answered(state, 500, "x", 7000215).slowly);
	assert_false(answered(state, 503, "x", 7000215).slowly);
	assert_false(answered(state, 302, "x", 1).slowly);
	assert_true(answered(state, 400, "x", 1).slowly);
}

static void a_429_that_is_not_json_says_when(void **state)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);
	struct result result;

	script_add(&world->authority,
	           (struct fake_answer){ .status = 429,
	                                 .headers = "Retry-After: 60\n",
	                                 .body = "Too Many Requests" });
	result = fetch(world, credential);
	assert_int_equal(result.failure.retry_after_ms, 60000);
	assert_int_equal(result.failure.http_status, 429);
	assert_null(strstr(result.failure.message, "Too Many"));
	assert_false(result.slowly);
}

static void no_answer_is_told_with_the_host(void **state)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);
	struct result result;

	script_add(&world->authority,
	           (struct fake_answer){ .error = HTTP_NETWORK,
	                                 .error_text = "refused" });
	result = fetch(world, credential);
	assert_string_equal(result.failure.message,
	                    "tenant contoso: no answer from the authority at "
	                    "https://login.microsoftonline.com: refused");
	assert_int_equal(result.failure.class, FAILURE_CREDENTIAL);
	assert_int_equal(result.failure.http_status, 0);
	assert_false(result.slowly);
}

static void answers_that_are_no_token_are_refused(void **state)
{
#define TOKEN "\"access_token\":\"abc\""
#define TYPE  "\"token_type\":\"Bearer\""
#define ENDS  "\"expires_in\":3599"
	static const char *const bad[] = {
		"",
		"<html>",
		"[]",
		"{" TYPE "," ENDS "}",
		"{" TOKEN "," ENDS "}",
		"{" TOKEN "," TYPE "}",
		"{\"access_token\":\"\"," TYPE "," ENDS "}",
		"{\"access_token\":\"a b\"," TYPE "," ENDS "}",
		"{\"access_token\":\"a\\r\\nX: y\"," TYPE "," ENDS "}",
		"{\"access_token\":\"a\\u007f\"," TYPE "," ENDS "}",
		"{\"access_token\":\"\\u00e4\"," TYPE "," ENDS "}",
		"{\"access_token\":7," TYPE "," ENDS "}",
		"{" TOKEN ",\"token_type\":\"mac\"," ENDS "}",
		"{" TOKEN "," TYPE ",\"expires_in\":0}",
		"{" TOKEN "," TYPE ",\"expires_in\":-5}",
		"{" TOKEN "," TYPE ",\"expires_in\":1e12}",
		"{" TOKEN "," TYPE ",\"expires_in\":172801}",
		"{" TOKEN "," TYPE ",\"expires_in\":\"3599abc\"}",
		"{" TOKEN "," TYPE ",\"expires_in\":null}",
		"{" TOKEN "," TYPE ",\"expires_in\":3599} x",
	};
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct result result;

		script_clear(&world->authority);
		script_add(&world->authority,
		           (struct fake_answer){ .body = bad[i] });
		result = fetch(world, credential);
		assert_string_equal(result.token, "");
		assert_int_equal(result.failure.class, FAILURE_CREDENTIAL);
		assert_int_equal(result.failure.http_status, 200);
		assert_null(strstr(result.failure.message, "abc"));
		assert_false(result.slowly);
	}
}

static void numbers_may_be_written_as_text(void **state)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);

	script_add(&world->authority,
	           (struct fake_answer){ .body = "{" TOKEN
	                                         ",\"token_type\":\"bearer\","
	                                         "\"expires_in\":\"3599\"}" });
	assert_int_equal(fetch(world, credential).lives_ms, 3599000 - 10);
}

static void what_is_just_in_bounds_is_taken(void **state)
{
	static const char *const good[] = {
		"{\"access_token\":\"!a~\"," TYPE ",\"expires_in\":1}",
		"{\"access_token\":\"!a~\"," TYPE ",\"expires_in\":172800}",
	};
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		script_clear(&world->authority);
		script_add(&world->authority,
		           (struct fake_answer){ .body = good[i] });
		assert_string_equal(fetch(world, credential).token, "!a~");
	}
}

static void a_token_may_be_64_kib_and_no_longer(void **state)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);

	for (size_t size = 65536; size < 65538; size++) {
		scoped(string_free) char *token = xcalloc(size + 1, 1);
		scoped(string_free) char *body = NULL;

		memset(token, 'x', size);
		body = xasprintf("{\"access_token\":\"%s\"," TYPE "," ENDS "}",
		                 token);
		script_clear(&world->authority);
		script_add(&world->authority,
		           (struct fake_answer){ .body = body });
		assert_int_equal(fetch(world, credential).failure.class,
		                 size == 65536 ? FAILURE_NONE
		                               : FAILURE_CREDENTIAL);
	}
}

/* An authority that echoes what it was sent. */
static void no_failure_repeats_the_secret(void **state)
{
	static const char *const fronts[] = {
		"{\"error\":\"",
		"{\"error\":\"x\",\"error_description\":\"no: ",
		"{\"error\":\"x\",\"correlation_id\":\"",
		"",
	};
	static const char *const echoes[] = { WORLD_SECRET,
		                              "s3cr%2Bt%2F~%3D%26%25%20value" };
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);

	for (size_t i = 0; i < 8; i++) {
		scoped(string_free) char *body =
			xasprintf("%s%s\"}", fronts[i / 2], echoes[i % 2]);
		struct result result;

		script_clear(&world->authority);
		script_add(&world->authority,
		           (struct fake_answer){ .status = 400, .body = body });
		result = fetch(world, credential);
		assert_null(strstr(result.failure.message, "s3cr"));
		assert_null(strstr(result.failure.code, "s3cr"));
		assert_null(strstr(result.failure.correlation_id, "s3cr"));
	}
}

static void what_is_told_is_clean_and_short(void **state)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);
	struct result result;

	script_add(&world->authority,
	           (struct fake_answer){
			   .status = 400,
			   .body = "{\"error\":\"a\\u001b[2Jb\",\"error_"
				   "description\":\"x\\u0007y\\u001b["
				   "31m\\nsecond\"}" });
	result = fetch(world, credential);
	assert_non_null(strstr(result.failure.message, "x?y?[31m"));
	assert_null(strstr(result.failure.message, "second"));
	assert_string_equal(result.failure.code, "a?[2Jb");
}

static void a_time_in_the_description_is_not_told(void **state)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_client_secret(world);
	scoped(string_free) char *body = world_document("entra-700024.json");
	struct result result;

	script_add(&world->authority,
	           (struct fake_answer){ .status = 401, .body = body });
	result = fetch(world, credential);
	assert_non_null(strstr(result.failure.message, "clock"));
	assert_null(strstr(result.failure.message, "2026"));
}

static void a_fetch_that_is_cancelled_says_nothing(void **state)
{
	struct world *world = *state;
	struct credential *kinds[] = {
		world_client_secret(world),
		world_access_token(world, "opaque"),
	};

	credential_free(NULL);

	for (size_t i = 0; i < 2; i++) {
		struct result result = { 0 }, next;

		credential_fetch(kinds[i], on_fetched, &result);
		credential_cancel(kinds[i]);
		credential_cancel(kinds[i]);
		next = fetch(world, kinds[i]);
		assert_int_equal(result.calls, 0);
		assert_int_equal(next.failure.class, FAILURE_NONE);
		credential_fetch(kinds[i], on_fetched, &result);
		credential_free(kinds[i]);
		fake_loop_run_ms(world->loop, 60000);
		assert_int_equal(result.calls, 0);
	}
}

static void the_token_of_a_file_is_opaque(void **state)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_access_token(world, " \n\topaque.token_of-mine~+/=\r\n");
	struct result result = fetch(world, credential);

	assert_string_equal(result.token, "opaque.token_of-mine~+/=");
	assert_int_equal(result.lives_ms, 0);
	assert_int_equal(credential_kind(credential), CREDENTIAL_ACCESS_TOKEN);
	assert_string_equal(credential_tenant(credential), "contoso");
	assert_int_equal(fake_http_requests(world->http), 0);
}

static void a_file_without_one_printable_word_is_refused(void **state)
{
	static const char *const bad[] = { "",     " \n",   "a b",
		                           "a\nb", "a\x01", "\xc3\xa4" };
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scoped(credential_free) struct credential *credential =
			world_access_token(world, bad[i]);
		struct result result = fetch(world, credential);

		assert_int_equal(result.failure.class, FAILURE_CREDENTIAL);
		assert_non_null(
			strstr(result.failure.message, folder_path("token")));
		assert_true(result.slowly);
	}
}

static void a_refused_token_waits_for_another_file(void **state)
{
	struct world *world = *state;
	scoped(credential_free) struct credential *credential =
		world_access_token(world, "old");
	scoped(secret_free) struct secret *old = secret_new("old", 3);
	scoped(string_free) char *expected =
		xasprintf("tenant contoso: the token in %s was refused by ARM: "
	                  "write a new one into it",
	                  folder_path("token"));
	struct result result = fetch(world, credential);

	assert_string_equal(result.token, "old");
	credential_refused(credential, old);
	result = fetch(world, credential);
	assert_string_equal(result.failure.message, expected);
	assert_true(result.slowly);
	world_write("token", "new");
	assert_true(credential_has_changed(credential));
	assert_string_equal(fetch(world, credential).token, "new");
}

#define world_test(name) \
	cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_have_words),
		cmocka_unit_test(keys_that_lack_and_keys_too_many_are_named),
		cmocka_unit_test(a_tenant_id_is_a_guid_or_a_domain),
		world_test(the_form_holds_the_secret_encoded),
		world_test(the_secret_is_read_at_each_fetch),
		world_test(a_secret_that_is_not_there_is_told),
		world_test(systemd_gives_the_secret_by_name),
		world_test(without_any_file_the_way_is_shown),
		world_test(known_codes_become_advice),
		world_test(rows_blame_what_was_refused),
		world_test(an_unknown_code_is_told_in_its_own_words),
		world_test(the_number_may_stand_in_either_place),
		world_test(passing_faults_are_tried_again_soon),
		world_test(a_429_that_is_not_json_says_when),
		world_test(no_answer_is_told_with_the_host),
		world_test(answers_that_are_no_token_are_refused),
		world_test(numbers_may_be_written_as_text),
		world_test(what_is_just_in_bounds_is_taken),
		world_test(a_token_may_be_64_kib_and_no_longer),
		world_test(no_failure_repeats_the_secret),
		world_test(what_is_told_is_clean_and_short),
		world_test(a_time_in_the_description_is_not_told),
		world_test(a_fetch_that_is_cancelled_says_nothing),
		world_test(the_token_of_a_file_is_opaque),
		world_test(a_file_without_one_printable_word_is_refused),
		world_test(a_refused_token_waits_for_another_file),
	};

	return cmocka_run_group_tests_name("credential", tests, NULL, NULL);
}
