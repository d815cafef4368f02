/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "reports/answer.h"
#include "reports/pick.h"
#include "reports/predicted.h"

#define MAX_POINTS 256
#define EVEN       1.1 /* work shared more evenly than this is shared evenly */
#define AS_MANY    0.1 /* pages that differ by less of them are as many */

static const char *time_text(double ns, struct mb_format_text *text)
{
	*text = mb_format_time(ns, MB_FORMAT_UTF8);
	return text->text;
}

/* --- how long --- */

/* "median of 5, spread 4.8 %" where there are several. */
static void add_spread(struct mb_strbuf *text, const struct mb_run *run)
{
	struct mb_stats stats;
	const struct mb_samples *samples = &run->metrics[MB_METRIC_WALL_NS];

	if (mb_stats_summarise(samples->values, samples->count, &stats)) {
		text->error = -ENOMEM;
		return;
	}
	if (stats.count > 1 && stats.median > 0)
		mb_strbuf_addf(text, " (median of %zu, spread %s)", stats.count,
			       mb_format_percent(100 * stats.mad / stats.median).text);
}

static void add_first(struct mb_answer *answer, const struct mb_result *result)
{
	const struct mb_run *run = mb_pick_run(result, MB_RUN_TOTAL, "to_first_allocation");
	double ns = mb_pick_figure(run, MB_METRIC_WALL_NS);
	struct mb_strbuf text = {0};
	struct mb_format_text time;

	if (isnan(ns)) {
		mb_answer_add_words(
			answer, MB_ANSWER_FIRST,
			"This result has no boot that got there: memboot boot measures it.");
		return;
	}
	mb_strbuf_addf(&text, "The buddy can give its first page %s after memblock's start",
		       time_text(ns, &time));
	add_spread(&text, run);
	mb_strbuf_add(&text, ".");
	mb_answer_add(answer, MB_ANSWER_FIRST, time.text, &text);
}

static void add_all(struct mb_answer *answer, const struct mb_result *result)
{
	const struct mb_run *run = mb_pick_run(result, MB_RUN_TOTAL, "to_all_memory");
	const struct mb_run *memory = mb_pick_run(result, MB_RUN_TOTAL, "memory");
	double ns = mb_pick_figure(run, MB_METRIC_WALL_NS);
	double pages = mb_pick_figure(memory, MB_METRIC_PRESENT_PAGES);
	struct mb_strbuf text = {0};
	struct mb_format_text time;

	if (isnan(ns)) {
		mb_answer_add_words(
			answer, MB_ANSWER_ALL,
			"This result has no boot that got there: memboot boot measures it.");
		return;
	}
	mb_strbuf_addf(&text, "The last page is in the buddy after %s", time_text(ns, &time));
	add_spread(&text, run);
	if (pages > 0)
		mb_strbuf_addf(&text, ": %s pages, %s each",
			       mb_format_count(pages, MB_FORMAT_UTF8).text,
			       mb_format_time(ns / pages, MB_FORMAT_UTF8).text);
	mb_strbuf_add(&text, ".");
	mb_answer_add(answer, MB_ANSWER_ALL, time.text, &text);
}

/* --- what dominates --- */

