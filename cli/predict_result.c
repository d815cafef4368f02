/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>

#include "cli/boot_result.h"
#include "cli/predict_result.h"
#include "cli/predict_words.h"
#include "reports/predicted.h"

void mb_predict_result_add_fit(struct mb_result *result, const struct mb_predict_fit *fit,
			       bool here)
{
	const char *made = fit->host.made_utc ? fit->host.made_utc : "not known";

	mb_result_set_fact(result, MB_PREDICTED_HOST, mb_predict_fit_fact(fit, "host"));
	mb_result_set_fact(result, MB_PREDICTED_KERNEL, mb_predict_fit_fact(fit, "kernel"));
	mb_result_set_fact(result, MB_PREDICTED_ARCH,
			   mb_predict_fit_fact(fit, MB_COSTMODEL_HOST_ARCH));
	mb_result_set_fact(result, MB_PREDICTED_MADE, made);
	mb_result_set_fact(result, MB_PREDICTED_NODES, here ? "here" : "own");
}

void mb_predict_result_set(struct mb_run *run, const struct mb_costmodel_value *value)
{
	mb_result_run_set(run, MB_METRIC_PREDICTED_NS, 0, value->ns);
	mb_result_run_set(run, MB_METRIC_PREDICTED_LOW_NS, 0, value->low);
	mb_result_run_set(run, MB_METRIC_PREDICTED_HIGH_NS, 0, value->high);
}

static void add_words(struct mb_result *result, const char *fact, struct mb_strbuf *words)
{
	if (words->error)
		result->error = words->error;
	if (words->length)
		mb_result_set_fact(result, fact, mb_strbuf_text(words));
	mb_strbuf_fini(words);
}

static void add_beyond(struct mb_result *result, const struct mb_costmodel *model, unsigned beyond)
{
	struct mb_strbuf words = {0};

	mb_predict_words_beyond(&words, model, beyond);
	add_words(result, MB_PREDICTED_BEYOND, &words);
}

void mb_predict_result_add_knee(struct mb_result *result, const struct mb_predict_vary *vary,
				const struct mb_predict_point *points)
{
	struct mb_strbuf words = {0};

	mb_predict_words_knee(&words, vary, points);
	add_words(result, MB_PREDICTED_KNEE, &words);
}

static void add_nodes(struct mb_result *result, const struct mb_costmodel *model,
		      const struct mb_costmodel_features *features, const char *stage)
{
	for (size_t i = 0; i < features->nr_nodes; i++) {
		const struct mb_costmodel_node *node = &features->nodes[i];
		struct mb_costmodel_value value;
		struct mb_run *run;

		if (!(node->pages > 0))
			continue;
		mb_costmodel_predict_node(model, features, i, &value);
		run = mb_result_run(result, MB_RUN_PREDICTION, stage, node->nid, MB_RUN_NONE);
		mb_predict_result_set(run, &value);
		mb_result_run_set(run, MB_METRIC_PAGES, 0, node->pages);
		mb_result_run_set(run, MB_METRIC_JOBS, 0, node->jobs);
		mb_result_run_set(run, MB_METRIC_CHUNKS, 0, node->chunks);
		if (run)
			run->threads = (unsigned)node->threads;
	}
}

static struct mb_run *add_total(struct mb_result *result, const char *name,
				const struct mb_costmodel_value *value)
{
	struct mb_run *run = mb_result_add_run(result, MB_RUN_PREDICTION, name);

	mb_predict_result_set(run, value);
	return run;
}

/* What a chart draws a time over. */
static void add_size(struct mb_run *run, double memory_bytes, double threads)
{
	mb_result_run_set(run, MB_METRIC_BYTES, 0, memory_bytes);
	if (run)
		run->threads = (unsigned)threads;
}

