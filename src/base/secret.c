/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#define FILE_MAX_BYTES ((size_t)64 * 1024)

struct secret {
	size_t size_bytes;
	char text[];
};

/* What a file held, on its way into a secret. */
struct draft {
	size_t size_bytes;
	char bytes[FILE_MAX_BYTES + 1];
};

static void draft_free_scoped(struct draft **draft)
{
	if (*draft)
		secret_wipe(*draft, sizeof(**draft));
	free(*draft);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The bytes that may not stand in a secret, by whether it is opaque. */
static bool is_refused(char c, bool opaque)
{
	if (opaque)
		return c < '!' || c > '~';
	return c == '\0' || c == '\r' || c == '\n';
}

/* Fills the draft with all that fd has, to one byte past what is allowed. */
static int draft_fill(struct draft *draft, int fd, const char *path,
                      struct error *error)
{
	while (draft->size_bytes < sizeof(draft->bytes)) {
		ssize_t size = file_read_some(
			fd, draft->bytes + draft->size_bytes,
			sizeof(draft->bytes) - draft->size_bytes, path, error);

		if (size <= 0)
			return (int)size;
		draft->size_bytes += (size_t)size;
	}
	return error_set(error, -EFBIG,
	                 "%s is longer than a secret may be, %zu bytes", path,
	                 FILE_MAX_BYTES);
}

static int draft_take(const struct draft *draft, bool opaque, const char *path,
                      struct secret **ret_secret, struct error *error)
{
	const char *text = draft->bytes;
	size_t size_bytes = draft->size_bytes;

	while (size_bytes && is_space(text[size_bytes - 1]))
		size_bytes--;
	for (; size_bytes && is_space(*text); text++)
		size_bytes--;
	if (!size_bytes)
		return error_set(error, -EINVAL, "%s is empty", path);

	for (size_t i = 0; i < size_bytes; i++)
		if (is_refused(text[i], opaque))
			return error_set(error, -EINVAL,
			                 "%s holds %s: put the bare %s there",
			                 path,
			                 opaque ? "more than one printable word"
			                        : "more than one line",
			                 opaque ? "token" : "secret");

	*ret_secret = secret_new(text, size_bytes);
	return 0;
}

struct secret *secret_new(const char *text, size_t size_bytes)
{
	struct secret *secret = xcalloc(1, sizeof(*secret) + size_bytes + 1);

	secret->size_bytes = size_bytes;
	if (size_bytes)
		memcpy(secret->text, text, size_bytes);
	return secret;
}

void secret_free(struct secret *secret)
{
	if (!secret)
		return;
	secret_wipe(secret, sizeof(*secret) + secret->size_bytes + 1);
	free(secret);
}

const char *secret_reveal(const struct secret *secret)
{
	return secret->text;
}

size_t secret_size_bytes(const struct secret *secret)
{
	return secret->size_bytes;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	volatile unsigned char difference = 0;

	if (!a || !b)
		return a == b;
	if (a->size_bytes != b->size_bytes)
		return false;
	for (size_t i = 0; i < a->size_bytes; i++)
		difference |= (unsigned char)(a->text[i] ^ b->text[i]);
	return difference == 0;
}

int secret_read(const char *path, bool opaque, struct secret **ret_secret,
                struct error *error)
{
	scoped(draft_free) struct draft *draft = NULL;
	scoped(file_close) int fd = -1;
	struct stat status;
	int r;

	fd = file_open(path, &status, error);
	if (fd < 0)
		return fd;
	if (status.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(error, -EPERM,
		                 "others than its owner may write to %s: "
		                 "chmod go-w it, then check its contents",
		                 path);
	draft = xcalloc(1, sizeof(*draft));
	r = draft_fill(draft, fd, path, error);
	if (r < 0)
		return r;
	return draft_take(draft, opaque, path, ret_secret, error);
}

void secret_wipe(void *memory, size_t size_bytes)
{
	if (size_bytes)
		explicit_bzero(memory, size_bytes);
}
