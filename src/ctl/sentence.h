/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sentence: the part of an event's message that is for a person.
 */
#pragma once

#include <stddef.h>

/* How many bytes of it stand before the key=value tail. */
size_t sentence_length(const char *message);
