/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values: the types of configuration keys, text <-> member.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;
struct key;

#define CONFIG_RATE_AUTO       (-1.0)
#define CONFIG_CREDENTIAL_NONE (-1)

/* GUIDs in lower case, sorted, each once. */
struct config_guids {
	char **items;
	size_t count;
};

enum config_remediation {
	CONFIG_REMEDIATION_OFF,
	CONFIG_REMEDIATION_MANUAL,
	CONFIG_REMEDIATION_AUTO,
};

/* Whether guids holds id (lower case). */
bool config_guids_have(const struct config_guids *guids, const char *id);

/* What a type does with the member at slot. An empty value is passed on only
 * to types that have a notion of it. */
struct value_type {
	const char *name; /* for words: "a duration such as 30s or 5min" */
	int (*parse)(const struct key *key, const char *value, void *slot,
	             struct error *error);
	void (*format)(const void *slot, struct buf *out);
	void (*free)(void *slot); /* NULL: nothing to free */
};

extern const struct value_type value_DURATION;
extern const struct value_type value_COUNT;
extern const struct value_type value_RATE;
extern const struct value_type value_BOOL;
extern const struct value_type value_TEXT;
extern const struct value_type value_URL;
extern const struct value_type value_PATH;
extern const struct value_type value_API_VERSION;
extern const struct value_type value_MODE;
extern const struct value_type value_CLOUD;
extern const struct value_type value_UNSET;
extern const struct value_type value_LEVEL;
extern const struct value_type value_TARGET;
extern const struct value_type value_REMEDIATION;
extern const struct value_type value_CREDENTIAL;
extern const struct value_type value_DOMAIN;
extern const struct value_type value_GUID;
extern const struct value_type value_GUIDS;
extern const struct value_type value_SEGMENT;

/* Keys of the manual whose work is not built yet: only empty is taken, so that
 * none is silently without effect. */
extern const struct value_type value_UNBUILT;

/* One row of keys.def. */
struct key {
	const char *section; /* "tenant" for those of [tenant NAME] */
	const char *name;
	const struct value_type *type;
	int64_t least;
	int64_t most;
	const char *preset;   /* the default, as text */
	unsigned long offset; /* of the member */
};
