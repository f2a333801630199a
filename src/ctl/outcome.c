/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/outcome.h"

#include <errno.h>

#include "base/json.h"
#include "core/words.h"

void tally_add(struct tally *tally, const struct json *subscription)
{
	enum state state = STATE_UNKNOWN;
	bool stale = true;

	tally->total++;
	if (json_get(subscription, "muted"))
		return;
	(void)state_from_string(json_get_text(subscription, "state"), &state);
	(void)json_bool(json_get(subscription, "stale"), &stale);
	if (state == STATE_DISABLED || state == STATE_ABSENT)
		tally->off++;
	else if (state == STATE_UNKNOWN || stale)
		tally->unsure++;
}

enum outcome tally_outcome(const struct tally *tally)
{
	if (tally->off)
		return OUTCOME_OFF;
	return tally->unsure || !tally->total ? OUTCOME_UNSURE : OUTCOME_OK;
}

enum outcome outcome_from_error(int r)
{
	switch (-r) {
	case EINVAL:
	case ESRCH:
	case ENOTUNIQ:
		return OUTCOME_USAGE;
	case EACCES:
		return OUTCOME_DENIED;
	case ETIME:
		return OUTCOME_TIMED_OUT;
	case EREMOTEIO:
	case EBADMSG:
	case EFBIG:
	case EIO:
		return OUTCOME_REFUSED;
	default:
		return OUTCOME_UNREACHABLE;
	}
}
