/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire: what requests to Azure have in common, whichever service answers:
 * their ids, how long an answer asks us to wait, and what a connection that
 * gave none is called.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "core/failure.h"
#include "io/http.h"

struct loop;
struct secret;

/* An answer that asks for more is obeyed for so long. */
#define WIRE_RETRY_AFTER_MAX_MS (INT64_C(60) * 60 * 1000)

/* A random GUID: Azure's support asks for the id that a request bore. */
void wire_make_id(struct loop *loop, char out[TEXT_GUID_SIZE]);

/* retry-after-ms, x-ms-retry-after-ms, or Retry-After in seconds or as a date,
 * which is measured by the answer's own Date where it has one. 0: none. */
int64_t wire_retry_after_ms(const struct http_reply *reply,
                            int64_t wall_unix_ms);

/* FAILURE_NONE for HTTP_OK. */
enum failure_class wire_failure_class(enum http_error error);

/* Whether a text that a peer sent repeats a secret of ours, as it is or as a
 * form has it. */
bool wire_repeats(const char *text, const struct secret *secret);
