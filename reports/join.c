/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "reports/format.h"
#include "reports/host_class.h"
#include "reports/join.h"
#include "reports/knob.h"
#include "reports/spread.h"
#include "reports/text.h"

/* --- may they be compared --- */

static void differ(struct mb_strbuf *why, const char *what, const char *base, const char *other)
{
	if (mb_text_same(base, other))
		return;
	mb_strbuf_addf(why, "%sother %s: %s against %s", why->length ? "; " : "", what,
		       other ? other : "not known", base ? base : "not known");
}

static int differ_host(const struct mb_result *base, const struct mb_result *other,
		       struct mb_strbuf *why)
{
	struct mb_strbuf one = {0}, two = {0};
	int error = mb_host_class(base, &one);

	if (!error)
		error = mb_host_class(other, &two);
	if (!error)
		differ(why, "host class", mb_strbuf_text(&one), mb_strbuf_text(&two));
	mb_strbuf_fini(&one);
	mb_strbuf_fini(&two);
	return error;
}

/* Settings of both that matter, in the order of the base. */
static void differ_knobs(const struct mb_result *base, const struct mb_result *other,
			 struct mb_strbuf *why)
{
	for (size_t i = 0; i < base->knobs.count; i++) {
		const struct mb_fact *knob = &base->knobs.rows[i];

		if (mb_knob_matters(knob->name))
			differ(why, knob->name, knob->value,
			       mb_result_fact(&other->knobs, knob->name));
	}
	for (size_t i = 0; i < other->knobs.count; i++)
		if (!mb_result_fact(&base->knobs, other->knobs.rows[i].name) &&
		    mb_knob_matters(other->knobs.rows[i].name))
			differ(why, other->knobs.rows[i].name, NULL, other->knobs.rows[i].value);
}

int mb_join_differ(const struct mb_result *base, const struct mb_result *result,
		   struct mb_strbuf *ret_why)
{
	static const struct {
		const char *fact, *label;
	} facts[] = {
		{"kernel", "kernel"},
		{"cpus", "number of CPUs"},
		{"clock_source", "clock source"},
		{"compiler", "compiler"},
		{"compiler_flags", "compiler flags"},
	};
	static const struct {
		enum mb_result_field field;
		const char *label;
	} fields[] = {
		{MB_RESULT_MACHINE_HASH, "machine"},
		{MB_RESULT_KERNEL_PROFILE, "kernel profile"},
		{MB_RESULT_POLICY, "policy"},
		{MB_RESULT_STRUCT_PAGE, "struct page size"},
		{MB_RESULT_BIND, "binding of workers"},
		{MB_RESULT_PAGES, "host pages"},
		{MB_RESULT_WINDOW, "windows of the memmap"},
	};
	int error = differ_host(base, result, ret_why);

	if (error)
		return error;
	for (size_t i = 0; i < MB_ARRAY_SIZE(facts); i++)
		differ(ret_why, facts[i].label, mb_result_fact(&base->facts, facts[i].fact),
		       mb_result_fact(&result->facts, facts[i].fact));
	differ_knobs(base, result, ret_why);
	for (size_t i = 0; i < MB_ARRAY_SIZE(fields); i++)
		differ(ret_why, fields[i].label, base->fields[fields[i].field],
		       result->fields[fields[i].field]);
	return ret_why->error;
}

/* --- joining --- */

/* One pair of sides. */
struct join {
	struct mb_comparison *comparison;
	const struct mb_join_options *options;
	const struct mb_join_side *base, *other;
	size_t side;
	bool by_process;    /* process runs are the samples */
	const char *refuse; /* why no row can be compared; NULL: they can */
};

struct values {
	double *values;
	size_t count;
};

