/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/history.h"

/* A predicate of numbers that is false up to some number and true from there
 * on: false where an event that is too old follows, or any if since is 0. */
struct question {
	history_fn *fn;
	void *user;
	bool any;
	int64_t since_unix_ms;
};

static int ask(const struct question *question, int64_t after, bool *ret_past,
               int64_t *ret_seq, struct error *error)
{
	struct history_event event = { .found = false };
	int r;

	r = question->fn(after, &event, question->user, error);
	if (r < 0)
		return r;
	*ret_past =
		!event.found || (!question->any &&
	                         event.time_unix_ms >= question->since_unix_ms);
	*ret_seq = event.seq;
	return 0;
}

/* The first number from low on that is past, where high is known to be. */
static int halve(const struct question *question, int64_t low, int64_t high,
                 int64_t *ret_first, struct error *error)
{
	int64_t seq;
	bool past;
	int r;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		r = ask(question, middle, &past, &seq, error);
		if (r < 0)
			return r;
		/* What seq is past of, all before it are. */
		if (past)
			high = middle;
		else
			low = seq > middle ? seq : middle + 1;
	}
	*ret_first = low;
	return 0;
}

int history_last(history_fn *fn, void *user, int64_t *ret_seq,
                 struct error *error)
{
	const struct question question = { .fn = fn,
		                           .user = user,
		                           .any = true };
	int64_t low = 0, high = 0, seq = 0;
	bool past;
	int r;

	for (;;) {
		r = ask(&question, high, &past, &seq, error);
		if (r < 0)
			return r;
		if (past)
			return halve(&question, low, high, ret_seq, error);
		low = seq > high ? seq : high + 1;
		high = low > INT64_MAX / 2 ? INT64_MAX : low * 2;
	}
}

int history_since(history_fn *fn, void *user, int64_t last,
                  int64_t since_unix_ms, int64_t *ret_after,
                  struct error *error)
{
	const struct question question = { .fn = fn,
		                           .user = user,
		                           .since_unix_ms = since_unix_ms };

	return halve(&question, 0, last, ret_after, error);
}
