/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_OUTPUT_H
#define MB_CLI_OUTPUT_H

#include "cli/cmd.h"
#include "numa/topo.h"
#include "reports/result.h"
#include "reports/writer.h"

/* -o, --format and -q, the same in every command that measures. */
struct mb_output {
	const char *path; /* of the result; "-": standard output; NULL: none is wanted */
	bool tables;      /* standard output shows tables */
};

/* For those who write something else than results: checks a path and a format, as mb_writer_check() does. */
typedef int mb_output_check_fn(const char *path, const char *format, struct mb_err *err);
int mb_output_take(const struct mb_cli *cli, mb_output_check_fn *check,
		   struct mb_output *ret_output);
/* After writing, r being what came of it: 0, or the exit status after saying why not; a reader that has gone away is fine. */
int mb_output_end(const struct mb_cli *cli, const struct mb_output *output, int r,
		  struct mb_err *err);

/* Before anything runs: 0, or the exit status after saying why the result could not be written. */
int mb_output_open(const struct mb_cli *cli, struct mb_output *ret_output);

/* Whether a result such as this one could be written, for before long work. 0, or the exit status after saying why not. */
int mb_output_check_result(const struct mb_cli *cli, const struct mb_output *output,
			   const struct mb_result *result);

/*
 * A result that knows the program, the command line, the host and its noise now. 0 or the exit status after saying
 * why not.
 */
int mb_output_begin(const struct mb_cli *cli, const struct mb_topo *topo,
		    struct mb_result **ret_result);

/* The same without the host's noise rows, for a command that has its own; topo NULL: and without the host, for what is not of it. */
int mb_output_begin_bare(const struct mb_cli *cli, const struct mb_topo *topo,
			 struct mb_result **ret_result);

/*
 * Writes the result where it is wanted. 0 or the exit status after saying why not; a reader that
 * has gone away is fine.
 */
int mb_output_save(const struct mb_cli *cli, const struct mb_output *output,
		   const struct mb_result *result);

/* The same with several in one file, and with trends of a history (NULL: none). */
int mb_output_save_trends(const struct mb_cli *cli, const struct mb_output *output,
			  const struct mb_result *const *results, size_t count,
			  const struct mb_html_trends *trends);

/* The same with several in one file. */
int mb_output_save_all(const struct mb_cli *cli, const struct mb_output *output,
		       const struct mb_result *const *results, size_t count);

#endif
