/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/boot_opt.h"
#include "cli/boot_result.h"
#include "cli/interrupt.h"
#include "cli/machine_opt.h"
#include "cli/machine_table.h"
#include "cli/output.h"
#include "cli/place_opt.h"
#include "cli/predict_fit.h"
#include "cli/predict_holdout.h"
#include "cli/predict_opt.h"
#include "cli/predict_plan.h"
#include "cli/predict_published.h"
#include "cli/predict_result.h"
#include "cli/predict_table.h"
#include "cli/say.h"
#include "core/base/cleanup.h"
#include "reports/format.h"
#include "reports/text.h"

#define MAX_WIDTH 1000 /* high end of an interval over its time, at most */

/* `memboot predict`: which machine, a fit of the host, what that says, and the tables. */
struct job {
	const struct mb_cli *cli;
	struct mb_term term;
	struct mb_output output;
	char release[65];

	struct mb_interrupt interrupt;
	struct mb_topo *topo;
	struct mb_machine *machine;
	struct mb_predict_plan plan;
	struct mb_result *result;
	struct mb_predict_fit fit;
	struct mb_costmodel_prediction prediction;
	struct mb_predict_point points[MB_PREDICT_VARY_MAX];
};

/* --- options --- */

static int collect(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	struct mb_boot_config *config = &job->plan.config;
	struct mb_err err = {0};
	int status = MB_EXIT_OK;

	job->term = mb_term_open(opts);
	mb_boot_opt_config(opts, config);
	mb_place_opt_config(opts, config);
	if (opts->vary && mb_predict_vary_parse(opts->vary, &err, &job->plan.vary))
		status = mb_say_err(job->cli, MB_EXIT_USAGE, NULL, &err);
	if (!status)
		status = mb_predict_opt_check(job->cli, config->policy, &job->plan.vary);
	return status ? status : mb_output_open(job->cli, &job->output);
}

static int prepare(struct job *job)
{
	int status =
		mb_machine_opt_resolve(job->cli, &job->machine, job->release, sizeof(job->release));

	if (!status)
		status = mb_boot_opt_machine(job->cli, job->machine, job->release,
					     &job->plan.config);
	if (!status)
		status = mb_place_opt_topo(job->cli, &job->topo);
	job->plan.topo = job->topo;
	return status ? status : mb_output_begin_bare(job->cli, job->topo, &job->result);
}

/* Whether a result with predictions is what the format holds. */
static int check_format(const struct job *job)
{
	static const struct mb_costmodel_value any = {1, 1, 1};
	struct mb_result *result = mb_result_new(NULL);
	int status;

	if (!result)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	mb_predict_result_set(
		mb_result_add_run(result, MB_RUN_PREDICTION, MB_BOOT_TOTAL_ALL_MEMORY), &any);
	status = mb_output_check_result(job->cli, &job->output, result);
	mb_result_free(result);
	return status;
}

/* --- predicting --- */

static void predict_point(const struct job *job, size_t index, struct mb_predict_point *ret_point)
{
	const struct mb_predict_target *target = &job->plan.points[index];
	struct mb_costmodel_prediction prediction;

	mb_costmodel_predict(job->fit.model, &target->features, &prediction);
	*ret_point = (struct mb_predict_point){
		.value = job->plan.vary.values[index],
		.memory_bytes = target->memory_bytes,
		.threads = mb_predict_target_threads(target),
		.first_allocation = prediction.first_allocation,
		.all_memory = prediction.all_memory,
		.beyond = prediction.beyond,
	};
}

/* A fit may be far from what it is asked about, or not be one at all. */
static int check_value(const struct job *job, const struct mb_costmodel_value *value)
{
	if (isnan(value->ns) || (value->ns > 0 && value->high <= MAX_WIDTH * value->ns))
		return MB_EXIT_OK;
	return mb_say(
		job->cli, MB_EXIT_UNFIT,
		"unfit: the fit in '%.160s' says nothing of such a boot, which would take from %s to %s",
		job->fit.path, mb_format_time(value->low, MB_FORMAT_ASCII).text,
		mb_format_time(value->high, MB_FORMAT_ASCII).text);
}

static int predict(struct job *job)
{
	int status;

	mb_costmodel_predict(job->fit.model, &job->plan.target.features, &job->prediction);
	status = check_value(job, &job->prediction.first_allocation);
	if (!status)
		status = check_value(job, &job->prediction.all_memory);
	for (size_t i = 0; !status && i < job->plan.vary.count; i++) {
		predict_point(job, i, &job->points[i]);
		status = check_value(job, &job->points[i].first_allocation);
		if (!status)
			status = check_value(job, &job->points[i].all_memory);
	}
	return status;
}

/* --- result and tables --- */

static int fill_result(struct job *job)
{
	struct mb_result *result = job->result;
	int status = mb_boot_opt_result(job->cli, &job->plan.config, result);

	if (status)
		return status;
	mb_predict_result_add_fit(result, &job->fit, job->cli->opts.here);
	mb_predict_holdout_add_fact(result, &job->fit);
	if (job->plan.vary.count)
		mb_predict_result_add_curve(result, job->fit.model, &job->plan.vary, job->points);
	else
		mb_predict_result_add(result, job->fit.model, &job->plan.target, &job->prediction);
	if (job->cli->opts.explain)
		mb_predict_result_add_terms(result, job->fit.model, &job->plan.target,
					    &job->prediction);
	for (size_t i = 0; i < result->nr_runs; i++)
		mb_result_run_set_model(result->runs[i], job->plan.config.model->name);
	return MB_EXIT_OK;
}

