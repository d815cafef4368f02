/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "reports/answer.h"
#include "reports/format.h"
#include "reports/pick.h"

#define EVEN 1.1 /* work shared more evenly than this is shared evenly */

const char *mb_answer_topic_label(enum mb_answer_topic topic)
{
	static const char *const labels[] = {
		[MB_ANSWER_FIRST] = "to first allocation",
		[MB_ANSWER_ALL] = "to all memory",
		[MB_ANSWER_DOMINATES] = "what dominates",
		[MB_ANSWER_LIMIT] = "how far from the limit",
		[MB_ANSWER_HELP] = "what would help",
		[MB_ANSWER_FACTS] = "engine against kernel",
		[MB_ANSWER_TRUST] = "how far to trust it",
	};

	return labels[topic];
}

struct mb_answer_name mb_answer_name(size_t index)
{
	struct mb_answer_name name = {{(char)('A' + index % 26)}};

	if (index >= 26)
		snprintf(name.text, sizeof(name.text), "%zu", index + 1);
	return name;
}

void mb_answer_fini(struct mb_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		free(answer->lines[i].figure);
		free(answer->lines[i].text);
	}
	free(answer->lines);
	*answer = (struct mb_answer){0};
}

/* A line; figure NULL or "": unknown. The text is taken over from the buffer. */
static void add(struct mb_answer *answer, enum mb_answer_topic topic, const char *figure,
		struct mb_strbuf *text)
{
	struct mb_answer_line *lines =
		realloc(answer->lines, (answer->count + 1) * sizeof(*answer->lines));
	struct mb_answer_line line = {.topic = topic};

	if (lines)
		answer->lines = lines;
	line.figure = figure && *figure ? strdup(figure) : NULL;
	line.text = mb_strbuf_take(text);
	if (!lines || !line.text || (figure && *figure && !line.figure)) {
		free(line.figure);
		free(line.text);
		mb_strbuf_fini(text);
		answer->error = -ENOMEM;
		return;
	}
	lines[answer->count++] = line;
}

static void add_words(struct mb_answer *answer, enum mb_answer_topic topic, const char *words)
{
	struct mb_strbuf text = {0};

	mb_strbuf_add(&text, words);
	add(answer, topic, NULL, &text);
}

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
		add_words(answer, MB_ANSWER_FIRST,
			  "This result has no boot that got there: memboot boot measures it.");
		return;
	}
	mb_strbuf_addf(&text, "The buddy can give its first page %s after memblock's start",
		       time_text(ns, &time));
	add_spread(&text, run);
	mb_strbuf_add(&text, ".");
	add(answer, MB_ANSWER_FIRST, time.text, &text);
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
		add_words(answer, MB_ANSWER_ALL,
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
	add(answer, MB_ANSWER_ALL, time.text, &text);
}

/* --- what dominates --- */

static void add_dominates(struct mb_answer *answer, const struct mb_result *result)
{
	const struct mb_run *most = NULL;
	double sum = 0, ns = 0, per_page;
	struct mb_strbuf text = {0};
	struct mb_format_text share;

	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];
		double own = mb_pick_is_part(run) ? mb_pick_figure(run, MB_METRIC_WALL_NS) : NAN;

		if (isnan(own))
			continue;
		sum += own;
		if (!most || own > ns) {
			most = run;
			ns = own;
		}
	}
	if (!(sum > 0))
		return;
	share = mb_format_percent(100 * ns / sum);
	mb_strbuf_addf(&text, "%s takes %s of the phases' %s", most->name,
		       mb_format_time(ns, MB_FORMAT_UTF8).text,
		       mb_format_time(sum, MB_FORMAT_UTF8).text);
	per_page = mb_pick_figure(most, MB_METRIC_NS_PER_PAGE);
	if (!isnan(per_page))
		mb_strbuf_addf(
			&text, ": %s pages at %s each",
			mb_format_count(mb_pick_figure(most, MB_METRIC_PAGES), MB_FORMAT_UTF8).text,
			mb_format_time(per_page, MB_FORMAT_UTF8).text);
	mb_strbuf_add(&text, ".");
	add(answer, MB_ANSWER_DOMINATES, share.text, &text);
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

	if (!(percent > 0))
		return false;
	mb_strbuf_addf(
		&text,
		"With %u thread%s the kernel's way of initialising writes descriptors at %s; "
		"the best fill of the same memory reaches %s.",
		run->threads, run->threads == 1 ? "" : "s", mb_format_rate(rate).text,
		mb_format_rate(100 * rate / percent).text);
	add(answer, MB_ANSWER_LIMIT, mb_format_percent(percent).text, &text);
	return true;
}

