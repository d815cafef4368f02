/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "reports/costmodel.h"
#include "reports/costmodel_internal.h"
#include "reports/linear.h"
#include "reports/stats.h"

#define MIN_SIZES    3    /* different ones */
#define MIN_SHARE    0.10 /* of all time: a phase below it does not decide */
#define MAX_SCATTER  0.20 /* of the sum of all phases */
#define MAX_RESIDUAL 0.30 /* of a phase that decides */
#define LEAST_OFF    1e-4 /* residual: no times repeat better than this, whatever the clock shows */
#define OUTLIER      3.0  /* standard deviations from which on a point loses weight */
#define ROUNDS       12   /* of weights */
#define RATIOS       97   /* of bandwidth to CPU that are tried */
#define F_WORTH      6.0 /* how much better a fit with bandwidth is, as F of its one more coefficient */

/* One machine in one phase. */
struct point {
	const struct mb_costmodel_features *features;
	double ns;      /* median over repetitions */
	double fitted;  /* what the fit says of it */
	double weight;  /* 1, less for outliers */
	double bearing; /* on what is predicted: see bear() */
	double noise;   /* relative scatter of a boot about the median, as a standard deviation */
};

/* A phase on its way. */
struct phase_work {
	enum mb_costmodel_phase phase;
	size_t first, end; /* its terms */
	struct point *points;
	size_t count, used;                         /* points; coefficients that are not 0 */
	double coefficients[MB_COSTMODEL_NR_TERMS]; /* of all terms, but only those of the phase */
	bool uses[MB_LINEAR_MAX_COLUMNS];
	double ratio; /* of the bandwidth's coefficient to the CPU's */
	double *room; /* count of doubles */
};

/* --- points --- */

static double median(const double *values, size_t count, double *room)
{
	size_t left;

	memcpy(room, values, count * sizeof(*values));
	left = mb_stats_sort(room, count);
	return mb_stats_quantile(room, left, 0.5);
}

/* NaN: the boots of the sample do not have it. */
static double sample_ns(const struct mb_costmodel_sample *sample, enum mb_costmodel_phase phase,
			double *room)
{
	double ns;

	if (!mb_costmodel_has(&sample->features, phase))
		return (double)NAN;
	ns = median(&sample->ns[phase * sample->repetitions], sample->repetitions, room);
	return ns > 0 ? ns : (double)NAN;
}

/* How far single boots lie from their median, which is ns. */
static double sample_noise(const struct mb_costmodel_sample *sample, enum mb_costmodel_phase phase,
			   double ns, double *room)
{
	memcpy(room, &sample->ns[phase * sample->repetitions], sample->repetitions * sizeof(*room));
	return mb_stats_mad(room, sample->repetitions, ns) / ns;
}

/* The same of all machines, by bearing: what is predicted is one boot's time, which is not that of a median. */
static double mean_noise(const struct point *points, size_t count)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < count; i++) {
		sum += points[i].bearing;
		squares += points[i].bearing * points[i].noise * points[i].noise;
	}
	return sum > 0 ? sqrt(squares / sum) : 0;
}

/* What a residual is held against: the fit, unless it is far off. */
static double scale_of(const struct point *point)
{
	return fmax(point->fitted, point->ns / 4);
}

/*
 * Predictions are for sizes like the largest ones and beyond, and small machines differ from them by more than noise: their descriptors are
 * in caches. So a point has less bearing the more doublings it lies below the longest time, and many of about the same time have less each:
 * half-way between counting machines and counting sizes. The largest bearing is 1; where all times are alike they all have that.
 */
static void bear(struct point *points, size_t count)
{
	double longest = 0, most = 0;

	for (size_t i = 0; i < count; i++)
		longest = fmax(longest, points[i].ns);
	for (size_t i = 0; i < count; i++) {
		double below = log2(longest / points[i].ns), like = 0;

		for (size_t k = 0; k < count; k++)
			like += fmax(1 - fabs(log2(points[i].ns / points[k].ns)), 0);
		points[i].bearing = 1 / (sqrt(like) * (1 + below * below / 4));
		most = fmax(most, points[i].bearing);
	}
	for (size_t i = 0; i < count; i++)
		points[i].bearing /= most;
}

