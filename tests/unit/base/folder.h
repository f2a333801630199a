/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder: a fresh folder for each test that writes files.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* A cmocka setup and teardown: makes the folder, and removes it with all the
 * files in it. */
int folder_begin(void **state);
int folder_end(void **state);

/* The path of name in the folder; borrowed until the next call but one. */
const char *folder_path(const char *name);

/* Writes a file there and gives it the mode; the path, as above. */
const char *folder_write(const char *name, const void *data, size_t size_bytes,
                         mode_t mode);
