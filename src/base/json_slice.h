/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_slice: parts of a document as they were written.
 *
 * A listing is taken apart row by row, so that not all of it need stand in
 * memory as values at once, and a part can be passed on just as it came. The
 * cutting checks little: what is cut out goes through json_parse().
 */
#pragma once

#include <stddef.h>

struct error;

/* A part of somebody's text. */
struct json_slice {
	const char *text;
	size_t size_bytes;
};

/*
 * What stands between the brackets of the array that is the member key of the
 * root object; text is NULL where there is none. key is compared as written.
 */
struct json_slice json_slice_array(const char *document, const char *key);

/*
 * Takes the next element off rest, which json_slice_array() gave. 1; 0 at the
 * end; -EINVAL with words where the commas are not right.
 */
int json_slice_next(struct json_slice *rest, struct json_slice *ret_element,
                    struct error *error);
