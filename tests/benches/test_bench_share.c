/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/ground.h"
#include "benches/share.h"
#include "core/base/align.h"
#include "tests/benches/bench_case.h"

/* Each rule always, chunks when they are asked for. */
static void test_rows_validate(void **state)
{
	struct bench_case few, all;
	unsigned rules = 0;

	while (mb_share_rule(rules))
		rules++;
	bench_case_run(mb_bench_share_row, NULL, &few);
	bench_case_run(mb_bench_share_row, ".", &all);
	assert_int_equal(few.count, rules);
	assert_int_equal(few.totals.ok, few.count);
	assert_true(all.count > rules);
	assert_int_equal(all.totals.ok, all.count);
	for (size_t i = 0; i < all.count; i++) {
		assert_int_equal(all.seen[i].result.pages, 2 * MB_MIB / 64);
		assert_int_equal(all.seen[i].result.threads, 2);
		assert_true(bench_case_counter(&all.seen[i], "chunk_pages") > 0);
	}
}

static int run_and_flip(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);

	((unsigned char *)run->ground->addr)[run->bytes - 1] ^= 0x80;
	return rc;
}

static void test_one_wrong_bit_is_an_error(void **state)
{
	bench_case_wrong(mb_bench_share_row, run_and_flip, ".", BENCH_CASE_SOME,
			 "descriptor 32767 is wrong");
}

static void test_host_refuses_memory(void **state)
{
	bench_case_refused(mb_bench_share_row, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_validate),
		cmocka_unit_test(test_one_wrong_bit_is_an_error),
		cmocka_unit_test(test_host_refuses_memory),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
