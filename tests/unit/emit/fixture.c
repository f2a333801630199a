/* SPDX-License-Identifier: Apache-2.0 */
#include "emit/fixture.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

/* 2026-11-03T04:05:06.789Z */
#define TIME_UNIX_MS INT64_C(1793678706789)

static char folder[96];

int fixture_begin(void **state)
{
	const char *parent = getenv("TMPDIR");
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));

	fixture->loop = loop_new();
	*state = fixture;
	snprintf(folder, sizeof(folder), "%s/test-emit-XXXXXX",
	         parent ? parent : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

int fixture_end(void **state)
{
	struct fixture *fixture = *state;
	DIR *dir = opendir(folder);
	struct dirent *entry;

	loop_free(fixture->loop);
	free(fixture);
	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	return rmdir(folder);
}

const char *fixture_path(const char *name)
{
	static char paths[3][sizeof(folder) + 32];
	static unsigned turn;

	turn = (turn + 1) % 3;
	snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", folder, name);
	return paths[turn];
}

void fixture_ready(void *user)
{
	struct fixture *fixture = user;

	fixture->readies++;
	if (fixture->stops)
		loop_stop(fixture->loop);
}

static void on_limit(void *user)
{
	struct fixture *fixture = user;

	loop_stop(fixture->loop);
}

bool fixture_run(struct fixture *fixture, int64_t limit_ms)
{
	struct loop_timer *limit =
		loop_timer_new(fixture->loop, on_limit, fixture);
	unsigned before = fixture->readies;

	loop_timer_set(limit, loop_now_ms(fixture->loop) + limit_ms);
	fixture->stops = true;
	loop_run(fixture->loop);
	loop_timer_free(limit);
	return fixture->readies > before;
}

int reader_bind(const char *name, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	         fixture_path(name));
	unlink(address.sun_path);
	r = bind(fd, (struct sockaddr *)&address, sizeof(address));
	assert(r == 0);
	if (type == SOCK_STREAM) {
		r = listen(fd, 5);
		assert(r == 0);
	}
	return fd;
}

ssize_t reader_take(int fd, char *out, size_t size_bytes)
{
	ssize_t size = recv(fd, out, size_bytes - 1, MSG_DONTWAIT);

	if (size >= 0)
		out[size] = '\0';
	return size;
}

struct event *full_event(uint64_t seq)
{
	struct event *event =
		event_create(EVENT_MONITORING_DISABLED, TIME_UNIX_MS);

	for (int i = 0; i < EVENT_FIELDS; i++) {
		enum event_field field = (enum event_field)i;

		event_put(event, field, event_field_info(field)->key);
	}
	event_put_number(event, EVENT_FIELD_COUNT, 5);
	event_put_number(event, EVENT_FIELD_HTTP_STATUS, 403);
	event_put_message(event, "JIT monitoring is off.");
	event->seq = seq;
	return event;
}

struct event *plain_event(uint64_t seq)
{
	struct event *event =
		event_create(EVENT_MONITORING_DISABLED, TIME_UNIX_MS);

	event_put_message(event, "Nothing happened.");
	event->seq = seq;
	return event;
}

int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}
