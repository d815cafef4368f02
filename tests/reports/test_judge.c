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

static struct mb_finding pairs_of(const double *base, const double *now, size_t count,
				  const struct mb_judge_rule *rule)
{
	struct mb_finding finding;

	assert_int_equal(mb_judge_pairs(base, now, count, rule, &finding), 0);
	return finding;
}

/* The largest of threshold, noise and floor is the bar; a change between them is none. */
static void test_bar(void **state)
{
	static const struct {
		double threshold, noise, floor, bar;
	} rows[] = {
		{0.05, NAN, 0.01, 0.05}, {0.05, 0.3, 0.01, 0.3}, {0.05, 0.02, 0.3, 0.3},
		{0.3, 0.02, 0.01, 0.3},  {0.05, NAN, 0.3, 0.3},
	};
	struct mb_rng rng = {seed()};
	double base[PAIRS], now[PAIRS];

	make(&rng, 1.15, 0.01, PAIRS, base, now);
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_judge_rule own = rule(MB_BETTER_LOWER);
		struct mb_finding finding;

		own.threshold = rows[i].threshold;
		own.noise = rows[i].noise;
		own.floor = rows[i].floor;
		finding = pairs_of(base, now, PAIRS, &own);
		assert_true(finding.bar == rows[i].bar);
		assert_int_equal(finding.verdict,
				 rows[i].bar < 0.1 ? MB_VERDICT_WORSE : MB_VERDICT_SAME);
	}
}

/* The house's floor leaves what a user asks for alone. */
static void test_small_threshold(void **state)
{
	static const double thresholds[] = {0.01, 0.02, 0.03};
	struct mb_rng rng = {seed()};

	for (size_t i = 0; i < MB_ARRAY_SIZE(thresholds); i++) {
		struct mb_judge_rule own = rule(MB_BETTER_LOWER);
		double base[PAIRS], now[PAIRS];
		struct mb_finding finding;

		own.threshold = thresholds[i];
		make(&rng, 1.04, 0.001, PAIRS, base, now);
		finding = pairs_of(base, now, PAIRS, &own);
		assert_true(finding.bar == thresholds[i]);
		assert_int_equal(finding.verdict, MB_VERDICT_WORSE);
	}
}

/* Fewer than eight say how many are missing, and nothing else; what has no logarithm is no sample. */
static void test_few(void **state)
{
	const struct mb_judge_rule own = rule(MB_BETTER_LOWER);
	struct mb_rng rng = {seed()};
	double base[PAIRS], now[PAIRS];
	struct mb_finding finding;

	make(&rng, 2, 0.01, PAIRS, base, now);
	for (size_t n = 0; n < 10; n++) {
		finding = pairs_of(base, now, n, &own);
		assert_int_equal(finding.verdict,
				 n < 8 ? MB_VERDICT_NOT_COMPARABLE : MB_VERDICT_WORSE);
		assert_int_equal(finding.more, n < 8 ? 8 - n : 0);
		assert_int_equal(finding.samples, n);
		assert_true(!!*finding.why == (n < 8));
		assert_true(isnan(finding.ratio) == (n < 8) && isnan(finding.p) == (n < 8));
	}
	base[0] = 0;
	now[1] = -1;
	base[2] = NAN;
	now[3] = INFINITY;
	finding = pairs_of(base, now, 11, &own);
	assert_string_equal(finding.why, "too few samples: 7 pairs, 8 needed");
	assert_int_equal(mb_judge_groups(base, 9, now, PAIRS, &own, &finding), 0);
	assert_string_equal(finding.why, "too few samples: 7 samples, 8 needed");
	assert_int_equal(mb_judge_groups(base, PAIRS, now, 10, &own, &finding), 0);
	assert_int_equal(finding.verdict, MB_VERDICT_WORSE);
	assert_int_equal(finding.samples, 8);
}