static bool add_limit_benches(struct mb_answer *answer, const struct mb_result *result)
{
	const struct mb_run *fewest = kernel_bench(result, false);
	const struct mb_run *most = kernel_bench(result, true);
	bool any = add_limit_bench(answer, fewest);

	return (most != fewest && add_limit_bench(answer, most)) || any;
}

/* Whatever the initialiser, every descriptor is written once: no boot takes less than that. */
static bool add_limit_boot(struct mb_answer *answer, const struct mb_result *result)
{
	double once = mb_pick_figure(mb_pick_run(result, MB_RUN_TOTAL, "second_touch"),
				     MB_METRIC_WALL_NS);
	double init =
		mb_pick_figure(mb_pick_run(result, MB_RUN_STAGE, "memmap_init"), MB_METRIC_WALL_NS);
	double deferred = mb_pick_figure(mb_pick_run(result, MB_RUN_STAGE, "deferred_init"),
					 MB_METRIC_WALL_NS);
	struct mb_strbuf text = {0};
	char ratio[64];

	if (isnan(init) || !(once > 0) || mb_pick_run(result, MB_RUN_STAGE, "deferred_grow"))
		return false;
	init += isnan(deferred) ? 0 : deferred;
	mb_strbuf_addf(&text,
		       "memmap_init%s took %s; to write the same memory once, with all workers and "
		       "nothing else to do, took %s",
		       isnan(deferred) ? "" : " and deferred_init together",
		       mb_format_time(init, MB_FORMAT_UTF8).text,
		       mb_format_time(once, MB_FORMAT_UTF8).text);
	mb_strbuf_add(&text, init > once ? "."
					 : ", so that is no bound here: memboot bench "
					   "'limit|pageinit' measures one.");
	snprintf(ratio, sizeof(ratio), "%s\u00d7", mb_format_ratio(init / once).text);
	add(answer, MB_ANSWER_LIMIT, init > once ? ratio : NULL, &text);
	return true;
}

static void add_limit(struct mb_answer *answer, const struct mb_result *result)
{
	if (!add_limit_benches(answer, result) && !add_limit_boot(answer, result))
		add_words(answer, MB_ANSWER_LIMIT,
			  "This result does not say: memboot bench 'limit|pageinit' measures it.");
}

/* --- what would help --- */

/* Of the other initialisers with as many threads, the fastest. */
static void add_help_initialiser(struct mb_answer *answer, const struct mb_result *result,
				 const struct mb_run *kernel)
{
	double kernel_ns = mb_pick_figure(kernel, MB_METRIC_NS_PER_PAGE), best_ns = INFINITY;
	const struct mb_run *best = NULL;
	struct mb_strbuf text = {0};
	struct mb_format_text figure = {""};

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
	figure = mb_format_percent(100 * (1 - best_ns / kernel_ns));
	if (best_ns < kernel_ns)
		mb_strbuf_addf(&text,
			       "%s takes %s a page where the kernel's stores take %s: %s less.",
			       best->name, mb_format_time(best_ns, MB_FORMAT_UTF8).text,
			       mb_format_time(kernel_ns, MB_FORMAT_UTF8).text, figure.text);
	else
		mb_strbuf_addf(&text,
			       "With %u thread%s no other initialiser beats the kernel's stores: "
			       "%s a page, the next, %s, %s.",
			       kernel->threads, kernel->threads == 1 ? "" : "s",
			       mb_format_time(kernel_ns, MB_FORMAT_UTF8).text, best->name,
			       mb_format_time(best_ns, MB_FORMAT_UTF8).text);
	add(answer, MB_ANSWER_HELP, best_ns < kernel_ns ? figure.text : "none is faster", &text);
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
	struct mb_format_text gain = {""};
	double even;

	if (isnan(ns) || !work.nr_cpus)
		return;
	even = work.busy_ns / (double)work.nr_cpus;
	if (ns > EVEN * even) {
		gain = mb_format_time(ns - even, MB_FORMAT_UTF8);
		mb_strbuf_addf(&text,
			       "deferred_init takes %s; its %zu workers on %zu CPU%s worked %s "
			       "together, which shared evenly would be %s.",
			       mb_format_time(ns, MB_FORMAT_UTF8).text, work.nr_workers,
			       work.nr_cpus, work.nr_cpus == 1 ? "" : "s",
			       mb_format_time(work.busy_ns, MB_FORMAT_UTF8).text,
			       mb_format_time(even, MB_FORMAT_UTF8).text);
	} else {
		mb_strbuf_addf(&text,
			       "The %zu worker%s of deferred_init kept %zu CPU%s busy: only more "
			       "CPUs or cheaper pages make it shorter.",
			       work.nr_workers, work.nr_workers == 1 ? "" : "s", work.nr_cpus,
			       work.nr_cpus == 1 ? "" : "s");
	}
	add(answer, MB_ANSWER_HELP, *gain.text ? gain.text : "more CPUs", &text);
}

