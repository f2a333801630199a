/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/outbox.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/event.h"
#include "core/ledger.h"
#include "emit/emitter.h"
#include "io/loop.h"
#include "store/store.h"

/* Records that were only checked are written so often, and so many at once:
 * losing that costs a poll, and writing it must not hold the loop. */
#define CHECKED_EVERY_MS 30000
#define CHECKED_AT_ONCE  500
#define RECORDS_AT_ONCE  5000

/* After a failed commit (a full disk), until the next try. */
#define RETRY_MS 5000

#define EXPIRE_EVERY_MS 60000
#define EXPIRE_AT_ONCE  1000
#define EMIT_AT_ONCE    256

enum chore_kind { CHORE_DROP, CHORE_EVIDENCE, CHORE_NOTE };

/* What is written besides records and events. */
struct chore {
	struct chore *next;
	enum chore_kind kind;
	char *name;
	char *value;
};

struct outbox {
	struct outbox_options options;
	struct emitter *emitter;
	struct event_list events;
	struct chore *first_chore;
	struct chore **last_chore;
	uint64_t counted[EVENT_COUNT];
	uint64_t emitted_seq; /* by the emitter; the store's mark follows */
	bool emitter_blocked;
	bool failing;
	bool checked_due;
	struct loop_task *flush;
	struct loop_timer *checked;
	struct loop_timer *retry;
	struct loop_timer *expire;
};

static void free_chores(struct outbox *outbox)
{
	struct chore *chore;

	while ((chore = outbox->first_chore)) {
		outbox->first_chore = chore->next;
		free(chore->name);
		free(chore->value);
		free(chore);
	}
	outbox->last_chore = &outbox->first_chore;
}

static void add_chore(struct outbox *outbox, enum chore_kind kind,
                      const char *name, const char *value)
{
	struct chore *chore;

	if (!outbox->options.store)
		return;
	chore = xcalloc(1, sizeof(*chore));
	chore->kind = kind;
	chore->name = xstrdup(name);
	chore->value = xstrdup(value);
	*outbox->last_chore = chore;
	outbox->last_chore = &chore->next;
	loop_task_wake(outbox->flush);
}

static int do_chore(struct store *store, const struct chore *chore,
                    struct error *error)
{
	switch (chore->kind) {
	case CHORE_DROP:
		return store_drop_subscription(store, chore->name, error);
	case CHORE_EVIDENCE:
		return store_put_evidence(store, chore->name, chore->value,
		                          error);
	case CHORE_NOTE:
		return store_put_note(store, chore->name, chore->value, error);
	}
	return -EINVAL;
}

/* drops: those alone, or all but those. */
static int write_chores(struct outbox *outbox, bool drops, struct error *error)
{
	int r = 0;

	for (const struct chore *chore = outbox->first_chore; r == 0 && chore;
	     chore = chore->next)
		if ((chore->kind == CHORE_DROP) == drops)
			r = do_chore(outbox->options.store, chore, error);
	return r;
}

static int write_events(struct outbox *outbox, struct error *error)
{
	int r = 0;

	for (struct event *event = outbox->events.first; r == 0 && event;
	     event = event->next)
		r = store_put_event(outbox->options.store, event, error);
	return r;
}

/* The records of one commit; those of one that fails are dirty again. */
struct written {
	struct subscription **items;
	size_t count;
};

typedef int put_fn(struct store *store, const struct subscription *subscription,
                   struct error *error);

static int write_some(struct outbox *outbox, struct written *written,
                      bool also_checked, size_t most, put_fn *put,
                      struct error *error)
{
	struct subscription *subscription;
	int r = 0;

	for (size_t i = 0; r == 0 && i < most; i++) {
		subscription =
			ledger_take_dirty(outbox->options.ledger, also_checked);
		if (!subscription)
			break;
		written->items = xrealloc(written->items, written->count + 1,
		                          sizeof(*written->items));
		written->items[written->count++] = subscription;
		r = put(outbox->options.store, subscription, error);
	}
	return r;
}

/* A state and the event that tells of it belong in one commit: where there
 * are events, every record that changed goes with them. */
static int write_records(struct outbox *outbox, struct written *written,
                         struct error *error)
{
	size_t most = outbox->events.count ? SIZE_MAX : RECORDS_AT_ONCE;
	int r = write_some(outbox, written, false, most, store_put_subscription,
	                   error);

	if (r == 0 && outbox->checked_due &&
	    !ledger_has_dirty(outbox->options.ledger, false))
		r = write_some(outbox, written, true, CHECKED_AT_ONCE,
		               store_put_checked, error);
	return r;
}

