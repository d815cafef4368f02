/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "benches/team.h"
#include "core/base/align.h"
#include "tests/benches/bench_case.h"

static void test_rows(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_cpuless_row, NULL, &seen);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.totals.ok, 2);
	assert_string_equal(seen.seen[0].name, "pageinit/kernel/cpuless/workers:one");
	assert_int_equal(seen.seen[0].result.threads, 1);
	assert_string_equal(seen.seen[1].name, "pageinit/kernel/cpuless/workers:borrowed");
	assert_int_equal(seen.seen[1].result.threads, mb_team_size(&(struct mb_bench_env){0}, 0));
	for (size_t i = 0; i < seen.count; i++)
		assert_int_equal(seen.seen[i].result.bytes, 2 * MB_MIB);
}

/* Initialises nothing. */
static int do_nothing(struct mb_bench_run *run)
{
	run->ns = 1;
	return 0;
}

static void test_wrong_descriptors_are_errors(void **state)
{
	bench_case_wrong(mb_bench_cpuless_row, do_nothing, ".", 2, "descriptor 0 is wrong");
}

static void test_host_refuses_memory(void **state)
{
	bench_case_refused(mb_bench_cpuless_row, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_wrong_descriptors_are_errors),
		cmocka_unit_test(test_host_refuses_memory),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
