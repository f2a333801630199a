/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "ctl/client.h"
#include "ctl/denied.h"

#define NOBODY     65534
#define SOME_GROUP 54321

/* A folder with a socket in it, and who answers there. */
struct fixture {
	char folder[64];
	char path[96];
	pid_t server;
};

static int set_up(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));

	snprintf(fixture->folder, sizeof(fixture->folder),
	         "/tmp/jitd-client-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	assert_int_equal(chmod(fixture->folder, 0755), 0);
	snprintf(fixture->path, sizeof(fixture->path), "%s/s", fixture->folder);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->server) {
		kill(fixture->server, SIGKILL);
		waitpid(fixture->server, NULL, 0);
	}
	unlink(fixture->path);
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static int listening(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
	                 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

static void send_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

		if (sent < 0)
			return;
		data += sent;
		size -= (size_t)sent;
	}
}

/* Answers with the document, or with what was asked where there is none. */
static void answer(int fd, const char *raw)
{
	char request[4096] = "", head[256];
	scoped(buf_done) struct buf body;
	struct json_out out = { .buf = &body };
	ssize_t size = recv(fd, request, sizeof(request) - 1, 0);

	buf_init(&body, BUF_NO_CAP);
	if (size <= 0)
		return;
	/* A body may come a little later than its head. */
	if (strncmp(request, "POST", 4) == 0 && !strstr(request, "}"))
		(void)!recv(fd, request + size,
		            sizeof(request) - 1 - (size_t)size, 0);
	if (raw) {
		send_all(fd, raw, strlen(raw));
		return;
	}
	json_open(&out, NULL, '{');
	json_put_int64(&out, "schema_version", 1);
	json_put_text(&out, "got", request);
	json_close(&out, '}');
	snprintf(head, sizeof(head),
	         "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n"
	         "Connection: close\r\n\r\n",
	         body.size_bytes);
	send_all(fd, head, strlen(head));
	send_all(fd, body.data, body.size_bytes);
}

/* A server that gives everyone the same bytes; NULL: what was asked. */
static void serve(struct fixture *fixture, const char *raw)
{
	int fd = listening(fixture->path);

	fixture->server = fork();
	assert_true(fixture->server >= 0);
	if (fixture->server > 0) {
		close(fd);
		return;
	}
	for (;;) {
		int client = accept(fd, NULL, NULL);

		answer(client, raw);
		close(client);
	}
}

static int get(const struct fixture *fixture, struct client_answer *ret_answer,
               struct error *error)
{
	scoped(client_free) struct client *client = client_new(fixture->path);

	return client_get(client, "/v1/status?a=b", ret_answer, error);
}

static void a_document_is_fetched(void **state)
{
	struct fixture *fixture = *state;
	scoped(client_answer_done) struct client_answer answer_;
	const char *got;

	serve(fixture, NULL);
	assert_int_equal(get(fixture, &answer_, NULL), 0);
	assert_int_equal(answer_.status, 200);
	got = json_get_text(answer_.document, "got");
	assert_memory_equal(got, "GET /v1/status?a=b HTTP/1.1\r\n", 29);
	assert_non_null(strstr(buf_text(&answer_.body), "\"got\":"));
}

static void a_post_is_json(void **state)
{
	struct fixture *fixture = *state;
	scoped(client_free) struct client *client = client_new(fixture->path);
	const char *got;

	serve(fixture, NULL);
	for (int i = 0; i < 2; i++) {
		scoped(client_answer_done) struct client_answer posted;
		scoped(client_answer_done) struct client_answer gotten;

		assert_int_equal(client_post(client, "/v1/poll",
		                             "{\"all\":true}", &posted, NULL),
		                 0);
		got = json_get_text(posted.document, "got");
		assert_memory_equal(got, "POST /v1/poll HTTP/1.1\r\n", 24);
		assert_non_null(
			strstr(got, "Content-Type: application/json\r\n"));
		assert_non_null(strstr(got, "\r\n\r\n{\"all\":true}"));

		assert_int_equal(
			client_get(client, "/v1/status", &gotten, NULL), 0);
		got = json_get_text(gotten.document, "got");
		assert_memory_equal(got, "GET /v1/status HTTP/1.1\r\n", 25);
		assert_null(strstr(got, "Content-"));
	}
}

