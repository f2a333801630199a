/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/token.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "azure/world.h"
#include "base/chance.h"
#include "base/folder.h"
#include "base/mem.h"
#include "base/text.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* What waiters and changed() were told. */
struct told {
	unsigned calls;
	unsigned well;
	struct failure failure;
	struct token *frees; /* to be freed by the first who is told */
	unsigned order[1000];
};

struct waiter {
	struct told *told;
	unsigned number;
};

static void on_told(const struct failure *failure, void *user)
{
	struct told *told = user;

	told->calls++;
	told->well += !failure;
	if (failure)
		told->failure = *failure;
	token_free(steal(told->frees));
}

static void on_told_in_order(const struct failure *failure, void *user)
{
	struct waiter *waiter = user;

	waiter->told->order[waiter->told->calls] = waiter->number;
	on_told(failure, waiter->told);
}

static void on_changed(struct token *token, void *user)
{
	const struct failure *failure = token_failure(token);

	on_told(failure, user);
}

/* Waits as long as it takes, and returns what was told. */
static struct told wait_for(struct world *world, struct token *token)
{
	struct told told = { 0 };

	token_wait(token, on_told, &told);
	assert_int_equal(told.calls, 0);
	fake_loop_run_ms(world->loop, 100);
	assert_int_equal(told.calls, 1);
	return told;
}

static const char *text_of(struct token *token)
{
	const struct secret *secret = token_get(token);

	return secret ? secret_reveal(secret) : NULL;
}

/* What arm does with a token that was refused, or taken. */
static void refuse(struct token *token, const char *text)
{
	scoped(secret_free) struct secret *copy =
		secret_new(text, strlen(text));

	token_refused(token, copy);
}

static void accept(struct token *token, const char *text)
{
	scoped(secret_free) struct secret *copy =
		secret_new(text, strlen(text));

	token_accepted(token, copy);
}

static const struct fake_answer unwell = { .status = 503, .body = "no" };
static const struct fake_answer denied = {
	.status = 401,
	.body = "{\"error\":\"invalid_client\",\"error_codes\":[7000215]}",
};
static const struct fake_answer well = { .status = 200 };

/* When the authority was asked, from the first time on, less one another. */
static int64_t pause_ms(const struct world *world, size_t index)
{
	return world->asked[index + 1].at_ms - world->asked[index].at_ms;
}

static void a_thousand_waiters_are_one_request(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);
	struct waiter waiters[1000];
	struct told told = { 0 };

	assert_int_equal(token_state(token), TOKEN_NONE);
	assert_null(token_get(token));
	for (unsigned i = 0; i < 1000; i++) {
		waiters[i] = (struct waiter){ &told, i };
		token_wait(token, on_told_in_order, &waiters[i]);
	}
	assert_int_equal(token_state(token), TOKEN_FETCHING);
	assert_int_equal(told.calls, 0);
	fake_loop_run_ms(world->loop, 100);
	assert_int_equal(told.well, 1000);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(told.order[i], i);
	assert_int_equal(fake_http_requests(world->http), 1);
	assert_string_equal(text_of(token), "token-1");
	assert_int_equal(token_state(token), TOKEN_READY);
	assert_null(token_failure(token));
}

static void who_waits_for_what_is_there_is_told_later(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);

	wait_for(world, token);
	assert_int_equal(wait_for(world, token).well, 1);
	assert_int_equal(fake_http_requests(world->http), 1);
}

static void a_wait_that_is_cancelled_is_not_told(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);
	struct told told = { 0 };
	struct token_wait *waits[3];

	for (size_t i = 0; i < 3; i++)
		waits[i] = token_wait(token, on_told, &told);
	token_wait_cancel(waits[1]);
	token_wait_cancel(NULL);
	token_free(NULL);
	fake_loop_run_ms(world->loop, 100);
	assert_int_equal(told.calls, 2);
}

static void it_may_be_freed_by_whom_it_tells(void **state)
{
	struct world *world = *state;

	for (int i = 0; i < 2; i++) {
		struct told told = { 0 };

		told.frees = token_new(world->loop, world_client_secret(world),
		                       i ? on_changed : NULL, &told);
		token_wait(told.frees, on_told, &told);
		token_wait(told.frees, on_told, &told);
		fake_loop_run_ms(world->loop, HOUR);
		assert_int_equal(told.calls, 1);
	}
}

