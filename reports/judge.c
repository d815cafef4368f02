/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "reports/format.h"
#include "reports/judge.h"
#include "reports/stats.h"

static const struct {
	const char *name, *label;
} verdicts[MB_NR_VERDICTS] = {
	[MB_VERDICT_SAME] = {"same", "same"},
	[MB_VERDICT_BETTER] = {"better", "better"},
	[MB_VERDICT_WORSE] = {"worse", "worse"},
	[MB_VERDICT_INCONCLUSIVE] = {"inconclusive", "inconclusive"},
	[MB_VERDICT_NOT_COMPARABLE] = {"not_comparable", "not comparable"},
};

const char *mb_judge_label(enum mb_verdict verdict)
{
	return verdicts[verdict].label;
}

const char *mb_judge_name(enum mb_verdict verdict)
{
	return verdicts[verdict].name;
}

struct mb_judge_rule mb_judge_rule(const struct mb_metric *metric)
{
	return (struct mb_judge_rule){
		.threshold = MB_JUDGE_THRESHOLD,
		.noise = NAN,
		.floor = fmin(metric->noise_band, MB_JUDGE_FLOOR),
		.better = metric->better,
		.exact = !(metric->noise_band > 0),
		.confidence = MB_JUDGE_CONFIDENCE,
		.min_samples = MB_JUDGE_MIN_SAMPLES,
		.seed = 1,
	};
}

static struct mb_finding nothing(void)
{
	return (struct mb_finding){
		.verdict = MB_VERDICT_NOT_COMPARABLE,
		.ratio = NAN,
		.low = NAN,
		.high = NAN,
		.p = NAN,
		.p_holm = NAN,
		.noise = NAN,
	};
}

__attribute__((format(printf, 3, 4))) static void
set(struct mb_finding *finding, enum mb_verdict verdict, const char *format, ...)
{
	va_list args;

	finding->verdict = verdict;
	va_start(args, format);
	vsnprintf(finding->why, sizeof(finding->why), format, args);
	va_end(args);
}

void mb_judge_refuse(struct mb_finding *ret_finding, const char *format, ...)
{
	va_list args;

	*ret_finding = nothing();
	va_start(args, format);
	vsnprintf(ret_finding->why, sizeof(ret_finding->why), format, args);
	va_end(args);
}

/* --- figures with noise --- */

static double bar_of(const struct mb_judge_rule *rule)
{
	return fmax(fmax(rule->threshold, rule->floor), isnan(rule->noise) ? 0 : rule->noise);
}

/* Samples beside count until something grows from now to needed with its square root. */
static size_t more_until(size_t count, double now, double needed)
{
	double factor = now / needed, more;

	if (!(needed > 0) || !isfinite(factor))
		return MB_JUDGE_MAX_MORE;
	more = ceil((double)count * (factor * factor - 1));
	return more < 1 ? 1 : more > MB_JUDGE_MAX_MORE ? MB_JUDGE_MAX_MORE : (size_t)more;
}

/* As many as the interval needs to end before the bars that it reaches over, if its middle stays and each end comes nearer to it alike. */
static size_t more_for(const struct mb_stats_shift *shift, double bar)
{
	bool down = shift->centre < 0;
	double middle = fabs(shift->centre);
	double near = middle - (down ? -shift->high : shift->low);
	double far = (down ? -shift->low : shift->high) - middle;
	size_t more = 1;

	if (middle > bar)
		return more_until(shift->count, near, middle - bar);
	if (middle + far > bar)
		more = more_until(shift->count, far, bar - middle);
	if (middle - near < -bar)
		more = mb_max(more, more_until(shift->count, near, middle + bar));
	return more;
}

static void decide(const struct mb_stats_shift *shift, const struct mb_judge_rule *rule,
		   struct mb_finding *finding)
{
	double bar = log1p(finding->bar), sign = rule->better == MB_BETTER_HIGHER ? -1 : 1;
	double low = sign > 0 ? shift->low : -shift->high;
	double high = sign > 0 ? shift->high : -shift->low;

	if (low > bar)
		finding->verdict = MB_VERDICT_WORSE;
	else if (high < -bar)
		finding->verdict = MB_VERDICT_BETTER;
	else if (low >= -bar && high <= bar)
		finding->verdict = MB_VERDICT_SAME;
	else
		set(finding, MB_VERDICT_INCONCLUSIVE, "the interval reaches over the bar");
	if (finding->verdict == MB_VERDICT_INCONCLUSIVE)
		finding->more = more_for(shift, bar);
}

/* p falls about as a power of the number of samples: from what they give now to what is needed. */
static size_t more_for_p(const struct mb_finding *finding, double needed)
{
	double factor = log(needed) / log(finding->p);

	if (!(finding->p < 1) || !(factor > 1))
		return 1;
	return more_until(finding->samples, sqrt(factor), 1);
}

/* Without the rank test's consent nothing is better or worse. */
static void take_back(struct mb_finding *finding, size_t tested, double confidence)
{
	double alpha = 1 - confidence;

	if (finding->verdict != MB_VERDICT_WORSE && finding->verdict != MB_VERDICT_BETTER)
		return;
	if (!(finding->p_holm >= alpha))
		return;
	finding->more = more_for_p(finding, alpha / (double)tested);
	set(finding, MB_VERDICT_INCONCLUSIVE, "the rank test is not sure: p is %s over %zu row%s",
	    mb_format_ratio(finding->p_holm).text, tested, tested == 1 ? "" : "s");
}

