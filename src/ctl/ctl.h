/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctl: what every verb of jitd-ctl has at hand.
 *
 * Text that came from Azure is cleaned of control characters before a person
 * sees it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ctl/options.h"
#include "show/style.h"
#include "show/table.h"

struct buf;
struct client;
struct client_answer;
struct error;

struct ctl {
	const struct options *options;
	FILE *out;
	bool colored;
	unsigned width;      /* of the terminal; 0: there is none */
	int64_t now_unix_ms; /* when it was begun */

	/* Of the status socket, and of the operator's. */
	struct client *status;
	struct client *operator;
};

bool ctl_wants(const struct ctl *ctl, enum option option);

/* The document as it came. */
void ctl_put_document(struct ctl *ctl, const struct client_answer *answer);

/* Text in a style, cleaned; NULL is "-". */
void ctl_put_text(struct ctl *ctl, enum style style, const char *text);

/* "Label          ". */
void ctl_put_label(struct ctl *ctl, const char *label);

/* "Label          text", formatted, cleaned, and the end of the line. */
void ctl_put_field(struct ctl *ctl, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void ctl_put_table(struct ctl *ctl, const struct table *table, unsigned indent);
