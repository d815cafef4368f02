/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/state_file.h"
#include "core/base/align.h"

static char folder[] = "/tmp/memboot-test-XXXXXX";

static int group_setup(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int group_teardown(void **state)
{
	return rmdir(folder);
}

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
		{NULL, NULL, NULL, NULL, NULL},
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
	char path[128], part[160];

	snprintf(path, sizeof(path), "%s/one/two.json", folder);
	assert_int_equal(mb_state_file_write(path, put, (char[]){"old"}, &err), 0);
	assert_int_equal(mb_state_file_write(path, put, NULL, &err), -EIO);
	assert_holds(path, "old");
	mb_err_clear(&err);
	snprintf(part, sizeof(part), "%s/below", path);
	assert_int_equal(mb_state_file_write(part, put, (char[]){"new"}, &err), -ENOTDIR);
	assert_true(*err.text != '\0');
	unlink(path);
	snprintf(path, sizeof(path), "%s/one", folder);
	rmdir(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
