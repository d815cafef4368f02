/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "cli/machine_table.h"
#include "cli/predict_table.h"
#include "cli/predict_words.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"

#define BAR_CELLS 40

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
		      const struct mb_costmodel *model,
		      const struct mb_costmodel_features *features)
{
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
		       const struct mb_costmodel *model, const struct mb_predict_target *target,
		       const struct mb_costmodel_prediction *prediction)
{
	static const struct mb_table_column columns[] = {
		{"phase", MB_TABLE_LEFT}, {"time", MB_TABLE_RIGHT},  {"low", MB_TABLE_RIGHT},
		{"high", MB_TABLE_RIGHT}, {"share", MB_TABLE_RIGHT}, {"", MB_TABLE_LEFT},
	};
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
			add_nodes(table, term, model, &target->features);
	}
	mb_machine_table_heading(text, term, "Phases, predicted");
	mb_term_add_table(text, term, table);
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
	mb_term_add_table(text, term, table);
}

void mb_predict_table_add_beyond(struct mb_strbuf *text, const struct mb_costmodel *model,
				 unsigned beyond)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf words = {0};

	mb_predict_words_beyond(&words, model, beyond);
	if (words.length)
		mb_strbuf_addf(text, "\nbeyond what was fitted: %s\n", mb_strbuf_text(&words));
}

void mb_predict_table_add(struct mb_strbuf *text, const struct mb_term *term,
			  const struct mb_costmodel *model, const struct mb_predict_target *target,
			  const struct mb_costmodel_prediction *prediction)
{
	add_phases(text, term, model, target, prediction);
	add_totals(text, term, prediction);
	mb_strbuf_addf(text, "  low and high: the %.0f %% interval of a boot's time\n",
		       100 * MB_COSTMODEL_CONFIDENCE);
	mb_predict_table_add_beyond(text, model, prediction->beyond);
}

/* --- terms --- */

static void add_term(struct mb_table *table, const struct mb_term *term,
		     const struct mb_costmodel_term_row *row,
		     const struct mb_costmodel_share *share, double all_ns, bool first)
{
	bool beside = mb_costmodel_phases[row->phase].beside;

	mb_table_style(table, beside         ? MB_TABLE_DIM
			      : share->rules ? MB_TABLE_BOLD
					     : MB_TABLE_PLAIN);
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
	mb_table_cell(table, beside ? "-" : mb_format_percent(100 * share->ns / all_ns).text);
	mb_table_cell(table, beside ? "beside the totals" : share->rules ? "rules" : "");
}

/* Which term of all takes most of the time to all memory. */
static void add_ruler(struct mb_strbuf *text, const struct mb_costmodel_share *shares,
		      const struct mb_costmodel_prediction *prediction, double all_ns)
{
	size_t most = MB_COSTMODEL_NR_TERMS;

	for (size_t i = 0; i < MB_COSTMODEL_NR_TERMS; i++) {
		unsigned phase = mb_costmodel_terms[i].phase;

		if (!mb_costmodel_phases[phase].beside && !isnan(prediction->phases[phase].ns) &&
		    (most == MB_COSTMODEL_NR_TERMS || shares[i].ns > shares[most].ns))
			most = i;
	}
	if (most < MB_COSTMODEL_NR_TERMS)
		mb_strbuf_addf(text, "\nat this size %s of %s rule%s: %s of all phases\n",
			       mb_costmodel_terms[most].name,
			       mb_costmodel_phases[mb_costmodel_terms[most].phase].name,
			       strcmp(mb_costmodel_terms[most].name, "start") ? "" : "s",
			       mb_format_percent(100 * shares[most].ns / all_ns).text);
}

void mb_predict_table_add_terms(struct mb_strbuf *text, const struct mb_term *term,
				const struct mb_costmodel *model,
				const struct mb_predict_target *target,
				const struct mb_costmodel_prediction *prediction)
{
	static const struct mb_table_column columns[] = {
		{"phase", MB_TABLE_LEFT},   {"term", MB_TABLE_LEFT},
		{"kind", MB_TABLE_LEFT},    {"each", MB_TABLE_RIGHT},
		{"error", MB_TABLE_RIGHT},  {"", MB_TABLE_LEFT},
		{"time", MB_TABLE_RIGHT},   {"of its phase", MB_TABLE_RIGHT},
		{"of all", MB_TABLE_RIGHT}, {"", MB_TABLE_LEFT},
	};
	struct mb_costmodel_share shares[MB_COSTMODEL_NR_TERMS];
	double all_ns = sum_phases(prediction);
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));
	int phase = -1;

	mb_costmodel_explain(model, &target->features, shares);
	for (size_t i = 0; i < MB_COSTMODEL_NR_TERMS; i++) {
		const struct mb_costmodel_term_row *row = &mb_costmodel_terms[i];

		if (isnan(prediction->phases[row->phase].ns))
			continue;
		add_term(table, term, row, &shares[i], all_ns, phase != (int)row->phase);
		phase = (int)row->phase;
	}
	mb_machine_table_heading(text, term, "Terms of the model at this size");
	mb_term_add_table(text, term, table);
	mb_strbuf_add(
		text,
		"  error: standard deviation of the coefficient; '-' where the boots show no such cost\n");
	add_ruler(text, shares, prediction, all_ns);
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
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf words = {0};

	mb_predict_words_knee(&words, vary, points);
	if (words.length)
		mb_strbuf_addf(text, "\nknee: %s\n", mb_strbuf_text(&words));
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
	mb_term_add_table(text, term, table);
	add_knee(text, vary, points);
}
