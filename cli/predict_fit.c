/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/host_noise.h"
#include "cli/interrupt.h"
#include "cli/limit.h"
#include "cli/predict_calibrate.h"
#include "cli/predict_fit.h"
#include "cli/predict_host.h"
#include "cli/say.h"
#include "cli/state_file.h"
#include "core/base/cleanup.h"
#include "core/memmodel.h"
#include "numa/clock.h"
#include "numa/sysroot.h"
#include "reports/format.h"

#define DEFAULT_BUDGET_S 120
#define VARIABLE         "MEMBOOT_COSTMODEL"
#define NAME             "costmodel.json"

struct mb_predict_key mb_predict_fit_key(const struct mb_boot_config *config)
{
	struct mb_predict_key key;

	snprintf(key.text, sizeof(key.text), "%s %s %s %s %uK", config->profile->name,
		 config->model->name, config->struct_page->name,
		 mb_machine_arch_name(config->machine->arch),
		 1u << (config->machine->page_shift - 10));
	return key;
}

const char *mb_predict_fit_fact(const struct mb_predict_fit *fit, const char *name)
{
	const char *value = mb_conditions_find(&fit->host.facts, name);

	return value ? value : "not known";
}

bool mb_predict_fit_other_arch(const struct mb_predict_fit *fit, const struct mb_machine *machine)
{
	const char *arch = mb_conditions_find(&fit->host.facts, MB_COSTMODEL_HOST_ARCH);

	if (!arch)
		return false;
	/* uname(2) has a name of its own for one. */
	return strcmp(strcmp(arch, "aarch64") ? arch : "arm64",
		      mb_machine_arch_name(machine->arch)) != 0;
}

void mb_predict_fit_fini(struct mb_predict_fit *fit)
{
	mb_costmodel_host_fini(&fit->host);
	free(fit->path);
	*fit = (struct mb_predict_fit){0};
}

/* --- boots of this host --- */

struct job {
	const struct mb_cli *cli;
	const struct mb_boot_config *config;
	const struct mb_topo *topo;
	const struct mb_result *result;
	struct mb_predict_fit *fit;
	struct mb_limit limit; /* of the boots */
};

static int say_store(const struct job *job, const char *what, const struct mb_err *err)
{
	char text[256];

	snprintf(text, sizeof(text), "%s '%.160s'", what, job->fit->path);
	return mb_say_err(job->cli, err->code == -ENOMEM ? MB_EXIT_UNFIT : MB_EXIT_USAGE, text,
			  err);
}

static int find_limit(struct job *job)
{
	static const struct mb_sysroot live = {.path = "/"};
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf why = {0};
	struct mb_err err = {0};
	const char *source;
	uint64_t available;

	if (mb_sysroot_available(&live, &err, &available, &source))
		return mb_say_err(job->cli, MB_EXIT_UNFIT, "this host's free memory", &err);
	mb_limit_set(&job->limit, 0, available, source, job->cli->opts.max_memory);
	if (mb_limit_check(&job->limit, true, &why))
		return mb_say(job->cli, MB_EXIT_UNFIT, "%s", mb_strbuf_text(&why));
	return MB_EXIT_OK;
}

/* Times into a fit, and that into the store's object. */
static int fit_boots(const struct job *job, const struct mb_predict_boots *boots,
		     const char *loaded)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf why = {0};
	struct mb_predict_fit *fit = job->fit;
	struct mb_predict_key key = mb_predict_fit_key(job->config);
	struct mb_costmodel model;
	int r = mb_costmodel_fit(boots->samples, boots->nr_samples, loaded, &why, &model);

	if (r > 0)
		return mb_say(job->cli, MB_EXIT_UNFIT, "unfit: %s; nothing is stored",
			      mb_strbuf_text(&why));
	if (!r)
		r = mb_costmodel_host_set(&fit->host, job->result);
	if (!r)
		r = mb_costmodel_host_set_made(&fit->host, mb_format_utc(time(NULL)).text);
	if (!r)
		r = mb_costmodel_host_put(&fit->host, key.text, &model);
	if (r)
		return mb_say(job->cli, MB_EXIT_UNFIT, "the boots cannot be fitted: %s",
			      strerror(-r));
	fit->model = mb_costmodel_host_find(&fit->host, key.text);
	fit->fresh = true;
	fit->nr_machines = boots->nr_samples;
	fit->rounds = boots->rounds;
	return MB_EXIT_OK;
}

