/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "cli/machine_opt.h"
#include "cli/place_opt.h"
#include "cli/predict_opt.h"
#include "cli/say.h"
#include "core/base/align.h"
#include "core/boot.h"

/* A pair that does not go together. */
struct conflict {
	bool both;
	const char *one, *other, *why;
};

static int say_first(const struct mb_cli *cli, const struct conflict *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].both)
			return mb_say(cli, MB_EXIT_USAGE, "option '--%s' does not go with %s: %s",
				      rows[i].one, rows[i].other, rows[i].why);
	return MB_EXIT_OK;
}

/* A table says all that is known of its node. */
static int check_table(const struct mb_cli *cli)
{
	const struct mb_opts *o = &cli->opts;
	const struct conflict rows[] = {
		/* clang-format off */
		{mb_machine_opt_named(cli), "from-table", "a machine", "a table is of the node that was measured"},
		{o->host_model, "from-table", "--host-model", "one of them says what is fitted"},
		{o->refit, "from-table", "--refit", "no host is fitted"},
		{o->hold_out, "from-table", "--hold-out", "no host is fitted"},
		{o->store, "from-table", "--store", "no host is fitted"},
		{o->budget > 0, "from-table", "--budget", "nothing is measured"},
		{o->max_memory, "from-table", "--max-memory", "nothing is measured"},
		{o->here, "from-table", "--here", "a table is of the node that was measured"},
		{o->explain, "from-table", "--explain", "a table tells of no phases"},
		{o->threads, "from-table", "--threads", "--vary threads=N predicts other numbers of them"},
		{o->kernel, "from-table", "--kernel", "a table is of the kernel that was measured"},
		{o->policy, "from-table", "--policy", "a table is of deferred init"},
		{o->model, "from-table", "--model", "a table is of the kernel that was measured"},
		{o->struct_page, "from-table", "--struct-page", "a line 'page_bytes = N' of the table says it"},
		{o->page_size, "from-table", "--page-size", "a table is of the node that was measured"},
		{o->section_size, "from-table", "--section-size", "a table is of the node that was measured"},
		{o->cmdline, "from-table", "--cmdline", "a table is of the node that was measured"},
		/* clang-format on */
	};

	if (o->from_table)
		return say_first(cli, rows, MB_ARRAY_SIZE(rows));
	if (!o->fit_points)
		return MB_EXIT_OK;
	return mb_say(cli, MB_EXIT_USAGE,
		      "option '--fit-points' needs --from-table: it is about a table's points");
}

static int check_host(const struct mb_cli *cli)
{
	const struct mb_opts *o = &cli->opts;
	bool model = o->host_model, cores = mb_place_opt_host(o).cores;
	const struct conflict rows[] = {
		/* clang-format off */
		{model && o->refit, "host-model", "--refit", "that host's fit is made there"},
		{model && o->hold_out, "host-model", "--hold-out", "that host's fit is made there"},
		{model && o->here, "host-model", "--here", "that host's CPUs are not known here"},
		{model && o->store, "host-model", "--store", "each names the file that is read"},
		{model && o->budget > 0, "host-model", "--budget", "nothing is measured"},
		{model && o->max_memory, "host-model", "--max-memory", "nothing is measured"},
		{model && cores, "threads cores", "--host-model", "which of that host's CPUs share a core is not known"},
		{cores && !o->here && mb_machine_opt_named(cli), "threads cores", "a machine",
			"which of its CPUs share a core is not known; take a number, all, or --here"},
		/* clang-format on */
	};

	return say_first(cli, rows, MB_ARRAY_SIZE(rows));
}

static int check_vary(const struct mb_cli *cli, enum mb_policy policy,
		      const struct mb_predict_vary *vary)
{
	const struct mb_predict_vary_row *row = &mb_predict_vary_rows[vary->what];
	const char *machine = cli->opts.machine ? cli->opts.machine : "";
	struct mb_err err = {0};
	char *text;

	if (cli->opts.from_table && vary->what != MB_PREDICT_VARY_THREADS)
		return mb_say(cli, MB_EXIT_USAGE,
			      "option '--vary %s': a table is about threads alone", row->name);
	if (cli->opts.threads && vary->what == MB_PREDICT_VARY_THREADS)
		return mb_say(
			cli, MB_EXIT_USAGE,
			"option '--threads' does not go with --vary threads: each says how many");
	if (row->workers && policy != MB_POLICY_DEFERRED)
		return mb_say(
			cli, MB_EXIT_USAGE,
			"option '--vary %s' does not go with --policy %s, which has no workers",
			row->name, mb_boot_policies[policy]);
	if (!row->text)
		return MB_EXIT_OK;
	text = mb_predict_vary_text(machine, vary->what, 1, &err);
	if (!text)
		return mb_say_err(cli, MB_EXIT_USAGE, NULL, &err);
	free(text);
	return MB_EXIT_OK;
}

int mb_predict_opt_check(const struct mb_cli *cli, enum mb_policy policy,
			 const struct mb_predict_vary *vary)
{
	int status = check_table(cli);

	if (!status)
		status = check_host(cli);
	return status || !vary->count ? status : check_vary(cli, policy, vary);
}