/* How many points of equal bearing these are worth (Kish: Survey Sampling, 1965, section 11.7). */
static double worth(const struct point *points, size_t count)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < count; i++) {
		sum += points[i].bearing;
		squares += points[i].bearing * points[i].bearing;
	}
	return squares > 0 ? sum * sum / squares : 0;
}

/* Mean of squared relative residuals, by bearing. */
static double mean_square(const struct point *points, size_t count)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < count; i++) {
		double off = (points[i].ns - points[i].fitted) / scale_of(&points[i]);

		sum += points[i].bearing;
		squares += points[i].bearing * points[i].weight * off * off;
	}
	return sum > 0 ? squares / sum : 0;
}

static void collect(struct phase_work *work, const struct mb_costmodel_sample *samples,
		    size_t count, double *room)
{
	work->count = 0;
	for (size_t i = 0; i < count; i++) {
		double ns = sample_ns(&samples[i], work->phase, room);

		if (ns > 0)
			work->points[work->count++] = (struct point){
				.features = &samples[i].features,
				.ns = ns,
				.fitted = ns,
				.weight = 1,
				.noise = sample_noise(&samples[i], work->phase, ns, room),
			};
	}
	bear(work->points, work->count);
}

/* --- one phase --- */

static bool is_worker(enum mb_costmodel_kind kind)
{
	return kind == MB_COSTMODEL_CPU || kind == MB_COSTMODEL_BANDWIDTH;
}

/*
 * A row with the CPU's and the bandwidth's term as one, whose coefficient is the CPU's: they are of degree 1, so that with their ratio held
 * it is linear. The group is the one that ruled in the last round.
 */
static void put_cells(const struct phase_work *work, const struct point *point, double *cells)
{
	struct mb_costmodel_time time;
	double squares = 0;
	size_t group;

	mb_costmodel_time(work->coefficients, point->features, work->phase, &time);
	group = time.group;
	for (size_t i = work->first; i < work->end; i++) {
		const struct mb_costmodel_term_row *row = &mb_costmodel_terms[i];
		double load = row->load(point->features, group);

		if (is_worker(row->kind)) {
			load *= row->kind == MB_COSTMODEL_BANDWIDTH ? work->ratio : 1;
			squares += load * load;
			load = 0;
		}
		cells[i - work->first] = load;
	}
	for (size_t i = work->first; i < work->end; i++)
		if (mb_costmodel_terms[i].kind == MB_COSTMODEL_CPU)
			cells[i - work->first] = sqrt(squares);
}

/* Solves for the coefficients at the ratio as it is; returns the weighted sum of squared relative residuals. */
static double solve(struct phase_work *work)
{
	struct mb_linear linear = {.columns = work->end - work->first};
	double cells[MB_LINEAR_MAX_COLUMNS], at[MB_LINEAR_MAX_COLUMNS], squares = 0;

	for (size_t i = 0; i < work->count; i++) {
		double scale = scale_of(&work->points[i]);

		put_cells(work, &work->points[i], cells);
		mb_linear_add(&linear, cells, work->points[i].ns,
			      work->points[i].bearing * work->points[i].weight / (scale * scale));
	}
	mb_linear_nnls(&linear, at, work->uses);
	for (size_t i = 0; i < work->count; i++) {
		double ns = work->points[i].ns, scale = scale_of(&work->points[i]);

		put_cells(work, &work->points[i], cells);
		for (size_t k = 0; k < linear.columns; k++)
			ns -= cells[k] * at[k];
		squares += work->points[i].bearing * work->points[i].weight * ns * ns /
			   (scale * scale);
	}
	for (size_t k = 0; k < linear.columns; k++) {
		const struct mb_costmodel_term_row *row = &mb_costmodel_terms[work->first + k];

		if (row->kind != MB_COSTMODEL_BANDWIDTH) {
			work->coefficients[work->first + k] = at[k];
			continue;
		}
		/* The row before it is the CPU's. */
		work->uses[k] = work->ratio > 0 && at[k - 1] > 0;
		work->coefficients[work->first + k] = work->uses[k] ? work->ratio * at[k - 1] : 0;
	}
	return squares;
}

