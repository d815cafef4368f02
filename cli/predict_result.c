/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>

#include "cli/boot_result.h"
#include "cli/predict_result.h"

void mb_predict_result_add_fit(struct mb_result *result, const struct mb_predict_fit *fit)
{
	const char *made = fit->host.made_utc ? fit->host.made_utc : "not known";

	mb_result_set_fact(result, MB_PREDICT_FACT_HOST, mb_predict_fit_fact(fit, "host"));
	mb_result_set_fact(result, MB_PREDICT_FACT_KERNEL, mb_predict_fit_fact(fit, "kernel"));
	mb_result_set_fact(result, MB_PREDICT_FACT_MADE, made);
}

void mb_predict_result_set(struct mb_run *run, const struct mb_costmodel_value *value)
{
	mb_result_run_set(run, MB_METRIC_PREDICTED_NS, 0, value->ns);
	mb_result_run_set(run, MB_METRIC_PREDICTED_LOW_NS, 0, value->low);
	mb_result_run_set(run, MB_METRIC_PREDICTED_HIGH_NS, 0, value->high);
}

static void add_nodes(struct mb_result *result, const struct mb_costmodel *model,
		      const struct mb_predict_answer *answer, const char *stage)
{
	const struct mb_costmodel_features *features = &answer->target.features;

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
			   const struct mb_predict_answer *answer)
{
	const struct mb_costmodel_prediction *prediction = &answer->prediction;

	for (int i = 0; i < MB_COSTMODEL_NR_PHASES; i++) {
		const char *name = mb_costmodel_phases[i].name;

		if (isnan(prediction->phases[i].ns))
			continue;
		mb_predict_result_set(
			mb_result_run(result, MB_RUN_PREDICTION, name, MB_RUN_NONE, MB_RUN_NONE),
			&prediction->phases[i]);
		if (i == MB_COSTMODEL_DEFERRED)
			add_nodes(result, model, answer, name);
	}
	add_size(add_total(result, MB_BOOT_TOTAL_FIRST_ALLOCATION, &prediction->first_allocation),
		 answer->target.memory_bytes, mb_predict_target_threads(&answer->target));
	add_size(add_total(result, MB_BOOT_TOTAL_ALL_MEMORY, &prediction->all_memory),
		 answer->target.memory_bytes, mb_predict_target_threads(&answer->target));
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
}

void mb_predict_result_add_curve(struct mb_result *result, const struct mb_predict_vary *vary,
				 const struct mb_predict_point *points)
{
	for (size_t i = 0; i < vary->count; i++)
		add_point(result, vary, &points[i], MB_BOOT_TOTAL_FIRST_ALLOCATION,
			  &points[i].first_allocation);
	for (size_t i = 0; i < vary->count; i++)
		add_point(result, vary, &points[i], MB_BOOT_TOTAL_ALL_MEMORY,
			  &points[i].all_memory);
}
