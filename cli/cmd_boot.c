/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/against.h"
#include "cli/boot_opt.h"
#include "cli/boot_result.h"
#include "cli/boot_table.h"
#include "cli/counters_opt.h"
#include "cli/counters_result.h"
#include "cli/counters_table.h"
#include "cli/filter.h"
#include "cli/host_noise.h"
#include "cli/limit.h"
#include "cli/machine_opt.h"
#include "cli/machine_table.h"
#include "cli/output.h"
#include "cli/place_opt.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/window_opt.h"
#include "cli/interrupt.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/cmdline_note.h"
#include "numa/host.h"
#include "numa/sysroot.h"
#include "reports/mean.h"
#include "reports/text.h"

/* `memboot boot`: what is asked for, what it needs, the repetitions, the result, the tables. */
struct job {
	const struct mb_cli *cli;
	struct mb_term term;
	struct mb_output output;
	size_t repetitions, done;
	size_t boots;     /* in all repetitions */
	char release[65]; /* of the host's kernel */

	struct mb_topo *topo;
	struct mb_machine *machine;
	struct mb_boot_config config;
	struct mb_filter *filter; /* NULL: everything is shown and stored */
	struct mb_limit limit;
	struct mb_against against;

	struct mb_interrupt interrupt;
	struct mb_counters *counters; /* NULL: none were asked for */
	struct mb_numa_host *host;
	struct mb_progress *progress;
	struct mb_result *result;
	struct mb_err err; /* of the first repetition that failed */
};

/* The exit status of a failure; any other errno means that the host could not do it. */
static int exit_of(int code)
{
	static const struct {
		int code, status;
	} rows[] = {
		{0, MB_EXIT_OK},          {-ECANCELED, MB_EXIT_SIGNAL}, {-EUCLEAN, MB_EXIT_NO},
		{-EINVAL, MB_EXIT_USAGE}, {-ERANGE, MB_EXIT_USAGE},     {-ENOSPC, MB_EXIT_USAGE},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		if (rows[i].code == code)
			return rows[i].status;
	}
	return MB_EXIT_UNFIT;
}

static int nothing_matches(const struct job *job)
{
	return mb_say(job->cli, MB_EXIT_USAGE,
		      "nothing matches '%.80s'; 'memboot list stages' has the names of phases",
		      job->cli->opts.filter);
}

static int collect_filter(struct job *job)
{
	struct mb_err err = {0};
	int r;

	if (!job->cli->opts.filter)
		return MB_EXIT_OK;
	r = mb_filter_new(job->cli->opts.filter, &err, &job->filter);
	if (r)
		return mb_say_err(job->cli, r == -ENOMEM ? MB_EXIT_UNFIT : MB_EXIT_USAGE,
				  "--filter", &err);
	return mb_filter_boot(job->filter, job->config.policy) ? MB_EXIT_OK : nothing_matches(job);
}

/* Everything that can be refused without looking at the machine. */
static int collect(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	int status;

	job->repetitions = opts->repetitions ? opts->repetitions : 1;
	job->term = mb_term_open(opts);
	mb_boot_opt_config(opts, &job->config);
	mb_place_opt_config(opts, &job->config);
	job->config.dry_run = opts->dry_run;
	job->config.check = opts->check;
	status = mb_against_check(job->cli);
	if (!status)
		status = mb_window_opt_check(job->cli, &job->config);
	if (!status)
		status = collect_filter(job);
	return status ? status : mb_output_open(job->cli, &job->output);
}

/* What the boot needs. Through windows it is asked once there is a host, whose workers need some each. */
static int check_limit(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	struct mb_boot_config usual;
	struct mb_strbuf why = {0};
	struct mb_err err = {0};
	const struct mb_sysroot host = {.path = "/"};
	const char *source;
	uint64_t available, needed, pools;
	int r, status;

	if (mb_sysroot_available(&host, &err, &available, &source))
		return mb_say_err(job->cli, MB_EXIT_UNFIT, "this host's free memory", &err);
	mb_limit_set(&job->limit, 0, available, source, opts->max_memory);
	mb_window_opt_set(opts, job->topo, job->limit.allowed_bytes, &job->config);
	if (job->config.window_bytes && !job->config.host)
		return MB_EXIT_OK;
	needed = mb_boot_memory_needed(&job->config);
	usual = job->config;
	usual.model = NULL;
	pools = mb_min(mb_place_opt_pool_bytes(opts, &job->config), needed);
	mb_limit_set(&job->limit, needed - pools, available, source, opts->max_memory);
	job->limit.hole_bytes = needed - mb_min(needed, mb_boot_memory_needed(&usual));
	job->limit.pool_bytes = pools;
	job->limit.windows_fit = mb_window_opt_would_fit(&job->config, job->limit.allowed_bytes);
	r = mb_limit_check(&job->limit, opts->dry_run, &why);
	status = r == -E2BIG ? MB_EXIT_USAGE : r ? MB_EXIT_UNFIT : MB_EXIT_OK;
	if (r)
		mb_say(job->cli, (enum mb_exit)status, "%s", mb_strbuf_text(&why));
	mb_strbuf_fini(&why);
	return status;
}

