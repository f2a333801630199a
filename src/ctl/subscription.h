/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subscription: one subscription object of the endpoint.
 */
#pragma once

#include <stdbool.h>

struct buf;
struct client;
struct client_answer;
struct error;
struct json;

/* Finds SUB and asks for it; -ESRCH where it is not known. ret_answer is to
 * be given to client_answer_done() whatever is returned. */
int subscription_fetch(struct client *client, const char *wanted,
                       struct client_answer *ret_answer, struct error *error);
