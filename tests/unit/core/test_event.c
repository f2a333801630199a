/* SPDX-License-Identifier: Apache-2.0 */
#include "core/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/chance.h"
#include "base/text.h"

#define BYTES_MAX 4000

static void every_kind_is_found_by_its_name(void **state)
{
	enum event_kind kind;

#define EVENT(upper, word, priority_, id, subject_, text_)        \
	assert_int_equal(event_kind_from_string(word, &kind), 0); \
	assert_int_equal(kind, EVENT_##upper);                    \
	assert_string_equal(event_info(kind)->name, word);        \
	assert_int_equal(event_info(kind)->priority, priority_);  \
	assert_string_equal(event_info(kind)->message_id, id);    \
	assert_string_equal(event_info(kind)->subject, subject_); \
	assert_string_equal(event_info(kind)->text, text_);
#include "core/events.def"
#undef EVENT
	assert_int_equal(event_kind_from_string("", &kind), -EINVAL);
	assert_int_equal(event_kind_from_string(NULL, &kind), -EINVAL);
	assert_int_equal(event_kind_from_string("Monitoring-Disabled", &kind),
	                 -EINVAL);
}

static void every_message_id_is_of_its_own(void **state)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		const struct event_info *info = event_info((enum event_kind)i);

		assert_int_equal(strlen(info->message_id), 32);
		assert_int_equal(strspn(info->message_id, "0123456789abcdef"),
		                 32);
		assert_in_range(info->priority, 3, 6);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
				info->message_id,
				event_info((enum event_kind)j)->message_id);
	}
}

/* @FIELD@ in the catalog's texts is one that the journal has. */
static void the_catalog_speaks_of_fields_that_there_are(void **state)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		const char *at = event_info((enum event_kind)i)->text;

		while ((at = strstr(at, "@JITD_"))) {
			size_t size = strcspn(at + 6, "@");
			char key[64] = "";
			enum event_field field;

			assert_true(size < sizeof(key));
			for (size_t j = 0; j < size; j++)
				key[j] = (char)tolower(at[6 + j]);
			assert_int_equal(event_field_from_string(key, &field),
			                 0);
			at += 6 + size + 1;
		}
	}
}

