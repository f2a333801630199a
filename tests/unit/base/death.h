/* SPDX-License-Identifier: Apache-2.0 */
/*
 * death: for what must end the process.
 */
#pragma once

#include <stdbool.h>

/* Whether fn, in a child that says nothing, does not return. */
bool dies(void (*fn)(void));