static int write_mark(struct outbox *outbox, struct error *error)
{
	struct store *store = outbox->options.store;

	if (outbox->emitted_seq <= store_emitted_seq(store))
		return 0;
	return store_mark_emitted(store, outbox->emitted_seq, error);
}

static int write_all(struct outbox *outbox, struct written *written,
                     struct error *error)
{
	int r;

	r = store_begin(outbox->options.store, error);
	if (r < 0)
		return r;
	/* One that was lost may be there again by now. */
	r = write_chores(outbox, true, error);
	if (r == 0)
		r = write_records(outbox, written, error);
	if (r == 0)
		r = write_chores(outbox, false, error);
	if (r == 0)
		r = write_events(outbox, error);
	if (r == 0)
		r = write_mark(outbox, error);
	if (r == 0)
		r = store_commit(outbox->options.store, error);
	if (r < 0)
		store_rollback(outbox->options.store);
	return r;
}

static void note_failure(struct outbox *outbox, const struct error *error)
{
	if (!outbox->failing)
		log_error("the state cannot be stored, and no event is told "
		          "until it can: %s; it is tried again every %d s",
		          error->text, RETRY_MS / 1000);
	outbox->failing = true;
	loop_timer_set(outbox->retry,
	               loop_now_ms(outbox->options.loop) + RETRY_MS);
}

static void note_success(struct outbox *outbox)
{
	if (outbox->failing)
		log_notice("the state can be stored again");
	outbox->failing = false;
}

/* One commit of all that this turn gathered. */
static bool flush_once(struct outbox *outbox)
{
	struct ledger *ledger = outbox->options.ledger;
	struct written written = { NULL, 0 };
	struct error error = { "" };
	bool had_events = outbox->events.count > 0;
	bool ok = write_all(outbox, &written, &error) == 0;

	for (size_t i = 0; !ok && i < written.count; i++)
		ledger_touch(ledger, written.items[i]);
	free(written.items);
	if (!ok) {
		note_failure(outbox, &error);
		return false;
	}
	note_success(outbox);
	for (const struct event *event = outbox->events.first; event;
	     event = event->next)
		outbox->counted[event->kind]++;
	free_chores(outbox);
	event_list_clear(&outbox->events);
	if (had_events && outbox->options.committed)
		outbox->options.committed(outbox->options.user);
	if (!ledger_has_dirty(ledger, true))
		outbox->checked_due = false;
	if (ledger_has_dirty(ledger, outbox->checked_due))
		loop_task_wake(outbox->flush);
	return true;
}

static bool has_work(struct outbox *outbox)
{
	return outbox->events.count || outbox->first_chore ||
	       ledger_has_dirty(outbox->options.ledger, outbox->checked_due) ||
	       outbox->emitted_seq > store_emitted_seq(outbox->options.store);
}

static void on_flush(void *user)
{
	struct outbox *outbox = user;

	if (!outbox->options.store) {
		event_list_clear(&outbox->events);
		return;
	}
	if (outbox->failing || !has_work(outbox))
		return;
	if (flush_once(outbox))
		outbox_emit(outbox);
}

static void on_retry(void *user)
{
	struct outbox *outbox = user;

	if (flush_once(outbox))
		outbox_emit(outbox);
}

static void on_checked(void *user)
{
	struct outbox *outbox = user;

	outbox->checked_due = true;
	loop_task_wake(outbox->flush);
	loop_timer_set(outbox->checked,
	               loop_now_ms(outbox->options.loop) + CHECKED_EVERY_MS);
}

static size_t expire_some(struct outbox *outbox, int64_t before_unix_ms)
{
	struct store *store = outbox->options.store;
	struct error error = { "" };
	size_t dropped = 0;
	int r;

	r = store_begin(store, &error);
	if (r < 0)
		return 0;
	r = store_expire_events(store, before_unix_ms, EXPIRE_AT_ONCE, &dropped,
	                        &error);
	if (r == 0)
		r = store_commit(store, &error);
	if (r < 0) {
		store_rollback(store);
		log_warning("old events were not dropped: %s", error.text);
		return 0;
	}
	return dropped;
}

static void on_expire(void *user)
{
	struct outbox *outbox = user;
	struct loop *loop = outbox->options.loop;
	size_t dropped = 0;

	if (!outbox->failing)
		dropped = expire_some(outbox,
		                      loop_wall_unix_ms(loop) -
		                              outbox->options.keep_events_ms);
	loop_timer_set(outbox->expire,
	               loop_now_ms(loop) + (dropped == EXPIRE_AT_ONCE
	                                            ? 100
	                                            : EXPIRE_EVERY_MS));
}