/* "why; what to do", as far as it fits. */
static void advise(struct mb_err *err, const char *what)
{
	size_t length = strlen(err->text);

	snprintf(err->text + length, sizeof(err->text) - length, "; %s", what);
}

/* Machine, limit and host, in the order in which they can be refused. */
static int prepare(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	struct mb_host_options options;
	struct mb_err err = {0};
	int status =
		mb_machine_opt_resolve(job->cli, &job->machine, job->release, sizeof(job->release));

	if (!status)
		status = mb_counters_opt_open(job->cli, &job->counters);
	if (!status)
		status = mb_boot_opt_machine(job->cli, job->machine, job->release, &job->config);
	if (status)
		return status;
	/* The caches say how large windows are. */
	status = mb_window_opt_is_auto(opts) ? mb_place_opt_topo(job->cli, &job->topo) : MB_EXIT_OK;
	if (!status)
		status = check_limit(job);
	if (!status)
		status = mb_against_open(job->cli, job->release, &job->against);
	if (status)
		return status;
	if (!job->config.threads && !job->config.host_threads)
		job->config.threads = mb_against_threads(&job->against);
	if (!job->topo)
		status = mb_place_opt_topo(job->cli, &job->topo);
	if (status)
		return status;
	if (mb_interrupt_begin(job->cli, &job->interrupt))
		return MB_EXIT_UNFIT;
	options = mb_place_opt_host(opts);
	if (mb_host_new(job->machine, job->topo, &options, &job->interrupt.cancel, &err,
			&job->host))
		return mb_say_err(job->cli, MB_EXIT_UNFIT, "this host", &err);
	if (job->counters && mb_host_count_events(job->host, job->counters))
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	job->config.host = mb_host_hooks(job->host);
	if (job->config.window_bytes)
		status = check_limit(job);
	if (!status)
		status = mb_window_opt_check_workers(job->cli, &job->config);
	if (!status && !opts->dry_run)
		status = mb_place_opt_check_pools(job->cli, &job->config,
						  mb_host_mapping(job->host), job->topo);
	return status;
}

static const char *policy_name(const struct job *job)
{
	return mb_boot_policies[job->config.policy];
}

/* The result with all that is known before the first repetition. */
static int begin_result(struct job *job)
{
	struct mb_host_options options = mb_place_opt_host(&job->cli->opts);
	int status = mb_output_begin(job->cli, job->topo, &job->result);

	if (!status)
		status = mb_boot_opt_result(job->cli, &job->config, job->result);
	if (status)
		return status;
	mb_result_set(job->result, MB_RESULT_BIND, mb_host_map_binds[options.bind]);
	mb_result_set(job->result, MB_RESULT_PAGES, mb_arena_pages[options.pages]);
	mb_window_opt_result(&job->config, job->result);
	if (job->counters)
		mb_counters_result_begin(job->result, job->counters);
	return MB_EXIT_OK;
}

/* What was typed in vain. */
static void add_no_effect(const struct job *job, struct mb_strbuf *text)
{
	struct mb_strbuf notes = {0};
	char *line, *next;

	if (!mb_machine_opt_typed(job->cli))
		return;
	mb_cmdline_note_add(&notes, job->machine, job->config.profile);
	for (line = notes.data; line && *line; line = next) {
		next = strchr(line, '\n');
		*next++ = '\0';
		mb_text_add_printable(text, line);
		mb_strbuf_add(text, "\n");
	}
	mb_strbuf_fini(&notes);
}

