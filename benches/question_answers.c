/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "benches/question.h"
#include "core/base/align.h"

/*
 * What each question's outcomes say. Figures are medians; a change that is no larger than what the samples differ by among
 * themselves is called noise.
 */
#define LITTLE          1.05 /* a time this near to the best one is as good */
#define SERVER_CPUS     8 /* with fewer, a node does not show where a server's threads stop to gain */
#define KEXEC_BUDGET_NS 1e9  /* what a restart under running guests may cost */
#define DESCRIBED_BYTES 4096 /* of memory by each descriptor: pages of these machines */

/* What a function of the table gets, for the helpers. */
struct say {
	const struct mb_question_outcome *const *rows;
	size_t count;
	enum mb_format_charset charset;
	struct mb_strbuf *text;
};

/* --- words --- */

static void add_time(const struct say *say, double ns)
{
	mb_strbuf_add(say->text, mb_format_time(ns, say->charset).text);
}

static double median(const struct mb_question_outcome *row)
{
	return row->time_ns.median;
}

/* "1.9×": how many times the one is of the other. */
static void add_times(const struct say *say, double ratio)
{
	mb_strbuf_addf(say->text, ratio < 9.95 ? "%.1f%s" : "%.0f%s", ratio,
		       say->charset == MB_FORMAT_ASCII ? "x" : "\u00d7");
}

static void add_noise(const struct say *say, const struct mb_question_outcome *a,
		      const struct mb_question_outcome *b)
{
	if (!mb_stats_apart(&a->time_ns, &b->time_ns))
		mb_strbuf_add(say->text, ", within noise");
}

/* "24 ms instead of 12 ms (2.0×)" */
static void add_change(const struct say *say, const struct mb_question_outcome *from,
		       const struct mb_question_outcome *to)
{
	add_time(say, median(to));
	mb_strbuf_add(say->text, " instead of ");
	add_time(say, median(from));
	mb_strbuf_add(say->text, " (");
	add_times(say, median(to) / median(from));
	add_noise(say, from, to);
	mb_strbuf_add(say->text, ")");
}

