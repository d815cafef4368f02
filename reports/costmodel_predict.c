/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "reports/costmodel.h"
#include "reports/costmodel_internal.h"
#include "reports/student.h"

#define THREADS_TREND \
	4.0 /* of the scatter's variance, for a doubling of the workers beyond the fit's */

/* A sum of phases as it comes together. */
struct sum {
	double ns;
	double variance; /* that the coefficients bring */
	double scatter;  /* variance that the phases' scatter brings, if each has its own */
	double freedom;  /* of the phases, times their ns */
};

/* Who is asked about what. */
struct view {
	const struct mb_costmodel *model;
	const struct mb_costmodel_features *features;
};

static size_t find_kind(enum mb_costmodel_kind kind)
{
	size_t i = 0;

	while (mb_costmodel_terms[i].kind != kind)
		i++;
	return i;
}

/* Time of a phase for one group, whose bandwidth the caller may know better than the fit. */
static void time_group(const struct view *view, enum mb_costmodel_phase phase, size_t group,
		       struct mb_costmodel_time *ret_time, bool *ret_known)
{
	double gb_s = view->features->groups[group].gb_s;
	double coefficients[MB_COSTMODEL_NR_TERMS];

	memcpy(coefficients, view->model->coefficients, sizeof(coefficients));
	*ret_known = phase == MB_COSTMODEL_DEFERRED && gb_s > 0;
	if (*ret_known)
		coefficients[find_kind(MB_COSTMODEL_BANDWIDTH)] = 1 / gb_s;
	mb_costmodel_time_of(coefficients, view->features, phase, group, ret_time);
}

/* Of the group that takes longest. */
static void time_phase(const struct view *view, enum mb_costmodel_phase phase,
		       struct mb_costmodel_time *ret_time, bool *ret_known)
{
	size_t count = phase == MB_COSTMODEL_DEFERRED ? view->features->nr_groups : 1;
	struct mb_costmodel_time time;
	bool known;

	time_group(view, phase, 0, ret_time, ret_known);
	for (size_t i = 1; i < count; i++) {
		time_group(view, phase, i, &time, &known);
		if (time.ns <= ret_time->ns)
			continue;
		*ret_time = time;
		*ret_known = known;
	}
}

/* Variance that the coefficients bring. */
static double spread(const struct view *view, enum mb_costmodel_phase phase,
		     const struct mb_costmodel_time *time, bool known)
{
	size_t bandwidth = find_kind(MB_COSTMODEL_BANDWIDTH), first, end;
	double variance = 0;

	mb_costmodel_terms_of(phase, &first, &end);
	for (size_t i = first; i < end; i++)
		for (size_t k = first; k < end; k++)
			if (!known || (i != bandwidth && k != bandwidth))
				variance += time->slopes[i - first] *
					    view->model->covariance[i][k - first] *
					    time->slopes[k - first];
	return fmax(variance, 0);
}

/* How far beyond the sizes of the fit, in doublings. */
static double beyond(const struct view *view)
{
	double size = mb_costmodel_size(view->features);

	return fmax(fmax(size - view->model->size_high, view->model->size_low - size), 0);
}

/* The same of the workers' numbers: the most that work at once. */
static double threads_beyond(const struct view *view)
{
	double most = mb_costmodel_most_threads(view->features);

	return most > view->model->max_threads ? log2(most / fmax(view->model->max_threads, 1)) : 0;
}

static void add(struct sum *sum, const struct sum *one)
{
	sum->ns += one->ns;
	sum->variance += one->variance;
	sum->scatter += one->scatter;
	sum->freedom += one->freedom;
}

/*
 * The interval: what the coefficients bring, the scatter about the fit, and what a trend of that scatter over the logarithm of the size,
 * which the fit cannot tell from none, would bring where the fit does not reach. Relative, so that it does not pass 0.
 */
static struct mb_costmodel_value interval(const struct view *view, const struct sum *sum)
{
	struct mb_costmodel_value value = {sum->ns, sum->ns, sum->ns};
	double far = beyond(view), trend, width;

	if (!(sum->ns > 0))
		return value;
	trend = far * far / fmax(view->model->size_spread, 0.1);
	width = mb_student_quantile((1 + MB_COSTMODEL_CONFIDENCE) / 2,
				    fmax(sum->freedom / sum->ns, 1)) *
		sqrt(sum->variance + sum->scatter * (1 + trend)) / sum->ns;
	value.low = sum->ns * exp(-width);
	value.high = sum->ns * exp(width);
	return value;
}

/* The same of several phases: their scatter may go together, and is not less than what their sums had in the fit. */
static struct mb_costmodel_value interval_all(const struct view *view, struct sum sum)
{
	const struct mb_costmodel_phase_fit *all = &view->model->all;
	double together = all->residual * sum.ns;

	if (together * together > sum.scatter) {
		sum.scatter = together * together;
		sum.freedom = all->freedom * sum.ns;
	}
	return interval(view, &sum);
}

/*
 * How workers get into each other's way shows only where they are more: a doubling beyond those of the fit is off by about twice what all
 * boots scatter, as machines say that were held out of it.
 */
static void widen(const struct view *view, struct sum *sum)
{
	const struct mb_costmodel_phase_fit *all = &view->model->all;
	double far = threads_beyond(view), least = all->residual * sum->ns;

	if (!(far > 0))
		return;
	/* What few machines fit is no sign that they are sure of it: they keep their few degrees of freedom. */
	sum->scatter = fmax(sum->scatter, least * least);
	sum->freedom = fmin(sum->freedom, all->freedom * sum->ns);
	sum->scatter *= 1 + THREADS_TREND * far * far;
}

