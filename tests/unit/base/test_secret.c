/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/folder.h"

#define FILE_MAX_BYTES 65536

/* What was wiped last, and how much in all: see explicit_bzero() here. */
static struct {
	char last[64];
	size_t total;
} wiped;

/* Stands in front of the C library's, to see what the module wipes. */
void explicit_bzero(void *s, size_t n)
{
	volatile char *bytes = s;

	memcpy(wiped.last, s, n < sizeof(wiped.last) ? n : sizeof(wiped.last));
	wiped.total += n;
	for (size_t i = 0; i < n; i++)
		bytes[i] = 0;
}

/* What it is called where the build is fortified. */
void __explicit_bzero_chk(void *s, size_t n, size_t room);
void __explicit_bzero_chk(void *s, size_t n, size_t room)
{
	explicit_bzero(s, n);
}

static void a_secret_keeps_its_text(void **state)
{
	char text[] = "sesame-and-more";
	scoped(secret_free) struct secret *secret = secret_new(text, 6);
	scoped(secret_free) struct secret *empty = secret_new(NULL, 0);

	memset(text, 'x', sizeof(text));
	assert_string_equal(secret_reveal(secret), "sesame");
	assert_int_equal(secret_size_bytes(secret), 6);
	assert_string_equal(secret_reveal(empty), "");
	assert_int_equal(secret_size_bytes(empty), 0);
	secret_free(NULL);
}

static void freeing_wipes_all_of_it(void **state)
{
	struct secret *secret = secret_new("sesame", 6);

	wiped.total = 0;
	secret_free(secret);
	assert_true(wiped.total >= 6);
	assert_non_null(memmem(wiped.last, sizeof(wiped.last), "sesame", 7));
}

static void wiping_overwrites(void **state)
{
	char text[] = "sesame";

	secret_wipe(text, 3);
	assert_memory_equal(text, "\0\0\0ame", 7);
	secret_wipe(NULL, 0);
}

static void equal_means_all_of_it(void **state)
{
	char text[] = "0123456789";
	scoped(secret_free) struct secret *secret = secret_new(text, 10);
	scoped(secret_free) struct secret *same = secret_new(text, 10);
	scoped(secret_free) struct secret *part = secret_new(text, 9);
	scoped(secret_free) struct secret *empty = secret_new("", 0);
	scoped(secret_free) struct secret *nothing = secret_new("", 0);

	assert_true(secret_equal(secret, same));
	assert_true(secret_equal(empty, nothing));
	assert_false(secret_equal(secret, part));
	assert_false(secret_equal(part, secret));
	assert_false(secret_equal(secret, empty));
	assert_true(secret_equal(NULL, NULL));
	assert_false(secret_equal(NULL, empty));
	assert_false(secret_equal(empty, NULL));
	for (size_t i = 0; i < 10; i++)
		for (int bit = 0; bit < 8; bit++) {
			scoped(secret_free) struct secret *other = NULL;

			text[i] = (char)(text[i] ^ (1 << bit));
			other = secret_new(text, 10);
			assert_false(secret_equal(secret, other));
			text[i] = (char)(text[i] ^ (1 << bit));
		}
}

/* What is read from a file of these bytes, or NULL with the code. */
static struct secret *read_bytes(const void *data, size_t size, bool opaque,
                                 int *ret_r)
{
	const char *path = folder_write("secret", data, size, 0400);
	struct secret *secret = NULL;
	struct error error = { "" };

	*ret_r = secret_read(path, opaque, &secret, &error);
	assert_int_equal(*ret_r == 0, secret != NULL);
	assert_int_equal(*ret_r == 0, error.text[0] == '\0');
	if (*ret_r < 0)
		assert_non_null(strstr(error.text, path));
	unlink(path);
	return secret;
}

static void assert_read(const char *text, bool opaque, const char *wanted)
{
	int r;
	scoped(secret_free) struct secret *secret =
		read_bytes(text, strlen(text), opaque, &r);

	assert_int_equal(r, 0);
	assert_string_equal(secret_reveal(secret), wanted);
	assert_int_equal(secret_size_bytes(secret), strlen(wanted));
}

static void assert_not_read(const char *text, size_t size, bool opaque)
{
	int r;

	read_bytes(text, size, opaque, &r);
	assert_int_equal(r, -EINVAL);
}

static void space_around_it_is_dropped(void **state)
{
	assert_read("eyJ0.eyJh.c2ln", true, "eyJ0.eyJh.c2ln");
	assert_read(" \t\r\n\v\feyJ0.x \r\n\n", true, "eyJ0.x");
	assert_read("\nq8Q~ x\t~ \n", false, "q8Q~ x\t~");
}

static void nothing_is_no_secret(void **state)
{
	assert_not_read("", 0, true);
	assert_not_read("", 0, false);
	assert_not_read(" \r\n\t", 4, true);
	assert_not_read("\n", 1, false);
}

