/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdbool.h>

#include "cli/predict_words.h"
#include "reports/format.h"

#define GAIN     0.05  /* a doubling that gains less is beyond the knee */
#define DOUBLING 2.001 /* a larger step is more than one */

static void add_most(struct mb_strbuf *text, const char **before, double most, const char *what)
{
	mb_strbuf_addf(text, "%s%.0f %s%s", *before, most, what, most > 1 ? "s" : "");
	*before = ", ";
}

void mb_predict_words_beyond(struct mb_strbuf *text, const struct mb_costmodel *model,
			     unsigned beyond)
{
	const char *before = "the fit's boots had at most ";

	if (beyond & MB_COSTMODEL_BEYOND_SIZE) {
		mb_strbuf_addf(text, "the fit's boots had %s to ",
			       mb_format_count(exp2(model->size_low), MB_FORMAT_ASCII).text);
		mb_strbuf_addf(text, "%s descriptors",
			       mb_format_count(exp2(model->size_high), MB_FORMAT_ASCII).text);
		before = ", at most ";
	}
	if (beyond & MB_COSTMODEL_BEYOND_THREADS)
		add_most(text, &before, model->max_threads, "worker");
	if (beyond & MB_COSTMODEL_BEYOND_NODES)
		add_most(text, &before, model->max_nodes, "node");
	if (beyond & MB_COSTMODEL_NO_BANDWIDTH)
		mb_strbuf_addf(
			text,
			"%sits workers never filled the memory's bandwidth, so with more of them times are lower bounds",
			text->length ? "; " : "");
}

/* Where a knee can be: a step of more than a doubling before it, or behind it with a gain, may hide it. */
static void find_knee(const double *x, const double *y, size_t count, size_t *ret_first,
		      size_t *ret_last)
{
	size_t knee = mb_costmodel_knee(x, y, count, GAIN);
	bool hides = knee + 1 < count && x[knee + 1] > DOUBLING * x[knee] &&
		     y[knee] / y[knee + 1] >= 1 + GAIN;

	*ret_first = knee && knee + 1 < count && x[knee] > DOUBLING * x[knee - 1] ? knee - 1 : knee;
	*ret_last = hides ? knee + 1 : knee;
}

static void add_value(struct mb_strbuf *text, const struct mb_predict_vary *vary, size_t index)
{
	mb_strbuf_add(text, mb_predict_vary_value(vary->what, vary->values[index]).text);
}

void mb_predict_words_knee(struct mb_strbuf *text, const struct mb_predict_vary *vary,
			   const struct mb_predict_point *points)
{
	const struct mb_predict_vary_row *row = &mb_predict_vary_rows[vary->what];
	double y[MB_PREDICT_VARY_MAX];
	size_t first, last;

	if (vary->count < 2)
		return;
	for (size_t i = 0; i < vary->count; i++) {
		y[i] = points[i].all_memory.ns / (row->grows ? points[i].value : 1);
		if (isnan(y[i]))
			return;
	}
	find_knee(vary->values, y, vary->count, &first, &last);
	if (first < last) {
		mb_strbuf_add(text, "between ");
		add_value(text, vary, first);
		mb_strbuf_add(text, " and ");
	}
	add_value(text, vary, last);
	mb_strbuf_addf(text, " %s; ", vary->values[last] > 1 ? row->many : row->one);
	if (first < last)
		mb_strbuf_add(text, "values between them would tell where");
	else if (last + 1 == vary->count && row->grows)
		mb_strbuf_add(text, "up to there time grows less than in proportion");
	else if (row->grows)
		mb_strbuf_add(text, "from there on time grows in proportion");
	else if (last + 1 == vary->count)
		mb_strbuf_add(text, "up to there more of them gain");
	else
		mb_strbuf_addf(text, "doubling that gains less than %.0f %%", 100 * GAIN);
}
