/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/writer.h"

static void test_golden(void **state)
{
	assert_golden_sample(mb_write_gobench, "sample.gobench.txt");
}

static void test_new_metric(void **state)
{
	assert_new_metric(mb_write_gobench, 77, "Unit widgets/hour better=higher assume=nothing\n",
			  " 77 widgets/hour\n");
}

/* A reader that follows benchfmt: each line is a unit's, a key's with its value, or a name, a count and pairs. */
static void check_line(char *line)
{
	char *word, *end, *rest = NULL;
	size_t pairs = 0;

	if (strncmp(line, "Benchmark", 9) != 0) {
		word = strtok_r(line, " ", &rest);
		if (!strcmp(word, "Unit"))
			assert_non_null(strstr(rest, " assume=nothing"));
		else
			assert_true(*word >= 'a' && *word <= 'z' && strchr(word, ':'));
		return;
	}
	word = strtok_r(line, " ", &rest);
	assert_true(!(word[9] >= 'a' && word[9] <= 'z'));
	end = strrchr(word, '-');
	assert_non_null(end);
	assert_int_equal(strspn(end + 1, "0123456789"), strlen(end + 1));
	word = strtok_r(NULL, " ", &rest);
	assert_int_equal(strspn(word, "0123456789"), strlen(word));
	while ((word = strtok_r(NULL, " ", &rest))) {
		strtod(word, &end);
		assert_true(end != word && !*end);
		assert_non_null(strtok_r(NULL, " ", &rest));
		pairs++;
	}
	assert_true(pairs > 0);
}

static void test_hostile(void **state)
{
	struct mb_rng rng = {seed()};

	for (size_t i = 0; i < 200; i++) {
		struct mb_result *result = random_result(&rng);
		char *text = written(mb_write_gobench, result), *line, *rest = NULL;

		for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
			for (const char *at = line; *at; at++)
				assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
			check_line(line);
		}
		free(text);
		mb_result_free(result);
	}
}

/* Of several results the second does not inherit what only the first one said. */
static void test_several(void **state)
{
	struct mb_result *first = sample_result(NULL), *second = mb_result_new(NULL);
	const struct mb_result *results[] = {first, second};
	char *text = written_all(mb_write_gobench, results, 2);

	assert_non_null(strstr(text, "\nhost: node-a\n"));
	assert_non_null(strstr(text, "\nhost:\n"));
	assert_non_null(strstr(text, "\npolicy:\n"));
	assert_non_null(strstr(text, "\nstatus: partial\n"));
	assert_non_null(strstr(text, "\nstatus:\n"));
	free(text);
	mb_result_free(first);
	mb_result_free(second);
}

static void test_full(void **state)
{
	assert_reports_full(mb_write_gobench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),  cmocka_unit_test(test_new_metric),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_several),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("write_gobench", tests, NULL, NULL);
}
