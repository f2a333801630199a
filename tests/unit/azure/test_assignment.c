/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/assignment.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "azure/world.h"
#include "base/buf.h"
#include "base/chance.h"
#include "base/error.h"
#include "base/mem.h"

#define SUBSCRIPTION "5c0ffee1-0001-4000-8000-000000000001"
#define SCOPE        "/subscriptions/" SUBSCRIPTION
#define PART         "/providers/Microsoft.Authorization/policyAssignments"
#define MCSB                                                       \
	"/providers/Microsoft.Authorization/policySetDefinitions/" \
	"1f3afdf9-d0c9-4c3d-847f-89da613e70a8"
/* A document with these properties besides its definition. */
#define DOCUMENT(more) \
	"{\"properties\":{\"policyDefinitionId\":\"" MCSB "\"" more "}}"

/* Adds it to a set of its own. */
static int add(struct assignment_set **ret_set, const char *body,
               struct error *error)
{
	*ret_set = assignment_set_new();
	return assignment_add_document(*ret_set, body, strlen(body),
	                               SUBSCRIPTION, error);
}

static void reads_as(const char *body, enum parameter_kind kind,
                     const char *text)
{
	scoped(assignment_set_free) struct assignment_set *set = NULL;
	const struct assignment *assignment;

	assert_int_equal(add(&set, body, NULL), 0);
	assignment = assignment_at(set, 0);
	assert_int_equal(assignment->parameter_kind, kind);
	assert_int_equal(!text, !assignment->parameter_text);
	if (text)
		assert_string_equal(assignment->parameter_text, text);
}

static void refuses(const char *body)
{
	scoped(assignment_set_free) struct assignment_set *set = NULL;
	struct error error = { "" };

	assert_int_equal(add(&set, body, &error), -EINVAL);
	assert_int_equal(
		strncmp(error.text, "the assignment cannot be read: ", 31), 0);
	assert_int_equal(assignment_count(set), 0);
}

static void the_document_of_2018_is_read(void **state)
{
	scoped(string_free) char *body =
		world_document("assignment-2018-05-01.json");
	scoped(assignment_set_free) struct assignment_set *set = NULL;
	const struct assignment *assignment;

	assert_int_equal(add(&set, body, NULL), 0);
	assert_int_equal(assignment_count(set), 1);
	assert_int_equal(assignment_by_name(set), 1);
	assignment = assignment_at(set, 0);
	assert_string_equal(assignment->id,
	                    SCOPE PART "/SecurityCenterBuiltIn");
	assert_string_equal(assignment->name, "SecurityCenterBuiltIn");
	assert_string_equal(assignment->scope, SCOPE);
	assert_string_equal(assignment->definition_id, MCSB);
	assert_null(assignment->enforcement_mode);
	assert_int_equal(assignment->parameter_kind, PARAMETER_TEXT);
	assert_string_equal(assignment->parameter_text, "AuditIfNotExists");
	assert_string_equal(assignment->changed_by,
	                    "0b5e55ed-0002-4000-8000-00000000000a");
	assert_string_equal(assignment->changed_on,
	                    "2019-02-06T21:32:42.7143661Z");
}

static void the_document_of_2025_is_read(void **state)
{
	scoped(string_free) char *body =
		world_document("assignment-2025-01-01.json");
	scoped(assignment_set_free) struct assignment_set *set = NULL;
	const struct assignment *assignment;

	assert_int_equal(add(&set, body, NULL), 0);
	assignment = assignment_at(set, 0);
	assert_string_equal(assignment->enforcement_mode, "DoNotEnforce");
	assert_string_equal(assignment->parameter_text, "Disabled");
	assert_string_equal(assignment->changed_by,
	                    "0b5e55ed-0002-4000-8000-00000000000b");
	assert_string_equal(assignment->changed_on,
	                    "2026-10-05T20:19:00.0111428Z");
}

static void what_is_missing_comes_from_what_was_asked(void **state)
{
	scoped(assignment_set_free) struct assignment_set *set = NULL;
	const struct assignment *assignment;

	assert_int_equal(add(&set, DOCUMENT(""), NULL), 0);
	assignment = assignment_at(set, 0);
	assert_string_equal(assignment->id,
	                    SCOPE PART "/SecurityCenterBuiltIn");
	assert_string_equal(assignment->name, "SecurityCenterBuiltIn");
	assert_string_equal(assignment->scope, SCOPE);
	assert_null(assignment->changed_by);
	assert_null(assignment->changed_on);
}

