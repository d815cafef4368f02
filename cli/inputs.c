/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/inputs.h"
#include "cli/overwrite.h"
#include "cli/say.h"
#include "core/base/err.h"
#include "core/base/grow.h"
#include "reports/json.h"

static int read_file(const struct mb_cli *cli, const char *path, struct mb_inputs *inputs)
{
	char what[160] = "standard input";
	struct mb_err err = {0};
	int r;

	if (strcmp(path, "-") != 0)
		snprintf(what, sizeof(what), "cannot read '%.120s'", path);
	if (mb_overwrite_check(cli, path))
		return MB_EXIT_USAGE;
	if (mb_grow(&inputs->results, inputs->count, sizeof(*inputs->results)))
		return mb_say(cli, MB_EXIT_UNFIT, "out of memory");
	r = mb_json_read_file(path, NULL, &err, &inputs->results[inputs->count]);
	if (r)
		return mb_say_err(cli, r == -ENOMEM ? MB_EXIT_UNFIT : MB_EXIT_USAGE, what, &err);
	inputs->count++;
	return MB_EXIT_OK;
}

static int read_matches(const struct mb_cli *cli, const char *pattern, struct mb_inputs *inputs)
{
	glob_t found;
	int r = glob(pattern, 0, NULL, &found), status = MB_EXIT_OK;

	if (r == GLOB_NOSPACE)
		return mb_say(cli, MB_EXIT_UNFIT, "out of memory");
	if (r)
		return mb_say(cli, MB_EXIT_USAGE, "no file matches '%.120s'", pattern);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		int own = read_file(cli, found.gl_pathv[i], inputs);

		status = status ? status : own;
	}
	globfree(&found);
	return status;
}

int mb_inputs_read(const struct mb_cli *cli, const char *arg, bool *standard,
		   struct mb_inputs *inputs)
{
	bool is_standard = strcmp(arg, "-") == 0;

	if (is_standard && *standard)
		return mb_say(cli, MB_EXIT_USAGE,
			      "standard input can be read once, and '-' is there twice");
	*standard |= is_standard;
	if (!is_standard && strpbrk(arg, "*?[") && access(arg, F_OK))
		return read_matches(cli, arg, inputs);
	return read_file(cli, arg, inputs);
}

void mb_inputs_fini(struct mb_inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++)
		mb_result_free(inputs->results[i]);
	free(inputs->results);
	*inputs = (struct mb_inputs){0};
}