/* The phase with the greatest share, as the tables have it: shares are of each boot, and their median is shown. */
static void add_dominates(struct mb_answer *answer, const struct mb_result *result)
{
	double all =
		mb_pick_figure(mb_pick_run(result, MB_RUN_TOTAL, "all_phases"), MB_METRIC_WALL_NS);
	const struct mb_run *most = NULL;
	double most_share = 0, per_page;
	struct mb_strbuf text = {0};
	struct mb_format_text share;
	size_t boots;

	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];
		double own =
			mb_pick_is_part(run) ? mb_pick_figure(run, MB_METRIC_SHARE_PERCENT) : NAN;

		if (!(own > most_share))
			continue;
		most = run;
		most_share = own;
	}
	if (!most)
		return;
	boots = most->metrics[MB_METRIC_SHARE_PERCENT].count;
	share = mb_format_percent(most_share);
	mb_strbuf_addf(&text, "%s is %s of the phases' time%s", most->name, share.text,
		       boots > 1 ? ", in the median of the boots' shares" : "");
	mb_strbuf_addf(
		&text, "; it takes %s",
		mb_format_time(mb_pick_figure(most, MB_METRIC_WALL_NS), MB_FORMAT_UTF8).text);
	if (all > 0)
		mb_strbuf_addf(&text, ", all phases %s%s", mb_format_time(all, MB_FORMAT_UTF8).text,
			       boots > 1 ? " (each its own median)" : "");
	per_page = mb_pick_figure(most, MB_METRIC_NS_PER_PAGE);
	if (!isnan(per_page))
		mb_strbuf_addf(
			&text, ": %s pages at %s each",
			mb_format_count(mb_pick_figure(most, MB_METRIC_PAGES), MB_FORMAT_UTF8).text,
			mb_format_time(per_page, MB_FORMAT_UTF8).text);
	mb_strbuf_add(&text, ".");
	mb_answer_add(answer, MB_ANSWER_DOMINATES, share.text, &text);
}

/* --- how far from the limit --- */

/* The kernel's initialiser with the fewest threads or the most, of those that were measured; NULL: none was. */
static const struct mb_run *kernel_bench(const struct mb_result *result, bool most)
{
	const struct mb_run *found = NULL;

	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];

		if (!mb_pick_has_family(run, "pageinit/kernel", "threads") ||
		    run->status != MB_RUN_OK)
			continue;
		if (!found ||
		    (most ? run->threads > found->threads : run->threads < found->threads))
			found = run;
	}
	return found;
}

/* Its rate against that of the best fill. True when it is known. */
static bool add_limit_bench(struct mb_answer *answer, const struct mb_run *run)
{
	double percent = mb_pick_figure(run, MB_METRIC_LIMIT_PERCENT);
	double rate = mb_pick_figure(run, MB_METRIC_BYTES_PER_SECOND);
	struct mb_strbuf text = {0};
	char figure[64];

	if (!(percent > 0))
		return false;
	mb_strbuf_addf(
		&text,
		"With %u thread%s the kernel's way of initialising writes descriptors at %s; "
		"the best fill of the same memory reaches %s",
		run->threads, run->threads == 1 ? "" : "s", mb_format_rate(rate).text,
		mb_format_rate(100 * rate / percent).text);
	mb_strbuf_add(&text, percent > 100 ? ", which is less, so the fill is no limit here: noise "
					     "or a slow fill; measure again on a quiet host."
					   : ".");
	snprintf(figure, sizeof(figure), "%s%s", mb_format_percent(percent).text,
		 percent > 100 ? ", so no limit" : "");
	mb_answer_add(answer, MB_ANSWER_LIMIT, figure, &text);
	return true;
}

static bool add_limit_benches(struct mb_answer *answer, const struct mb_result *result)
{
	const struct mb_run *fewest = kernel_bench(result, false);
	const struct mb_run *most = kernel_bench(result, true);
	bool any = add_limit_bench(answer, fewest);

	return (most != fewest && add_limit_bench(answer, most)) || any;
}

/* The median of what two phases took together in each boot; other may be NULL. NaN where that is unknown. */
static double together_ns(const struct mb_run *one, const struct mb_run *other)
{
	const struct mb_samples *a, *b;
	struct mb_stats stats;
	double *sums, median = NAN;
	size_t count;

	if (!one || !other)
		return mb_pick_figure(one, MB_METRIC_WALL_NS);
	a = &one->metrics[MB_METRIC_WALL_NS];
	b = &other->metrics[MB_METRIC_WALL_NS];
	count = mb_min(a->count, b->count);
	sums = calloc(count ? count : 1, sizeof(*sums));
	for (size_t i = 0; sums && i < count; i++)
		sums[i] = a->values[i] + b->values[i];
	if (sums && !mb_stats_summarise(sums, count, &stats))
		median = stats.median;
	free(sums);
	return median;
}

