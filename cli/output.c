/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/host_facts.h"
#include "cli/host_noise.h"
#include "cli/output.h"
#include "cli/overwrite.h"
#include "cli/say.h"
#include "config.h"
#include "reports/comparison_writer.h"
#include "reports/format.h"
#include "reports/save.h"
#include "reports/text.h"
#include "reports/writer.h"

static bool is_standard(const struct mb_output *output)
{
	return output->path && mb_save_is_standard(output->path);
}

static int fail(const struct mb_cli *cli, const struct mb_output *output, const struct mb_err *err)
{
	char what[160] = "cannot write to standard output";

	if (!is_standard(output))
		snprintf(what, sizeof(what), "cannot write '%.120s'", output->path);
	return mb_say_err(cli, MB_EXIT_USAGE, what, err);
}

int mb_output_take(const struct mb_cli *cli, mb_output_check_fn *check,
		   struct mb_output *ret_output)
{
	const struct mb_opts *opts = &cli->opts;
	struct mb_output output = {.path = opts->output};
	struct mb_err err = {0};
	int status;

	if (output.path ? is_standard(&output) : opts->format != NULL)
		output.path = "-";
	output.tables = !opts->quiet && !is_standard(&output);
	if (output.path && check(output.path, opts->format, &err))
		return fail(cli, &output, &err);
	status = mb_overwrite_check_options(cli);
	if (!status)
		*ret_output = output;
	return status;
}

int mb_output_end(const struct mb_cli *cli, const struct mb_output *output, int r,
		  struct mb_err *err)
{
	if (!r && is_standard(output) && fflush(stdout) == EOF)
		r = MB_FAIL(err, -errno, "%s", strerror(errno));
	return !r || r == -EPIPE ? MB_EXIT_OK : fail(cli, output, err);
}

/* What only benches measure is refused before another command has run for nothing. */
static int check_format(const struct mb_cli *cli, const struct mb_output *output)
{
	const struct mb_writer *writer = NULL;

	if (output->path)
		writer = mb_writer_find(output->path, cli->opts.format, NULL);
	if (!writer || !writer->benches_alone ||
	    (cli->cmd->bit & (MB_CMD_BENCH | MB_CMD_REPORT | MB_CMD_HISTORY)))
		return MB_EXIT_OK;
	return mb_say(cli, MB_EXIT_USAGE, "format %s holds what 'memboot bench' measures alone",
		      writer->name);
}

/* Predictions, facts and checks are no benchmarks. */
static bool can_write(const struct mb_cli *cli, const struct mb_writer *writer)
{
	enum mb_cmd_bit bit = cli->cmd->bit;

	if (writer->benches_alone)
		return bit & (MB_CMD_BENCH | MB_CMD_REPORT | MB_CMD_HISTORY) &&
		       !cli->opts.compare_variant;
	if (bit & MB_CMD_DOCTOR)
		return writer->has_noise;
	return !writer->benchmarks_only || !(bit & (MB_CMD_PREDICT | MB_CMD_VALIDATE));
}

/* --format takes the names of all commands' formats; some are of verdicts alone. */
static int check_verdicts(const struct mb_cli *cli)
{
	const char *format = cli->opts.format;
	struct mb_strbuf known = {0};
	int status;

	if (!format || mb_writer_find("-", format, NULL) ||
	    !mb_comparison_writer_find("-", format, NULL))
		return MB_EXIT_OK;
	for (size_t i = 0; i < mb_writers_count; i++)
		if (can_write(cli, &mb_writers[i]))
			mb_strbuf_addf(&known, "%s%s", known.length ? ", " : "",
				       mb_writers[i].name);
	status = mb_say(cli, MB_EXIT_USAGE,
			"format %s is of comparisons alone, which 'memboot compare' and "
			"'memboot gate' write; take one of %s",
			format, mb_strbuf_text(&known));
	mb_strbuf_fini(&known);
	return status;
}

int mb_output_open(const struct mb_cli *cli, struct mb_output *ret_output)
{
	struct mb_output output;
	int status = check_verdicts(cli);

	if (!status)
		status = mb_output_take(cli, mb_writer_check, &output);
	if (!status)
		status = check_format(cli, &output);
	if (!status)
		*ret_output = output;
	return status;
}

int mb_output_check_result(const struct mb_cli *cli, const struct mb_output *output,
			   const struct mb_result *result)
{
	struct mb_err err = {0};

	if (!output->path || !mb_writer_check_result(output->path, cli->opts.format, result, &err))
		return MB_EXIT_OK;
	return fail(cli, output, &err);
}

int mb_output_begin_bare(const struct mb_cli *cli, const struct mb_topo *topo,
			 struct mb_result **ret_result)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_strbuf line = {0};

	if (!result)
		return mb_say(cli, MB_EXIT_UNFIT, "out of memory");
	mb_text_add_argument(&line, "memboot");
	for (int i = 0; i < cli->argc; i++)
		mb_text_add_argument(&line, cli->argv[i]);
	mb_result_set(result, MB_RESULT_TOOL_VERSION, MB_VERSION);
	mb_result_set(result, MB_RESULT_STARTED_UTC, mb_format_utc(time(NULL)).text);
	mb_result_set(result, MB_RESULT_COMMAND_LINE, mb_strbuf_text(&line));
	mb_strbuf_fini(&line);
	if (topo)
		mb_host_facts_add(result, topo);
	*ret_result = result;
	return MB_EXIT_OK;
}

int mb_output_begin(const struct mb_cli *cli, const struct mb_topo *topo,
		    struct mb_result **ret_result)
{
	int status = mb_output_begin_bare(cli, topo, ret_result);

	if (!status)
		mb_host_noise_add_now(*ret_result);
	return status;
}

int mb_output_save(const struct mb_cli *cli, const struct mb_output *output,
		   const struct mb_result *result)
{
	return mb_output_save_all(cli, output, &result, 1);
}

int mb_output_save_all(const struct mb_cli *cli, const struct mb_output *output,
		       const struct mb_result *const *results, size_t count)
{
	return mb_output_save_trends(cli, output, results, count, NULL);
}

int mb_output_save_trends(const struct mb_cli *cli, const struct mb_output *output,
			  const struct mb_result *const *results, size_t count,
			  const struct mb_html_trends *trends)
{
	struct mb_err err = {0};
	int r;

	for (size_t i = 0; i < count; i++)
		if (mb_result_error(results[i]))
			return mb_say(cli, MB_EXIT_UNFIT, "out of memory for the result");
	if (!output->path)
		return MB_EXIT_OK;
	r = mb_writer_save_trends(output->path, cli->opts.format, results, count, trends, stdout,
				  &err);
	return mb_output_end(cli, output, r, &err);
}
