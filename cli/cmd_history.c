/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/history_series.h"
#include "cli/history_store.h"
#include "cli/label_opt.h"
#include "cli/say.h"
#include "cli/suggest.h"
#include "core/base/align.h"

/* `memboot history`: a verb is a row that knows which options it heeds. */
enum option {
	REV = 1 << 0,
	LABEL = 1 << 1,
	METRIC = 1 << 2,
	SINCE = 1 << 3,
	OUTPUT = 1 << 4, /* -o and --format */
	BAR = 1 << 5,    /* --threshold */
};

static const struct verb {
	const char *name;
	bool reads; /* the others open it once they have something to add */
	unsigned options;
	int min_args, max_args; /* max_args -1: any number */
	const char *missing;
	int (*run)(struct mb_history_job *job);
} verbs[] = {
	{"add", false, REV | LABEL, 1, -1, "a result", mb_history_store_add},
	{"list", true, REV | LABEL, 0, 0, NULL, mb_history_store_list},
	{"show", true, LABEL | METRIC | BAR, 0, 1, NULL, mb_history_series_show},
	{"check", true, LABEL | METRIC | SINCE | BAR, 0, 1, NULL, mb_history_series_check},
	{"export", true, REV | LABEL | OUTPUT, 0, 0, NULL, mb_history_store_export},
	{"import", false, REV | LABEL, 1, -1, "a file", mb_history_store_import},
};

const char *mb_cmd_history_verb(size_t index)
{
	return index < MB_ARRAY_SIZE(verbs) ? verbs[index].name : NULL;
}

static const char *suggested(const void *arg, size_t index)
{
	(void)arg;
	return mb_cmd_history_verb(index);
}

static int fail_verb(const struct mb_cli *cli)
{
	const char *near;

	if (!cli->nr_args)
		return mb_say(cli, MB_EXIT_USAGE,
			      "what to do is missing: add, list, show, check, export or import");
	near = mb_suggest(cli->args[0], suggested, NULL);
	if (near)
		return mb_say(cli, MB_EXIT_USAGE, "'%.40s' is unknown; did you mean '%s'?",
			      cli->args[0], near);
	return mb_say(cli, MB_EXIT_USAGE,
		      "'%.40s' is unknown; it does add, list, show, check, export and import",
		      cli->args[0]);
}

static int check_usage(const struct mb_cli *cli, const struct verb *verb)
{
	const struct mb_opts *opts = &cli->opts;
	const struct {
		const char *name;
		unsigned option;
		bool given;
	} options[] = {
		{"rev", REV, opts->rev != NULL},          {"label", LABEL, opts->labels.count > 0},
		{"metric", METRIC, opts->metric != NULL}, {"since", SINCE, opts->since != NULL},
		{"output", OUTPUT, opts->output != NULL}, {"format", OUTPUT, opts->format != NULL},
		{"threshold", BAR, opts->threshold > 0},
	};
	int nr_args = cli->nr_args - 1;

	for (size_t i = 0; i < MB_ARRAY_SIZE(options); i++)
		if (options[i].given && !(verb->options & options[i].option))
			return mb_say(cli, MB_EXIT_USAGE,
				      "option '--%s' says nothing to 'history %s'", options[i].name,
				      verb->name);
	if (nr_args < verb->min_args)
		return mb_say(cli, MB_EXIT_USAGE, "%s is missing: memboot history %s FILE...",
			      verb->missing, verb->name);
	if (verb->max_args >= 0 && nr_args > verb->max_args)
		return mb_say(cli, MB_EXIT_USAGE,
			      "argument '%.80s' is one too many; see 'memboot history --help'",
			      cli->args[1 + verb->max_args]);
	return MB_EXIT_OK;
}

int mb_cmd_history_run(struct mb_cli *cli)
{
	struct mb_history_job job = {
		.cli = cli, .args = cli->args + 1, .nr_args = cli->nr_args - 1};
	const struct verb *verb = NULL;
	int status;

	for (size_t i = 0; cli->nr_args && i < MB_ARRAY_SIZE(verbs); i++)
		if (strcmp(cli->args[0], verbs[i].name) == 0)
			verb = &verbs[i];
	if (!verb)
		return fail_verb(cli);
	status = check_usage(cli, verb);
	if (!status)
		status = mb_label_opt_read(cli, &job.labels);
	if (!status && verb->reads)
		status = mb_history_store_open(&job, MB_HISTORY_READ);
	if (!status)
		status = verb->run(&job);
	mb_history_close(job.history);
	mb_label_opt_fini(&job.labels);
	return status;
}
