/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/status_line.h"

#include <stdio.h>

#include "base/text.h"
#include "core/ledger.h"
#include "daemon/poller.h"

const char *status_line(const struct ledger *ledger,
                        const struct poller *poller, int64_t now_unix_ms,
                        char out[STATUS_LINE_SIZE])
{
	struct ledger_counts counts =
		ledger_count_all(ledger, NULL, now_unix_ms);
	int64_t completed_unix_ms =
		poller_statistics(poller)->completed_unix_ms;
	char age[TEXT_DURATION_SIZE], stale[48] = "", pass[64];

	if (counts.stale)
		snprintf(stale, sizeof(stale), ", %zu stale", counts.stale);
	if (completed_unix_ms)
		snprintf(pass, sizeof(pass), "last pass %s ago",
		         text_format_age_ms(now_unix_ms - completed_unix_ms,
		                            age));
	else
		snprintf(pass, sizeof(pass), "first pass under way");
	snprintf(out, STATUS_LINE_SIZE,
	         "Watching %zu subscriptions, %zu off%s, %s", counts.total,
	         counts.states[STATE_DISABLED] + counts.states[STATE_ABSENT],
	         stale, pass);
	return out;
}
