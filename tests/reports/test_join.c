/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/join.h"
#include "reports/spread.h"
#include "tests/reports/hostile.h"

#define SAMPLES 12

/* A result of one host, whose bench took about that many nanoseconds a round. */
static struct mb_result *host(double ns)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, "bench");

	mb_result_add_fact(result, "cpu_model", "A", NULL);
	mb_result_add_fact(result, "packages", "1", NULL);
	mb_result_add_fact(result, "nodes", "1", NULL);
	mb_result_add_fact(result, "memory", "1000000000 bytes", NULL);
	mb_result_add_fact(result, "kernel", "6.1.0", NULL);
	mb_result_add_fact(result, "cpus", "2", NULL);
	mb_result_add_fact(result, "clock_read_cost", "20 ns", NULL);
	mb_result_add_knob(result, "numa_balancing", "0", NULL);
	for (size_t i = 0; i < SAMPLES; i++) {
		mb_result_run_set(run, MB_METRIC_WALL_NS, i, ns * (1 + 0.001 * (double)i));
		mb_result_run_set(run, MB_METRIC_OPERATIONS, i, 10);
	}
	return result;
}

static struct mb_comparison *join_with(struct mb_result *base, struct mb_result *other,
				       const struct mb_join_options *options)
{
	const struct mb_result *results[] = {base, other};
	const struct mb_join_side sides[] = {{"old", &results[0], 1}, {"new", &results[1], 1}};
	struct mb_comparison *comparison = mb_comparison_new("compare");

	assert_int_equal(mb_join_sides(comparison, sides, 2, options), 0);
	mb_result_free(base);
	mb_result_free(other);
	return comparison;
}

static struct mb_comparison *join(struct mb_result *base, struct mb_result *other)
{
	const struct mb_join_options options = {.threshold = 0.05};

	return join_with(base, other, &options);
}

/* One row, with that verdict and reason. */
static void assert_only(struct mb_comparison *comparison, enum mb_verdict verdict, const char *why)
{
	assert_int_equal(comparison->nr_rows, 1);
	assert_int_equal(comparison->rows[0].finding.verdict, verdict);
	if (why && !strstr(comparison->rows[0].finding.why, why))
		fail_msg("'%s' does not say '%s'", comparison->rows[0].finding.why, why);
	mb_comparison_free(comparison);
}

static void test_verdicts(void **state)
{
	struct mb_comparison *comparison = join(host(1000), host(1200));

	assert_true(fabs(comparison->rows[0].finding.ratio - 1.2) < 1e-9);
	assert_true(fabs(comparison->rows[0].base_value - 1005.5) < 1e-9);
	assert_int_equal(comparison->rows[0].samples, SAMPLES);
	assert_string_equal(comparison->rows[0].label, "bench");
	assert_int_equal(comparison->nr_notes, 1);
	assert_only(comparison, MB_VERDICT_WORSE, "");
	assert_only(join(host(1000), host(1000)), MB_VERDICT_SAME, "");
	assert_only(join(host(1000), host(800)), MB_VERDICT_BETTER, "");
}

