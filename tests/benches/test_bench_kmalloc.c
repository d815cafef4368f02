/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/benches/bench_case.h"
#include "tests/benches/slabs_wrong.h"

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

/* All objects of a round are one and the same: the first free object is the next of itself. */
static int run_on_a_ring(struct mb_bench_run *run)
{
	void *object = slabs_wrong_kmalloc(run);

	mb_slab_kfree(slabs_wrong_slab(run), object, 0);
	mb_slab_kfree(slabs_wrong_slab(run), object, 0);
	return bench_case_right(run);
}

static void test_wrong_allocator_is_an_error(void **state)
{
	bench_case_wrong(mb_bench_kmalloc_row, slabs_wrong_leak, "(bytes:64|threads:1)$", 7,
			 "objects are in use");
	bench_case_wrong(mb_bench_kmalloc_row, slabs_wrong_free_twice, "(bytes:64|threads:1)$", 7,
			 "is free twice");
	bench_case_wrong(mb_bench_kmalloc_row, slabs_wrong_lose_a_page, "(bytes:64|threads:1)$", 7,
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
