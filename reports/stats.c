/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/rng.h"
#include "reports/stats.h"
#include "reports/student.h"

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

size_t mb_stats_sort(double *values, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!isnan(values[i]))
			values[kept++] = values[i];
	for (size_t i = kept; i < count; i++)
		values[i] = NAN;
	if (kept)
		qsort(values, kept, sizeof(*values), compare);
	return kept;
}

/* Hyndman, Fan: Sample Quantiles in Statistical Packages, The American Statistician 50 (1996), definition 7. */
double mb_stats_quantile(const double *sorted, size_t count, double p)
{
	double position;
	size_t below;

	if (!count)
		return NAN;
	position = p * (double)(count - 1);
	below = (size_t)position;
	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] + (position - (double)below) * (sorted[below + 1] - sorted[below]);
}

/*
 * The number of samples below the median is binomial(n, 1/2), so the kth smallest and kth largest enclose it with probability
 * 1 - 2 P(B <= k - 1): David, Nagaraja: Order Statistics, 3rd edition, section 7.1; Conover: Practical Nonparametric
 * Statistics, 3rd edition, section 3.2. The sum starts 20 standard deviations below the middle: what lies further out is
 * below 1e-80, and starting there keeps 2^-n from underflowing.
 */
size_t mb_stats_median_rank(size_t count, double confidence, double *ret_coverage)
{
	double n = (double)count;
	double first = floor(n / 2 - 10 * sqrt(n));
	double i = first > 0 ? first : 0;
	double tail = 0, term, coverage = NAN;
	size_t rank = 0;
	int sign;

	if (!count)
		return 0;
	term = exp(lgamma_r(n + 1, &sign) - lgamma_r(i + 1, &sign) - lgamma_r(n - i + 1, &sign) -
		   n * log(2));
	for (; i < n / 2; i++) {
		tail += term;
		if (1 - 2 * tail < confidence)
			break;
		rank = (size_t)i + 1;
		coverage = 1 - 2 * tail;
		term *= (n - i) / (i + 1);
	}
	if (rank && ret_coverage)
		*ret_coverage = coverage;
	return rank;
}

size_t mb_stats_median_min_count(double confidence)
{
	size_t count = 1;

	while (!mb_stats_median_rank(count, confidence, NULL))
		count++;
	return count;
}

/* Running mean and sum of squared deviations: Welford, Technometrics 4 (1962). */
static void moments(const double *values, size_t count, struct mb_stats *stats)
{
	double mean = 0, squares = 0;

	for (size_t i = 0; i < count; i++) {
		double delta = values[i] - mean;

		mean += delta / (double)(i + 1);
		squares += delta * (values[i] - mean);
	}
	stats->mean = mean;
	if (count < 2)
		return;
	stats->stddev = sqrt(squares / (double)(count - 1));
	if (mean != 0)
		stats->cv = stats->stddev / fabs(mean);
}

double mb_stats_mad(double *values, size_t count, double centre)
{
	for (size_t i = 0; i < count; i++)
		values[i] = fabs(values[i] - centre);
	count = mb_stats_sort(values, count);
	return MB_STATS_MAD_SCALE * mb_stats_quantile(values, count, 0.5);
}

int mb_stats_summarise(const double *samples, size_t count, struct mb_stats *ret_stats)
{
	MB_FREE double *sorted = malloc((count ? count : 1) * sizeof(*sorted));
	struct mb_stats stats = {
		.min = NAN, .max = NAN, .mean = NAN, .median = NAN, .q1 = NAN, .q3 = NAN};
	size_t rank;

	if (!sorted)
		return -ENOMEM;
	if (count)
		memcpy(sorted, samples, count * sizeof(*sorted));
	stats.count = mb_stats_sort(sorted, count);
	stats.missing = count - stats.count;
	stats.mad = stats.stddev = stats.cv = NAN;
	stats.median_low = stats.median_high = stats.median_confidence = NAN;
	if (stats.count) {
		stats.min = sorted[0];
		stats.max = sorted[stats.count - 1];
		stats.median = mb_stats_quantile(sorted, stats.count, 0.5);
		stats.q1 = mb_stats_quantile(sorted, stats.count, 0.25);
		stats.q3 = mb_stats_quantile(sorted, stats.count, 0.75);
		moments(sorted, stats.count, &stats);
		rank = mb_stats_median_rank(stats.count, 0.95, &stats.median_confidence);
		if (rank) {
			stats.median_low = sorted[rank - 1];
			stats.median_high = sorted[stats.count - rank];
		}
		stats.mad = mb_stats_mad(sorted, stats.count, stats.median);
	}
	*ret_stats = stats;
	return 0;
}