static void no_proxy_is_ever_asked(void **state)
{
	struct fixture *fixture = *state;
	scoped(client_answer_done) struct client_answer answer_;

	serve(fixture, NULL);
	setenv("http_proxy", "http://127.0.0.1:9", 1);
	setenv("ALL_PROXY", "socks5://127.0.0.1:9", 1);
	assert_int_equal(get(fixture, &answer_, NULL), 0);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

static void a_refusal_is_told_in_its_own_words(void **state)
{
	struct fixture *fixture = *state;
	scoped(client_answer_done) struct client_answer answer_;
	struct error error;

	serve(fixture, "HTTP/1.1 404 No\r\nConnection: close\r\n\r\n"
	               "{\"schema_version\":1,\"error\":{\"code\":\"not_found\""
	               ",\"message\":\"there is no such thing\"}}");
	assert_int_equal(get(fixture, &answer_, &error), -EREMOTEIO);
	assert_int_equal(answer_.status, 404);
	assert_non_null(answer_.document);
	assert_string_equal(error.text, "jitd refused: there is no such thing");
}

static void senseless_answers_are_refused(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[]",
		("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
		 "{\"schema_version\":2}"),
		"HTTP/1.1 500 No\r\nConnection: close\r\n\r\n<html>",
		"HTTP/1.1 200 OK\r\n",
		"220 mail.example.com ESMTP\r\n",
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		scoped(client_answer_done) struct client_answer answer_;
		struct error error = { "" };

		tear_down(state);
		set_up(state);
		serve(*state, answers[i]);
		assert_int_equal(get(*state, &answer_, &error), -EBADMSG);
		assert_true(error.text[0]);
	}
}

static void a_cut_answer_is_none(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
		"{\"schema_version\":1}",
		"",
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		scoped(client_answer_done) struct client_answer answer_;
		struct error error = { "" };

		tear_down(state);
		set_up(state);
		serve(*state, answers[i]);
		assert_int_equal(get(*state, &answer_, &error), -ECONNRESET);
		assert_non_null(strstr(error.text, "went away"));
	}
}

static void a_daemon_that_says_nothing_is_not_waited_for_for_ever(void **state)
{
	struct fixture *fixture = *state;
	scoped(client_free) struct client *client = client_new(fixture->path);
	scoped(client_answer_done) struct client_answer answer_;
	struct error error;
	int fd = listening(fixture->path);

	client_set_timeout(client, 50);
	assert_int_equal(client_get(client, "/v1/status", &answer_, &error),
	                 -ETIMEDOUT);
	assert_non_null(strstr(error.text, "did not answer in time"));
	close(fd);
}

static void where_there_is_no_daemon_it_says_how_to_look(void **state)
{
	struct fixture *fixture = *state;
	scoped(client_answer_done) struct client_answer none, left;
	struct error error;

	assert_int_equal(get(fixture, &none, &error), -ECONNREFUSED);
	assert_non_null(strstr(error.text, "there is no socket"));
	assert_non_null(strstr(error.text, fixture->path));
	assert_non_null(strstr(error.text, "systemctl status jitd"));

	close(listening(fixture->path));
	assert_int_equal(get(fixture, &left, &error), -ECONNREFUSED);
	assert_non_null(strstr(error.text, "nobody listens at"));
	assert_non_null(strstr(error.text, "systemctl status jitd"));
}

/* root may do anything, so it becomes somebody else for a while. */
static void become(uid_t uid)
{
	if (getuid() == 0)
		assert_int_equal(seteuid(uid), 0);
}

static void where_the_mode_says_no_the_remedy_is_named(void **state)
{
	struct fixture *fixture = *state;
	scoped(client_answer_done) struct client_answer answer_;
	struct error error;
	int fd = listening(fixture->path);
	int r;

	/* Without root: of our own group, which its owner is kept from. */
	if (getuid() == 0)
		assert_int_equal(chown(fixture->path, 0, SOME_GROUP), 0);
	assert_int_equal(chmod(fixture->path, getuid() ? 0060 : 0660), 0);
	become(NOBODY);
	r = get(fixture, &answer_, &error);
	become(0);
	assert_int_equal(r, -EACCES);
	assert_non_null(strstr(error.text, "permission denied"));
	assert_non_null(strstr(error.text, fixture->path));
	assert_non_null(strstr(error.text, "is for group "));
	assert_non_null(strstr(error.text, "sudo usermod -aG "));
	if (getuid() == 0)
		assert_non_null(strstr(error.text, "group 54321 (mode 0660)"));
	close(fd);
}

