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

#include "cli/noise_store.h"
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

static void test_path(void **state)
{
	static const struct {
		const char *option, *own, *state, *home, *path;
	} cases[] = {
		{"n.json", "/a", "/b", "/c", "n.json"},
		{NULL, "/a", "/b", "/c", "/a"},
		{NULL, NULL, "/b", "/c", "/b/memboot/noise.json"},
		{NULL, "", "relative", "/c", "/c/.local/state/memboot/noise.json"},
		{NULL, NULL, NULL, "/c", "/c/.local/state/memboot/noise.json"},
		{NULL, NULL, NULL, NULL, NULL},
		{NULL, NULL, "", "", NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_opts opts = {.store = cases[i].option};
		char *path;

		set("MEMBOOT_NOISE", cases[i].own);
		set("XDG_STATE_HOME", cases[i].state);
		set("HOME", cases[i].home);
		path = mb_noise_store_path(&opts);
		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
		else
			assert_null(path);
		free(path);
	}
}

/* Its folders are made, and what cannot be is one reason. */
static void test_write(void **state)
{
	struct mb_spread spread = {0}, again = {0};
	struct mb_err err = {0};
	char path[128], part[160];

	assert_int_equal(
		mb_spread_put(&spread, &(struct mb_spread_row){(char[]){"a"}, 8, 20, 0.01, 0.02}),
		0);
	snprintf(path, sizeof(path), "%s/one/two/noise.json", folder);
	assert_int_equal(mb_noise_store_read(path, &err, &again), -ENOENT);
	mb_err_clear(&err);
	assert_int_equal(mb_noise_store_write(path, &spread, &err), 0);
	assert_int_equal(mb_noise_store_read(path, &err, &again), 0);
	assert_true(mb_spread_find(&again, "a", 8) == 0.02);
	mb_spread_fini(&again);
	snprintf(part, sizeof(part), "%s/below", path);
	assert_int_equal(mb_noise_store_write(part, &spread, &err), -ENOTDIR);
	assert_true(*err.text != '\0');
	mb_spread_fini(&spread);
	unlink(path);
	snprintf(path, sizeof(path), "%s/one/two", folder);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/one", folder);
	rmdir(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
