/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/predict_table.h"
#include "core/base/align.h"

static const struct mb_term term = {
	.charset = MB_FORMAT_ASCII, .table = {.indent = 2}, .columns = 100};

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

/* The knee stands below the curve, and a column that no point has is not there. */
static void curve(void **state)
{
	static const struct mb_predict_vary vary = {MB_PREDICT_VARY_THREADS, {1, 2, 4}, 3};
	struct mb_predict_point points[3] = {0};
	struct mb_strbuf text = {0};

	for (size_t i = 0; i < vary.count; i++)
		points[i] = (struct mb_predict_point){
			.value = vary.values[i],
			.first_allocation = {NAN, NAN, NAN},
			.all_memory = {80 / vary.values[i], 40 / vary.values[i],
				       160 / vary.values[i]},
		};
	mb_predict_table_add_curve(&text, &term, &vary, points, "all of it");
	assert_non_null(strstr(mb_strbuf_text(&text), "\nknee: 4 threads a node; up to there"));
	assert_non_null(strstr(mb_strbuf_text(&text), "all of it"));
	assert_null(strstr(mb_strbuf_text(&text), "to first allocation"));
	mb_strbuf_fini(&text);
}

static void beyond(void **state)
{
	static const struct mb_costmodel model = {.max_nodes = 8};
	struct mb_strbuf text = {0};

	mb_predict_table_add_beyond(&text, &model, 0);
	assert_string_equal(mb_strbuf_text(&text), "");
	mb_predict_table_add_beyond(&text, &model, MB_COSTMODEL_BEYOND_NODES);
	assert_string_equal(mb_strbuf_text(&text),
			    "\nbeyond what was fitted: the fit's boots had at most 8 nodes\n");
	mb_strbuf_fini(&text);
}

/* Each phase that is predicted has its line; those of nodes and of terms stand where they belong. */
static void whole(void **state)
{
	struct mb_costmodel_node node = {.threads = 2, .pages = 1000, .jobs = 1, .chunks = 8};
	struct mb_costmodel_group group = {.cpus = 2};
	struct mb_costmodel_prediction prediction;
	struct mb_predict_target target = {0};
	struct mb_costmodel model = {.coefficients = {[7] = 1}};
	struct mb_strbuf text = {0};
	const char *line;
	char first[128];

	target.features.nodes = &node;
	target.features.nr_nodes = 1;
	target.features.groups = &group;
	target.features.nr_groups = 1;
	for (int i = 0; i < MB_COSTMODEL_NR_PHASES; i++)
		prediction.phases[i] = (struct mb_costmodel_value){1e6, 5e5, 2e6};
	prediction.phases[MB_COSTMODEL_GROW].ns = NAN;
	prediction.first_allocation = (struct mb_costmodel_value){3e6, 2e6, 4e6};
	prediction.all_memory = (struct mb_costmodel_value){1.3e7, 1.2e7, 1.4e7};
	mb_predict_table_add(&text, &term, &model, &target, &prediction);
	for (int i = 0; i < MB_COSTMODEL_NR_PHASES; i++)
		assert_int_equal(strstr(mb_strbuf_text(&text), mb_costmodel_phases[i].name) != NULL,
				 i != MB_COSTMODEL_GROW);
	assert_non_null(strstr(mb_strbuf_text(&text), "node 0, 2 workers"));
	assert_non_null(strstr(mb_strbuf_text(&text), "1 job, 8 chunks"));
	assert_non_null(strstr(mb_strbuf_text(&text), "to first allocation  3.00 ms  2.00 ms"));
	assert_non_null(strstr(mb_strbuf_text(&text), "90 % interval"));
	mb_strbuf_fini(&text);
	text = (struct mb_strbuf){0};
	mb_predict_table_add_terms(&text, &term, &model, &target, &prediction);
	assert_non_null(strstr(mb_strbuf_text(&text), "early pages"));
	assert_non_null(strstr(mb_strbuf_text(&text), "of all"));
	line = strstr(mb_strbuf_text(&text), "first touch");
	assert_non_null(line);
	snprintf(first, sizeof(first), "%.*s", (int)strcspn(line, "\n"), line);
	assert_non_null(strstr(first, "beside the totals")); /* it rules nothing */
	mb_strbuf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bars),
		cmocka_unit_test(curve),
		cmocka_unit_test(beyond),
		cmocka_unit_test(whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