struct outbox *outbox_new(const struct outbox_options *options)
{
	struct outbox *outbox = xcalloc(1, sizeof(*outbox));
	struct loop *loop = options->loop;

	outbox->options = *options;
	outbox->last_chore = &outbox->first_chore;
	outbox->flush = loop_task_new(loop, on_flush, outbox);
	outbox->checked = loop_timer_new(loop, on_checked, outbox);
	outbox->retry = loop_timer_new(loop, on_retry, outbox);
	outbox->expire = loop_timer_new(loop, on_expire, outbox);
	if (options->store) {
		outbox->emitted_seq = store_emitted_seq(options->store);
		loop_timer_set(outbox->checked,
		               loop_now_ms(loop) + CHECKED_EVERY_MS);
		loop_timer_set(outbox->expire,
		               loop_now_ms(loop) + EXPIRE_EVERY_MS);
	}
	return outbox;
}

void outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return;
	loop_timer_free(outbox->expire);
	loop_timer_free(outbox->retry);
	loop_timer_free(outbox->checked);
	loop_task_free(outbox->flush);
	event_list_clear(&outbox->events);
	free_chores(outbox);
	free(outbox);
}

void outbox_set_emitter(struct outbox *outbox, struct emitter *emitter)
{
	outbox->emitter = emitter;
	outbox->emitter_blocked = false;
}

void outbox_set_keep_events(struct outbox *outbox, int64_t keep_events_ms)
{
	outbox->options.keep_events_ms = keep_events_ms;
}

struct event_list *outbox_events(struct outbox *outbox)
{
	return &outbox->events;
}

void outbox_wake(struct outbox *outbox)
{
	loop_task_wake(outbox->flush);
}

void outbox_drop(struct outbox *outbox, const char *subscription_id)
{
	add_chore(outbox, CHORE_DROP, subscription_id, NULL);
}

void outbox_put_evidence(struct outbox *outbox, const char *subscription_id,
                         const char *json)
{
	add_chore(outbox, CHORE_EVIDENCE, subscription_id, json);
}

void outbox_put_note(struct outbox *outbox, const char *name, const char *value)
{
	add_chore(outbox, CHORE_NOTE, name, value);
}

/* Sends what one read gave; whether there may be more to send now. */
static bool emit_some(struct outbox *outbox)
{
	struct event_list events = { NULL, NULL, 0 };
	struct error error = { "" };
	struct event *event;
	bool any;

	if (store_read_events(outbox->options.store, outbox->emitted_seq,
	                      EMIT_AT_ONCE, &events, &error) < 0) {
		log_error("stored events cannot be read: %s", error.text);
		event_list_clear(&events);
		return false;
	}
	any = events.count > 0;
	for (; (event = event_list_take_first(&events)); event_destroy(event)) {
		if (outbox->emitter_blocked)
			continue;
		if (outbox->emitter->ops->send(outbox->emitter, event) < 0)
			outbox->emitter_blocked = true;
		else
			outbox->emitted_seq = event->seq;
	}
	return any && !outbox->emitter_blocked;
}

void outbox_emit(struct outbox *outbox)
{
	uint64_t before = outbox->emitted_seq;

	outbox->emitter_blocked = false;
	if (!outbox->emitter || !outbox->options.store)
		return;
	while (outbox->emitted_seq < store_last_seq(outbox->options.store) &&
	       emit_some(outbox))
		continue;
	if (outbox->emitted_seq != before)
		loop_task_wake(outbox->flush);
}

void outbox_finish(struct outbox *outbox)
{
	if (!outbox->options.store)
		return;
	outbox->checked_due = true;
	do {
		outbox->checked_due = true;
		if (!flush_once(outbox))
			return;
	} while (ledger_has_dirty(outbox->options.ledger, true));
	outbox_emit(outbox);
	if (outbox->emitted_seq > store_emitted_seq(outbox->options.store))
		(void)flush_once(outbox);
}

uint64_t outbox_counted(const struct outbox *outbox, enum event_kind kind)
{
	return outbox->counted[kind];
}

uint64_t outbox_unsent(const struct outbox *outbox)
{
	if (!outbox->options.store)
		return 0;
	return store_last_seq(outbox->options.store) - outbox->emitted_seq;
}