bool mb_stats_apart(const struct mb_stats *a, const struct mb_stats *b)
{
	bool few = isnan(a->median_low) || isnan(b->median_low);
	double a_low = few ? a->min : a->median_low, a_high = few ? a->max : a->median_high;
	double b_low = few ? b->min : b->median_low, b_high = few ? b->max : b->median_high;

	return a_high < b_low || b_high < a_low;
}

/* --- pairs --- */

/*
 * The sums u[i] + v[j] of ascending u and v: of all i and j, or of those with j >= i. What the estimates of Hodges and Lehmann are
 * medians of, without building the n^2 of them.
 */
struct sums {
	const double *u, *v;
	size_t rows, columns;
	bool upper;        /* j >= i alone */
	size_t *low, *end; /* of each row: the columns in which the kth may still be */
};

/* The first column of a row whose sum is at or, with past, above the pivot; it only falls from row to row. */
static size_t cut(const struct sums *sums, size_t row, size_t from, double pivot, bool past)
{
	while (from > 0) {
		double sum = sums->u[row] + sums->v[from - 1];

		if (past ? sum <= pivot : sum < pivot)
			break;
		from--;
	}
	return from;
}

/* Sums below the pivot, or with past those at it too. */
static size_t count_sums(const struct sums *sums, double pivot, bool past)
{
	size_t found = 0, at = sums->columns;

	for (size_t i = 0; i < sums->rows; i++) {
		size_t first = sums->upper ? i : 0;

		at = cut(sums, i, at, pivot, past);
		if (at <= first)
			break;
		found += at - first;
	}
	return found;
}

/* Keeps what is below the pivot, or with past what is above it. */
static void narrow(struct sums *sums, double pivot, bool past)
{
	size_t at = sums->columns;

	for (size_t i = 0; i < sums->rows; i++) {
		at = cut(sums, i, at, pivot, past);
		if (past && at > sums->low[i])
			sums->low[i] = at < sums->end[i] ? at : sums->end[i];
		if (!past && at < sums->end[i])
			sums->end[i] = at > sums->low[i] ? at : sums->low[i];
	}
}

/* A sum in the middle of what is left: that of a row chosen by what it has left; NaN when none is. */
static double pick_sum(const struct sums *sums, struct mb_rng *rng)
{
	size_t left = 0, index;

	for (size_t i = 0; i < sums->rows; i++)
		left += sums->end[i] - sums->low[i];
	if (!left)
		return NAN;
	index = (size_t)mb_rng_below(rng, left);
	for (size_t i = 0; i < sums->rows; i++) {
		size_t own = sums->end[i] - sums->low[i];

		if (index < own)
			return sums->u[i] + sums->v[sums->low[i] + own / 2];
		index -= own;
	}
	return NAN;
}

/* The kth smallest, k from 1 to their number: selection with pivots taken from what is left, about n log n steps. */
static double find_sum(struct sums *sums, size_t k)
{
	struct mb_rng rng = {k};

	for (size_t i = 0; i < sums->rows; i++) {
		sums->low[i] = sums->upper ? i : 0;
		sums->end[i] = sums->columns;
	}
	for (;;) {
		double pivot = pick_sum(sums, &rng);

		if (isnan(pivot))
			return NAN;
		if (count_sums(sums, pivot, false) >= k)
			narrow(sums, pivot, false);
		else if (count_sums(sums, pivot, true) < k)
			narrow(sums, pivot, true);
		else
			return pivot;
	}
}

/* The one after the kth smallest, which is known. */
static double next_sum(const struct sums *sums, size_t k, double kth)
{
	size_t at = sums->columns;
	double next = INFINITY;

	if (count_sums(sums, kth, true) > k)
		return kth;
	for (size_t i = 0; i < sums->rows; i++) {
		size_t first = sums->upper ? i : 0, column;

		at = cut(sums, i, at, kth, true);
		column = at > first ? at : first;
		if (column < sums->columns)
			next = fmin(next, sums->u[i] + sums->v[column]);
	}
	return next;
}

static double median_sum(struct sums *sums)
{
	size_t n = sums->rows;
	size_t count = sums->upper ? n * (n + 1) / 2 : n * sums->columns;
	double low = find_sum(sums, (count + 1) / 2);

	return count % 2 ? low : low + (next_sum(sums, count / 2, low) - low) / 2;
}