/* The descriptors that two phases initialised; other may be NULL. NaN where that is unknown. */
static double together_pages(const struct mb_run *one, const struct mb_run *other)
{
	return mb_pick_figure(one, MB_METRIC_PAGES) +
	       (other ? mb_pick_figure(other, MB_METRIC_PAGES) : 0);
}

/*
 * Whatever the initialiser, every descriptor is written once: no boot takes less than that. In windows only a part of them is written
 * once more; then times of a page are compared.
 */
static bool add_limit_boot(struct mb_answer *answer, const struct mb_result *result)
{
	double once = mb_pick_figure(mb_pick_run(result, MB_RUN_TOTAL, "second_touch"),
				     MB_METRIC_WALL_NS);
	double once_pages =
		mb_pick_figure(mb_pick_run(result, MB_RUN_STAGE, "second_touch"), MB_METRIC_PAGES);
	const struct mb_run *early = mb_pick_run(result, MB_RUN_STAGE, "memmap_init");
	const struct mb_run *deferred = mb_pick_run(result, MB_RUN_STAGE, "deferred_init");
	double init = together_ns(early, deferred), pages = together_pages(early, deferred);
	struct mb_strbuf text = {0};
	struct mb_format_text ratio;
	bool each = pages > 0 && once_pages > 0 && fabs(once_pages / pages - 1) > AS_MANY;

	if (isnan(init) || !(once > 0) || mb_pick_run(result, MB_RUN_STAGE, "deferred_grow"))
		return false;
	init /= each ? pages : 1;
	once /= each ? once_pages : 1;
	mb_strbuf_addf(&text,
		       "memmap_init%s took %s%s; to write %s once, with all workers and "
		       "nothing else to do, took %s",
		       !deferred ? "" : " and deferred_init together",
		       mb_format_time(init, MB_FORMAT_UTF8).text, each ? " a page" : "",
		       each ? "a descriptor" : "the same memory",
		       mb_format_time(once, MB_FORMAT_UTF8).text);
	if (each)
		mb_strbuf_addf(&text, " as the mean of %s",
			       mb_format_count(once_pages, MB_FORMAT_UTF8).text);
	mb_strbuf_add(&text, init > once ? "."
					 : ", so that is no bound here: memboot bench "
					   "'limit|pageinit' measures one.");
	mb_answer_add(answer, MB_ANSWER_LIMIT,
		      init > once ? mb_answer_ratio_text(init / once, &ratio) : NULL, &text);
	return true;
}

static void add_limit(struct mb_answer *answer, const struct mb_result *result)
{
	if (!add_limit_benches(answer, result) && !add_limit_boot(answer, result))
		mb_answer_add_words(
			answer, MB_ANSWER_LIMIT,
			"This result does not say: memboot bench 'limit|pageinit' measures it.");
}

/* --- what would help --- */

/* Of one sample each nothing is known, so the figures stand. Without memory: apart. */
static bool is_apart(const struct mb_run *one, const struct mb_run *other, int metric)
{
	struct mb_stats a, b;

	return mb_stats_summarise(one->metrics[metric].values, one->metrics[metric].count, &a) ||
	       mb_stats_summarise(other->metrics[metric].values, other->metrics[metric].count,
				  &b) ||
	       mb_stats_apart(&a, &b);
}

