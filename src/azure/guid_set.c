/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/guid_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROOM_MIN 64

/* Word by word; the last overlaps the one before it, up to the last digit. */
static size_t hash_of(const char *guid)
{
	static const size_t offsets[] = { 0, 8, 16, 24, 28 };
	uint64_t hash = 0, word;

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		memcpy(&word, guid + offsets[i], sizeof(word));
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return (size_t)hash;
}

/* Where guid is, or the free slot where it would be. There is a free one. */
static uint32_t *slot_of(const struct guid_set *set, const char *guid)
{
	size_t mask = set->slot_count - 1;
	size_t at = hash_of(guid) & mask;

	while (set->slots[at] && memcmp(set->guids[set->slots[at] - 1], guid,
	                                TEXT_GUID_SIZE) != 0)
		at = (at + 1) & mask;
	return &set->slots[at];
}

/* Room for twice as many, and at least as many slots again. */
static void grow(struct guid_set *set)
{
	set->room = set->room ? 2 * set->room : ROOM_MIN;
	set->guids = xrealloc(set->guids, set->room, sizeof(set->guids[0]));
	set->slot_count = 2 * set->room;
	free(set->slots);
	set->slots = xcalloc(set->slot_count, sizeof(set->slots[0]));
	for (size_t i = 0; i < set->count; i++)
		*slot_of(set, set->guids[i]) = (uint32_t)(i + 1);
}

void guid_set_done(struct guid_set *set)
{
	free(set->guids);
	free(set->slots);
	*set = (struct guid_set){ 0 };
}

bool guid_set_add(struct guid_set *set, const char guid[TEXT_GUID_SIZE])
{
	if (guid_set_has(set, guid))
		return false;
	if (set->count == set->room)
		grow(set);
	*slot_of(set, guid) = (uint32_t)(set->count + 1);
	memcpy(set->guids[set->count++], guid, TEXT_GUID_SIZE);
	return true;
}

bool guid_set_has(const struct guid_set *set, const char guid[TEXT_GUID_SIZE])
{
	return set->slot_count && *slot_of(set, guid);
}