/* The samples of a side's runs of one row; runs[i] is NULL where a result has none. 0 or -ENOMEM; the caller frees the values. */
static int take_samples(const struct join *join, const struct mb_run *const *runs, size_t count,
			int metric, struct values *ret_values)
{
	size_t room = join->by_process || !runs[0] ? count : runs[0]->metrics[metric].count;
	struct values all = {malloc((room + 1) * sizeof(double)), 0};

	if (!all.values)
		return -ENOMEM;
	if (!join->by_process && runs[0])
		for (; all.count < room; all.count++)
			all.values[all.count] = runs[0]->metrics[metric].values[all.count];
	for (size_t i = 0; join->by_process && i < count; i++) {
		struct mb_stats stats;
		int known = runs[i] ? mb_row_summarise(runs[i], (size_t)metric, &stats) : 0;

		if (known < 0) {
			free(all.values);
			return known;
		}
		if (known)
			all.values[all.count++] = mb_metric_aggregate(
				&runs[i]->result->metrics->rows[metric], &stats);
	}
	*ret_values = all;
	return 0;
}

static bool has_metric(const struct mb_run *const *runs, size_t count, int metric)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; runs[i] && j < runs[i]->metrics[metric].count; j++)
			if (!isnan(runs[i]->metrics[metric].values[j]))
				return true;
	return false;
}

static const struct mb_run *first_of(const struct mb_run *const *runs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (runs[i])
			return runs[i];
	return NULL;
}

/* Who did another amount of work has another time. */
static bool other_work(const struct mb_run *base, const struct mb_run *other,
		       struct mb_finding *finding)
{
	static const int work[] = {MB_METRIC_PAGES, MB_METRIC_BYTES, MB_METRIC_OPERATIONS};

	for (size_t i = 0; i < MB_ARRAY_SIZE(work); i++) {
		const struct mb_samples *a = &base->metrics[work[i]], *b = &other->metrics[work[i]];

		if (!a->count || !b->count ||
		    !(a->values[0] < b->values[0] || a->values[0] > b->values[0]))
			continue;
		mb_judge_refuse(finding, "other work: %s %s against %s",
				mb_format_exact(b->values[0]).text, mb_metrics.rows[work[i]].unit,
				mb_format_exact(a->values[0]).text);
		return true;
	}
	return false;
}

/* What is counted and repeats on both sides is compared as it is. */
static bool repeats(const struct values *values)
{
	for (size_t i = 1; i < values->count; i++)
		if (values->values[i] < values->values[0] || values->values[i] > values->values[0])
			return false;
	return values->count > 1;
}

static bool is_instructions(int metric)
{
	return metric == MB_METRIC_INSTRUCTIONS || metric == MB_METRIC_INSTRUCTIONS_PER_PAGE ||
	       metric == MB_METRIC_INSTRUCTIONS_PER_OPERATION;
}

static bool is_time(int metric)
{
	return metric == MB_METRIC_NS_PER_PAGE || metric == MB_METRIC_NS_PER_OPERATION ||
	       metric == MB_METRIC_WALL_NS;
}

static int judge(const struct join *join, const struct mb_row *row, int metric,
		 struct mb_comparison_row *out)
{
	const struct mb_run *const *base = row->runs, *const *other = base + join->base->count;
	struct mb_judge_rule rule = mb_judge_rule(out->metric);
	MB_FREE double *old_values = NULL, *new_values = NULL;
	struct values old, now;

	if (take_samples(join, base, join->base->count, metric, &old))
		return -ENOMEM;
	old_values = old.values;
	if (take_samples(join, other, join->other->count, metric, &now))
		return -ENOMEM;
	new_values = now.values;
	mb_comparison_set_samples(join->comparison, out, old.values, old.count, now.values,
				  now.count);
	rule.threshold = join->options->threshold;
	rule.confidence = join->comparison->confidence;
	if (is_time(metric))
		rule.noise = mb_spread_find(join->options->spread,
					    first_of(base, join->base->count)->name,
					    mb_min(old.count, now.count));
	rule.exact |= is_instructions(metric) && repeats(&old) && repeats(&now);
	if (join->refuse) {
		mb_judge_refuse(&out->finding, "%s", join->refuse);
		return 0;
	}
	if (other_work(first_of(base, join->base->count), first_of(other, join->other->count),
		       &out->finding))
		return 0;
	return mb_judge_groups(old.values, old.count, now.values, now.count, &rule, &out->finding);
}

