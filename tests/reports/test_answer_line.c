/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/answer_line.h"
#include "tests/reports/answer_lines.h"

static void test_labels(void **state)
{
	for (int i = 0; i < MB_ANSWER_NR_TOPICS; i++)
		assert_true(strlen(mb_answer_topic_label((enum mb_answer_topic)i)) > 0);
	for (int i = 0; i < MB_ANSWER_NR_TOPICS; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(mb_answer_topic_label((enum mb_answer_topic)i),
						mb_answer_topic_label((enum mb_answer_topic)k));
}

static void test_figures(void **state)
{
	struct mb_answer answer = {0};
	struct mb_strbuf text = {0};

	mb_answer_add_words(&answer, MB_ANSWER_FACTS, "None is known.");
	mb_strbuf_add(&text, "It is not known.");
	mb_answer_add(&answer, MB_ANSWER_ALL, "", &text);
	mb_strbuf_add(&text, "It takes 40 ms.");
	mb_answer_add(&answer, MB_ANSWER_ALL, "40 ms", &text);
	assert_int_equal(answer.count, 3);
	assert_line(&answer, MB_ANSWER_FACTS, 0, NULL, "None is known.");
	assert_line(&answer, MB_ANSWER_ALL, 0, NULL, "not known");
	assert_line(&answer, MB_ANSWER_ALL, 1, "40 ms", "takes");
	mb_answer_fini(&answer);
}

/* What spoils figures is said before them; what only disturbs them, at the end. */
static void test_warning(void **state)
{
	static const char *const trusts[] = {"undisturbed", MB_ANSWER_SPOILT};

	for (size_t i = 0; i < 2; i++) {
		struct mb_answer answer = {0};

		mb_answer_add_words(&answer, MB_ANSWER_FIRST, "first");
		mb_answer_add_words(&answer, MB_ANSWER_ALL, "all");
		mb_answer_add(&answer, MB_ANSWER_TRUST, trusts[i], &(struct mb_strbuf){0});
		mb_answer_warn_first(&answer);
		assert_int_equal(answer.lines[0].topic, i ? MB_ANSWER_TRUST : MB_ANSWER_FIRST);
		assert_int_equal(answer.lines[1].topic, i ? MB_ANSWER_FIRST : MB_ANSWER_ALL);
		assert_int_equal(answer.count, 3);
		mb_answer_fini(&answer);
	}
}

static void test_ratios(void **state)
{
	struct mb_format_text text;

	assert_string_equal(mb_answer_ratio_text(1.04, &text), "1.0\u00d7");
	assert_string_equal(mb_answer_ratio_text(9.96, &text), "10\u00d7");
	assert_string_equal(mb_answer_ratio_text(22.4, &text), "22\u00d7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_warning),
		cmocka_unit_test(test_ratios),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
