/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/ini.h"
#include "config/values.h"

#ifndef JITD_RUNSTATEDIR
#define JITD_RUNSTATEDIR "/run"
#endif
#ifndef JITD_LOCALSTATEDIR
#define JITD_LOCALSTATEDIR "/var"
#endif

#define FILE_MAX_BYTES  ((size_t)1024 * 1024)
#define TENANT_NAME_MAX 32

static const struct key main_keys[] = {
#define KEY(section, name, type, least, most, preset, member) \
	{ #section,                                           \
	  #name,                                              \
	  &value_##type,                                      \
	  least,                                              \
	  most,                                               \
	  preset,                                             \
	  offsetof(struct config, member) },
#include "config/keys.def"
#undef KEY
};

static const struct key tenant_keys[] = {
#define TENANT_KEY(name, type, least, most, preset, member) \
	{ "tenant",                                         \
	  #name,                                            \
	  &value_##type,                                    \
	  least,                                            \
	  most,                                             \
	  preset,                                           \
	  offsetof(struct config_tenant, member) },
#include "config/keys.def"
#undef TENANT_KEY
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* One file being read: which keys it has given already. */
struct reading {
	struct config *config;
	const char *path;
	char **given; /* "section\nkey", in no order */
	size_t given_count;
};

static void *member(void *base, const struct key *key)
{
	return (char *)base + key->offset;
}

static void set_presets(void *base, const struct key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)keys[i].type->parse(&keys[i], keys[i].preset,
		                          member(base, &keys[i]), NULL);
}

static void free_members(void *base, const struct key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (keys[i].type->free)
			keys[i].type->free(member(base, &keys[i]));
}

static const struct key *find_key(const struct key *keys, size_t count,
                                  const char *section, const char *name,
                                  bool *ret_section_known)
{
	*ret_section_known = false;
	for (size_t i = 0; i < count; i++) {
		if (!text_equal(keys[i].section, section))
			continue;
		*ret_section_known = true;
		if (text_equal(keys[i].name, name))
			return &keys[i];
	}
	return NULL;
}

static struct config_tenant *tenant_of(struct reading *reading,
                                       const char *name, unsigned line)
{
	struct config *config = reading->config;
	struct config_tenant *tenant;

	for (size_t i = 0; i < config->tenant_count; i++)
		if (text_equal(config->tenants[i].name, name))
			return &config->tenants[i];

	config->tenants = xrealloc(config->tenants, config->tenant_count + 1,
	                           sizeof(*config->tenants));
	tenant = &config->tenants[config->tenant_count++];
	*tenant = (struct config_tenant){
		.name = xstrdup(name),
		.file = xstrdup(reading->path),
		.line = line,
	};
	set_presets(tenant, tenant_keys, COUNT_OF(tenant_keys));
	return tenant;
}

static bool note_given(struct reading *reading, const char *section,
                       const char *name)
{
	char *both = xasprintf("%s\n%s", section, name);

	for (size_t i = 0; i < reading->given_count; i++)
		if (text_equal(reading->given[i], both)) {
			free(both);
			return false;
		}
	reading->given = xrealloc(reading->given, reading->given_count + 1,
	                          sizeof(*reading->given));
	reading->given[reading->given_count++] = both;
	return true;
}

/* Any key twice in one file is an error, but for lists, which grow. What a
 * later file begins anew replaces what an earlier one said. */
static int set_value(struct reading *reading, const char *section,
                     const struct key *key, const char *value, void *base,
                     struct error *error)
{
	bool is_list = key->type == &value_GUIDS;
	bool first = note_given(reading, section, key->name);

	if (!first && !is_list)
		return error_set(error, -EINVAL, "%s is given twice in [%s]",
		                 key->name, section);
	if (first && is_list)
		key->type->free(member(base, key));
	if (!*value)
		value = key->preset;
	return key->type->parse(key, value, member(base, key), error);
}

static int on_tenant_value(struct reading *reading, const char *section,
                           const char *name, const char *value, unsigned line,
                           struct error *error)
{
	const char *tenant = section + strlen("tenant");
	const struct key *key;
	bool known;

