/* SPDX-License-Identifier: Apache-2.0 */
/*
 * help: what --help prints, made of verbs.def and options.def.
 */
#pragma once

#include <stdio.h>

struct verb;

void help_write(FILE *out);
void help_write_verb(FILE *out, const struct verb *verb);
