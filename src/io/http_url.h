/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_url: which URLs may be called. libcurl's own parser takes them apart,
 * so that what is checked is what is called.
 *
 * Part of io/http.h, which is what others include.
 */
#pragma once

#include <stdbool.h>

struct error;

/* Whether url is https, or http to a loopback address ("localhost",
 * 127.0.0.0/8, [::1]); -EINVAL with words where it is neither, has a user or
 * control characters in it, or is too long. */
int http_check_url(const char *url, struct error *error);

/* Whether both have the same scheme, host and port. */
bool http_same_origin(const char *a, const char *b);

/* Whether a call may go to url in the clear: to a loopback address, or to a
 * link-local one where that is allowed, for instance metadata. */
bool http_url_may_be_plain(const char *url, bool link_local);

/* "host" or "host:port", for people; free() it. */
char *http_url_host(const char *url);
