/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/noise_store.h"
#include "tests/folder.h"

/* Which name goes before which is tests/cli/test_state_file.c's: here is what the store calls itself. */
static void test_path(void **state)
{
	struct mb_opts opts = {0};
	char *path;

	setenv("XDG_STATE_HOME", "/b", 1);
	unsetenv("MEMBOOT_NOISE");
	path = mb_noise_store_path(&opts);
	assert_string_equal(path, "/b/memboot/noise.json");
	free(path);
	setenv("MEMBOOT_NOISE", "/a", 1);
	path = mb_noise_store_path(&opts);
	assert_string_equal(path, "/a");
	free(path);
	opts.store = "n.json";
	path = mb_noise_store_path(&opts);
	assert_string_equal(path, "n.json");
	free(path);
}

/* Its folders are made, and what cannot be is one reason. */
static void test_write(void **state)
{
	static const char path[] = "one/two/noise.json";
	struct mb_spread spread = {0}, again = {0};
	struct mb_err err = {0};

	assert_int_equal(
		mb_spread_put(&spread, &(struct mb_spread_row){(char[]){"a"}, 8, 20, 0.01, 0.02}),
		0);
	assert_int_equal(mb_noise_store_read(path, &err, &again), -ENOENT);
	mb_err_clear(&err);
	assert_int_equal(mb_noise_store_write(path, &spread, &err), 0);
	assert_int_equal(mb_noise_store_read(path, &err, &again), 0);
	assert_true(mb_spread_find(&again, "a", 8) == 0.02);
	mb_spread_fini(&again);
	assert_int_equal(mb_noise_store_write("one/two/noise.json/below", &spread, &err), -ENOTDIR);
	assert_true(*err.text != '\0');
	mb_spread_fini(&spread);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
