/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "cli/machine_opt.h"
#include "cli/place_opt.h"
#include "cli/predict_plan.h"
#include "cli/say.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "core/memmodel.h"
#include "numa/host.h"

/* What the boot works on; with --here on this host's nodes, and where one worker a core is asked for, which only a host knows. */
static int find_target(const struct mb_predict_plan *plan, const struct mb_boot_config *config,
		       struct mb_err *err, struct mb_predict_target *ret_target)
{
	struct mb_host_options options = mb_place_opt_host(&plan->cli->opts);
	struct mb_boot_config here = *config;
	struct mb_numa_host *host;
	int r;

	if (!plan->cli->opts.here && !options.cores)
		return mb_predict_target_new(config, NULL, err, ret_target);
	r = mb_host_new(config->machine, plan->topo, &options, NULL, err, &host);
	if (r)
		return r;
	here.host = mb_host_hooks(host);
	r = mb_predict_target_new(&here, mb_host_mapping(host), err, ret_target);
	mb_host_free(host);
	return r;
}

/* The machine of a point: another text, or NULL for the same machine. */
static int point_machine(const struct mb_predict_plan *plan, double value, struct mb_err *err,
			 struct mb_machine **ret_machine)
{
	const struct mb_opts *opts = &plan->cli->opts;
	MB_FREE char *text = NULL;
	uint64_t page_bytes = 0;
	int r;

	*ret_machine = NULL;
	if (!mb_predict_vary_rows[plan->vary.what].text)
		return 0;
	text = mb_predict_vary_text(opts->machine, plan->vary.what, value, err);
	r = text ? mb_machine_opt_parse(text, opts->cmdline, err, ret_machine) : err->code;
	if (r)
		return r;
	if (opts->page_size)
		mb_parse_size_str(opts->page_size, &page_bytes);
	r = mb_machine_set_sizes(*ret_machine, page_bytes, opts->section_size, err);
	return r ? r
		 : mb_memmodel_fits(plan->config.model, *ret_machine, plan->config.struct_page,
				    err);
}

/* padata's chunks are of whole sections: each value becomes what it would do, and those that are the same are one. */
static void round_chunks(struct mb_predict_plan *plan)
{
	double section = ldexp(1, (int)plan->config.machine->section_shift);
	struct mb_predict_vary *vary = &plan->vary;
	size_t count = 0;

	for (size_t i = 0; i < vary->count; i++) {
		double value = vary->values[i];

		/* Less than one is refused as it is. */
		if (value >= section)
			value = section * ceil(value / section);
		if (!count || value > vary->values[count - 1])
			vary->values[count++] = value;
	}
	vary->count = count;
}

static int set_chunk(const struct mb_machine *machine, double bytes, struct mb_err *err,
		     struct mb_predict_target *target)
{
	double section = ldexp(1, (int)machine->section_shift);

	if (bytes < section)
		return MB_FAIL(err, -EINVAL,
			       "padata's chunks are of whole sections; the least is %s",
			       mb_strbuf_size((uint64_t)section).text);
	mb_predict_target_set_chunk(target, ldexp(bytes, -(int)machine->page_shift));
	return 0;
}

static int find_point(const struct mb_predict_plan *plan, double value, struct mb_err *err,
		      struct mb_predict_target *ret_target)
{
	struct mb_boot_config config = plan->config;
	struct mb_machine *machine;
	int r = point_machine(plan, value, err, &machine);

	if (machine)
		config.machine = machine;
	if (plan->vary.what == MB_PREDICT_VARY_THREADS)
		config.threads = (unsigned)value;
	if (!r)
		r = find_target(plan, &config, err, ret_target);
	if (!r && plan->vary.what == MB_PREDICT_VARY_CHUNK)
		r = set_chunk(config.machine, value, err, ret_target);
	mb_machine_free(machine);
	return r;
}

static int say(const struct mb_predict_plan *plan, int r, const char *what,
	       const struct mb_err *err)
{
	return mb_say_err(plan->cli,
			  r == -ENOSPC || r == -EINVAL || r == -ERANGE ? MB_EXIT_USAGE
								       : MB_EXIT_UNFIT,
			  what, err);
}

int mb_predict_plan_count(struct mb_predict_plan *plan)
{
	const char *name = mb_predict_vary_rows[plan->vary.what].name;
	struct mb_err err = {0};
	char what[80];
	int r = find_target(plan, &plan->config, &err, &plan->target);

	if (r)
		return say(plan, r, "this machine's boot", &err);
	if (plan->vary.what == MB_PREDICT_VARY_CHUNK)
		round_chunks(plan);
	for (size_t i = 0; i < plan->vary.count; i++) {
		double value = plan->vary.values[i];

		if (plan->cancel && atomic_load(plan->cancel))
			return mb_say(plan->cli, MB_EXIT_SIGNAL,
				      "interrupted; nothing was predicted");
		r = find_point(plan, value, &err, &plan->points[i]);
		if (!r)
			continue;
		snprintf(what, sizeof(what), "with %s=%s", name,
			 mb_predict_vary_value(plan->vary.what, value).text);
		return say(plan, r, what, &err);
	}
	return MB_EXIT_OK;
}

void mb_predict_plan_fini(struct mb_predict_plan *plan)
{
	mb_predict_target_fini(&plan->target);
	for (size_t i = 0; i < plan->vary.count; i++)
		mb_predict_target_fini(&plan->points[i]);
}