static void a_socket_of_its_owner_needs_sudo(void **state)
{
	struct fixture *fixture = *state;
	struct error error;

	close(listening(fixture->path));
	chmod(fixture->path, 0600);
	assert_int_equal(denied_explain(fixture->path, &error), -EACCES);
	assert_non_null(strstr(error.text, "for its owner alone; use sudo"));
	assert_null(strstr(error.text, "usermod"));
}

static void a_closed_folder_is_named(void **state)
{
	struct fixture *fixture = *state;
	struct error error;
	int r;

	close(listening(fixture->path));
	chmod(fixture->folder, getuid() ? 0000 : 0700);
	become(NOBODY);
	r = denied_explain(fixture->path, &error);
	become(0);
	chmod(fixture->folder, 0700);
	assert_int_equal(r, -EACCES);
	assert_non_null(strstr(error.text, fixture->path));
	assert_non_null(strstr(error.text, "behind the folder"));
}

struct lines {
	struct buf text;
	int stop_with;
};

static int on_line(const char *line, void *user, struct error *error)
{
	struct lines *lines = user;

	buf_add_format(&lines->text, "%s|", line);
	return lines->stop_with ? error_set(error, lines->stop_with, "stop")
	                        : 0;
}

static int follow(struct fixture *fixture, struct lines *lines,
                  struct error *error)
{
	scoped(client_free) struct client *client = client_new(fixture->path);

	buf_init(&lines->text, BUF_NO_CAP);
	return client_follow(client, "/v1/events?follow=1", on_line, lines,
	                     error);
}

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void lines_come_whole_however_they_are_cut(void **state)
{
	struct lines lines = { .stop_with = 0 };
	struct error error;

	serve(*state, CHUNKED "2\r\n{}\r\n5\r\n\n{\"a\"\r\n6\r\n:1}\n\nx\r\n"
	                      "2\r\ny\n\r\n0\r\n\r\n");
	assert_int_equal(follow(*state, &lines, &error), -ECONNRESET);
	assert_string_equal(buf_text(&lines.text), "{}|{\"a\":1}|xy|");
	assert_non_null(strstr(error.text, "went away"));
	buf_done(&lines.text);
}

static void the_reader_may_stop(void **state)
{
	struct lines lines = { .stop_with = -EREMOTEIO };
	struct error error;

	serve(*state, CHUNKED "4\r\n1\n2\n\r\n");
	assert_int_equal(follow(*state, &lines, &error), -EREMOTEIO);
	assert_string_equal(buf_text(&lines.text), "1|");
	assert_string_equal(error.text, "stop");
	buf_done(&lines.text);
}

static void a_stream_may_be_refused(void **state)
{
	struct lines lines = { .stop_with = 0 };
	struct error error;

	serve(*state, "HTTP/1.1 503 No\r\nConnection: close\r\n\r\n"
	              "{\"schema_version\":1,\"error\":{\"code\":\"x\","
	              "\"message\":\"too many\"}}\n");
	assert_int_equal(follow(*state, &lines, &error), -EREMOTEIO);
	assert_string_equal(error.text, "jitd refused: too many");
	assert_int_equal(lines.text.size_bytes, 0);
	buf_done(&lines.text);
}

static void an_endless_line_is_refused(void **state)
{
	static const char head[] =
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
	scoped(string_free) char *endless =
		xcalloc(CLIENT_LINE_MAX_BYTES + sizeof(head) + 16, 1);
	struct lines lines = { .stop_with = 0 };

	memset(endless, 'a', CLIENT_LINE_MAX_BYTES + sizeof(head) + 15);
	memcpy(endless, head, sizeof(head) - 1);
	serve(*state, endless);
	assert_int_equal(follow(*state, &lines, NULL), -EFBIG);
	buf_done(&lines.text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_document_is_fetched),
		TEST(a_post_is_json),
		TEST(no_proxy_is_ever_asked),
		TEST(a_refusal_is_told_in_its_own_words),
		TEST(senseless_answers_are_refused),
		TEST(a_cut_answer_is_none),
		TEST(a_daemon_that_says_nothing_is_not_waited_for_for_ever),
		TEST(where_there_is_no_daemon_it_says_how_to_look),
		TEST(where_the_mode_says_no_the_remedy_is_named),
		TEST(a_socket_of_its_owner_needs_sudo),
		TEST(a_closed_folder_is_named),
		TEST(lines_come_whole_however_they_are_cut),
		TEST(the_reader_may_stop),
		TEST(a_stream_may_be_refused),
		TEST(an_endless_line_is_refused),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