/* Of the other initialisers with as many threads, the fastest. */
static void add_help_initialiser(struct mb_answer *answer, const struct mb_result *result,
				 const struct mb_run *kernel)
{
	double kernel_ns = mb_pick_figure(kernel, MB_METRIC_NS_PER_PAGE), best_ns = INFINITY;
	const struct mb_run *best = NULL;
	struct mb_strbuf text = {0};
	struct mb_format_text less;
	bool noise;
	char figure[80];

	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];
		double ns = mb_pick_figure(run, MB_METRIC_NS_PER_PAGE);

		if (run == kernel || run->threads != kernel->threads || isnan(ns) ||
		    !mb_pick_is_initialiser(run) || ns >= best_ns)
			continue;
		best = run;
		best_ns = ns;
	}
	if (!best || !(kernel_ns > 0))
		return;
	less = mb_format_percent(100 * (1 - best_ns / kernel_ns));
	noise = !is_apart(best, kernel, MB_METRIC_NS_PER_PAGE);
	snprintf(figure, sizeof(figure), "saves %s a page%s", less.text,
		 noise ? ", within noise" : "");
	if (best_ns < kernel_ns)
		mb_strbuf_addf(&text,
			       "Initialise as %s does: %s a page where the kernel's stores take "
			       "%s, %s less.",
			       best->name, mb_format_time(best_ns, MB_FORMAT_UTF8).text,
			       mb_format_time(kernel_ns, MB_FORMAT_UTF8).text, less.text);
	else
		mb_strbuf_addf(&text,
			       "With %u thread%s no other initialiser beats the kernel's stores: "
			       "%s a page, the next, %s, %s.",
			       kernel->threads, kernel->threads == 1 ? "" : "s",
			       mb_format_time(kernel_ns, MB_FORMAT_UTF8).text, best->name,
			       mb_format_time(best_ns, MB_FORMAT_UTF8).text);
	mb_answer_add(answer, MB_ANSWER_HELP, best_ns < kernel_ns ? figure : "none is faster",
		      &text);
}

/* What the workers of the deferred part did, and on how many CPUs. */
struct work {
	double busy_ns;
	size_t nr_workers, nr_cpus;
};

static bool is_worker(const struct mb_run *run)
{
	return run->kind == MB_RUN_WORKER && !strcmp(run->name, "deferred_init");
}

static struct work sum_work(const struct mb_result *result)
{
	struct work work = {0};

	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];
		double ns = mb_pick_figure(run, MB_METRIC_WALL_NS);
		bool seen = false;

		if (!is_worker(run) || isnan(ns))
			continue;
		for (size_t j = 0; j < i; j++)
			seen |= is_worker(result->runs[j]) && result->runs[j]->cpu == run->cpu;
		work.busy_ns += ns;
		work.nr_workers++;
		work.nr_cpus += !seen;
	}
	return work;
}

static void add_help_workers(struct mb_answer *answer, const struct mb_result *result)
{
	double ns = mb_pick_figure(mb_pick_run(result, MB_RUN_STAGE, "deferred_init"),
				   MB_METRIC_WALL_NS);
	struct work work = sum_work(result);
	struct mb_strbuf text = {0};
	char figure[64] = "more CPUs";
	double even;

	if (isnan(ns) || !work.nr_cpus)
		return;
	even = work.busy_ns / (double)work.nr_cpus;
	if (ns > EVEN * even) {
		snprintf(figure, sizeof(figure), "saves up to %s",
			 mb_format_time(ns - even, MB_FORMAT_UTF8).text);
		mb_strbuf_addf(&text,
			       "Share the work of deferred_init evenly: it takes %s; its %zu "
			       "worker%s on %zu CPU%s worked %s together, which shared evenly "
			       "would be %s.",
			       mb_format_time(ns, MB_FORMAT_UTF8).text, work.nr_workers,
			       work.nr_workers == 1 ? "" : "s", work.nr_cpus,
			       work.nr_cpus == 1 ? "" : "s",
			       mb_format_time(work.busy_ns, MB_FORMAT_UTF8).text,
			       mb_format_time(even, MB_FORMAT_UTF8).text);
	} else {
		mb_strbuf_addf(&text,
			       "The %zu worker%s of deferred_init kept %zu CPU%s busy: only more "
			       "CPUs or cheaper pages make it shorter.",
			       work.nr_workers, work.nr_workers == 1 ? "" : "s", work.nr_cpus,
			       work.nr_cpus == 1 ? "" : "s");
	}
	mb_answer_add(answer, MB_ANSWER_HELP, figure, &text);
}