static void a_scope_begins_with_a_slash(void **state)
{
	scoped(assignment_set_free) struct assignment_set *set = NULL;

	assert_int_equal(
		add(&set,
	            DOCUMENT(",\"scope\":\"Subscriptions/" SUBSCRIPTION "/\""),
	            NULL),
		0);
	assert_string_equal(assignment_at(set, 0)->scope,
	                    "/Subscriptions/" SUBSCRIPTION "/");
}

static void a_document_stands_where_it_was_asked_for(void **state)
{
	scoped(assignment_set_free) struct assignment_set *set = NULL;

	assert_int_equal(
		add(&set, DOCUMENT(",\"scope\":\"/subscriptions/x\""), NULL),
		0);
	assert_string_equal(assignment_at(set, 0)->scope,
	                    "/subscriptions/" SUBSCRIPTION);
}

static void each_shape_of_the_parameter_has_its_kind(void **state)
{
#define PARAMETER(value)                                                       \
	DOCUMENT(                                                              \
		",\"parameters\":{\"jitNetworkAccessMonitoringEffect\":" value \
		"}")
	reads_as(DOCUMENT(""), PARAMETER_MISSING, NULL);
	reads_as(DOCUMENT(",\"parameters\":null"), PARAMETER_MISSING, NULL);
	reads_as(DOCUMENT(",\"parameters\":{}"), PARAMETER_MISSING, NULL);
	reads_as(DOCUMENT(",\"parameters\":{\"other\":{\"value\":\"x\"}}"),
	         PARAMETER_MISSING, NULL);
	reads_as(PARAMETER("null"), PARAMETER_NULL, NULL);
	reads_as(PARAMETER("{}"), PARAMETER_NULL, NULL);
	reads_as(PARAMETER("{\"value\":null}"), PARAMETER_NULL, NULL);
	reads_as(PARAMETER("{\"value\":5}"), PARAMETER_OTHER, NULL);
	reads_as(PARAMETER("{\"value\":false}"), PARAMETER_OTHER, NULL);
	reads_as(PARAMETER("{\"value\":{}}"), PARAMETER_OTHER, NULL);
	reads_as(PARAMETER("{\"value\":[]}"), PARAMETER_OTHER, NULL);
	reads_as(PARAMETER("\"Disabled\""), PARAMETER_OTHER, NULL);
	reads_as(PARAMETER("7"), PARAMETER_OTHER, NULL);
	reads_as(PARAMETER("[{\"value\":\"Disabled\"}]"), PARAMETER_OTHER,
	         NULL);
	reads_as(PARAMETER("{\"value\":\"disabled\"}"), PARAMETER_TEXT,
	         "disabled");
	reads_as(PARAMETER("{\"value\":\"\"}"), PARAMETER_TEXT, "");
	reads_as(PARAMETER("{\"value\":\"Dis\\nabled\"}"), PARAMETER_TEXT,
	         "Dis?abled");
}

static void letter_case_of_the_parameter_is_nothing(void **state)
{
	reads_as(DOCUMENT(",\"parameters\":{"
	                  "\"JITNETWORKACCESSMONITORINGEFFECT\":"
	                  "{\"Value\":\"Disabled\"}}"),
	         PARAMETER_TEXT, "Disabled");
}

static void wrong_shapes_are_refused(void **state)
{
	refuses("");
	refuses("[]");
	refuses("null");
	refuses("{}");
	refuses("{\"properties\":null}");
	refuses("{\"properties\":[]}");
	refuses("{\"properties\":{}}");
	refuses("{\"properties\":{\"policyDefinitionId\":null}}");
	refuses("{\"properties\":{\"policyDefinitionId\":7}}");
	refuses("{\"id\":7,\"properties\":{\"policyDefinitionId\":\"x\"}}");
	refuses("{\"name\":7,\"properties\":{\"policyDefinitionId\":\"x\"}}");
	refuses(DOCUMENT(",\"scope\":{}"));
	refuses(DOCUMENT(",\"parameters\":[]"));
	refuses(DOCUMENT(",\"parameters\":\"x\""));
	refuses(DOCUMENT(",\"enforcementMode\":7"));
	refuses("{\"properties\":{\"policyDefinitionId\":\"x\"}");
}

