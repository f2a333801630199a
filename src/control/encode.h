/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode: records and events -> the JSON of the endpoint. Every key is always
 * there, null where there is nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct event;
struct json_out;
struct subscription;
struct subscription_error;

/* Of every document; what is only added to it does not change it. */
#define ENCODE_SCHEMA_VERSION 1

/* What a record alone does not know. */
struct encode_context {
	bool stale;
	int64_t next_poll_unix_ms; /* 0: it is being polled */
};

/* The members of a subscription object, into an object that is open. */
void encode_subscription(struct json_out *out,
                         const struct subscription *subscription,
                         const struct encode_context *context);

/* An event as an object of its own; key as in json_open(). with_version puts
 * schema_version in: a line of its own is a document. */
void encode_event(struct json_out *out, const char *key,
                  const struct event *event, bool with_version);

/* A kept error as an object under key, or null; its message is kept as
 * verdict_text() reads it for subscription_id, or plain where that is "". */
void encode_error(struct json_out *out, const char *key,
                  const struct subscription_error *error,
                  const char *subscription_id);
