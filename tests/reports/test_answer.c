/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/answer.h"
#include "reports/writer.h"
#include "tests/reports/answer_lines.h"
#include "tests/reports/hostile.h"

static struct mb_run *add_worker(struct mb_result *result, int node, int worker, int cpu, double ns)
{
	struct mb_run *run = mb_result_run(result, MB_RUN_WORKER, "deferred_init", node, worker);

	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, ns);
	run->cpu = cpu;
	return run;
}

static struct mb_run *add_bench(struct mb_result *result, const char *name, unsigned threads,
				double ns_per_page, double rate, double limit_percent)
{
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, name);

	mb_result_run_set_arg(run, "threads", "1");
	mb_result_run_set(run, MB_METRIC_NS_PER_PAGE, 0, ns_per_page);
	mb_result_run_set(run, MB_METRIC_BYTES_PER_SECOND, 0, rate);
	mb_result_run_set(run, MB_METRIC_LIMIT_PERCENT, 0, limit_percent);
	run->threads = threads;
	return run;
}

/* Two nodes with a worker each on CPUs of their own: one has three times the work of the other. */
static struct mb_result *deferred(void)
{
	struct mb_result *result = mb_result_new(NULL);

	mb_result_set(result, MB_RESULT_POLICY, "deferred");
	add(result, MB_RUN_STAGE, "sparse_init", MB_METRIC_WALL_NS, 1e6);
	add(result, MB_RUN_STAGE, "fault", MB_METRIC_WALL_NS, 900e6);
	add(result, MB_RUN_TOTAL, "fault", MB_METRIC_WALL_NS, 900e6);
	add(result, MB_RUN_STAGE, "memmap_init", MB_METRIC_WALL_NS, 9e6);
	add(result, MB_RUN_STAGE, "deferred_init", MB_METRIC_WALL_NS, 30e6);
	add(result, MB_RUN_STAGE, "deferred_init", MB_METRIC_WALL_NS, 30e6);
	add(result, MB_RUN_STAGE, "deferred_init", MB_METRIC_NS_PER_PAGE, 10);
	add(result, MB_RUN_STAGE, "deferred_init", MB_METRIC_PAGES, 3000000);
	add(result, MB_RUN_STAGE, "memmap_init", MB_METRIC_SHARE_PERCENT, 30);
	for (size_t i = 0; i < 3; i++)
		mb_result_run_set(mb_result_run(result, MB_RUN_STAGE, "deferred_init", MB_RUN_NONE,
						MB_RUN_NONE),
				  MB_METRIC_SHARE_PERCENT, i, 40 + 11 * (double)i);
	add(result, MB_RUN_TOTAL, "all_phases", MB_METRIC_WALL_NS, 35e6);
	add(result, MB_RUN_TOTAL, "to_first_allocation", MB_METRIC_WALL_NS, 10e6);
	add(result, MB_RUN_TOTAL, "to_all_memory", MB_METRIC_WALL_NS, 38e6);
	add(result, MB_RUN_TOTAL, "to_all_memory", MB_METRIC_WALL_NS, 40e6);
	add(result, MB_RUN_TOTAL, "to_all_memory", MB_METRIC_WALL_NS, 42e6);
	add(result, MB_RUN_TOTAL, "memory", MB_METRIC_PRESENT_PAGES, 4000000);
	add(result, MB_RUN_TOTAL, "second_touch", MB_METRIC_WALL_NS, 20e6);
	add_worker(result, 0, 0, 0, 10e6);
	add_worker(result, 1, 0, 1, 30e6);
	return result;
}

