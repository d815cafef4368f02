/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/answer_several.h"
#include "reports/format.h"
#include "reports/matrix.h"
#include "reports/pick.h"
#include "reports/write_html.h"

/* Sections about benches: threads, nodes, and the ways of initialising descriptors. */

static const struct mb_metric *metric_row(const struct mb_html *html, int metric)
{
	return &html->results[0]->metrics->rows[metric];
}

/* --- thread scaling --- */

/* What a group's benches have in common that says how fast they are, and whether more is faster. */
static const struct speed {
	int metric;
	bool rate;
} speeds[] = {
	{MB_METRIC_BYTES_PER_SECOND, true},
	{MB_METRIC_NS_PER_PAGE, false},
	{MB_METRIC_NS_PER_OPERATION, false},
};

/* A bench by threads that was measured; what is about a ratio is no speed. */
static bool scales(const struct mb_run *run)
{
	return run->kind == MB_RUN_BENCH && mb_result_fact(&run->args, "threads") &&
	       mb_pick_threads(run) && run->status == MB_RUN_OK &&
	       !run->metrics[MB_METRIC_RATIO].count;
}

static bool same_family(const struct mb_run *a, const struct mb_run *b)
{
	size_t length = mb_pick_family_length(a);

	return length == mb_pick_family_length(b) && !strncmp(a->name, b->name, length);
}

/* "pageinit" of pageinit/kernel/threads:1: what is drawn together. */
static size_t group_length(const struct mb_run *run)
{
	return strcspn(run->name, "/");
}

static bool same_group(const struct mb_run *a, const struct mb_run *b)
{
	size_t length = group_length(a);

	return length == group_length(b) && !strncmp(a->name, b->name, length);
}

static const struct mb_run *of_threads(const struct mb_run *family, unsigned threads)
{
	const struct mb_result *result = family->result;

	for (size_t i = 0; i < result->nr_runs; i++)
		if (scales(result->runs[i]) && mb_pick_threads(result->runs[i]) == threads &&
		    same_family(result->runs[i], family))
			return result->runs[i];
	return NULL;
}

static const struct mb_run *first_of_family(const struct mb_run *run)
{
	const struct mb_result *result = run->result;

	for (size_t i = 0; i < result->nr_runs; i++)
		if (scales(result->runs[i]) && same_family(result->runs[i], run))
			return result->runs[i];
	return NULL;
}

/* The first run of a family that was measured with one thread and with more. */
static bool leads(const struct mb_run *run)
{
	const struct mb_result *result = run->result;
	bool more = false;

	if (!scales(run) || !of_threads(run, 1))
		return false;
	for (size_t i = 0; i < result->nr_runs && !more; i++)
		if (scales(result->runs[i]) && same_family(result->runs[i], run))
			more = mb_pick_threads(result->runs[i]) != mb_pick_threads(run);
	return more && first_of_family(run) == run;
}

static const struct speed *speed_of(const struct mb_run *run)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(speeds); i++)
		if (!isnan(mb_pick_figure(run, speeds[i].metric)))
			return &speeds[i];
	return NULL;
}

/* One figure: the families of a group of one result. */
struct scaling {
	const struct mb_run **families;
	unsigned *threads; /* ascending, each once */
	size_t nr_families, nr_threads;
	const struct speed *speed;
};

static int by_number(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static void collect_threads(struct scaling *scaling, const struct mb_result *result)
{
	size_t kept = 0;

	for (size_t i = 0; i < result->nr_runs; i++)
		for (size_t k = 0; k < scaling->nr_families && scales(result->runs[i]); k++)
			if (same_family(result->runs[i], scaling->families[k])) {
				scaling->threads[scaling->nr_threads++] =
					mb_pick_threads(result->runs[i]);
				break;
			}
	qsort(scaling->threads, scaling->nr_threads, sizeof(*scaling->threads), by_number);
	for (size_t i = 0; i < scaling->nr_threads; i++)
		if (!kept || scaling->threads[kept - 1] != scaling->threads[i])
			scaling->threads[kept++] = scaling->threads[i];
	scaling->nr_threads = kept;
}

static void collect(struct scaling *scaling, const struct mb_run *first)
{
	const struct mb_result *result = first->result;

	scaling->speed = speed_of(first);
	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];

		if (run->kind == MB_RUN_BENCH && same_group(run, first) && leads(run) &&
		    speed_of(run) == scaling->speed)
			scaling->families[scaling->nr_families++] = run;
	}
	collect_threads(scaling, result);
}

