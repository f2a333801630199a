/* SPDX-License-Identifier: Apache-2.0 */
#include "io/httpd_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/mem.h"

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	r = connect(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
	return r;
}

static void a_socket_is_made_with_its_mode_and_removed(void **state)
{
	static const mode_t modes[] = { 0600, 0660, 0666, 0700 };
	const char *path = folder_path("s");
	mode_t mask = umask(0027);
	struct httpd_socket made;
	int fd;

	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(
			httpd_socket_make(path, modes[i], &made, &fd, NULL), 0);
		assert_int_equal(mode_of(path), S_IFSOCK | modes[i]);
		assert_int_equal(connect_to(path), 0);
		assert_int_equal(httpd_socket_check(fd, NULL), 0);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
		close(fd);
		httpd_socket_remove(&made);
		httpd_socket_remove(&made);
		assert_int_equal(access(path, F_OK), -1);
	}
	assert_int_equal(umask(mask), 0027);
}

static void a_dead_socket_is_replaced_and_a_live_one_is_not(void **state)
{
	const char *path = folder_path("s");
	struct httpd_socket dead, made, other;
	struct error error;
	int fd, none;

	assert_int_equal(httpd_socket_make(path, 0600, &dead, &fd, NULL), 0);
	close(fd);
	assert_int_equal(httpd_socket_make(path, 0600, &made, &fd, NULL), 0);
	assert_int_equal(connect_to(path), 0);

	/* The dead one's name is another's now. */
	httpd_socket_remove(&dead);
	assert_int_equal(connect_to(path), 0);

	assert_int_equal(httpd_socket_make(path, 0600, &other, &none, &error),
	                 -EADDRINUSE);
	assert_non_null(strstr(error.text, path));
	assert_int_equal(connect_to(path), 0);
	close(fd);
	httpd_socket_remove(&made);
	assert_int_equal(access(path, F_OK), -1);
}

static void what_is_ours_no_more_is_not_removed(void **state)
{
	scoped(string_free) char *path = xstrdup(folder_path("s"));
	struct httpd_socket ours, other;
	int fd;

	assert_int_equal(httpd_socket_make(path, 0600, &ours, &fd, NULL), 0);
	close(fd);
	assert_int_equal(rename(path, folder_path("elsewhere")), 0);
	assert_int_equal(httpd_socket_make(path, 0600, &other, &fd, NULL), 0);
	close(fd);
	httpd_socket_remove(&ours);
	assert_int_equal(access(path, F_OK), 0);
	httpd_socket_remove(&other);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_socket_with_a_full_queue_is_alive(void **state)
{
	const char *path = folder_path("s");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct httpd_socket made, other;
	int clients[400];
	int count = 0;
	int fd, none;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(httpd_socket_make(path, 0600, &made, &fd, NULL), 0);
	for (bool full = false; !full && count < 400; count++) {
		clients[count] =
			socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		full = connect(clients[count], (struct sockaddr *)&address,
		               sizeof(address)) < 0;
	}
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(httpd_socket_make(path, 0600, &other, &none, NULL),
	                 -EADDRINUSE);
	while (count > 0)
		close(clients[--count]);
	close(fd);
	httpd_socket_remove(&made);
}

static void what_is_no_socket_stays(void **state)
{
	const char *path = folder_write("file", "x", 1, 0600);
	struct httpd_socket made;
	struct error error;
	int fd;

	assert_int_equal(httpd_socket_make(path, 0600, &made, &fd, &error),
	                 -EEXIST);
	assert_non_null(strstr(error.text, path));
	assert_int_equal(mode_of(path), S_IFREG | 0600);

	/* Nor is a link to a socket one. */
	path = folder_path("link");
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(httpd_socket_make(path, 0600, &made, &fd, &error),
	                 -EEXIST);
	assert_true(S_ISLNK(mode_of(path)));
}

static void a_socket_of_another_kind_is_not_ours(void **state)
{
	const char *path = folder_path("datagrams");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct httpd_socket made;
	int other;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
	                 0);
	assert_int_equal(httpd_socket_make(path, 0600, &made, &other, NULL),
	                 -EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
	close(fd);
}

static void a_path_too_long_is_refused_in_words(void **state)
{
	struct httpd_socket made;
	struct error error;
	char path[200];
	int fd;

	memset(path, 'x', sizeof(path));
	memcpy(path, folder_path(""), strlen(folder_path("")));
	path[107] = '\0';
	assert_int_equal(httpd_socket_make(path, 0600, &made, &fd, &error), 0);
	close(fd);
	httpd_socket_remove(&made);
	path[107] = 'x';
	path[108] = '\0';
	assert_int_equal(httpd_socket_make(path, 0600, &made, &fd, &error),
	                 -ENAMETOOLONG);
	assert_non_null(strstr(error.text, "107"));
}

static void a_folder_that_is_missing_is_named(void **state)
{
	const char *path = folder_path("absent/s");
	struct httpd_socket made;
	struct error error;
	int fd;

	assert_int_equal(httpd_socket_make(path, 0600, &made, &fd, &error),
	                 -ENOENT);
	assert_non_null(strstr(error.text, path));
}

static void only_a_listening_unix_stream_is_taken_over(void **state)
{
	static const struct {
		int domain, type;
	} kinds[] = {
		{ AF_UNIX, SOCK_STREAM },
		{ AF_UNIX, SOCK_DGRAM },
		{ AF_INET, SOCK_STREAM },
	};
	struct error error;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_int_equal(httpd_socket_check(fd, &error), -EINVAL);
	close(fd);
	assert_int_equal(httpd_socket_check(fd, &error), -EINVAL);
	for (size_t i = 0; i < 3; i++) {
		fd = socket(kinds[i].domain, kinds[i].type, 0);
		(void)listen(fd, 1);
		assert_int_equal(httpd_socket_check(fd, &error), -EINVAL);
		close(fd);
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, folder_begin, folder_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_socket_is_made_with_its_mode_and_removed),
		TEST(a_dead_socket_is_replaced_and_a_live_one_is_not),
		TEST(what_is_ours_no_more_is_not_removed),
		TEST(a_socket_with_a_full_queue_is_alive),
		TEST(what_is_no_socket_stays),
		TEST(a_socket_of_another_kind_is_not_ours),
		TEST(a_path_too_long_is_refused_in_words),
		TEST(a_folder_that_is_missing_is_named),
		TEST(only_a_listening_unix_stream_is_taken_over),
	};

	return cmocka_run_group_tests_name("httpd_socket", tests, NULL, NULL);
}