/* How many workers, and where, when somebody has chosen. */
static void add_placement(const struct job *job, struct mb_strbuf *text)
{
	struct mb_strbuf words = {0};

	mb_place_opt_print(&job->cli->opts, &words);
	if (words.length) {
		mb_strbuf_add(text, "  workers: ");
		mb_text_add_printable(text, mb_strbuf_text(&words));
		mb_strbuf_add(text, "\n");
	}
	mb_strbuf_fini(&words);
}

/* What is going to happen, before it does. */
static int show_plan(const struct job *job)
{
	const struct mb_boot_config *config = &job->config;
	struct mb_strbuf text = {0};

	if (!job->output.tables)
		return MB_EXIT_OK;
	mb_machine_table_add(&text, &job->term, job->machine, mb_host_mapping(job->host),
			     job->cli->opts.verbose);
	mb_machine_table_heading(&text, &job->term, "Boot");
	mb_strbuf_addf(
		&text,
		"  rules of Linux %s (%s runs %s)\n  policy %s, model %s, struct page of %u bytes",
		config->profile->name, job->cli->opts.sysroot ? "that machine" : "this host",
		*job->release ? job->release : "an unknown kernel", policy_name(job),
		config->model->name, config->struct_page->bytes);
	mb_strbuf_addf(&text, "%s%s\n", config->dry_run ? ", dry run" : "",
		       config->check ? ", checked" : "");
	mb_window_opt_print(config, job->topo, &text);
	add_placement(job, &text);
	mb_strbuf_add(&text, "  needs ");
	mb_limit_add_needed(&text, &job->limit);
	mb_strbuf_add(&text, "; the limit is ");
	mb_limit_add(&text, &job->limit);
	mb_strbuf_add(&text, "\n");
	add_no_effect(job, &text);
	return mb_term_write(job->cli, &text);
}

/* What the progress line asks. */
struct watched {
	const struct job *job;
	const struct mb_boot *boot;
};

static void view_progress(void *arg, struct mb_progress_view *ret_view)
{
	const struct watched *watched = arg;
	const struct job *job = watched->job;
	struct mb_boot_progress at;
	char which[32] = "";

	mb_boot_progress(watched->boot, &at);
	if (job->repetitions > 1)
		snprintf(which, sizeof(which), "%zu of %zu: ", job->done + 1, job->repetitions);
	snprintf(ret_view->label, sizeof(ret_view->label), "%s%s", which,
		 at.stage ? at.stage->name : "boot");
	ret_view->done = at.done;
	ret_view->total = at.total;
}

/* "text: more", as far as it fits. */
static void append(char *text, size_t size, const char *more)
{
	struct mb_strbuf both = {0};

	mb_strbuf_addf(&both, "%s%s%s", text, *text ? ": " : "", more);
	snprintf(text, size, "%s", mb_strbuf_text(&both));
	mb_strbuf_fini(&both);
}

/* The engine's reason, and the host's own when a hook failed. */
static void keep_reason(struct job *job, const struct mb_boot *boot, int r)
{
	struct mb_err host = {0};

	job->err = *mb_boot_err(boot);
	mb_host_take_err(job->host, &host);
	if (!job->err.code)
		job->err = host;
	else if (host.code)
		append(job->err.text, sizeof(job->err.text), host.text);
	if (!job->err.code)
		job->err.code = r;
}

/* What the kernel has made the memory of; one that does not say is no reason to end, and is said once. */
static void store_pages(struct job *job)
{
	struct mb_run *run = mb_result_run(job->result, MB_RUN_TOTAL, MB_BOOT_TOTAL_FAULT,
					   MB_RUN_NONE, MB_RUN_NONE);
	struct mb_hugepages_got got;
	struct mb_err err = {0};

	if (mb_arena_got(mb_host_arena(job->host), &got, &err)) {
		if (!job->boots)
			mb_result_add_fact(job->result, MB_BOOT_FACT_PAGES, NULL, err.text);
		return;
	}
	mb_result_run_set(run, MB_METRIC_BASE_PAGE_BYTES, job->done, (double)got.base_bytes);
	mb_result_run_set(run, MB_METRIC_THP_BYTES, job->done, (double)got.thp_bytes);
	mb_result_run_set(run, MB_METRIC_HUGETLB_BYTES, job->done, (double)got.hugetlb_bytes);
}