static void test_boot(void **state)
{
	struct mb_result *result = deferred();
	struct mb_answer answer;

	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_line(&answer, MB_ANSWER_FIRST, 0, "10.0 ms", "after memblock's start.");
	assert_line(&answer, MB_ANSWER_ALL, 0, "40.0 ms", "(median of 3, spread ");
	assert_line(&answer, MB_ANSWER_ALL, 0, "40.0 ms", "10.0 ns each.");
	/* The median of the shares that each boot had, which no medians of times give: 30 of 35, or of 1 + 9 + 30. */
	assert_line(&answer, MB_ANSWER_DOMINATES, 0, "51.0 %",
		    "deferred_init is 51.0 % of the phases' time, in the median of the boots' "
		    "shares; it takes 30.0 ms, all phases 35.0 ms (each its own median): ");
	/* 9 + 30 over 20. */
	assert_line(&answer, MB_ANSWER_LIMIT, 0, "1.9\u00d7",
		    "memmap_init and deferred_init together took 39.0 ms");
	/* 40 ms of work on 2 CPUs are 20, not 30. */
	assert_line(&answer, MB_ANSWER_HELP, 0, "saves up to 10.0 ms",
		    "2 workers on 2 CPUs worked 40.0 ms together, which shared evenly would be "
		    "20.0 ms");
	assert_line(&answer, MB_ANSWER_TRUST, 0, NULL, "memboot doctor");
	mb_answer_fini(&answer);

	/* What is slower than the work itself does not bound it. */
	mb_result_run_set(
		mb_result_run(result, MB_RUN_TOTAL, "second_touch", MB_RUN_NONE, MB_RUN_NONE),
		MB_METRIC_WALL_NS, 0, 39e6);
	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_line(&answer, MB_ANSWER_LIMIT, 0, NULL, "so that is no bound here");
	mb_answer_fini(&answer);

	/* Both had as much to do. */
	add_worker(result, 0, 1, 0, 18e6);
	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_line(&answer, MB_ANSWER_HELP, 0, "more CPUs",
		    "3 workers of deferred_init kept 2 CPUs busy");
	mb_answer_fini(&answer);
	mb_result_free(result);
}

/* Windows are written once more, and not all descriptors: times of a page are compared. */
static void test_windows(void **state)
{
	struct mb_result *result = deferred();
	struct mb_run *touch = add(result, MB_RUN_STAGE, "second_touch", MB_METRIC_WALL_NS, 20e6);
	struct mb_answer answer;

	/* 39 ms for 4 million are 9.75 ns a page. */
	add(result, MB_RUN_STAGE, "memmap_init", MB_METRIC_PAGES, 1000000);
	mb_result_run_set(touch, MB_METRIC_PAGES, 0, 4000000);
	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_line(&answer, MB_ANSWER_LIMIT, 0, "1.9\u00d7", "to write the same memory once");
	mb_answer_fini(&answer);

	mb_result_run_set(touch, MB_METRIC_PAGES, 0, 2500000);
	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_line(&answer, MB_ANSWER_LIMIT, 0, "1.2\u00d7",
		    "together took 9.75 ns a page; to write a descriptor once, with all workers "
		    "and nothing else to do, took 8.00 ns as the mean of 2");
	mb_answer_fini(&answer);

	mb_result_run_set(touch, MB_METRIC_PAGES, 0, 20000);
	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_line(&answer, MB_ANSWER_LIMIT, 0, NULL, "so that is no bound here");
	mb_answer_fini(&answer);
	mb_result_free(result);
}

static void test_eager(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_answer answer;

	mb_result_set(result, MB_RESULT_POLICY, "eager");
	add(result, MB_RUN_STAGE, "memmap_init", MB_METRIC_WALL_NS, 60e6);
	add(result, MB_RUN_TOTAL, "to_first_allocation", MB_METRIC_WALL_NS, 80e6);
	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_line(&answer, MB_ANSWER_HELP, 0, "saves up to 60.0 ms",
		    "Boot with policy deferred: most of memmap_init's 60.0 ms");
	/* Nobody wrote the memory a second time. */
	assert_line(&answer, MB_ANSWER_LIMIT, 0, NULL, "memboot bench");
	assert_line(&answer, MB_ANSWER_ALL, 0, NULL, "memboot boot");
	mb_answer_fini(&answer);
	mb_result_free(result);
}