static void it_is_renewed_ahead_and_the_old_one_serves(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);

	wait_for(world, token);
	/* Five minutes ahead of the end, and up to a tenth of that time. */
	fake_loop_run_ms(world->loop, 49 * MINUTE);
	assert_int_equal(fake_http_requests(world->http), 1);
	fake_loop_run_ms(world->loop, 6 * MINUTE + 5 * SECOND);
	assert_int_equal(fake_http_requests(world->http), 2);
	assert_string_equal(text_of(token), "token-2");
}

static void the_old_one_serves_while_the_new_one_is_fetched(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);

	wait_for(world, token);
	script_add(&world->authority,
	           (struct fake_answer){ .status = 200, .delay_ms = 20000 });
	while (fake_http_requests(world->http) == 1)
		fake_loop_run_ms(world->loop, SECOND);
	assert_string_equal(text_of(token), "token-1");
	assert_int_equal(token_state(token), TOKEN_READY);
	assert_int_equal(wait_for(world, token).well, 1);
}

static void the_old_one_serves_while_renewal_fails(void **state)
{
	struct world *world = *state;
	struct told changes = { 0 };
	scoped(token_free) struct token *token = token_new(
		world->loop, world_client_secret(world), on_changed, &changes);

	wait_for(world, token);
	assert_int_equal(changes.well, 1);
	script_add(&world->authority, unwell);
	fake_loop_run_ms(world->loop, 56 * MINUTE);
	assert_int_equal(token_state(token), TOKEN_READY);
	assert_non_null(token_failure(token));
	assert_int_equal(changes.calls, 2);
	assert_int_equal(wait_for(world, token).well, 1);
	assert_string_equal(text_of(token), "token-1");

	fake_loop_run_ms(world->loop, 4 * MINUTE);
	assert_null(token_get(token));
	assert_int_equal(token_state(token), TOKEN_FAILED);
	assert_int_equal(token_expires_unix_ms(token), 0);
	assert_int_equal(wait_for(world, token).failure.class,
	                 FAILURE_CREDENTIAL);

	script_clear(&world->authority);
	fake_loop_run_ms(world->loop, MINUTE);
	assert_int_equal(token_state(token), TOKEN_READY);
	assert_null(token_failure(token));
	assert_int_equal(changes.calls, 3);
	assert_int_equal(changes.well, 2);
}

/* The pause ahead of each renewal of a token of that life, ten of them. */
static void renewals_come_within(void **state, int lives_s, int64_t least_ms,
                                 int64_t most_ms)
{
	struct world *world = *state;
	scoped(string_free) char *body =
		xasprintf("{\"token_type\":\"Bearer\",\"expires_in\":%d,"
	                  "\"access_token\":\"x\"}",
	                  lives_s);
	size_t first = fake_http_requests(world->http);
	struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);

	script_clear(&world->authority);
	script_add(&world->authority, (struct fake_answer){ .body = body });
	wait_for(world, token);
	fake_loop_run_ms(world->loop, 11 * most_ms);
	for (size_t i = first; i < first + 10; i++)
		assert_in_range(pause_ms(world, i), least_ms, most_ms + 10);
	token_free(token);
}

static void renewal_goes_by_the_life(void **state)
{
	renewals_come_within(state, 24 * 3600, 648 * MINUTE, 12 * HOUR);
	renewals_come_within(state, 5400, 76 * MINUTE, 85 * MINUTE);
	renewals_come_within(state, 3600, 49 * MINUTE, 55 * MINUTE);
	renewals_come_within(state, 300, 135 * SECOND, 150 * SECOND);
	renewals_come_within(state, 1, 440, 500);
}

static void it_is_not_given_at_its_very_end(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);

	wait_for(world, token);
	script_add(&world->authority, unwell);
	fake_loop_run_ms(world->loop, HOUR - 31 * SECOND);
	assert_non_null(token_get(token));
	fake_loop_run_ms(world->loop, 2 * SECOND);
	assert_null(token_get(token));
}