/* How far off the fit is on machines that it does not know. */
static int hold_out(const struct job *job, const struct mb_predict_boots *boots)
{
	struct mb_predict_fit *fit = job->fit;
	int r = mb_costmodel_holdouts(boots->samples, boots->nr_samples, fit->holdouts,
				      MB_PREDICT_MAX_HOLDOUTS);

	if (r < 0)
		return mb_say(job->cli, MB_EXIT_UNFIT, "machines cannot be held out: %s",
			      strerror(-r));
	fit->nr_holdouts = (size_t)r;
	return MB_EXIT_OK;
}

/* Fewer boots than a fit needs are not begun. */
static int say_memory(const struct job *job, uint64_t enough_bytes)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf limit = {0};
	bool there = enough_bytes <= job->limit.available_bytes;

	mb_limit_add(&limit, &job->limit);
	if (there) {
		mb_strbuf_add(&limit, "; use --max-memory ");
		mb_limit_add_enough(&limit, enough_bytes);
	}
	return mb_say(
		job->cli, job->limit.chosen ? MB_EXIT_USAGE : MB_EXIT_UNFIT,
		"the boots that this host is fitted on need %s of real memory; the limit is %s",
		mb_format_bytes((double)enough_bytes).text, mb_strbuf_text(&limit));
}

static int say_boots(const struct job *job, int r, uint64_t enough_bytes, const struct mb_err *err)
{
	if (r == -ENOMEM && enough_bytes)
		return say_memory(job, enough_bytes);
	if (r == -ECANCELED)
		return mb_say(job->cli, MB_EXIT_SIGNAL,
			      "interrupted while this host was fitted; nothing is stored");
	if (r == -ETIME)
		return mb_say(job->cli, MB_EXIT_PART, "%s; give more --budget", err->text);
	return mb_say_err(job->cli, MB_EXIT_UNFIT, "the boots that this host is fitted on", err);
}

static int boot_and_fit(struct job *job, struct mb_predict_calibrate *want)
{
	const struct mb_opts *opts = &job->cli->opts;
	struct mb_progress *progress = mb_progress_new(!opts->quiet && !opts->no_progress);
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf why = {0};
	struct mb_predict_host before, after;
	struct mb_predict_boots boots = {0};
	struct mb_result *noise = mb_result_new(NULL);
	struct mb_err err = {0};
	bool loaded = false;
	int status, r;

	if (noise)
		mb_host_noise_add_now(noise);
	mb_predict_host_look(&before);
	mb_progress_watch(progress, mb_predict_calibrate_view, want);
	r = noise ? mb_predict_calibrate_run(want, &err, &boots)
		  : MB_FAIL(&err, -ENOMEM, "out of memory");
	mb_progress_free(progress);
	mb_predict_host_look(&after);
	if (!r)
		loaded = mb_predict_host_loaded(&noise->noise, &before, &after,
						(double)sysconf(_SC_CLK_TCK), boots.scatter, &why);
	status = r ? say_boots(job, r, boots.enough_bytes, &err)
		   : fit_boots(job, &boots, loaded ? mb_strbuf_text(&why) : NULL);
	if (!status && opts->hold_out)
		status = hold_out(job, &boots);
	mb_predict_boots_fini(&boots);
	mb_result_free(noise);
	return status;
}

/* Only boots are interrupted with words: whoever reads or writes a file that blocks is ended by the first signal. */
static int make(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	struct mb_interrupt interrupt = {.signal_fd = -1, .stop_fd = -1};
	struct mb_predict_calibrate want = {
		.topo = job->topo,
		.profile = job->config->profile,
		.model = job->config->model,
		.struct_page = job->config->struct_page,
		.like = job->config->machine,
		.least = MB_COSTMODEL_MIN_POINTS,
		.budget_s = opts->budget > 0 ? opts->budget : DEFAULT_BUDGET_S,
		.seed = mb_clock_now_ns(),
		.cancel = &interrupt.cancel,
	};
	int status = find_limit(job);

	want.allowed_bytes = job->limit.allowed_bytes;
	if (!status)
		status = mb_interrupt_begin(job->cli, &interrupt);
	if (!status)
		status = boot_and_fit(job, &want);
	mb_interrupt_stop(&interrupt);
	return status;
}

