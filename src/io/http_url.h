/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_url: what http.c asks about a URL besides what http.h offers to all.
 */
#pragma once

#include <stdbool.h>

/* Whether a call may go to url in the clear: to a loopback address, or to a
 * link-local one where that is allowed, for instance metadata. */
bool http_url_may_be_plain(const char *url, bool link_local);

/* "host" or "host:port", for people; free() it. */
char *http_url_host(const char *url);
