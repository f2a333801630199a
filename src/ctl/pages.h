/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages: a listing of the endpoint, followed to its last page.
 */
#pragma once

struct client;
struct client_answer;
struct error;

typedef int pages_fn(const struct client_answer *page, void *user,
                     struct error *error);

/* Calls fn for each page of path until one is the last or fn fails. filter is
 * what the query has besides limit and after: "&state=absent", or "". */
int pages_walk(struct client *client, const char *path, const char *filter,
               pages_fn *fn, void *user, struct error *error);