/* The ratio at which the fit is best, and 0 where memory does not show. */
static void choose_ratio(struct phase_work *work)
{
	double best = 0, least, alone, largest = 0;
	struct phase_work start;

	work->ratio = 0;
	alone = least = solve(work);
	start = *work;
	for (size_t i = 0; i < work->count; i++) {
		double pages = mb_costmodel_terms[work->first].load(work->points[i].features, 0);
		double bytes =
			mb_costmodel_terms[work->first + 1].load(work->points[i].features, 0);

		if (bytes > 0)
			largest = fmax(largest, pages / bytes);
	}
	for (size_t i = 0; i < RATIOS; i++) {
		double squares;

		*work = start;
		work->ratio = largest * pow(10, 1 - 2.5 * (double)i / (RATIOS - 1));
		squares = solve(work);
		if (squares >= least)
			continue;
		least = squares;
		best = work->ratio;
	}
	*work = start;
	if (alone - least < F_WORTH * least / fmax(worth(work->points, work->count) - 3, 1))
		best = 0;
	work->ratio = best;
	solve(work);
}

/* Points far off lose weight by the distance (Huber: Robust Estimation of a Location Parameter, 1964). */
static void weigh(struct phase_work *work)
{
	double scale;

	for (size_t i = 0; i < work->count; i++) {
		struct mb_costmodel_time time;

		mb_costmodel_time(work->coefficients, work->points[i].features, work->phase, &time);
		work->points[i].fitted = time.ns;
		work->room[i] = (work->points[i].ns - time.ns) / scale_of(&work->points[i]);
	}
	scale = fmax(mb_stats_mad(work->room, work->count, 0), LEAST_OFF);
	for (size_t i = 0; i < work->count; i++) {
		const struct point *point = &work->points[i];
		double off = fabs(point->ns - point->fitted) / scale_of(point) / scale;

		work->points[i].weight = off > OUTLIER ? OUTLIER / off : 1;
	}
}

static void fit_phase(struct phase_work *work)
{
	bool memory = false;

	mb_costmodel_terms_of(work->phase, &work->first, &work->end);
	memset(work->coefficients, 0, sizeof(work->coefficients));
	work->ratio = 0;
	for (size_t i = work->first; i < work->end; i++)
		memory = memory || mb_costmodel_terms[i].kind == MB_COSTMODEL_BANDWIDTH;
	for (size_t round = 0; round < ROUNDS; round++) {
		if (memory && round % 4 == 0)
			choose_ratio(work);
		else
			solve(work);
		weigh(work);
	}
	work->used = 0;
	for (size_t i = 0; i < work->end - work->first; i++)
		work->used += work->uses[i];
}

/*
 * The covariance of what is not 0. Bearing is no variance, so that the products with its square stand between two inverses (White: A
 * Heteroskedasticity-Consistent Covariance Matrix Estimator, Econometrica 48 (1980), with one variance for all).
 */
static void set_covariance(const struct phase_work *work, double variance,
			   struct mb_costmodel *model)
{
	size_t count = work->end - work->first;
	struct mb_linear once = {.columns = count}, twice = {.columns = count};
	double inverse[MB_LINEAR_MAX_COLUMNS][MB_LINEAR_MAX_COLUMNS] = {0};
	bool uses[MB_LINEAR_MAX_COLUMNS];

	for (size_t i = 0; i < work->count; i++) {
		const struct point *point = &work->points[i];
		double scale = scale_of(point), weight = point->bearing * point->weight;
		struct mb_costmodel_time time;

		mb_costmodel_time(work->coefficients, point->features, work->phase, &time);
		mb_linear_add(&once, time.slopes, point->ns, weight / (scale * scale));
		mb_linear_add(&twice, time.slopes, point->ns, weight * weight / (scale * scale));
	}
	memcpy(uses, work->uses, sizeof(uses));
	/* Where CPU and memory cannot be told apart, the error of one stands for both. */
	for (size_t i = count; mb_linear_inverse(&once, uses, inverse) && i--;)
		uses[i] = false;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count; k++) {
			double sum = 0;

			for (size_t m = 0; m < count; m++)
				for (size_t n = 0; n < count; n++)
					sum += inverse[i][m] * twice.products[m][n] * inverse[n][k];
			model->covariance[work->first + i][k] = sum * variance;
		}
}

/* How the fit, which used so many coefficients, does on the points; its residual is without the noise of single boots. */
static void judge(const struct point *points, size_t count, double used,
		  struct mb_costmodel_phase_fit *fit)
{
	double worthy = worth(points, count);