/* Whether there are enough samples; else says so. */
static bool enough(size_t samples, const struct mb_judge_rule *rule, const char *what,
		   struct mb_finding *finding)
{
	finding->samples = samples;
	if (samples >= rule->min_samples && samples >= 2)
		return true;
	finding->more = rule->min_samples > samples ? rule->min_samples - samples : 1;
	set(finding, MB_VERDICT_NOT_COMPARABLE, "too few samples: %zu %s%s, %zu needed", samples,
	    what, samples == 1 ? "" : "s", rule->min_samples);
	return false;
}

static void conclude(const struct mb_stats_shift *shift, const struct mb_judge_rule *rule,
		     struct mb_finding *finding)
{
	finding->ratio = exp(shift->centre);
	finding->low = exp(shift->low);
	finding->high = exp(shift->high);
	finding->bar = bar_of(rule);
	finding->noise = rule->noise;
	finding->p_holm = finding->p;
	decide(shift, rule, finding);
	take_back(finding, 1, rule->confidence);
}

/* --- what is counted --- */

/* The one number that all samples are; NaN: they differ, or there is none. */
static double only(const double *values, size_t count, size_t *ret_count)
{
	double first = NAN;

	*ret_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (isnan(values[i]))
			continue;
		if ((*ret_count)++ && values[i] != first)
			return NAN;
		first = values[i];
	}
	return first;
}

static void judge_exact(const double *base, size_t nr_base, const double *values, size_t count,
			const struct mb_judge_rule *rule, struct mb_finding *finding)
{
	size_t a, b;
	double old = only(base, nr_base, &a), now = only(values, count, &b);
	bool up = now > old;

	finding->samples = a < b ? a : b;
	finding->exact = true;
	if (!finding->samples) {
		set(finding, MB_VERDICT_NOT_COMPARABLE, "no sample");
		return;
	}
	if (isnan(old) || isnan(now)) {
		set(finding, MB_VERDICT_INCONCLUSIVE,
		    "it is counted, and differs between repetitions of the same work");
		return;
	}
	finding->ratio = old == now ? 1 : now / old;
	if (old == now)
		finding->verdict = MB_VERDICT_SAME;
	else if (rule->better == MB_BETTER_NONE)
		set(finding, MB_VERDICT_NOT_COMPARABLE, "%s against %s, and neither is better",
		    mb_format_exact(now).text, mb_format_exact(old).text);
	else
		finding->verdict = up == (rule->better == MB_BETTER_LOWER) ? MB_VERDICT_WORSE
									   : MB_VERDICT_BETTER;
}

/* --- judging --- */

static double logarithm(double value)
{
	return value > 0 && isfinite(value) ? log(value) : NAN;
}

int mb_judge_pairs(const double *base, const double *new_values, size_t count,
		   const struct mb_judge_rule *rule, struct mb_finding *ret_finding)
{
	MB_FREE double *logs = malloc((count + 1) * sizeof(*logs));
	struct mb_finding finding = nothing();
	struct mb_stats_shift shift;
	size_t kept = 0;
	int r = 0;

	if (!logs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		logs[kept] = logarithm(new_values[i]) - logarithm(base[i]);
		kept += !isnan(logs[kept]);
	}
	if (enough(kept, rule, "pair", &finding)) {
		r = mb_stats_boot_pairs(logs, kept, rule->confidence, rule->seed, &shift);
		if (!r)
			r = mb_stats_signed_rank_p(logs, kept, &finding.p);
		if (r)
			return r;
		conclude(&shift, rule, &finding);
	}
	*ret_finding = finding;
	return 0;
}

/* Logarithms of those that have one; returns how many. */
static size_t take_logs(const double *values, size_t count, double *logs)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		logs[kept] = logarithm(values[i]);
		kept += !isnan(logs[kept]);
	}
	return kept;
}

int mb_judge_groups(const double *base, size_t nr_base, const double *new_values, size_t nr_new,
		    const struct mb_judge_rule *rule, struct mb_finding *ret_finding)
{
	MB_FREE double *old = malloc((nr_base + nr_new + 2) * sizeof(*old));
	struct mb_finding finding = nothing();
	struct mb_stats_shift shift;
	double *now = old + nr_base + 1;
	size_t a, b;
	int r = 0;

	if (!old)
		return -ENOMEM;
	if (rule->exact) {
		judge_exact(base, nr_base, new_values, nr_new, rule, &finding);
		*ret_finding = finding;
		return 0;
	}
	a = take_logs(base, nr_base, old);
	b = take_logs(new_values, nr_new, now);
	if (enough(a < b ? a : b, rule, "sample", &finding)) {
		r = mb_stats_boot_groups(old, a, now, b, rule->confidence, rule->seed, &shift);
		if (!r)
			r = mb_stats_rank_sum_p(old, a, now, b, &finding.p);
		if (r)
			return r;
		conclude(&shift, rule, &finding);
	}
	*ret_finding = finding;
	return 0;
}

/* --- several rows --- */

int mb_judge_holm(struct mb_finding *const *findings, size_t count, double confidence)
{
	MB_FREE double *p = calloc(2 * count + 1, sizeof(*p));
	size_t tested = 0;

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		p[i] = findings[i]->p;
		tested += !isnan(p[i]);
	}
	if (mb_stats_holm(p, count, p + count))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		findings[i]->p_holm = p[count + i];
		take_back(findings[i], tested, confidence);
	}
	return 0;
}