/* With so many threads the hardware does at most this; NaN: nobody measured it. */
static double limit_of(const struct scaling *scaling, unsigned threads)
{
	for (size_t i = 0; i < scaling->nr_families; i++) {
		const struct mb_run *run = of_threads(scaling->families[i], threads);
		double percent = mb_pick_figure(run, MB_METRIC_LIMIT_PERCENT);
		double rate = mb_pick_figure(run, MB_METRIC_BYTES_PER_SECOND);

		if (scaling->speed->metric == MB_METRIC_BYTES_PER_SECOND && percent > 0)
			return 100 * rate / percent;
	}
	return NAN;
}

static double ideal_of(const struct scaling *scaling, unsigned threads)
{
	double one = mb_pick_figure(of_threads(scaling->families[0], 1), scaling->speed->metric);

	return scaling->speed->rate ? one * threads : one / threads;
}

static void put_scaling_heads(struct mb_html *html, const struct scaling *scaling, bool limited)
{
	const struct mb_metric *metric = metric_row(html, scaling->speed->metric);

	mb_html_raw(html, "<th scope=\"col\" class=\"n\">threads</th>");
	for (size_t k = 0; k < scaling->nr_families; k++) {
		const struct mb_run *run = scaling->families[k];
		size_t group = group_length(run) + 1, length = mb_pick_family_length(run);
		char *name MB_FREE = strndup(run->name + group, length - group);

		mb_html_head_metric(html, metric, name, -1, true);
	}
	mb_html_head_metric(html, metric, "ideal from the first", -1, true);
	if (limited)
		mb_html_head_metric(html, metric, "limit of this host", -1, true);
	mb_html_body(html);
}

static void put_scaling_figure(struct mb_html *html, size_t result, const struct scaling *scaling)
{
	const struct mb_run *first = scaling->families[0];
	const struct mb_metric *metric = metric_row(html, scaling->speed->metric);
	struct mb_strbuf caption = {0};
	bool limited = false;

	for (size_t i = 0; i < scaling->nr_threads; i++)
		limited |= !isnan(limit_of(scaling, scaling->threads[i]));
	mb_strbuf_addf(&caption, "%.*s: %s by number of threads", (int)group_length(first),
		       first->name, metric->label);
	if (mb_html_several(html))
		mb_strbuf_addf(&caption, ", result %s", mb_answer_name(result).text);
	mb_html_figure(html, "lines", mb_strbuf_text(&caption), scaling->nr_threads);
	mb_strbuf_fini(&caption);
	put_scaling_heads(html, scaling, limited);
	for (size_t i = 0; i < scaling->nr_threads; i++) {
		unsigned threads = scaling->threads[i];

		mb_html_raw(html, "<tr><th scope=\"row\" class=\"n\" data-v=\"%u\">%u</th>",
			    threads, threads);
		for (size_t k = 0; k < scaling->nr_families; k++)
			mb_html_cell_run(html, of_threads(scaling->families[k], threads),
					 scaling->speed->metric);
		mb_html_cell_metric(html, metric, ideal_of(scaling, threads));
		if (limited)
			mb_html_cell_metric(html, metric, limit_of(scaling, threads));
		mb_html_raw(html, "</tr>\n");
	}
	mb_html_figure_end(html);
}

/* Limits are not held against themselves: they are in the others' figures. */
static bool begins_group(const struct mb_run *run)
{
	const struct mb_result *result = run->result;

	if (!leads(run) || !speed_of(run) || !strncmp(run->name, "limit/", 6))
		return false;
	for (size_t i = 0; result->runs[i] != run; i++)
		if (result->runs[i]->kind == MB_RUN_BENCH && same_group(result->runs[i], run) &&
		    leads(result->runs[i]) && speed_of(result->runs[i]) == speed_of(run))
			return false;
	return true;
}

