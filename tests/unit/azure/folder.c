/* SPDX-License-Identifier: Apache-2.0 */
/* A unit test is linked with the helpers of its own folder only. */
#include "base/folder.c"
