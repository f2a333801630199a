/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/intern.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/ledger.h"
#include "core/subscription.h"
#include "store/fixture.h"

static void by_hand(const char *sql)
{
	sqlite3 *database;

	assert_int_equal(sqlite3_open(fixture_path(""), &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL),
	                 SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void put(struct store *store, const struct subscription *subscription)
{
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_put_subscription(store, subscription, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
}

static struct ledger *load(struct store *store)
{
	struct ledger *ledger = fixture_ledger();

	assert_int_equal(store_load(store, ledger, NULL), 0);
	return ledger;
}

static void assert_text(const char *a, const char *b)
{
	assert_string_equal(a ? a : "(none)", b ? b : "(none)");
}

static void assert_place(const char *a, const char *b, const char *id)
{
	char text_a[VERDICT_TEXT_SIZE], text_b[VERDICT_TEXT_SIZE];

	assert_text(verdict_text(a, id, text_a), verdict_text(b, id, text_b));
}

static void assert_same_verdict(const struct verdict *a,
                                const struct verdict *b, const char *id)
{
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->caveats, b->caveats);
	assert_int_equal(a->inherited, b->inherited);
	assert_text(a->value, b->value);
	assert_place(a->assignment_id, b->assignment_id, id);
	assert_place(a->assignment_name, b->assignment_name, id);
	assert_place(a->scope, b->scope, id);
	assert_text(a->definition_id, b->definition_id);
	assert_text(a->enforcement_mode, b->enforcement_mode);
	assert_text(a->changed_by, b->changed_by);
	assert_text(a->changed_on, b->changed_on);
}

static void assert_same(const struct subscription *a,
                        const struct subscription *b)
{
	assert_string_equal(a->id, b->id);
	assert_text(a->name, b->name);
	assert_text(a->tenant, b->tenant);
	assert_text(a->tenant_id, b->tenant_id);
	assert_text(a->azure_state, b->azure_state);
	assert_same_verdict(&a->verdict, &b->verdict, a->id);
	assert_int_equal(a->previous.state, b->previous.state);
	assert_int_equal(a->previous.reason, b->previous.reason);
	assert_text(a->previous.value, b->previous.value);
	assert_int_equal(a->previous.until_unix_ms, b->previous.until_unix_ms);
	assert_int_equal(a->found_unix_ms, b->found_unix_ms);
	assert_int_equal(a->since_unix_ms, b->since_unix_ms);
	assert_int_equal(a->checked_unix_ms, b->checked_unix_ms);
	assert_int_equal(a->stale_told, b->stale_told);
}

static const char *random_text(char *out, const char *id)
{
	switch (fixture_random() % 8) {
	case 0:
		return NULL;
	case 1:
		return "";
	case 2:
		return "gr\xc3\xbc\xc3\x9f *\\* 'dich' \"\n%s";
	case 3:
		snprintf(out, 64, "/subscriptions/%s/x", id);
		return out;
	default:
		snprintf(out, 64, "text %u", (unsigned)fixture_random() % 100);
		return out;
	}
}

static int64_t random_time(void)
{
	return fixture_random() % 4 ? (int64_t)(fixture_random() >> 22) : 0;
}

static void random_verdict(struct ledger *ledger,
                           struct subscription *subscription)
{
	char texts[8][64];
	const char *id = subscription->id;
	struct verdict verdict = {
		.state = (enum state)(1 + fixture_random() % (STATE_COUNT - 1)),
		.reason = (enum reason)(1 +
		                        fixture_random() % (REASON_COUNT - 1)),
		.caveats = (unsigned)(fixture_random() % (1u << CAVEAT_COUNT)),
		.inherited = fixture_random() % 2,
		.value = random_text(texts[0], id),
		.assignment_id = random_text(texts[1], id),
		.assignment_name = random_text(texts[2], id),
		.scope = random_text(texts[3], id),
		.definition_id = random_text(texts[4], id),
		.enforcement_mode = random_text(texts[5], id),
		.changed_by = random_text(texts[6], id),
		.changed_on = random_text(texts[7], id),
	};

	subscription->verdict = verdict_take(ledger_pool(ledger), &verdict, id);
	subscription->since_unix_ms = random_time();
	subscription->checked_unix_ms = random_time();
}

static void fill_at_random(struct ledger *ledger,
                           struct subscription *subscription)
{
	struct intern *pool = ledger_pool(ledger);
	const char *id = subscription->id;
	char text[64];

	subscription->name = intern_take(pool, random_text(text, id));
	subscription->tenant = intern_take(pool, random_text(text, id));
	subscription->tenant_id = intern_take(pool, random_text(text, id));
	subscription->azure_state = intern_take(pool, random_text(text, id));
	if (fixture_random() % 4)
		random_verdict(ledger, subscription);
	subscription->previous = (struct subscription_previous){
		.state = (enum state)(fixture_random() % STATE_COUNT),
		.reason = (enum reason)(fixture_random() % REASON_COUNT),
		.value = intern_take(pool, random_text(text, id)),
		.until_unix_ms = random_time(),
	};
	subscription->found_unix_ms = random_time();
	subscription->stale_told = fixture_random() % 2;
}

/* Twice over the same ids: what was there is replaced in all its parts. */
static void a_record_comes_back_as_it_was(void **state)
{
	struct store *store = fixture_open();
	struct ledger *ledger = NULL, *loaded;

	for (unsigned round = 0; round < 3; round++) {
		ledger_free(ledger);
		ledger = fixture_ledger();
		assert_int_equal(store_begin(store, NULL), 0);
		for (unsigned i = 0; i < 200; i++) {
			char id[FIXTURE_ID_SIZE];
			struct subscription *subscription =
				ledger_restore(ledger, fixture_id(i, id));

			fill_at_random(ledger, subscription);
			assert_int_equal(store_put_subscription(
						 store, subscription, NULL),
			                 0);
		}
		assert_int_equal(store_commit(store, NULL), 0);
	}
	store_close(store);

	store = fixture_open();
	loaded = load(store);
	assert_int_equal(ledger_count(loaded), 200);
	for (size_t i = 0; i < 200; i++) {
		assert_same(ledger_at(ledger, i), ledger_at(loaded, i));
		assert_int_equal(ledger_at(loaded, i)->dirty,
		                 SUBSCRIPTION_CLEAN);
	}
	ledger_free(ledger);
	ledger_free(loaded);
	store_close(store);
}

static void an_operator_can_read_the_rows(void **state)
{
	struct store *store = fixture_open();
	struct ledger *ledger = fixture_ledger();

	put(store, fixture_subscription(ledger, 7, 1000));
	by_hand("CREATE TEMP TABLE expected (id TEXT CHECK (id = "
	        "'00000000-0000-4000-8000-000000000007 disabled explicit "
	        "/subscriptions/00000000-0000-4000-8000-000000000007/providers/"
	        "Microsoft.Authorization/policyAssignments/"
	        "SecurityCenterBuiltIn SecurityCenterBuiltIn "
	        "/subscriptions/00000000-0000-4000-8000-000000000007'));"
	        "INSERT INTO expected SELECT id || ' ' || state || ' ' || "
	        "reason || ' ' || assignment_id || ' ' || assignment_name || "
	        "' ' || scope FROM subscriptions");
	ledger_free(ledger);
	store_close(store);
}

static void when_it_was_checked_is_kept_alone(void **state)
{
	struct store *store = fixture_open();
	struct ledger *ledger = fixture_ledger(), *loaded;
	struct subscription *subscription =
		fixture_subscription(ledger, 7, 1000);

	put(store, subscription);
	subscription->checked_unix_ms = 5000;
	subscription->stale_told = true;
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_put_checked(store, subscription, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);

	loaded = load(store);
	assert_int_equal(ledger_at(loaded, 0)->checked_unix_ms, 5000);
	assert_int_equal(ledger_at(loaded, 0)->since_unix_ms, 1000);
	assert_false(ledger_at(loaded, 0)->stale_told);
	ledger_free(ledger);
	ledger_free(loaded);
	store_close(store);
}

static void what_is_dropped_takes_all_its_parts_along(void **state)
{
	struct store *store = fixture_open();
	struct ledger *ledger = fixture_ledger(), *loaded;
	struct subscription *subscription =
		fixture_subscription(ledger, 7, 1000);

	put(store, subscription);
	put(store, fixture_subscription(ledger, 8, 1000));
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(
		store_put_evidence(store, subscription->id, "{}", NULL), 0);
	assert_int_equal(store_drop_subscription(store, subscription->id, NULL),
	                 0);
	assert_int_equal(store_drop_subscription(store, "never-there", NULL),
	                 0);
	/* It is not there: nothing is left behind by this. */
	assert_int_equal(store_put_checked(store, subscription, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);

	assert_null(store_get_evidence(store, subscription->id));
	loaded = load(store);
	assert_int_equal(ledger_count(loaded), 1);
	ledger_free(loaded);
	by_hand("CREATE TEMP TABLE parts (count INTEGER CHECK (count = 1));"
	        "INSERT INTO parts SELECT count(*) FROM checks");
	ledger_free(ledger);
	store_close(store);
}

static void evidence_is_kept_as_it_is(void **state)
{
	static const char *const documents[] = {
		"{\"a\":[1,2,  3]}",
		"{\"name\":\"gr\xc3\xbc\xc3\x9f\"}",
		"",
	};
	struct store *store = fixture_open();

	assert_null(store_get_evidence(store, "x"));
	for (size_t i = 0; i < 3; i++) {
		scoped(string_free) char *read = NULL;

		assert_int_equal(store_begin(store, NULL), 0);
		assert_int_equal(
			store_put_evidence(store, "x", documents[i], NULL), 0);
		assert_int_equal(store_commit(store, NULL), 0);
		read = store_get_evidence(store, "x");
		assert_string_equal(read, documents[i]);
	}
	store_close(store);
}

/* Words that this version does not know, or that do not go together. */
static void a_verdict_not_understood_is_unknown(void **state)
{
	static const char *const damages[] = {
		"UPDATE subscriptions SET state = 'half-enabled'",
		"UPDATE subscriptions SET reason = 'because'",
		"UPDATE subscriptions SET caveats = 'partial,lunar'",
		"UPDATE subscriptions SET reason = NULL",
		"UPDATE subscriptions SET state = 'unknown'",
		"UPDATE subscriptions SET state = x'00ff'",
	};

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct store *store = fixture_open();
		struct ledger *ledger = fixture_ledger(), *loaded;
		const struct subscription *read;

		put(store, fixture_subscription(ledger, 7, 1000));
		store_close(store);
		by_hand(damages[i]);
		store = fixture_open();
		loaded = load(store);
		read = ledger_at(loaded, 0);
		assert_int_equal(read->verdict.state, STATE_UNKNOWN);
		assert_int_equal(read->verdict.reason, REASON_NONE);
		assert_null(read->verdict.value);
		assert_null(read->verdict.assignment_id);
		assert_int_equal(read->since_unix_ms, 0);
		assert_int_equal(read->checked_unix_ms, 0);
		assert_string_equal(read->name, "Production");
		ledger_free(ledger);
		ledger_free(loaded);
		store_close(store);
	}
}

static void a_previous_state_not_understood_is_left_out(void **state)
{
	struct store *store = fixture_open();
	struct ledger *ledger = fixture_ledger(), *loaded;

	put(store, fixture_subscription(ledger, 7, 1000));
	store_close(store);
	by_hand("UPDATE subscriptions SET previous_state = 'lunar', "
	        "previous_value = 'x'");
	store = fixture_open();
	loaded = load(store);
	assert_int_equal(ledger_at(loaded, 0)->previous.state, STATE_UNKNOWN);
	assert_null(ledger_at(loaded, 0)->previous.value);
	assert_int_equal(ledger_at(loaded, 0)->verdict.state, STATE_DISABLED);
	ledger_free(ledger);
	ledger_free(loaded);
	store_close(store);
}

static void a_row_whose_id_is_none_is_passed_over(void **state)
{
	struct store *store = fixture_open();
	struct ledger *ledger = fixture_ledger(), *loaded;

	put(store, fixture_subscription(ledger, 7, 1000));
	put(store, fixture_subscription(ledger, 8, 1000));
	store_close(store);
	by_hand("UPDATE subscriptions SET id = 'a text that is far longer than "
	        "the thirty-seven bytes of a GUID' WHERE id LIKE '%7'");
	store = fixture_open();
	loaded = load(store);
	assert_int_equal(ledger_count(loaded), 1);
	ledger_free(ledger);
	ledger_free(loaded);
	store_close(store);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_record_comes_back_as_it_was),
		TEST(an_operator_can_read_the_rows),
		TEST(when_it_was_checked_is_kept_alone),
		TEST(what_is_dropped_takes_all_its_parts_along),
		TEST(evidence_is_kept_as_it_is),
		TEST(a_verdict_not_understood_is_unknown),
		TEST(a_previous_state_not_understood_is_left_out),
		TEST(a_row_whose_id_is_none_is_passed_over),
	};

	return cmocka_run_group_tests_name("store_subscriptions", tests,
	                                   fixture_seed, NULL);
}
