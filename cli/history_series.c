/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/filter.h"
#include "cli/history_series.h"
#include "cli/say.h"
#include "cli/term.h"
#include "cli/trend_plot.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "reports/row.h"
#include "reports/text.h"
#include "reports/trend.h"

/* A walk over the series that are asked for. */
struct walk {
	struct mb_history_job *job;
	struct mb_history_lines lines;
	struct mb_filter *filter;
	bool all;  /* --metric all */
	bool some; /* those of wanted */
	bool wanted[MB_NR_METRICS];
	double threshold; /* fraction; NaN: the house's */
	struct mb_term term;
	struct mb_strbuf text;
	struct mb_table *table; /* of check */
	char *since;            /* of check */
	size_t checked, too_few, worse, better;
};

static bool same_row(const struct mb_history_line *a, const struct mb_history_line *b)
{
	return !strcmp(a->row, b->row) && !strcmp(a->host_class, b->host_class) &&
	       !strcmp(a->setting, b->setting) && !strcmp(a->labels, b->labels);
}

/* Whether the row of a line has a series of that metric; the lines of a row are neighbours. */
static bool has_metric(const struct mb_history_lines *lines, size_t at, int metric)
{
	size_t i = at;

	while (i && same_row(&lines->rows[i - 1], &lines->rows[at]))
		i--;
	for (; i < lines->count && same_row(&lines->rows[i], &lines->rows[at]); i++)
		if (lines->rows[i].metric == metric)
			return true;
	return false;
}

/* Of a row that has none of the groups, all figures. */
bool mb_history_series_is_main(const struct mb_history_lines *lines, size_t at)
{
	bool any = false;

	for (size_t i = 0; i < MB_ROW_NR_GROUPS; i++)
		for (size_t j = 0; j < MB_ROW_GROUP_SIZE; j++) {
			if (!has_metric(lines, at, mb_row_groups[i][j]))
				continue;
			if (lines->rows[at].metric == mb_row_groups[i][j])
				return true;
			any = true;
			break;
		}
	return !any;
}

static bool is_wanted(const struct walk *walk, size_t at)
{
	const struct mb_history_line *line = &walk->lines.rows[at];

	if (walk->some)
		return walk->wanted[line->metric];
	return walk->all || mb_history_series_is_main(&walk->lines, at);
}

/* --metric KEY,… or all */
static int take_metrics(struct walk *walk, const char *list)
{
	const struct mb_cli *cli = walk->job->cli;
	MB_FREE char *words = list ? strdup(list) : NULL;
	char *rest = words, *word;

	if (!list)
		return MB_EXIT_OK;
	if (!words)
		return mb_say(cli, MB_EXIT_UNFIT, "out of memory");
	walk->all = strcmp(list, "all") == 0;
	walk->some = !walk->all;
	while (walk->some && (word = strsep(&rest, ","))) {
		int metric = mb_metric_find(&mb_metrics, word);

		if (metric < 0)
			return mb_say(cli, MB_EXIT_USAGE,
				      "option '--metric' takes keys of 'memboot list metrics' or "
				      "all, not '%.40s'",
				      word);
		if (!mb_row_tracked(&mb_metrics.rows[metric]))
			return mb_say(cli, MB_EXIT_USAGE,
				      "'%s' says what was done, not how well: it has no series",
				      word);
		walk->wanted[metric] = true;
	}
	return MB_EXIT_OK;
}

static bool is_row(const void *arg, const char *row)
{
	return mb_filter_name(arg, row);
}

static int begin(struct mb_history_job *job, struct walk *walk)
{
	struct mb_history_query query = {.wanted = is_row};
	const struct mb_opts *opts = &job->cli->opts;
	struct mb_err err = {0};
	int status;

	*walk = (struct walk){.job = job, .term = mb_term_open(opts)};
	walk->threshold = opts->threshold > 0 ? opts->threshold / 100 : NAN;
	status = take_metrics(walk, opts->metric);
	if (status)
		return status;
	if (job->nr_args && mb_filter_new(job->args[0], &err, &walk->filter))
		return mb_say_err(job->cli, MB_EXIT_USAGE, NULL, &err);
	query.arg = walk->filter;
	if (mb_history_find(job->history, &query, &err, &walk->lines))
		return mb_history_store_fail(job, &err);
	return MB_EXIT_OK;
}

