/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "cli/machine_table.h"
#include "cli/predict_holdout.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "reports/predicted.h"

/* "2 nodes" */
struct name {
	char text[48];
};

static struct name name_of(const struct mb_costmodel_holdout *holdout)
{
	static const struct {
		const char *before, *one, *many;
	} rows[MB_COSTMODEL_NR_HELD] = {
		[MB_COSTMODEL_HELD_SIZE] = {"from ", " descriptor on", " descriptors on"},
		[MB_COSTMODEL_HELD_NODES] = {"", " node", " nodes"},
		[MB_COSTMODEL_HELD_THREADS] = {"", " worker", " workers"},
	};
	struct name name;

	snprintf(name.text, sizeof(name.text), "%s%s%s", rows[holdout->held].before,
		 mb_format_count(holdout->value, MB_FORMAT_ASCII).text,
		 holdout->value > 1 ? rows[holdout->held].many : rows[holdout->held].one);
	return name;
}

void mb_predict_holdout_add(struct mb_strbuf *text, const struct mb_term *term,
			    const struct mb_predict_fit *fit)
{
	static const struct mb_table_column columns[] = {
		{"held out", MB_TABLE_LEFT},
		{"machines", MB_TABLE_RIGHT},
		{"median error", MB_TABLE_RIGHT},
		{"inside", MB_TABLE_RIGHT},
	};
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));

	for (size_t i = 0; i < fit->nr_holdouts; i++) {
		const struct mb_costmodel_holdout *holdout = &fit->holdouts[i];
		bool unfit = isnan(holdout->error);

		mb_table_cell(table, name_of(holdout).text);
		mb_table_cellf(table, "%zu", holdout->machines);
		mb_table_cell(table,
			      unfit ? "unfit" : mb_format_percent(100 * holdout->error).text);
		if (unfit)
			mb_table_cell(table, "-");
		else
			mb_table_cellf(table, "%zu", holdout->inside);
	}
	mb_machine_table_heading(text, term, "Held out of the fit");
	mb_term_add_table(text, term, table);
	mb_strbuf_addf(
		text,
		"  times to all memory of these machines, predicted from the others; inside: "
		"of the %.0f %% interval\n",
		100 * MB_COSTMODEL_CONFIDENCE);
}

void mb_predict_holdout_add_fact(struct mb_result *result, const struct mb_predict_fit *fit)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf text = {0};

	for (size_t i = 0; i < fit->nr_holdouts; i++) {
		const struct mb_costmodel_holdout *holdout = &fit->holdouts[i];

		mb_strbuf_addf(&text, "%s%s ", i ? ", " : "", name_of(holdout).text);
		if (isnan(holdout->error))
			mb_strbuf_add(&text, "unfit");
		else
			mb_strbuf_addf(&text, "%.1f %% (%zu of %zu inside)", 100 * holdout->error,
				       holdout->inside, holdout->machines);
	}
	if (fit->nr_holdouts)
		mb_result_set_fact(result, MB_PREDICTED_HELD_OUT, mb_strbuf_text(&text));
}