static void put_scaling(struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++) {
		const struct mb_result *result = html->results[i];

		for (size_t j = 0; j < result->nr_runs; j++) {
			const struct mb_run **families MB_FREE = NULL;
			unsigned *threads MB_FREE = NULL;
			struct scaling scaling = {0};

			if (!begins_group(result->runs[j]))
				continue;
			families = calloc(result->nr_runs, sizeof(*families));
			threads = calloc(result->nr_runs, sizeof(*threads));
			if (!families || !threads) {
				html->error = -ENOMEM;
				return;
			}
			scaling.families = families;
			scaling.threads = threads;
			collect(&scaling, result->runs[j]);
			put_scaling_figure(html, i, &scaling);
		}
	}
}

static bool has_scaling(const struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < html->results[i]->nr_runs; j++)
			if (begins_group(html->results[i]->runs[j]))
				return true;
	return false;
}

const struct mb_write_html_section mb_write_html_scaling = {
	"scaling",
	"Threads",
	"How far more threads help: against what one thread would promise, and against the best fill of this host's memory.",
	has_scaling,
	put_scaling,
};

/* --- nodes against nodes --- */

#define NR_HEATS 8 /* classes of cells in html/report.css, heat-0 the least */

/* Of fewer than two nodes there is nothing to tell apart. 0 and a matrix to be ended, -ENODATA, -ENOMEM. */
static int init_matrix(struct mb_matrix *matrix, const struct mb_result *result)
{
	int error = mb_matrix_init(matrix, result);

	if (error || matrix->count > 1)
		return error;
	mb_matrix_fini(matrix);
	return -ENODATA;
}

static bool has_matrix(const struct mb_html *html)
{
	bool any = false;

	for (size_t i = 0; i < html->count && !any; i++) {
		struct mb_matrix matrix;

		any = !init_matrix(&matrix, html->results[i]);
		if (any)
			mb_matrix_fini(&matrix);
	}
	return any;
}

/* The best of a row; 0: nobody measured from that node. */
static double most_from(const struct mb_matrix *matrix, size_t from)
{
	double most = 0;

	for (size_t to = 0; to < matrix->count; to++)
		most = fmax(most, matrix->bytes_per_second[from * matrix->count + to]);
	return most;
}

/* What the CPUs of one node reach; no row when nobody measured it. */
static void put_matrix_row(struct mb_html *html, const struct mb_matrix *matrix, size_t from)
{
	const struct mb_metric *metric = metric_row(html, MB_METRIC_BYTES_PER_SECOND);
	const double *rates = &matrix->bytes_per_second[from * matrix->count];
	double most = most_from(matrix, from);
	char name[32];

	if (!(most > 0))
		return;
	snprintf(name, sizeof(name), "CPUs of node %d", matrix->nodes[from].os_index);
	mb_html_raw(html, "<tr>");
	mb_html_name(html, name);
	for (size_t to = 0; to < matrix->count; to++) {
		if (isnan(rates[to])) {
			mb_html_cell_metric(html, metric, rates[to]);
			continue;
		}
		mb_html_raw(
			html,
			"<td class=\"n heat heat-%d\" data-v=\"%s\">%s<br><small>%s</small></td>",
			(int)fmin(NR_HEATS - 1, floor(NR_HEATS * rates[to] / most)),
			mb_format_exact(rates[to]).text,
			mb_format_metric(metric, rates[to], MB_FORMAT_UTF8).text,
			mb_format_percent(100 * rates[to] / most).text);
	}
	mb_html_raw(html, "</tr>\n");
}