static void end(struct walk *walk)
{
	mb_history_lines_fini(&walk->lines);
	mb_filter_free(walk->filter);
	mb_table_free(walk->table);
	mb_strbuf_fini(&walk->text);
	free(walk->since);
}

typedef int visit_fn(struct walk *walk, const struct mb_history_line *line,
		     const struct mb_history_points *points, const struct mb_trend *trend);

/* The series without a result that has the labels are not there. */
static int visit(struct walk *walk, const struct mb_history_line *line, visit_fn *fn)
{
	const struct mb_history_query query = {.labels = &walk->job->labels, .since = walk->since};
	struct mb_history_points points;
	struct mb_trend trend;
	struct mb_err err = {0};
	int status = MB_EXIT_OK;

	if (mb_history_points(walk->job->history, line, &query, &err, &points))
		return mb_history_store_fail(walk->job, &err);
	if (mb_trend_init(&trend, &points, &mb_metrics.rows[line->metric], walk->threshold)) {
		mb_history_points_fini(&points);
		return mb_say(walk->job->cli, MB_EXIT_UNFIT, "out of memory");
	}
	if (points.count) {
		walk->checked += !trend.too_few;
		walk->too_few += trend.too_few;
		status = fn(walk, line, &points, &trend);
	}
	mb_trend_fini(&trend);
	mb_history_points_fini(&points);
	return status;
}

static int visit_all(struct walk *walk, visit_fn *fn)
{
	int status = MB_EXIT_OK;

	for (size_t i = 0; i < walk->lines.count && !status; i++)
		if (is_wanted(walk, i))
			status = visit(walk, &walk->lines.rows[i], fn);
	if (!status && !walk->checked && !walk->too_few)
		return mb_say(walk->job->cli, MB_EXIT_PART, "history '%.120s' has no such series",
			      walk->job->path);
	return status;
}

static void add_percent(struct mb_strbuf *text, double ratio)
{
	if (isnan(ratio))
		mb_strbuf_add(text, "-");
	else
		mb_strbuf_addf(text, "%+.1f %%", 100 * (ratio - 1));
}

static void add_interval(struct mb_strbuf *text, const struct mb_trend_change *change,
			 enum mb_format_charset charset)
{
	if (isnan(change->ratio))
		return;
	mb_strbuf_addf(text, "%+.1f %s %+.1f %%", 100 * (change->low - 1),
		       charset == MB_FORMAT_ASCII ? "..." : "…", 100 * (change->high - 1));
}

/* --- show --- */

static void add_line(struct mb_strbuf *text, const char *line)
{
	if (!*line)
		return;
	mb_strbuf_add(text, "  ");
	mb_text_add_printable(text, line);
	mb_strbuf_add(text, "\n");
}

static void add_head(struct walk *walk, const struct mb_history_line *line,
		     const struct mb_history_points *points)
{
	struct mb_strbuf *text = &walk->text;

	if (text->length)
		mb_strbuf_add(text, "\n");
	mb_table_add_styled(text, walk->term.colour, MB_TABLE_BOLD, line->row);
	mb_strbuf_addf(text, ", %s\n  ", mb_metrics.rows[line->metric].label);
	mb_text_add_printable(text, line->host_class);
	mb_strbuf_addf(text, "\n  %zu result%s, ", points->count, points->count == 1 ? "" : "s");
	mb_trend_add_revision(text, points->revisions[0]);
	if (points->count > 1) {
		mb_strbuf_add(text, " to ");
		mb_trend_add_revision(text, points->revisions[points->count - 1]);
	}
	mb_strbuf_add(text, "\n");
	add_line(text, line->labels);
	add_line(text, line->setting);
}

static void add_change(struct walk *walk, const struct mb_trend_change *change, size_t number)
{
	struct mb_strbuf *text = &walk->text;

	mb_strbuf_addf(text, "  %zu: ", number);
	add_percent(text, change->ratio);
	mb_strbuf_add(text, " (");
	add_interval(text, change, walk->term.charset);
	mb_strbuf_add(text, "), ");
	mb_table_add_styled(text, walk->term.colour, change->worse ? MB_TABLE_RED : MB_TABLE_GREEN,
			    change->worse ? "worse" : "better");
	mb_strbuf_add(text, ", in ");
	mb_trend_add_range(text, change);
	mb_strbuf_add(text, "\n");
}

