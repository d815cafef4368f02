/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/counters_opt.h"
#include "cli/say.h"
#include "reports/uncounted.h"

/* As many as may be, as perf(1) does. What is then too many is said so. */
static void allow_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* A name that is like no other. */
static void advise(struct mb_err *err)
{
	size_t length = strlen(err->text);

	if (!strchr(err->text, '?'))
		snprintf(err->text + length, sizeof(err->text) - length,
			 "; 'memboot list counters' has names");
}

static int check_events(const struct mb_cli *cli, const struct mb_counters *counters)
{
	for (size_t i = 0; i < mb_counters_count(counters); i++) {
		const struct mb_counters_event *event = mb_counters_event(counters, i);

		if (event->code)
			return mb_say(cli, MB_EXIT_UNFIT, "--require-counters: %s: %s", event->name,
				      event->reason);
	}
	return MB_EXIT_OK;
}

int mb_counters_opt_open(const struct mb_cli *cli, struct mb_counters **ret_counters)
{
	const struct mb_opts *opts = &cli->opts;
	const struct mb_counters_request request = {.list = opts->counters,
						    .kernel = opts->counters_kernel};
	struct mb_counters *counters = NULL;
	struct mb_err err = {0};
	int r, status;

	if (opts->counters) {
		allow_files();
		r = mb_counters_new(&request, &err, &counters);
		if (r == -ENOENT)
			advise(&err);
		if (r)
			return mb_say_err(cli, r == -ENOMEM ? MB_EXIT_UNFIT : MB_EXIT_USAGE,
					  "--counters", &err);
	}
	status = counters && opts->require_counters ? check_events(cli, counters) : MB_EXIT_OK;
	if (status)
		mb_counters_free(counters);
	else
		*ret_counters = counters;
	return status;
}

int mb_counters_opt_check(const struct mb_cli *cli, const struct mb_result *result)
{
	const struct mb_run *run;
	size_t counter;

	if (!cli->opts.counters || !cli->opts.require_counters)
		return MB_EXIT_OK;
	run = mb_uncounted_find(result, &counter);
	if (!run)
		return MB_EXIT_OK;
	return mb_say(cli, MB_EXIT_UNFIT,
		      "--require-counters: %s was not counted in every part of %s: %s",
		      result->counters.rows[counter].name, run->name, run->counts[counter].reason);
}