/* Each thing that makes figures incomparable, alone; and what does not. */
static void test_differ(void **state)
{
	static const struct {
		const char *fact, *value, *why; /* NULL: comparable */
	} rows[] = {
		{"cpu_model", "B", "other host class: B, "},
		{"memory", "4000000000 bytes", "other host class"},
		{"memory", "1020000000 bytes", NULL},
		{"kernel", "6.12.0", "other kernel: 6.12.0 against 6.1.0"},
		{"cpus", "4", "other number of CPUs: 4 against 2"},
		{"clock_source", "hpet", "other clock source: hpet against not known"},
		{"compiler", "clang 14", "other compiler: clang 14 against not known"},
		{"compiler_flags", "-O3", "other compiler flags"},
		{"clock_read_cost", "21 ns", NULL},
		{"host_name", "b", NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_result *base = host(1000), *other = host(1000);
		bool set = false;

		for (size_t k = 0; k < other->facts.count; k++) {
			struct mb_fact *fact = &other->facts.rows[k];

			if (strcmp(fact->name, rows[i].fact) != 0)
				continue;
			free(fact->value);
			fact->value = strdup(rows[i].value);
			set = true;
		}
		if (!set)
			mb_result_add_fact(other, rows[i].fact, rows[i].value, NULL);
		assert_only(join(base, other),
			    rows[i].why ? MB_VERDICT_NOT_COMPARABLE : MB_VERDICT_SAME, rows[i].why);
	}
}

static void test_knobs(void **state)
{
	struct mb_result *base = host(1000), *other = host(1000);

	mb_result_add_knob(other, "perf_event_paranoid", "4", NULL);
	assert_only(join(base, other), MB_VERDICT_SAME, "");
	base = host(1000);
	other = host(1000);
	mb_result_add_knob(other, "smt", "on", NULL);
	assert_only(join(base, other), MB_VERDICT_NOT_COMPARABLE,
		    "other smt: on against not known");
	base = host(1000);
	mb_result_add_knob(base, "smt", "on", NULL);
	assert_only(join(base, host(1000)), MB_VERDICT_NOT_COMPARABLE,
		    "other smt: not known against on");
	base = host(1000);
	other = host(1000);
	mb_result_set(other, MB_RESULT_MACHINE_HASH, "12");
	assert_only(join(base, other), MB_VERDICT_NOT_COMPARABLE, "other machine: 12");
}

/* Another amount of work takes another time. */
static void test_work(void **state)
{
	struct mb_result *other = host(1000);

	mb_result_run_set(other->runs[0], MB_METRIC_OPERATIONS, 0, 11);
	assert_only(join(host(1000), other), MB_VERDICT_NOT_COMPARABLE,
		    "other work: 11 operations against 10");
}

/* A row that one side lacks, skipped or has failed says so; one that went well nowhere is none. */
static void test_lonely(void **state)
{
	struct mb_result *base = host(1000), *other = host(1000);
	struct mb_comparison *comparison;

	mb_result_run_set(mb_result_add_run(base, MB_RUN_BENCH, "gone"), MB_METRIC_WALL_NS, 0, 1);
	mb_result_run_set(mb_result_add_run(base, MB_RUN_BENCH, "skips"), MB_METRIC_WALL_NS, 0, 1);
	mb_result_run_set_status(mb_result_add_run(other, MB_RUN_BENCH, "skips"), MB_RUN_SKIPPED,
				 "needs two nodes");
	mb_result_run_set_status(mb_result_add_run(base, MB_RUN_BENCH, "fails"), MB_RUN_FAILED,
				 "a page is lost");
	mb_result_run_set(mb_result_add_run(other, MB_RUN_BENCH, "fails"), MB_METRIC_WALL_NS, 0, 1);
	mb_result_run_set_status(mb_result_add_run(base, MB_RUN_BENCH, "never"), MB_RUN_SKIPPED,
				 "a");
	mb_result_run_set_status(mb_result_add_run(other, MB_RUN_BENCH, "never"), MB_RUN_SKIPPED,
				 "a");
	comparison = join(base, other);
	assert_int_equal(comparison->nr_rows, 4);
	assert_string_equal(comparison->rows[0].name, "fails");
	assert_string_equal(comparison->rows[0].finding.why, "failed in old: a page is lost");
	assert_string_equal(comparison->rows[1].finding.why, "not in new");
	assert_string_equal(comparison->rows[2].finding.why, "skipped in new: needs two nodes");
	assert_int_equal(comparison->rows[3].finding.verdict, MB_VERDICT_SAME);
	mb_comparison_free(comparison);
}

static bool is_b(const void *arg, const char *name)
{
	return name[0] == *(const char *)arg;
}

static void test_choice(void **state)
{
	static const int metrics[] = {MB_METRIC_OPERATIONS, MB_METRIC_WALL_NS};
	const struct mb_join_options none = {.threshold = 0.05, .wanted = is_b, .arg = "x"};
	const struct mb_join_options both = {
		.threshold = 0.05, .metrics = metrics, .nr_metrics = 2, .wanted = is_b, .arg = "b"};
	const struct mb_join_options wide = {.threshold = 0.5};
	struct mb_comparison *comparison = join_with(host(1000), host(1200), &none);

	assert_int_equal(comparison->nr_rows, 0);
	mb_comparison_free(comparison);
	comparison = join_with(host(1000), host(1200), &both);
	assert_int_equal(comparison->nr_rows, 2);
	assert_int_equal(comparison->rows[0].finding.verdict, MB_VERDICT_WORSE);
	assert_true(comparison->rows[1].finding.exact);
	assert_int_equal(comparison->rows[1].finding.verdict, MB_VERDICT_SAME);
	mb_comparison_free(comparison);
	assert_only(join_with(host(1000), host(1200), &wide), MB_VERDICT_SAME, "");
}

static bool is_named(const void *arg, const char *name)
{
	return !strcmp(name, arg);
}

/* A filter sees the name that is shown: that of a bench without its arguments. */
static void test_shown_name(void **state)
{
	const struct mb_join_options options = {
		.threshold = 0.05, .wanted = is_named, .arg = "bench"};
	struct mb_result *base = host(1000), *other = host(1000);
	struct mb_comparison *comparison;

	mb_result_run_set_arg(base->runs[0], "temperature", "cold");
	mb_result_run_set_arg(other->runs[0], "temperature", "cold");
	comparison = join_with(base, other, &options);
	assert_int_equal(comparison->nr_rows, 1);
	assert_string_equal(comparison->rows[0].label, "bench");
	assert_string_equal(comparison->rows[0].name, "bench/temperature:cold");
	mb_comparison_free(comparison);
}

/* Instructions are compared exactly where they repeat on both sides, and by their noise where they do not. */
static void test_instructions(void **state)
{
	struct mb_result *base = host(1000), *other = host(1000);
	struct mb_comparison *comparison;

	for (size_t i = 0; i < SAMPLES; i++) {
		mb_result_run_set(base->runs[0], MB_METRIC_INSTRUCTIONS_PER_OPERATION, i, 500);
		mb_result_run_set(other->runs[0], MB_METRIC_INSTRUCTIONS_PER_OPERATION, i, 501);
	}
	comparison = join(base, other);
	assert_int_equal(comparison->nr_rows, 2);
	assert_true(comparison->rows[0].finding.exact);
	assert_int_equal(comparison->rows[0].finding.verdict, MB_VERDICT_WORSE);
	mb_comparison_free(comparison);
	base = host(1000);
	other = host(1000);
	for (size_t i = 0; i < SAMPLES; i++) {
		mb_result_run_set(base->runs[0], MB_METRIC_INSTRUCTIONS_PER_OPERATION, i, 500);
		mb_result_run_set(other->runs[0], MB_METRIC_INSTRUCTIONS_PER_OPERATION, i,
				  500 + (double)(i % 2));
	}
	comparison = join(base, other);
	assert_int_equal(mb_comparison_count(comparison, MB_VERDICT_SAME), 2);
	mb_comparison_free(comparison);
}

/* With several results a side the medians of process runs are the samples, and there must be enough of them. */
static void test_processes(void **state)
{
	static const size_t counts[] = {1, 7, 8, 20};
	const struct mb_join_options options = {.threshold = 0.05};

	for (size_t i = 0; i < MB_ARRAY_SIZE(counts); i++) {
		const struct mb_result *base[20], *other[20];
		struct mb_join_side sides[] = {{"old", base, 20}, {"new", other, counts[i]}};
		struct mb_comparison *comparison = mb_comparison_new("compare");

		for (size_t k = 0; k < 20; k++) {
			base[k] = host(1000 + (double)k);
			other[k] = host(1200 + (double)k);
		}
		assert_int_equal(mb_join_sides(comparison, sides, 2, &options), 0);
		assert_int_equal(comparison->nr_rows, 1);
		assert_int_equal(comparison->rows[0].samples, counts[i]);
		assert_int_equal(comparison->rows[0].base_samples, 20);
		assert_int_equal(comparison->rows[0].finding.verdict,
				 counts[i] < 8 ? MB_VERDICT_NOT_COMPARABLE : MB_VERDICT_WORSE);
		assert_int_equal(comparison->nr_notes, 0);
		mb_comparison_free(comparison);
		for (size_t k = 0; k < 20; k++) {
			mb_result_free((struct mb_result *)base[k]);
			mb_result_free((struct mb_result *)other[k]);
		}
	}
}

/* A side's one process run is one sample where process runs are asked for, however many repetitions it has. */
static void test_by_process(void **state)
{
	const struct mb_join_options options = {.threshold = 0.05, .by_process = true};
	struct mb_comparison *comparison = join_with(host(1000), host(1200), &options);

	assert_int_equal(comparison->nr_notes, 0);
	assert_int_equal(comparison->rows[0].samples, 1);
	assert_only(comparison, MB_VERDICT_NOT_COMPARABLE, "too few samples");
}

/* The noise of a bench is part of the bar of its times. */
static void test_noise(void **state)
{
	static const struct {
		const char *name;
		double shift;
		enum mb_verdict verdict;
	} cases[] = {
		{"bench", 0.01, MB_VERDICT_WORSE},
		{"bench", 0.3, MB_VERDICT_SAME},
		{"other", 0.3, MB_VERDICT_WORSE},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		const double shifts[] = {cases[i].shift, cases[i].shift};
		struct mb_spread spread = {0};
		const struct mb_join_options options = {.threshold = 0.05, .spread = &spread};
		struct mb_comparison *comparison;

		assert_int_equal(mb_spread_add(&spread, cases[i].name, 8, shifts, 2), 0);
		comparison = join_with(host(1000), host(1200), &options);
		assert_true(isnan(comparison->rows[0].finding.noise) ==
			    (strcmp(cases[i].name, "bench") != 0));
		assert_only(comparison, cases[i].verdict, NULL);
		mb_spread_fini(&spread);
	}
}

/* A host whose figures are spoilt cannot judge what depends on it. */
static void test_spoilt(void **state)
{
	const struct mb_join_options unasked = {.threshold = 0.05, .any_noise = true};
	struct mb_result *other = host(1200);
	struct mb_comparison *comparison;

	sample_noise(other);
	comparison = join(host(1000), other);
	assert_string_equal(comparison->unfit,
			    "in new, load average spoils figures (9.00, 2 CPUs)");
	assert_int_equal(mb_comparison_status(comparison), 4);
	mb_comparison_free(comparison);
	other = host(1200);
	sample_noise(other);
	comparison = join_with(host(1000), other, &unasked);
	assert_null(comparison->unfit);
	assert_int_equal(mb_comparison_status(comparison), 1);
	mb_comparison_free(comparison);
	other = host(1000);
	sample_noise(other);
	comparison = join(host(1000), other);
	assert_int_equal(mb_comparison_status(comparison), 0);
	mb_comparison_free(comparison);
}

/* Whatever two results hold, joining them ends, and a result is the same as itself or not comparable. */
static void test_random(void **state)
{
	struct mb_rng rng = {seed()};

	for (int i = 0; i < 50; i++) {
		struct mb_result *one = random_result(&rng);
		const struct mb_result *results[] = {one, one};
		const struct mb_join_side sides[] = {{"a", &results[0], 1}, {"b", &results[1], 1}};
		const struct mb_join_options options = {.threshold = 0.05};
		struct mb_comparison *comparison = mb_comparison_new("compare");

		assert_int_equal(mb_join_sides(comparison, sides, 2, &options), 0);
		assert_int_equal(mb_comparison_count(comparison, MB_VERDICT_WORSE), 0);
		assert_int_equal(mb_comparison_count(comparison, MB_VERDICT_BETTER), 0);
		mb_comparison_free(comparison);
		mb_result_free(one);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),   cmocka_unit_test(test_differ),
		cmocka_unit_test(test_knobs),      cmocka_unit_test(test_work),
		cmocka_unit_test(test_lonely),     cmocka_unit_test(test_choice),
		cmocka_unit_test(test_shown_name), cmocka_unit_test(test_instructions),
		cmocka_unit_test(test_processes),  cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_random),     cmocka_unit_test(test_by_process),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests_name("join", tests, NULL, NULL);
}