static void add_help_policy(struct mb_answer *answer, const struct mb_result *result)
{
	const char *policy = result->fields[MB_RESULT_POLICY];
	double first = mb_pick_figure(mb_pick_run(result, MB_RUN_TOTAL, "to_first_allocation"),
				      MB_METRIC_WALL_NS);
	double init =
		mb_pick_figure(mb_pick_run(result, MB_RUN_STAGE, "memmap_init"), MB_METRIC_WALL_NS);
	struct mb_strbuf text = {0};

	if (!policy || strcmp(policy, "eager") != 0 || !(init < first))
		return;
	mb_strbuf_addf(&text,
		       "memmap_init is %s of the time to the first allocation; policy deferred "
		       "leaves most of its %s for afterwards, on each node's own CPUs.",
		       mb_format_percent(100 * init / first).text,
		       mb_format_time(init, MB_FORMAT_UTF8).text);
	add(answer, MB_ANSWER_HELP, mb_format_percent(100 * init / first).text, &text);
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
		add_words(
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
	add(answer, MB_ANSWER_FACTS, figure, &text);
}

static void add_trust(struct mb_answer *answer, const struct mb_result *result)
{
	size_t spoils = mb_noise_count(&result->noise, MB_NOISE_SPOILS);
	size_t disturbs = mb_noise_count(&result->noise, MB_NOISE_DISTURBS);
	struct mb_strbuf text = {0};

	if (!result->noise.count) {
		add_words(answer, MB_ANSWER_TRUST,
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
	mb_strbuf_addf(&text, "; %zu of %zu check%s may disturb them.", disturbs,
		       result->noise.count, result->noise.count == 1 ? "" : "s");
	add(answer, MB_ANSWER_TRUST,
	    spoils     ? "spoilt"
	    : disturbs ? "perhaps disturbed"
		       : "undisturbed",
	    &text);
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
	if (!boot && bench)
		add_words(
			ret_answer, MB_ANSWER_ALL,
			"These are benches of single parts: memboot boot measures how long the whole "
			"takes.");
	if (boot || bench) {
		add_limit(ret_answer, result);
		add_help(ret_answer, result);
	}
	add_facts(ret_answer, result);
	if (boot || bench || !mb_pick_any(result, MB_RUN_FACT)) /* noise changes no fact */
		add_trust(ret_answer, result);
	return ret_answer->error;
}

/* --- several --- */

/* "A (deferred, 6.18)" */
static void add_name(struct mb_strbuf *text, const struct mb_result *const *results, size_t index)
{
	const char *policy = results[index]->fields[MB_RESULT_POLICY];
	const char *profile = results[index]->fields[MB_RESULT_KERNEL_PROFILE];

	mb_strbuf_add(text, mb_answer_name(index).text);
	if (policy && profile)
		mb_strbuf_addf(text, " (%s, %s)", policy, profile);
}

static void compare(struct mb_answer *answer, const struct mb_result *const *results, size_t count,
		    enum mb_answer_topic topic, const char *total)
{
	size_t least = 0, most = 0, known = 0;
	double low = INFINITY, high = 0;
	struct mb_strbuf text = {0};
	char ratio[64];

	for (size_t i = 0; i < count; i++) {
		double ns = mb_pick_figure(mb_pick_run(results[i], MB_RUN_TOTAL, total),
					   MB_METRIC_WALL_NS);

		if (!(ns > 0))
			continue;
		known++;
		if (ns < low) {
			low = ns;
			least = i;
		}
		if (ns > high) {
			high = ns;
			most = i;
		}
	}
	if (known < 2)
		return;
	snprintf(ratio, sizeof(ratio), "%s\u00d7", mb_format_ratio(high / low).text);
	add_name(&text, results, least);
	mb_strbuf_addf(&text, " is soonest with %s, ", mb_format_time(low, MB_FORMAT_UTF8).text);
	add_name(&text, results, most);
	mb_strbuf_addf(&text, " last with %s, by the medians of %zu results.",
		       mb_format_time(high, MB_FORMAT_UTF8).text, known);
	add(answer, topic, ratio, &text);
}

int mb_answer_compare(const struct mb_result *const *results, size_t count,
		      struct mb_answer *ret_answer)
{
	*ret_answer = (struct mb_answer){0};
	compare(ret_answer, results, count, MB_ANSWER_FIRST, "to_first_allocation");
	compare(ret_answer, results, count, MB_ANSWER_ALL, "to_all_memory");
	return ret_answer->error;
}