static void what_is_long_is_cut_or_refused(void **state)
{
	scoped(assignment_set_free) struct assignment_set *set = NULL;
	char *body, text[600];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	body = xasprintf("{\"id\":\"%s\",\"properties\":"
	                 "{\"policyDefinitionId\":\"x\"}}",
	                 text);
	refuses(body);
	free(body);
	body = xasprintf("{\"properties\":{\"policyDefinitionId\":\"x\","
	                 "\"parameters\":{\"" ASSESS_PARAMETER_NAME
	                 "\":{\"value\":\"%s\"}},"
	                 "\"metadata\":{\"updatedBy\":\"%s\"}}}",
	                 text, text);
	assert_int_equal(add(&set, body, NULL), 0);
	free(body);
	assert_int_equal(strlen(assignment_at(set, 0)->parameter_text), 256);
	assert_int_equal(strlen(assignment_at(set, 0)->changed_by), 256);
}

static void who_changed_it_is_told_in_pairs(void **state)
{
	static const struct {
		const char *metadata;
		const char *by, *on;
	} rows[] = {
		{ "{\"createdBy\":\"c\",\"createdOn\":\"1\"}", "c", "1" },
		{ "{\"createdBy\":\"c\",\"createdOn\":\"1\","
		  "\"updatedBy\":\"u\",\"updatedOn\":\"2\"}",
		  "u", "2" },
		{ "{\"createdBy\":\"c\",\"createdOn\":\"1\","
		  "\"updatedBy\":null,\"updatedOn\":\"2\"}",
		  "", "2" },
		{ "{\"createdBy\":\"c\",\"createdOn\":\"1\","
		  "\"updatedBy\":\"\",\"updatedOn\":\"\"}",
		  "c", "1" },
		{ "{\"createdBy\":7,\"createdOn\":{}}", "", "" },
		{ "[]", "", "" },
		{ "\"x\"", "", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scoped(assignment_set_free) struct assignment_set *set = NULL;
		scoped(string_free) char *body = xasprintf(
			"{\"properties\":{\"policyDefinitionId\":\"x\","
			"\"metadata\":%s}}",
			rows[i].metadata);
		const struct assignment *found;

		assert_int_equal(add(&set, body, NULL), 0);
		found = assignment_at(set, 0);
		assert_string_equal(found->changed_by ? found->changed_by : "",
		                    rows[i].by);
		assert_string_equal(found->changed_on ? found->changed_on : "",
		                    rows[i].on);
	}
}

static void of_a_list_the_known_ones_are_kept_once(void **state)
{
	scoped(string_free) char *body =
		world_document("assignment-2025-01-01.json");
	scoped(string_free) char *page1 =
		world_document("assignments-page-1.json");
	scoped(string_free) char *page2 =
		world_document("assignments-page-2.json");
	scoped(assignment_set_free) struct assignment_set *set = NULL;
	scoped(string_free) char *link = NULL;
	const struct assignment *first;

	assert_int_equal(add(&set, body, NULL), 0);
	first = assignment_at(set, 0);
	assert_int_equal(
		assignment_add_page(set, page1, strlen(page1), &link, NULL), 0);
	assert_non_null(strstr(link, "$skiptoken=2"));
	string_free(steal(link));
	assert_int_equal(
		assignment_add_page(set, page2, strlen(page2), &link, NULL), 0);
	assert_null(link);
	assert_int_equal(assignment_count(set), 3);
	assert_int_equal(assignment_by_name(set), 1);
	assert_ptr_equal(assignment_at(set, 0), first);
	assert_string_equal(first->parameter_text, "Disabled");
	assert_string_equal(assignment_at(set, 1)->name,
	                    "Deploy-ASC-Monitoring");
	assert_string_equal(assignment_at(set, 1)->scope,
	                    "/providers/Microsoft.Management/managementGroups/"
	                    "landing-zones");
	assert_string_equal(assignment_at(set, 2)->name,
	                    "Deploy-MCSB2-Monitoring");
	assert_int_equal(assignment_at(set, 2)->parameter_kind,
	                 PARAMETER_MISSING);
}

static void without_the_document_the_list_stands_alone(void **state)
{
	scoped(string_free) char *page =
		world_document("assignments-page-1.json");
	scoped(assignment_set_free) struct assignment_set *set =
		assignment_set_new();
	scoped(string_free) char *link = NULL;

	assert_int_equal(
		assignment_add_page(set, page, strlen(page), &link, NULL), 0);
	assert_int_equal(assignment_count(set), 2);
	assert_int_equal(assignment_by_name(set), 0);
	assert_string_equal(assignment_at(set, 0)->name,
	                    "SecurityCenterBuiltIn");
}

static void lists_of_wrong_shapes_are_refused(void **state)
{
	static const char *const bodies[] = {
		"",
		"[]",
		"{}",
		"{\"value\":{}}",
		"{\"value\":[null]}",
		"{\"value\":[{}]}",
		"{\"value\":[{\"properties\":{}}]}",
		"{\"value\":[" DOCUMENT("") "]}",
		"{\"value\":[],\"nextLink\":7}",
	};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		scoped(assignment_set_free) struct assignment_set *set =
			assignment_set_new();
		struct error error = { "" };
		char *link = NULL;

		assert_int_equal(assignment_add_page(set, bodies[i],
		                                     strlen(bodies[i]), &link,
		                                     &error),
		                 -EINVAL);
		assert_null(link);
		assert_non_null(strstr(error.text, "cannot be read: "));
	}
}