/* How a row of that name ended in a result where it did not go well; NULL: it is not there. */
static const struct mb_run *find_bad(const struct mb_join_side *side, const struct mb_run *like,
				     const char *name)
{
	for (size_t i = 0; i < side->count; i++)
		for (size_t k = 0; k < side->results[i]->nr_runs; k++) {
			const struct mb_run *run = side->results[i]->runs[k];
			struct mb_strbuf own = {0};
			bool same;

			if (run->status == MB_RUN_OK || run->kind != like->kind ||
			    strcmp(run->name, like->name) != 0)
				continue;
			mb_row_add_name(&own, run);
			same = !strcmp(mb_strbuf_text(&own), name) || !run->args.count;
			mb_strbuf_fini(&own);
			if (same)
				return run;
		}
	return NULL;
}

/* One side alone has the row. */
static void refuse_lonely(const struct join *join, const struct mb_row *row,
			  const struct mb_run *run, bool in_base, struct mb_finding *finding)
{
	const struct mb_join_side *lacks = in_base ? join->other : join->base;
	const struct mb_run *bad = find_bad(lacks, run, row->name);

	if (bad)
		mb_judge_refuse(finding, "%s in %s: %s", mb_result_run_status_name(bad->status),
				lacks->title, bad->reason ? bad->reason : "no reason given");
	else
		mb_judge_refuse(finding, "not in %s", lacks->title);
}

static size_t choose_metrics(const struct join *join, const struct mb_row *row, int *chosen)
{
	size_t total = join->base->count + join->other->count, count = 0;

	for (size_t i = 0; i < MB_ROW_NR_GROUPS; i++)
		for (size_t j = 0; j < MB_ROW_GROUP_SIZE; j++)
			if (has_metric(row->runs, total, mb_row_groups[i][j])) {
				chosen[count++] = mb_row_groups[i][j];
				break;
			}
	return count;
}

/* The row as people see it; a bench's name says already what it is, without arguments that all of its rows have. */
static const char *shown_name(const struct join *join, const struct mb_row *row)
{
	const struct mb_run *run = first_of(row->runs, join->base->count + join->other->count);

	return run->kind == MB_RUN_BENCH ? run->name : row->name;
}

static int add_row(const struct join *join, const struct mb_row *row, int metric)
{
	size_t nr_base = join->base->count, nr_other = join->other->count;
	const struct mb_run *base = first_of(row->runs, nr_base);
	const struct mb_run *other = first_of(row->runs + nr_base, nr_other);
	const struct mb_metric *what = &(base ? base : other)->result->metrics->rows[metric];
	bool in_base = has_metric(row->runs, nr_base, metric);
	bool in_other = has_metric(row->runs + nr_base, nr_other, metric);
	struct mb_comparison_row *out;

	if (!in_base && !in_other)
		return 0;
	out = mb_comparison_add_row(join->comparison, join->side, row->name, what);
	if (!out)
		return -ENOMEM;
	mb_comparison_set_label(join->comparison, out, shown_name(join, row));
	if (base && other && in_base && in_other)
		return judge(join, row, metric, out);
	if (base && other)
		mb_judge_refuse(&out->finding, "%s is not in %s", what->label,
				(in_base ? join->other : join->base)->title);
	else
		refuse_lonely(join, row, base ? base : other, base != NULL, &out->finding);
	return 0;
}

static int join_rows(const struct join *join, const struct mb_rows *rows)
{
	const struct mb_join_options *options = join->options;
	int error = 0;

	for (size_t i = 0; i < rows->count && !error; i++) {
		int own[2];
		const int *metrics = options->metrics ? options->metrics : own;
		size_t count = options->nr_metrics;

		if (options->wanted &&
		    !options->wanted(options->arg, shown_name(join, &rows->rows[i])))
			continue;
		if (!options->metrics)
			count = choose_metrics(join, &rows->rows[i], own);
		for (size_t j = 0; j < count && !error; j++)
			error = add_row(join, &rows->rows[i], metrics[j]);
	}
	return error;
}