static void soon_is_a_second_that_doubles_to_a_minute(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);
	int64_t least_ms = SECOND;

	script_add(&world->authority, unwell);
	wait_for(world, token);
	fake_loop_run_ms(world->loop, 20 * MINUTE);
	for (size_t i = 0; i < 20; i++) {
		assert_in_range(pause_ms(world, i), least_ms,
		                least_ms * 5 / 4 + 10);
		assert_in_range(pause_ms(world, i), 1, MINUTE + 10);
		least_ms = least_ms < 32 * SECOND ? 2 * least_ms : 48 * SECOND;
	}
}

static void slowly_is_five_to_fifteen_minutes(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);

	script_add(&world->authority, denied);
	wait_for(world, token);
	fake_loop_run_ms(world->loop, 5 * HOUR);
	assert_in_range(fake_http_requests(world->http), 20, 30);
	for (size_t i = 0; i < 15; i++)
		assert_in_range(pause_ms(world, i), 5 * MINUTE,
		                15 * MINUTE + 10);
	assert_in_range(pause_ms(world, 10), 12 * MINUTE, 15 * MINUTE + 10);
}

static void a_success_forgets_the_failures(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);

	for (int i = 0; i < 5; i++)
		script_add(&world->authority, unwell);
	script_add(&world->authority, well);
	script_add(&world->authority, unwell);
	wait_for(world, token);
	fake_loop_run_ms(world->loop, 2 * HOUR);
	assert_in_range(pause_ms(world, 6), SECOND, 2 * SECOND);
}

static void retry_after_is_a_floor(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);

	script_add(&world->authority,
	           (struct fake_answer){ .status = 429,
	                                 .headers = "Retry-After: 600\n" });
	wait_for(world, token);
	fake_loop_run_ms(world->loop, 59 * MINUTE);
	assert_in_range(pause_ms(world, 0), 600 * SECOND, 601 * SECOND);
	assert_int_equal(fake_http_requests(world->http), 6);
}

static void who_waits_in_back_off_is_told_at_once(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);
	struct told told = { 0 };

	script_add(&world->authority, denied);
	wait_for(world, token);
	for (int i = 0; i < 10000; i++)
		token_wait(token, on_told, &told);
	fake_loop_run_ms(world->loop, 0);
	assert_int_equal(told.calls, 10000);
	assert_int_equal(told.well, 0);
	assert_string_equal(told.failure.code, "AADSTS7000215");
	assert_int_equal(fake_http_requests(world->http), 1);
}

static void a_new_file_ends_the_back_off(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);

	script_add(&world->authority, denied);
	script_add(&world->authority, well);
	wait_for(world, token);
	fake_loop_run_ms(world->loop, MINUTE);
	assert_int_equal(token_state(token), TOKEN_FAILED);
	world_write("secret", "the new one");
	fake_loop_run_ms(world->loop, 5 * SECOND + 10);
	assert_int_equal(token_state(token), TOKEN_READY);
	assert_int_equal(fake_http_requests(world->http), 2);
}

static void failures_in_a_row_are_counted(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);
	int64_t began_unix_ms;

	assert_int_equal(token_failures(token), 0);
	assert_int_equal(token_failing_unix_ms(token), 0);
	script_add(&world->authority, unwell);
	wait_for(world, token);
	began_unix_ms = loop_wall_unix_ms(world->loop);
	fake_loop_run_ms(world->loop, 10 * SECOND);
	assert_int_equal(token_failures(token), 4);
	assert_in_range(token_failing_unix_ms(token), began_unix_ms - 100,
	                began_unix_ms);
	script_clear(&world->authority);
	fake_loop_run_ms(world->loop, MINUTE);
	assert_int_equal(token_failures(token), 0);
	assert_int_equal(token_failing_unix_ms(token), 0);
}

static void changed_is_called_once_for_a_cause(void **state)
{
	struct world *world = *state;
	struct told changes = { 0 };
	scoped(token_free) struct token *token = token_new(
		world->loop, world_client_secret(world), on_changed, &changes);

	script_add(&world->authority,
	           (struct fake_answer){ .error = HTTP_NETWORK,
	                                 .error_text = "refused in 5 ms" });
	script_add(&world->authority,
	           (struct fake_answer){ .error = HTTP_NETWORK,
	                                 .error_text = "refused in 17 ms" });
	wait_for(world, token);
	fake_loop_run_ms(world->loop, HOUR);
	assert_int_equal(changes.calls, 1);

	script_add(&world->authority, denied);
	fake_loop_run_ms(world->loop, 10 * HOUR);
	assert_int_equal(changes.calls, 2);
	assert_string_equal(changes.failure.code, "AADSTS7000215");
	script_clear(&world->authority);
	fake_loop_run_ms(world->loop, 10 * HOUR);
	assert_int_equal(changes.calls, 3);
	assert_int_equal(changes.well, 1);
}

