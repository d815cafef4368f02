/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cmd.h"
#include "cli/completion.h"
#include "core/base/strbuf.h"

static void add_values(struct mb_strbuf *buf, mb_opt_value_fn *values)
{
	for (size_t i = 0; values(i); i++)
		mb_strbuf_addf(buf, "%s%s", i ? " " : "", values(i));
}

static void add_options(struct mb_strbuf *buf, unsigned command)
{
	const char *space = "";

	for (size_t i = 0; i < mb_opts_count; i++) {
		const struct mb_opt *opt = &mb_opts_table[i];

		if (!(opt->commands & command) || !opt->help)
			continue;
		if (opt->short_name) {
			mb_strbuf_addf(buf, "%s-%c", space, opt->short_name);
			space = " ";
		}
		mb_strbuf_addf(buf, "%s--%s", space, opt->name);
		space = " ";
	}
}

/* What can follow an option that takes an argument. */
static void add_option_case(struct mb_strbuf *buf, const struct mb_opt *opt)
{
	mb_strbuf_add(buf, "\t");
	if (opt->short_name)
		mb_strbuf_addf(buf, "-%c | ", opt->short_name);
	mb_strbuf_addf(buf, "--%s)\n", opt->name);
	if (opt->values) {
		mb_strbuf_add(buf, "\t\tmapfile -t COMPREPLY < <(compgen -W '");
		add_values(buf, opt->values);
		mb_strbuf_add(buf, "' -- \"$word\")\n");
	} else if (opt->kind == MB_OPT_FILE) {
		mb_strbuf_add(buf, "\t\tcompopt -o filenames 2>/dev/null\n"
				   "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n");
	}
	mb_strbuf_add(buf, "\t\treturn\n\t\t;;\n");
}

static void add_command_case(struct mb_strbuf *buf, const struct mb_cmd *cmd)
{
	mb_strbuf_addf(buf, "\t%s)\n\t\toptions='", cmd->name);
	add_options(buf, cmd->bit);
	mb_strbuf_add(buf, "'\n");
	if (cmd->arg_values) {
		mb_strbuf_add(buf, "\t\toperands='");
		add_values(buf, cmd->arg_values);
		mb_strbuf_add(buf, "'\n");
	}
	if (cmd->arg_files)
		mb_strbuf_add(buf, "\t\tfiles=yes\n");
	mb_strbuf_add(buf, "\t\t;;\n");
}

void mb_completion_add(struct mb_strbuf *buf)
{
	mb_strbuf_add(
		buf,
		"# bash completion for memboot; made by memboot --print-completion.\n\n"
		"_memboot()\n{\n"
		"\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options "
		"operands files=\n\n"
		"\t# bash cuts --option=value into three words\n"
		"\tif [[ $word == = ]]; then\n\t\tword=\n"
		"\telif [[ $before == = ]]; then\n\t\tbefore=${COMP_WORDS[COMP_CWORD-2]}\n\tfi\n"
		"\tCOMPREPLY=()\n"
		"\tcase $before in\n");
	for (size_t i = 0; i < mb_opts_count; i++) {
		if (mb_opts_table[i].arg && mb_opts_table[i].help)
			add_option_case(buf, &mb_opts_table[i]);
	}
	mb_strbuf_add(buf, "\tesac\n\tif ((COMP_CWORD == 1)); then\n\t\toptions='");
	add_options(buf, MB_CMD_NONE);
	mb_strbuf_add(buf, "' operands='");
	add_values(buf, mb_cmd_name);
	mb_strbuf_add(buf, "'\n\tfi\n\t((COMP_CWORD > 1)) && case ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; i < mb_nr_cmds; i++)
		add_command_case(buf, &mb_cmds[i]);
	mb_strbuf_add(buf, "\tesac\n"
			   "\tif [[ $word == -* ]]; then\n"
			   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
			   "\telif [[ $files ]]; then\n"
			   "\t\tcompopt -o filenames 2>/dev/null\n"
			   "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
			   "\telse\n"
			   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$operands\" -- \"$word\")\n"
			   "\tfi\n}\n\n"
			   "complete -F _memboot memboot\n");
}