	fit->points = (double)count;
	fit->freedom = fmax(worthy - used, 1);
	fit->residual =
		fmax(sqrt(mean_square(points, count) * fmax(worthy, 1) / fit->freedom), LEAST_OFF);
}

static void judge_phase(const struct phase_work *work, struct mb_costmodel *model)
{
	struct mb_costmodel_phase_fit *fit = &model->phases[work->phase];

	judge(work->points, work->count, (double)work->used, fit);
	memcpy(&model->coefficients[work->first], &work->coefficients[work->first],
	       (work->end - work->first) * sizeof(*work->coefficients));
	set_covariance(work, fit->residual * fit->residual, model);
	fit->residual = hypot(fit->residual, mean_noise(work->points, work->count));
}

/* --- the whole --- */

double mb_costmodel_measured(const struct mb_costmodel_sample *sample, double *room)
{
	enum mb_costmodel_phase last = mb_costmodel_last(&sample->features);
	double sum = 0;

	for (unsigned phase = 0; phase <= last; phase++) {
		double ns = sample_ns(sample, phase, room);

		if (!mb_costmodel_phases[phase].beside && ns > 0)
			sum += ns;
	}
	return sum;
}

/* Time to all memory as measured and as fitted; the parts of phases are added to shares. */
static struct point sum_up(const struct mb_costmodel_sample *sample, double *room,
			   const struct mb_costmodel *model, double *shares)
{
	enum mb_costmodel_phase last = mb_costmodel_last(&sample->features);
	struct point point = {.features = &sample->features, .weight = 1};
	double *sums = room + sample->repetitions; /* of each boot */

	memset(sums, 0, sample->repetitions * sizeof(*sums));
	for (unsigned phase = 0; phase <= last; phase++) {
		double ns = sample_ns(sample, phase, room);
		struct mb_costmodel_time time;

		if (mb_costmodel_phases[phase].beside || !(ns > 0))
			continue;
		mb_costmodel_time(model->coefficients, &sample->features, phase, &time);
		for (size_t i = 0; i < sample->repetitions; i++)
			sums[i] += sample->ns[phase * sample->repetitions + i];
		point.ns += ns;
		point.fitted += time.ns;
		shares[phase] += ns;
	}
	if (point.ns > 0) {
		double centre = median(sums, sample->repetitions, room);

		point.noise = mb_stats_mad(sums, sample->repetitions, centre) / centre;
	}
	return point;
}

/* Scatter of the sums of phases, whose noise may go together; shares: of each phase in all of them. */
static void judge_all(const struct mb_costmodel_sample *samples, size_t count, struct point *points,
		      double *room, struct mb_costmodel *model, double *ret_shares)
{
	double everything = 0, used = 0;
	size_t sums = 0;

	memset(ret_shares, 0, MB_COSTMODEL_NR_PHASES * sizeof(*ret_shares));
	for (size_t i = 0; i < count; i++) {
		points[sums] = sum_up(&samples[i], room, model, ret_shares);
		everything += points[sums].ns;
		sums += points[sums].ns > 0;
	}
	bear(points, sums);
	/* Sums use up as many degrees as the phases that they are made of, each by its share. */
	for (unsigned phase = 0; phase < MB_COSTMODEL_NR_PHASES; phase++) {
		size_t first, end, in_use = 0;

		mb_costmodel_terms_of(phase, &first, &end);
		for (size_t i = first; i < end; i++)
			in_use += model->coefficients[i] > 0;
		ret_shares[phase] /= fmax(everything, 1);
		used += ret_shares[phase] * (double)in_use;
	}
	judge(points, sums, used, &model->all);
	model->all.residual = hypot(model->all.residual, mean_noise(points, sums));
}

static void note_range(const struct mb_costmodel_sample *samples, size_t count,
		       struct mb_costmodel *model)
{
	double sum = 0, squares = 0;

	model->size_low = HUGE_VAL;
	model->size_high = -HUGE_VAL;
	for (size_t i = 0; i < count; i++) {
		const struct mb_costmodel_features *features = &samples[i].features;
		double size = mb_costmodel_size(features);

		sum += size;
		squares += size * size;
		model->size_low = fmin(model->size_low, size);
		model->size_high = fmax(model->size_high, size);
		model->max_nodes = fmax(model->max_nodes, (double)features->nr_nodes);
		model->max_threads = fmax(model->max_threads, mb_costmodel_most_threads(features));
	}
	model->size_spread = fmax(squares - sum * sum / (double)count, 0);
}

