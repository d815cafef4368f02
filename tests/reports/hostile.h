/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_REPORTS_HOSTILE_H
#define MB_TESTS_REPORTS_HOSTILE_H

#include "reports/counter.h"
#include "core/base/rng.h"
#include "tests/reports/written.h"
#include "tests/seed.h"

/* Random results with texts and numbers that break careless writers. */

/* MB_SEED, or the same seed each time; printed, so that a failure can be repeated. */
static inline uint64_t seed(void)
{
	return seed_or(20260131);
}

/* Texts that break careless writers. */
static const char *const hostile[] = {
	"",
	"</script><script>alert(1)</script>",
	"\"quotes\" and 'apostrophes' and \\ backslashes",
	"line\nfeed\r\nreturn\ttab",
	"\x01\x02\x1b[31mred\x7f\x08",
	"=cmd()|' /C calc'!A0",
	"+1",
	"-2+3",
	"@SUM(A1)",
	"\t=1",
	"a,b;c|d",
	"invalid \xff\xfe \xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x82",
	"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
	"\xe2\x80\xaeright to left\xe2\x80\xa8",
	"%s%n%d",
	"]]>&amp;<!--",
	"{\"schema_version\": 2}",
};

/* A result with hostile texts everywhere and awkward numbers. */
static inline const char *any_text(struct mb_rng *rng)
{
	return hostile[mb_rng_below(rng, MB_ARRAY_SIZE(hostile))];
}

static inline double any_number(struct mb_rng *rng)
{
	static const double awkward[] = {0.0,
					 -0.0,
					 1.0 / 3,
					 5e-324,
					 2.2250738585072014e-308,
					 1.7976931348623157e308,
					 0x1p53,
					 9007199254740993.0,
					 1e22,
					 0.1,
					 -123.456,
					 NAN,
					 INFINITY};
	uint64_t choice = mb_rng_below(rng, 3);
	double number;
	uint64_t bits;

	if (choice == 0)
		return awkward[mb_rng_below(rng, MB_ARRAY_SIZE(awkward))];
	bits = mb_rng_next(rng);
	if (choice == 1)
		return (double)(bits >> mb_rng_below(rng, 64));
	memcpy(&number, &bits, sizeof(number));
	return number;
}

static inline void add_random_run(struct mb_result *result, struct mb_rng *rng)
{
	struct mb_run *run = mb_result_add_run(
		result, (enum mb_run_kind)mb_rng_below(rng, MB_RUN_NR_KINDS), any_text(rng));
	size_t nr_args = mb_rng_below(rng, 4), nr_metrics = mb_rng_below(rng, 5);

	for (size_t i = 0; i < nr_args; i++)
		mb_result_run_set_arg(run, any_text(rng), any_text(rng));
	run->node = (int)mb_rng_below(rng, 5) - 1;
	run->worker = (int)mb_rng_below(rng, 5) - 1;
	run->cpu = (int)mb_rng_below(rng, 5) - 1;
	run->threads = (unsigned)mb_rng_below(rng, 300);
	mb_result_run_set_model(run, mb_rng_below(rng, 2) ? any_text(rng) : NULL);
	mb_result_run_set_placement(run, mb_rng_below(rng, 2) ? any_text(rng) : NULL);
	mb_result_run_set_status(run, (enum mb_run_status)mb_rng_below(rng, MB_RUN_NR_STATUSES),
				 mb_rng_below(rng, 2) ? any_text(rng) : NULL);
	for (size_t i = 0; i < nr_metrics; i++) {
		int metric = (int)mb_rng_below(rng, result->metrics->count);
		size_t count = mb_rng_below(rng, 6);

		for (size_t j = 0; j < count; j++)
			mb_result_run_set(run, metric, j, any_number(rng));
	}
	for (size_t i = 0; i < result->counters.count && !mb_rng_below(rng, 3); i++)
		mb_result_run_set_uncounted(run, i, any_text(rng));
	for (size_t i = 0; i < result->counters.count && mb_rng_below(rng, 2); i++)
		for (size_t j = 0; j < 3; j++)
			mb_result_run_set_count(run, i, j, any_number(rng),
						(double)(1 + mb_rng_below(rng, 1000)) / 1000);
}

static inline void add_random_counters(struct mb_result *result, struct mb_rng *rng)
{
	char name[512];

	for (size_t i = mb_rng_below(rng, 4); i; i--) {
		snprintf(name, sizeof(name), "%zu %s", i, any_text(rng));
		mb_result_add_counter(result, name, mb_rng_below(rng, 2) ? any_text(rng) : NULL,
				      mb_rng_below(rng, 2) ? any_text(rng) : NULL);
		mb_counter_set_metric(result, result->counters.count - 1,
				      (int)mb_rng_below(rng, MB_NR_METRICS + 1) - 1);
	}
}

static inline void add_random_noise(struct mb_result *result, struct mb_rng *rng)
{
	char *texts[MB_NOISE_NR_TEXTS] = {0};

	for (size_t i = 0; i < MB_NOISE_NR_TEXTS; i++)
		if (i == MB_NOISE_NAME || mb_rng_below(rng, 3))
			texts[i] = strdup(any_text(rng));
	mb_result_add_noise(result, (enum mb_noise_verdict)mb_rng_below(rng, MB_NOISE_NR_VERDICTS),
			    (const char *const *)texts);
	for (size_t i = 0; i < MB_NOISE_NR_TEXTS; i++)
		free(texts[i]);
}

static inline struct mb_result *random_result(struct mb_rng *rng)
{
	struct mb_result *result = mb_result_new(NULL);
	size_t nr_facts = mb_rng_below(rng, 5), nr_runs = mb_rng_below(rng, 6);

	assert_non_null(result);
	for (int i = 0; i < MB_RESULT_NR_FIELDS; i++)
		if (mb_rng_below(rng, 4))
			mb_result_set(result, (enum mb_result_field)i, any_text(rng));
	mb_result_set_status(result, (enum mb_result_status)mb_rng_below(rng, 3),
			     mb_rng_below(rng, 2) ? any_text(rng) : NULL);
	for (size_t i = 0; i < nr_facts; i++) {
		mb_result_add_fact(result, any_text(rng),
				   mb_rng_below(rng, 2) ? any_text(rng) : NULL,
				   mb_rng_below(rng, 2) ? any_text(rng) : NULL);
		mb_result_add_knob(result, any_text(rng), any_text(rng), NULL);
	}
	for (size_t i = 0; i < nr_facts; i++)
		add_random_noise(result, rng);
	add_random_counters(result, rng);
	for (size_t i = 0; i < nr_runs; i++)
		add_random_run(result, rng);
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

#endif
