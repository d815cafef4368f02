/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "reports/save.h"
#include "tests/folder.h"

/* The kinds of places and of failures are tests/reports/test_writer.c's: here is what else may be written. */

static size_t entries(void)
{
	const struct dirent *entry;
	size_t count = 0;
	DIR *dir = opendir(".");

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(dir);
	return count;
}

/* What is written, and how it ends. */
struct content {
	const char *text;
	int result;
};

static int write_content(void *arg, FILE *file)
{
	const struct content *content = arg;

	fputs(content->text, file);
	return content->result;
}

static int save_as(const char *path, const struct content *content, struct mb_err *err)
{
	struct content copy = *content;
	struct mb_save save;
	int r = mb_save_begin(path, err, &save);

	if (r)
		return r;
	r = mb_save_probe(&save, err);
	if (!r)
		r = mb_save_write(&save, write_content, &copy, stdout, err);
	mb_save_fini(&save);
	return r;
}

static void assert_content(const char *path, const char *text)
{
	char found[64] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_true(fread(found, 1, sizeof(found) - 1, file) > 0);
	fclose(file);
	assert_string_equal(found, text);
}

static void whole(void **state)
{
	struct mb_err err = {0};

	assert_int_equal(save_as("x", &(struct content){"one", 0}, &err), 0);
	assert_content("x", "one");
	assert_int_equal(save_as("./x", &(struct content){"two", 0}, &err), 0);
	assert_content("x", "two");
	assert_int_equal(entries(), 1);
}

/* Whatever the writer says: its reason, the old file, and no other. */
static void failing(void **state)
{
	static const int codes[] = {-ENOMEM, -ENOSPC, -EINVAL};

	assert_int_equal(save_as("x", &(struct content){"old", 0}, NULL), 0);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct mb_err err = {0};

		assert_int_equal(save_as("x", &(struct content){"new", codes[i]}, &err), codes[i]);
		assert_non_null(strstr(err.text, strerror(-codes[i])));
		assert_int_equal(save_as("y", &(struct content){"new", codes[i]}, NULL), codes[i]);
		assert_content("x", "old");
		assert_int_equal(entries(), 1);
	}
}

static void refused(void **state)
{
	struct mb_save save = {.mode = 1};
	struct mb_err err = {0};

	assert_int_equal(mb_save_begin("none/x", &err, &save), -ENOENT);
	assert_true(err.text[0]);
	assert_int_equal(mb_save_begin(".", NULL, &save), -EISDIR);
	assert_int_equal(save.mode, 1);
	assert_true(mb_save_is_standard("-"));
	assert_false(mb_save_is_standard("./-"));
	assert_true(mb_save_has_extension("a.d/b.json"));
	assert_false(mb_save_has_extension("a.d/b"));
	assert_false(mb_save_has_extension("a/.json"));
	assert_false(mb_save_has_extension("a.d/"));
	mb_save_fini(&save);
	mb_save_fini(&save);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, folder_enter, folder_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(whole),
		IN_PLACE(failing),
		IN_PLACE(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
