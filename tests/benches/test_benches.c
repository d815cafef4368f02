/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "tests/benches/bench_case.h"

/* Rows that must be there: their names are in other people's scripts. */
static const char *const fixed_names[] = {
	"limit/memset/nonzero/threads:1",
	"limit/memset/zero/threads:1",
	"pageinit/kernel/threads:1",
	"pageinit/stream/struct_page:96",
	"pageinit/kernel/share/rule:padata",
	"pageinit/ratio/kernel-stream/threads:1",
	"pageinit/ratio/stream-limit/threads:1",
	"memblock/add/regions:100000",
	"memblock/walk/regions:1",
	"sparse/walk/roots/ranges:4096",
	"buddy/handoff/largest/threads:1",
	"buddy/stores",
	"buddy/ratio/unchecked",
	"buddy/alloc/fragmented/order:9",
	"pcp/burst/without/order:0",
	"zonelist/build/nodes:1024",
	"slab/bootstrap/kmalloc_caches/nodes:1",
	"slab/kmalloc/bytes:64",
	"boot/dry_run/16x4T",
	"memmodel/pfn_to_page/sequential/model:vmemmap",
	"memmodel/page_to_pfn/random/model:sparse",
	"memmodel/walk/present/model:extreme",
};

static void test_rows_are_complete(void **state)
{
	struct mb_bench row;
	size_t count = 0;

	while (mb_benches_row(count, &row)) {
		assert_non_null(row.run);
		assert_non_null(row.validate);
		assert_true(*row.group && *row.name && *row.summary);
		assert_null(strchr(row.group, '/'));
		assert_true(*mb_benches_temperature_name(row.temperature));
		assert_true(!row.goal || row.goal_max > 0);
		assert_int_equal(row.arg_name != NULL, row.nr_args > 0);
		count++;
	}
	assert_true(count > MB_ARRAY_SIZE(fixed_names));
	assert_false(mb_benches_row(count + 1, &row));
}

static int on_name(const char *name, const struct mb_bench *row, void *arg)
{
	unsigned *found = arg;

	for (size_t i = 0; i < MB_ARRAY_SIZE(fixed_names); i++)
		*found += !strcmp(name, fixed_names[i]);
	return 0;
}

/* Registering refuses a name that is there twice, so listing proves that none is. */
static void test_names(void **state)
{
	const struct mb_runner_options options = {.full = true};
	unsigned found = 0;
	struct mb_err err = {0};

	assert_int_equal(mb_runner_list(&options, on_name, &found, &err), 0);
	assert_int_equal(found, MB_ARRAY_SIZE(fixed_names));
}

static const char *arg_text(int64_t arg)
{
	return arg == 7 ? "seven" : "other";
}

static void test_row_name(void **state)
{
	static const struct mb_bench plain = {.group = "g", .name = "n", .arg_name = "pages"},
				     full = {.group = "g",
					     .name = "n",
					     .variant = "v",
					     .arg_name = "pages",
					     .arg_text = arg_text};
	static const struct {
		const struct mb_bench *row;
		bool arg;
		const char *name;
	} rows[] = {
		{&plain, false, "g/n"},
		{&plain, true, "g/n/pages:7"},
		{&full, false, "g/n/v"},
		{&full, true, "g/n/v/pages:seven"},
	};
	const int64_t seven = 7;

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		char *name = mb_benches_row_name(rows[i].row, rows[i].arg ? &seven : NULL);

		assert_string_equal(name, rows[i].name);
		free(name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_complete),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_row_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
