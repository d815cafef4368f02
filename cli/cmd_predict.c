/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/machine_opt.h"
#include "cli/machine_table.h"
#include "cli/output.h"
#include "cli/place_opt.h"
#include "cli/predict_fit.h"
#include "cli/predict_published.h"
#include "cli/predict_result.h"
#include "cli/predict_table.h"
#include "cli/predict_target.h"
#include "cli/predict_vary.h"
#include "cli/say.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "core/memmodel.h"
#include "numa/host.h"
#include "reports/text.h"

/* `memboot predict`: which machine, a fit of the host, what that says, and the tables. */
struct job {
	const struct mb_cli *cli;
	struct mb_term term;
	struct mb_output output;
	struct mb_predict_vary vary; /* count 0: nothing is varied */
	char release[65];

	struct mb_topo *topo;
	struct mb_machine *machine;
	struct mb_boot_config config;
	struct mb_result *result;
	struct mb_predict_fit fit;
	struct mb_predict_answer answer;
	struct mb_predict_point points[MB_PREDICT_VARY_MAX];
};

/* --- options --- */

/* What one option leaves no meaning to. */
static int check_conflicts(const struct mb_cli *cli)
{
	const struct mb_opts *o = &cli->opts;
	const char *table = o->from_table, *model = o->host_model;
	const struct {
		bool both;
		const char *one, *other, *why;
	} rows[] = {
		/* clang-format off */
		{table && mb_machine_opt_named(cli), "from-table", "a machine", "a table is of the node that was measured"},
		{table && model, "from-table", "--host-model", "one of them says what is fitted"},
		{table && o->refit, "from-table", "--refit", "no host is fitted"},
		{table && o->here, "from-table", "--here", "a table is of the node that was measured"},
		{table && o->explain, "from-table", "--explain", "a table tells of no phases"},
		{table && o->threads, "from-table", "--threads", "--vary threads=N predicts other numbers of them"},
		{!table && o->fit_points, "fit-points", "a machine", "it is about --from-table"},
		{model && o->refit, "host-model", "--refit", "that host's fit is made there"},
		{model && o->here, "host-model", "--here", "that host's CPUs are not known here"},
		{model && o->store, "host-model", "--store", "each names the file that is read"},
		{model && o->budget > 0, "host-model", "--budget", "nothing is measured"},
		{o->threads && o->vary && !strncmp(o->vary, "threads=", 8), "threads", "--vary threads", "each says how many"},
		/* clang-format on */
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		if (rows[i].both)
			return mb_say(cli, MB_EXIT_USAGE, "option '--%s' does not go with %s: %s",
				      rows[i].one, rows[i].other, rows[i].why);
	if (o->threads > MB_MACHINE_MAX_CPUS)
		return mb_say(
			cli, MB_EXIT_USAGE,
			"option '--threads' takes a number here; without it a node has as many "
			"workers as CPUs");
	return MB_EXIT_OK;
}

static int check_vary(const struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	const struct mb_predict_vary_row *row = &mb_predict_vary_rows[job->vary.what];
	struct mb_err err = {0};
	char *text;

	if (opts->from_table && job->vary.what != MB_PREDICT_VARY_THREADS)
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "option '--vary %s': a table is about threads alone", row->name);
	if (!row->text)
		return MB_EXIT_OK;
	text = mb_predict_vary_text(opts->machine ? opts->machine : "", job->vary.what, 1, &err);
	if (!text)
		return mb_say_err(job->cli, MB_EXIT_USAGE, NULL, &err);
	free(text);
	return MB_EXIT_OK;
}

static enum mb_policy find_policy(const char *name)
{
	for (unsigned i = 0; name && i < MB_NR_POLICIES; i++)
		if (!strcmp(mb_boot_policies[i], name))
			return (enum mb_policy)i;
	return MB_POLICY_DEFERRED;
}

