/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "cli/figure.h"

struct mb_stats mb_figure_stats(const struct mb_samples *samples, struct mb_strbuf *text)
{
	struct mb_stats stats = {.min = NAN, .max = NAN, .mean = NAN, .median = NAN, .mad = NAN};
	int r = mb_stats_summarise(samples->values, samples->count, &stats);

	if (r)
		text->error = r;
	return stats;
}

double mb_figure_of(const struct mb_result *result, const struct mb_run *run, int metric,
		    struct mb_strbuf *text)
{
	struct mb_stats stats = mb_figure_stats(&run->metrics[metric], text);

	return mb_metric_aggregate(&result->metrics->rows[metric], &stats);
}
