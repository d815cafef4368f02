/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reports/knob.h"

/* Each has a name of its own and a path below /. */
static void test_table(void **state)
{
	for (size_t i = 0; i < mb_nr_knobs; i++) {
		assert_true(*mb_knobs[i].path != '/');
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(mb_knobs[i].name, mb_knobs[k].name);
	}
}

static void test_matters(void **state)
{
	assert_true(mb_knob_matters("numa_balancing"));
	assert_true(mb_knob_matters("smt"));
	assert_true(mb_knob_matters("what a later version keeps"));
	assert_false(mb_knob_matters("perf_event_paranoid"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_matters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