static int collect(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	struct mb_err err = {0};
	int status = check_conflicts(job->cli);

	if (!status && opts->vary && mb_predict_vary_parse(opts->vary, &err, &job->vary))
		status = mb_say_err(job->cli, MB_EXIT_USAGE, NULL, &err);
	if (!status && opts->vary)
		status = check_vary(job);
	job->term = mb_term_open(opts);
	job->config.policy = find_policy(opts->policy);
	job->config.model =
		opts->model ? mb_memmodel_find(opts->model) : &mb_memmodels[MB_MEMMODEL_VMEMMAP];
	job->config.struct_page = opts->struct_page ? mb_page_size_find(opts->struct_page)
						    : &mb_page_sizes[MB_PAGE_SIZE_DEFAULT];
	job->config.threads = (unsigned)opts->threads;
	return status ? status : mb_output_open(job->cli, &job->output);
}

static int prepare(struct job *job)
{
	struct mb_err err = {0};
	int status =
		mb_machine_opt_resolve(job->cli, &job->machine, job->release, sizeof(job->release));

	if (status)
		return status;
	if (mb_memmodel_fits(job->config.model, job->machine, job->config.struct_page, &err))
		return mb_say_err(job->cli, MB_EXIT_USAGE, NULL, &err);
	job->config.profile = job->cli->opts.kernel ? mb_profile_find(job->cli->opts.kernel)
						    : mb_profile_nearest(job->release);
	job->config.machine = job->machine;
	status = mb_place_opt_topo(job->cli, &job->topo);
	return status ? status : mb_output_begin_bare(job->cli, job->topo, &job->result);
}

/* --- predicting --- */

static int say_target(const struct job *job, int r, const struct mb_err *err)
{
	return mb_say_err(job->cli,
			  r == -ENOSPC || r == -EINVAL || r == -ERANGE ? MB_EXIT_USAGE
								       : MB_EXIT_UNFIT,
			  "this machine's boot", err);
}

/* What the boot works on; with --here on this host's nodes. */
static int find_target(const struct job *job, const struct mb_boot_config *config,
		       struct mb_err *err, struct mb_predict_target *ret_target)
{
	struct mb_boot_config here = *config;
	struct mb_numa_host *host;
	int r;

	if (!job->cli->opts.here)
		return mb_predict_target_new(config, NULL, err, ret_target);
	r = mb_host_new(config->machine, job->topo, NULL, NULL, err, &host);
	if (r)
		return r;
	here.host = mb_host_hooks(host);
	r = mb_predict_target_new(&here, mb_host_mapping(host), err, ret_target);
	mb_host_free(host);
	return r;
}

static int predict_one(struct job *job)
{
	struct mb_err err = {0};
	int r = find_target(job, &job->config, &err, &job->answer.target);

	if (r)
		return say_target(job, r, &err);
	mb_costmodel_predict(job->fit.model, &job->answer.target.features, &job->answer.prediction);
	return MB_EXIT_OK;
}

/* The machine of a point: another text, or the same machine. */
static int point_machine(const struct job *job, double value, struct mb_err *err,
			 struct mb_machine **ret_machine)
{
	const struct mb_opts *opts = &job->cli->opts;
	MB_FREE char *text = NULL;
	uint64_t page_bytes = 0;
	int r;

	*ret_machine = NULL;
	if (!mb_predict_vary_rows[job->vary.what].text)
		return 0;
	text = mb_predict_vary_text(opts->machine, job->vary.what, value, err);
	r = text ? mb_machine_opt_parse(text, opts->cmdline, err, ret_machine) : err->code;
	if (r)
		return r;
	if (opts->page_size)
		mb_parse_size_str(opts->page_size, &page_bytes);
	r = mb_machine_set_sizes(*ret_machine, page_bytes, opts->section_size, err);
	return r ? r
		 : mb_memmodel_fits(job->config.model, *ret_machine, job->config.struct_page, err);
}

static int predict_point(const struct job *job, double value, struct mb_err *err,
			 struct mb_predict_point *ret_point)
{
	struct mb_boot_config config = job->config;
	struct mb_costmodel_prediction prediction;
	struct mb_predict_target target = {0};
	struct mb_machine *machine;
	int r = point_machine(job, value, err, &machine);

