/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: what came over a socket -> what api.def knows, or a refusal.
 *
 * Pure: no socket, no clock. The order of the checks is the contract: a reader
 * who wants to write is refused first (403), then the path (404), the method
 * (405), the query and the body (400).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "control/control_request.h"

enum endpoint {
#define ENDPOINT(name, method, path, query, body, help) ENDPOINT_##name,
#include "control/api.def"
#undef ENDPOINT
	ENDPOINT_COUNT
};

/* As it came; borrowed. */
struct request_text {
	const char *method;
	const char *path;  /* percent-encoded, without the query */
	const char *query; /* NULL: none */
	const char *body;
	size_t body_size_bytes;

	bool is_operator;          /* came over the operator's socket */
	const char *operator_path; /* for the sentence; NULL: there is none */
};

struct request {
	enum endpoint endpoint;
	bool is_head;
	struct control_request control; /* borrows from what is below */
	char id[TEXT_GUID_SIZE];
	char after[TEXT_GUID_SIZE];
	char *tenant;
	struct json *body;
};

/* Why a request is not for any endpoint. */
struct request_refusal {
	int status;
	const char *code; /* "not_found" */
	struct error message;
	char allow[64]; /* with 405: the methods of that path */
};

/* Fills *ret_request, to be given to request_done(), and returns 0; or fills
 * *ret_refusal and returns -EINVAL. */
int request_parse(const struct request_text *text, struct request *ret_request,
                  struct request_refusal *ret_refusal);
void request_done(struct request *request);

static inline void request_done_scoped(struct request *request)
{
	request_done(request);
}
