/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/pass.h"

#include <stdlib.h>

#include "base/mem.h"
#include "core/subscription.h"

struct pass {
	uint32_t number;
	int64_t interval_ms;
	int64_t started_ms;
	unsigned total;
	unsigned remaining;
	unsigned polled;
	unsigned failed;
};

static bool is_over(const struct pass *pass, int64_t now_ms)
{
	if (pass->remaining == 0)
		return true;
	return pass->number > 1 &&
	       now_ms - pass->started_ms >= 2 * pass->interval_ms;
}

static void begin(struct pass *pass, int64_t now_ms)
{
	pass->number++;
	pass->started_ms = now_ms;
	pass->remaining = pass->total;
	pass->polled = 0;
	pass->failed = 0;
}

struct pass *pass_new(int64_t interval_ms, int64_t now_ms)
{
	struct pass *pass = xcalloc(1, sizeof(*pass));

	pass->interval_ms = interval_ms;
	begin(pass, now_ms);
	return pass;
}

void pass_free(struct pass *pass)
{
	free(pass);
}

void pass_set_interval(struct pass *pass, int64_t interval_ms)
{
	pass->interval_ms = interval_ms;
}

void pass_add(struct pass *pass, struct subscription *subscription)
{
	subscription->pass = 0;
	pass->total++;
	pass->remaining++;
}

void pass_remove(struct pass *pass, struct subscription *subscription)
{
	pass->total--;
	if (subscription->pass != pass->number)
		pass->remaining--;
}

static void end(struct pass *pass, int64_t now_ms,
                struct pass_summary *ret_summary)
{
	*ret_summary = (struct pass_summary){
		.duration_ms = now_ms - pass->started_ms,
		.polled = pass->polled,
		.failed = pass->failed,
	};
	begin(pass, now_ms);
}

bool pass_check(struct pass *pass, bool discovered, int64_t now_ms,
                struct pass_summary *ret_summary)
{
	bool over = is_over(pass, now_ms);

	if (pass->total == 0)
		over = pass->number == 1
		               ? discovered
		               : now_ms - pass->started_ms >= pass->interval_ms;
	if (over)
		end(pass, now_ms, ret_summary);
	return over;
}

bool pass_note(struct pass *pass, struct subscription *subscription,
               bool failed, int64_t now_ms, struct pass_summary *ret_summary)
{
	if (subscription->pass != pass->number) {
		subscription->pass = pass->number;
		pass->remaining--;
		pass->polled++;
		pass->failed += failed;
	}
	if (!is_over(pass, now_ms))
		return false;
	end(pass, now_ms, ret_summary);
	return true;
}
