/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/noise_store.h"
#include "cli/overwrite.h"
#include "cli/say.h"
#include "cli/term.h"
#include "cli/verdict.h"
#include "core/base/cleanup.h"
#include "core/base/err.h"
#include "reports/comparison_text.h"
#include "reports/comparison_writer.h"
#include "reports/writer.h"

const char *mb_verdict_format(size_t index)
{
	if (index < mb_writers_count)
		return mb_writers[index].name;
	index -= mb_writers_count;
	for (size_t i = 0; i < mb_comparison_writers_count; i++) {
		bool known = false;

		for (size_t k = 0; k < mb_writers_count; k++)
			known |= !strcmp(mb_comparison_writers[i].name, mb_writers[k].name);
		if (!known && index-- == 0)
			return mb_comparison_writers[i].name;
	}
	return NULL;
}

double mb_verdict_threshold(const struct mb_opts *opts)
{
	return opts->threshold > 0 ? opts->threshold / 100 : MB_JUDGE_THRESHOLD;
}

int mb_verdict_open(const struct mb_cli *cli, struct mb_output *ret_output)
{
	char *noise MB_FREE = mb_noise_store_path(&cli->opts);
	int status = noise ? mb_overwrite_check(cli, noise) : MB_EXIT_OK;

	return status ? status : mb_output_take(cli, mb_comparison_writer_check, ret_output);
}

static int write_table(const struct mb_cli *cli, const struct mb_comparison *comparison)
{
	struct mb_term term = mb_term_open(&cli->opts);
	const struct mb_comparison_view view = {
		.table = term.table,
		.charset = term.charset,
		.columns = term.columns,
		.all = cli->opts.verbose,
	};
	struct mb_strbuf text = {0};

	if (mb_comparison_text(comparison, &view, &text))
		text.error = -ENOMEM;
	return mb_term_write(cli, &text);
}

static int save(const struct mb_cli *cli, const struct mb_output *output,
		const struct mb_comparison *comparison)
{
	struct mb_err err = {0};
	int r = mb_comparison_writer_save(output->path, cli->opts.format, comparison, stdout, &err);

	return mb_output_end(cli, output, r, &err);
}

int mb_verdict_show(const struct mb_cli *cli, const struct mb_output *output,
		    const struct mb_comparison *comparison)
{
	int status = MB_EXIT_OK;

	if (comparison->error)
		return mb_say(cli, MB_EXIT_UNFIT, "out of memory");
	if (output->tables)
		status = write_table(cli, comparison);
	if (!status && output->path)
		status = save(cli, output, comparison);
	return status ? status : mb_comparison_status(comparison);
}
