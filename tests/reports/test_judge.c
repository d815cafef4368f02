/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/judge.h"

#define PAIRS 20

/* Standard normal, by Box and Muller. */
static double normal(struct mb_rng *rng)
{
	double u = ((double)(mb_rng_next(rng) >> 11) + 0.5) * 0x1p-53;
	double v = ((double)(mb_rng_next(rng) >> 11) + 0.5) * 0x1p-53;

	return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

/* Times around 1000 ns, and those of something that takes factor times as long. */
static void make(struct mb_rng *rng, double factor, double noise, size_t count, double *base,
		 double *now)
{
	for (size_t i = 0; i < count; i++) {
		base[i] = 1000 * exp(noise * normal(rng));
		now[i] = factor * 1000 * exp(noise * normal(rng));
	}
}

static struct mb_judge_rule rule(enum mb_better better)
{
	struct mb_judge_rule rule = mb_judge_rule(&mb_metrics.rows[MB_METRIC_WALL_NS]);

	rule.better = better;
	return rule;
}

/* What is far beyond the bar or well within it, both ways to take samples, both directions. */
static void test_verdicts(void **state)
{
	static const struct {
		double factor;
		enum mb_verdict lower, higher; /* is better */
	} rows[] = {
		{1, MB_VERDICT_SAME, MB_VERDICT_SAME},
		{1.01, MB_VERDICT_SAME, MB_VERDICT_SAME},
		{1.2, MB_VERDICT_WORSE, MB_VERDICT_BETTER},
		{2, MB_VERDICT_WORSE, MB_VERDICT_BETTER},
		{0.8, MB_VERDICT_BETTER, MB_VERDICT_WORSE},
		{0.5, MB_VERDICT_BETTER, MB_VERDICT_WORSE},
		{1.05, MB_VERDICT_INCONCLUSIVE, MB_VERDICT_INCONCLUSIVE},
		{1 / 1.05, MB_VERDICT_INCONCLUSIVE, MB_VERDICT_INCONCLUSIVE},
	};
	struct mb_rng rng = {seed()};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		double base[PAIRS], now[PAIRS];
		struct mb_judge_rule lower = rule(MB_BETTER_LOWER), higher = rule(MB_BETTER_HIGHER);
		struct mb_finding found[4];

		make(&rng, rows[i].factor, 0.005, PAIRS, base, now);
		assert_int_equal(mb_judge_pairs(base, now, PAIRS, &lower, &found[0]), 0);
		assert_int_equal(mb_judge_groups(base, PAIRS, now, PAIRS, &lower, &found[1]), 0);
		assert_int_equal(mb_judge_pairs(base, now, PAIRS, &higher, &found[2]), 0);
		assert_int_equal(mb_judge_groups(base, PAIRS, now, PAIRS, &higher, &found[3]), 0);
		for (size_t j = 0; j < 4; j++) {
			assert_int_equal(found[j].verdict, j < 2 ? rows[i].lower : rows[i].higher);
			assert_true(fabs(found[j].ratio / rows[i].factor - 1) < 0.01);
			assert_true(found[j].low <= found[j].ratio &&
				    found[j].ratio <= found[j].high);
			assert_int_equal(found[j].samples, PAIRS);
			assert_true(found[j].bar == 0.05);
			assert_true(!!found[j].more ==
				    (found[j].verdict == MB_VERDICT_INCONCLUSIVE));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
