/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ini: the text of a file -> section, key, value and line. Only ini.c knows
 * that it is libinih, whose limits (it cuts long lines silently) it turns into
 * sentences.
 */
#pragma once

#include <stddef.h>

struct error;

/* name and value are NULL where a section begins. 0, or a negative errno with
 * words that do not name the file or the line. */
typedef int ini_value_fn(const char *section, const char *name,
                         const char *value, unsigned line, void *user,
                         struct error *error);

/* Fails with "PATH:LINE: words" at the first thing that is wrong. */
int ini_read(const char *path, const char *text, size_t size_bytes,
             ini_value_fn *fn, void *user, struct error *error);
