/* SPDX-License-Identifier: Apache-2.0 */
#include "config/values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "azure/cloud.h"
#include "azure/credential.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "emit/emitter.h"

static int refuse(const struct key *key, const char *value, struct error *error)
{
	return error_set(error, -EINVAL, "%s = %.80s: not %s", key->name, value,
	                 key->type->name);
}

static int parse_DURATION(const struct key *key, const char *value, void *slot,
                          struct error *error)
{
	char least[TEXT_DURATION_SIZE], most[TEXT_DURATION_SIZE];
	int64_t ms;

	if (text_parse_duration_ms(value, &ms) < 0)
		return refuse(key, value, error);
	if (ms < key->least || ms > key->most)
		return error_set(error, -EINVAL,
		                 "%s = %s: must be from %s to %s", key->name,
		                 value,
		                 text_format_duration_ms(key->least, least),
		                 text_format_duration_ms(key->most, most));
	*(int64_t *)slot = ms;
	return 0;
}

static void format_DURATION(const void *slot, struct buf *out)
{
	char text[TEXT_DURATION_SIZE];

	buf_add_text(out,
	             text_format_duration_ms(*(const int64_t *)slot, text));
}

static int parse_COUNT(const struct key *key, const char *value, void *slot,
                       struct error *error)
{
	uint64_t number;

	if (text_parse_uint64(value, &number) < 0)
		return refuse(key, value, error);
	if ((int64_t)number < key->least || number > (uint64_t)key->most)
		return error_set(error, -EINVAL,
		                 "%s = %s: must be from %" PRId64
		                 " to %" PRId64,
		                 key->name, value, key->least, key->most);
	*(unsigned *)slot = (unsigned)number;
	return 0;
}

static void format_COUNT(const void *slot, struct buf *out)
{
	buf_add_format(out, "%u", *(const unsigned *)slot);
}

static int parse_RATE(const struct key *key, const char *value, void *slot,
                      struct error *error)
{
	unsigned number = 0;
	int r;

	if (text_equal(value, "auto")) {
		*(double *)slot = CONFIG_RATE_AUTO;
		return 0;
	}
	r = parse_COUNT(key, value, &number, error);
	if (r < 0)
		return r;
	*(double *)slot = number;
	return 0;
}

static void format_RATE(const void *slot, struct buf *out)
{
	double rate = *(const double *)slot;

	if (rate < 0)
		buf_add_text(out, "auto");
	else
		buf_add_format(out, "%.0f", rate);
}

static int parse_BOOL(const struct key *key, const char *value, void *slot,
                      struct error *error)
{
	return text_parse_bool(value, slot) < 0 ? refuse(key, value, error) : 0;
}

static void format_BOOL(const void *slot, struct buf *out)
{
	buf_add_text(out, *(const bool *)slot ? "yes" : "no");
}

/* "" is nothing given: NULL. */
static int parse_TEXT(const struct key *key, const char *value, void *slot,
                      struct error *error)
{
	char **text = slot;

	free(*text);
	*text = *value ? xstrdup(value) : NULL;
	return 0;
}

static void format_TEXT(const void *slot, struct buf *out)
{
	const char *text = *(char *const *)slot;

	buf_add_text(out, text ? text : "");
}

static void free_TEXT(void *slot)
{
	free(*(char **)slot);
}

static int parse_PATH(const struct key *key, const char *value, void *slot,
                      struct error *error)
{
	if (*value && *value != '/')
		return refuse(key, value, error);
	return parse_TEXT(key, value, slot, error);
}

/* Paths are put behind it: one without a slash at its end. */
static int parse_URL(const struct key *key, const char *value, void *slot,
                     struct error *error)
{
	scoped(string_free) char *url = xstrdup(value);
	size_t size = strlen(url);

	while (size && url[size - 1] == '/')
		url[--size] = '\0';
	return parse_TEXT(key, url, slot, error);
}

static int parse_UNBUILT(const struct key *key, const char *value, void *slot,
                         struct error *error)
{
	return *value ? refuse(key, value, error) : 0;
}

static int parse_SEGMENT(const struct key *key, const char *value, void *slot,
                         struct error *error)
{
	if (*value && !text_is_plain_segment(value))
		return refuse(key, value, error);
	return parse_TEXT(key, value, slot, error);
}

static int parse_DOMAIN(const struct key *key, const char *value, void *slot,
                        struct error *error)
{
	char guid[TEXT_GUID_SIZE];

	if (text_lower_guid(value, guid) == 0)
		return parse_TEXT(key, guid, slot, error);
	return parse_SEGMENT(key, value, slot, error);
}

static int parse_GUID(const struct key *key, const char *value, void *slot,
                      struct error *error)
{
	if (*value && !text_is_guid(value))
		return refuse(key, value, error);
	return parse_TEXT(key, value, slot, error);
}

