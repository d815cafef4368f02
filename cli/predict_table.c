/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>

#include "cli/machine_table.h"
#include "cli/predict_table.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"

#define BAR_CELLS 40
#define GAIN      0.05 /* a doubling that gains less is beyond the knee */

static void render(struct mb_strbuf *text, const struct mb_term *term, struct mb_table *table)
{
	if (!table || mb_table_render(table, &term->table, text))
		text->error = -ENOMEM;
	mb_table_free(table);
}

static void cell_time(struct mb_table *table, const struct mb_term *term, double ns)
{
	mb_table_cell(table, mb_format_time(ns, term->charset).text);
}

static void cell_value(struct mb_table *table, const struct mb_term *term,
		       const struct mb_costmodel_value *value)
{
	cell_time(table, term, value->ns);
	cell_time(table, term, value->low);
	cell_time(table, term, value->high);
}

/* --- one machine --- */

static void add_nodes(struct mb_table *table, const struct mb_term *term,
		      const struct mb_costmodel *model, const struct mb_predict_answer *answer)
{
	const struct mb_costmodel_features *features = &answer->target.features;

	for (size_t i = 0; i < features->nr_nodes; i++) {
		const struct mb_costmodel_node *node = &features->nodes[i];
		struct mb_costmodel_value value;

		if (!(node->pages > 0))
			continue;
		mb_costmodel_predict_node(model, features, i, &value);
		mb_table_cellf(table, "  node %d, %.0f worker%s", node->nid, node->threads,
			       node->threads > 1 ? "s" : "");
		cell_value(table, term, &value);
		mb_table_cell(table, "-");
		mb_table_cellf(table, "%.0f job%s, %.0f chunk%s", node->jobs,
			       node->jobs > 1 ? "s" : "", node->chunks,
			       node->chunks > 1 ? "s" : "");
	}
}

/* Time of all phases that the totals count. */
static double sum_phases(const struct mb_costmodel_prediction *prediction)
{
	double ns = 0;

	for (int i = 0; i < MB_COSTMODEL_NR_PHASES; i++)
		if (!mb_costmodel_phases[i].beside && !isnan(prediction->phases[i].ns))
			ns += prediction->phases[i].ns;
	return ns;
}

static void add_phases(struct mb_strbuf *text, const struct mb_term *term,
		       const struct mb_costmodel *model, const struct mb_predict_answer *answer)
{
	static const struct mb_table_column columns[] = {
		{"phase", MB_TABLE_LEFT}, {"time", MB_TABLE_RIGHT},  {"low", MB_TABLE_RIGHT},
		{"high", MB_TABLE_RIGHT}, {"share", MB_TABLE_RIGHT}, {"", MB_TABLE_LEFT},
	};
	const struct mb_costmodel_prediction *prediction = &answer->prediction;
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	double all = sum_phases(prediction);

	for (int i = 0; i < MB_COSTMODEL_NR_PHASES; i++) {
		const struct mb_costmodel_phase_row *row = &mb_costmodel_phases[i];
		const struct mb_costmodel_value *value = &prediction->phases[i];

		if (isnan(value->ns))
			continue;
		mb_table_style(table, row->beside ? MB_TABLE_DIM : MB_TABLE_PLAIN);
		mb_table_cell(table, row->name);
		cell_value(table, term, value);
		mb_table_cell(table,
			      row->beside ? "-" : mb_format_percent(100 * value->ns / all).text);
		mb_table_cell(table, row->beside ? "beside the totals" : "");
		mb_table_style(table, MB_TABLE_PLAIN);
		if (i == MB_COSTMODEL_DEFERRED)
			add_nodes(table, term, model, answer);
	}
	mb_machine_table_heading(text, term, "Phases, predicted");
	render(text, term, table);
}