#define MAX_EXACT 100

/* P(W = 0), P(W = 1), … P(W = last): each rank is added or not, with the same chance. */
static void signed_rank_chances(size_t count, size_t last, double *chance)
{
	chance[0] = 1;
	for (size_t sum = 1; sum <= last; sum++)
		chance[sum] = 0;
	for (size_t i = 1; i <= count; i++)
		for (size_t sum = last + 1; sum-- > 0;)
			chance[sum] = (chance[sum] + (sum >= i ? chance[sum - i] : 0)) / 2;
}

static size_t signed_rank_exact(size_t count, double confidence, double *ret_coverage)
{
	double chance[MAX_EXACT * (MAX_EXACT + 1) / 4 + 1];
	size_t middle = count * (count + 1) / 4, rank = 0;
	double tail = 0;

	signed_rank_chances(count, middle, chance);
	for (size_t sum = 0; sum < middle; sum++) {
		tail += chance[sum];
		if (1 - 2 * tail < confidence)
			break;
		rank = sum + 1;
		*ret_coverage = 1 - 2 * tail;
	}
	return rank;
}

/* The same with mean n (n + 1) / 4 and variance n (n + 1) (2n + 1) / 24, and half a step of continuity. */
static size_t signed_rank_normal(size_t count, double confidence, double *ret_coverage)
{
	double n = (double)count, mean = n * (n + 1) / 4;
	double deviation = sqrt(n * (n + 1) * (2 * n + 1) / 24);
	size_t low = 0, high = (size_t)mean; /* low covers enough, high does not */

	while (high - low > 1) {
		size_t rank = low + (high - low) / 2;
		double steps = (mean - ((double)rank - 0.5)) / deviation;
		double coverage = 1 - erfc(steps / sqrt(2));

		if (coverage < confidence) {
			high = rank;
			continue;
		}
		low = rank;
		*ret_coverage = coverage;
	}
	return low;
}

size_t mb_stats_signed_rank(size_t count, double confidence, double *ret_coverage)
{
	double coverage = NAN;
	size_t rank = count <= MAX_EXACT ? signed_rank_exact(count, confidence, &coverage)
					 : signed_rank_normal(count, confidence, &coverage);

	if (rank && ret_coverage)
		*ret_coverage = coverage;
	return rank;
}

int mb_stats_shift(const double *differences, size_t count, double confidence,
		   struct mb_stats_shift *ret_shift)
{
	MB_FREE double *sorted = malloc((count + 1) * sizeof(*sorted));
	MB_FREE size_t *bounds = malloc((2 * count + 1) * sizeof(*bounds));
	struct mb_stats_shift shift = {0, NAN, NAN, NAN, NAN};
	struct sums sums;
	size_t rank;

	if (!sorted || !bounds)
		return -ENOMEM;
	if (count)
		memcpy(sorted, differences, count * sizeof(*sorted));
	shift.count = count = mb_stats_sort(sorted, count);
	sums = (struct sums){sorted, sorted, count, count, true, bounds, bounds + count};
	if (count)
		shift.centre = median_sum(&sums) / 2;
	rank = mb_stats_signed_rank(count, confidence, &shift.confidence);
	if (rank) {
		shift.low = find_sum(&sums, rank) / 2;
		shift.high = find_sum(&sums, count * (count + 1) / 2 + 1 - rank) / 2;
	}
	*ret_shift = shift;
	return 0;
}

int mb_stats_ratio(const double *a, const double *b, size_t count, double confidence,
		   struct mb_stats_shift *ret_ratio)
{
	MB_FREE double *logs = malloc((count ? count : 1) * sizeof(*logs));
	int error;