/* Whose fit it is. */
static void add_fit(const struct job *job, struct mb_strbuf *text)
{
	const struct mb_predict_fit *fit = &job->fit;

	mb_strbuf_addf(text, "  fit of %s",
		       job->cli->opts.host_model ? "another host, " : "this host, ");
	mb_text_add_printable(text, mb_predict_fit_fact(fit, "host"));
	mb_strbuf_add(text, ",\n  kernel ");
	mb_text_add_printable(text, mb_predict_fit_fact(fit, "kernel"));
	mb_strbuf_addf(text, "; made %s",
		       fit->host.made_utc ? fit->host.made_utc : "some time ago");
	if (fit->fresh)
		mb_strbuf_addf(text, " from %zu boots of %zu machines, kept in ",
			       fit->rounds * fit->nr_machines, fit->nr_machines);
	else
		mb_strbuf_add(text, ", kept in ");
	mb_text_add_printable(text, fit->path);
	mb_strbuf_add(text, "\n");
	if (!mb_predict_fit_other_arch(fit, job->machine))
		return;
	mb_strbuf_addf(text, "  the machine is %s; the boots of such ones were on ",
		       mb_machine_arch_name(job->machine->arch));
	mb_text_add_printable(text, mb_predict_fit_fact(fit, MB_COSTMODEL_HOST_ARCH));
	mb_strbuf_add(text, "\n");
}

static void add_plan(const struct job *job, struct mb_strbuf *text)
{
	const struct mb_boot_config *config = &job->plan.config;
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf workers = {0};

	mb_machine_table_add(text, &job->term, job->machine, NULL, job->cli->opts.verbose);
	mb_machine_table_heading(text, &job->term, "Prediction");
	mb_strbuf_addf(text, "  rules of Linux %s, policy %s, model %s, struct page of %u bytes\n",
		       config->profile->name, mb_boot_policies[config->policy], config->model->name,
		       config->struct_page->bytes);
	mb_strbuf_addf(
		text, "  %s\n",
		job->cli->opts.here
			? "as 'memboot boot' of it on this host, whose CPUs its nodes share"
			: "each node with CPUs and memory of its own, as fast as the host's");
	mb_place_opt_print(&job->cli->opts, &workers);
	if (workers.length)
		mb_strbuf_addf(text, "  workers: %s\n", mb_strbuf_text(&workers));
	add_fit(job, text);
}

static int show(const struct job *job)
{
	struct mb_strbuf text = {0};

	if (!job->output.tables)
		return MB_EXIT_OK;
	add_plan(job, &text);
	if (job->plan.vary.count) {
		mb_predict_table_add_curve(&text, &job->term, &job->plan.vary, job->points,
					   "to all memory");
		mb_predict_table_add_beyond(&text, job->fit.model,
					    mb_predict_result_beyond(&job->plan.vary, job->points));
	} else {
		mb_predict_table_add(&text, &job->term, job->fit.model, &job->plan.target,
				     &job->prediction);
	}
	if (job->fit.nr_holdouts)
		mb_predict_holdout_add(&text, &job->term, &job->fit);
	if (job->cli->opts.explain)
		mb_predict_table_add_terms(&text, &job->term, job->fit.model, &job->plan.target,
					   &job->prediction);
	return mb_term_write(job->cli, &text);
}

static void release(struct job *job)
{
	mb_interrupt_stop(&job->interrupt);
	mb_predict_plan_fini(&job->plan);
	mb_predict_fit_fini(&job->fit);
	mb_result_free(job->result);
	mb_topo_free(job->topo);
	mb_machine_free(job->machine);
}

static int run(struct job *job)
{
	int status = prepare(job), saved;

	if (!status)
		status = mb_interrupt_begin(job->cli, &job->interrupt);
	if (!status)
		status = mb_predict_plan_count(&job->plan);
	mb_interrupt_stop(&job->interrupt);
	if (!status)
		status = mb_predict_fit_get(job->cli, &job->plan.config, job->topo, job->result,
					    &job->fit);
	if (!status)
		status = predict(job);
	if (!status)
		status = fill_result(job);
	if (status)
		return status;
	saved = mb_output_save(job->cli, &job->output, job->result);
	status = show(job);
	return saved ? saved : status;
}

int mb_cmd_predict_run(struct mb_cli *cli)
{
	struct job job = {.cli = cli,
			  .interrupt = {.signal_fd = -1, .stop_fd = -1},
			  .plan = {.cli = cli, .cancel = &job.interrupt.cancel}};
	int status = collect(&job);

	/* What cannot be is said before minutes of boots, and before tables. */
	if (!status)
		status = check_format(&job);
	if (!status && cli->opts.from_table)
		status = mb_predict_published_run(cli, &job.output,
						  cli->opts.vary ? &job.plan.vary : NULL);
	else if (!status)
		status = run(&job);
	release(&job);
	return status;
}
