/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/watched.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static const char *or_none(const char *text)
{
	return text ? text : "";
}

static char *mark_of(const struct json *subscription)
{
	const struct json *error = json_get(subscription, "error");
	int64_t count = 0;

	(void)json_int64(json_get(error, "count"), &count);
	return xasprintf("%s %s %" PRId64,
	                 or_none(json_get_text(subscription, "checked_at")),
	                 or_none(json_get_text(error, "since")), count);
}

static int compare(const void *id, const void *row)
{
	return strcmp(id, ((const struct watched_row *)row)->id);
}

static struct watched_row *find(struct watched *watched, const char *id)
{
	if (!id || !watched->count)
		return NULL;
	return bsearch(id, watched->rows, watched->count,
	               sizeof(watched->rows[0]), compare);
}

void watched_done(struct watched *watched)
{
	for (size_t i = 0; i < watched->count; i++)
		free(watched->rows[i].mark);
	free(watched->rows);
	*watched = (struct watched){ 0 };
}

void watched_add(struct watched *watched, const struct json *subscription)
{
	const char *id = json_get_text(subscription, "subscription_id");
	struct watched_row *row;

	if (!id || find(watched, id))
		return;
	if (watched->count == watched->room) {
		watched->room = watched->room * 2 + 16;
		watched->rows = xrealloc(watched->rows, watched->room,
		                         sizeof(watched->rows[0]));
	}
	row = &watched->rows[watched->count++];
	*row = (struct watched_row){ .mark = mark_of(subscription) };
	snprintf(row->id, sizeof(row->id), "%s", id);
}

void watched_look(struct watched *watched, const struct json *subscription)
{
	struct watched_row *row =
		find(watched, json_get_text(subscription, "subscription_id"));
	scoped(string_free) char *mark = NULL;

	if (!row)
		return;
	row->seen = true;
	if (row->done)
		return;
	mark = mark_of(subscription);
	row->done = strcmp(mark, row->mark) != 0;
	row->failed = row->done && json_get(subscription, "error");
}

void watched_end_round(struct watched *watched)
{
	for (size_t i = 0; i < watched->count; i++) {
		struct watched_row *row = &watched->rows[i];

		row->done = row->done || !row->seen;
		row->seen = false;
	}
}

size_t watched_left(const struct watched *watched)
{
	size_t left = 0;

	for (size_t i = 0; i < watched->count; i++)
		left += !watched->rows[i].done;
	return left;
}

size_t watched_failed(const struct watched *watched)
{
	size_t failed = 0;

	for (size_t i = 0; i < watched->count; i++)
		failed += watched->rows[i].failed;
	return failed;
}