void mb_predict_result_add(struct mb_result *result, const struct mb_costmodel *model,
			   const struct mb_predict_target *target,
			   const struct mb_costmodel_prediction *prediction)
{
	double threads = mb_predict_target_threads(target);
	size_t first = result->nr_runs;

	for (int i = 0; i < MB_COSTMODEL_NR_PHASES; i++) {
		const char *name = mb_costmodel_phases[i].name;

		if (isnan(prediction->phases[i].ns))
			continue;
		mb_predict_result_set(
			mb_result_run(result, MB_RUN_PREDICTION, name, MB_RUN_NONE, MB_RUN_NONE),
			&prediction->phases[i]);
		if (i == MB_COSTMODEL_DEFERRED)
			add_nodes(result, model, &target->features, name);
	}
	add_size(add_total(result, MB_BOOT_TOTAL_FIRST_ALLOCATION, &prediction->first_allocation),
		 target->memory_bytes, threads);
	add_size(add_total(result, MB_BOOT_TOTAL_ALL_MEMORY, &prediction->all_memory),
		 target->memory_bytes, threads);
	for (size_t i = first; i < result->nr_runs; i++)
		mb_result_run_set(result->runs[i], MB_METRIC_PREDICTED_BEYOND, 0,
				  prediction->beyond != 0);
	add_beyond(result, model, prediction->beyond);
}

void mb_predict_result_add_terms(struct mb_result *result, const struct mb_costmodel *model,
				 const struct mb_predict_target *target,
				 const struct mb_costmodel_prediction *prediction)
{
	struct mb_costmodel_share shares[MB_COSTMODEL_NR_TERMS];

	mb_costmodel_explain(model, &target->features, shares);
	for (size_t i = 0; i < MB_COSTMODEL_NR_TERMS; i++) {
		const struct mb_costmodel_term_row *row = &mb_costmodel_terms[i];
		struct mb_run *run;

		if (isnan(prediction->phases[row->phase].ns))
			continue;
		run = mb_result_add_run(result, MB_RUN_PREDICTION,
					mb_costmodel_phases[row->phase].name);
		mb_result_run_set_arg(run, "term", row->name);
		mb_result_run_set_arg(run, "kind", mb_costmodel_kind_name(row->kind));
		mb_result_run_set_arg(run, "unit", row->unit);
		mb_result_run_set(run, MB_METRIC_COEFFICIENT, 0, shares[i].coefficient);
		if (shares[i].error > 0)
			mb_result_run_set(run, MB_METRIC_COEFFICIENT_ERROR, 0, shares[i].error);
		mb_result_run_set(run, MB_METRIC_PREDICTED_NS, 0, shares[i].ns);
		mb_result_run_set(run, MB_METRIC_SHARE_PERCENT, 0, 100 * shares[i].share);
	}
}

static void add_point(struct mb_result *result, const struct mb_predict_vary *vary,
		      const struct mb_predict_point *point, const char *name,
		      const struct mb_costmodel_value *value)
{
	struct mb_run *run = add_total(result, name, value);
	char text[32];

	snprintf(text, sizeof(text), "%.0f", point->value);
	mb_result_run_set_arg(run, mb_predict_vary_rows[vary->what].name, text);
	add_size(run, point->memory_bytes, point->threads);
	mb_result_run_set(run, MB_METRIC_PREDICTED_BEYOND, 0, point->beyond != 0);
}

unsigned mb_predict_result_beyond(const struct mb_predict_vary *vary,
				  const struct mb_predict_point *points)
{
	unsigned beyond = 0;

	for (size_t i = 0; i < vary->count; i++)
		beyond |= points[i].beyond;
	return beyond;
}

void mb_predict_result_add_curve(struct mb_result *result, const struct mb_costmodel *model,
				 const struct mb_predict_vary *vary,
				 const struct mb_predict_point *points)
{
	for (size_t i = 0; i < vary->count; i++)
		add_point(result, vary, &points[i], MB_BOOT_TOTAL_FIRST_ALLOCATION,
			  &points[i].first_allocation);
	for (size_t i = 0; i < vary->count; i++)
		add_point(result, vary, &points[i], MB_BOOT_TOTAL_ALL_MEMORY,
			  &points[i].all_memory);
	add_beyond(result, model, mb_predict_result_beyond(vary, points));
	mb_predict_result_add_knee(result, vary, points);
}
