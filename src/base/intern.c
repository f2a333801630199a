/* SPDX-License-Identifier: Apache-2.0 */
#include "base/intern.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"

#define BUCKETS_FIRST 64

/* A text and who holds it. The pool gives out the address of text, and finds
 * its way back from there. */
struct entry {
	struct entry *next; /* in the same bucket */
	uint32_t hash;
	uint32_t holders;
	char text[];
};

/* Texts a bucket before there are twice as many buckets: a short walk more is
 * cheaper than a hundred thousand empty pointers. */
#define BUCKET_LOAD 2

struct intern {
	struct entry **buckets;
	size_t bucket_count; /* a power of two */
	size_t count;
	uint64_t seed[2];
};

static uint64_t rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

/*
 * SipHash-1-3: peers choose the texts, and without the seed none can choose
 * them so that they all fall into one bucket.
 */
static uint32_t hash_of(const uint64_t seed[2], const char *text, size_t size)
{
	uint64_t v[4] = {
		seed[0] ^ 0x736f6d6570736575,
		seed[1] ^ 0x646f72616e646f6d,
		seed[0] ^ 0x6c7967656e657261,
		seed[1] ^ 0x7465646279746573,
	};
	uint64_t word, last = (uint64_t)size << 56;

	for (; size >= sizeof(word); size -= sizeof(word)) {
		memcpy(&word, text, sizeof(word));
		text += sizeof(word);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	for (size_t i = 0; i < size; i++)
		last |= (uint64_t)(unsigned char)text[i] << (8 * i);
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;

	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return (uint32_t)(v[0] ^ v[1] ^ v[2] ^ v[3]);
}

static struct entry *entry_of(const char *taken)
{
	return (struct entry *)(taken - offsetof(struct entry, text));
}

static struct entry **bucket_of(const struct intern *pool, uint32_t hash)
{
	return &pool->buckets[hash & (pool->bucket_count - 1)];
}

static void entry_link(struct intern *pool, struct entry *entry)
{
	struct entry **bucket = bucket_of(pool, entry->hash);

	entry->next = *bucket;
	*bucket = entry;
}

static void buckets_double(struct intern *pool)
{
	struct entry **old = pool->buckets;
	size_t old_count = pool->bucket_count;

	pool->bucket_count *= 2;
	pool->buckets = xcalloc(pool->bucket_count, sizeof(struct entry *));
	for (size_t i = 0; i < old_count; i++)
		while (old[i]) {
			struct entry *entry = old[i];

			old[i] = entry->next;
			entry_link(pool, entry);
		}
	free(old);
}

struct intern *intern_new(void)
{
	struct intern *pool = xcalloc(1, sizeof(*pool));
	ssize_t size = getrandom(pool->seed, sizeof(pool->seed), 0);

	assert(size == sizeof(pool->seed));
	pool->bucket_count = BUCKETS_FIRST;
	pool->buckets = xcalloc(pool->bucket_count, sizeof(struct entry *));
	return pool;
}

void intern_free(struct intern *pool)
{
	if (!pool)
		return;
	assert(pool->count == 0);
	free(pool->buckets);
	free(pool);
}

const char *intern_take(struct intern *pool, const char *text)
{
	struct entry *entry;
	size_t size_bytes;
	uint32_t hash;

	if (!text)
		return NULL;
	size_bytes = strlen(text);
	hash = hash_of(pool->seed, text, size_bytes);
	for (entry = *bucket_of(pool, hash); entry; entry = entry->next)
		if (entry->hash == hash && strcmp(entry->text, text) == 0)
			return intern_again(pool, entry->text);

	if (pool->count == BUCKET_LOAD * pool->bucket_count)
		buckets_double(pool);
	entry = xcalloc(1, sizeof(*entry) + size_bytes + 1);
	entry->hash = hash;
	entry->holders = 1;
	memcpy(entry->text, text, size_bytes);
	entry_link(pool, entry);
	pool->count++;
	return entry->text;
}

const char *intern_again(struct intern *pool, const char *taken)
{
	if (taken)
		entry_of(taken)->holders++;
	return taken;
}

void intern_give(struct intern *pool, const char *taken)
{
	struct entry *entry, **link;

	if (!taken)
		return;
	entry = entry_of(taken);
	assert(entry->holders > 0);
	if (--entry->holders)
		return;

	for (link = bucket_of(pool, entry->hash); *link != entry;)
		link = &(*link)->next;
	*link = entry->next;
	pool->count--;
	free(entry);
}

size_t intern_count(const struct intern *pool)
{
	return pool->count;
}
