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

	bench_case_run(mb_bench_slab_row, NULL, &seen);
	assert_int_equal(seen.count, 2 * 5);
	for (size_t i = 0; i < seen.count; i++) {
		assert_string_equal(seen.seen[i].reason, "");
		assert_int_equal(seen.seen[i].result.status, MB_RUNNER_OK);
		/* Short ones are several, each of which counts. */
		assert_int_equal(seen.seen[i].result.ops,
				 strstr(seen.seen[i].name, "first_object") ? 8 : 0);
	}
}

/* --- allocators that go wrong --- */

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
	check_wrong(slabs_wrong_leak, "objects are in use");
	check_wrong(slabs_wrong_free_twice, "is free twice");
	check_wrong(slabs_wrong_lose_a_page, "pages are free,");
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
