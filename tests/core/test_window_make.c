/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/align.h"
#include "core/memmodel.h"
#include "core/window.h"
#include "tests/core/window_case.h"

static void windows_are_sized(void **state)
{
	struct window_case c;
	struct mb_boot_config config = window_case_init(&c, "node0=2G node0.cpus=0-3");
	const struct mb_err *err;
	struct mb_window_stat stat;

	c.plain.workers = 4;
	assert_int_equal(window_case_run(&c, &config, NULL), -EINVAL);
	err = mb_boot_err(c.boot);
	assert_string_equal(err->text,
			    "a window of 1 MiB is too small: node 0 needs 4 MiB for 4 workers");
	mb_boot_free(c.boot);

	config.window_auto = true;
	assert_int_equal(window_case_run(&c, &config, NULL), 0);
	assert_int_equal(mb_window_stats(c.boot, &stat, 1), 1);
	assert_int_equal(stat.window_bytes, 4 * MB_MIB);
	assert_true(stat.turns > 4 * stat.slots);
	mb_boot_free(c.boot);

	/* No larger than what there is, of which no zone has to stay. */
	config.window_bytes = MB_GIB;
	assert_int_equal(window_case_run(&c, &config, NULL), 0);
	assert_int_equal(mb_window_stats(c.boot, &stat, 1), 1);
	assert_int_equal(stat.window_bytes, 32 * MB_MIB);
	assert_true(stat.private_blocks < 32);
	mb_boot_free(c.boot);

	config.model = mb_memmodel_find("sparse");
	assert_int_equal(window_case_run(&c, &config, NULL), -EINVAL);
	assert_non_null(strstr(mb_boot_err(c.boot)->text, "only vmemmap"));
	window_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_are_sized),
	};

	return cmocka_run_group_tests_name("window_make", tests, NULL, NULL);
}
