/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intern: one copy of each text that many records share.
 *
 * A hundred thousand subscriptions have a handful of tenants, assignment
 * names, definitions and editors among them. Each text is counted: it goes
 * when its last holder gives it back.
 */
#pragma once

#include <stddef.h>

#include "base/scoped.h"

struct intern;

struct intern *intern_new(void);

/* Every text must have been given back. */
void intern_free(struct intern *pool);
DEFINE_SCOPED(struct intern *, intern_free)

/* The pool's copy of text, to be given back once; NULL for NULL. Equal texts
 * are the same pointer. */
const char *intern_take(struct intern *pool, const char *text);

/* One more holder of what intern_take() gave; NULL is fine. */
const char *intern_again(struct intern *pool, const char *taken);
void intern_give(struct intern *pool, const char *taken);

/* How many different texts there are. */
size_t intern_count(const struct intern *pool);