static void add_memory(const struct say *say, uint64_t pages)
{
	mb_strbuf_add(say->text, mb_format_bytes((double)pages * DESCRIBED_BYTES).text);
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* The others are needed too: false. */
static bool add_missing(const struct say *say, const char *what)
{
	mb_strbuf_addf(say->text, "no answer from %s alone: it takes %s", say->rows[0]->name, what);
	return false;
}

/* --- finding outcomes; NULL: there is none --- */

static bool has_variant(const struct mb_question_outcome *row, const char *variant)
{
	return !variant || (row->variant && !strcmp(row->variant, variant));
}

static const struct mb_question_outcome *find(const struct say *say, const char *variant,
					      const char *value)
{
	for (size_t i = 0; i < say->count; i++)
		if (has_variant(say->rows[i], variant) && say->rows[i]->value &&
		    !strcmp(say->rows[i]->value, value))
			return say->rows[i];
	return NULL;
}

/* Of a variant's, or of all, the one with the least or the greatest argument. */
static const struct mb_question_outcome *extreme(const struct say *say, const char *variant,
						 bool greatest)
{
	const struct mb_question_outcome *found = NULL;

	for (size_t i = 0; i < say->count; i++) {
		const struct mb_question_outcome *row = say->rows[i];

		if (has_variant(row, variant) &&
		    (!found || (greatest ? row->arg > found->arg : row->arg < found->arg)))
			found = row;
	}
	return found;
}

/* The least and the greatest argument of a variant; false: they are the same, or there is none. */
static bool find_ends(const struct say *say, const char *variant,
		      const struct mb_question_outcome **ret_least,
		      const struct mb_question_outcome **ret_greatest)
{
	*ret_least = extreme(say, variant, false);
	*ret_greatest = extreme(say, variant, true);
	return *ret_least != *ret_greatest;
}

/* --- Q3 --- */

/* The outcome with the fewest threads above so many; NULL: none. */
static const struct mb_question_outcome *next_threads(const struct say *say, unsigned above)
{
	const struct mb_question_outcome *found = NULL;

	for (size_t i = 0; i < say->count; i++)
		if (say->rows[i]->threads > above &&
		    (!found || say->rows[i]->threads < found->threads))
			found = say->rows[i];
	return found;
}

static double best_time(const struct say *say)
{
	double best = median(say->rows[0]);

	for (size_t i = 1; i < say->count; i++)
		best = mb_min(best, median(say->rows[i]));
	return best;
}

/* "1 thread 24.0 ms, 2 threads 12.3 ms (2.0×)" */
static void add_threads(const struct say *say, const struct mb_question_outcome *first)
{
	const struct mb_question_outcome *row = first;

	for (; row; row = next_threads(say, row->threads)) {
		mb_strbuf_addf(say->text, "%s%u thread%s ", row == first ? "" : ", ", row->threads,
			       plural(row->threads));
		add_time(say, median(row));
		if (row == first)
			continue;
		mb_strbuf_add(say->text, " (");
		add_times(say, median(first) / median(row));
		add_noise(say, first, row);
		mb_strbuf_add(say->text, ")");
	}
}

static bool answer_knee(const struct mb_question_outcome *const *rows, size_t count,
			enum mb_format_charset charset, struct mb_strbuf *text)
{
	const struct say say = {rows, count, charset, text};
	const struct mb_question_outcome *first = next_threads(&say, 0), *knee = first;
	unsigned most = 0;

	for (size_t i = 0; i < count; i++)
		most = mb_max(most, rows[i]->threads);
	if (!first || first->threads == most)
		return add_missing(&say,
				   "a node with more than one CPU, and its other thread counts");
	while (median(knee) > LITTLE * best_time(&say))
		knee = next_threads(&say, knee->threads);
	if (knee != first && !mb_stats_apart(&first->time_ns, &knee->time_ns))
		mb_strbuf_addf(text, "up to %u threads nothing is gained beyond noise: ", most);
	else if (knee->threads == most)
		mb_strbuf_addf(text, "no knee up to %u threads: ", most);
	else
		mb_strbuf_addf(text, "more than %u thread%s less than 5 %%: ", knee->threads,
			       knee->threads == 1 ? " gains" : "s gain");
	add_threads(&say, first);
	mb_strbuf_add(text, ", for ");
	add_memory(&say, first->pages);
	if (most < SERVER_CPUS)
		mb_strbuf_addf(text, "; %u CPUs cannot show a server's knee, a node with more can",
			       most);
	return true;
}

/* --- Q4 --- */

static bool answer_cpuless(const struct mb_question_outcome *const *rows, size_t count,
			   enum mb_format_charset charset, struct mb_strbuf *text)
{
	const struct say say = {rows, count, charset, text};
	const struct mb_question_outcome *one = find(&say, NULL, "one");
	const struct mb_question_outcome *borrowed = find(&say, NULL, "borrowed");

	if (!one || !borrowed)
		return add_missing(&say, "'one' and 'borrowed', and a host with a second CPU");
	mb_strbuf_add(text, "its one thread takes ");
	add_time(&say, median(one));
	mb_strbuf_add(text, " for ");
	add_memory(&say, one->pages);
	mb_strbuf_addf(text, "; %u borrowed CPUs take ", borrowed->threads);
	add_time(&say, median(borrowed));
	mb_strbuf_add(text, " (");
	add_times(&say, median(one) / median(borrowed));
	add_noise(&say, one, borrowed);
	mb_strbuf_add(text, ")");
	if (mb_question_counter(one, "host_nodes") < 2)
		mb_strbuf_add(text, "; this host has one node: far memory takes one with two");
	return true;
}

/* --- Q5 --- */

static bool answer_ranges(const struct mb_question_outcome *const *rows, size_t count,
			  enum mb_format_charset charset, struct mb_strbuf *text)
{
	static const struct {
		const char *variant, *words;
	} rules[] = {
		{"6.12", "a padata job a free range (6.12)"},
		{"6.18", "a job a zone (6.18)"},
	};
	const struct say say = {rows, count, charset, text};
	const struct mb_question_outcome *few, *many;
	bool any = false;
	double jobs;

	for (size_t i = 0; i < MB_ARRAY_SIZE(rules); i++) {
		if (!find_ends(&say, rules[i].variant, &few, &many))
			continue;
		if (!any) {
			mb_strbuf_add(text, mb_format_count((double)many->arg, charset).text);
			mb_strbuf_addf(text, " reservations instead of %lld in ",
				       (long long)few->arg);
			add_memory(&say, many->pages);
		}
		mb_strbuf_addf(text, "%s %s ", any ? "," : ":", rules[i].words);
		add_change(&say, few, many);
		jobs = mb_question_counter(many, "jobs");
		mb_strbuf_addf(text, " in %.0f job%s", jobs, plural((uint64_t)jobs));
		any = true;
	}
	if (!any)
		return add_missing(&say, "few reservations and many, of the same release");
	return true;
}

/* --- Q10 --- */

/* What a second is enough for, were it spent at the rate of these boots. */
static void add_budget(const struct say *say)
{
	mb_strbuf_add(say->text, "; at this rate one second of downtime brings up ");
	for (size_t i = 0; i < say->count; i++) {
		const struct mb_question_outcome *row = say->rows[i];
		double pages = KEXEC_BUDGET_NS * (double)row->pages / median(row);

		mb_strbuf_add(say->text, i ? ", " : "");
		add_memory(say, (uint64_t)pages);
		mb_strbuf_addf(say->text, " %s", row->value);
	}
}

static bool answer_kexec(const struct mb_question_outcome *const *rows, size_t count,
			 enum mb_format_charset charset, struct mb_strbuf *text)
{
	const struct say say = {rows, count, charset, text};
	const struct mb_question_outcome *deferred = find(&say, NULL, "deferred");
	const struct mb_question_outcome *eager = find(&say, NULL, "eager");

	mb_strbuf_add(text, "of ");
	add_memory(&say, rows[0]->pages);
	for (size_t i = 0; i < count; i++) {
		mb_strbuf_addf(text, "%s %s ", i ? "," : ":", rows[i]->value);
		add_time(&say, mb_question_counter(rows[i], "first_allocation_ns"));
		mb_strbuf_add(text, " to the first page and ");
		add_time(&say, median(rows[i]));
		mb_strbuf_add(text, " to the last");
	}
	if (deferred && eager && !mb_stats_apart(&deferred->time_ns, &eager->time_ns))
		mb_strbuf_add(text, " (eager and deferred to the last: within noise)");
	add_budget(&say);
	return true;
}

/* --- Q11 --- */

/* Least memory from which on one way's boots wait less than another's, beyond noise. */
static const struct mb_question_outcome *cheaper_from(const struct say *say, const char *variant,
						      const char *than)
{
	const struct mb_question_outcome *from = NULL;

	for (size_t i = 0; i < say->count; i++) {
		const struct mb_question_outcome *row = say->rows[i];
		const struct mb_question_outcome *other =
			has_variant(row, variant) ? find(say, than, row->value) : NULL;

		if (!other)
			continue;
		if (median(row) >= median(other) || !mb_stats_apart(&row->time_ns, &other->time_ns))
			from = NULL;
		else if (!from)
			from = row;
	}
	return from;
}

static void add_growth(const struct say *say, const struct mb_question_outcome *lazy)
{
	mb_strbuf_add(say->text, "; with lazy an allocation that finds nothing then waits ");
	add_time(say, mb_question_counter(lazy, "growth_median_ns"));
	mb_strbuf_add(say->text, ", at worst ");
	add_time(say, mb_question_counter(lazy, "growth_max_ns"));
}

static bool answer_policies(const struct mb_question_outcome *const *rows, size_t count,
			    enum mb_format_charset charset, struct mb_strbuf *text)
{
	static const char *const variants[] = {"eager", "deferred", "lazy"};
	const struct say say = {rows, count, charset, text};
	const struct mb_question_outcome *least, *most, *from, *lazy;
	bool any = false;

	for (size_t i = 0; i < MB_ARRAY_SIZE(variants); i++) {
		if (!find_ends(&say, variants[i], &least, &most))
			continue;
		if (!any)
			mb_strbuf_addf(text, "from %s to %s a boot waits", least->value,
				       most->value);
		mb_strbuf_addf(text, "%s ", any ? "," : "");
		add_time(&say, median(least));
		mb_strbuf_add(text, " to ");
		add_time(&say, median(most));
		mb_strbuf_addf(text, " with %s", variants[i]);
		any = true;
	}
	if (!any)
		return add_missing(&say, "several sizes of memory");
	from = cheaper_from(&say, "deferred", "eager");
	if (from)
		mb_strbuf_addf(text, "; deferred gains from %s on", from->value);
	else if (find_ends(&say, "deferred", &least, &most) &&
		 find_ends(&say, "eager", &least, &most))
		mb_strbuf_addf(text, "; up to %s deferred gains nothing beyond noise", most->value);
	lazy = extreme(&say, "lazy", true);
	if (lazy)
		add_growth(&say, lazy);
	return true;
}

/* --- Q13, Q14 --- */

/* "12.3 ns each": of descriptors that a phase of its own initialises. */
static void add_each(const struct say *say, const struct mb_question_outcome *row, const char *ns,
		     const char *pages)
{
	double count = mb_question_counter(row, pages);

	if (count > 0) {
		add_time(say, mb_question_counter(row, ns) / count);
		mb_strbuf_add(say->text, " each");
	}
}

static bool answer_reserved(const struct mb_question_outcome *const *rows, size_t count,
			    enum mb_format_charset charset, struct mb_strbuf *text)
{
	static const char *const variants[] = {"6.1", "6.18"};
	const struct say say = {rows, count, charset, text};
	const struct mb_question_outcome *none, *most;
	bool any = false;

	for (size_t i = 0; i < MB_ARRAY_SIZE(variants); i++) {
		if (!find_ends(&say, variants[i], &none, &most))
			continue;
		if (!any) {
			mb_strbuf_addf(text, "with %lld %% of ", (long long)most->arg);
			add_memory(&say, most->pages);
			mb_strbuf_addf(text, " reserved instead of %lld %%, to the first page",
				       (long long)none->arg);
		}
		mb_strbuf_addf(text, "%s by %s ", any ? ";" : "", variants[i]);
		add_change(&say, none, most);
		mb_strbuf_add(text, ", reserved descriptors ");
		add_each(&say, most, "reserved_ns", "reserved_pages");
		any = true;
	}
	if (!any)
		return add_missing(&say, "several parts that are reserved, of the same release");
	return true;
}

static bool answer_holes(const struct mb_question_outcome *const *rows, size_t count,
			 enum mb_format_charset charset, struct mb_strbuf *text)
{
	const struct say say = {rows, count, charset, text};
	const struct mb_question_outcome *none, *most;

	if (!find_ends(&say, NULL, &none, &most))
		return add_missing(&say, "sections with holes and without");
	mb_strbuf_addf(text, "with %lld %% of each section a hole instead of %lld %%, ",
		       (long long)most->arg, (long long)none->arg);
	mb_strbuf_add(text, mb_format_count(mb_question_counter(most, "hole_pages"), charset).text);
	mb_strbuf_add(text, " descriptors without memory are initialised, ");
	add_each(&say, most, "hole_ns", "hole_pages");
	mb_strbuf_add(text, ", none of them deferred: to the first page ");
	add_change(&say, none, most);
	return true;
}

/* --- Q16 --- */

static bool answer_movable(const struct mb_question_outcome *const *rows, size_t count,
			   enum mb_format_charset charset, struct mb_strbuf *text)
{
	const struct say say = {rows, count, charset, text};
	const struct mb_question_outcome *none, *last;

	if (!find_ends(&say, NULL, &none, &last))
		return add_missing(&say, "movablecore= and a boot without it");
	for (size_t i = 0; i < count; i++) {
		mb_strbuf_add(text, i ? ", " : "");
		if (rows[i]->arg)
			mb_strbuf_addf(text, "movablecore=%lld%% ", (long long)rows[i]->arg);
		else
			mb_strbuf_add(text, "without an option ");
		mb_strbuf_addf(text, "%.0f %% serial, ",
			       mb_question_counter(rows[i], "serial_percent"));
		add_time(&say, mb_question_counter(rows[i], "first_allocation_ns"));
		mb_strbuf_add(text, " to the first page and ");
		add_time(&say, median(rows[i]));
		mb_strbuf_add(text, " to the last");
		if (rows[i] != none)
			add_noise(&say, none, rows[i]);
	}
	mb_strbuf_add(text, ", for ");
	add_memory(&say, none->pages);
	return true;
}

/* --- the table --- */

const struct mb_question mb_questions[] = {
	{"Q3", "knee", "from how many threads on does the deferred part of a node gain nothing?",
	 answer_knee},
	{"Q4", "cpuless", "what does a node without CPUs cost, and what would borrowed CPUs save?",
	 answer_cpuless},
	{"Q5", "ranges", "what do many free ranges in a node cost its deferred part?",
	 answer_ranges},
	{"Q10", "kexec",
	 "what of a kexec's downtime goes to memory: to the first page, to the last?",
	 answer_kexec},
	{"Q11", "policies", "eager, deferred or lazy: what does a guest wait for, by its memory?",
	 answer_policies},
	{"Q13", "reserved", "what do many reserved pages cost before the first allocation?",
	 answer_reserved},
	{"Q14", "holes", "what do holes in sections cost, whose descriptors are never deferred?",
	 answer_holes},
	{"Q16", "movable", "how much becomes serial under a movable zone?", answer_movable},
};

const size_t mb_nr_questions = MB_ARRAY_SIZE(mb_questions);
