/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "benches/runner_flags.h"
#include "cli/bench_opt.h"
#include "cli/say.h"
#include "core/base/align.h"
#include "reports/writer.h"

/* How often and how long rows run, and what becomes of their figures, is nothing to a list of names. */
static int check_list(const struct mb_cli *cli)
{
	const struct mb_opts *opts = &cli->opts;
	const struct {
		const char *name;
		bool given;
	} rows[] = {
		{"-o", opts->output != NULL},
		{"--format", opts->format != NULL},
		{"--counters", opts->counters != NULL},
		{"-r", opts->repetitions > 0},
		{"--min-time", opts->min_time > 0},
		{"--interleave", opts->interleave},
		{"--quick", opts->quick},
		{"--noise", opts->noise},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		if (rows[i].given)
			return mb_say(cli, MB_EXIT_USAGE,
				      "a list of names measures nothing; leave %s out",
				      rows[i].name);
	return MB_EXIT_OK;
}

int mb_bench_opt_check(const struct mb_cli *cli, const struct mb_runner_options *options,
		       const struct mb_output *output)
{
	if (cli->opts.list || mb_runner_flags_list(options))
		return check_list(cli);
	if (output->path && !strcmp(output->path, "-") && mb_runner_flags_display(options))
		return mb_say(cli, MB_EXIT_USAGE,
			      "'--benchmark_format' and the result would both be on standard "
			      "output; leave one out, or give the result a file with -o");
	return MB_EXIT_OK;
}

/* Ends the walk at the first fill that the bandwidth between nodes is taken from. */
static int is_bandwidth(const char *name, const struct mb_bench *row, void *arg)
{
	(void)row, (void)arg;
	return !strncmp(name, "limit/", 6) && strstr(name, "/nonzero/") && !strstr(name, "/cold/")
		       ? -EEXIST
		       : 0;
}

/* The writer, where it holds a bandwidth between nodes; else NULL. */
static const struct mb_writer *find_picky(const struct mb_cli *cli, const struct mb_output *output)
{
	const struct mb_writer *writer =
		output->path ? mb_writer_find(output->path, cli->opts.format, NULL) : NULL;

	return writer && writer->benches_alone ? writer : NULL;
}

static int refuse(const struct mb_cli *cli, const struct mb_writer *writer)
{
	return mb_say(cli, MB_EXIT_USAGE,
		      "format %s holds what the warm fills of 'limit' measure, and none of these "
		      "is chosen; 'memboot bench limit' runs them",
		      writer->name);
}

int mb_bench_opt_check_format(const struct mb_cli *cli, const struct mb_runner_options *options,
			      const struct mb_output *output)
{
	const struct mb_writer *writer = find_picky(cli, output);
	struct mb_err err = {0};

	if (!writer || mb_runner_list(options, is_bandwidth, NULL, &err))
		return MB_EXIT_OK;
	return refuse(cli, writer);
}

int mb_bench_opt_check_variants(const struct mb_cli *cli, const struct mb_output *output)
{
	const struct mb_writer *writer = find_picky(cli, output);

	return writer ? refuse(cli, writer) : MB_EXIT_OK;
}
