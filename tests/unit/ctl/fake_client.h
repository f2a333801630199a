/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_client: a daemon of canned answers in place of ctl/client.c, and
 * jitd-ctl run against it. To be included by one file of a program, after
 * cmocka.h: it defines the functions of ctl/client.h.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/program.h"

#define STATUS_SOCKET   "/tmp/none.sock"
#define OPERATOR_SOCKET "/tmp/none-operator.sock"

#define ID_A "aaaaaaaa-0000-0000-0000-000000000001"
#define ID_B "bbbbbbbb-0000-0000-0000-000000000002"
#define ID_C "cccccccc-0000-0000-0000-000000000003"

/* Which socket, and which path with its query; the answers to one question
 * come in their order, the last of them again and again. */
struct fake_route {
	const char *question; /* "GET /v1/status", "operator POST /v1/poll" */
	int status;
	const char *body;
};

struct client {
	bool is_operator;
};

static struct fake {
	const struct fake_route *routes; /* ended by a NULL question */
	size_t used[64];                 /* how often each was asked */
	int failing;                     /* the errno of every exchange */
	struct buf asked;                /* a line for each */
	char *out;
	char *errors;
} fake;

struct client *client_new(const char *socket_path)
{
	struct client *client = xcalloc(1, sizeof(*client));

	client->is_operator = strcmp(socket_path, OPERATOR_SOCKET) == 0;
	return client;
}

void client_free(struct client *client)
{
	free(client);
}

void client_set_timeout(struct client *client, int64_t timeout_ms)
{
	assert_in_range(timeout_ms, 1, CLIENT_TIMEOUT_MS);
}

void client_answer_done(struct client_answer *answer)
{
	json_free(answer->document);
	answer->document = NULL;
	buf_done(&answer->body);
}

static const struct fake_route *fake_find(const char *question)
{
	const struct fake_route *found = NULL;

	for (size_t i = 0; fake.routes[i].question; i++) {
		if (strcmp(fake.routes[i].question, question) != 0)
			continue;
		found = &fake.routes[i];
		if (!fake.used[i]++)
			break;
	}
	if (!found)
		fail_msg("nobody expected to be asked: %s", question);
	return found;
}

static int fake_exchange(struct client *client, const char *method,
                         const char *path, const char *body,
                         struct client_answer *ret_answer, struct error *error)
{
	scoped(string_free) char *question =
		xasprintf("%s%s %s", client->is_operator ? "operator " : "",
	                  method, path);
	const struct fake_route *route;

	*ret_answer = (struct client_answer){ 0 };
	buf_init(&ret_answer->body, BUF_NO_CAP);
	buf_add_format(&fake.asked, "%s%s%s\n", question, body ? " " : "",
	               body ? body : "");
	if (fake.failing)
		return error_set(error, -fake.failing, "it fails");

	route = fake_find(question);
	ret_answer->status = route->status;
	buf_add_text(&ret_answer->body, route->body);
	if (json_parse(route->body, strlen(route->body), &ret_answer->document,
	               error) < 0)
		fail_msg("%s: %s", route->body, error->text);
	if (route->status >= 300)
		return error_set(error, -EREMOTEIO, "jitd refused: no");
	return 0;
}

int client_get(struct client *client, const char *path,
               struct client_answer *ret_answer, struct error *error)
{
	return fake_exchange(client, "GET", path, NULL, ret_answer, error);
}

int client_post(struct client *client, const char *path, const char *body,
                struct client_answer *ret_answer, struct error *error)
{
	return fake_exchange(client, "POST", path, body, ret_answer, error);
}

/* The body of the route is the lines. */
int client_follow(struct client *client, const char *path, client_line_fn *fn,
                  void *user, struct error *error)
{
	scoped(string_free) char *question = xasprintf("GET %s", path);
	scoped(string_free) char *lines = xstrdup(fake_find(question)->body);
	char *rest = lines;
	char *line;
	int r = 0;

	while (r == 0 && (line = strsep(&rest, "\n")))
		if (*line)
			r = fn(line, user, error);
	return r < 0 ? r : error_set(error, -ECONNRESET, "jitd went away");
}

static void fake_clear(void)
{
	free(fake.out);
	free(fake.errors);
	buf_done(&fake.asked);
	fake = (struct fake){ 0 };
}

/* Runs jitd-ctl with the words of line against the routes; failing: the errno
 * that every exchange ends with, 0: none. */
static int fake_run_failing(int failing, const struct fake_route *routes,
                            const char *line)
{
	const char *argv[32] = { "jitd-ctl", "--socket", STATUS_SOCKET,
		                 "--operator-socket", OPERATOR_SOCKET };
	scoped(string_free) char *words = xstrdup(line);
	size_t out_size, errors_size;
	FILE *out, *errors;
	int argc = 5, status;
	char *rest = words;
	char *word;

	fake_clear();
	fake.routes = routes;
	fake.failing = failing;
	buf_init(&fake.asked, BUF_NO_CAP);
	while ((word = strsep(&rest, " ")))
		if (*word)
			argv[argc++] = word;
	out = open_memstream(&fake.out, &out_size);
	errors = open_memstream(&fake.errors, &errors_size);
	status = program_run(argc, (char *const *)argv, out, errors);
	fclose(out);
	fclose(errors);
	return status;
}

static int fake_run(const struct fake_route *routes, const char *line)
{
	return fake_run_failing(0, routes, line);
}

static int fake_tear_down(void **state)
{
	fake_clear();
	return 0;
}
