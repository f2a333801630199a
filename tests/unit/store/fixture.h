/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture: a fresh folder with a state file for each test, and what to put
 * into it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "core/ledger.h"
#include "store/store.h"

struct verdict;

/* A cmocka setup and teardown: makes the folder, and removes it with all the
 * files in it. */
int fixture_begin(void **state);
int fixture_end(void **state);

/* A cmocka group setup: prints the seed; SEED in the environment sets it. */
int fixture_seed(void **state);
uint64_t fixture_random(void);

/* "FOLDER/state.db" and a suffix; borrowed until the third call from here. */
const char *fixture_path(const char *suffix);
bool fixture_exists(const char *suffix);

/* Puts size_bytes over what "state.db" has at offset; -1: at its end. */
void fixture_scribble(long offset, const void *data, size_t size_bytes);

/* Copies "state.db", its -wal and its -shm to "state.db.NAME", "….NAME-wal",
 * "….NAME-shm". */
void fixture_copy(const char *name);

/* All of a file; free() it. */
char *fixture_read(const char *suffix, size_t *ret_size_bytes);

/* Opens what must open; free what *ret_opened has, where that is wanted. */
struct store *fixture_open(void);
struct store *fixture_open_as(const char *suffix,
                              struct store_opened *ret_opened);

struct ledger *fixture_ledger(void);

/* "00000000-0000-4000-8000-" and the number. */
#define FIXTURE_ID_SIZE 37
const char *fixture_id(unsigned number, char out[FIXTURE_ID_SIZE]);

/* A record in the ledger with a disabled verdict, since the given time. */
struct subscription *fixture_subscription(struct ledger *ledger,
                                          unsigned number,
                                          int64_t since_unix_ms);

/* An event of a state that became disabled. */
struct event *fixture_event(unsigned number, int64_t time_unix_ms);

/* One transaction with one event in it, or as many as are asked for. */
void fixture_put_events(struct store *store, unsigned count,
                        int64_t time_unix_ms);
