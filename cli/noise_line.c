/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/noise_line.h"
#include "core/base/align.h"
#include "reports/stats.h"

void mb_noise_line_add(struct mb_strbuf *text, const struct mb_runner_noise *noise)
{
	const struct {
		const char *what;
		unsigned rows;
		double median;
	} parts[] = {
		{"time", noise->rows, noise->time},
		{"part of the limit", noise->limit_rows, noise->limit},
		{"ratio in turns", noise->ratio_rows, noise->ratio},
		{"what is counted", noise->counted_rows, noise->counted},
	};
	const char *before = "  median band:";

	if (!noise->rows)
		return;
	for (size_t i = 0; i < MB_ARRAY_SIZE(parts); i++) {
		if (!parts[i].rows)
			continue;
		mb_strbuf_addf(text, "%s %s %s (%u row%s)", before, parts[i].what,
			       mb_format_percent(100 * parts[i].median).text, parts[i].rows,
			       parts[i].rows == 1 ? "" : "s");
		before = ",";
	}
	mb_strbuf_addf(text, "; %u of %u rows unsteady\n", noise->unsteady, noise->rows);
}

void mb_noise_line_add_missing(struct mb_strbuf *text, size_t passes)
{
	const size_t least = 2 * MB_STATS_BAND_PAIRS;

	if (passes < least)
		mb_strbuf_addf(text, "  no band: it takes %zu passes, and there %s %zu\n", least,
			       passes == 1 ? "was" : "were", passes);
}

void mb_noise_line_add_overhead(struct mb_strbuf *text, const struct mb_runner_totals *totals,
				enum mb_format_charset charset)
{
	double part = totals->empty_ns / totals->shortest_ns;

	if (totals->empty_ns <= 0 || totals->shortest_ns <= 0)
		return;
	mb_strbuf_addf(text, "  the runner: %s a round, ",
		       mb_format_time(totals->empty_ns, charset).text);
	mb_strbuf_addf(text, "%s of the shortest row (%s, ", mb_format_percent(100 * part).text,
		       totals->shortest);
	mb_strbuf_addf(text, "%s), goal %s %s\n", mb_format_time(totals->shortest_ns, charset).text,
		       mb_format_percent(100 * MB_RUNNER_OVERHEAD).text,
		       part <= MB_RUNNER_OVERHEAD ? "met" : "missed");
}