/* The results of a side must be of one kind, and that of the base. */
static int check(const struct join *join, struct mb_strbuf *why)
{
	const struct mb_join_side *sides[] = {join->base, join->other};
	int error = 0;

	for (size_t i = 0; i < MB_ARRAY_SIZE(sides); i++)
		for (size_t k = 0; k < sides[i]->count && !error && !why->length; k++)
			error = mb_join_differ(join->base->results[0], sides[i]->results[k], why);
	return error;
}

static int join_pair(struct join *join)
{
	size_t total = join->base->count + join->other->count;
	MB_FREE const struct mb_result **all = calloc(total, sizeof(*all));
	struct mb_strbuf why = {0};
	struct mb_rows rows = {0};
	int error = all ? check(join, &why) : -ENOMEM;

	if (error)
		goto out;
	memcpy(all, join->base->results, join->base->count * sizeof(*all));
	memcpy(all + join->base->count, join->other->results, join->other->count * sizeof(*all));
	join->refuse = why.length ? mb_strbuf_text(&why) : NULL;
	error = mb_rows_init(&rows, all, total);
	if (!error)
		error = join_rows(join, &rows);
	mb_rows_fini(&rows);
out:
	mb_strbuf_fini(&why);
	return error;
}

/* --- what has to be said besides --- */

/* Nothing is judged on a host whose figures are spoilt. */
static void look_at_noise(struct mb_comparison *comparison, const struct mb_join_side *side)
{
	for (size_t i = 0; i < side->count; i++)
		for (size_t k = 0; k < side->results[i]->noise.count; k++) {
			const struct mb_noise *row = &side->results[i]->noise.rows[k];
			struct mb_strbuf text = {0};

			if (row->verdict != MB_NOISE_SPOILS)
				continue;
			mb_strbuf_addf(&text, "in %s, %s spoils figures (%s)", side->title,
				       row->texts[MB_NOISE_TITLE],
				       row->texts[MB_NOISE_VALUE] ? row->texts[MB_NOISE_VALUE]
								  : "");
			mb_comparison_set_unfit(comparison, mb_strbuf_text(&text));
			mb_strbuf_fini(&text);
		}
}

static void note_partial(struct mb_comparison *comparison, const struct mb_join_side *side)
{
	for (size_t i = 0; i < side->count; i++) {
		struct mb_strbuf text = {0};

		if (side->results[i]->status == MB_RESULT_COMPLETE)
			continue;
		mb_strbuf_addf(&text, "%s is %s%s%s", side->title,
			       mb_result_status_name(side->results[i]->status),
			       side->results[i]->reason ? ": " : "",
			       side->results[i]->reason ? side->results[i]->reason : "");
		mb_comparison_note(comparison, mb_strbuf_text(&text));
		mb_strbuf_fini(&text);
	}
}

int mb_join_sides(struct mb_comparison *comparison, const struct mb_join_side *sides,
		  size_t nr_sides, const struct mb_join_options *options)
{
	struct join join = {comparison, options, sides, NULL, 0, false, NULL};
	int error = 0;

	comparison->threshold = options->threshold;
	join.by_process = options->by_process;
	for (size_t i = 0; i < nr_sides; i++) {
		join.by_process |= sides[i].count > 1;
		mb_comparison_add_side(comparison, sides[i].title, sides[i].results[0],
				       sides[i].count);
		if (!options->any_noise)
			look_at_noise(comparison, &sides[i]);
		note_partial(comparison, &sides[i]);
	}
	for (size_t i = 1; i < nr_sides && !error; i++) {
		join.side = i;
		join.other = &sides[i];
		error = join_pair(&join);
	}
	if (!join.by_process)
		mb_comparison_note(
			comparison,
			"each side is one process run, which says nothing of how far runs lie apart: give "
			"eight or more files a side to be sure, or use 'memboot gate'");
	return error ? error : mb_comparison_finish(comparison);
}
