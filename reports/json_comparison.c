/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include <jansson.h>

#include "core/base/strbuf.h"
#include "reports/comparison_writer.h"
#include "reports/json_value.h"
#include "reports/text.h"

/* What schema.md calls a comparison: everything, in one object. */
#define SCHEMA_VERSION 1

/* Text may have been cut in the middle of a character. */
static json_t *text_value(const char *words)
{
	struct mb_strbuf clean = {0};
	json_t *value;

	if (!words)
		return json_null();
	mb_text_add_utf8(&clean, words);
	value = clean.error ? NULL : mb_json_value_text(mb_strbuf_text(&clean));
	mb_strbuf_fini(&clean);
	return value;
}

static json_t *side_value(const struct mb_comparison_side *side)
{
	json_t *object = json_object();
	bool bad = !object;

	mb_json_value_add(object, "title", text_value(side->title), &bad);
	mb_json_value_add(object, "host_class", text_value(side->host_class), &bad);
	mb_json_value_add(object, "kernel", text_value(side->kernel), &bad);
	mb_json_value_add(object, "compiler", text_value(side->compiler), &bad);
	mb_json_value_add(object, "process_runs", mb_json_value_number((double)side->process_runs),
			  &bad);
	return mb_json_value_finish(object, bad);
}

static json_t *row_value(const struct mb_comparison_row *row)
{
	const struct mb_finding *finding = &row->finding;
	const struct {
		const char *key;
		double value;
	} numbers[] = {
		{"side", (double)row->side},
		{"base", row->base_value},
		{"new", row->value},
		{"base_samples", (double)row->base_samples},
		{"new_samples", (double)row->samples},
		{"ratio", finding->ratio},
		{"low", finding->low},
		{"high", finding->high},
		{"p", finding->p},
		{"p_holm", finding->p_holm},
		{"bar", finding->bar},
		{"noise", finding->noise},
		{"samples", (double)finding->samples},
		{"more", (double)finding->more},
	};
	json_t *object = json_object();
	bool bad = !object;

	mb_json_value_add(object, "name", text_value(row->name), &bad);
	mb_json_value_add(object, "metric", text_value(row->metric->key), &bad);
	mb_json_value_add(object, "unit", text_value(row->metric->unit), &bad);
	mb_json_value_add(object, "verdict", text_value(mb_judge_name(finding->verdict)), &bad);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		mb_json_value_add(object, numbers[i].key, mb_json_value_number(numbers[i].value),
				  &bad);
	mb_json_value_add(object, "exact", json_boolean(finding->exact), &bad);
	mb_json_value_add(object, "why", text_value(*finding->why ? finding->why : NULL), &bad);
	return mb_json_value_finish(object, bad);
}

static void append(json_t *array, json_t *value, bool *bad)
{
	if (!array || !value || json_array_append_new(array, value))
		*bad = true;
}

static json_t *counts_value(const struct mb_comparison *comparison)
{
	json_t *object = json_object();
	bool bad = !object;

	for (int i = 0; i < MB_NR_VERDICTS; i++)
		mb_json_value_add(object, mb_judge_name(i),
				  mb_json_value_number((double)mb_comparison_count(comparison, i)),
				  &bad);
	return mb_json_value_finish(object, bad);
}

static void add_lists(json_t *object, const struct mb_comparison *comparison, bool *bad)
{
	json_t *sides = json_array(), *notes = json_array(), *rows = json_array();

	for (size_t i = 0; i < comparison->nr_sides; i++)
		append(sides, side_value(&comparison->sides[i]), bad);
	for (size_t i = 0; i < comparison->nr_notes; i++)
		append(notes, text_value(comparison->notes[i]), bad);
	for (size_t i = 0; i < comparison->nr_rows; i++)
		append(rows, row_value(&comparison->rows[i]), bad);
	mb_json_value_add(object, "sides", sides, bad);
	mb_json_value_add(object, "notes", notes, bad);
	mb_json_value_add(object, "rows", rows, bad);
}

int mb_json_comparison(const struct mb_comparison *comparison, FILE *file)
{
	json_t *object = json_object();
	bool bad = !object;
	int error;

	mb_json_value_add(object, "comparison_version", mb_json_value_number(SCHEMA_VERSION), &bad);
	mb_json_value_add(object, "command", text_value(comparison->command), &bad);
	mb_json_value_add(object, "exit_status",
			  mb_json_value_number(mb_comparison_status(comparison)), &bad);
	mb_json_value_add(object, "unfit", text_value(comparison->unfit), &bad);
	mb_json_value_add(object, "threshold", mb_json_value_number(comparison->threshold), &bad);
	mb_json_value_add(object, "confidence", mb_json_value_number(comparison->confidence), &bad);
	mb_json_value_add(object, "counts", counts_value(comparison), &bad);
	add_lists(object, comparison, &bad);
	error = mb_json_value_put(file, mb_json_value_finish(object, bad));
	if (!error)
		fputc('\n', file);
	return error ? error : ferror(file) ? -EIO : 0;
}