static void add_totals(struct mb_strbuf *text, const struct mb_term *term,
		       const struct mb_costmodel_prediction *prediction)
{
	static const struct mb_table_column columns[] = {
		{"", MB_TABLE_LEFT},      {"time", MB_TABLE_RIGHT}, {"low", MB_TABLE_RIGHT},
		{"high", MB_TABLE_RIGHT}, {"", MB_TABLE_LEFT},
	};
	const struct {
		const char *label, *note;
		const struct mb_costmodel_value *value;
	} rows[] = {
		{"to first allocation",
		 "from memblock's start to the first page that the buddy can give",
		 &prediction->first_allocation},
		{"to all memory", "the same to the last page in the buddy",
		 &prediction->all_memory},
	};
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		mb_table_cell(table, rows[i].label);
		cell_value(table, term, rows[i].value);
		mb_table_cell(table, rows[i].note);
	}
	mb_machine_table_heading(text, term, "Totals, predicted");
	render(text, term, table);
}

void mb_predict_table_add_beyond(struct mb_strbuf *text, const struct mb_costmodel *model,
				 unsigned beyond)
{
	const char *before = "\nbeyond what was fitted: ";

	if (beyond & MB_COSTMODEL_BEYOND_SIZE) {
		mb_strbuf_addf(text, "%sboots had at most %s descriptors", before,
			       mb_format_count(exp2(model->size_high), MB_FORMAT_ASCII).text);
		before = ", ";
	}
	if (beyond & MB_COSTMODEL_BEYOND_THREADS) {
		mb_strbuf_addf(text, "%s%.0f thread%s", before, model->max_threads,
			       model->max_threads > 1 ? "s" : "");
		before = ", ";
	}
	if (beyond & MB_COSTMODEL_BEYOND_NODES) {
		mb_strbuf_addf(text, "%s%.0f node%s", before, model->max_nodes,
			       model->max_nodes > 1 ? "s" : "");
		before = ", ";
	}
	if (*before == ',')
		mb_strbuf_add(text, "\n");
	if (beyond & MB_COSTMODEL_NO_BANDWIDTH)
		mb_strbuf_add(
			text,
			"no bandwidth: this host's threads never filled its memory's, so with more of them times are lower "
			"bounds\n");
}

void mb_predict_table_add(struct mb_strbuf *text, const struct mb_term *term,
			  const struct mb_costmodel *model, const struct mb_predict_answer *answer)
{
	add_phases(text, term, model, answer);
	add_totals(text, term, &answer->prediction);
	mb_strbuf_addf(text, "  low and high: the %.0f %% interval of a boot's time\n",
		       100 * MB_COSTMODEL_CONFIDENCE);
	mb_predict_table_add_beyond(text, model, answer->prediction.beyond);
}

/* --- terms --- */

static void add_term(struct mb_table *table, const struct mb_term *term,
		     const struct mb_costmodel_term_row *row,
		     const struct mb_costmodel_share *share, bool first)
{
	mb_table_style(table, share->rules ? MB_TABLE_BOLD : MB_TABLE_PLAIN);
	mb_table_cell(table, first ? mb_costmodel_phases[row->phase].name : "");
	mb_table_cell(table, row->name);
	mb_table_cell(table, mb_costmodel_kind_name(row->kind));
	mb_table_cellf(table, "%.3g", share->coefficient);
	if (share->error > 0)
		mb_table_cellf(table, "%.2g", share->error);
	else
		mb_table_cell(table, "-");
	mb_table_cell(table, row->unit);
	cell_time(table, term, share->ns);
	mb_table_cell(table, mb_format_percent(100 * share->share).text);
	mb_table_cell(table, share->rules ? "rules" : "");
}

void mb_predict_table_add_terms(struct mb_strbuf *text, const struct mb_term *term,
				const struct mb_costmodel *model,
				const struct mb_predict_answer *answer)
{
	static const struct mb_table_column columns[] = {
		{"phase", MB_TABLE_LEFT}, {"term", MB_TABLE_LEFT},          {"kind", MB_TABLE_LEFT},
		{"each", MB_TABLE_RIGHT}, {"error", MB_TABLE_RIGHT},        {"", MB_TABLE_LEFT},
		{"time", MB_TABLE_RIGHT}, {"of its phase", MB_TABLE_RIGHT}, {"", MB_TABLE_LEFT},
	};
	struct mb_costmodel_share shares[MB_COSTMODEL_NR_TERMS];
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	int phase = -1;

	mb_costmodel_explain(model, &answer->target.features, shares);
	for (size_t i = 0; i < MB_COSTMODEL_NR_TERMS; i++) {
		const struct mb_costmodel_term_row *row = &mb_costmodel_terms[i];

		if (isnan(answer->prediction.phases[row->phase].ns))
			continue;
		add_term(table, term, row, &shares[i], phase != (int)row->phase);
		phase = (int)row->phase;
	}
	mb_machine_table_heading(text, term, "Terms of the model at this size");
	render(text, term, table);
	mb_strbuf_add(
		text,
		"  error: standard deviation of the coefficient; '-' where the boots show no such cost\n");
}