/* One boot, from nothing to undone. 0 or a negative errno, then job->err says why. */
static int boot_once(struct job *job)
{
	struct watched watched = {.job = job};
	struct mb_boot_repetition ended = {.index = job->done,
					   .dry_run = job->config.dry_run,
					   .map = mb_host_mapping(job->host),
					   .host = job->host};
	struct mb_boot *boot;
	int r = mb_boot_new(&job->config, &job->err, &boot);

	if (r)
		return r;
	watched.boot = boot;
	mb_progress_watch(job->progress, view_progress, &watched);
	r = mb_boot_run(boot);
	mb_progress_watch(job->progress, NULL, NULL);
	ended.complete = r == 0;
	mb_boot_result_add(job->result, boot, &ended);
	if (!r && !job->config.dry_run)
		store_pages(job);
	if (job->counters) {
		mb_counters_result_add(job->result, job->counters, job->done);
		mb_counters_clear(job->counters);
	}
	if (r)
		keep_reason(job, boot, r);
	else if (job->config.check && !job->config.dry_run)
		r = mb_boot_result_settle(job->result, boot, job->done, &job->err);
	mb_boot_free(boot);
	job->boots += !r;
	return r;
}

/* What the boot took that was recorded last, without what is beside the totals; one without a time is enough. */
static double boot_ns(const struct job *job)
{
	const struct mb_run *run = mb_result_run(job->result, MB_RUN_TOTAL, MB_BOOT_TOTAL_PHASES,
						 MB_RUN_NONE, MB_RUN_NONE);

	return run && job->done < run->metrics[MB_METRIC_WALL_NS].count
		       ? run->metrics[MB_METRIC_WALL_NS].values[job->done]
		       : HUGE_VAL;
}

/* As many boots as need the least time; without one, one. A boot that came to no end is no part of their mean. */
static int repeat(struct job *job)
{
	double least_ns = job->cli->opts.min_time * 1e9, ns = 0;
	struct mb_mean mean = {0};
	int r;

	do {
		r = boot_once(job);
		if (r || !(least_ns > 0))
			break;
		ns += boot_ns(job);
		mb_mean_take(&mean, job->result, job->done);
		r = mb_result_error(job->result);
	} while (!r && ns < least_ns);
	mb_mean_put(&mean, job->result, job->done);
	mb_mean_clear(&mean);
	return r;
}

static int repeat_all(struct job *job)
{
	int r = 0;

	job->progress = mb_progress_new(!job->cli->opts.no_progress && !job->cli->opts.quiet);
	while (!r && job->done < job->repetitions) {
		r = repeat(job);
		job->done += !r;
	}
	mb_progress_free(job->progress);
	return r;
}

/* Where the workers really ran. */
static void store_workers(struct job *job)
{
	struct mb_workers_report report;
	struct mb_strbuf text = {0};

	mb_host_workers(job->host, &report);
	if (report.nr_unpinned)
		mb_strbuf_addf(&text, "%zu of %zu ran unpinned: %s", report.nr_unpinned,
			       report.nr_workers, report.err.text);
	else if (report.nr_strayed)
		mb_strbuf_addf(&text, "%zu of %zu ran on another CPU than theirs: %s",
			       report.nr_strayed, report.nr_workers, report.err.text);
	else
		mb_strbuf_add(&text, "verified");
	if (report.nr_workers)
		mb_result_set(job->result, MB_RESULT_WORKERS, mb_strbuf_text(&text));
	mb_strbuf_fini(&text);
}

static void end_result(struct job *job, int r)
{
	const char *text = job->err.text[0] ? job->err.text : strerror(-r);
	char reason[320];

	if (!r)
		return;
	snprintf(reason, sizeof(reason), "%s%s%s%s", r == -ECANCELED ? "interrupted" : text,
		 job->err.stage ? " in stage " : "", job->err.stage ? job->err.stage : "",
		 job->repetitions > 1 && r == -ECANCELED ? ", repetitions are missing" : "");
	mb_result_set_status(job->result, r == -ECANCELED ? MB_RESULT_PARTIAL : MB_RESULT_FAILED,
			     reason);
}