static void a_list_without_end_is_refused(void **state)
{
	scoped(assignment_set_free) struct assignment_set *set =
		assignment_set_new();
	struct error error = { "" };
	struct buf page;
	char *link = NULL;

	buf_init(&page, BUF_NO_CAP);
	buf_add_text(&page, "{\"value\":[");
	for (int i = 0; i < 1001; i++)
		buf_add_format(&page,
		               "%s{\"id\":\"%d\",\"properties\":"
		               "{\"policyDefinitionId\":\"" MCSB "\"}}",
		               i ? "," : "", i);
	buf_add_text(&page, "]}");
	assert_int_equal(assignment_add_page(set, page.data, page.size_bytes,
	                                     &link, &error),
	                 -E2BIG);
	assert_int_equal(assignment_count(set), 1000);
	buf_done(&page);
}

static void paths_are_arms(void **state)
{
	scoped(string_free) char *get =
		assignment_get_path(SUBSCRIPTION, "2025-01-01");
	scoped(string_free) char *list =
		assignment_list_path(SUBSCRIPTION, "2025-01-01");

	assert_string_equal(get, SCOPE PART
	                    "/SecurityCenterBuiltIn?api-version=2025-01-01");
	assert_string_equal(list, SCOPE PART "?api-version=2025-01-01"
	                                     "&$filter=atScope()");
}

/* Bytes of genuine documents changed, left out and doubled: whatever comes of
 * it is read or refused, and all of it freed. */
static void damaged_documents_do_no_harm(void **state)
{
	static const char *const names[] = {
		"assignment-2018-05-01.json",
		"assignment-2025-01-01.json",
		"assignments-page-1.json",
	};
	static const char bytes[] = "{}[]\":,\\x0 null";

	for (int i = 0; i < 3000; i++) {
		scoped(string_free) char *body = world_document(names[i % 3]);
		scoped(assignment_set_free) struct assignment_set *set =
			assignment_set_new();
		scoped(string_free) char *link = NULL;
		size_t size = strlen(body);
		struct error error;

		for (size_t n = chance_below(4); n > 0; n--)
			body[chance_below(size)] =
				bytes[chance_below(sizeof(bytes) - 1)];
		if (chance_below(4) == 0)
			size = chance_below(size);
		if (i % 3 < 2)
			assignment_add_document(set, body, size, SUBSCRIPTION,
			                        &error);
		else
			assignment_add_page(set, body, size, &link, &error);
		for (size_t n = 0; n < assignment_count(set); n++)
			assert_non_null(assignment_at(set, n)->id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_document_of_2018_is_read),
		cmocka_unit_test(the_document_of_2025_is_read),
		cmocka_unit_test(what_is_missing_comes_from_what_was_asked),
		cmocka_unit_test(a_scope_begins_with_a_slash),
		cmocka_unit_test(a_document_stands_where_it_was_asked_for),
		cmocka_unit_test(each_shape_of_the_parameter_has_its_kind),
		cmocka_unit_test(letter_case_of_the_parameter_is_nothing),
		cmocka_unit_test(wrong_shapes_are_refused),
		cmocka_unit_test(what_is_long_is_cut_or_refused),
		cmocka_unit_test(who_changed_it_is_told_in_pairs),
		cmocka_unit_test(of_a_list_the_known_ones_are_kept_once),
		cmocka_unit_test(without_the_document_the_list_stands_alone),
		cmocka_unit_test(lists_of_wrong_shapes_are_refused),
		cmocka_unit_test(a_list_without_end_is_refused),
		cmocka_unit_test(paths_are_arms),
		cmocka_unit_test(damaged_documents_do_no_harm),
	};

	return cmocka_run_group_tests_name("assignment", tests, chance_begin,
	                                   NULL);
}
