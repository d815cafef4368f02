/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/stats.h"
#include "tests/reports/hostile.h"

/* Resampling, rank tests and Holm's correction. */

static void assert_near(double value, double expected, double absolute)
{
	if (!(fabs(value - expected) <= absolute))
		fail_msg("%.17g, expected %.17g", value, expected);
}

/* Standard normal, by Box and Muller. */
static double normal(struct mb_rng *rng)
{
	double u = ((double)(mb_rng_next(rng) >> 11) + 0.5) * 0x1p-53;
	double v = ((double)(mb_rng_next(rng) >> 11) + 0.5) * 0x1p-53;

	return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

static double rank_sum_p(const double *a, size_t nr_a, const double *b, size_t nr_b)
{
	double p = -1;

	assert_int_equal(mb_stats_rank_sum_p(a, nr_a, b, nr_b, &p), 0);
	return p;
}

static double signed_rank_p(const double *differences, size_t count)
{
	double p = -1;

	assert_int_equal(mb_stats_signed_rank_p(differences, count, &p), 0);
	return p;
}

/*
 * Hollander, Wolfe, tables 3.1 (Hamilton depression scale factor) and 4.1 (permeability of the human chorioamnion), and what R's
 * example(wilcox.test) prints for them: V = 40, p = 0.01953; W = 35, p = 0.1272, of one side each. Their estimate of
 * the second shift is 0.305.
 */
static void test_examples(void **state)
{
	static const double first[] = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
	static const double second[] = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
	static const double term[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
	static const double early[] = {1.15, 0.88, 0.90, 0.74, 1.21};
	struct mb_stats_shift shift;
	double differences[9];

	for (size_t i = 0; i < 9; i++)
		differences[i] = second[i] - first[i];
	assert_near(signed_rank_p(differences, 9), 2 * 10.0 / 512, 1e-12);
	assert_near(signed_rank_p(differences, 9) / 2, 0.01953, 5e-6);
	assert_near(rank_sum_p(term, 10, early, 5), 2 * 0.1272, 1e-4);
	assert_near(rank_sum_p(early, 5, term, 10), 2 * 0.1272, 1e-4);
	assert_int_equal(mb_stats_boot_groups(early, 5, term, 10, 0.95, 1, &shift), 0);
	assert_near(shift.centre, 0.305, 1e-12);
	assert_int_equal(shift.count, 5);
}

/* The smallest p that each number of samples can give: 2 / 2^n of pairs, 2 / C(2n, n) of groups; and none at all. */
static void test_smallest(void **state)
{
	static const double choose[] = {1, 2, 6, 20, 70, 252, 924, 3432, 12870};
	double a[8], b[8], both[16] = {0};

	for (size_t i = 0; i < 8; i++) {
		a[i] = (double)i + 1;
		b[i] = 100 + (double)i;
	}
	for (size_t n = 1; n <= 8; n++) {
		assert_near(signed_rank_p(a, n), 2 / pow(2, (double)n), 1e-12);
		assert_near(rank_sum_p(a, n, b, n), 2 / choose[n], 1e-12);
	}
	assert_true(isnan(signed_rank_p(NULL, 0)) && isnan(rank_sum_p(a, 8, b, 0)));
	assert_true(signed_rank_p(both, 16) == 1 && rank_sum_p(both, 8, both, 8) == 1);
	assert_true(rank_sum_p(a, 8, a, 8) == 1);
	a[3] = NAN;
	assert_near(rank_sum_p(a, 4, b, 4), 2.0 / 35, 1e-12);
}

/* The exact distributions, against all 2^n signs and all ways to deal ranks to two groups. */
static void test_exact(void **state)
{
	struct mb_rng rng = {seed()};

	for (int i = 0; i < 200; i++) {
		size_t n = 1 + mb_rng_below(&rng, 10), m = 1 + mb_rng_below(&rng, n), w = 0, u = 0;
		uint64_t signs = mb_rng_below(&rng, (uint64_t)1 << n), at_most = 0, dealt = 0,
			 all = 0;
		double differences[10], a[10], b[10];
		size_t nr_a = 0, nr_b = 0, middle = n * (n + 1) / 2;

		for (size_t k = 0; k < n; k++) {
			differences[k] = (signs >> k & 1 ? 1.0 : -1.0) * (double)(k + 1);
			w += signs >> k & 1 ? k + 1 : 0;
		}
		w = w > middle - w ? middle - w : w;
		for (uint64_t other = 0; other < (uint64_t)1 << n; other++) {
			size_t sum = 0;

			for (size_t k = 0; k < n; k++)
				sum += other >> k & 1 ? k + 1 : 0;
			at_most += sum <= w;
		}
		assert_near(signed_rank_p(differences, n),
			    fmin(1, 2 * (double)at_most / pow(2, (double)n)), 1e-12);
		if ((size_t)__builtin_popcountll(signs) != m || m == n)
			continue;
		for (size_t k = 0; k < n; k++) {
			if (signs >> k & 1)
				a[nr_a++] = (double)k;
			else
				b[nr_b++] = (double)k;
		}
		for (size_t k = 0; k < nr_a; k++)
			for (size_t j = 0; j < nr_b; j++)
				u += a[k] > b[j];
		u = u > nr_a * nr_b - u ? nr_a * nr_b - u : u;
		for (uint64_t other = 0; other < (uint64_t)1 << n; other++) {
			size_t above = 0, zeros = 0;

			if ((size_t)__builtin_popcountll(other) != m)
				continue;
			for (size_t k = 0; k < n; k++) {
				zeros += !(other >> k & 1);
				above += other >> k & 1 ? zeros : 0;
			}
			all++;
			dealt += above <= u;
		}
		assert_near(rank_sum_p(a, nr_a, b, nr_b), fmin(1, 2 * (double)dealt / (double)all),
			    1e-12);
	}
}

/* The estimate is the median of all differences, or of the Walsh averages, ties and all. */
static void test_centre(void **state)
{
	struct mb_rng rng = {seed()};

	for (int i = 0; i < 300; i++) {
		size_t nr_a = 1 + mb_rng_below(&rng, 12), nr_b = 1 + mb_rng_below(&rng, 12), at = 0;
		double a[12], b[12], all[144];
		bool whole = mb_rng_below(&rng, 2);
		struct mb_stats_shift shift;

		for (size_t k = 0; k < 12; k++) {
			a[k] = whole ? (double)mb_rng_below(&rng, 4) : normal(&rng);
			b[k] = whole ? (double)mb_rng_below(&rng, 4) : normal(&rng);
		}
		for (size_t k = 0; k < nr_a; k++)
			for (size_t j = 0; j < nr_b; j++)
				all[at++] = b[j] - a[k];
		mb_stats_sort(all, at);
		assert_int_equal(mb_stats_boot_groups(a, nr_a, b, nr_b, 0.95, 1, &shift), 0);
		assert_near(shift.centre, mb_stats_quantile(all, at, 0.5), 1e-15);
		at = 0;
		for (size_t k = 0; k < nr_a; k++)
			for (size_t j = k; j < nr_a; j++)
				all[at++] = (a[k] + a[j]) / 2;
		mb_stats_sort(all, at);
		assert_int_equal(mb_stats_boot_pairs(a, nr_a, 0.95, 1, &shift), 0);
		assert_near(shift.centre, mb_stats_quantile(all, at, 0.5), 1e-15);
	}
}

/* The same seed is the same interval; a shift moves it, a swap mirrors the estimate, more confidence widens it. */
static void test_interval(void **state)
{
	struct mb_rng rng = {seed()};
	struct mb_stats_shift one, same, other, moved, wide;
	double a[20], b[20], c[20];

	for (size_t i = 0; i < 20; i++) {
		a[i] = normal(&rng);
		b[i] = 1 + normal(&rng);
		c[i] = b[i] + 10;
	}
	assert_int_equal(mb_stats_boot_groups(a, 20, b, 20, 0.95, 7, &one), 0);
	assert_int_equal(mb_stats_boot_groups(a, 20, b, 20, 0.95, 7, &same), 0);
	assert_memory_equal(&one, &same, sizeof(one));
	assert_int_equal(mb_stats_boot_groups(a, 20, b, 20, 0.95, 8, &other), 0);
	assert_true(one.low < other.low || one.low > other.low);
	assert_true(one.centre == other.centre && one.low < one.centre && one.centre < one.high);
	assert_int_equal(mb_stats_boot_groups(a, 20, c, 20, 0.95, 7, &moved), 0);
	assert_near(moved.low, one.low + 10, 1e-9);
	assert_near(moved.high, one.high + 10, 1e-9);
	assert_int_equal(mb_stats_boot_groups(b, 20, a, 20, 0.95, 7, &moved), 0);
	assert_near(moved.centre, -one.centre, 1e-12);
	assert_int_equal(mb_stats_boot_pairs(a, 20, 0.95, 7, &one), 0);
	assert_int_equal(mb_stats_boot_pairs(a, 20, 0.99, 7, &wide), 0);
	assert_true(wide.low < one.low && one.high < wide.high);
	a[0] = NAN;
	assert_int_equal(mb_stats_boot_pairs(a, 2, 0.95, 7, &one), 0);
	assert_true(one.count == 1 && one.centre == a[1] && isnan(one.low) &&
		    isnan(one.confidence));
	assert_int_equal(mb_stats_boot_pairs(a, 0, 0.95, 7, &one), 0);
	assert_true(one.count == 0 && isnan(one.centre) && isnan(one.high));
}

/* 95 % intervals of few skewed samples hold what they estimate about as often as they say. */
static void test_coverage(void **state)
{
	static const size_t sizes[] = {8, 20};
	struct mb_rng rng = {seed()};

	for (size_t s = 0; s < MB_ARRAY_SIZE(sizes); s++) {
		size_t pairs = 0, groups = 0, rounds = 400;

		for (size_t i = 0; i < rounds; i++) {
			double a[20], b[20], differences[20];
			struct mb_stats_shift shift;

			for (size_t k = 0; k < sizes[s]; k++) {
				a[k] = exp(0.5 * normal(&rng));
				b[k] = exp(0.5 * normal(&rng));
				differences[k] = b[k] - a[k];
			}
			mb_stats_boot_pairs(differences, sizes[s], 0.95, i, &shift);
			pairs += shift.low <= 0 && 0 <= shift.high;
			mb_stats_boot_groups(a, sizes[s], b, sizes[s], 0.95, i, &shift);
			groups += shift.low <= 0 && 0 <= shift.high;
		}
		/* Five standard deviations of the count at 95 % are 5.4 %. */
		assert_in_range(pairs, rounds * 895 / 1000, rounds);
		assert_in_range(groups, rounds * 895 / 1000, rounds);
	}
}

/* Holm's own rule by hand: 4 × 0.005, 3 × 0.01, 2 × 0.03, and not less than the one before. */
static void test_holm(void **state)
{
	static const double p[] = {0.01, 0.04, NAN, 0.03, 0.005};
	static const double expected[] = {0.03, 0.06, NAN, 0.06, 0.02};
	static const double high[] = {0.9, 0.8}, equal[] = {0.02, 0.02, 0.02};
	double adjusted[5];

	assert_int_equal(mb_stats_holm(p, 5, adjusted), 0);
	for (size_t i = 0; i < 5; i++) {
		if (isnan(expected[i]))
			assert_true(isnan(adjusted[i]));
		else
			assert_near(adjusted[i], expected[i], 1e-15);
	}
	assert_int_equal(mb_stats_holm(high, 2, adjusted), 0);
	assert_true(adjusted[0] == 1 && adjusted[1] == 1);
	assert_int_equal(mb_stats_holm(equal, 3, adjusted), 0);
	for (size_t i = 0; i < 3; i++)
		assert_near(adjusted[i], 0.06, 1e-15);
	assert_int_equal(mb_stats_holm(NULL, 0, adjusted), 0);
}

static void put(FILE *file, const char *name, const double *values, size_t count)
{
	fprintf(file, "%s\"%s\": [", strcmp(name, "a") == 0 ? "{" : ", ", name);
	for (size_t i = 0; i < count; i++)
		fprintf(file, "%s%.17g", i ? ", " : "", values[i]);
	fputs("]", file);
}

/*
 * Reads a case a line: two groups, differences, and what was made of them. The interval is SciPy's percentile bootstrap of the same
 * estimate, at the confidence that is taken further out for few samples; its ends are themselves random.
 */
static const char oracle[] =
	"import json, sys\n"
	"import numpy as np\n"
	"from scipy import stats\n"
	"def near(a, b, t=1e-9):\n"
	"  assert abs(a - b) <= t * max(1, abs(b)), (a, b, line)\n"
	"for line in sys.stdin:\n"
	"  d = json.loads(line)\n"
	"  a, b, x = (np.array(d[k]) for k in \"abx\")\n"
	"  tied = len(set(a) | set(b)) < len(a) + len(b)\n"
	"  exact = not tied and len(a) <= 30 and len(b) <= 30\n"
	"  u = stats.mannwhitneyu(a, b, method=\"exact\" if exact else \"asymptotic\")\n"
	"  near(d[\"sum\"][0], u.pvalue)\n"
	"  y = x[x != 0]\n"
	"  exact = len(set(abs(y))) == len(y) and len(y) <= 100\n"
	"  w = stats.wilcoxon(y, mode=\"exact\" if exact else \"approx\", correction=True)\n"
	"  near(d[\"signed\"][0], w.pvalue)\n"
	"  near(d[\"groups\"][0], np.median(np.subtract.outer(b, a)))\n"
	"  if tied or len(a) > 20: continue\n"
	"  n = min(len(a), len(b))\n"
	"  c = 1 - 2 * stats.norm.cdf(-np.sqrt(n / (n - 1)) * stats.t.ppf(0.975, n - 1))\n"
	"  hl = lambda a, b, axis=-1: np.median((b[..., None] - a[..., None, :]).reshape(*a.shape[:-1], -1), axis=-1)\n"
	"  r = stats.bootstrap((a, b), hl, confidence_level=c, method=\"percentile\", n_resamples=4999, "
	"vectorized=True, random_state=1)\n"
	"  low, high = r.confidence_interval\n"
	"  near(d[\"groups\"][1], low, 0.2 * (high - low))\n"
	"  near(d[\"groups\"][2], high, 0.2 * (high - low))\n";

static void put_case(FILE *file, struct mb_rng *rng)
{
	size_t nr_a = 8 + mb_rng_below(rng, 60), nr_b = 8 + mb_rng_below(rng, 60);
	size_t nr_x = 8 + mb_rng_below(rng, 120);
	bool few = mb_rng_below(rng, 2), whole = mb_rng_below(rng, 3) == 0;
	double a[128], b[128], x[128], p, q, ends[3];
	struct mb_stats_shift shift;

	nr_a = few ? 8 + nr_a % 12 : nr_a;
	nr_b = few ? 8 + nr_b % 12 : nr_b;
	for (size_t i = 0; i < 128; i++) {
		a[i] = whole ? (double)mb_rng_below(rng, 20) : normal(rng);
		b[i] = whole ? (double)mb_rng_below(rng, 20) : 0.3 + normal(rng);
		x[i] = whole ? (double)mb_rng_below(rng, 20) - 8 : 0.2 + normal(rng);
	}
	x[0] = 1;
	p = rank_sum_p(a, nr_a, b, nr_b);
	q = signed_rank_p(x, nr_x);
	mb_stats_boot_groups(a, nr_a, b, nr_b, 0.95, 1, &shift);
	ends[0] = shift.centre;
	ends[1] = shift.low;
	ends[2] = shift.high;
	put(file, "a", a, nr_a);
	put(file, "b", b, nr_b);
	put(file, "x", x, nr_x);
	put(file, "sum", &p, 1);
	put(file, "signed", &q, 1);
	put(file, "groups", ends, 3);
	fputs("}\n", file);
}

static void test_scipy(void **state)
{
	struct mb_rng rng = {seed()};
	char command[4096];
	FILE *python;

	if (system("/usr/bin/python3 -c 'import scipy.stats' 2>/dev/null")) {
		print_message("skipped: no SciPy (Debian package python3-scipy)\n");
		skip();
	}
	assert_true(snprintf(command, sizeof(command), "/usr/bin/python3 -c '%s'", oracle) < 4096);
	python = popen(command, "w");
	assert_non_null(python);
	for (int i = 0; i < 60; i++)
		put_case(python, &rng);
	assert_int_equal(pclose(python), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples), cmocka_unit_test(test_smallest),
		cmocka_unit_test(test_exact),    cmocka_unit_test(test_centre),
		cmocka_unit_test(test_interval), cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_holm),     cmocka_unit_test(test_scipy),
	};

	return cmocka_run_group_tests_name("stats_ranks", tests, NULL, NULL);
}