/* "2025-01-01", "2025-12-01-preview". */
static int parse_API_VERSION(const struct key *key, const char *value,
                             void *slot, struct error *error)
{
	static const char shape[] = "dddd-dd-dd";

	for (size_t i = 0; i < sizeof(shape) - 1; i++)
		if (shape[i] == 'd' ? value[i] < '0' || value[i] > '9'
		                    : value[i] != shape[i])
			return refuse(key, value, error);
	if (value[sizeof(shape) - 1] &&
	    !text_equal(value + sizeof(shape) - 1, "-preview"))
		return refuse(key, value, error);
	return parse_TEXT(key, value, slot, error);
}

static int parse_MODE(const struct key *key, const char *value, void *slot,
                      struct error *error)
{
	unsigned mode = 0;
	const char *c = value;

	for (; *c >= '0' && *c <= '7' && mode <= 0777; c++)
		mode = mode * 8 + (unsigned)(*c - '0');
	if (*c || c == value || mode > (unsigned)key->most)
		return refuse(key, value, error);
	*(unsigned *)slot = mode;
	return 0;
}

static void format_MODE(const void *slot, struct buf *out)
{
	buf_add_format(out, "%04o", *(const unsigned *)slot);
}

static int compare_id(const void *id, const void *item)
{
	return strcmp(id, *(char *const *)item);
}

bool config_guids_have(const struct config_guids *guids, const char *id)
{
	return guids->count && bsearch(id, guids->items, guids->count,
	                               sizeof(*guids->items), compare_id);
}

/* Where id is, or belongs. */
static size_t place_of(const struct config_guids *guids, const char *id)
{
	size_t least = 0, most = guids->count;

	while (least < most) {
		size_t middle = least + (most - least) / 2;

		if (strcmp(guids->items[middle], id) < 0)
			least = middle + 1;
		else
			most = middle;
	}
	return least;
}

static int add_guid(struct config_guids *guids, const struct key *key,
                    char *word, struct error *error)
{
	char guid[TEXT_GUID_SIZE];
	size_t place;

	word += strspn(word, " \t");
	word[strcspn(word, " \t")] = '\0';
	if (!*word)
		return 0;
	if (text_lower_guid(word, guid) < 0)
		return refuse(key, word, error);
	place = place_of(guids, guid);
	if (place < guids->count && text_equal(guids->items[place], guid))
		return 0;
	guids->items =
		xrealloc(guids->items, guids->count + 1, sizeof(*guids->items));
	memmove(&guids->items[place + 1], &guids->items[place],
	        (guids->count - place) * sizeof(*guids->items));
	guids->items[place] = xstrdup(guid);
	guids->count++;
	return 0;
}

/* A list grows with each line; config.c empties it where a file begins it
 * anew. */
static int parse_GUIDS(const struct key *key, const char *value, void *slot,
                       struct error *error)
{
	scoped(string_free) char *copy = xstrdup(value);
	char *rest = copy;
	char *word;
	int r = 0;

	while (r == 0 && (word = strsep(&rest, ",")))
		r = add_guid(slot, key, word, error);
	return r;
}

static void format_GUIDS(const void *slot, struct buf *out)
{
	const struct config_guids *guids = slot;

	for (size_t i = 0; i < guids->count; i++)
		buf_add_format(out, "%s%s", i ? "\n" : "", guids->items[i]);
}

static void free_GUIDS(void *slot)
{
	struct config_guids *guids = slot;

	for (size_t i = 0; i < guids->count; i++)
		free(guids->items[i]);
	free(guids->items);
	*guids = (struct config_guids){ NULL, 0 };
}

static int parse_CLOUD(const struct key *key, const char *value, void *slot,
                       struct error *error)
{
	return cloud_name_from_string(value, slot) < 0
	               ? refuse(key, value, error)
	               : 0;
}

static void format_CLOUD(const void *slot, struct buf *out)
{
	buf_add_text(out, cloud_name_to_string(*(const enum cloud_name *)slot));
}

static int parse_UNSET(const struct key *key, const char *value, void *slot,
                       struct error *error)
{
	if (!text_equal(value, "enabled") && !text_equal(value, "disabled"))
		return refuse(key, value, error);
	*(bool *)slot = text_equal(value, "disabled");
	return 0;
}

static void format_UNSET(const void *slot, struct buf *out)
{
	buf_add_text(out, *(const bool *)slot ? "disabled" : "enabled");
}

static int parse_LEVEL(const struct key *key, const char *value, void *slot,
                       struct error *error)
{
	return log_level_from_string(value, slot) < 0
	               ? refuse(key, value, error)
	               : 0;
}

