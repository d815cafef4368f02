/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_BENCH_OPT_H
#define MB_CLI_BENCH_OPT_H

#include "benches/runner.h"
#include "cli/output.h"

/* What options of `memboot bench` say against each other, found before anything runs. */

/* 0, or MB_EXIT_USAGE after saying why not: options without a meaning for a list, two writers on standard output. */
int mb_bench_opt_check(const struct mb_cli *cli, const struct mb_runner_options *options,
		       const struct mb_output *output);

/* Likewise for a format that holds a bandwidth between nodes, which none of the chosen rows measures. */
int mb_bench_opt_check_format(const struct mb_cli *cli, const struct mb_runner_options *options,
			      const struct mb_output *output);

/* Likewise for --compare-variant, which measures none of them. */
int mb_bench_opt_check_variants(const struct mb_cli *cli, const struct mb_output *output);

#endif
