/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "benches/bench.h"
#include "cli/gate_history.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/stats.h"

int mb_gate_history_samples(const struct mb_gate_row *from, double *ret_values, size_t *ret_count)
{
	size_t begin = 0, count = 0;

	for (unsigned visit = 0; visit < from->visits; begin = from->ends[visit++]) {
		size_t turns = from->ends[visit] - begin;

		for (int side = 0; turns && side < MB_GATE_NR_SIDES; side++) {
			struct mb_stats stats;

			if (mb_stats_summarise(from->values[side] + begin, turns, &stats))
				return -ENOMEM;
			ret_values[count++] = stats.median;
		}
	}
	*ret_count = count;
	return 0;
}

/* Names of the history say how warm the memory was; *ret_count 0: it has no such row. */
static int find_series(struct mb_history *history, const char *host_class, const char *name,
		       const struct mb_metric *metric, struct mb_err *err, double **ret_values,
		       size_t *ret_count)
{
	int rc = 0;

	*ret_values = NULL;
	*ret_count = 0;
	for (int i = MB_BENCH_WARM; !rc && !*ret_count && i <= MB_BENCH_MIXED; i++) {
		MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf row = {0};

		free(*ret_values);
		*ret_values = NULL;
		mb_strbuf_addf(&row, "%s/temperature:%s", name,
			       mb_benches_temperature_name((enum mb_bench_temperature)i));
		rc = row.error ? MB_FAIL(err, row.error, "out of memory")
			       : mb_history_series(history, host_class, mb_strbuf_text(&row), NULL,
						   (int)(metric - mb_metrics.rows),
						   MB_GATE_HISTORY_NEWEST, err, ret_values,
						   ret_count);
	}
	return rc;
}

int mb_gate_history_judge(struct mb_history *history, const char *host_class,
			  const struct mb_gate_row *from, double divisor,
			  const struct mb_judge_rule *rule, struct mb_comparison *comparison,
			  struct mb_comparison_row *row, struct mb_err *err)
{
	double *now MB_FREE = calloc(2 * from->visits + 1, sizeof(*now)), *before MB_FREE = NULL;
	size_t nr_now = 0, nr_before;
	int rc = now ? mb_gate_history_samples(from, now, &nr_now) : -ENOMEM;

	if (rc)
		return MB_FAIL(err, rc, "out of memory");
	for (size_t i = 0; i < nr_now; i++)
		now[i] /= divisor;
	rc = find_series(history, host_class, from->name, row->metric, err, &before, &nr_before);
	if (rc)
		return rc;
	mb_comparison_set_samples(comparison, row, before, nr_before, now, nr_now);
	if (*from->refused)
		mb_judge_refuse(&row->finding, "%s", from->refused);
	else if (!nr_before)
		mb_judge_refuse(&row->finding, "the history has no such row of this class of host");
	else if (mb_judge_groups(before, nr_before, now, nr_now, rule, &row->finding))
		rc = MB_FAIL(err, -ENOMEM, "out of memory");
	return rc;
}
