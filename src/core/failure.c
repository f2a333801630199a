/* SPDX-License-Identifier: Apache-2.0 */
#include "core/failure.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

/* A control character of two bytes is cleaned to one: with this many, what
 * was cleaned still fills the message. */
#define RAW_SIZE (4 * FAILURE_MESSAGE_SIZE)

void failure_set(struct failure *failure, enum failure_class class,
                 const char *format, ...)
{
	char raw[RAW_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);

	*failure = (struct failure){ .class = class };
	text_clean(raw, failure->message, sizeof(failure->message));
}

void failure_set_code(struct failure *failure, const char *code)
{
	text_clean(code ? code : "", failure->code, sizeof(failure->code));
}

void failure_set_correlation_id(struct failure *failure, const char *id)
{
	text_clean(id ? id : "", failure->correlation_id,
	           sizeof(failure->correlation_id));
}
