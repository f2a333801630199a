/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/assignment.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "azure/page.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#define ASSIGNMENTS_PART "/providers/Microsoft.Authorization/policyAssignments"

/* An id is refused where it is longer; other texts are cut. */
#define ID_MAX_BYTES   512
#define TEXT_MAX_BYTES 256

/* Azure lets a scope have 200 assignments, and six levels stand above. */
#define ASSIGNMENTS_MAX 1000

/* The texts are copies, each bounded, so that the set is bounded too. */
struct assignment_set {
	struct assignment **assignments; /* each stays where it is */
	size_t count;
	size_t room;
	size_t by_name;
};

/* The texts of an assignment, for those who treat them all alike. */
static const size_t texts[] = {
	offsetof(struct assignment, id),
	offsetof(struct assignment, name),
	offsetof(struct assignment, scope),
	offsetof(struct assignment, definition_id),
	offsetof(struct assignment, enforcement_mode),
	offsetof(struct assignment, parameter_text),
	offsetof(struct assignment, changed_by),
	offsetof(struct assignment, changed_on),
};

static void assignment_free(struct assignment *assignment)
{
	if (!assignment)
		return;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(*(char **)((char *)assignment + texts[i]));
	free(assignment);
}
DEFINE_SCOPED(struct assignment *, assignment_free)

/* Fit to be shown, and no longer than may be; NULL for NULL. */
static char *clean(const char *text)
{
	char cleaned[TEXT_MAX_BYTES + 1];

	return text ? xstrdup(text_clean(text, cleaned, sizeof(cleaned)))
	            : NULL;
}

/* A text that may be missing or null, and nothing else. */
static int text_take(const struct json *object, const char *key,
                     const char **ret_text, struct error *error)
{
	const struct json *value = json_get(object, key);

	if (value && json_type(value) != JSON_STRING)
		return error_set(error, -EINVAL, "its %s is no text", key);
	*ret_text = clean(json_text(value));
	return 0;
}

/* The same for what is compared whole. */
static int id_take(const struct json *object, const char *key,
                   const char **ret_id, struct error *error)
{
	const struct json *value = json_get(object, key);
	char cleaned[ID_MAX_BYTES + 1];
	const char *text;

	if (value && json_type(value) != JSON_STRING)
		return error_set(error, -EINVAL, "its %s is no text", key);
	text = json_text(value);
	if (text && strlen(text) > ID_MAX_BYTES)
		return error_set(error, -EINVAL,
		                 "its %s is longer than %d bytes", key,
		                 ID_MAX_BYTES);
	*ret_id = text ? xstrdup(text_clean(text, cleaned, sizeof(cleaned)))
	               : NULL;
	return 0;
}

/* The parameter is what a user wrote: nothing about it is taken for granted. */
static int parameter_take(const struct json *properties,
                          struct assignment *assignment, struct error *error)
{
	const struct json *parameters = json_get(properties, "parameters");
	const struct json *parameter, *value;

	assignment->parameter_kind = PARAMETER_MISSING;
	if (!parameters)
		return 0;
	if (json_type(parameters) != JSON_OBJECT)
		return error_set(error, -EINVAL,
		                 "its parameters are no object");
	if (!json_has_nocase(parameters, ASSESS_PARAMETER_NAME))
		return 0;

	parameter = json_get_nocase(parameters, ASSESS_PARAMETER_NAME);
	value = json_get_nocase(parameter, "value");
	if (json_type(value) == JSON_STRING) {
		assignment->parameter_kind = PARAMETER_TEXT;
		assignment->parameter_text = clean(json_text(value));
	} else if (value || (parameter && json_type(parameter) != JSON_OBJECT))
		assignment->parameter_kind = PARAMETER_OTHER;
	else
		assignment->parameter_kind = PARAMETER_NULL;
	return 0;
}

static const char *nonempty(const char *text)
{
	return text && *text ? text : NULL;
}

/* Who changed it and when belong together: the last change, else the first. */
static void change_take(const struct json *properties,
                        struct assignment *assignment)
{
	const struct json *metadata = json_get(properties, "metadata");
	const char *by = nonempty(json_get_text(metadata, "updatedBy"));
	const char *on = nonempty(json_get_text(metadata, "updatedOn"));

	if (!by && !on) {
		by = nonempty(json_get_text(metadata, "createdBy"));
		on = nonempty(json_get_text(metadata, "createdOn"));
	}
	assignment->changed_by = clean(by);
	assignment->changed_on = clean(on);
}

/* Where the assignment part of an id begins; NULL: it has none. */
static const char *assignments_part(const char *id)
{
	for (; id && *id; id++)
		if (text_starts_nocase(id, ASSIGNMENTS_PART "/"))
			return id;
	return NULL;
}

/* Name and scope stand in the id too. Some write a scope without its first
 * slash: "subscriptions/...". */
static void id_complete(struct assignment *assignment)
{
	const char *part = assignments_part(assignment->id);
	scoped(string_free) char *bare = NULL;

	if (assignment->scope && assignment->scope[0] != '/') {
		bare = (char *)assignment->scope;
		assignment->scope = xasprintf("/%s", bare);
	}
	if (!part)
		return;
	if (!assignment->scope)
		assignment->scope = xstrndup(assignment->id,
		                             (size_t)(part - assignment->id));
	if (!assignment->name)
		assignment->name = clean(part + strlen(ASSIGNMENTS_PART "/"));
}

/* asked_id: what it was asked for by, where it need not have an id. */
static int assignment_take(const struct json *document, const char *asked_id,
                           struct assignment *assignment, struct error *error)
{
	const struct json *properties = json_get(document, "properties");
	int r;

