/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/man.h"
#include "cli/say.h"
#include "cli/term.h"
#include "cli/version.h"
#include "core/base/cleanup.h"
#include "core/base/err.h"
#include "core/base/strbuf.h"

/* argv[0] is the command's name. */
static int run_command(int argc, char **argv)
{
	struct mb_cli cli = {.cmd = mb_cmd_find(argv[0]), .argv = argv, .argc = argc};
	MB_FREE char **passed = calloc((size_t)argc, sizeof(*passed));
	MB_FREE char **left = calloc((size_t)argc + 1, sizeof(*left));
	struct mb_err err = {0};
	int first;

	if (!cli.cmd)
		return mb_cmd_help_unknown(argv[0]);
	if (!passed || !left)
		return mb_say(&cli, MB_EXIT_UNFIT, "out of memory");
	memcpy(left, argv, (size_t)argc * sizeof(*left));
	cli.passed = passed;
	if (cli.cmd->pass)
		cli.nr_passed = mb_opt_take(cli.cmd->pass, &argc, left, passed);
	argv = left;
	if (mb_opt_parse(cli.cmd->bit, argc, argv, &err, &cli.opts, &first))
		return mb_say_err(&cli, MB_EXIT_USAGE, NULL, &err);
	if (cli.opts.help)
		return mb_cmd_help_show(&cli, cli.cmd);
	cli.args = argv + first;
	cli.nr_args = argc - first;
	if (cli.nr_args > cli.cmd->max_args)
		return mb_say(&cli, MB_EXIT_USAGE,
			      "argument '%.80s' is one too many; see 'memboot %s --help'",
			      cli.args[cli.cmd->max_args], cli.cmd->name);
	return cli.cmd->run(&cli);
}

int main(int argc, char **argv)
{
	struct mb_strbuf text = {0};
	struct mb_err err = {0};
	struct mb_cli cli = {0};
	int first;

	mb_term_init();
	if (argc < 1)
		return MB_EXIT_USAGE;
	if (mb_opt_parse(MB_CMD_NONE, argc, argv, &err, &cli.opts, &first))
		return mb_say_err(NULL, MB_EXIT_USAGE, NULL, &err);
	if (first < argc && (cli.opts.version || cli.opts.print_man || cli.opts.print_completion))
		return mb_say(NULL, MB_EXIT_USAGE,
			      "argument '%.80s' is one too many; see 'memboot --help'",
			      argv[first]);
	if (cli.opts.help)
		mb_help_add(&text, first < argc ? mb_cmd_find(argv[first]) : NULL);
	else if (cli.opts.version)
		mb_version_add(&text);
	else if (cli.opts.print_man)
		mb_man_add(&text);
	else if (cli.opts.print_completion)
		mb_completion_add(&text);
	else if (first < argc)
		return run_command(argc - first, argv + first);
	else
		return mb_say(
			NULL, MB_EXIT_USAGE,
			"a command is missing: try 'memboot boot', or 'memboot --help' for all of "
			"them");
	return mb_term_write(&cli, &text);
}