	tenant += strspn(tenant, " \t");
	if (!text_is_plain_segment(tenant) || strlen(tenant) > TENANT_NAME_MAX)
		return error_set(error, -EINVAL,
		                 "[%s]: a tenant's name is 1 to %d letters, "
		                 "digits, '.', '_' and '-'",
		                 section, TENANT_NAME_MAX);
	if (!name) {
		tenant_of(reading, tenant, line);
		return 0;
	}
	key = find_key(tenant_keys, COUNT_OF(tenant_keys), "tenant", name,
	               &known);
	if (!key)
		return error_set(error, -EINVAL, "no such key in [%s]: %s",
		                 section, name);
	return set_value(reading, section, key, value,
	                 tenant_of(reading, tenant, line), error);
}

static int on_value(const char *section, const char *name, const char *value,
                    unsigned line, void *user, struct error *error)
{
	struct reading *reading = user;
	const struct key *key;
	bool known;

	if (!*section && name)
		return error_set(error, -EINVAL,
		                 "%s stands before the first [section]", name);
	if (strncmp(section, "tenant", 6) == 0 &&
	    (section[6] == ' ' || section[6] == '\t'))
		return on_tenant_value(reading, section, name, value, line,
		                       error);
	if (text_equal(section, "tenant"))
		return error_set(error, -EINVAL,
		                 "[tenant] wants a name: [tenant NAME]");
	key = find_key(main_keys, COUNT_OF(main_keys), section,
	               name ? name : "", &known);
	if (!known)
		return error_set(error, -EINVAL, "no such section: [%s]",
		                 section);
	if (!name)
		return 0;
	if (!key)
		return error_set(error, -EINVAL, "no such key in [%s]: %s",
		                 section, name);
	return set_value(reading, section, key, value, reading->config, error);
}

static int read_file(struct config *config, const char *path,
                     struct error *error)
{
	struct reading reading = { .config = config, .path = path };
	struct buf text __attribute__((cleanup(buf_done_scoped)));
	int r;

	buf_init(&text, FILE_MAX_BYTES);
	r = file_read(path, &text, NULL, error);
	if (r < 0)
		return r;
	r = ini_read(path, buf_text(&text), text.size_bytes, on_value, &reading,
	             error);
	for (size_t i = 0; i < reading.given_count; i++)
		free(reading.given[i]);
	free(reading.given);
	return r;
}