static bool limits_address_space(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

/* What gives more of it: a thread has no room for its stack, or there are too many already. */
static const char *more_of(int r)
{
	bool space = limits_address_space();

	if (r == -EAGAIN)
		return space ? "raise ulimit -u or -v, or use --threads 1"
			     : "raise ulimit -u, or use --threads 1";
	return space ? "use a smaller machine or --dry-run, or raise ulimit -v"
		     : "use a smaller machine or --dry-run";
}

/* One line about how it ended, unless all is well; path: where the result is, NULL: nowhere. */
static int say_end(const struct job *job, int r, const char *path)
{
	struct mb_err err = job->err;

	if (!r)
		return MB_EXIT_OK;
	if (r == -ECANCELED)
		return mb_say(job->cli, MB_EXIT_SIGNAL,
			      "interrupted after %zu of %zu repetition%s; everything is freed%s%s",
			      job->done, job->repetitions, job->repetitions == 1 ? "" : "s",
			      path ? ", the partial result is in " : "", path ? path : "");
	if (r == -ENOSPC)
		advise(&err,
		       "give the machine more memory, or less of it reserved or hotpluggable");
	if (r == -ENOMEM || r == -EAGAIN)
		advise(&err, more_of(r));
	return mb_say_err(job->cli, (enum mb_exit)exit_of(r), NULL, &err);
}

/* Things that do not stop a boot but change what its figures mean. */
static void add_notes(const struct job *job, struct mb_strbuf *text, int r)
{
	const char *workers = job->result->fields[MB_RESULT_WORKERS];

	if (workers && strcmp(workers, "verified") != 0) {
		mb_strbuf_add(text, "\nworkers: ");
		mb_text_add_printable(text, workers);
		mb_strbuf_add(text, "\n");
	}
	mb_boot_table_add_checks(text, job->result, job->config.check && !r);
	if (!job->config.dry_run)
		mb_host_noise_add_line(text, job->result);
	else
		mb_strbuf_add(text, "\ndry run: no descriptors, so no memory was handed over\n");
}

/* The phases before the rest of the result goes: what they are parts of is in it. */
static void show_phases(const struct job *job, struct mb_strbuf *text)
{
	if (job->output.tables)
		mb_boot_table_add(text, &job->term, job->result, job->filter,
				  job->cli->opts.verbose);
}

static int show_result(const struct job *job, int r, struct mb_strbuf *text)
{
	if (!job->output.tables)
		return MB_EXIT_OK;
	mb_counters_table_add(text, &job->term, job->result, true);
	mb_against_table_add(text, &job->term, &job->against, job->result);
	add_notes(job, text, r);
	return mb_term_write(job->cli, text);
}

/* A boot that ended early has no times to compare. */
static void add_against(struct job *job, int r)
{
	if (job->against.wanted && !r)
		mb_against_add(&job->against, &job->config, mb_host_mapping(job->host),
			       job->result);
}

/*
 * The result is written before the tables: a reader of those that goes away must not cost it. Wrong input
 * has no result: a machine that is too small is refused like any other, and an old file is left alone.
 */
static int finish(struct job *job, int r)
{
	struct mb_strbuf text = {0};
	int status, saved, shown;

	if (exit_of(r) == MB_EXIT_USAGE)
		return say_end(job, r, NULL);
	for (size_t i = 0; i < job->result->nr_runs; i++)
		mb_result_run_set_model(job->result->runs[i], job->config.model->name);
	store_workers(job);
	end_result(job, r);
	add_against(job, r);
	show_phases(job, &text);
	if (!mb_filter_result(job->filter, job->result) && !r) {
		mb_strbuf_fini(&text);
		return nothing_matches(job);
	}
	saved = mb_output_save(job->cli, &job->output, job->result);
	shown = show_result(job, r, &text);
	status = say_end(job, r, saved ? NULL : job->output.path);
	if (!status)
		status = mb_counters_opt_check(job->cli, job->result);
	if (!status && job->against.why.code)
		status = mb_say_err(job->cli, MB_EXIT_PART, "--against-dmesg", &job->against.why);
	return status ? status : saved ? saved : shown;
}

static void release(struct job *job)
{
	mb_against_close(&job->against);
	mb_filter_free(job->filter);
	mb_result_free(job->result);
	mb_host_free(job->host);
	mb_counters_free(job->counters); /* the host's threads count until they end */
	mb_interrupt_stop(&job->interrupt);
	mb_topo_free(job->topo);
	mb_machine_free(job->machine);
}

int mb_cmd_boot_run(struct mb_cli *cli)
{
	struct job job = {.cli = cli, .interrupt = {.signal_fd = -1, .stop_fd = -1}};
	int status = collect(&job);

	if (!status)
		status = prepare(&job);
	if (!status)
		status = begin_result(&job);
	if (!status)
		status = show_plan(&job);
	if (!status)
		status = finish(&job, repeat_all(&job));
	release(&job);
	return status;
}