static void steps_of_the_wall_clock_do_not_matter(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);
	int64_t expires_ms;

	wait_for(world, token);
	expires_ms = token_expires_unix_ms(token);
	assert_in_range(expires_ms - loop_wall_unix_ms(world->loop),
	                59 * MINUTE, HOUR);
	for (int day = -1; day <= 1; day += 2) {
		fake_loop_step_wall(world->loop, day * 24 * HOUR);
		assert_string_equal(text_of(token), "token-1");
		fake_loop_run_ms(world->loop, 10 * MINUTE);
		assert_int_equal(fake_http_requests(world->http), 1);
		assert_int_equal(token_expires_unix_ms(token),
		                 day < 0 ? expires_ms - 24 * HOUR : expires_ms);
	}
	fake_loop_run_ms(world->loop, 36 * MINUTE);
	assert_int_equal(fake_http_requests(world->http), 2);
}

static void a_refused_token_is_fetched_anew_once(void **state)
{
	struct world *world = *state;
	struct told changes = { 0 };
	scoped(token_free) struct token *token = token_new(
		world->loop, world_client_secret(world), on_changed, &changes);

	wait_for(world, token);
	for (int i = 0; i < 10; i++)
		refuse(token, "token-1");
	assert_null(token_get(token));
	assert_int_equal(wait_for(world, token).well, 1);
	for (int i = 0; i < 10; i++)
		refuse(token, "token-1");
	assert_string_equal(text_of(token), "token-2");
	assert_int_equal(fake_http_requests(world->http), 2);
	assert_int_equal(changes.calls, 1);
}

static void refused_again_and_again_it_makes_no_loop(void **state)
{
	struct world *world = *state;
	struct told changes = { 0 }, told = { 0 };
	scoped(token_free) struct token *token = token_new(
		world->loop, world_client_secret(world), on_changed, &changes);

	/* Ten minutes in which whatever there is is used and refused. */
	for (int i = 0; i < 6000; i++) {
		const char *text = text_of(token);

		if (text)
			refuse(token, text);
		else
			token_wait(token, on_told, &told);
		fake_loop_run_ms(world->loop, 100);
	}
	assert_in_range(fake_http_requests(world->http), 20, 22);
	for (size_t i = 1; i < 19; i++)
		assert_in_range(pause_ms(world, i), 30 * SECOND, 31 * SECOND);
	assert_int_equal(told.failure.class, FAILURE_CREDENTIAL);
	assert_non_null(strstr(told.failure.message,
	                       "ARM refused a token that the authority has "
	                       "just given"));
	/* At first there was one; since then nothing new is to be told. */
	assert_int_equal(changes.calls, 2);
	assert_non_null(token_failure(token));

	/* Until ARM has taken one. */
	fake_loop_run_ms(world->loop, 31 * SECOND);
	assert_non_null(token_get(token));
	assert_non_null(token_failure(token));
	assert_int_equal(wait_for(world, token).well, 1);
	accept(token, text_of(token));
	fake_loop_run_ms(world->loop, 10);
	assert_null(token_failure(token));
	assert_int_equal(changes.calls, 3);
	assert_int_equal(changes.well, 2);
}

static void a_failure_of_another_kind_ends_the_trial(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);

	wait_for(world, token);
	refuse(token, "token-1");
	wait_for(world, token);
	refuse(token, "token-2");
	script_add(&world->authority, unwell);
	script_add(&world->authority, well);
	fake_loop_run_ms(world->loop, 30 * SECOND + 500);
	assert_int_equal(token_failure(token)->http_status, 503);
	fake_loop_run_ms(world->loop, 2 * SECOND);
	assert_string_equal(text_of(token), "token-3");
	assert_null(token_failure(token));
}