	if (!logs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		logs[i] = a[i] > 0 && b[i] > 0 ? log(b[i] / a[i]) : NAN;
	error = mb_stats_shift(logs, count, confidence, ret_ratio);
	if (error)
		return error;
	ret_ratio->centre = exp(ret_ratio->centre);
	ret_ratio->low = exp(ret_ratio->low);
	ret_ratio->high = exp(ret_ratio->high);
	return 0;
}

int mb_stats_band(const double *samples, size_t count, double *ret_band)
{
	size_t pairs = count / 2;
	MB_FREE double *apart = malloc((pairs ? pairs : 1) * sizeof(*apart));

	if (!apart)
		return -ENOMEM;
	for (size_t i = 0; i < pairs; i++) {
		double a = samples[2 * i], b = samples[2 * i + 1];

		apart[i] = a == 0 && b != 0 ? 1 : a == b ? 0 : fabs(b / a - 1);
		if (isnan(a) || isnan(b))
			apart[i] = NAN;
	}
	pairs = mb_stats_sort(apart, pairs);
	*ret_band = pairs < MB_STATS_BAND_PAIRS ? NAN : mb_stats_quantile(apart, pairs, 0.95);
	return 0;
}

/* --- two groups, resampling and ranks --- */

/* What a resample is drawn from and lies in; it comes out ascending because the source is. */
struct draw {
	const double *source;
	double *values;
	size_t *times;
	size_t count;
};

static void draw(const struct draw *draw, struct mb_rng *rng)
{
	size_t at = 0;

	memset(draw->times, 0, draw->count * sizeof(*draw->times));
	for (size_t i = 0; i < draw->count; i++)
		draw->times[mb_rng_below(rng, draw->count)]++;
	for (size_t i = 0; i < draw->count; i++)
		for (size_t j = 0; j < draw->times[i]; j++)
			draw->values[at++] = draw->source[i];
}

/* The estimate: of pairs half a sum of Walsh. */
static double centre_of(struct sums *sums)
{
	return sums->upper ? median_sum(sums) / 2 : median_sum(sums);
}

/* The estimate of all samples, and its interval from resamples of them; vs is us for pairs. */
static void resample(const struct draw *us, const struct draw *vs, size_t *bounds, double *shifts,
		     double confidence, uint64_t seed, struct mb_stats_shift *ret_shift)
{
	struct sums sums = {us->source, vs->source, us->count,         vs->count,
			    us == vs,   bounds,     bounds + us->count};
	struct mb_stats_shift shift = {0, NAN, NAN, NAN, NAN};
	double n = (double)(us->count < vs->count ? us->count : vs->count), steps, tail;
	struct mb_rng rng = {seed};

	shift.count = (size_t)n;
	if (shift.count)
		shift.centre = centre_of(&sums);
	sums.u = us->values;
	sums.v = vs->values;
	for (size_t i = 0; shift.count >= 2 && i < MB_STATS_ROUNDS; i++) {
		draw(us, &rng);
		if (vs != us)
			draw(vs, &rng);
		shifts[i] = centre_of(&sums);
	}
	if (shift.count >= 2) {
		steps = sqrt(n / (n - 1)) * mb_student_quantile((1 + confidence) / 2, n - 1);
		tail = erfc(steps / sqrt(2)) / 2;
		mb_stats_sort(shifts, MB_STATS_ROUNDS);
		shift.low = mb_stats_quantile(shifts, MB_STATS_ROUNDS, tail);
		shift.high = mb_stats_quantile(shifts, MB_STATS_ROUNDS, 1 - tail);
		shift.confidence = confidence;
	}
	*ret_shift = shift;
}

int mb_stats_boot_pairs(const double *differences, size_t count, double confidence, uint64_t seed,
			struct mb_stats_shift *ret_shift)
{
	MB_FREE double *values = malloc((2 * count + MB_STATS_ROUNDS) * sizeof(*values));
	MB_FREE size_t *bounds = malloc((3 * count + 1) * sizeof(*bounds));
	struct draw all;

