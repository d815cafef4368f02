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

	/* No larger than what there is. */
	config.window_bytes = MB_GIB;
	assert_int_equal(window_case_run(&c, &config, NULL), 0);
	assert_int_equal(mb_window_stats(c.boot, &stat, 1), 1);
	assert_true(stat.window_bytes < 128 * MB_MIB);
	mb_boot_free(c.boot);

	config.model = mb_memmodel_find("sparse");
	assert_int_equal(window_case_run(&c, &config, NULL), -EINVAL);
	assert_non_null(strstr(mb_boot_err(c.boot)->text, "only vmemmap"));
	window_case_fini(&c);
}

static uint64_t auto_bytes(const char *text, uint64_t cache_bytes, uint64_t allowed_bytes)
{
	const struct mb_page_size *size = &mb_page_sizes[MB_PAGE_SIZE_DEFAULT];
	struct mb_machine *machine = NULL;
	uint64_t bytes;

	assert_int_equal(mb_machine_parse(text, NULL, NULL, &machine), 0);
	bytes = mb_window_auto(machine, size, cache_bytes, allowed_bytes);
	if (bytes > 2 * cache_bytes)
		assert_true(mb_boot_memory_needed(machine, NULL, size, bytes, false) <=
			    allowed_bytes);
	mb_machine_free(machine);
	return bytes;
}

static void windows_size_themselves(void **state)
{
	assert_int_equal(auto_bytes("node0=8G", 32 * MB_MIB, MB_TIB), 0); /* 128 MiB of memmap */
	assert_int_equal(auto_bytes("node0=9G", 32 * MB_MIB, MB_TIB), 128 * MB_MIB);
	assert_int_equal(auto_bytes("nodes=2 each=1T", 96 * MB_MIB, MB_TIB), 384 * MB_MIB);
	assert_int_equal(auto_bytes("nodes=2 each=1T", 96 * MB_MIB, 300 * MB_MIB), 192 * MB_MIB);
	assert_true(auto_bytes("nodes=8 each=1T", 32 * MB_MIB, 1200 * MB_MIB) < 128 * MB_MIB);
	assert_true(auto_bytes("nodes=8 each=1T", 32 * MB_MIB, 1200 * MB_MIB) > 64 * MB_MIB);
}

/* What is said to be needed is enough, and not much more. */
static void needed_is_enough(void **state)
{
	static const char *const machines[] = {
		"node0=4G node0.cpus=0", "nodes=4 each=1G cpus=2",
		"node0=6G node0.cpus=0-1 reserve=1M@0x10000000 reserve=3M@0x20300000 hole=70M@0x40000000"};

	for (size_t i = 0; i < MB_ARRAY_SIZE(machines); i++) {
		struct window_case c;
		struct mb_boot_config config = window_case_init(&c, machines[i]);
		struct mb_window_stat stats[4];
		uint64_t needed, used;
		size_t count;

		config.window_auto = true;
		assert_int_equal(window_case_run(&c, &config, NULL), 0);
		needed = mb_boot_memory_needed(c.machine, NULL, NULL, config.window_bytes, false);
		used = c.boot->model.memmap_bytes + c.boot->model.metadata_bytes;
		count = mb_window_stats(c.boot, stats, MB_ARRAY_SIZE(stats));
		for (size_t n = 0; n < count; n++)
			used += stats[n].private_bytes;
		assert_true(used <= needed);
		assert_true(needed < used + 64 * MB_MIB);
		window_case_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_are_sized),
		cmocka_unit_test(windows_size_themselves),
		cmocka_unit_test(needed_is_enough),
	};

	return cmocka_run_group_tests_name("window_make", tests, NULL, NULL);
}
