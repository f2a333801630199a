/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guid_set: GUIDs, each once, numbered in the order in which they came.
 *
 * For listings of a hundred thousand: to add and to find take the same time
 * however many there are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct guid_set {
	char (*guids)[TEXT_GUID_SIZE]; /* lower case */
	size_t count;
	size_t room;
	uint32_t *slots; /* 1 + an index, 0: free; a power of two of them */
	size_t slot_count;
};

/* Zeroed, it is empty. */
void guid_set_done(struct guid_set *set);

/* guid is one in lower case. False where it was there already. */
bool guid_set_add(struct guid_set *set, const char guid[TEXT_GUID_SIZE]);
bool guid_set_has(const struct guid_set *set, const char guid[TEXT_GUID_SIZE]);