	if (!values || !bounds)
		return -ENOMEM;
	if (count)
		memcpy(values, differences, count * sizeof(*values));
	all = (struct draw){values, values + count, bounds + 2 * count,
			    mb_stats_sort(values, count)};
	resample(&all, &all, bounds, values + 2 * count, confidence, seed, ret_shift);
	return 0;
}

int mb_stats_boot_groups(const double *a, size_t nr_a, const double *b, size_t nr_b,
			 double confidence, uint64_t seed, struct mb_stats_shift *ret_shift)
{
	size_t total = nr_a + nr_b;
	MB_FREE double *values = malloc((2 * total + MB_STATS_ROUNDS) * sizeof(*values));
	MB_FREE size_t *bounds = malloc((3 * total + 1) * sizeof(*bounds));
	struct draw us, vs;

	if (!values || !bounds)
		return -ENOMEM;
	for (size_t i = 0; i < total; i++)
		values[i] = i < nr_a ? -a[i] : b[i - nr_a];
	us = (struct draw){values, values + total, bounds + 2 * total, mb_stats_sort(values, nr_a)};
	vs = (struct draw){values + nr_a, values + total + nr_a, bounds + 2 * total + nr_a,
			   mb_stats_sort(values + nr_a, nr_b)};
	resample(&us, &vs, bounds, values + 2 * total, confidence, seed, ret_shift);
	return 0;
}

/* A value and where it came from. */
struct ranked {
	double value; /* first: compare() sees it */
	bool counts;  /* its rank is added up */
};

/* Sum of the ranks that count, equal values sharing theirs; *ret_ties gets the sum of t^3 - t over groups of t equal ones. */
static double sum_ranks(struct ranked *rows, size_t count, double *ret_ties)
{
	double sum = 0, ties = 0;

	if (count)
		qsort(rows, count, sizeof(*rows), compare);
	for (size_t i = 0, next; i < count; i = next) {
		double rank, t;

		for (next = i + 1; next < count && rows[next].value == rows[i].value;)
			next++;
		rank = (double)(i + 1 + next) / 2;
		t = (double)(next - i);
		ties += t * t * t - t;
		for (size_t j = i; j < next; j++)
			sum += rows[j].counts ? rank : 0;
	}
	*ret_ties = ties;
	return sum;
}

/* Both tails of a normal variable at a whole number, half a step nearer to the middle. */
static double two_tails(double distance, double variance)
{
	double steps = fabs(distance) - 0.5;

	if (!(variance > 0) || steps <= 0)
		return 1;
	return erfc(steps / sqrt(2 * variance));
}

/* P(W <= w) twice over, w at or below the middle. */
static double signed_rank_tail(size_t count, size_t w)
{
	double chance[MAX_EXACT * (MAX_EXACT + 1) / 4 + 1], tail = 0;

	signed_rank_chances(count, w, chance);
	for (size_t sum = 0; sum <= w; sum++)
		tail += chance[sum];
	return tail < 0.5 ? 2 * tail : 1;
}

int mb_stats_signed_rank_p(const double *differences, size_t count, double *ret_p)
{
	MB_FREE struct ranked *rows = malloc((count + 1) * sizeof(*rows));
	double n, all, sum, ties;
	size_t kept = 0;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (differences[i] < 0 || differences[i] > 0)
			rows[kept++] = (struct ranked){fabs(differences[i]), differences[i] > 0};
	sum = sum_ranks(rows, kept, &ties);
	n = (double)kept;
	all = n * (n + 1) / 2;
	if (sum > all - sum)
		sum = all - sum;
	if (!kept)
		*ret_p = count ? 1 : NAN;
	else if (kept <= MAX_EXACT && !(ties > 0))
		*ret_p = signed_rank_tail(kept, (size_t)sum);
	else
		*ret_p = two_tails(sum - all / 2, n * (n + 1) * (2 * n + 1) / 24 - ties / 48);
	return 0;
}

#define MAX_EXACT_GROUP 30

/*
 * P(U <= u) twice over, u at or below the middle. The largest value is of the first group with chance i / (i + j), and then above all
 * of the j others: Mann, Whitney: On a Test of Whether One of Two Random Variables is Stochastically Larger than the Other, The Annals
 * of Mathematical Statistics 18 (1947).
 */
static int rank_sum_tail(size_t nr_a, size_t nr_b, size_t u, double *ret_p)
{
	size_t width = u + 1;
	MB_FREE double *chance = calloc((nr_b + 1) * width, sizeof(*chance));
	double tail = 0;

	if (!chance)
		return -ENOMEM;
	for (size_t j = 0; j <= nr_b; j++)
		chance[j * width] = 1;
	for (size_t i = 1; i <= nr_a; i++) {
		for (size_t j = 1; j <= nr_b; j++) {
			double *row = chance + j * width, *before = row - width;
			double first = (double)i / (double)(i + j);

			for (size_t sum = width; sum-- > 0;)
				row[sum] = (sum >= j ? first * row[sum - j] : 0) +
					   (1 - first) * before[sum];
		}
	}
	for (size_t sum = 0; sum < width; sum++)
		tail += chance[nr_b * width + sum];
	*ret_p = tail < 0.5 ? 2 * tail : 1;
	return 0;
}

int mb_stats_rank_sum_p(const double *a, size_t nr_a, const double *b, size_t nr_b, double *ret_p)
{
	MB_FREE struct ranked *rows = malloc((nr_a + nr_b + 1) * sizeof(*rows));
	size_t kept = 0, first;
	double na, nb, n, u, ties;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < nr_a; i++)
		if (!isnan(a[i]))
			rows[kept++] = (struct ranked){a[i], true};
	first = kept;
	for (size_t i = 0; i < nr_b; i++)
		if (!isnan(b[i]))
			rows[kept++] = (struct ranked){b[i], false};
	na = (double)first;
	nb = (double)(kept - first);
	n = na + nb;
	u = sum_ranks(rows, kept, &ties) - na * (na + 1) / 2;
	if (u > na * nb - u)
		u = na * nb - u;
	if (!first || first == kept)
		*ret_p = NAN;
	else if (first <= MAX_EXACT_GROUP && kept - first <= MAX_EXACT_GROUP && !(ties > 0))
		return rank_sum_tail(first, kept - first, (size_t)u, ret_p);
	else
		*ret_p = two_tails(u - na * nb / 2, na * nb / 12 * (n + 1 - ties / (n * (n - 1))));
	return 0;
}

