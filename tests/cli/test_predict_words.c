/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/predict_words.h"
#include "core/base/align.h"

static void knees(void **state)
{
	static const struct {
		struct mb_predict_vary vary;
		double ns[4];
		const char *says;
	} cases[] = {
		{{MB_PREDICT_VARY_THREADS, {1, 2, 4, 8}, 4},
		 {80, 40, 40, 40},
		 "2 threads a node; doubling that gains less than 5 %"},
		{{MB_PREDICT_VARY_THREADS, {1, 2, 4, 8}, 4},
		 {80, 80, 80, 80},
		 "1 thread a node; doubling that gains less than 5 %"},
		{{MB_PREDICT_VARY_CPUS, {1, 2, 4, 8}, 4},
		 {80, 40, 20, 10},
		 "8 CPUs a node; up to there more of them gain"},
		{{MB_PREDICT_VARY_EACH, {1 << 30, 2.0 * (1 << 30), 4.0 * (1 << 30)}, 3},
		 {30, 40, 80},
		 "2 GiB a node; from there on time grows in proportion"},
		{{MB_PREDICT_VARY_NODES, {1, 2, 4}, 3},
		 {30, 31, 32},
		 "4 nodes; up to there time grows less than in proportion"},
		{{MB_PREDICT_VARY_NODES, {4}, 1}, {30}, ""},
		{{MB_PREDICT_VARY_THREADS, {1, 2, 4}, 3}, {80, NAN, 20}, ""},
		/* A long step says no more than that the knee is in it. */
		{{MB_PREDICT_VARY_THREADS, {1, 64, 65, 128}, 4},
		 {152, 38.3, 38.3, 42.9},
		 "between 1 and 64 threads a node; values between them would tell where"},
		{{MB_PREDICT_VARY_EACH, {64, 65, 4096}, 3},
		 {34.7, 35.2, 1750},
		 "between 65 B and 4 KiB a node; values between them would tell where"},
		{{MB_PREDICT_VARY_EACH, {64, 65, 4096}, 3},
		 {64, 65, 4096},
		 "64 B a node; from there on time grows in proportion"},
		/* Short ones are judged by their slope. */
		{{MB_PREDICT_VARY_THREADS, {15, 16, 17, 20}, 4},
		 {35.1, 34.7, 34.9, 35.1},
		 "16 threads a node; doubling that gains less than 5 %"},
		{{MB_PREDICT_VARY_THREADS, {4, 5, 6}, 3},
		 {60, 50, 42},
		 "6 threads a node; up to there more of them gain"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_predict_point points[4] = {0};
		struct mb_strbuf text = {0};

		for (size_t k = 0; k < cases[i].vary.count; k++)
			points[k] = (struct mb_predict_point){.value = cases[i].vary.values[k],
							      .all_memory = {.ns = cases[i].ns[k]}};
		mb_predict_words_knee(&text, &cases[i].vary, points);
		assert_string_equal(mb_strbuf_text(&text), cases[i].says);
		mb_strbuf_fini(&text);
	}
}

static void beyond(void **state)
{
	static const struct mb_costmodel model = {
		.size_low = 18, .size_high = 23, .max_threads = 1, .max_nodes = 8};
	static const struct {
		unsigned beyond;
		const char *says;
	} cases[] = {
		{0, ""},
		{MB_COSTMODEL_BEYOND_SIZE, "the fit's boots had 262,144 to 8,388,608 descriptors"},
		{MB_COSTMODEL_BEYOND_THREADS, "the fit's boots had at most 1 worker"},
		{MB_COSTMODEL_BEYOND_THREADS | MB_COSTMODEL_BEYOND_NODES,
		 "the fit's boots had at most 1 worker, 8 nodes"},
		{MB_COSTMODEL_BEYOND_SIZE | MB_COSTMODEL_BEYOND_NODES,
		 "the fit's boots had 262,144 to 8,388,608 descriptors, at most 8 nodes"},
		{MB_COSTMODEL_BEYOND_THREADS | MB_COSTMODEL_NO_BANDWIDTH,
		 "the fit's boots had at most 1 worker; its workers never filled the memory's bandwidth, so with more of them "
		 "times are lower bounds"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_strbuf text = {0};

		mb_predict_words_beyond(&text, &model, cases[i].beyond);
		assert_string_equal(mb_strbuf_text(&text), cases[i].says);
		mb_strbuf_fini(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knees),
		cmocka_unit_test(beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