static void every_field_is_found_by_its_key(void **state)
{
	enum event_field field;
	int count = 0;

#define FIELD(upper, key_, kind_)                                   \
	assert_int_equal(event_field_from_string(key_, &field), 0); \
	assert_int_equal(field, EVENT_FIELD_##upper);               \
	assert_string_equal(event_field_info(field)->key, key_);    \
	assert_string_equal(event_field_info(field)->journal_name,  \
	                    "JITD_" #upper);                        \
	assert_int_equal(event_field_info(field)->kind,             \
	                 EVENT_FIELD_KIND_##kind_);                 \
	assert_int_equal(field, count++);
#include "core/fields.def"
#undef FIELD
	assert_int_equal(count, EVENT_FIELDS);
	assert_int_equal(event_field_from_string("JITD_STATE", &field),
	                 -EINVAL);
	assert_int_equal(event_field_from_string(NULL, &field), -EINVAL);
}

static void a_field_is_a_copy_and_may_be_set_again(void **state)
{
	scoped(event_destroy) struct event *event =
		event_create(EVENT_PASS_COMPLETED, 123);
	char value[] = "enabled";

	assert_int_equal(event->kind, EVENT_PASS_COMPLETED);
	assert_int_equal(event->time_unix_ms, 123);
	assert_int_equal(event->seq, 0);
	event_put(event, EVENT_FIELD_STATE, value);
	value[0] = 'E';
	assert_string_equal(event->fields[EVENT_FIELD_STATE], "enabled");
	event_put(event, EVENT_FIELD_STATE, event->fields[EVENT_FIELD_STATE]);
	assert_string_equal(event->fields[EVENT_FIELD_STATE], "enabled");
	event_put(event, EVENT_FIELD_STATE, NULL);
	assert_null(event->fields[EVENT_FIELD_STATE]);
	event_put_number(event, EVENT_FIELD_COUNT, INT64_MIN);
	assert_string_equal(event->fields[EVENT_FIELD_COUNT],
	                    "-9223372036854775808");
}

static void a_long_value_is_cut_at_a_whole_character(void **state)
{
	static const char *const characters[] = {
		"x",
		"\xc3\xa4",
		"\xe2\x82\xac",
		"\xf0\x9f\x98\x80",
	};

	for (int round = 0; round < 200; round++) {
		scoped(event_destroy) struct event *event =
			event_create(EVENT_PASS_COMPLETED, 0);
		size_t wanted = BYTES_MAX - 8 + chance_below(16), size = 0;
		char value[BYTES_MAX + 32];
		const char *kept;

		while (size < wanted) {
			const char *one = characters[chance_below(4)];

			memcpy(value + size, one, strlen(one));
			size += strlen(one);
		}
		value[size] = '\0';
		event_put(event, EVENT_FIELD_VALUE, value);
		kept = event->fields[EVENT_FIELD_VALUE];
		assert_memory_equal(kept, value, strlen(kept));
		assert_true(text_is_utf8(kept, strlen(kept)));
		if (size <= BYTES_MAX)
			assert_int_equal(strlen(kept), size);
		else
			assert_in_range(strlen(kept), BYTES_MAX - 3, BYTES_MAX);
	}
}

static void the_message_is_the_sentence_and_the_fields(void **state)
{
	scoped(event_destroy) struct event *event =
		event_create(EVENT_MONITORING_DISABLED, 0);

	event_put(event, EVENT_FIELD_SUBSCRIPTION_NAME, "contoso \"prod\" \\");
	event_put(event, EVENT_FIELD_STATE, "disabled");
	event_put(event, EVENT_FIELD_VALUE, "");
	event_put(event, EVENT_FIELD_CAVEATS, "partial,unset");
	event_put(event, EVENT_FIELD_SCOPE, "a=b");
	event_put(event, EVENT_FIELD_CHANGED_BY, "back\\slash");
	event_put_number(event, EVENT_FIELD_COUNT, 7);
	event_put_message(event, "off in %s, %d%%", "contoso", 100);
	assert_string_equal(event->message,
	                    "off in contoso, 100%"
	                    " subscription_name=\"contoso \\\"prod\\\" \\\\\""
	                    " state=disabled value=\"\" caveats=partial,unset"
	                    " scope=\"a=b\" changed_by=back\\slash count=7");

	event_put_message(event, "again");
	assert_memory_equal(event->message, "again subscription_name=", 24);
}

static void the_message_has_no_control_characters(void **state)
{
	scoped(event_destroy) struct event *event =
		event_create(EVENT_SUBSCRIPTION_FOUND, 0);

	event_put(event, EVENT_FIELD_SUBSCRIPTION_NAME, "a\nMESSAGE=b\x1b");
	event_put_message(event, "one\ttwo\n");
	assert_string_equal(event->message,
	                    "one?two? subscription_name=\"a?MESSAGE=b?\"");
	assert_string_equal(event->fields[EVENT_FIELD_SUBSCRIPTION_NAME],
	                    "a\nMESSAGE=b\x1b");
}

static void a_long_message_is_cut_as_well(void **state)
{
	scoped(event_destroy) struct event *event =
		event_create(EVENT_SUBSCRIPTION_FOUND, 0);
	char value[BYTES_MAX];

	memset(value, 'v', sizeof(value));
	value[BYTES_MAX - 1] = '\0';
	event_put(event, EVENT_FIELD_VALUE, value);
	event_put_message(event, "A sentence");
	assert_int_equal(strlen(event->message), BYTES_MAX);
	assert_memory_equal(event->message, "A sentence value=vvv", 20);
}

static void a_list_gives_events_in_their_order(void **state)
{
	struct event_list list = { 0 };
	struct event *event;

	assert_null(event_list_take_first(&list));
	for (int i = 0; i < 5; i++)
		event_list_append(&list, event_create(EVENT_DAEMON_STARTED, i));
	assert_int_equal(list.count, 5);
	for (int i = 0; i < 3; i++) {
		event = event_list_take_first(&list);
		assert_int_equal(event->time_unix_ms, i);
		assert_null(event->next);
		event_destroy(event);
	}
	event_list_append(&list, event_create(EVENT_DAEMON_STARTED, 5));
	assert_int_equal(list.count, 3);
	assert_int_equal(list.last->time_unix_ms, 5);
	event_list_clear(&list);
	assert_int_equal(list.count, 0);
	assert_null(list.first);
	assert_null(list.last);
	event_list_clear(&list);
	event_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_found_by_its_name),
		cmocka_unit_test(every_message_id_is_of_its_own),
		cmocka_unit_test(the_catalog_speaks_of_fields_that_there_are),
		cmocka_unit_test(every_field_is_found_by_its_key),
		cmocka_unit_test(a_field_is_a_copy_and_may_be_set_again),
		cmocka_unit_test(a_long_value_is_cut_at_a_whole_character),
		cmocka_unit_test(the_message_is_the_sentence_and_the_fields),
		cmocka_unit_test(the_message_has_no_control_characters),
		cmocka_unit_test(a_long_message_is_cut_as_well),
		cmocka_unit_test(a_list_gives_events_in_their_order),
	};

	return cmocka_run_group_tests_name("event", tests, chance_begin, NULL);
}
