/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/json_slice.h"
#include "base/mem.h"
#include "base/text.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/event_line.h"
#include "ctl/history.h"
#include "ctl/outcome.h"
#include "ctl/verb.h"

#define LIMIT_DEFAULT 100
#define PAGE_EVENTS   1000

static int get_events(struct client *client, int64_t after, int64_t limit,
                      struct client_answer *ret_answer, struct error *error)
{
	scoped(string_free) char *path = xasprintf(
		"/v1/events?after=%" PRId64 "&limit=%" PRId64, after, limit);
	int r;

	r = client_get(client, path, ret_answer, error);
	if (r < 0)
		return r;
	if (json_type(json_get(ret_answer->document, "events")) != JSON_ARRAY)
		return error_set(error, -EBADMSG,
		                 "jitd answered without a list of events");
	return 0;
}

/* The number of an event of the answer; each is greater than the one before,
 * or there would be no end to it. */
static int read_seq(const struct json *event, int64_t after, int64_t *ret_seq,
                    struct error *error)
{
	if (json_int64(json_get(event, "seq"), ret_seq) < 0 ||
	    *ret_seq <= after)
		return error_set(error, -EBADMSG,
		                 "jitd answered with an event whose seq is not "
		                 "after %" PRId64,
		                 after);
	return 0;
}

static int on_question(int64_t after, struct history_event *ret_event,
                       void *user, struct error *error)
{
	scoped(client_answer_done) struct client_answer answer = { 0 };
	const struct json *event;
	const char *time;
	int r;

	r = get_events(user, after, 1, &answer, error);
	if (r < 0)
		return r;
	event = json_array_at(json_get(answer.document, "events"), 0);
	ret_event->found = event != NULL;
	if (!event)
		return 0;
	time = json_get_text(event, "time");
	if (!time || text_parse_time_ms(time, &ret_event->time_unix_ms) < 0)
		return error_set(error, -EBADMSG,
		                 "jitd answered with an event without a time");
	return read_seq(event, after, &ret_event->seq, error);
}

/* "1h", or a point in time. */
static int read_since(const struct ctl *ctl, int64_t *ret_unix_ms,
                      struct error *error)
{
	const char *text = ctl->options->text[OPTION_SINCE];
	int64_t ago_ms;

	if (text_parse_time_ms(text, ret_unix_ms) == 0)
		return 0;
	if (text_parse_duration_ms(text, &ago_ms) < 0)
		return error_set(error, -EINVAL,
		                 "--since: '%s' is neither a duration such as "
		                 "1h nor a time such as 2026-11-23T08:00:00Z",
		                 text);
	*ret_unix_ms = ctl->now_unix_ms - ago_ms;
	return 0;
}

/* After which number to begin, up to the last there is now. */
static int choose(const struct ctl *ctl, int64_t *ret_after, int64_t *ret_last,
                  struct error *error)
{
	const struct options *options = ctl->options;
	int64_t limit = options->number[OPTION_LIMIT];
	int64_t since_unix_ms;
	int r;

	*ret_after = 0;
	if (options->given[OPTION_SINCE]) {
		r = read_since(ctl, &since_unix_ms, error);
		if (r < 0)
			return r;
	}
	r = history_last(on_question, ctl->status, ret_last, error);
	if (r == 0 && options->given[OPTION_SINCE])
		r = history_since(on_question, ctl->status, *ret_last,
		                  since_unix_ms, ret_after, error);
	if (!limit && !options->given[OPTION_SINCE])
		limit = LIMIT_DEFAULT;
	if (r == 0 && limit && *ret_last - limit > *ret_after)
		*ret_after = *ret_last - limit;
	return r;
}

/* One page of events with after < seq <= last; *after moves on, to last where
 * there are no more. */
static int put_page(struct ctl *ctl, int64_t *after, int64_t last,
                    struct buf *json, struct error *error)
{
	int64_t left = last - *after;
	scoped(client_answer_done) struct client_answer answer = { 0 };
	struct json_slice slice;
	const struct json *events;
	size_t count;
	int r;

	r = get_events(ctl->status, *after,
	               left < PAGE_EVENTS ? left : PAGE_EVENTS, &answer, error);
	if (r < 0)
		return r;
	events = json_get(answer.document, "events");
	count = json_array_size(events);
	if (!count) {
		*after = last;
		return 0;
	}
	for (size_t i = 0; i < count && !ctl_wants(ctl, OPTION_JSON); i++)
		event_line_put(ctl, json_array_at(events, i));

	slice = json_slice_array(buf_text(&answer.body), "events");
	buf_add_text(json, json->size_bytes ? "," : "");
	buf_add(json, slice.text, slice.size_bytes);
	return read_seq(json_array_at(events, count - 1), *after, after, error);
}

int verb_events(struct ctl *ctl, struct error *error)
{
	scoped(buf_done) struct buf json;
	int64_t after, last;
	int r;

	buf_init(&json, BUF_NO_CAP);
	r = choose(ctl, &after, &last, error);
	while (r == 0 && after < last)
		r = put_page(ctl, &after, last, &json, error);
	if (r < 0)
		return r;
	if (ctl_wants(ctl, OPTION_JSON))
		fprintf(ctl->out,
		        "{\"schema_version\":1,\"events\":[%s],\"next\":null}"
		        "\n",
		        buf_text(&json));
	return OUTCOME_OK;
}
