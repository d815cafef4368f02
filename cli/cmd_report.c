/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/overwrite.h"
#include "cli/report_trends.h"
#include "cli/say.h"
#include "core/base/err.h"
#include "reports/json.h"

/* `memboot report`: results that were written as JSON, in another format, several side by side. */
struct job {
	struct mb_cli *cli;
	struct mb_output output;
	char **paths; /* of the inputs, "-" for standard input */
	size_t nr_paths;
	struct mb_result **results; /* of each path; NULL where it could not be read */
};

static int add_path(struct job *job, const char *path)
{
	char **more;

	if (mb_overwrite_check(job->cli, path))
		return MB_EXIT_USAGE;
	more = reallocarray(job->paths, job->nr_paths + 1, sizeof(*more));
	if (more)
		job->paths = more;
	if (!more || !(more[job->nr_paths] = strdup(path)))
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	job->nr_paths++;
	return MB_EXIT_OK;
}

/* A pattern that no shell has expanded: it stood in quotes, or matches nothing. */
static int add_matches(struct job *job, const char *pattern)
{
	glob_t found;
	int r = glob(pattern, 0, NULL, &found), status = MB_EXIT_OK;

	if (r == GLOB_NOSPACE)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	if (r)
		return mb_say(job->cli, MB_EXIT_USAGE, "no file matches '%.120s'", pattern);
	for (size_t i = 0; i < found.gl_pathc && !status; i++)
		status = add_path(job, found.gl_pathv[i]);
	globfree(&found);
	return status;
}

/* A file whose name looks like a pattern is meant as it is. */
static int expand(struct job *job)
{
	int status = MB_EXIT_OK;
	bool standard = false;

	for (int i = 0; i < job->cli->nr_args && !status; i++) {
		const char *arg = job->cli->args[i];
		bool is_standard = strcmp(arg, "-") == 0;

		if (is_standard && standard)
			return mb_say(job->cli, MB_EXIT_USAGE,
				      "standard input can be read once, and '-' is there twice");
		standard |= is_standard;
		if (!is_standard && strpbrk(arg, "*?[") && access(arg, F_OK))
			status = add_matches(job, arg);
		else
			status = add_path(job, arg);
	}
	return status;
}

/* Every input that cannot be read gets its line before the command ends. */
static int read_all(struct job *job)
{
	int status = MB_EXIT_OK;

	job->results = calloc(job->nr_paths, sizeof(struct mb_result *));
	if (!job->results)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	for (size_t i = 0; i < job->nr_paths; i++) {
		struct mb_err err = {0};
		char what[160] = "standard input";
		int r = mb_json_read_file(job->paths[i], NULL, &err, &job->results[i]);

		if (!r)
			continue;
		if (strcmp(job->paths[i], "-") != 0)
			snprintf(what, sizeof(what), "cannot read '%.120s'", job->paths[i]);
		status = mb_say_err(job->cli, r == -ENOMEM ? MB_EXIT_UNFIT : MB_EXIT_USAGE, what,
				    &err);
	}
	return status;
}

static int report(struct job *job)
{
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
		status = expand(job);
	if (!status)
		status = read_all(job);
	if (status)
		return status;
	status = mb_report_trends_read(job->cli, (const struct mb_result *const *)job->results,
				       job->nr_paths, &trends);
	if (!status)
		status = mb_output_save_trends(job->cli, &job->output,
					       (const struct mb_result *const *)job->results,
					       job->nr_paths, mb_report_trends_shown(trends));
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
	for (size_t i = 0; i < job.nr_paths; i++) {
		free(job.paths[i]);
		if (job.results)
			mb_result_free(job.results[i]);
	}
	free(job.paths);
	free(job.results);
	return status;
}