static void one_that_others_use_well_is_not_dropped_again(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);

	wait_for(world, token);
	refuse(token, "token-1");
	wait_for(world, token);
	accept(token, "token-1");
	accept(token, "token-2");
	refuse(token, "token-2");
	assert_string_equal(text_of(token), "token-2");
	assert_null(token_failure(token));
	fake_loop_run_ms(world->loop, 31 * SECOND);
	refuse(token, "token-2");
	assert_int_equal(wait_for(world, token).well, 1);
	assert_string_equal(text_of(token), "token-3");

	/* That the one before was taken says nothing of this one. */
	refuse(token, "token-3");
	assert_null(token_get(token));
	assert_non_null(token_failure(token));
}

static void that_another_one_was_taken_says_nothing(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);

	wait_for(world, token);
	refuse(token, "token-1");
	wait_for(world, token);
	accept(token, "token-1");
	refuse(token, "token-2");
	assert_null(token_get(token));
}

static void that_it_was_taken_does_not_mend_its_renewal(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);

	wait_for(world, token);
	script_add(&world->authority, unwell);
	fake_loop_run_ms(world->loop, 56 * MINUTE);
	assert_non_null(token_failure(token));
	accept(token, "token-1");
	assert_non_null(token_failure(token));
}

static void a_refused_file_is_told_and_heals_by_a_new_one(void **state)
{
	struct world *world = *state;
	struct told changes = { 0 };
	scoped(token_free) struct token *token =
		token_new(world->loop, world_access_token(world, "old"),
	                  on_changed, &changes);

	wait_for(world, token);
	assert_string_equal(text_of(token), "old");
	assert_int_equal(token_expires_unix_ms(token), 0);
	refuse(token, "old");
	assert_non_null(strstr(wait_for(world, token).failure.message,
	                       "was refused by ARM"));
	assert_int_equal(token_state(token), TOKEN_FAILED);
	fake_loop_run_ms(world->loop, HOUR);
	assert_int_equal(changes.calls, 2);

	/* At once, whatever came just before. */
	for (int i = 0; i < 3; i++) {
		scoped(string_free) char *text = xasprintf("new-%d", i);

		world_write("token", text);
		fake_loop_run_ms(world->loop, 5 * SECOND);
		assert_string_equal(text_of(token), text);
		refuse(token, text);
		fake_loop_run_ms(world->loop, SECOND);
		assert_int_equal(token_state(token), TOKEN_FAILED);
	}
}

static void a_file_that_others_use_well_is_not_given_up_at_once(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token = token_new(
		world->loop, world_access_token(world, "old"), NULL, NULL);

	wait_for(world, token);
	accept(token, "old");
	for (int i = 0; i < 10; i++) {
		refuse(token, "old");
		fake_loop_run_ms(world->loop, 20 * SECOND);
		accept(token, "old");
	}
	assert_int_equal(token_state(token), TOKEN_READY);
	refuse(token, "old");
	fake_loop_run_ms(world->loop, 31 * SECOND);
	refuse(token, "old");
	fake_loop_run_ms(world->loop, SECOND);
	assert_int_equal(token_state(token), TOKEN_FAILED);
}

static void a_file_is_read_again_when_it_changes(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token = token_new(
		world->loop, world_access_token(world, "old"), NULL, NULL);

	wait_for(world, token);
	fake_loop_run_ms(world->loop, HOUR);
	world_write("token", "not a token");
	fake_loop_run_ms(world->loop, 6 * SECOND);
	assert_string_equal(text_of(token), "old");
	assert_non_null(token_failure(token));
	unlink(folder_path("token"));
	fake_loop_run_ms(world->loop, 6 * SECOND);
	assert_string_equal(text_of(token), "old");
	world_write("token", "new");
	fake_loop_run_ms(world->loop, 6 * SECOND);
	assert_string_equal(text_of(token), "new");
	assert_null(token_failure(token));
}

static void what_is_lent_lasts_for_the_turn(void **state)
{
	struct world *world = *state;
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);
	const struct secret *lent;

	wait_for(world, token);
	lent = token_get(token);
	refuse(token, "token-1");
	assert_string_equal(secret_reveal(lent), "token-1");
}