/* What is counted: every difference is one, also from and to 0, and one sample is enough. */
static void test_exact(void **state)
{
	static const struct {
		double base, now;
		enum mb_better better;
		enum mb_verdict verdict;
	} rows[] = {
		{100, 100, MB_BETTER_LOWER, MB_VERDICT_SAME},
		{100, 101, MB_BETTER_LOWER, MB_VERDICT_WORSE},
		{100, 99, MB_BETTER_LOWER, MB_VERDICT_BETTER},
		{100, 101, MB_BETTER_HIGHER, MB_VERDICT_BETTER},
		{0, 0, MB_BETTER_LOWER, MB_VERDICT_SAME},
		{0, 1, MB_BETTER_LOWER, MB_VERDICT_WORSE},
		{1, 0, MB_BETTER_LOWER, MB_VERDICT_BETTER},
		{7, 7, MB_BETTER_NONE, MB_VERDICT_SAME},
		{7, 8, MB_BETTER_NONE, MB_VERDICT_NOT_COMPARABLE},
		{7, NAN, MB_BETTER_LOWER, MB_VERDICT_NOT_COMPARABLE},
	};
	static const double varies[] = {5, 6};
	struct mb_judge_rule own = rule(MB_BETTER_LOWER);
	struct mb_finding finding;

	own.exact = true;
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		double base[] = {rows[i].base, NAN, rows[i].base};

		own.better = rows[i].better;
		assert_int_equal(mb_judge_groups(base, 3, &rows[i].now, 1, &own, &finding), 0);
		assert_int_equal(finding.verdict, rows[i].verdict);
		assert_true(finding.exact && isnan(finding.p) && isnan(finding.low));
		assert_true(finding.bar == 0 && finding.more == 0);
	}
	own.better = MB_BETTER_LOWER;
	assert_int_equal(mb_judge_groups(varies, 2, varies, 2, &own, &finding), 0);
	assert_int_equal(finding.verdict, MB_VERDICT_INCONCLUSIVE);
}

/* The house's rule for a metric: its floor, its direction, and exact where it has no noise. */
static void test_rule(void **state)
{
	struct mb_judge_rule time = mb_judge_rule(&mb_metrics.rows[MB_METRIC_WALL_NS]);
	struct mb_judge_rule rate = mb_judge_rule(&mb_metrics.rows[MB_METRIC_BYTES_PER_SECOND]);
	struct mb_judge_rule pages = mb_judge_rule(&mb_metrics.rows[MB_METRIC_PAGES]);

	/* A threshold of 1 % is one of 1 %. */
	assert_true(time.floor > 0 && time.floor < 0.01 && !time.exact);
	assert_true(pages.floor == 0);
	assert_true(time.threshold == 0.05 && isnan(time.noise) && time.min_samples == 8);
	assert_true(time.better == MB_BETTER_LOWER && rate.better == MB_BETTER_HIGHER);
	assert_true(pages.exact && pages.better == MB_BETTER_NONE);
}

static struct mb_finding finding_of(enum mb_verdict verdict, double p)
{
	return (struct mb_finding){.verdict = verdict, .p = p, .p_holm = p, .samples = 8};
}

/* Eight pairs of one sign have p = 2/256: sure among six rows, not among seven; then ten would be enough. */
static void test_holm(void **state)
{
	for (size_t count = 1; count <= 20; count++) {
		struct mb_finding findings[20], *rows[20];

		for (size_t i = 0; i < count; i++) {
			findings[i] = finding_of(i ? MB_VERDICT_SAME : MB_VERDICT_WORSE,
						 i ? 1 : 2.0 / 256);
			rows[i] = &findings[i];
		}
		assert_int_equal(mb_judge_holm(rows, count, 0.95), 0);
		assert_int_equal(findings[0].verdict,
				 count <= 6 ? MB_VERDICT_WORSE : MB_VERDICT_INCONCLUSIVE);
		assert_true(!!findings[0].more == (count > 6));
		if (findings[0].more)
			assert_true(ldexp(2, -8 - (int)findings[0].more) * (double)count < 0.05);
		assert_int_equal(findings[count - 1].verdict,
				 count > 1 ? MB_VERDICT_SAME : MB_VERDICT_WORSE);
	}
}

/* Rows without a test do not count, and what is not tested is not taken back. */
static void test_holm_exact(void **state)
{
	struct mb_finding findings[20], *rows[20];

	for (size_t i = 0; i < 20; i++) {
		findings[i] = finding_of(MB_VERDICT_WORSE, i ? NAN : 2.0 / 256);
		rows[i] = &findings[i];
	}
	assert_int_equal(mb_judge_holm(rows, 20, 0.95), 0);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(findings[i].verdict, MB_VERDICT_WORSE);
	assert_true(findings[0].p_holm == 2.0 / 256 && isnan(findings[1].p_holm));
}

/*
 * 2 000 times the same against itself. With no bar but 0.01 % one in forty may be called worse; with 5 % above the noise of the
 * shift none is. The rank test alone would call one in twenty different.
 */
