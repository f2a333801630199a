/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <assert.h>
#include <string.h>

#include <openssl/evp.h>

struct digest digest_of(const void *data, size_t size_bytes)
{
	unsigned char whole[EVP_MAX_MD_SIZE];
	struct digest digest;
	int done;

	/* Fails where libcrypto has no memory or no SHA-256 at all. */
	done = EVP_Digest(data, size_bytes, whole, NULL, EVP_sha256(), NULL);
	assert(done == 1);
	memcpy(digest.bytes, whole, sizeof(digest.bytes));
	return digest;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