static int show_one(struct walk *walk, const struct mb_history_line *line,
		    const struct mb_history_points *points, const struct mb_trend *trend)
{
	add_head(walk, line, points);
	mb_trend_plot_add(&walk->text, points, trend, &mb_metrics.rows[line->metric],
			  walk->term.charset);
	for (size_t i = 0; i < trend->count; i++)
		add_change(walk, &trend->changes[i], i + 1);
	if (trend->too_few)
		mb_strbuf_addf(&walk->text, "  too few to say whether it changed: %d are needed\n",
			       MB_TREND_MIN_POINTS);
	else if (!trend->count)
		mb_strbuf_add(&walk->text, "  no change\n");
	return MB_EXIT_OK;
}

int mb_history_series_show(struct mb_history_job *job)
{
	struct walk walk;
	int status = begin(job, &walk);

	if (!status)
		status = visit_all(&walk, show_one);
	if (!status)
		status = mb_term_write(job->cli, &walk.text);
	end(&walk);
	return status;
}

/* --- check --- */

static void add_cells(struct walk *walk, const struct mb_history_line *line,
		      const struct mb_trend_change *change, bool stands)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf range = {0};
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf ratio = {0};
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf interval = {0};

	mb_trend_add_range(&range, change);
	add_percent(&ratio, change->ratio);
	add_interval(&interval, change, walk->term.charset);
	mb_table_cell(walk->table, change->better ? "better" : stands ? "worse" : "undone");
	mb_table_style_cell(walk->table, change->better ? MB_TABLE_GREEN
					 : stands       ? MB_TABLE_RED
							: MB_TABLE_PLAIN);
	mb_table_cell(walk->table, line->row);
	mb_table_cell(walk->table, mb_metrics.rows[line->metric].label);
	mb_table_cell(walk->table, mb_strbuf_text(&ratio));
	mb_table_cell(walk->table, mb_strbuf_text(&interval));
	mb_table_cell(walk->table, mb_strbuf_text(&range));
	mb_table_cell(walk->table, *line->labels ? line->labels : NULL);
	if (range.error || ratio.error || interval.error)
		walk->text.error = -ENOMEM;
}

static int check_one(struct walk *walk, const struct mb_history_line *line,
		     const struct mb_history_points *points, const struct mb_trend *trend)
{
	const struct mb_trend_change *regression =
		mb_trend_regression(trend, points, &mb_metrics.rows[line->metric], walk->threshold);

	walk->worse += regression != NULL;
	for (size_t i = 0; i < trend->count; i++) {
		const struct mb_trend_change *change = &trend->changes[i];

		if (change->index < points->after)
			continue;
		walk->better += change->better;
		add_cells(walk, line, change, regression && change >= regression);
	}
	return MB_EXIT_OK;
}

static void add_summary(struct walk *walk)
{
	struct mb_strbuf *text = &walk->text;

	mb_strbuf_addf(text, "%zu series checked: %zu worse, %zu change%s for the better",
		       walk->checked, walk->worse, walk->better, walk->better == 1 ? "" : "s");
	if (walk->too_few)
		mb_strbuf_addf(text, "; %zu with fewer than the %d results needed", walk->too_few,
			       MB_TREND_MIN_POINTS);
	mb_strbuf_add(text, "\n");
}

static int check(struct walk *walk)
{
	static const struct mb_table_column columns[] = {
		{"verdict", MB_TABLE_LEFT},   {"row", MB_TABLE_LEFT},
		{"figure", MB_TABLE_LEFT},    {"change", MB_TABLE_RIGHT},
		{"interval", MB_TABLE_RIGHT}, {"revisions", MB_TABLE_LEFT},
		{"labels", MB_TABLE_LEFT},
	};
	int status;

	walk->table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	status = visit_all(walk, check_one);
	if (status)
		return status;
	mb_table_drop_empty(walk->table);
	if ((walk->worse || walk->better) &&
	    mb_table_render(walk->table, &walk->term.table, &walk->text))
		walk->text.error = -ENOMEM;
	add_summary(walk);
	status = mb_term_write(walk->job->cli, &walk->text);
	if (status)
		return status;
	return walk->worse ? MB_EXIT_NO : walk->checked ? MB_EXIT_OK : MB_EXIT_PART;
}

int mb_history_series_check(struct mb_history_job *job)
{
	struct walk walk;
	int status = begin(job, &walk);

	if (!status)
		status = mb_history_store_resolve(job, job->cli->opts.since, &walk.since);
	if (!status)
		status = check(&walk);
	end(&walk);
	return status;
}
