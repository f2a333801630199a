/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json_slice.h"

/* The elements of rows, behind one another with '|'; or the error. */
static const char *elements(const char *document, char out[512])
{
	struct json_slice rest = json_slice_array(document, "rows"), element;
	struct error error = { "" };
	int r;

	if (!rest.text)
		return "none";
	out[0] = '\0';
	while ((r = json_slice_next(&rest, &element, &error)) > 0) {
		strncat(out, element.text, element.size_bytes);
		strncat(out, "|", 2);
	}
	if (r < 0) {
		assert_int_equal(r, -EINVAL);
		assert_true(strlen(error.text) > 0);
		return "error";
	}
	return out;
}

static void elements_come_as_they_were_written(void **state)
{
	static const struct {
		const char *document;
		const char *elements;
	} rows[] = {
		{ "{\"rows\":[]}", "" },
		{ "{\"rows\":[ \n ]}", "" },
		{ "{\"rows\":[1]}", "1|" },
		{ " { \"a\" : [2], \"rows\" : [ 1 , \"x,]\" ] }",
		  "1|\"x,]\"|" },
		{ "{\"rows\":[{\"a\":[1,{}]},[],null,\"\\\"]\"]}",
		  "{\"a\":[1,{}]}|[]|null|\"\\\"]\"|" },
		{ "{\"x\":{\"rows\":[1]},\"rows\":[2]}", "2|" },
		{ "{\"rows\":{}}", "none" },
		{ "{\"other\":[1]}", "none" },
		{ "[1]", "none" },
		{ "", "none" },
		{ "{\"rows\":[1 2]}", "error" },
		{ "{\"rows\":[1,]}", "error" },
		{ "{\"rows\":[,1]}", "error" },
		{ "{\"rows\":[{}{}]}", "error" },
	};
	char out[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(elements(rows[i].document, out),
		                    rows[i].elements);
}

/* Cut anywhere, it never reads past the end, and it comes to an end. */
static void a_document_that_is_cut_does_no_harm(void **state)
{
	static const char whole[] =
		"{\"a\":\"\\\\\",\"rows\":[{\"b\":[1,\"]\"]},[[]],\"c\\\"\"]}";
	char out[512];

	for (size_t size = 0; size < sizeof(whole); size++) {
		char *cut = malloc(size + 1);

		assert_non_null(cut);
		memcpy(cut, whole, size);
		cut[size] = '\0';
		assert_non_null(elements(cut, out));
		free(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_come_as_they_were_written),
		cmocka_unit_test(a_document_that_is_cut_does_no_harm),
	};

	return cmocka_run_group_tests_name("json_slice", tests, NULL, NULL);
}
