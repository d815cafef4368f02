/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/slabs.h"
#include "core/base/align.h"
#include "tests/benches/bench_case.h"

static void test_rows_validate(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_slab_row, NULL, &seen);
	assert_int_equal(seen.count, 2 * 5);
	for (size_t i = 0; i < seen.count; i++) {
		assert_string_equal(seen.seen[i].reason, "");
		assert_int_equal(seen.seen[i].result.status, MB_RUNNER_OK);
	}
}

/* --- allocators that go wrong --- */

static int real_run(struct mb_bench_run *run)
{
	struct mb_bench row;

	for (size_t i = 0; mb_bench_slab_row(i, &row); i++)
		if (!strcmp(row.name, run->row->name))
			return row.run(run);
	return -ENOENT;
}

/* A row's data begins with its slabs. */
static struct mb_slab *slab_of(struct mb_bench_run *run)
{
	return mb_slabs_slab(*(struct mb_slabs **)run->data);
}

static void *kmalloc(struct mb_bench_run *run)
{
	return mb_slab_kmalloc(slab_of(run), 64, MB_KMALLOC_NORMAL, MB_NO_NODE, 0);
}

static int run_and_leak(struct mb_bench_run *run)
{
	int rc = real_run(run);

	kmalloc(run);
	return rc;
}

static int run_and_free_twice(struct mb_bench_run *run)
{
	int rc = real_run(run);
	void *object = kmalloc(run);

	mb_slab_kfree(slab_of(run), object, 0);
	mb_slab_kfree(slab_of(run), object, 0);
	return rc;
}

/* A page that no slab knows of. */
static int run_and_lose_a_page(struct mb_bench_run *run)
{
	struct mb_slab_config *config = mb_slabs_config(*(struct mb_slabs **)run->data);
	int rc = real_run(run);

	config->alloc_pages(config->ctx, 0, 0, 0, 0);
	return rc;
}

static int run_nothing(struct mb_bench_run *run)
{
	return 0;
}

static void check_wrong(int (*run)(struct mb_bench_run *run), const char *reason)
{
	bench_case_wrong(mb_bench_slab_row, run, "nodes:[12]$", 4, reason);
}

static void test_wrong_allocator_is_an_error(void **state)
{
	check_wrong(run_nothing, "the slab allocator is not up");
	check_wrong(run_and_leak, "objects are in use");
	check_wrong(run_and_free_twice, "is free twice");
	check_wrong(run_and_lose_a_page, "pages are free,");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_validate),
		cmocka_unit_test(test_wrong_allocator_is_an_error),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
