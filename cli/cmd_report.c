/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inputs.h"
#include "cli/output.h"
#include "cli/report_trends.h"
#include "cli/say.h"

/* `memboot report`: results that were written as JSON, in another format, several side by side. */
struct job {
	struct mb_cli *cli;
	struct mb_output output;
	struct mb_inputs inputs;
};

static int read_all(struct job *job)
{
	int status = MB_EXIT_OK;
	bool standard = false;

	for (int i = 0; i < job->cli->nr_args; i++) {
		int own = mb_inputs_read(job->cli, job->cli->args[i], &standard, &job->inputs);

		status = status ? status : own;
	}
	return status;
}

static int report(struct job *job)
{
	const struct mb_inputs *inputs = &job->inputs;
	struct mb_opts *opts = &job->cli->opts;
	struct mb_report_trends *trends = NULL;
	int status;

	if (!job->cli->nr_args)
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "a result is missing: memboot report RESULT... -o FILE");
	if (!opts->output && !opts->format)
		opts->format = "text";
	status = mb_output_open(job->cli, &job->output);
	if (!status)
		status = read_all(job);
	if (status)
		return status;
	status = mb_report_trends_read(job->cli, (const struct mb_result *const *)inputs->results,
				       inputs->count, &trends);
	if (!status)
		status = mb_output_save_trends(job->cli, &job->output,
					       (const struct mb_result *const *)inputs->results,
					       inputs->count, mb_report_trends_shown(trends));
	mb_report_trends_free(trends);
	return status;
}

int mb_cmd_report_run(struct mb_cli *cli)
{
	struct job job = {.cli = cli};
	int status;

	if (cli->opts.list_formats)
		return mb_cmd_list_show(cli, "formats");
	status = report(&job);
	mb_inputs_fini(&job.inputs);
	return status;
}