static bool valid(const struct mb_costmodel_sample *sample)
{
	const struct mb_costmodel_features *features = &sample->features;

	if (!sample->repetitions || !features->nr_nodes || !features->nr_groups ||
	    !(features->memmap_pages > 0))
		return false;
	for (size_t i = 0; i < features->nr_nodes; i++)
		if (features->nodes[i].group >= features->nr_groups ||
		    (features->nodes[i].pages > 0 && !(features->nodes[i].threads >= 1)))
			return false;
	return true;
}

static size_t count_sizes(const struct mb_costmodel_sample *samples, size_t count, double *room)
{
	size_t sizes = 0;

	for (size_t i = 0; i < count; i++)
		room[i] = mb_costmodel_size(&samples[i].features);
	mb_stats_sort(room, count);
	for (size_t i = 0; i < count; i++)
		sizes += !i || room[i] > room[i - 1] + 0.1;
	return sizes;
}

/* Whether it may be predicted from, or what is wrong with it. */
static int verdict(const struct mb_costmodel *model, const double *shares,
		   struct mb_strbuf *ret_why)
{
	for (unsigned phase = 0; phase < MB_COSTMODEL_NR_PHASES; phase++)
		if (shares[phase] > MIN_SHARE && model->phases[phase].residual > MAX_RESIDUAL) {
			mb_strbuf_addf(ret_why,
				       "times of %s scatter by %.0f %% about the fit; at most "
				       "%.0f %% is fit to predict from",
				       mb_costmodel_phases[phase].name,
				       100 * model->phases[phase].residual, 100 * MAX_RESIDUAL);
			return MB_COSTMODEL_SCATTERED;
		}
	if (model->all.residual > MAX_SCATTER) {
		mb_strbuf_addf(ret_why,
			       "times to all memory scatter by %.0f %% about the fit; at most "
			       "%.0f %% is fit to predict from",
			       100 * model->all.residual, 100 * MAX_SCATTER);
		return MB_COSTMODEL_SCATTERED;
	}
	return MB_COSTMODEL_FITTED;
}

static int fit_all(const struct mb_costmodel_sample *samples, size_t count, struct point *points,
		   double *room, struct mb_strbuf *ret_why, struct mb_costmodel *ret_model)
{
	struct mb_costmodel model = {0};
	double shares[MB_COSTMODEL_NR_PHASES];
	int status;

	for (unsigned phase = 0; phase < MB_COSTMODEL_NR_PHASES; phase++) {
		struct phase_work work = {.phase = phase, .points = points, .room = room};

		collect(&work, samples, count, room);
		if (!work.count)
			continue;
		fit_phase(&work);
		judge_phase(&work, &model);
	}
	note_range(samples, count, &model);
	judge_all(samples, count, points, room, &model, shares);
	status = verdict(&model, shares, ret_why);
	if (status == MB_COSTMODEL_FITTED)
		*ret_model = model;
	return status;
}

int mb_costmodel_fit(const struct mb_costmodel_sample *samples, size_t count, const char *loaded,
		     struct mb_strbuf *ret_why, struct mb_costmodel *ret_model)
{
	struct point *points MB_FREE = NULL;
	double *room MB_FREE = NULL;
	size_t most = count, sizes;

	for (size_t i = 0; i < count; i++) {
		if (!valid(&samples[i]))
			return -EINVAL;
		most = mb_max(most, samples[i].repetitions);
	}
	points = calloc(count + 1, sizeof(*points));
	room = calloc(2 * most + 1, sizeof(*room));
	if (!points || !room)
		return -ENOMEM;
	if (loaded) {
		mb_strbuf_addf(ret_why, "the host was busy meanwhile: %s", loaded);
		return MB_COSTMODEL_LOADED;
	}
	sizes = count_sizes(samples, count, room);
	if (count < MB_COSTMODEL_MIN_POINTS || sizes < MIN_SIZES) {
		mb_strbuf_addf(ret_why,
			       "%zu machines of %zu sizes were measured; a fit needs %d of %d",
			       count, sizes, MB_COSTMODEL_MIN_POINTS, MIN_SIZES);
		return MB_COSTMODEL_TOO_FEW;
	}
	return fit_all(samples, count, points, room, ret_why, ret_model);
}
