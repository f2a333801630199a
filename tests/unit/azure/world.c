/* SPDX-License-Identifier: Apache-2.0 */
#include "azure/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/mem.h"

#define FOLDER "tests/unit/azure/data/"

static void give_token(struct world *world, struct fake_answer *answer)
{
	static char body[256];

	snprintf(body, sizeof(body),
	         "{\"token_type\":\"Bearer\",\"expires_in\":3600,"
	         "\"access_token\":\"token-%zu\"}",
	         ++world->tokens);
	answer->body = body;
}

static bool script_take(struct script *script, struct fake_answer *answer)
{
	if (!script->count)
		return false;
	*answer = script->answers[script->next];
	if (script->next + 1 < script->count)
		script->next++;
	if (!answer->status && answer->error == HTTP_OK)
		answer->status = 200;
	if (!answer->delay_ms)
		answer->delay_ms = 10;
	return true;
}

static void keep(struct world *world, const struct fake_request *request)
{
	if (request->number > WORLD_REQUESTS)
		return;
	world->asked[request->number - 1] = (struct asked){
		.method = xstrdup(request->method),
		.url = xstrdup(request->url),
		.headers = xstrdup(request->headers),
		.bearer = xstrdup(request->bearer),
		.body = xstrdup(request->body),
		.at_ms = request->at_ms,
	};
}

static void serve(const struct fake_request *request,
                  struct fake_answer *answer, void *user)
{
	struct world *world = user;

	keep(world, request);
	if (strstr(request->url, "/oauth2/")) {
		world->asked_authority++;
		if (!script_take(&world->authority, answer))
			give_token(world, answer);
		else if (answer->status == 200 && !answer->body)
			give_token(world, answer);
		return;
	}
	world->asked_arm++;
	if (world->serve_arm)
		world->serve_arm(request, answer, world->serve_user);
	else if (!script_take(&world->arm, answer))
		answer->body = "{}";
}

static struct credential *make(struct world *world,
                               const struct credential_options *options)
{
	struct error error = { "" };
	int r = credential_check(options, &error);

	if (r < 0)
		fprintf(stderr, "%s\n", error.text);
	assert(r == 0);
	return credential_new(world->loop, world->http, options);
}

int world_begin(void **state)
{
	struct world *world = xcalloc(1, sizeof(*world));

	if (folder_begin(NULL) < 0)
		return -1;
	world_write("secret", WORLD_SECRET "\n");
	world->loop = loop_new();
	world->http = fake_http_new(world->loop, serve, world);
	*state = world;
	return 0;
}

int world_end(void **state)
{
	struct world *world = *state;
	size_t left;

	http_free(world->http);
	left = fake_loop_left(world->loop);
	loop_free(world->loop);
	for (size_t i = 0; i < WORLD_REQUESTS; i++) {
		free(world->asked[i].method);
		free(world->asked[i].url);
		free(world->asked[i].headers);
		free(world->asked[i].bearer);
		free(world->asked[i].body);
	}
	free(world);
	return folder_end(NULL) < 0 || left ? -1 : 0;
}

void script_add(struct script *script, struct fake_answer answer)
{
	assert(script->count < WORLD_ANSWERS);
	script->answers[script->count++] = answer;
}

void script_clear(struct script *script)
{
	*script = (struct script){ .count = 0 };
}

const struct asked *world_last(const struct world *world, bool authority)
{
	for (size_t i = WORLD_REQUESTS; i > 0; i--) {
		const char *url = world->asked[i - 1].url;

		if (url && !strstr(url, "/oauth2/") == !authority)
			return &world->asked[i - 1];
	}
	return NULL;
}

struct credential *world_client_secret(struct world *world)
{
	return make(world, &(struct credential_options){
				   .kind = CREDENTIAL_CLIENT_SECRET,
				   .tenant = "contoso",
				   .tenant_id = WORLD_TENANT,
				   .client_id = WORLD_CLIENT,
				   .client_secret_file = folder_path("secret"),
				   .authority_host =
					   "https://login.microsoftonline.com",
				   .audience = "https://management.azure.com/",
				   .timeout_ms = 30000,
			   });
}

struct credential *world_access_token(struct world *world, const char *token)
{
	world_write("token", token);
	return make(world, &(struct credential_options){
				   .kind = CREDENTIAL_ACCESS_TOKEN,
				   .tenant = "contoso",
				   .access_token_file = folder_path("token"),
				   .timeout_ms = 30000,
			   });
}

void world_write(const char *name, const char *text)
{
	/* A new file has another inode than the old one as long as that is
	 * there. */
	folder_write("new", text, strlen(text), 0600);
	if (rename(folder_path("new"), folder_path(name)) < 0)
		abort();
}

char *world_document(const char *name)
{
	scoped(string_free) char *path = xasprintf(FOLDER "%s", name);
	struct error error;
	struct buf buf;

	buf_init(&buf, 1024 * 1024);
	if (file_read(path, &buf, NULL, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		abort();
	}
	return buf_steal(&buf);
}
