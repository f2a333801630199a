/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subscription: the record of one subscription.
 *
 * Owned by the ledger, which alone changes it; the others read. There may be
 * a hundred thousand: texts are the ledger's pool's, and what few have (an
 * error, a candidate) is a pointer. Wall times are Unix ms, 0: never.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/text.h"
#include "core/schedule.h"
#include "core/verdict.h"

/* The error that its last poll ended with. */
struct subscription_error {
	enum failure_class class;
	int http_status;
	unsigned count;        /* in a row, of this class */
	int64_t since_unix_ms; /* the first of them */
	const char *code;      /* pool's; NULL: none, as below */
	const char *message;   /* kept as verdict_text() reads it */
	const char *correlation_id;
};

/* A verdict that was read and is not believed yet. */
struct subscription_candidate {
	struct verdict verdict;
	unsigned reads; /* that agreed */
};

struct subscription_previous {
	enum state state; /* STATE_UNKNOWN: there was none before */
	enum reason reason;
	const char *value;
	int64_t until_unix_ms;
};

struct subscription {
	struct schedule_item schedule; /* first: the one is cast to the other */
	char id[TEXT_GUID_SIZE];       /* lower case */
	/* These three stand where no byte is lost to alignment. */
	uint8_t misses;     /* complete listings in a row without it */
	uint8_t dirty;      /* enum subscription_dirty */
	uint8_t claim;      /* enum subscription_claim */
	const char *name;   /* NULL: never listed */
	const char *tenant; /* the section's name */
	const char *tenant_id;
	const char *azure_state; /* "Enabled"; NULL: never listed */

	struct verdict verdict;
	struct subscription_previous previous;
	int64_t found_unix_ms;
	int64_t since_unix_ms;            /* the state; 0 while unknown */
	int64_t checked_unix_ms;          /* the last good poll */
	struct subscription_error *error; /* NULL: none */
	struct subscription_candidate *candidate; /* NULL: none */

	struct digest digest; /* of the document that gave the verdict */
	bool digest_is_set;   /* and that document alone gave it */
	bool tried;           /* polled since the start: a verdict that is
	                         believed, or a failure */
	bool stale_told;
	uint8_t unsettled; /* polls in a row that failed or gave a verdict
	                      that waits to be confirmed; at most 255 */
	bool lost;         /* out of the ledger; freed with its last poll */
	uint32_t pass;     /* the last one that polled it: daemon/pass.c's */
	struct subscription *next_dirty; /* or among the lost ones */
	struct subscription *prev_dirty;
};

/* What the store does not have yet. */
enum subscription_dirty {
	SUBSCRIPTION_CLEAN,
	SUBSCRIPTION_CHECKED, /* only when it was checked: may wait */
	SUBSCRIPTION_CHANGED,
};

/* What gives it to its tenant, the weakest first. */
enum subscription_claim {
	SUBSCRIPTION_RESTORED, /* the store; not listed since the start */
	SUBSCRIPTION_LISTED,
	SUBSCRIPTION_BORNE, /* listed, and it bears that tenant's id */
};