static void test_false_alarms(void **state)
{
	struct mb_judge_rule none = rule(MB_BETTER_LOWER), five = rule(MB_BETTER_LOWER);
	size_t worse = 0, better = 0, beyond = 0, rounds = 2000;
	struct mb_rng rng = {seed()};

	none.threshold = none.floor = 0.0001;
	for (size_t i = 0; i < rounds; i++) {
		double base[8], now[8];

		make(&rng, 1, 0.03, 8, base, now);
		worse += pairs_of(base, now, 8, &none).verdict == MB_VERDICT_WORSE;
		better += pairs_of(base, now, 8, &none).verdict == MB_VERDICT_BETTER;
		beyond += pairs_of(base, now, 8, &five).verdict == MB_VERDICT_WORSE;
	}
	/* Five standard deviations of the count at 2.5 % are 35. */
	assert_in_range(worse, 1, rounds / 40 + 35);
	assert_in_range(better, 1, rounds / 40 + 35);
	assert_int_equal(beyond, 0);
}

/* A change well beyond the bar is found, never the wrong way round, and more samples than it said are enough for the rest. */
static void test_power(void **state)
{
	struct mb_judge_rule own = rule(MB_BETTER_LOWER);
	size_t found = 0, open = 0, settled = 0, rounds = 300;
	struct mb_rng rng = {seed()};

	for (size_t i = 0; i < rounds; i++) {
		static double base[4000], now[4000];
		struct mb_finding finding;

		make(&rng, 1.2, 0.06, 4000, base, now);
		finding = pairs_of(base, now, 12, &own);
		assert_int_not_equal(finding.verdict, MB_VERDICT_BETTER);
		assert_int_not_equal(finding.verdict, MB_VERDICT_SAME);
		found += finding.verdict == MB_VERDICT_WORSE;
		if (finding.verdict != MB_VERDICT_INCONCLUSIVE || finding.more > 400)
			continue;
		open++;
		settled += pairs_of(base, now, 12 + 2 * finding.more, &own).verdict ==
			   MB_VERDICT_WORSE;
	}
	assert_in_range(found, rounds / 2, rounds);
	assert_in_range(settled, open * 6 / 10, open);
}

/* Whether an interval whose ends are so many times as far from its middle is on one side of the bars, or between them. */
static bool is_clear(const struct mb_finding *finding, double scale)
{
	double bar = log1p(finding->bar), middle = log(finding->ratio);
	double low = middle - scale * (middle - log(finding->low));
	double high = middle + scale * (log(finding->high) - middle);

	return low >= bar || high <= -bar || (low >= -bar && high <= bar);
}

/* So many more as that interval needs that shrinks with their root, also where one end is farther away than the other. */
static void test_more(void **state)
{
	struct mb_judge_rule own = rule(MB_BETTER_LOWER);
	struct mb_rng rng = {seed()};
	size_t open = 0, reached = 0;

	for (size_t i = 0; i < 400; i++) {
		double base[12], now[12], factor = 0.9 + 0.2 * (double)i / 400;
		struct mb_finding finding;

		make(&rng, factor, 0.02, 12, base, now);
		for (size_t j = 0; j < 12; j++)
			now[j] *= exp((i % 2 ? 0.05 : -0.05) * pow(normal(&rng), 2));
		finding = pairs_of(base, now, 12, &own);
		if (finding.verdict != MB_VERDICT_INCONCLUSIVE || isnan(finding.ratio) ||
		    !strstr(finding.why, "over the bar") || finding.more == MB_JUDGE_MAX_MORE)
			continue;
		open++;
		reached += is_clear(&finding, sqrt(12 / (12.0 + (double)finding.more)) * 0.9999);
		if (finding.more > 1)
			assert_false(is_clear(&finding,
					      sqrt(12 / (11.0 + (double)finding.more)) * 1.0001));
	}
	assert_in_range(open, 50, 400);
	assert_int_equal(reached, open);
}

/* Of files, each of its own and one word; and of people. */
static void test_names(void **state)
{
	for (int i = 0; i < MB_NR_VERDICTS; i++) {
		assert_null(strchr(mb_judge_name(i), ' '));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(mb_judge_name(i), mb_judge_name(k));
	}
	assert_string_equal(mb_judge_label(MB_VERDICT_NOT_COMPARABLE), "not comparable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_bar),
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_holm),
		cmocka_unit_test(test_holm_exact),
		cmocka_unit_test(test_false_alarms),
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_small_threshold),
		cmocka_unit_test(test_more),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