static void add_help_policy(struct mb_answer *answer, const struct mb_result *result)
{
	const char *policy = result->fields[MB_RESULT_POLICY];
	double first = mb_pick_figure(mb_pick_run(result, MB_RUN_TOTAL, "to_first_allocation"),
				      MB_METRIC_WALL_NS);
	double init =
		mb_pick_figure(mb_pick_run(result, MB_RUN_STAGE, "memmap_init"), MB_METRIC_WALL_NS);
	struct mb_strbuf text = {0};
	struct mb_format_text gain;
	char figure[64];

	if (!policy || strcmp(policy, "eager") != 0 || !(init < first))
		return;
	gain = mb_format_time(init, MB_FORMAT_UTF8);
	snprintf(figure, sizeof(figure), "saves up to %s", gain.text);
	mb_strbuf_addf(
		&text,
		"Boot with policy deferred: most of memmap_init's %s, of the %s to the first "
		"allocation, is then left for afterwards, on each node's own CPUs.",
		gain.text, mb_format_time(first, MB_FORMAT_UTF8).text);
	mb_answer_add(answer, MB_ANSWER_HELP, figure, &text);
}

static void add_help(struct mb_answer *answer, const struct mb_result *result)
{
	size_t before = answer->count;

	add_help_policy(answer, result);
	add_help_workers(answer, result);
	if (kernel_bench(result, false))
		add_help_initialiser(answer, result, kernel_bench(result, false));
	if (kernel_bench(result, true) != kernel_bench(result, false))
		add_help_initialiser(answer, result, kernel_bench(result, true));
	if (answer->count == before)
		mb_answer_add_words(
			answer, MB_ANSWER_HELP,
			"This result has nothing to compare: memboot bench pageinit has the other "
			"initialisers, and another policy or kernel profile is another boot.");
}

/* --- facts and trust --- */

static void add_facts(struct mb_answer *answer, const struct mb_result *result)
{
	size_t by_status[MB_RUN_NR_STATUSES] = {0}, compared;
	struct mb_strbuf text = {0};
	char figure[64];

	for (size_t i = 0; i < result->nr_runs; i++)
		by_status[result->runs[i]->status] += result->runs[i]->kind == MB_RUN_FACT;
	compared = by_status[MB_RUN_OK] + by_status[MB_RUN_FAILED];
	if (!compared)
		return;
	snprintf(figure, sizeof(figure), "%zu of %zu", by_status[MB_RUN_OK], compared);
	mb_strbuf_addf(&text,
		       "%s facts that were compared are equal in the engine and the kernel; %zu "
		       "could not be compared.",
		       figure, by_status[MB_RUN_SKIPPED]);
	mb_answer_add(answer, MB_ANSWER_FACTS, figure, &text);
}

/* "NUMA balancing, transparent huge pages" */
static void add_disturbing(struct mb_strbuf *text, const struct mb_noises *noises)
{
	const char *join = "";

	for (size_t i = 0; i < noises->count; i++) {
		const struct mb_noise *row = &noises->rows[i];
		const char *title = row->texts[MB_NOISE_TITLE];

		if (row->verdict != MB_NOISE_DISTURBS)
			continue;
		mb_strbuf_addf(text, "%s%s", join, title ? title : row->texts[MB_NOISE_NAME]);
		join = ", ";
	}
}