static void test_bench(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_answer answer;

	add_bench(result, "pageinit/kernel/threads:1", 1, 10, 6e9, 60);
	add_bench(result, "pageinit/kernel/threads:2", 2, 3, 9e9,
		  75); /* between the two that are told */
	add_bench(result, "pageinit/memset/threads:1", 1, 9, 7e9, 70);
	add_bench(result, "pageinit/stream/threads:1", 1, 8, 8e9, 80);
	/* Others than initialisers, and other numbers of threads, are not compared. */
	add_bench(result, "pageinit/ratio/kernel-stream/threads:1", 1, 1, 9e9, 90);
	add_bench(result, "pageinit/stream/threads:all", 4, 2, 9e9, 90);
	add_bench(result, "pageinit/kernel/threads:all", 4, 1, 18e9, 90);
	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_null(line_of(&answer, MB_ANSWER_FIRST, 0));
	assert_line(&answer, MB_ANSWER_ALL, 0, NULL, "memboot boot");
	assert_line(&answer, MB_ANSWER_LIMIT, 0, "60.0 %",
		    "at 6.00 GB/s; the best fill of the same memory reaches 10.0 GB/s");
	assert_line(&answer, MB_ANSWER_LIMIT, 1, "90.0 %", "With 4 threads");
	assert_line(&answer, MB_ANSWER_HELP, 0, "saves 20.0 % a page",
		    "Initialise as pageinit/stream/threads:1 does: 8.00 ns a page");
	assert_line(&answer, MB_ANSWER_HELP, 1, "none is faster", "no other initialiser beats");
	assert_null(line_of(&answer, MB_ANSWER_LIMIT, 2));
	assert_null(line_of(&answer, MB_ANSWER_HELP, 2));
	assert_null(line_of(&answer, MB_ANSWER_DOMINATES, 0));
	mb_answer_fini(&answer);

	/* A saving that other samples do not bear out is none for certain. */
	mb_result_run_set(result->runs[0], MB_METRIC_NS_PER_PAGE, 1, 7);
	mb_result_run_set(result->runs[0], MB_METRIC_NS_PER_PAGE, 2, 10);
	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_line(&answer, MB_ANSWER_HELP, 0, "saves 20.0 % a page, within noise", "Initialise");
	mb_answer_fini(&answer);

	/* What is faster than the best fill is not bounded by it. */
	mb_result_run_set(result->runs[0], MB_METRIC_LIMIT_PERCENT, 0, 131);
	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_line(&answer, MB_ANSWER_LIMIT, 0, "131.0 %, so no limit",
		    "which is less, so the fill is no limit here");
	mb_answer_fini(&answer);
	mb_result_free(result);
}

static void test_trust(void **state)
{
	struct mb_result *result = sample_result(NULL);
	struct mb_answer answer;

	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_line(
		&answer, MB_ANSWER_TRUST, 0, "spoilt",
		"load average (9.00, 2 CPUs); 0 of 3 checks found what may disturb the figures.");
	/* It is said before the figures. */
	assert_int_equal(answer.lines[0].topic, MB_ANSWER_TRUST);
	assert_true(answer.count > 1);
	mb_answer_fini(&answer);

	mb_result_add_noise(result, MB_NOISE_DISTURBS,
			    (const char *[MB_NOISE_NR_TEXTS]){[MB_NOISE_NAME] = "thp"});
	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_line(&answer, MB_ANSWER_TRUST, 0, "spoilt",
		    "1 of 4 checks found what may disturb the figures: thp.");
	mb_answer_fini(&answer);
	mb_result_free(result);
}

static void test_facts(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_answer answer;

	for (int i = 0; i < 4; i++)
		mb_result_run_set_status(mb_result_add_run(result, MB_RUN_FACT, "F"),
					 i < 2    ? MB_RUN_OK
					 : i == 2 ? MB_RUN_FAILED
						  : MB_RUN_SKIPPED,
					 "why");
	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_line(&answer, MB_ANSWER_FACTS, 0, "2 of 3", "1 could not be compared");
	assert_null(line_of(&answer, MB_ANSWER_TRUST, 0));
	assert_null(line_of(&answer, MB_ANSWER_FIRST, 0));
	mb_answer_fini(&answer);
	mb_result_free(result);
}

static void add_prediction(struct mb_result *result, const char *name, double ns, const char *what,
			   const char *value)
{
	struct mb_run *run = mb_result_add_run(result, MB_RUN_PREDICTION, name);

	if (what)
		mb_result_run_set_arg(run, what, value);
	mb_result_run_set(run, MB_METRIC_PREDICTED_NS, 0, ns);
	mb_result_run_set(run, MB_METRIC_PREDICTED_LOW_NS, 0, ns / 2);
	mb_result_run_set(run, MB_METRIC_PREDICTED_HIGH_NS, 0, ns * 2);
}

static void test_predicted(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_answer answer;

	add_prediction(result, "to_first_allocation", 10e6, NULL, NULL);
	add_prediction(result, "to_all_memory", 40e6, NULL, NULL);
	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_int_equal(answer.count, 2);
	assert_int_equal(answer.lines[1].topic, MB_ANSWER_ALL);
	assert_string_equal(answer.lines[1].figure, "40.0 ms");
	assert_string_equal(answer.lines[1].text,
			    "Predicted: 90 % of such boots take from 20.0 ms to 80.0 ms.");
	mb_answer_fini(&answer);
	mb_result_free(result);
}

