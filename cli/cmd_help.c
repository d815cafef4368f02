/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"
#include "cli/say.h"
#include "cli/suggest.h"
#include "cli/term.h"

static const char *next_command(const void *arg, size_t index)
{
	(void)arg;
	return mb_cmd_name(index);
}

int mb_cmd_help_unknown(const char *word)
{
	const char *near = mb_suggest(word, next_command, NULL);

	if (near)
		return mb_say(NULL, MB_EXIT_USAGE, "command '%.80s' is unknown; did you mean '%s'?",
			      word, near);
	return mb_say(NULL, MB_EXIT_USAGE,
		      "command '%.80s' is unknown; 'memboot --help' lists the commands", word);
}

int mb_cmd_help_show(const struct mb_cli *cli, const struct mb_cmd *cmd)
{
	struct mb_strbuf text = {0};

	mb_help_add(&text, cmd);
	return mb_term_write(cli, &text);
}

int mb_cmd_help_run(struct mb_cli *cli)
{
	const struct mb_cmd *cmd = cli->nr_args ? mb_cmd_find(cli->args[0]) : NULL;

	if (cli->nr_args && !cmd)
		return mb_cmd_help_unknown(cli->args[0]);
	return mb_cmd_help_show(cli, cmd);
}
