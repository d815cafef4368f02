/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "core/memblock.h"
#include "tests/benches/bench_case.h"

#define NR_KINDS   9
#define NR_REGIONS 6

static void test_rows_validate(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_memblock_row, NULL, &seen);
	assert_int_equal(seen.count, NR_KINDS * NR_REGIONS);
	for (size_t i = 0; i < seen.count; i++) {
		assert_string_equal(seen.seen[i].reason, "");
		assert_int_equal(seen.seen[i].result.status, MB_RUNNER_OK);
		assert_true(seen.seen[i].result.ns_per_op > 0);
	}
}

/* --- work that does not do what it is paid for --- */

/* A row's data begins with where its first memblock is. */
static struct mb_memblock *memblock_of(struct mb_bench_run *run)
{
	return *(struct mb_memblock **)run->data;
}

static int run_nothing(struct mb_bench_run *run)
{
	mb_memblock_init(memblock_of(run), 12, false);
	return 0;
}

/* A page of memory is lost; the books agree. */
static int run_and_lose(struct mb_bench_run *run)
{
	struct mb_memblock *mb = memblock_of(run);
	int rc = bench_case_right(run);

	return rc ? rc : mb_memblock_remove(mb, mb_memblock_end_of_DRAM(mb) - 4096, 4096);
}

/* A page is reserved that nobody asked for. */
static int run_and_take(struct mb_bench_run *run)
{
	struct mb_memblock *mb = memblock_of(run);
	int rc = bench_case_right(run);

	return rc ? rc : mb_memblock_reserve(mb, mb->memory.regions[50].base, 4096);
}

/* What is free was freed before: a reservation is gone. */
static int run_and_free(struct mb_bench_run *run)
{
	struct mb_memblock *mb = memblock_of(run);
	int rc = bench_case_right(run);

	return rc ? rc : mb_memblock_phys_free(mb, mb->reserved.regions[0].base, 4096);
}

/* A region is longer than what was counted. */
static int run_and_stretch(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);

	memblock_of(run)->memory.regions[0].size += 4096;
	return rc;
}

static void test_wrong_work_is_an_error(void **state)
{
	bench_case_wrong(mb_bench_memblock_row, run_nothing, "regions:100$", NR_KINDS,
			 "are not those of this map");
	bench_case_wrong(mb_bench_memblock_row, run_and_lose, "regions:100$", NR_KINDS,
			 "are not those of this map");
	bench_case_wrong(mb_bench_memblock_row, run_and_take,
			 "/(reserve|alloc/.*|free|walk)/regions:100$", 8,
			 "are not those of this map");
	bench_case_wrong(mb_bench_memblock_row, run_and_free,
			 "/(reserve|alloc/.*|free|walk)/regions:100$", 8,
			 "are not those of this map");
	bench_case_wrong(mb_bench_memblock_row, run_and_stretch, "regions:100$", NR_KINDS,
			 "their total is wrong");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_validate),
		cmocka_unit_test(test_wrong_work_is_an_error),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
