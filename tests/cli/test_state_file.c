/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/state_file.h"
#include "core/base/align.h"
#include "tests/folder.h"

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void names(void **state)
{
	static const struct {
		const char *option, *own, *state, *home, *path;
	} cases[] = {
		{"n.json", "/a", "/b", "/c", "n.json"},
		{NULL, "/a", "/b", "/c", "/a"},
		{NULL, NULL, "/b", "/c", "/b/memboot/one.json"},
		{NULL, "", "relative", "/c", "/c/.local/state/memboot/one.json"},
		{NULL, NULL, NULL, "/c", "/c/.local/state/memboot/one.json"},
		{NULL, NULL, NULL, NULL, NULL},
		{NULL, NULL, "", "", NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		char *path;

		set("MB_TEST_STATE", cases[i].own);
		set("XDG_STATE_HOME", cases[i].state);
		set("HOME", cases[i].home);
		path = mb_state_file_path(cases[i].option, "MB_TEST_STATE", "one.json");
		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
		else
			assert_null(path);
		free(path);
	}
}

static int put(void *arg, FILE *file)
{
	fputs(arg ? arg : "", file);
	return arg ? 0 : -EIO;
}

static void assert_holds(const char *path, const char *text)
{
	char got[16] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_non_null(fgets(got, sizeof(got), file));
	fclose(file);
	assert_string_equal(got, text);
}

/* Its folders are made; one that cannot be written leaves the old one. */
static void whole_or_not_at_all(void **state)
{
	struct mb_err err = {0};

	assert_int_equal(mb_state_file_write("one/two.json", put, (char[]){"old"}, &err), 0);
	assert_int_equal(mb_state_file_write("one/two.json", put, NULL, &err), -EIO);
	assert_holds("one/two.json", "old");
	mb_err_clear(&err);
	assert_int_equal(mb_state_file_write("one/two.json/below", put, (char[]){"new"}, &err),
			 -ENOTDIR);
	assert_true(*err.text != '\0');
}

/* Says the same beforehand, and writes nothing. */
static void probed(void **state)
{
	struct mb_err err = {0};

	assert_int_equal(mb_state_file_probe("probed/two.json", &err), 0);
	assert_int_equal(access("probed", F_OK), -1);
	assert_int_equal(mb_state_file_write("probed/two.json", put, (char[]){"old"}, &err), 0);
	assert_int_equal(mb_state_file_probe("probed/two.json/below", &err), -ENOTDIR);
	assert_true(*err.text != '\0');
	assert_holds("probed/two.json", "old");
}

/* A look leaves nothing, nor does a file that cannot be written; a folder that was there stays. */
static void no_folders(void **state)
{
	struct mb_err err = {0};

	assert_int_equal(mkdir("there", 0700), 0);
	assert_int_equal(mb_state_file_probe("there/new/newer/one.json", &err), 0);
	assert_int_equal(rmdir("there"), 0);
	assert_int_equal(mkdir("there", 0700), 0);
	assert_int_equal(mb_state_file_write("there/new/newer/one.json", put, NULL, &err), -EIO);
	assert_int_equal(access("there/new", F_OK), -1);
	assert_int_equal(mb_state_file_probe("there/new/", &err), -EISDIR);
	assert_int_equal(rmdir("there"), 0);
	assert_int_equal(mb_state_file_probe("/proc/memboot/one.json", &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(whole_or_not_at_all),
		cmocka_unit_test(probed),
		cmocka_unit_test(no_folders),
	};

	return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
