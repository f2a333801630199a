/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret: a text that nobody may see.
 *
 * Tokens, client secrets and what is made of them live here and nowhere else.
 * It is wiped when it is freed, and no function formats one; only the request
 * that needs it looks inside, by secret_reveal().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/scoped.h"

struct error;
struct secret;

/* Copies size_bytes of text; wiping the source is the caller's. */
struct secret *secret_new(const char *text, size_t size_bytes);
void secret_free(struct secret *secret);
DEFINE_SCOPED(struct secret *, secret_free)

/* The text, ended by NUL, and its length without that. Borrowed. */
const char *secret_reveal(const struct secret *secret);
size_t secret_size_bytes(const struct secret *secret);

/* Equal contents; takes the same time wherever they differ. */
bool secret_equal(const struct secret *a, const struct secret *b);

/*
 * Reads the file at path: at most 64 KiB, white space around the text is
 * dropped, and what is left must be printable ASCII without spaces in it if
 * opaque is set (a token), or any bytes but NUL, CR and LF (a client secret).
 * Refuses a file that others than its owner may write to. Fails with the words
 * in *error, which name the path and never the contents.
 */
int secret_read(const char *path, bool opaque, struct secret **ret_secret,
                struct error *error);

/* Overwrites memory in a way that the compiler keeps. */
void secret_wipe(void *memory, size_t size_bytes);