static int is_drop_in(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return entry->d_name[0] != '.' && size > 5 &&
	       text_equal(entry->d_name + size - 5, ".conf");
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_drop_ins(struct config *config, const char *folder,
                         struct error *error)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_drop_in, compare_entries);
	int r = 0;

	if (count < 0)
		return errno == ENOENT || errno == ENOTDIR
		               ? 0
		               : error_set(error, -errno, "%s: %s", folder,
		                           strerror(errno));
	for (int i = 0; i < count; i++) {
		scoped(string_free) char *path =
			xasprintf("%s/%s", folder, entries[i]->d_name);

		if (r == 0)
			r = read_file(config, path, error);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int check_cloud(struct config *config, const char *path,
                       struct error *error)
{
	const struct cloud given = {
		.arm_endpoint = config->azure.arm_endpoint,
		.authority_host = config->azure.authority_host,
		.audience = config->azure.audience,
		.portal = config->azure.portal,
	};
	int r = cloud_resolve(config->azure.cloud, &given,
	                      &config->azure.resolved, error);

	return r < 0 ? error_wrap(error, r, "%s", path) : 0;
}

/* What is not built yet is refused rather than silently without effect. */
static int check_built(const struct config *config, const char *path,
                       struct error *error)
{
	if (config->remediation.mode != CONFIG_REMEDIATION_OFF)
		return error_set(error, -EINVAL,
		                 "%s: [remediation] mode can only be off in "
		                 "this version",
		                 path);
	return 0;
}

static int check_tenant(const struct config *config,
                        const struct config_tenant *tenant,
                        const char *credentials_directory, struct error *error)
{
	struct credential_options options;
	int r;

	if (tenant->credential == CONFIG_CREDENTIAL_NONE)
		return error_set(error, -EINVAL,
		                 "%s:%u: [tenant %s]: credential is missing: "
		                 "say which kind",
		                 tenant->file, tenant->line, tenant->name);
	options = config_credential(config, tenant, credentials_directory);
	r = credential_check(&options, error);
	if (r < 0)
		return error_wrap(error, r, "%s:%u", tenant->file,
		                  tenant->line);
	return 0;
}

static int check_all(struct config *config, const char *path,
                     const char *credentials_directory, struct error *error)
{
	int r;

	r = check_cloud(config, path, error);
	if (r < 0)
		return r;
	r = check_built(config, path, error);
	if (r < 0)
		return r;
	if (config->tenant_count == 0)
		return error_set(error, -EINVAL,
		                 "%s: there is no [tenant NAME] section: jitd "
		                 "has nothing to watch",
		                 path);
	for (size_t i = 0; i < config->tenant_count; i++) {
		r = check_tenant(config, &config->tenants[i],
		                 credentials_directory, error);
		if (r < 0)
			return r;
	}
	return 0;
}

int config_load(const char *path, const char *credentials_directory,
                struct config **ret_config, struct error *error)
{
	scoped(config_free) struct config *config = xcalloc(1, sizeof(*config));
	scoped(string_free) char *folder = xasprintf("%s.d", path);
	int r;

	set_presets(config, main_keys, COUNT_OF(main_keys));
	r = read_file(config, path, error);
	if (r < 0)
		return r;
	r = read_drop_ins(config, folder, error);
	if (r < 0)
		return r;
	r = check_all(config, path, credentials_directory, error);
	if (r < 0)
		return r;
	*ret_config = steal(config);
	return 0;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->tenant_count; i++) {
		free_members(&config->tenants[i], tenant_keys,
		             COUNT_OF(tenant_keys));
		free(config->tenants[i].name);
		free(config->tenants[i].file);
	}
	free(config->tenants);
	free_members(config, main_keys, COUNT_OF(main_keys));
	free(config);
}

struct credential_options config_credential(const struct config *config,
                                            const struct config_tenant *tenant,
                                            const char *credentials_directory)
{
	return (struct credential_options){
		.kind = (enum credential_kind)tenant->credential,
		.tenant = tenant->name,
		.tenant_id = tenant->tenant_id,
		.client_id = tenant->client_id,
		.client_secret_file = tenant->client_secret_file,
		.access_token_file = tenant->access_token_file,
		.credentials_directory = credentials_directory,
		.authority_host = config->azure.resolved.authority_host,
		.audience = config->azure.resolved.audience,
		.timeout_ms = config->poll.timeout_ms,
	};
}

const struct config_tenant *config_find_tenant(const struct config *config,
                                               const char *name)
{
	for (size_t i = 0; i < config->tenant_count; i++)
		if (text_equal(config->tenants[i].name, name))
			return &config->tenants[i];
	return NULL;
}

/* A list is printed as one line an element. */
static void print_key(const struct key *key, const void *slot, struct buf *out)
{
	struct buf text __attribute__((cleanup(buf_done_scoped)));
	const char *line, *end;

	buf_init(&text, BUF_NO_CAP);
	key->type->format(slot, &text);
	line = buf_text(&text);
	do {
		end = strchrnul(line, '\n');
		buf_add_format(out, "%s = %.*s\n", key->name, (int)(end - line),
		               line);
		line = end + 1;
	} while (*end);
}

void config_print(const struct config *config, struct buf *out)
{
	const char *section = "";

	for (size_t i = 0; i < COUNT_OF(main_keys); i++) {
		const struct key *key = &main_keys[i];

		if (!text_equal(section, key->section)) {
			buf_add_format(out, "%s[%s]\n", *section ? "\n" : "",
			               key->section);
			section = key->section;
		}
		print_key(key, (const char *)config + key->offset, out);
	}
	for (size_t i = 0; i < config->tenant_count; i++) {
		const struct config_tenant *tenant = &config->tenants[i];

		buf_add_format(out, "\n[tenant %s]\n", tenant->name);
		for (size_t k = 0; k < COUNT_OF(tenant_keys); k++)
			print_key(&tenant_keys[k],
			          (const char *)tenant + tenant_keys[k].offset,
			          out);
	}
}