static void states_have_words(void **state)
{
	assert_string_equal(token_state_to_string(TOKEN_NONE), "none");
	assert_string_equal(token_state_to_string(TOKEN_FETCHING), "fetching");
	assert_string_equal(token_state_to_string(TOKEN_READY), "ready");
	assert_string_equal(token_state_to_string(TOKEN_FAILED), "failed");
}

/* A year with everything in it: whoever waits is told once and soon, there is
 * one request at a time, and no more of them than back-off and refusals
 * allow. */
static void whatever_happens_waiters_are_told(void **state)
{
	static const struct fake_answer kinds[] = {
		{ .status = 200 },
		{ .status = 200 },
		{ .status = 200, .delay_ms = 20000 },
		{ .status = 200, .body = "junk" },
		{ .status = 503 },
		{ .status = 429, .headers = "Retry-After: 7\n" },
		{ .status = 400, .body = "{\"error\":\"invalid\"}" },
		{ .error = HTTP_TIMEOUT, .error_text = "late" },
		{ .status = 200, .delay_ms = 40000 },
	};
	struct world *world = *state;
	struct told told = { 0 };
	scoped(token_free) struct token *token =
		token_new(world->loop, world_client_secret(world), NULL, NULL);
	unsigned waits = 0;

	for (int i = 0; i < 5000; i++) {
		scoped(string_free) char *text = NULL;

		script_clear(&world->authority);
		script_add(&world->authority, kinds[chance_below(9)]);
		text = xstrdup(text_of(token));
		switch (chance_below(8)) {
		case 0:
			if (text)
				refuse(token, text);
			break;
		case 1:
			if (text)
				accept(token, text);
			break;
		case 2:
			token_wait_cancel(token_wait(token, on_told, &told));
			break;
		case 3:
			fake_loop_run_ms(world->loop,
			                 (int64_t)chance_below(50 * MINUTE));
			break;
		default:
			token_wait(token, on_told, &told);
			waits++;
		}
		fake_loop_run_ms(world->loop,
		                 (int64_t)chance_below(40 * SECOND));
		if (chance_below(10) == 0) {
			fake_loop_run_ms(world->loop, 31 * SECOND);
			assert_int_equal(told.calls, waits);
		}
		assert_true(!token_get(token) ==
		            (token_state(token) != TOKEN_READY));
	}
	assert_int_equal(fake_http_most_in_flight(world->http), 1);
	assert_in_range(told.well, waits / 4, waits - 1);
}

#define world_test(name) \
	cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_thousand_waiters_are_one_request),
		world_test(who_waits_for_what_is_there_is_told_later),
		world_test(a_wait_that_is_cancelled_is_not_told),
		world_test(it_may_be_freed_by_whom_it_tells),
		world_test(it_is_renewed_ahead_and_the_old_one_serves),
		world_test(the_old_one_serves_while_the_new_one_is_fetched),
		world_test(the_old_one_serves_while_renewal_fails),
		world_test(renewal_goes_by_the_life),
		world_test(it_is_not_given_at_its_very_end),
		world_test(soon_is_a_second_that_doubles_to_a_minute),
		world_test(slowly_is_five_to_fifteen_minutes),
		world_test(a_success_forgets_the_failures),
		world_test(retry_after_is_a_floor),
		world_test(who_waits_in_back_off_is_told_at_once),
		world_test(a_new_file_ends_the_back_off),
		world_test(failures_in_a_row_are_counted),
		world_test(changed_is_called_once_for_a_cause),
		world_test(steps_of_the_wall_clock_do_not_matter),
		world_test(a_refused_token_is_fetched_anew_once),
		world_test(refused_again_and_again_it_makes_no_loop),
		world_test(a_failure_of_another_kind_ends_the_trial),
		world_test(one_that_others_use_well_is_not_dropped_again),
		world_test(that_another_one_was_taken_says_nothing),
		world_test(that_it_was_taken_does_not_mend_its_renewal),
		world_test(a_refused_file_is_told_and_heals_by_a_new_one),
		world_test(a_file_that_others_use_well_is_not_given_up_at_once),
		world_test(a_file_is_read_again_when_it_changes),
		world_test(what_is_lent_lasts_for_the_turn),
		cmocka_unit_test(states_have_words),
		world_test(whatever_happens_waiters_are_told),
	};

	return cmocka_run_group_tests_name("token", tests, chance_begin, NULL);
}
