/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "benches/ground.h"
#include "benches/initialiser.h"
#include "core/base/align.h"
#include "core/base/rng.h"
#include "tests/benches/bench_case.h"

static void test_rows_validate(void **state)
{
	struct bench_case seen;

	bench_case_run(mb_bench_pageinit_row, ".", &seen);
	assert_int_equal(seen.totals.ok + seen.totals.skipped, seen.count);
	for (size_t i = 0; i < seen.count; i++) {
		const struct mb_runner_result *result = &seen.seen[i].result;
		const char *size = strstr(seen.seen[i].name, "struct_page:");
		uint64_t bytes = size ? (uint64_t)atoll(strchr(size, ':') + 1) : 64;

		if (result->status == MB_RUNNER_SKIPPED)
			continue;
		assert_int_equal(result->pages, 2 * MB_MIB / bytes);
		assert_int_equal(result->bytes, result->pages * bytes);
		assert_true(result->ns_per_page > 0);
		assert_int_equal(result->threads, strstr(seen.seen[i].name, "all") ? 2 : 1);
	}
}

static bool has(const struct bench_case *seen, const char *name)
{
	for (size_t i = 0; i < seen->count; i++)
		if (!strcmp(seen->seen[i].name, name))
			return true;
	return false;
}

/* Each initialiser with one thread and with all; each size of the kernel's, of others when asked for. */
static void test_what_is_run(void **state)
{
	struct bench_case few, all;
	const struct mb_initialiser *row;
	char name[64];

	bench_case_run(mb_bench_pageinit_row, NULL, &few);
	bench_case_run(mb_bench_pageinit_row, ".", &all);
	for (size_t i = 0; (row = mb_initialiser_row(i)); i++) {
		snprintf(name, sizeof(name), "pageinit/%s/threads:1", row->name);
		assert_true(has(&few, name));
		snprintf(name, sizeof(name), "pageinit/%s/threads:all", row->name);
		assert_int_equal(has(&few, name), mb_initialiser_supported(row));
		for (size_t s = 0; s < MB_NR_PAGE_SIZES; s++) {
			snprintf(name, sizeof(name), "pageinit/%s/struct_page:%s", row->name,
				 mb_page_sizes[s].name);
			assert_int_equal(has(&all, name), mb_initialiser_supported(row) &&
								  s != MB_PAGE_SIZE_DEFAULT);
		}
	}
	assert_true(has(&few, "pageinit/kernel/struct_page:56"));
	assert_false(has(&few, "pageinit/template/struct_page:56"));
}

/* --- an initialiser that leaves one bit wrong --- */

static uint64_t wrong_word;

static int run_and_flip(struct mb_bench_run *run)
{
	uint64_t *words = run->ground->addr;
	int rc = bench_case_right(run);

	words[wrong_word] ^= UINT64_C(1) << wrong_word % 64;
	return rc;
}

static void test_one_wrong_bit_is_an_error(void **state)
{
	struct mb_rng rng = {.state = bench_case_seed()};
	const uint64_t words = 2 * MB_MIB / 8;

	for (size_t i = 0; i < 4; i++) {
		/* The first, the last, and any. */
		wrong_word = i < 2 ? i * (words - 1) : mb_rng_below(&rng, words);
		bench_case_wrong(mb_bench_pageinit_row, run_and_flip, "threads", BENCH_CASE_SOME,
				 "descriptor ");
	}
}

static void test_host_refuses_memory(void **state)
{
	bench_case_refused(mb_bench_pageinit_row, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_validate),
		cmocka_unit_test(test_what_is_run),
		cmocka_unit_test(test_one_wrong_bit_is_an_error),
		cmocka_unit_test(test_host_refuses_memory),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
