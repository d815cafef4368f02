/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/comparison_case.h"

static void test_all(void **state)
{
	struct mb_comparison *comparison = case_comparison();
	char *text = case_written(mb_comparison_markdown, comparison);
	const char *folded = strstr(text, "<details><summary>1 row not comparable</summary>");
	const char *same = strstr(text, "<details><summary>1 row same</summary>");

	assert_non_null(strstr(text,
			       "### memboot compare: 2 worse, 1 inconclusive, 1 not comparable, "
			       "1 better, 1 same\n"));
	assert_non_null(strstr(text, "\n| **worse** | `alpha` | time | 1.00 µs | 1.20 µs | 1.200 | "
				     "1.170…1.230 | 5.0 % | 12 |\n"));
	assert_non_null(strstr(text, "| inconclusive | `delta` |"));
	assert_non_null(strstr(text, "| 12 of about 19 |"));
	assert_non_null(strstr(text, "| **worse** | `fox` | instructions |"));
	assert_non_null(folded);
	assert_non_null(strstr(folded, "- `echo`, time: not in new.json\n"));
	assert_non_null(same);
	assert_non_null(strstr(same, "`charlie`"));
	assert_true(strstr(text, "`charlie`") > same);
	assert_null(strstr(text, "cannot be judged"));
	free(text);
	mb_comparison_free(comparison);
}

/* Below the table that has the row, in a paragraph of its own. */
static void test_medians(void **state)
{
	for (int same = 0; same < 2; same++) {
		struct mb_comparison *comparison = mb_comparison_new("gate");
		struct mb_comparison_row *row;
		const char *note;
		char *text;

		mb_comparison_add_side(comparison, "a", NULL, 1);
		mb_comparison_add_side(comparison, "b", NULL, 1);
		row = case_row(comparison, "one", MB_METRIC_WALL_NS,
			       same ? MB_VERDICT_SAME : MB_VERDICT_WORSE, 1.1);
		row->value = 900;
		row = case_row(comparison, "two", MB_METRIC_WALL_NS, MB_VERDICT_WORSE, 1.1);
		assert_int_equal(mb_comparison_finish(comparison), 0);
		text = case_written(mb_comparison_markdown, comparison);
		note = strstr(text, "\n\nbase, new: each side's median; in 1 row the two point");
		assert_non_null(note);
		assert_true(!strstr(note, "`two`"));
		assert_true(!strstr(note, "</details>") == !same);
		free(text);
		mb_comparison_free(comparison);
	}
}

/* A busy host is said where it stands in the way of a verdict, and not of rows that are the same anyway. */
static void test_unfit(void **state)
{
	for (int open = 0; open < 2; open++) {
		struct mb_comparison *comparison = mb_comparison_new("gate");
		char *text;

		mb_comparison_add_side(comparison, "a", NULL, 1);
		mb_comparison_add_side(comparison, "b", NULL, 1);
		case_row(comparison, "one", MB_METRIC_WALL_NS,
			 open ? MB_VERDICT_INCONCLUSIVE : MB_VERDICT_SAME, 1);
		mb_comparison_set_unfit(comparison, "another program runs");
		assert_int_equal(mb_comparison_finish(comparison), 0);
		assert_int_equal(mb_comparison_status(comparison), open ? 4 : 0);
		text = case_written(mb_comparison_markdown, comparison);
		assert_true(!!strstr(text, "**This cannot be judged: another program runs**") ==
			    open);
		free(text);
		mb_comparison_free(comparison);
	}
}

/* Every row of a table has as many cells as its heading, and no text starts a tag or a line of its own. */
static void test_hostile(void **state)
{
	struct mb_comparison *comparison = case_hostile();
	char *text = case_written(mb_comparison_markdown, comparison), *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		const char *tag = strstr(line, "<script");
		size_t bars = 0, ticks = 0;

		/* Only inside a code span, or with a backslash before it. */
		for (const char *at = line; tag && at < tag; at++)
			ticks += *at == '`';
		assert_true(!tag || ticks % 2 || (tag > line && tag[-1] == '\\'));
		if (*line != '|')
			continue;
		for (const char *at = line; *at; at++)
			bars += *at == '|';
		assert_int_equal(bars, 10);
	}
	free(text);
	mb_comparison_free(comparison);
}

static void test_full(void **state)
{
	case_full(mb_comparison_markdown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_medians), cmocka_unit_test(test_all),
		cmocka_unit_test(test_unfit),   cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("comparison_markdown", tests, NULL, NULL);
}