/* A phase by itself; part: how much of it. */
static struct sum sum_of(const struct view *view, enum mb_costmodel_phase phase,
			 const struct mb_costmodel_time *time, bool known, double part)
{
	const struct mb_costmodel_phase_fit *fit = &view->model->phases[phase];
	double ns = part * time->ns, scatter = fit->residual * ns;
	struct sum sum = {
		.ns = ns,
		.variance = part * part * spread(view, phase, time, known),
		.scatter = scatter * scatter,
		.freedom = fit->freedom * ns,
	};

	if (phase == MB_COSTMODEL_DEFERRED)
		widen(view, &sum);
	return sum;
}

static const struct mb_costmodel_value nothing = {NAN, NAN, NAN};

static unsigned look_beyond(const struct view *view)
{
	const struct mb_costmodel *model = view->model;
	const struct mb_costmodel_features *features = view->features;
	unsigned found = beyond(view) > 0.01 ? MB_COSTMODEL_BEYOND_SIZE : 0;
	bool known = model->coefficients[find_kind(MB_COSTMODEL_BANDWIDTH)] > 0;

	if ((double)features->nr_nodes > model->max_nodes)
		found |= MB_COSTMODEL_BEYOND_NODES;
	for (size_t i = 0; i < features->nr_groups; i++) {
		double threads = mb_costmodel_threads(features, i);

		if (threads > model->max_threads && !known && !(features->groups[i].gb_s > 0))
			found |= MB_COSTMODEL_NO_BANDWIDTH;
	}
	if (threads_beyond(view) > 0)
		found |= MB_COSTMODEL_BEYOND_THREADS;
	return found;
}

void mb_costmodel_predict(const struct mb_costmodel *model,
			  const struct mb_costmodel_features *features,
			  struct mb_costmodel_prediction *ret_prediction)
{
	enum mb_costmodel_phase last = mb_costmodel_last(features);
	struct view view = {.model = model, .features = features};
	struct sum all = {0}, first = {0};
	bool whole = true;

	for (unsigned i = 0; i < MB_COSTMODEL_NR_PHASES; i++) {
		struct mb_costmodel_time time;
		struct sum one;
		bool known;

		ret_prediction->phases[i] = nothing;
		if (!mb_costmodel_has(features, i))
			continue;
		if (!(model->phases[i].points > 0)) {
			whole = whole && i != MB_COSTMODEL_DEFERRED && i != MB_COSTMODEL_GROW;
			continue;
		}
		time_phase(&view, i, &time, &known);
		one = sum_of(&view, i, &time, known, 1);
		ret_prediction->phases[i] = interval(&view, &one);
		if (!mb_costmodel_phases[i].beside && i <= last)
			add(&all, &one);
		if (i <= MB_COSTMODEL_HANDOFF)
			first = all;
	}
	ret_prediction->first_allocation = interval_all(&view, first);
	ret_prediction->all_memory = whole ? interval_all(&view, all) : nothing;
	ret_prediction->beyond = look_beyond(&view);
}

/*
 * Nodes of a group share its CPUs evenly until one is done: node i ends when each other has done as much as it, or all of its own.
 */
void mb_costmodel_predict_node(const struct mb_costmodel *model,
			       const struct mb_costmodel_features *features, size_t index,
			       struct mb_costmodel_value *ret_value)
{
	const struct mb_costmodel_node *node = &features->nodes[index];
	struct view view = {.model = model, .features = features};
	double done = 0, pages = 0;
	struct mb_costmodel_time time;
	struct sum sum;
	bool known;

	*ret_value = nothing;
	if (!(node->pages > 0) || !(model->phases[MB_COSTMODEL_DEFERRED].points > 0))
		return;
	for (size_t i = 0; i < features->nr_nodes; i++)
		if (features->nodes[i].group == node->group) {
			pages += features->nodes[i].pages;
			done += fmin(features->nodes[i].pages, node->pages);
		}
	time_group(&view, MB_COSTMODEL_DEFERRED, node->group, &time, &known);
	sum = sum_of(&view, MB_COSTMODEL_DEFERRED, &time, known, done / pages);
	*ret_value = interval(&view, &sum);
}

void mb_costmodel_explain(const struct mb_costmodel *model,
			  const struct mb_costmodel_features *features,
			  struct mb_costmodel_share *shares)
{
	struct view view = {.model = model, .features = features};

	for (unsigned phase = 0; phase < MB_COSTMODEL_NR_PHASES; phase++) {
		struct mb_costmodel_time time;
		size_t first, end, most;
		bool known;

		mb_costmodel_terms_of(phase, &first, &end);
		most = first;
		time_phase(&view, phase, &time, &known);
		for (size_t i = first; i < end; i++) {
			const struct mb_costmodel_term_row *row = &mb_costmodel_terms[i];
			double gb_s = features->groups[time.group].gb_s;
			bool given = known && row->kind == MB_COSTMODEL_BANDWIDTH;
			double coefficient = given ? 1 / gb_s : model->coefficients[i];
			double ns = coefficient * time.slopes[i - first];

			shares[i] = (struct mb_costmodel_share){
				.coefficient = coefficient / row->scale,
				.error = given ? 0
					       : sqrt(model->covariance[i][i - first]) / row->scale,
				.ns = ns,
				.share = time.ns > 0 ? ns / time.ns : 0,
			};
			if (ns > shares[most].ns)
				most = i;
		}
		shares[most].rules = shares[most].ns > 0;
	}
}