static void format_LEVEL(const void *slot, struct buf *out)
{
	static const char *const words[] = {
		[LOG_LEVEL_ERROR] = "error",   [LOG_LEVEL_WARNING] = "warning",
		[LOG_LEVEL_NOTICE] = "notice", [LOG_LEVEL_INFO] = "info",
		[LOG_LEVEL_DEBUG] = "debug",
	};

	buf_add_text(out, words[*(const enum log_level *)slot]);
}

static int parse_TARGET(const struct key *key, const char *value, void *slot,
                        struct error *error)
{
	return emitter_target_from_string(value, slot) < 0
	               ? refuse(key, value, error)
	               : 0;
}

static void format_TARGET(const void *slot, struct buf *out)
{
	static const char *const words[] = {
		[EMITTER_AUTO] = "auto",
		[EMITTER_JOURNAL] = "journal",
		[EMITTER_SYSLOG] = "syslog",
		[EMITTER_STDERR] = "stderr",
	};

	buf_add_text(out, words[*(const enum emitter_target *)slot]);
}

static const char *const remediation_words[] = { "off", "manual", "auto" };

static int parse_REMEDIATION(const struct key *key, const char *value,
                             void *slot, struct error *error)
{
	for (unsigned i = 0; i <= CONFIG_REMEDIATION_AUTO; i++)
		if (text_equal(value, remediation_words[i])) {
			*(enum config_remediation *)slot =
				(enum config_remediation)i;
			return 0;
		}
	return refuse(key, value, error);
}

static void format_REMEDIATION(const void *slot, struct buf *out)
{
	buf_add_text(out,
	             remediation_words[*(const enum config_remediation *)slot]);
}

static int parse_CREDENTIAL(const struct key *key, const char *value,
                            void *slot, struct error *error)
{
	enum credential_kind kind;

	if (!*value) {
		*(int *)slot = CONFIG_CREDENTIAL_NONE;
		return 0;
	}
	if (credential_kind_from_string(value, &kind) < 0)
		return refuse(key, value, error);
	*(int *)slot = (int)kind;
	return 0;
}

static void format_CREDENTIAL(const void *slot, struct buf *out)
{
	int kind = *(const int *)slot;

	if (kind != CONFIG_CREDENTIAL_NONE)
		buf_add_text(out, credential_kind_to_string(
					  (enum credential_kind)kind));
}

#define CREDENTIAL(name, word, needs, takes) ", " word
static const char credential_words[] = "one of this version's credentials"
#include "azure/credentials.def"
	;
#undef CREDENTIAL

#define VALUE_TYPE(type, words, format_fn, free_fn) \
	const struct value_type value_##type = {    \
		.name = words,                      \
		.parse = parse_##type,              \
		.format = format_fn,                \
		.free = free_fn,                    \
	};

VALUE_TYPE(DURATION, "a duration such as 500ms, 30s, 5min, 1h or 2d",
           format_DURATION, NULL)
VALUE_TYPE(COUNT, "a number", format_COUNT, NULL)
VALUE_TYPE(RATE, "a number of requests a second, or auto", format_RATE, NULL)
VALUE_TYPE(BOOL, "yes or no", format_BOOL, NULL)
VALUE_TYPE(TEXT, "a text", format_TEXT, free_TEXT)
VALUE_TYPE(PATH, "an absolute path", format_TEXT, free_TEXT)
VALUE_TYPE(URL, "a URL", format_TEXT, free_TEXT)
VALUE_TYPE(API_VERSION, "an api-version such as 2025-01-01", format_TEXT,
           free_TEXT)
VALUE_TYPE(MODE, "a file mode such as 0660", format_MODE, NULL)
VALUE_TYPE(CLOUD, "public, usgov, china or custom", format_CLOUD, NULL)
VALUE_TYPE(UNSET, "enabled or disabled", format_UNSET, NULL)
VALUE_TYPE(LEVEL, "error, warning, notice, info or debug", format_LEVEL, NULL)
VALUE_TYPE(TARGET, "auto, journal, syslog or stderr", format_TARGET, NULL)
VALUE_TYPE(REMEDIATION, "off, manual or auto", format_REMEDIATION, NULL)
VALUE_TYPE(CREDENTIAL, credential_words, format_CREDENTIAL, NULL)
VALUE_TYPE(DOMAIN, "a tenant's id or its domain", format_TEXT, free_TEXT)
VALUE_TYPE(GUID, "an id of the form 8-4-4-4-12 hexadecimal digits", format_TEXT,
           free_TEXT)
VALUE_TYPE(GUIDS, "subscription ids, separated by commas", format_GUIDS,
           free_GUIDS)
VALUE_TYPE(UNBUILT, "to be had in this version: leave it empty", format_TEXT,
           NULL)
VALUE_TYPE(SEGMENT, "a name of letters, digits, '.', '_' and '-'", format_TEXT,
           free_TEXT)
