/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/predict_host.h"
#include "core/base/align.h"
#include "tests/cli/noise_case.h"

/* 1000 ticks of 100 a second: 10 s of CPU time. */
static void judged(void **state)
{
	static const struct {
		const char *spoils;
		uint64_t steal, idle;
		double own_s, scatter;
		const char *why; /* NULL: fit */
	} cases[] = {
		{NULL, 0, 200, 8, 0.1, NULL},
		{NULL, 99, 101, 8, 0.1, NULL},
		{NULL, 100, 100, 8, 0.1, "the hypervisor took 10 % of all CPU time"},
		{NULL, 0, 0, 7.6, 0.1, NULL},
		{NULL, 0, 0, 7.5, 0.1, "other programs had 25 % of all CPU time"},
		{NULL, 0, 500, 2, 0.1, "other programs had 30 %"},
		{NULL, 0, 200, 8, 0.25, "boots of one and the same machine scatter by 25 %"},
		{NULL, 0, 200, 8, NAN, "scatter"},
		{"quota", 0, 200, 8, 0.1, "A thing (7); see 'memboot doctor'"},
		{"load", 0, 200, 8, 0.1, NULL}, /* that of before */
		{"hypervisor", 0, 200, 8, 0.1, NULL},
		{"hypervisor", 100, 100, 8, 0.1, "the hypervisor took 10 % of all CPU time"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		const struct mb_predict_host before = {{5, 100, 10}, 1};
		const struct mb_predict_host after = {
			{5 + cases[i].steal, 1100, 10 + cases[i].idle}, 1 + cases[i].own_s};
		struct mb_result *result = mb_result_new(NULL);
		struct mb_strbuf why = {0};

		noise_case_add(result, "other", "Another thing", MB_NOISE_DISTURBS);
		if (cases[i].spoils)
			noise_case_add(result, cases[i].spoils, "A thing", MB_NOISE_SPOILS);
		assert_int_equal(mb_predict_host_loaded(&result->noise, &before, &after, 100,
							cases[i].scatter, &why),
				 cases[i].why != NULL);
		if (cases[i].why && !strstr(mb_strbuf_text(&why), cases[i].why))
			fail_msg("case %zu: %s", i, mb_strbuf_text(&why));
		if (!cases[i].why)
			assert_int_equal(why.length, 0);
		mb_strbuf_fini(&why);
		mb_result_free(result);
	}
}

static void looked(void **state)
{
	struct mb_predict_host one, two;
	volatile double work = 1;

	mb_predict_host_look(&one);
	for (int i = 0; i < 1000000; i++)
		work *= 1.0000001;
	mb_predict_host_look(&two);
	assert_true(work > 1);
	assert_true(two.own_s >= one.own_s);
	assert_true(two.ticks.all >= one.ticks.all);
	assert_true(two.ticks.idle <= two.ticks.all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judged),
		cmocka_unit_test(looked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
