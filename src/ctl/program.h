/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program: all of jitd-ctl, from the command line to the exit status.
 */
#pragma once

#include <stdio.h>

int program_run(int argc, char *const argv[], FILE *out, FILE *errors);