static void a_token_is_one_printable_word(void **state)
{
	assert_read("!~", true, "!~");
	assert_not_read("a b", 3, true);
	assert_not_read("a\tb", 3, true);
	assert_not_read("a\nb", 3, true);
	assert_not_read("a\0b", 3, true);
	assert_not_read("\0", 1, true);
	assert_not_read("a\x7f", 2, true);
	assert_not_read("\xc3\xa9", 2, true);
	assert_not_read("\xef\xbb\xbf"
	                "a",
	                4, true);
	assert_not_read("a\x1b[m", 4, true);
}

static void a_client_secret_is_one_line(void **state)
{
	assert_read("pass word \x01\xff\xc3\xa9", false,
	            "pass word \x01\xff\xc3\xa9");
	assert_not_read("a\nb", 3, false);
	assert_not_read("a\rb", 3, false);
	assert_not_read("a\0b", 3, false);
	assert_not_read("a\0", 2, false);
}

static void it_may_have_64_kib(void **state)
{
	static char text[FILE_MAX_BYTES + 1];
	scoped(secret_free) struct secret *secret = NULL;
	int r;

	memset(text, 'x', sizeof(text));
	secret = read_bytes(text, FILE_MAX_BYTES, true, &r);
	assert_int_equal(r, 0);
	assert_int_equal(secret_size_bytes(secret), FILE_MAX_BYTES);
	assert_memory_equal(secret_reveal(secret), text, FILE_MAX_BYTES);
	read_bytes(text, FILE_MAX_BYTES + 1, true, &r);
	assert_int_equal(r, -EFBIG);
}

static void reading_leaves_no_copy_behind(void **state)
{
	int r;

	wiped.total = 0;
	secret_free(read_bytes("sesame", 6, true, &r));
	assert_int_equal(r, 0);
	assert_true(wiped.total >= FILE_MAX_BYTES);

	wiped.total = 0;
	read_bytes("ses ame", 7, true, &r);
	assert_int_equal(r, -EINVAL);
	assert_non_null(memmem(wiped.last, sizeof(wiped.last), "ses ame", 7));
}

static void words_never_show_it(void **state)
{
	static const struct {
		const char *text;
		size_t size;
	} rows[] = {
		{ "hunter2 hunter2", 15 },
		{ "hunter2\0", 8 },
		{ "hunter2\nhunter2", 15 },
		{ "hunter2\xff", 8 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *path = folder_write("secret", rows[i].text,
		                                rows[i].size, 0400);
		struct secret *secret = NULL;
		struct error error;

		assert_true(secret_read(path, true, &secret, &error) < 0);
		assert_null(strstr(error.text, "hunter"));
		unlink(path);
	}
}

static void only_its_owner_may_write_to_it(void **state)
{
	static const struct {
		mode_t mode;
		int r;
	} rows[] = {
		{ 0400, 0 },      { 0600, 0 },      { 0440, 0 },
		{ 0640, 0 },      { 0444, 0 },      { 0644, 0 },
		{ 0620, -EPERM }, { 0602, -EPERM }, { 0660, -EPERM },
		{ 0606, -EPERM }, { 0666, -EPERM }, { 0777, -EPERM },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *path =
			folder_write("secret", "sesame", 6, rows[i].mode);
		scoped(secret_free) struct secret *secret = NULL;
		struct error error = { "" };

		assert_int_equal(secret_read(path, true, &secret, &error),
		                 rows[i].r);
		assert_int_equal(strstr(error.text, "chmod") != NULL,
		                 rows[i].r < 0);
		unlink(path);
	}
}

static void only_regular_files_are_read(void **state)
{
	const char *fifo = folder_path("fifo");
	struct secret *secret = NULL;
	struct error error;

	assert_int_equal(mkfifo(fifo, 0600), 0);
	alarm(20);
	assert_int_equal(secret_read(fifo, true, &secret, &error), -EINVAL);
	alarm(0);
	assert_int_equal(secret_read("/", true, &secret, &error), -EINVAL);
	assert_int_equal(
		secret_read(folder_path("none"), true, &secret, &error),
		-ENOENT);
	assert_non_null(strstr(error.text, strerror(ENOENT)));
	assert_null(secret);
}

int main(void)
{
#define IN_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, folder_begin, folder_end)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_keeps_its_text),
		cmocka_unit_test(freeing_wipes_all_of_it),
		cmocka_unit_test(wiping_overwrites),
		cmocka_unit_test(equal_means_all_of_it),
		IN_FOLDER(space_around_it_is_dropped),
		IN_FOLDER(nothing_is_no_secret),
		IN_FOLDER(a_token_is_one_printable_word),
		IN_FOLDER(a_client_secret_is_one_line),
		IN_FOLDER(it_may_have_64_kib),
		IN_FOLDER(reading_leaves_no_copy_behind),
		IN_FOLDER(words_never_show_it),
		IN_FOLDER(only_its_owner_may_write_to_it),
		IN_FOLDER(only_regular_files_are_read),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