static void add_trust(struct mb_answer *answer, const struct mb_result *result)
{
	size_t spoils = mb_noise_count(&result->noise, MB_NOISE_SPOILS);
	size_t disturbs = mb_noise_count(&result->noise, MB_NOISE_DISTURBS);
	struct mb_strbuf text = {0};

	if (!result->noise.count) {
		mb_answer_add_words(
			answer, MB_ANSWER_TRUST,
			"Nobody looked at what the host does to figures: memboot doctor does.");
		return;
	}
	for (size_t i = 0; i < result->noise.count; i++) {
		const struct mb_noise *row = &result->noise.rows[i];
		const char *title = row->texts[MB_NOISE_TITLE];

		if (row->verdict != MB_NOISE_SPOILS)
			continue;
		mb_strbuf_addf(&text, "%s%s (%s)", text.length ? "; " : "Spoilt by the host's ",
			       title ? title : row->texts[MB_NOISE_NAME],
			       row->texts[MB_NOISE_VALUE] ? row->texts[MB_NOISE_VALUE] : "unknown");
	}
	if (!spoils)
		mb_strbuf_add(&text, "Nothing that was looked at on the host spoils the figures");
	mb_strbuf_addf(&text, "; %zu of %zu check%s found what may disturb the figures%s", disturbs,
		       result->noise.count, result->noise.count == 1 ? "" : "s",
		       disturbs ? ": " : "");
	add_disturbing(&text, &result->noise);
	mb_strbuf_add(&text, ".");
	mb_answer_add(answer, MB_ANSWER_TRUST,
		      spoils     ? MB_ANSWER_SPOILT
		      : disturbs ? "perhaps disturbed"
				 : "undisturbed",
		      &text);
}

/* What a model says of a machine, in place of what was measured. */
static void add_predicted(struct mb_answer *answer, const struct mb_result *result,
			  enum mb_answer_topic topic, const char *name)
{
	const struct mb_run *run = mb_pick_run(result, MB_RUN_PREDICTION, name);
	double ns = mb_pick_figure(run, MB_METRIC_PREDICTED_NS);
	struct mb_format_text time, low, high;
	struct mb_strbuf text = {0};

	if (isnan(ns) || run->args.count)
		return;
	time = mb_format_time(ns, MB_FORMAT_UTF8);
	low = mb_format_time(mb_pick_figure(run, MB_METRIC_PREDICTED_LOW_NS), MB_FORMAT_UTF8);
	high = mb_format_time(mb_pick_figure(run, MB_METRIC_PREDICTED_HIGH_NS), MB_FORMAT_UTF8);
	mb_strbuf_addf(&text, "Predicted: 90 %% of such boots take from %s to %s.", low.text,
		       high.text);
	mb_answer_add(answer, topic, time.text, &text);
}

/* What is varied, as its argument says it. */
static double varied(const struct mb_run *point)
{
	const char *value = point->args.rows[0].value;

	return value ? strtod(value, NULL) : NAN;
}

static int compare_varied(const void *a, const void *b)
{
	double x = varied(*(const struct mb_run *const *)a);
	double y = varied(*(const struct mb_run *const *)b);

	return (x > y) - (x < y);
}

/* "4 threads a node", "each=64 GiB": the machine of a curve's point. */
static void add_value(struct mb_strbuf *text, const struct mb_run *point)
{
	const struct mb_fact *value = &point->args.rows[0];
	bool bytes = !strcmp(value->name, "each") || !strcmp(value->name, "chunk");
	double number = varied(point);

	if (!strcmp(value->name, "threads"))
		mb_strbuf_addf(text, "%.0f thread%s a node", number, number == 1 ? "" : "s");
	else if (bytes && number >= 1 && number < 0x1p63)
		mb_strbuf_addf(text, "%s=%s", value->name, mb_strbuf_size((uint64_t)number).text);
	else
		mb_strbuf_addf(text, "%s=%s", value->name, value->value ? value->value : "?");
}

static size_t find_points(const struct mb_result *result, const char *name,
			  const struct mb_run **points)
{
	size_t count = 0;

	for (size_t i = 0; i < result->nr_runs && count < MAX_POINTS; i++) {
		const struct mb_run *run = result->runs[i];

		if (run->kind == MB_RUN_PREDICTION && !strcmp(run->name, name) && run->args.count &&
		    !isnan(mb_pick_figure(run, MB_METRIC_PREDICTED_NS)))
			points[count++] = run;
	}
	qsort(points, count, sizeof(struct mb_run *), compare_varied);
	return count;
}