int mb_stats_holm(const double *p, size_t count, double *ret_adjusted)
{
	MB_FREE double *sorted = malloc((count + 1) * sizeof(*sorted));
	double largest = 0;
	size_t kept;

	if (!sorted)
		return -ENOMEM;
	if (count)
		memcpy(sorted, p, count * sizeof(*sorted));
	kept = mb_stats_sort(sorted, count);
	for (size_t i = 0; i < count; i++)
		ret_adjusted[i] = NAN;
	for (size_t i = 0; i < kept; i++) {
		largest = fmax(largest, fmin((double)(kept - i) * sorted[i], 1));
		for (size_t j = 0; j < count; j++)
			if (p[j] == sorted[i] && isnan(ret_adjusted[j]))
				ret_adjusted[j] = largest;
	}
	return 0;
}

/* --- changes of a series --- */

#define OUTLIER         3 /* scaled deviations */
#define MAX_ROUNDS      50
#define PLACE_LOSS      6    /* of the gain, at the borders of 95 % of places: by simulation */
#define MAX_PERSISTENCE 0.9  /* above it, noise and levels are one */
#define EXACT           1e-4 /* of the range: noise below it does not count */

/* A series without its outliers, and its noise. */
struct course {
	double *values;   /* about 0 */
	double *whitened; /* x_t - phi x_(t-1) */
	double *sums;     /* of whitened[0 … i - 1]; count + 1 of them */
	size_t count;
	double phi, variance; /* of e_t */
	double floor;         /* of the variance */
};

/* Where each part begins, and after the last one its end. */
struct parts {
	size_t *begins;
	size_t count;
};

/* Running medians of up to 2 side + 1 samples, and what lies too far from its own comes back to the border; all about 0. */
static int draw_in(const double *samples, size_t count, struct course *course)
{
	MB_FREE double *residuals = malloc(count * sizeof(*residuals));
	double near[2 * MB_STATS_CHANGE_SIDE + 1], *values = course->values;
	double low = INFINITY, high = -INFINITY, scale;

	if (!residuals)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		size_t first = i - (i < MB_STATS_CHANGE_SIDE ? i : MB_STATS_CHANGE_SIDE);
		size_t end =
			i + MB_STATS_CHANGE_SIDE < count ? i + MB_STATS_CHANGE_SIDE + 1 : count;

		memcpy(near, samples + first, (end - first) * sizeof(*near));
		mb_stats_sort(near, end - first);
		values[i] = mb_stats_quantile(near, end - first, 0.5);
		residuals[i] = samples[i] - values[i];
	}
	scale = OUTLIER * mb_stats_mad(residuals, count, 0);
	for (size_t i = 0; i < count; i++) {
		values[i] += fmin(fmax(samples[i] - values[i], -scale), scale);
		low = fmin(low, values[i]);
		high = fmax(high, values[i]);
	}
	for (size_t i = 0; i < count; i++)
		values[i] -= low + (high - low) / 2;
	course->floor = EXACT * EXACT * (high - low) * (high - low);
	return 0;
}

static void set_noise(struct course *course, double phi, double variance)
{
	const double *x = course->values;

	course->phi = phi;
	course->variance = fmax(variance, course->floor);
	course->sums[0] = 0;
	for (size_t i = 0; i < course->count; i++) {
		course->whitened[i] = x[i] - (i ? phi * x[i - 1] : 0);
		course->sums[i + 1] = course->sums[i] + course->whitened[i];
	}
}