/* --- curves --- */

void mb_predict_table_bar(struct mb_strbuf *text, const struct mb_costmodel_value *value,
			  double most, enum mb_format_charset charset)
{
	bool ascii = charset == MB_FORMAT_ASCII;
	double cell = most > 0 ? most / BAR_CELLS : 1;
	double low = isnan(value->low) ? value->ns : value->low;
	double high = isnan(value->high) ? value->ns : value->high;

	for (int i = 0; i < BAR_CELLS && i + 0.5 < high / cell; i++) {
		bool sure = i + 0.5 < low / cell;

		mb_strbuf_add(text, ascii ? (sure ? "#" : ".") : (sure ? "█" : "░"));
	}
}

static void add_curve_rows(struct mb_table *table, const struct mb_term *term,
			   const struct mb_predict_vary *vary,
			   const struct mb_predict_point *points, double most)
{
	for (size_t i = 0; i < vary->count; i++) {
		const struct mb_costmodel_value *all = &points[i].all_memory;
		MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf bar = {0};

		mb_predict_table_bar(&bar, all, most, term->charset);
		mb_table_cell(table, mb_predict_vary_value(vary->what, points[i].value).text);
		cell_time(table, term, points[i].first_allocation.ns);
		cell_value(table, term, all);
		mb_table_cell(table, mb_strbuf_text(&bar));
	}
}

static void add_knee(struct mb_strbuf *text, const struct mb_predict_vary *vary,
		     const struct mb_predict_point *points)
{
	const struct mb_predict_vary_row *row = &mb_predict_vary_rows[vary->what];
	double y[MB_PREDICT_VARY_MAX];
	size_t knee;

	for (size_t i = 0; i < vary->count; i++)
		y[i] = points[i].all_memory.ns / (row->grows ? points[i].value : 1);
	knee = mb_costmodel_knee(vary->values, y, vary->count, GAIN);
	mb_strbuf_addf(text, "\nknee: %s %s; ",
		       mb_predict_vary_value(vary->what, vary->values[knee]).text,
		       vary->values[knee] > 1 ? row->many : row->one);
	if (knee + 1 == vary->count && row->grows)
		mb_strbuf_add(text, "up to there time grows less than in proportion\n");
	else if (row->grows)
		mb_strbuf_add(text, "from there on time grows in proportion\n");
	else if (knee + 1 == vary->count)
		mb_strbuf_add(text, "up to there more of them gain\n");
	else
		mb_strbuf_addf(text, "doubling that gains less than %.0f %%\n", 100 * GAIN);
}

void mb_predict_table_add_curve(struct mb_strbuf *text, const struct mb_term *term,
				const struct mb_predict_vary *vary,
				const struct mb_predict_point *points, const char *last)
{
	const struct mb_table_column columns[] = {
		{mb_predict_vary_rows[vary->what].name, MB_TABLE_RIGHT},
		{"to first allocation", MB_TABLE_RIGHT},
		{last, MB_TABLE_RIGHT},
		{"low", MB_TABLE_RIGHT},
		{"high", MB_TABLE_RIGHT},
		{"", MB_TABLE_LEFT},
	};
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	double most = 0;

	for (size_t i = 0; i < vary->count; i++)
		most = fmax(most, fmax(points[i].all_memory.ns, points[i].all_memory.high));
	add_curve_rows(table, term, vary, points, most);
	mb_table_drop_empty(table);
	mb_machine_table_heading(text, term, "Curve, predicted");
	render(text, term, table);
	if (vary->count > 1)
		add_knee(text, vary, points);
}
