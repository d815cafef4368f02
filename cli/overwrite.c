/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/overwrite.h"
#include "cli/say.h"
#include "reports/save.h"

static bool is_same(const char *one, const char *other)
{
	struct stat a, b;

	return !stat(one, &a) && !stat(other, &b) && S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

int mb_overwrite_check(const struct mb_cli *cli, const char *input)
{
	const char *output = cli->opts.output;

	if (!output || mb_save_is_standard(output) || mb_save_is_standard(input) ||
	    !is_same(output, input))
		return MB_EXIT_OK;
	if (!strcmp(output, input))
		return mb_say(cli, MB_EXIT_USAGE,
			      "option '--output': '%.120s' is read; name another file", output);
	return mb_say(cli, MB_EXIT_USAGE,
		      "option '--output': '%.120s' is the same file as '%.120s', which is read; "
		      "name another one",
		      output, input);
}

int mb_overwrite_check_options(const struct mb_cli *cli)
{
	int status = MB_EXIT_OK;

	for (size_t i = 0; i < mb_opts_count && !status; i++) {
		const struct mb_opt *opt = &mb_opts_table[i];
		const char *file;

		if (opt->kind != MB_OPT_FILE || !strcmp(opt->name, "output"))
			continue;
		memcpy(&file, (const char *)&cli->opts + opt->field, sizeof(file));
		status = file ? mb_overwrite_check(cli, file) : MB_EXIT_OK;
	}
	return status;
}