/*
 * From differences of neighbours, drawn in so that steps hardly count: with the series' variance v theirs is 2 v (1 - phi), and their first
 * autocorrelation (phi - 1) / 2. The innovations' is v (1 - phi^2). Box, Jenkins, Reinsel: Time Series Analysis, 4th edition, section 3.2.
 */
static void guess_noise(struct course *course)
{
	double *steps = course->whitened, *copy = course->sums; /* not yet in use */
	double square = 0, product = 0, last = 0, border, phi;

	for (size_t i = 1; i < course->count; i++) {
		steps[i] = course->values[i] - course->values[i - 1];
		copy[i] = steps[i];
	}
	border = OUTLIER * mb_stats_mad(copy + 1, course->count - 1, 0);
	for (size_t i = 1; i < course->count; i++) {
		double step = fmin(fmax(steps[i], -border), border);

		square += step * step;
		product += step * last;
		last = step;
	}
	phi = square > 0 ? fmin(fmax(1 + 2 * product / square, 0), MAX_PERSISTENCE) : 0;
	set_noise(course, phi, square / (double)(course->count - 1) * (1 + phi) / 2);
}

/*
 * From what is left of each part without its mean, which takes about (1 + 3 phi) / length off phi: Kendall: Note on Bias in the Estimation
 * of Autocorrelation, Biometrika 41 (1954).
 */
static void fit_noise(struct course *course, const struct parts *parts)
{
	double square = 0, product = 0, n = (double)course->count, nr = (double)parts->count, phi;

	for (size_t k = 0; k < parts->count; k++) {
		size_t first = parts->begins[k], end = parts->begins[k + 1];
		double mean = 0, last = 0;

		for (size_t i = first; i < end; i++)
			mean += course->values[i] / (double)(end - first);
		for (size_t i = first; i < end; i++) {
			double residual = course->values[i] - mean;

			square += residual * residual;
			product += residual * last;
			last = residual;
		}
	}
	phi = square > 0 ? product / square : 0;
	phi = fmin(fmax(phi + (1 + 3 * phi) * nr / n, 0), MAX_PERSISTENCE);
	n = fmax(n - nr * (1 + phi) / (1 - phi), n / 2);
	set_noise(course, phi, square * (1 - phi * phi) / n);
}

/* Normal equations of the levels before `at` and from it on, least squares of the whitened samples; in units of the noise. */
struct levels {
	double aa, ab, bb, ya, yb;
};

static struct levels levels_of(const struct course *course, size_t first, size_t at, size_t end)
{
	double phi = course->phi, rest = 1 - phi, head = 1 - phi * phi;
	const double *sums = course->sums;

	return (struct levels){
		.aa = head + (double)(at - first - 1) * rest * rest + phi * phi,
		.ab = -phi,
		.bb = 1 + (double)(end - at - 1) * rest * rest,
		.ya = head * course->values[first] + rest * (sums[at] - sums[first + 1]) -
		      phi * course->whitened[at],
		.yb = course->whitened[at] + rest * (sums[end] - sums[at + 1]),
	};
}

/* By how many variances of the noise two levels explain more than one does. */
static double gain_of(const struct course *course, size_t first, size_t at, size_t end)
{
	struct levels l = levels_of(course, first, at, end);
	double two = (l.ya * l.ya * l.bb - 2 * l.ya * l.yb * l.ab + l.yb * l.yb * l.aa) /
		     (l.aa * l.bb - l.ab * l.ab);
	double one = (l.ya + l.yb) * (l.ya + l.yb) / (l.aa + 2 * l.ab + l.bb);

	return course->variance > 0 ? (two - one) / course->variance : 0;
}

/* The best place for a change, and what it gains; 0: there is none. */
static double best_in(const struct course *course, size_t first, size_t end, size_t *ret_at)
{
	double best = 0;

	for (size_t at = first + MB_STATS_CHANGE_SIDE; at + MB_STATS_CHANGE_SIDE <= end; at++) {
		double gain = gain_of(course, first, at, end);

		*ret_at = gain > best ? at : *ret_at;
		best = fmax(gain, best);
	}
	return best;
}