	if (machine)
		config.machine = machine;
	if (job->vary.what == MB_PREDICT_VARY_THREADS)
		config.threads = (unsigned)value;
	if (!r)
		r = find_target(job, &config, err, &target);
	if (!r && job->vary.what == MB_PREDICT_VARY_CHUNK)
		mb_predict_target_set_chunk(
			&target, value / (double)(UINT64_C(1) << job->machine->page_shift));
	if (!r) {
		mb_costmodel_predict(job->fit.model, &target.features, &prediction);
		*ret_point = (struct mb_predict_point){
			.value = value,
			.memory_bytes = target.memory_bytes,
			.threads = mb_predict_target_threads(&target),
			.first_allocation = prediction.first_allocation,
			.all_memory = prediction.all_memory,
			.beyond = prediction.beyond,
		};
	}
	mb_predict_target_fini(&target);
	mb_machine_free(machine);
	return r;
}

static int predict_curve(struct job *job)
{
	struct mb_err err = {0};
	char what[80];

	for (size_t i = 0; i < job->vary.count; i++) {
		double value = job->vary.values[i];

		if (!predict_point(job, value, &err, &job->points[i]))
			continue;
		snprintf(what, sizeof(what), "with %s=%s",
			 mb_predict_vary_rows[job->vary.what].name,
			 mb_predict_vary_value(job->vary.what, value).text);
		return mb_say_err(job->cli, MB_EXIT_USAGE, what, &err);
	}
	return MB_EXIT_OK;
}

/* --- result and tables --- */

static int fill_result(struct job *job)
{
	struct mb_result *result = job->result;
	MB_FREE char *text = mb_machine_print(job->machine);
	char hash[20];

	if (!text)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)mb_machine_hash(job->machine));
	mb_result_set(result, MB_RESULT_MACHINE, text);
	mb_result_set(result, MB_RESULT_MACHINE_HASH, hash);
	mb_result_set(result, MB_RESULT_MAP_SOURCE, job->machine->source);
	mb_result_set(result, MB_RESULT_KERNEL_PROFILE, job->config.profile->name);
	mb_result_set(result, MB_RESULT_POLICY, mb_boot_policies[job->config.policy]);
	mb_result_set(result, MB_RESULT_STRUCT_PAGE, job->config.struct_page->name);
	mb_predict_result_add_fit(result, &job->fit);
	if (job->vary.count)
		mb_predict_result_add_curve(result, &job->vary, job->points);
	else
		mb_predict_result_add(result, job->fit.model, &job->answer);
	for (size_t i = 0; i < result->nr_runs; i++)
		mb_result_run_set_model(result->runs[i], job->config.model->name);
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
}

static void add_plan(const struct job *job, struct mb_strbuf *text)
{
	const struct mb_boot_config *config = &job->config;

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
	add_fit(job, text);
}

static int show(const struct job *job)
{
	struct mb_strbuf text = {0};
	unsigned beyond = 0;

	if (!job->output.tables)
		return MB_EXIT_OK;
	add_plan(job, &text);
	if (job->vary.count) {
		mb_predict_table_add_curve(&text, &job->term, &job->vary, job->points,
					   "to all memory");
		for (size_t i = 0; i < job->vary.count; i++)
			beyond |= job->points[i].beyond;
		mb_predict_table_add_beyond(&text, job->fit.model, beyond);
	} else {
		mb_predict_table_add(&text, &job->term, job->fit.model, &job->answer);
	}
	if (job->cli->opts.explain)
		mb_predict_table_add_terms(&text, &job->term, job->fit.model, &job->answer);
	return mb_term_write(job->cli, &text);
}

static void release(struct job *job)
{
	mb_predict_target_fini(&job->answer.target);
	mb_predict_fit_fini(&job->fit);
	mb_result_free(job->result);
	mb_topo_free(job->topo);
	mb_machine_free(job->machine);
}

static int run(struct job *job)
{
	int status = prepare(job), saved;

	if (!status)
		status = mb_predict_fit_get(job->cli, &job->config, job->topo, job->result,
					    &job->fit);
	if (!status)
		status = predict_one(job);
	if (!status && job->vary.count)
		status = predict_curve(job);
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
	struct job job = {.cli = cli};
	int status = collect(&job);

	if (!status && cli->opts.from_table)
		status = mb_predict_published_run(cli, &job.output,
						  cli->opts.vary ? &job.vary : NULL);
	else if (!status)
		status = run(&job);
	release(&job);
	return status;
}
