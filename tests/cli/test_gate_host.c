/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/gate_host.h"
#include "core/base/align.h"
#include "tests/cli/noise_case.h"

static void test_host(void **state)
{
	static const struct {
		const char *spoils; /* check */
		struct mb_sysstate_ticks after;
		const char *unfit, *note;
	} cases[] = {
		{NULL, {100, 2000, 0}, NULL, NULL},
		{"load", {100, 2000, 0}, NULL, "A load (7); see 'memboot doctor'"},
		{"quota", {100, 2000, 0}, "A quota (7); see 'memboot doctor'", NULL},
		{NULL, {199, 2000, 0}, NULL, NULL},
		{NULL,
		 {200, 2000, 0},
		 "the hypervisor took 10 % of all CPU time during the gate",
		 NULL},
		/* No time has passed, or there is no such file. */
		{NULL, {100, 1000, 0}, NULL, NULL},
		{NULL, {0, 0, 0}, NULL, NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_comparison *comparison = mb_comparison_new("gate");
		struct mb_result *result = mb_result_new(NULL);
		const struct mb_sysstate_ticks before = {100, 1000, 0};

		noise_case_add(result, "disturbing", "A thing", MB_NOISE_DISTURBS);
		if (cases[i].spoils)
			noise_case_add(result, cases[i].spoils,
				       strcmp(cases[i].spoils, "load") ? "A quota" : "A load",
				       MB_NOISE_SPOILS);
		mb_gate_host_judge(comparison, &result->noise, &before, &cases[i].after);
		if (cases[i].unfit)
			assert_string_equal(comparison->unfit, cases[i].unfit);
		else
			assert_null(comparison->unfit);
		assert_int_equal(comparison->nr_notes, cases[i].note != NULL);
		if (cases[i].note)
			assert_string_equal(comparison->notes[0], cases[i].note);
		/* Of an unfit host nothing is known, whatever its rows are. */
		assert_int_equal(mb_comparison_status(comparison), cases[i].unfit ? 4 : 3);
		mb_comparison_free(comparison);
		mb_result_free(result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
