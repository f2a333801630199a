/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest: tells whether bytes are the same as last time.
 *
 * SHA-256 cut to 16 bytes, by libcrypto: whoever may edit an assignment also
 * chooses its bytes, so a hash that can be collided on purpose would let him
 * hide a change.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 16

struct digest {
	uint8_t bytes[DIGEST_BYTES];
};

struct digest digest_of(const void *data, size_t size_bytes);
bool digest_equal(const struct digest *a, const struct digest *b);