/* The same over intervals of each length that halves, half of one apart: one that holds a single change shows it best. */
static double best_seeded(const struct course *course, size_t first, size_t end, size_t *ret_at)
{
	double best = best_in(course, first, end, ret_at);

	for (size_t length = (end - first) / 2; length >= 2 * MB_STATS_CHANGE_SIDE; length /= 2)
		for (size_t from = first; from + length / 2 < end; from += length / 2) {
			size_t at = 0, to = from + length < end ? from + length : end;
			double gain = best_in(course, from, to, &at);

			*ret_at = gain > best ? at : *ret_at;
			best = fmax(gain, best);
		}
	return best;
}

/* What a change must gain: the largest of count gains of noise alone is rarely above it. In short series their noise is not well known. */
static double bar_of(const struct course *course)
{
	double n = (double)course->count;

	return (6 + 2 * log(n)) * (1 + 10 / n);
}

static void split(const struct course *course, size_t first, size_t end, struct parts *parts)
{
	size_t at = 0;

	if (end - first < 2 * MB_STATS_CHANGE_SIDE ||
	    best_seeded(course, first, end, &at) < bar_of(course)) {
		parts->begins[parts->count++] = first;
		parts->begins[parts->count] = end;
		return;
	}
	split(course, first, at, parts);
	split(course, at, end, parts);
}

/* Moves each change to the best place between its neighbours, and joins the parts of the weakest while that is below the bar. */
static void settle(const struct course *course, struct parts *parts)
{
	bool moved = true;

	for (size_t round = 0; round < MAX_ROUNDS + course->count && moved; round++) {
		double weakest = INFINITY;
		size_t weak = 0;

		moved = false;
		for (size_t k = 1; k < parts->count; k++) {
			size_t at = parts->begins[k];
			double gain =
				best_in(course, parts->begins[k - 1], parts->begins[k + 1], &at);

			moved |= at != parts->begins[k] && round < MAX_ROUNDS;
			parts->begins[k] = at;
			weak = gain < weakest ? k : weak;
			weakest = fmin(gain, weakest);
		}
		if (weakest >= bar_of(course))
			continue;
		memmove(&parts->begins[weak], &parts->begins[weak + 1],
			(parts->count - weak) * sizeof(*parts->begins));
		parts->count--;
		moved = true;
	}
}

static struct mb_stats_change describe(const struct course *course, const size_t *begins)
{
	size_t first = begins[0], at = begins[1], end = begins[2];
	struct levels l = levels_of(course, first, at, end);
	double best = gain_of(course, first, at, end), area = l.aa * l.bb - l.ab * l.ab;
	double before = (l.ya * l.bb - l.yb * l.ab) / area,
	       after = (l.yb * l.aa - l.ya * l.ab) / area;
	double error = 1.96 * sqrt(course->variance * (l.aa + l.bb + 2 * l.ab) / area);
	struct mb_stats_change change = {
		at, at, at, after - before, after - before - error, after - before + error};

	for (size_t i = first + 1; i < end; i++) {
		if (gain_of(course, first, i, end) < best - PLACE_LOSS)
			continue;
		change.first = i < change.first ? i : change.first;
		change.last = i > change.last ? i : change.last;
	}
	return change;
}

static int find_changes(struct course *course, struct parts *parts,
			struct mb_stats_change **ret_changes, size_t *ret_count)
{
	struct mb_stats_change *changes;

	guess_noise(course);
	for (size_t pass = 0; pass < 2; pass++) {
		parts->count = 0;
		split(course, 0, course->count, parts);
		settle(course, parts);
		if (!pass)
			fit_noise(course, parts);
	}
	changes = calloc(parts->count, sizeof(*changes));
	if (!changes)
		return -ENOMEM;
	for (size_t k = 0; k + 1 < parts->count; k++)
		changes[k] = describe(course, &parts->begins[k]);
	*ret_changes = changes;
	*ret_count = parts->count - 1;
	return 0;
}

int mb_stats_changes(const double *samples, size_t count, struct mb_stats_change **ret_changes,
		     size_t *ret_count)
{
	MB_FREE double *numbers = calloc(3 * count + 1, sizeof(*numbers));
	MB_FREE size_t *begins = calloc(count + 2, sizeof(*begins));
	struct course course = {numbers, numbers + count, numbers + 2 * count, .count = count};
	struct parts parts = {begins, 0};
	int error;

	if (!numbers || !begins)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (!isfinite(samples[i]))
			return -EINVAL;
	if (count < 2 * MB_STATS_CHANGE_SIDE) {
		*ret_changes = NULL;
		*ret_count = 0;
		return 0;
	}
	error = draw_in(samples, count, &course);
	return error ? error : find_changes(&course, &parts, ret_changes, ret_count);
}
