/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "benches/turns.h"

/* What meets both is not in the ratio, and neither are a few pairs that something went into. */
static void test_ratio(void **state)
{
	struct mb_turns turns = {0};
	double ratio = 0;

	assert_int_equal(mb_turns_ratio(&turns, &ratio), 0);
	assert_true(isnan(ratio));
	for (uint64_t i = 0; i < 40; i++) {
		uint64_t drift = 1000 * (1 + i * i);

		mb_turns_add(&turns, (i % 10 == 3 ? 40 : 4) * drift, 3 * drift);
	}
	assert_int_equal(mb_turns_ratio(&turns, &ratio), 0);
	assert_true(fabs(ratio - 0.75) < 1e-9);
}

/* The newest ones are kept. */
static void test_many(void **state)
{
	struct mb_turns turns = {0};
	double ratio = 0;

	for (int i = 0; i < 1000; i++)
		mb_turns_add(&turns, 1, 7);
	for (int i = 0; i < MB_TURNS_MAX; i++)
		mb_turns_add(&turns, 2, 1);
	assert_int_equal(mb_turns_ratio(&turns, &ratio), 0);
	assert_true(fabs(ratio - 0.5) < 1e-9);
	assert_int_equal(turns.count, 1000 + MB_TURNS_MAX);
}

static void test_change(void **state)
{
	struct mb_turns turns = {0};

	assert_true(mb_turns_change(&turns, MB_TURN_B));
	assert_true(mb_turns_change(&turns, MB_TURN_A));
	assert_false(mb_turns_change(&turns, MB_TURN_A));
	assert_true(mb_turns_change(&turns, MB_TURN_B));
	assert_false(mb_turns_change(&turns, MB_TURN_B));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ratio),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