/* A fit that cannot be kept is not worth minutes: found out before. */
static int check_store(const struct job *job)
{
	struct mb_err err = {0};

	return mb_state_file_probe(job->fit->path, &err) ? say_store(job, "cannot write", &err)
							 : MB_EXIT_OK;
}

static int make_and_store(struct job *job)
{
	struct mb_err err = {0};
	int status = check_store(job);

	if (!status)
		status = make(job);
	if (!status &&
	    mb_state_file_write(job->fit->path, mb_json_costmodel_write, &job->fit->host, &err))
		status = say_store(job, "cannot write", &err);
	return status;
}

/* --- what is stored --- */

/* 1 with what has changed in why, 0 when nothing has, or -ENOMEM. */
static int find_outdated(const struct job *job, struct mb_strbuf *why)
{
	struct mb_costmodel_host now = {0};
	int r = mb_costmodel_host_set(&now, job->result);

	if (!r)
		r = mb_costmodel_host_outdated(&job->fit->host, &now, why);
	mb_costmodel_host_fini(&now);
	return why->error ? why->error : r;
}

static int say_outdated(const struct job *job, const struct mb_strbuf *why)
{
	return mb_say(
		job->cli, MB_EXIT_PART,
		"the fit in '%.160s' is out of date: %s; --refit makes a new one, --host-model takes it as it is",
		job->fit->path, mb_strbuf_text(why));
}

/*
 * What is stored of other kinds of boots stays with a new fit, as long as this is the same host. No file is replaced that is not a fit,
 * whatever was asked for.
 */
static int use_store(struct job *job)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf why = {0};
	struct mb_predict_fit *fit = job->fit;
	bool refit = job->cli->opts.refit || job->cli->opts.hold_out;
	struct mb_err err = {0};
	int r = mb_json_costmodel_read(fit->path, &err, &fit->host);

	if (r && r != -ENOENT && r != -ESTALE)
		return say_store(job, "cannot read", &err);
	if (r == -ESTALE && !refit && !job->cli->opts.quiet)
		mb_say(job->cli, MB_EXIT_OK,
		       "the fit in '%.160s' is of an older version of the model; this host is fitted now, within --budget",
		       fit->path);
	r = r ? 0 : find_outdated(job, &why);
	if (r < 0)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	if (r && !refit)
		return say_outdated(job, &why);
	if (r)
		mb_costmodel_host_fini(&fit->host);
	if (!refit)
		fit->model =
			mb_costmodel_host_find(&fit->host, mb_predict_fit_key(job->config).text);
	return fit->model ? MB_EXIT_OK : make_and_store(job);
}

/* Another host's, whatever this one is. */
static int use_file(struct job *job)
{
	struct mb_predict_key key = mb_predict_fit_key(job->config);
	struct mb_predict_fit *fit = job->fit;
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf known = {0};
	struct mb_err err = {0};
	int r = mb_json_costmodel_read(fit->path, &err, &fit->host);

	if (r)
		return say_store(job, "cannot read", &err);
	fit->model = mb_costmodel_host_find(&fit->host, key.text);
	if (fit->model)
		return MB_EXIT_OK;
	for (size_t i = 0; i < fit->host.nr_fits; i++)
		mb_strbuf_addf(&known, "%s'%s'", i ? ", " : "", fit->host.fits[i].key);
	return mb_say(
		job->cli, MB_EXIT_USAGE,
		"'%.160s' has no fit of boots '%s' (kernel, model, struct page, architecture, page size), but %s; --kernel, --model, --struct-page and the machine's text choose",
		fit->path, key.text, known.length ? mb_strbuf_text(&known) : "none at all");
}

int mb_predict_fit_get(const struct mb_cli *cli, const struct mb_boot_config *config,
		       const struct mb_topo *topo, const struct mb_result *result,
		       struct mb_predict_fit *ret_fit)
{
	const struct mb_opts *opts = &cli->opts;
	struct job job = {
		.cli = cli,
		.config = config,
		.topo = topo,
		.result = result,
		.fit = ret_fit,
	};

	*ret_fit = (struct mb_predict_fit){0};
	ret_fit->path = opts->host_model ? strdup(opts->host_model)
					 : mb_state_file_path(opts->store, VARIABLE, NAME);
	if (!ret_fit->path)
		return mb_say(cli, MB_EXIT_USAGE,
			      "nowhere to store the fit: HOME is not set; give --store FILE");
	return opts->host_model ? use_file(&job) : use_store(&job);
}
