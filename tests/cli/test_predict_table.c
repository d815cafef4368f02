/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/predict_table.h"
#include "core/base/align.h"

static const struct mb_term term = {
	.charset = MB_FORMAT_ASCII, .table = {.ascii = true, .indent = 2}, .columns = 100};

static void bars(void **state)
{
	static const struct {
		struct mb_costmodel_value value;
		double most;
		const char *bar;
	} cases[] = {
		{{20, 10, 40}, 40, "##########.............................."},
		{{1, 1, 1}, 40, "#"},
		{{0.1, 0, 0.2}, 40, ""},
		{{20, NAN, NAN}, 80, "##########"},
		{{0, 0, 0}, 0, ""},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_strbuf text = {0};

		mb_predict_table_bar(&text, &cases[i].value, cases[i].most, MB_FORMAT_ASCII);
		assert_string_equal(mb_strbuf_text(&text), cases[i].bar);
		mb_strbuf_fini(&text);
	}
}

static void knees(void **state)
{
	static const struct {
		struct mb_predict_vary vary;
		double ns[4];
		const char *says;
	} cases[] = {
		{{MB_PREDICT_VARY_THREADS, {1, 2, 4, 8}, 4},
		 {80, 40, 40, 40},
		 "knee: 2 threads a node; doubling that gains less than 5 %\n"},
		{{MB_PREDICT_VARY_THREADS, {1, 2, 4, 8}, 4},
		 {80, 80, 80, 80},
		 "knee: 1 thread a node; doubling that gains less than 5 %\n"},
		{{MB_PREDICT_VARY_CPUS, {1, 2, 4, 8}, 4},
		 {80, 40, 20, 10},
		 "knee: 8 CPUs a node; up to there more of them gain\n"},
		{{MB_PREDICT_VARY_EACH, {1 << 30, 2.0 * (1 << 30), 4.0 * (1 << 30)}, 3},
		 {30, 40, 80},
		 "knee: 2 GiB a node; from there on time grows in proportion\n"},
		{{MB_PREDICT_VARY_NODES, {1, 2, 4}, 3},
		 {30, 31, 32},
		 "knee: 4 nodes; up to there time grows less than in proportion\n"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_predict_point points[4] = {0};
		struct mb_strbuf text = {0};

		for (size_t k = 0; k < cases[i].vary.count; k++)
			points[k] = (struct mb_predict_point){
				.value = cases[i].vary.values[k],
				.first_allocation = {NAN, NAN, NAN},
				.all_memory = {cases[i].ns[k], cases[i].ns[k] / 2,
					       cases[i].ns[k] * 2},
			};
		mb_predict_table_add_curve(&text, &term, &cases[i].vary, points, "all of it");
		if (!strstr(mb_strbuf_text(&text), cases[i].says))
			fail_msg("case %zu: %s", i, mb_strbuf_text(&text));
		assert_non_null(strstr(mb_strbuf_text(&text), "all of it"));
		assert_null(strstr(mb_strbuf_text(&text), "to first allocation")); /* none */
		mb_strbuf_fini(&text);
	}
}

static void beyond(void **state)
{
	static const struct mb_costmodel model = {
		.size_high = 23, .max_threads = 1, .max_nodes = 8};
	static const struct {
		unsigned beyond;
		const char *says;
	} cases[] = {
		{0, ""},
		{MB_COSTMODEL_BEYOND_SIZE,
		 "\nbeyond what was fitted: boots had at most 8,388,608 descriptors\n"},
		{MB_COSTMODEL_BEYOND_THREADS | MB_COSTMODEL_BEYOND_NODES,
		 "\nbeyond what was fitted: 1 thread, 8 nodes\n"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_strbuf text = {0};

		mb_predict_table_add_beyond(&text, &model, cases[i].beyond);
		assert_string_equal(mb_strbuf_text(&text), cases[i].says);
		mb_strbuf_fini(&text);
	}
}

/* Each phase that is predicted has its line; those of nodes and of terms stand where they belong. */
static void whole(void **state)
{
	struct mb_costmodel_node node = {.threads = 2, .pages = 1000, .jobs = 1, .chunks = 8};
	struct mb_costmodel_group group = {.cpus = 2};
	struct mb_predict_answer answer = {0};
	struct mb_costmodel model = {0};
	struct mb_strbuf text = {0};

	answer.target.features.nodes = &node;
	answer.target.features.nr_nodes = 1;
	answer.target.features.groups = &group;
	answer.target.features.nr_groups = 1;
	for (int i = 0; i < MB_COSTMODEL_NR_PHASES; i++)
		answer.prediction.phases[i] = (struct mb_costmodel_value){1e6, 5e5, 2e6};
	answer.prediction.phases[MB_COSTMODEL_GROW].ns = NAN;
	answer.prediction.first_allocation = (struct mb_costmodel_value){3e6, 2e6, 4e6};
	answer.prediction.all_memory = (struct mb_costmodel_value){1.3e7, 1.2e7, 1.4e7};
	mb_predict_table_add(&text, &term, &model, &answer);
	for (int i = 0; i < MB_COSTMODEL_NR_PHASES; i++)
		assert_int_equal(strstr(mb_strbuf_text(&text), mb_costmodel_phases[i].name) != NULL,
				 i != MB_COSTMODEL_GROW);
	assert_non_null(strstr(mb_strbuf_text(&text), "node 0, 2 workers"));
	assert_non_null(strstr(mb_strbuf_text(&text), "1 job, 8 chunks"));
	assert_non_null(strstr(mb_strbuf_text(&text), "to first allocation  3.00 ms  2.00 ms"));
	assert_non_null(strstr(mb_strbuf_text(&text), "90 % interval"));
	mb_strbuf_fini(&text);
	text = (struct mb_strbuf){0};
	mb_predict_table_add_terms(&text, &term, &model, &answer);
	assert_non_null(strstr(mb_strbuf_text(&text), "early pages"));
	mb_strbuf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bars),
		cmocka_unit_test(knees),
		cmocka_unit_test(beyond),
		cmocka_unit_test(whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