static void put_one_matrix(struct mb_html *html, size_t result, const struct mb_matrix *matrix)
{
	struct mb_strbuf caption = {0};
	size_t nr_rows = 0;
	char head[32];

	for (size_t from = 0; from < matrix->count; from++)
		nr_rows += most_from(matrix, from) > 0;
	mb_strbuf_addf(&caption, "Best fill of each node's memory: %s, and share of the row's best",
		       metric_row(html, MB_METRIC_BYTES_PER_SECOND)->label);
	if (mb_html_several(html))
		mb_strbuf_addf(&caption, ", result %s", mb_answer_name(result).text);
	mb_html_figure(html, NULL, mb_strbuf_text(&caption), nr_rows);
	mb_strbuf_fini(&caption);
	mb_html_head(html, "");
	for (size_t to = 0; to < matrix->count; to++) {
		snprintf(head, sizeof(head), "memory of node %d", matrix->nodes[to].os_index);
		mb_html_head(html, head);
	}
	mb_html_body(html);
	for (size_t from = 0; from < matrix->count; from++)
		put_matrix_row(html, matrix, from);
	mb_html_figure_end(html);
}

static void put_matrix(struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++) {
		struct mb_matrix matrix;
		int error = init_matrix(&matrix, html->results[i]);

		if (error == -ENOMEM)
			html->error = error;
		if (error)
			continue;
		put_one_matrix(html, i, &matrix);
		mb_matrix_fini(&matrix);
	}
}

const struct mb_write_html_section mb_write_html_matrix = {
	"matrix",
	"Local and remote memory",
	"The stronger the colour, the faster. All CPUs of a node write to the memory of one node at a time.",
	has_matrix,
	put_matrix,
};

/* --- initialisers --- */

static bool has_initialisers(const struct mb_html *html)
{
	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < html->results[i]->nr_runs; j++)
			if (mb_pick_is_initialiser(html->results[i]->runs[j]))
				return true;
	return false;
}

static void put_initialiser(struct mb_html *html, size_t result, const struct mb_run *run)
{
	static const int metrics[] = {MB_METRIC_BYTES_PER_SECOND, MB_METRIC_NS_PER_PAGE,
				      MB_METRIC_LIMIT_PERCENT};
	struct mb_strbuf name = {0};

	if (mb_html_several(html))
		mb_strbuf_addf(&name, "%s ", mb_answer_name(result).text);
	mb_strbuf_addf(&name, "%.*s", (int)(mb_pick_family_length(run) - strlen("pageinit/")),
		       run->name + strlen("pageinit/"));
	mb_html_raw(html, "<tr data-group=\"%u\">", run->threads);
	mb_html_name(html, mb_strbuf_text(&name));
	mb_html_cell_number(html, run->threads ? run->threads : NAN);
	for (size_t k = 0; k < MB_ARRAY_SIZE(metrics); k++)
		mb_html_cell_run(html, run, metrics[k]);
	mb_html_cell(html, run->reason);
	mb_html_raw(html, "</tr>\n");
	if (name.error)
		html->error = name.error;
	mb_strbuf_fini(&name);
}

static void put_initialisers(struct mb_html *html)
{
	size_t nr_rows = 0;

	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < html->results[i]->nr_runs; j++)
			nr_rows += mb_pick_is_initialiser(html->results[i]->runs[j]);
	mb_html_figure(html, "bars", "Descriptors written in each way", nr_rows);
	mb_html_head(html, "initialiser");
	mb_html_raw(html, "<th scope=\"col\" class=\"n\">threads</th>");
	mb_html_head_metric(html, metric_row(html, MB_METRIC_BYTES_PER_SECOND), NULL, -1, true);
	mb_html_head_metric(html, metric_row(html, MB_METRIC_NS_PER_PAGE), NULL, -1, false);
	mb_html_head_metric(html, metric_row(html, MB_METRIC_LIMIT_PERCENT), NULL, -1, false);
	mb_html_head(html, "");
	mb_html_body(html);
	for (size_t i = 0; i < html->count; i++)
		for (size_t j = 0; j < html->results[i]->nr_runs; j++)
			if (mb_pick_is_initialiser(html->results[i]->runs[j]))
				put_initialiser(html, i, html->results[i]->runs[j]);
	mb_html_figure_end(html);
}

const struct mb_write_html_section mb_write_html_initialisers = {
	"initialisers",
	"Initialisers",
	"The kernel's stores beside other ways that leave the same bytes.",
	has_initialisers,
	put_initialisers,
};