/* The points of a curve are many machines: the first and the last of them. A published table has deferred init alone. */
static void add_curve(struct mb_answer *answer, const struct mb_result *result)
{
	bool table = mb_pick_is_table(result);
	const struct mb_run *points[MAX_POINTS];
	size_t count = find_points(result, table ? "deferred_init" : "to_all_memory", points);
	struct mb_strbuf text = {0}, range = {0};
	struct mb_format_text one, other;

	if (count < 2)
		return;
	time_text(mb_pick_figure(points[0], MB_METRIC_PREDICTED_NS), &one);
	time_text(mb_pick_figure(points[count - 1], MB_METRIC_PREDICTED_NS), &other);
	mb_strbuf_addf(&text, "Predicted: %s with ", one.text);
	add_value(&text, points[0]);
	mb_strbuf_addf(&text, ", %s with ", other.text);
	add_value(&text, points[count - 1]);
	mb_strbuf_add(&text, ".");
	mb_strbuf_addf(&range, "%s to %s", one.text, other.text);
	mb_answer_add(answer, table ? MB_ANSWER_NODE : MB_ANSWER_ALL, mb_strbuf_text(&range),
		      &text);
	answer->error = range.error ? range.error : answer->error;
	mb_strbuf_fini(&range);
}

/* What else there is to say of a prediction: its curve's knee, how far it reaches, and who published what it is from. */
static void add_words(struct mb_answer *answer, const struct mb_result *result)
{
	static const struct {
		const char *fact;
		enum mb_answer_topic topic;
		const char *figure, *before;
	} rows[] = {
		{MB_PREDICTED_KNEE, MB_ANSWER_HELP, NULL, "The curve's knee: "},
		{MB_PREDICTED_BEYOND, MB_ANSWER_TRUST, "extrapolated", "Beyond what was fitted: "},
		{MB_PREDICTED_POINTS, MB_ANSWER_TRUST, NULL, "The curve was "},
		{MB_PREDICTED_SOURCE, MB_ANSWER_SOURCE, NULL, "The published times are from "},
	};

	if (!mb_pick_any(result, MB_RUN_PREDICTION))
		return;
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		const char *value = mb_result_fact(&result->facts, rows[i].fact);
		struct mb_strbuf text = {0};

		if (!value)
			continue;
		mb_strbuf_addf(&text, "%s%s.", rows[i].before, value);
		mb_answer_add(answer, rows[i].topic, rows[i].figure, &text);
	}
}

int mb_answer_make(const struct mb_result *result, struct mb_answer *ret_answer)
{
	bool boot = mb_pick_any(result, MB_RUN_STAGE), bench = mb_pick_any(result, MB_RUN_BENCH);

	*ret_answer = (struct mb_answer){0};
	if (boot) {
		add_first(ret_answer, result);
		add_all(ret_answer, result);
		add_dominates(ret_answer, result);
	}
	add_predicted(ret_answer, result, MB_ANSWER_FIRST, "to_first_allocation");
	add_predicted(ret_answer, result, MB_ANSWER_ALL, "to_all_memory");
	add_curve(ret_answer, result);
	add_words(ret_answer, result);
	if (!boot && bench)
		mb_answer_add_words(
			ret_answer, MB_ANSWER_ALL,
			"These are benches of single parts: memboot boot measures how long the whole "
			"takes.");
	if (boot || bench) {
		add_limit(ret_answer, result);
		add_help(ret_answer, result);
	}
	add_facts(ret_answer, result);
	if (boot || bench ||
	    (!mb_pick_any(result, MB_RUN_FACT) && !mb_pick_any(result, MB_RUN_PREDICTION)))
		/* noise changes no fact, and no model */
		add_trust(ret_answer, result);
	mb_answer_warn_first(ret_answer);
	return ret_answer->error;
}
