/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/release.h"

/* Each is found by its name, which no other has, and no more. What they do is proven by tests/benches/test_zonework.c. */
static void test_rows(void **state)
{
	const struct mb_release_rule *rule;
	size_t count = 0;

	for (; (rule = mb_release_rule(count)); count++) {
		assert_ptr_equal(mb_release_find(rule->name), rule);
		assert_non_null(rule->release);
		assert_true(*rule->summary);
	}
	assert_true(count >= 4);
	assert_null(mb_release_rule(count + 1));
	assert_null(mb_release_find("pages"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
