/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "tests/reports/sample.h"

/* Every name in files is found again, and no two rows share one. */
static void test_names(void **state)
{
	for (int i = 0; i < MB_NOISE_NR_VERDICTS; i++) {
		enum mb_noise_verdict verdict = (enum mb_noise_verdict)i;

		assert_int_equal(mb_noise_verdict_find(mb_noise_verdict_name(verdict)), i);
		assert_true(mb_noise_verdict_label(verdict)[0]);
	}
	assert_int_equal(mb_noise_verdict_find("may disturb"), -ENOENT);
	for (int i = 0; i < MB_NOISE_NR_TEXTS; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(mb_noise_key((enum mb_noise_text)i),
						mb_noise_key((enum mb_noise_text)k));
}

static void test_rows(void **state)
{
	struct mb_result *result = sample_result(NULL);

	assert_int_equal(result->noise.count, 3);
	for (int i = 0; i < MB_NOISE_NR_VERDICTS; i++)
		assert_int_equal(mb_noise_count(&result->noise, (enum mb_noise_verdict)i),
				 i != MB_NOISE_DISTURBS);
	assert_string_equal(result->noise.rows[0].texts[MB_NOISE_COMMAND], "ps -e");
	assert_null(result->noise.rows[1].texts[MB_NOISE_VALUE]);
	mb_result_add_noise(result, MB_NOISE_FINE, (const char *[MB_NOISE_NR_TEXTS]){0});
	assert_int_equal(mb_result_error(result), -EINVAL);
	assert_int_equal(result->noise.count, 3);
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests_name("noise", tests, NULL, NULL);
}
