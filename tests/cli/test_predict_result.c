/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/boot_result.h"
#include "cli/predict_result.h"
#include "reports/pick.h"
#include "reports/predicted.h"

struct answer {
	struct mb_predict_target target;
	struct mb_costmodel_prediction prediction;
};

static void answer_of(const char *text, const struct mb_costmodel *model, struct answer *ret_answer)
{
	struct mb_boot_config config = {.policy = MB_POLICY_DEFERRED};
	struct mb_machine *machine;
	struct mb_err err = {0};

	assert_int_equal(mb_machine_parse(text, NULL, &err, &machine), 0);
	config.machine = machine;
	config.profile = mb_profile_find("6.1");
	assert_int_equal(mb_predict_target_new(&config, NULL, &err, &ret_answer->target), 0);
	mb_costmodel_predict(model, &ret_answer->target.features, &ret_answer->prediction);
	mb_machine_free(machine);
}

static void read_model(struct mb_costmodel_host *host)
{
	struct mb_err err = {0};
	char path[512];

	snprintf(path, sizeof(path), "%s/costmodel/host.json", getenv("MB_TEST_DATA"));
	if (mb_json_costmodel_read(path, &err, host))
		fail_msg("%s", err.text);
}

/* Nothing in the result can be taken for measured, and each figure is inside its interval. */
static void machine(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_costmodel_host host = {0};
	struct answer answer = {0};
	const struct mb_costmodel *model;
	size_t nodes = 0, totals = 0;

	read_model(&host);
	model = mb_costmodel_host_find(&host, "6.1 vmemmap 64 x86_64 4K");
	assert_non_null(model);
	answer_of("nodes=4 each=64G cpus=8", model, &answer);
	mb_predict_result_add(result, model, &answer.target, &answer.prediction);
	assert_int_equal(mb_result_error(result), 0);
	assert_non_null(strstr(mb_result_fact(&result->facts, MB_PREDICTED_BEYOND),
			       "descriptors, at most 2 workers"));
	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];
		double ns = mb_pick_figure(run, MB_METRIC_PREDICTED_NS);

		assert_int_equal(run->kind, MB_RUN_PREDICTION);
		assert_int_equal(run->metrics[MB_METRIC_WALL_NS].count, 0);
		assert_true(mb_pick_figure(run, MB_METRIC_PREDICTED_BEYOND) == 1);
		assert_true(ns > 0);
		assert_true(mb_pick_figure(run, MB_METRIC_PREDICTED_LOW_NS) <= ns);
		assert_true(mb_pick_figure(run, MB_METRIC_PREDICTED_HIGH_NS) >= ns);
		nodes += run->node >= 0;
		totals += !strncmp(run->name, "to_", 3);
		if (run->node >= 0) {
			assert_int_equal(run->threads, 8);
			assert_true(mb_pick_figure(run, MB_METRIC_PAGES) > 1e7);
		}
	}
	assert_int_equal(nodes, 4);
	assert_int_equal(totals, 2);
	assert_true(mb_pick_figure(mb_pick_run(result, MB_RUN_PREDICTION, MB_BOOT_TOTAL_ALL_MEMORY),
				   MB_METRIC_BYTES) > 255.9 * (1 << 30));
	mb_predict_target_fini(&answer.target);
	mb_costmodel_host_fini(&host);
	mb_result_free(result);
}

/* The terms of a phase add up to it; with coefficients, whose units they say. */
static void terms(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_costmodel_host host = {0};
	const struct mb_costmodel *model;
	struct answer answer = {0};
	double sum = 0, shares = 0;

	read_model(&host);
	model = mb_costmodel_host_find(&host, "6.1 vmemmap 64 x86_64 4K");
	answer_of("nodes=4 each=64G cpus=8", model, &answer);
	mb_predict_result_add_terms(result, model, &answer.target, &answer.prediction);
	assert_int_equal(mb_result_error(result), 0);
	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];

		assert_int_equal(run->kind, MB_RUN_PREDICTION);
		assert_non_null(mb_result_fact(&run->args, "term"));
		assert_non_null(mb_result_fact(&run->args, "kind"));
		assert_non_null(mb_result_fact(&run->args, "unit"));
		assert_true(mb_pick_figure(run, MB_METRIC_COEFFICIENT) >= 0);
		assert_true((mb_pick_figure(run, MB_METRIC_COEFFICIENT_ERROR) > 0) ==
			    (mb_pick_figure(run, MB_METRIC_COEFFICIENT) > 0));
		if (strcmp(run->name, "memmap_init") != 0)
			continue;
		sum += mb_pick_figure(run, MB_METRIC_PREDICTED_NS);
		shares += mb_pick_figure(run, MB_METRIC_SHARE_PERCENT);
	}
	assert_true(fabs(sum / answer.prediction.phases[MB_COSTMODEL_PAGEINIT].ns - 1) < 1e-9);
	assert_true(fabs(shares - 100) < 1e-6);
	mb_predict_target_fini(&answer.target);
	mb_costmodel_host_fini(&host);
	mb_result_free(result);
}

static void curve(void **state)
{
	static const struct mb_predict_vary vary = {MB_PREDICT_VARY_THREADS, {1, 2}, 2};
	static const struct mb_predict_point points[] = {
		{1, 4096, 1, {1, 0.5, 2}, {20, 10, 40}, 0},
		{2, 4096, 2, {1, 0.5, 2}, {12, 6, 24}, MB_COSTMODEL_BEYOND_THREADS},
	};
	static const struct mb_costmodel model = {.max_threads = 1};
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_run *last;

	mb_predict_result_add_curve(result, &model, &vary, points);
	assert_int_equal(result->nr_runs, 4);
	last = result->runs[3];
	assert_string_equal(last->name, MB_BOOT_TOTAL_ALL_MEMORY);
	assert_string_equal(mb_result_fact(&last->args, "threads"), "2");
	assert_int_equal(last->threads, 2);
	assert_true(mb_pick_figure(last, MB_METRIC_PREDICTED_HIGH_NS) == 24);
	assert_true(mb_pick_figure(last, MB_METRIC_BYTES) == 4096);
	assert_true(mb_pick_figure(last, MB_METRIC_PREDICTED_BEYOND) == 1);
	assert_true(mb_pick_figure(result->runs[2], MB_METRIC_PREDICTED_BEYOND) == 0);
	assert_string_equal(mb_result_fact(&result->facts, MB_PREDICTED_BEYOND),
			    "the fit's boots had at most 1 worker");
	assert_string_equal(mb_result_fact(&result->facts, MB_PREDICTED_KNEE),
			    "2 threads a node; up to there more of them gain");
	mb_result_free(result);
}

static void fit(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_predict_fit fit = {0};

	read_model(&fit.host);
	mb_predict_result_add_fit(result, &fit, true);
	assert_string_equal(mb_result_fact(&result->facts, MB_PREDICTED_NODES), "here");
	mb_result_free(result);
	result = mb_result_new(NULL);
	mb_predict_result_add_fit(result, &fit, false);
	assert_string_equal(mb_result_fact(&result->facts, MB_PREDICTED_NODES), "own");
	assert_non_null(strstr(mb_result_fact(&result->facts, MB_PREDICTED_HOST), "AMD EPYC"));
	assert_string_equal(mb_result_fact(&result->facts, MB_PREDICTED_ARCH), "x86_64");
	assert_string_equal(mb_result_fact(&result->facts, MB_PREDICTED_MADE), fit.host.made_utc);
	mb_predict_fit_fini(&fit);
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine),
		cmocka_unit_test(terms),
		cmocka_unit_test(curve),
		cmocka_unit_test(fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