	if (json_type(document) != JSON_OBJECT ||
	    json_type(properties) != JSON_OBJECT)
		return error_set(error, -EINVAL, "it has no object properties");

	r = id_take(document, "id", &assignment->id, error);
	if (r == 0)
		r = id_take(properties, "policyDefinitionId",
		            &assignment->definition_id, error);
	if (r == 0)
		r = id_take(properties, "scope", &assignment->scope, error);
	if (r == 0)
		r = text_take(document, "name", &assignment->name, error);
	if (r == 0)
		r = text_take(properties, "enforcementMode",
		              &assignment->enforcement_mode, error);
	if (r == 0)
		r = parameter_take(properties, assignment, error);
	if (r < 0)
		return r;

	if (!assignment->definition_id)
		return error_set(error, -EINVAL,
		                 "it has no policyDefinitionId");
	if (!assignment->id && !asked_id)
		return error_set(error, -EINVAL, "it has no id");
	if (!assignment->id)
		assignment->id = xstrdup(asked_id);
	id_complete(assignment);
	change_take(properties, assignment);
	return 0;
}

static bool set_has(const struct assignment_set *set, const char *id)
{
	for (size_t i = 0; i < set->count; i++)
		if (text_equal_nocase(set->assignments[i]->id, id))
			return true;
	return false;
}

static void set_put(struct assignment_set *set,
                    struct assignment *taken_assignment)
{
	if (set->count == set->room) {
		set->room = set->room ? 2 * set->room : 2;
		set->assignments = xrealloc(set->assignments, set->room,
		                            sizeof(struct assignment *));
	}
	set->assignments[set->count++] = taken_assignment;
}

static int row_add(struct assignment_set *set, const struct json *row,
                   struct error *error)
{
	scoped(assignment_free) struct assignment *assignment =
		xcalloc(1, sizeof(*assignment));
	int r = assignment_take(row, NULL, assignment, error);

	if (r < 0)
		return r;
	if (!assess_is_known_initiative(assignment->definition_id) ||
	    set_has(set, assignment->id))
		return 0;
	if (set->count == ASSIGNMENTS_MAX)
		return error_set(error, -E2BIG,
		                 "it has more than %d assignments of the "
		                 "initiatives that count",
		                 ASSIGNMENTS_MAX);
	set_put(set, steal(assignment));
	return 0;
}

/* It was asked for by name at this very scope, and ARM answers there for no
 * other: what the document says counts only where it says the same. */
static void scope_settle(struct assignment *assignment,
                         const char *subscription_id)
{
	char *asked = xasprintf("/subscriptions/%s", subscription_id);
	size_t size = strlen(asked);

	if (assignment->scope && text_starts_nocase(assignment->scope, asked) &&
	    assignment->scope[size + strspn(assignment->scope + size, "/")] ==
	            '\0') {
		free(asked);
		return;
	}
	free((char *)assignment->scope);
	assignment->scope = asked;
}

static int document_add(struct assignment_set *set, const struct json *root,
                        const char *subscription_id, struct error *error)
{
	scoped(string_free) char *asked_id = xasprintf(
		"/subscriptions/%s" ASSIGNMENTS_PART "/" ASSESS_ASSIGNMENT_NAME,
		subscription_id);
	scoped(assignment_free) struct assignment *assignment =
		xcalloc(1, sizeof(*assignment));
	int r = assignment_take(root, asked_id, assignment, error);

	if (r < 0)
		return r;
	scope_settle(assignment, subscription_id);
	set_put(set, steal(assignment));
	set->by_name = 1;
	return 0;
}

struct assignment_set *assignment_set_new(void)
{
	return xcalloc(1, sizeof(struct assignment_set));
}

void assignment_set_free(struct assignment_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		assignment_free(set->assignments[i]);
	free(set->assignments);
	free(set);
}

int assignment_add_document(struct assignment_set *set, const char *body,
                            size_t size_bytes, const char *subscription_id,
                            struct error *error)
{
	scoped(json_free) struct json *root = NULL;
	int r = json_parse(body, size_bytes, &root, error);

	assert(!set->count);
	if (r == 0)
		r = document_add(set, root, subscription_id, error);
	return r < 0 ? error_wrap(error, r, "the assignment cannot be read")
	             : 0;
}

int assignment_add_page(struct assignment_set *set, const char *body,
                        size_t size_bytes, char **ret_next_link,
                        struct error *error)
{
	scoped(page_done) struct page page = { 0 };
	int r = page_parse(body, size_bytes, &page, error);

	while (r == 0) {
		scoped(json_free) struct json *row = NULL;

		r = page_next(&page, &row, error);
		if (r == 0)
			break;
		if (r > 0)
			r = row_add(set, row, error);
	}
	if (r < 0)
		return error_wrap(error, r,
		                  "the list of assignments cannot be read");
	*ret_next_link = xstrdup(page.next_link);
	return 0;
}

size_t assignment_count(const struct assignment_set *set)
{
	return set->count;
}

const struct assignment *assignment_at(const struct assignment_set *set,
                                       size_t index)
{
	assert(index < set->count);
	return set->assignments[index];
}

size_t assignment_by_name(const struct assignment_set *set)
{
	return set->by_name;
}

char *assignment_get_path(const char *subscription_id, const char *api_version)
{
	return xasprintf("/subscriptions/%s" ASSIGNMENTS_PART
	                 "/" ASSESS_ASSIGNMENT_NAME "?api-version=%s",
	                 subscription_id, api_version);
}

char *assignment_list_path(const char *subscription_id, const char *api_version)
{
	return xasprintf("/subscriptions/%s" ASSIGNMENTS_PART
	                 "?api-version=%s&$filter=atScope()",
	                 subscription_id, api_version);
}
