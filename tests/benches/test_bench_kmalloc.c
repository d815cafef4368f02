/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/slabs.h"
#include "tests/benches/bench_case.h"

static void test_rows_validate(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_kmalloc_row, NULL, &seen);
	assert_true(seen.count >= 2 * 14 + 3 * 3 + 2);
	for (size_t i = 0; i < seen.count; i++) {
		assert_string_equal(seen.seen[i].reason, "");
		assert_int_equal(seen.seen[i].result.status, MB_RUNNER_OK);
		assert_true(seen.seen[i].result.ops >= 512);
	}
}

/* --- allocators that go wrong --- */

static int real_run(struct mb_bench_run *run)
{
	struct mb_bench row;

	for (size_t i = 0; mb_bench_kmalloc_row(i, &row); i++)
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

/* All objects of a round are one and the same: the first free object is the next of itself. */
static int run_on_a_ring(struct mb_bench_run *run)
{
	void *object = kmalloc(run);

	mb_slab_kfree(slab_of(run), object, 0);
	mb_slab_kfree(slab_of(run), object, 0);
	return real_run(run);
}

static void test_wrong_allocator_is_an_error(void **state)
{
	bench_case_wrong(mb_bench_kmalloc_row, run_and_leak, "(bytes:64|threads:1)$", 7,
			 "objects are in use");
	bench_case_wrong(mb_bench_kmalloc_row, run_and_free_twice, "(bytes:64|threads:1)$", 7,
			 "is free twice");
	bench_case_wrong(mb_bench_kmalloc_row, run_and_lose_a_page, "(bytes:64|threads:1)$", 7,
			 "pages are free,");
	bench_case_wrong(mb_bench_kmalloc_row, run_on_a_ring, "/(kmalloc|kfree)/bytes:64$", 2,
			 "shares its memory");
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
