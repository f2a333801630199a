/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assignment: ARM's documents -> what core/assess.h wants.
 *
 * Pure. All strings of the result live in the set; ill-formed documents are
 * refused with words.
 */
#pragma once

#include <stddef.h>

#include "base/scoped.h"
#include "core/assess.h"

struct error;

/* The assignments that one poll has seen, that of the GET first. */
struct assignment_set;

struct assignment_set *assignment_set_new(void);
void assignment_set_free(struct assignment_set *set);
DEFINE_SCOPED(struct assignment_set *, assignment_set_free)

/* Adds the document of a GET by name, asked for in subscription_id, to a set
 * that is empty. -EINVAL with words where it is no assignment. */
int assignment_add_document(struct assignment_set *set, const char *body,
                            size_t size_bytes, const char *subscription_id,
                            struct error *error);

/*
 * Adds one page of a LIST; of its rows only those of a known initiative are
 * kept (and one that is in the set already is not added again).
 * *ret_next_link is NULL on the last page, and free()d by the caller.
 */
int assignment_add_page(struct assignment_set *set, const char *body,
                        size_t size_bytes, char **ret_next_link,
                        struct error *error);

size_t assignment_count(const struct assignment_set *set);

/* It stays where it is until the set is freed. */
const struct assignment *assignment_at(const struct assignment_set *set,
                                       size_t index);

/* How many at the front came by assignment_add_document(): 0 or 1. */
size_t assignment_by_name(const struct assignment_set *set);

/* The paths that are asked: free() them. */
char *assignment_get_path(const char *subscription_id, const char *api_version);
char *assignment_list_path(const char *subscription_id,
                           const char *api_version);
