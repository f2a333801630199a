/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "ctl/outcome.h"

#define ON       "{\"state\":\"enabled\",\"stale\":false,\"muted\":null}"
#define OFF      "{\"state\":\"disabled\",\"stale\":false,\"muted\":null}"
#define ABSENT   "{\"state\":\"absent\",\"stale\":true,\"muted\":null}"
#define UNKNOWN  "{\"state\":\"unknown\",\"stale\":false,\"muted\":null}"
#define STALE    "{\"state\":\"enabled\",\"stale\":true,\"muted\":null}"
#define MUTED    "{\"state\":\"disabled\",\"stale\":true,\"muted\":{}}"
#define STRANGE  "{\"state\":\"on fire\",\"stale\":false}"
#define STALENOT "{\"state\":\"enabled\"}"

static enum outcome outcome_of(const char *const *documents)
{
	struct tally tally = { 0 };

	for (; *documents; documents++) {
		scoped(json_free) struct json *document = NULL;

		assert_int_equal(json_parse(*documents, strlen(*documents),
		                            &document, NULL),
		                 0);
		tally_add(&tally, document);
	}
	return tally_outcome(&tally);
}

static void what_was_seen_gives_the_exit_status(void **state)
{
	static const struct {
		const char *documents[4];
		enum outcome outcome;
	} cases[] = {
		{ { NULL }, OUTCOME_UNSURE },
		{ { ON, ON }, OUTCOME_OK },
		{ { ON, OFF, ON }, OUTCOME_OFF },
		{ { ON, ABSENT }, OUTCOME_OFF },
		{ { UNKNOWN, OFF, STALE }, OUTCOME_OFF },
		{ { ON, UNKNOWN }, OUTCOME_UNSURE },
		{ { STALE, ON }, OUTCOME_UNSURE },
		{ { MUTED, ON }, OUTCOME_OK },
		{ { MUTED }, OUTCOME_OK },
		{ { MUTED, UNKNOWN }, OUTCOME_UNSURE },
		{ { STRANGE }, OUTCOME_UNSURE },
		{ { STALENOT }, OUTCOME_UNSURE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(outcome_of(cases[i].documents),
		                 cases[i].outcome);
}

static void each_failure_has_its_exit_status(void **state)
{
	static const struct {
		int error;
		int status;
	} cases[] = {
		{ EINVAL, 2 },       { ESRCH, 2 },     { ENOTUNIQ, 2 },
		{ ECONNREFUSED, 3 }, { ETIMEDOUT, 3 }, { ECONNRESET, 3 },
		{ ENOENT, 3 },       { EAGAIN, 3 },    { EACCES, 5 },
		{ ETIME, 6 },        { EREMOTEIO, 7 }, { EBADMSG, 7 },
		{ EFBIG, 7 },        { EIO, 7 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(outcome_from_error(-cases[i].error),
		                 cases[i].status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_seen_gives_the_exit_status),
		cmocka_unit_test(each_failure_has_its_exit_status),
	};

	return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