/* Of a curve its ends. */
static void test_curve(void **state)
{
	static const struct {
		const char *name, *what;
		const char *values[5]; /* in the order of the runs */
		double ms[5];
		const char *figure, *text; /* NULL: no line */
	} cases[] = {
		{"to_all_memory", "threads", {"1"}, {40}, NULL, NULL},
		{"to_all_memory",
		 "threads",
		 {"8", "1", "2", "4", "1"},
		 {19.8, 40, 20, 19.9, 40},
		 "40.0 ms to 19.8 ms",
		 "Predicted: 40.0 ms with 1 thread a node, 19.8 ms with 8 threads a node."},
		{"to_all_memory",
		 "threads",
		 {"1", "2"},
		 {40, 20},
		 "40.0 ms to 20.0 ms",
		 "Predicted: 40.0 ms with 1 thread a node, 20.0 ms with 2 threads a node."},
		{"deferred_init",
		 "threads",
		 {"0", "2"},
		 {40, 20},
		 "40.0 ms to 20.0 ms",
		 "Predicted: 40.0 ms with 0 threads a node, 20.0 ms with 2 threads a node."},
		{"to_all_memory",
		 "each",
		 {"68719476736", "137438953472"},
		 {20, 40},
		 "20.0 ms to 40.0 ms",
		 "Predicted: 20.0 ms with each=64 GiB, 40.0 ms with each=128 GiB."},
		{"to_all_memory",
		 "each",
		 {"x", "-1"},
		 {20, 40},
		 "40.0 ms to 20.0 ms",
		 "Predicted: 40.0 ms with each=-1, 20.0 ms with each=x."},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_result *result = mb_result_new(NULL);
		struct mb_answer answer;

		for (size_t k = 0; k < 5 && cases[i].values[k]; k++)
			add_prediction(result, cases[i].name, cases[i].ms[k] * 1e6, cases[i].what,
				       cases[i].values[k]);
		assert_int_equal(mb_answer_make(result, &answer), 0);
		assert_int_equal(answer.count, cases[i].text != NULL);
		if (cases[i].text) {
			assert_int_equal(answer.lines[0].topic,
					 strcmp(cases[i].name, "deferred_init") ? MB_ANSWER_ALL
										: MB_ANSWER_NODE);
			assert_string_equal(answer.lines[0].figure, cases[i].figure);
			assert_string_equal(answer.lines[0].text, cases[i].text);
		}
		mb_answer_fini(&answer);
		mb_result_free(result);
	}
}

/* What the tables of the terminal say beside figures is in the answer too, of a curve as well. */
static void test_predicted_words(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_answer answer;

	add_prediction(result, "to_all_memory", 40e6, "threads", "1");
	mb_result_set_fact(result, "predicted_knee", "8 threads a node; doubling gains nothing");
	mb_result_set_fact(result, "predicted_beyond", "the fit's boots had at most 8 nodes");
	mb_result_set_fact(result, "predicted_source", "https://example.org/");
	mb_result_set_fact(result, "predicted_points", "fitted on 2 of 8 points");
	assert_int_equal(mb_answer_make(result, &answer), 0);
	assert_int_equal(answer.count, 4);
	assert_string_equal(answer.lines[0].text,
			    "The curve's knee: 8 threads a node; doubling gains nothing.");
	assert_string_equal(answer.lines[1].figure, "extrapolated");
	assert_string_equal(answer.lines[1].text,
			    "Beyond what was fitted: the fit's boots had at most 8 nodes.");
	assert_string_equal(answer.lines[2].text, "The curve was fitted on 2 of 8 points.");
	assert_null(answer.lines[2].figure);
	assert_int_equal(answer.lines[2].topic, MB_ANSWER_TRUST);
	assert_int_equal(answer.lines[3].topic, MB_ANSWER_SOURCE); /* a heading of its own */
	assert_string_equal(answer.lines[3].text,
			    "The published times are from https://example.org/.");
	mb_answer_fini(&answer);
	mb_result_free(result);
}

/* Whatever is in a result, every line has words. */
static void test_random(void **state)
{
	struct mb_rng rng = {seed()};

	for (int i = 0; i < 200; i++) {
		struct mb_result *result = random_result(&rng);
		struct mb_answer answer;

		assert_int_equal(mb_answer_make(result, &answer), 0);
		for (size_t k = 0; k < answer.count; k++)
			assert_true(strlen(answer.lines[k].text) > 0);
		mb_answer_fini(&answer);
		mb_result_free(result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boot),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_eager),
		cmocka_unit_test(test_bench),
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_predicted),
		cmocka_unit_test(test_curve),
		cmocka_unit_test(test_predicted_words),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
