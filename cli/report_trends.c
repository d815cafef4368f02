/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/history_series.h"
#include "cli/report_trends.h"
#include "cli/say.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/host_class.h"
#include "reports/row.h"

#define MAX_CALM 12 /* series without a change that are shown */

/* One series, and what is said of it. */
struct series {
	struct mb_history_points points;
	struct mb_trend trend;
};

struct mb_report_trends {
	struct mb_history_lines lines;
	struct series *series;
	struct mb_html_trend *rows;
	struct mb_html_trends shown;
};

/* Whether a result has the row on such a host, in such a setting. 1, 0 or -ENOMEM. */
static int has_row(const struct mb_result *result, const struct mb_history_line *line)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf setting = {0}, host_class = {0};

	mb_history_add_setting(&setting, result);
	mb_host_class(result, &host_class);
	if (setting.error || host_class.error)
		return -ENOMEM;
	if (strcmp(mb_strbuf_text(&setting), line->setting) != 0 ||
	    strcmp(mb_strbuf_text(&host_class), line->host_class) != 0)
		return 0;
	for (size_t i = 0; i < result->nr_runs; i++) {
		MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf name = {0};

		if (!mb_row_is(result->runs[i]))
			continue;
		mb_row_add_name(&name, result->runs[i]);
		if (name.error)
			return -ENOMEM;
		if (!strcmp(mb_strbuf_text(&name), line->row))
			return 1;
	}
	return 0;
}

static int any_has(const struct mb_result *const *results, size_t count,
		   const struct mb_history_line *line)
{
	int r = 0;

	for (size_t i = 0; i < count && !r; i++)
		r = has_row(results[i], line);
	return r;
}

/* Series without a change are shown as long as there are few. */
static int add_series(struct mb_report_trends *trends, size_t at, struct mb_history_job *job)
{
	const struct mb_history_query all = {0};
	const struct mb_history_line *line = &trends->lines.rows[at];
	struct series *series = &trends->series[at];
	struct mb_err err = {0};

	if (mb_history_points(job->history, line, &all, &err, &series->points))
		return mb_history_store_fail(job, &err);
	if (mb_trend_init(&series->trend, &series->points, &mb_metrics.rows[line->metric], NAN))
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	if (!series->trend.count && trends->shown.count >= MAX_CALM) {
		trends->shown.more++;
		return MB_EXIT_OK;
	}
	trends->rows[trends->shown.count++] =
		(struct mb_html_trend){line, &series->points, &series->trend};
	return MB_EXIT_OK;
}

static int collect(struct mb_report_trends *trends, struct mb_history_job *job,
		   const struct mb_result *const *results, size_t count)
{
	const struct mb_history_query all = {0};
	struct mb_err err = {0};
	int status = MB_EXIT_OK;

	if (mb_history_find(job->history, &all, &err, &trends->lines))
		return mb_history_store_fail(job, &err);
	trends->series = calloc(trends->lines.count + 1, sizeof(*trends->series));
	trends->rows = calloc(trends->lines.count + 1, sizeof(*trends->rows));
	if (!trends->series || !trends->rows)
		return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	trends->shown.rows = trends->rows;
	for (size_t i = 0; i < trends->lines.count && !status; i++) {
		int wanted = mb_history_series_is_main(&trends->lines, i)
				     ? any_has(results, count, &trends->lines.rows[i])
				     : 0;

		if (wanted < 0)
			return mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
		if (wanted)
			status = add_series(trends, i, job);
	}
	return status;
}

int mb_report_trends_read(const struct mb_cli *cli, const struct mb_result *const *results,
			  size_t count, struct mb_report_trends **ret_trends)
{
	struct mb_history_job job = {.cli = cli};
	struct mb_report_trends *trends;
	int status;

	*ret_trends = NULL;
	if (!cli->opts.history)
		return MB_EXIT_OK;
	status = mb_history_store_open(&job, MB_HISTORY_READ);
	if (status)
		return status;
	trends = calloc(1, sizeof(*trends));
	status = trends ? collect(trends, &job, results, count)
			: mb_say(cli, MB_EXIT_UNFIT, "out of memory");
	mb_history_close(job.history);
	if (status)
		mb_report_trends_free(trends);
	else
		*ret_trends = trends;
	return status;
}

void mb_report_trends_free(struct mb_report_trends *trends)
{
	if (!trends)
		return;
	for (size_t i = 0; trends->series && i < trends->lines.count; i++) {
		mb_history_points_fini(&trends->series[i].points);
		mb_trend_fini(&trends->series[i].trend);
	}
	mb_history_lines_fini(&trends->lines);
	free(trends->series);
	free(trends->rows);
	free(trends);
}

const struct mb_html_trends *mb_report_trends_shown(const struct mb_report_trends *trends)
{
	return trends ? &trends->shown : NULL;
}
