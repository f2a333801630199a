/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failure: why a request to Azure gave no usable answer.
 */
#pragma once

#include <stdint.h>

#include "core/words.h"

#define FAILURE_CODE_SIZE    96
#define FAILURE_MESSAGE_SIZE 301 /* 300 bytes, and the NUL */
#define FAILURE_ID_SIZE      64

struct failure {
	enum failure_class class;
	int http_status;        /* 0: no answer came */
	int64_t retry_after_ms; /* what the server asked for; 0: nothing */
	char code[FAILURE_CODE_SIZE];
	char message[FAILURE_MESSAGE_SIZE];
	char correlation_id[FAILURE_ID_SIZE];
};

/* Fills *failure and empties the rest; the message is formatted, then cleaned
 * of control characters and cut. */
void failure_set(struct failure *failure, enum failure_class class,
                 const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts text from the peer into code or correlation_id: cleaned and cut; NULL
 * is "". */
void failure_set_code(struct failure *failure, const char *code);
void failure_set_correlation_id(struct failure *failure, const char *id);
