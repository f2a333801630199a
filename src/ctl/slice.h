/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slice: parts of a document as it was written, so that --json prints them
 * just as jitd did.
 */
#pragma once

#include <stddef.h>

/* A part of somebody's text. */
struct slice {
	const char *text;
	size_t size_bytes;
};

/*
 * What stands between the brackets of the array that is the member key of a
 * root object; empty where there is none. document must have passed
 * json_parse().
 */
struct slice slice_of_array(const char *document, const char *key);
