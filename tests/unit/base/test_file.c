/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/folder.h"

static char data[50000];

static void a_file_is_read_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 16384, 16385, 50000 };
	scoped(buf_done) struct buf buf;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 256);
	buf_init(&buf, sizeof(data));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *path = folder_write("f", data, sizes[i], 0600);
		struct error error;

		assert_int_equal(file_read(path, &buf, NULL, &error), 0);
		assert_int_equal(buf.size_bytes, sizes[i]);
		assert_memory_equal(buf_text(&buf), data, sizes[i]);
	}
}

static void more_than_the_cap_is_refused(void **state)
{
	const char *path = folder_write("f", data, 101, 0600);
	scoped(buf_done) struct buf buf;
	struct file_stamp stamp = { 0 };
	struct error error;

	buf_init(&buf, 100);
	assert_int_equal(file_read(path, &buf, &stamp, &error), -EFBIG);
	assert_non_null(strstr(error.text, path));
	assert_non_null(strstr(error.text, "100 bytes"));
	assert_int_equal(buf.size_bytes, 0);
	assert_int_equal(stamp.inode, 0);
	assert_int_equal(buf_add_text(&buf, "x"), 0);

	path = folder_write("f", data, 100, 0600);
	assert_int_equal(file_read(path, &buf, &stamp, &error), 0);
	assert_int_equal(buf.size_bytes, 100);
	assert_int_equal(stamp.size_bytes, 100);
}

static void what_was_in_the_buffer_is_gone(void **state)
{
	const char *path = folder_write("f", "new", 3, 0600);
	scoped(buf_done) struct buf buf;

	buf_init(&buf, 100);
	buf_add_text(&buf, "old");
	assert_int_equal(file_read(path, &buf, NULL, NULL), 0);
	assert_string_equal(buf_text(&buf), "new");
	assert_int_equal(file_read(folder_path("none"), &buf, NULL, NULL),
	                 -ENOENT);
	assert_string_equal(buf_text(&buf), "");
}

static void words_name_the_file_and_the_reason(void **state)
{
	const char *path = folder_path("none");
	scoped(buf_done) struct buf buf;
	struct error error;

	buf_init(&buf, 100);
	assert_int_equal(file_read(path, &buf, NULL, &error), -ENOENT);
	assert_non_null(strstr(error.text, path));
	assert_non_null(strstr(error.text, strerror(ENOENT)));
}

static void only_regular_files_are_read(void **state)
{
	const char *fifo = folder_path("fifo");
	scoped(buf_done) struct buf buf;
	struct error error;

	buf_init(&buf, 100);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	alarm(20);
	assert_int_equal(file_read(fifo, &buf, NULL, &error), -EINVAL);
	alarm(0);
	assert_non_null(strstr(error.text, "not a regular file"));
	assert_int_equal(file_read("/", &buf, NULL, &error), -EINVAL);
	assert_int_equal(file_read("/dev/null", &buf, NULL, &error), -EINVAL);
}

static void files_without_a_size_are_read(void **state)
{
	scoped(buf_done) struct buf buf;

	buf_init(&buf, 100000);
	assert_int_equal(file_read("/proc/self/status", &buf, NULL, NULL), 0);
	assert_non_null(strstr(buf_text(&buf), "Pid:"));
}

static void a_stamp_is_of_the_file_that_was_read(void **state)
{
	const char *path = folder_write("f", "abc", 3, 0600);
	scoped(buf_done) struct buf buf;
	struct file_stamp read_stamp, stamp;

	buf_init(&buf, 100);
	assert_int_equal(file_read(path, &buf, &read_stamp, NULL), 0);
	assert_int_equal(file_stamp(path, &stamp), 0);
	assert_true(file_stamp_equal(&read_stamp, &stamp));
	assert_int_equal(file_stamp(folder_path("none"), &stamp), -ENOENT);
}

static void a_stamp_tells_that_a_file_was_written(void **state)
{
	const char *path = folder_write("f", "abc", 3, 0600);
	struct file_stamp before, after;
	struct timespec times[2];
	struct stat status;

	assert_int_equal(file_stamp(path, &before), 0);
	/* Longer than the kernel's clock for files stands still. */
	usleep(30000);
	folder_write("f", "xyz", 3, 0600);
	assert_int_equal(file_stamp(path, &after), 0);
	assert_false(file_stamp_equal(&before, &after));

	/* Nor does it help to set the time back. */
	before = after;
	assert_int_equal(stat(path, &status), 0);
	times[0] = status.st_atim;
	times[1] = status.st_mtim;
	usleep(30000);
	folder_write("f", "123", 3, 0600);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_int_equal(file_stamp(path, &after), 0);
	assert_false(file_stamp_equal(&before, &after));
}

static void a_stamp_tells_that_a_file_was_replaced(void **state)
{
	const char *path = folder_write("f", "abc", 3, 0600);
	struct file_stamp before, after;

	assert_int_equal(file_stamp(path, &before), 0);
	folder_write("g", "abc", 3, 0600);
	assert_int_equal(rename(folder_path("g"), folder_path("f")), 0);
	assert_int_equal(file_stamp(folder_path("f"), &after), 0);
	assert_false(file_stamp_equal(&before, &after));
}

/* The number that the next descriptor gets. */
static int next_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

static void no_descriptor_is_left_open(void **state)
{
	const char *path = folder_write("f", "abc", 3, 0600);
	int before = next_fd();
	scoped(buf_done) struct buf buf;

	buf_init(&buf, 3);
	assert_int_equal(file_read(path, &buf, NULL, NULL), 0);
	assert_int_equal(file_read("/", &buf, NULL, NULL), -EINVAL);
	folder_write("f", "abcd", 4, 0600);
	assert_int_equal(file_read(path, &buf, NULL, NULL), -EFBIG);
	assert_int_equal(next_fd(), before);
	file_close(-1);
}

static void each_part_of_a_stamp_counts(void **state)
{
	const struct file_stamp stamp = { 1, 2, 3, 4 };
	const struct file_stamp others[] = {
		{ 9, 2, 3, 4 },
		{ 1, 9, 3, 4 },
		{ 1, 2, 9, 4 },
		{ 1, 2, 3, 9 },
	};
	struct file_stamp same = stamp;

	assert_true(file_stamp_equal(&stamp, &same));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(file_stamp_equal(&stamp, &others[i]));
}

int main(void)
{
#define IN_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, folder_begin, folder_end)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_file_is_read_whole),
		IN_FOLDER(more_than_the_cap_is_refused),
		IN_FOLDER(what_was_in_the_buffer_is_gone),
		IN_FOLDER(words_name_the_file_and_the_reason),
		IN_FOLDER(only_regular_files_are_read),
		cmocka_unit_test(files_without_a_size_are_read),
		IN_FOLDER(a_stamp_is_of_the_file_that_was_read),
		IN_FOLDER(a_stamp_tells_that_a_file_was_written),
		IN_FOLDER(a_stamp_tells_that_a_file_was_replaced),
		IN_FOLDER(no_descriptor_is_left_open),
		cmocka_unit_test(each_part_of_a_stamp_counts),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
