/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/cleanup.h"
#include "reports/text.h"
#include "tests/reports/comparison_case.h"

static char *text_of(const struct mb_comparison *comparison, unsigned columns, bool all)
{
	const struct mb_comparison_view view = {.table.indent = 2, .columns = columns, .all = all};
	struct mb_strbuf text = {0};

	assert_int_equal(mb_comparison_text(comparison, &view, &text), 0);
	return mb_strbuf_take(&text);
}

static void assert_columns(const char *text, unsigned columns)
{
	MB_FREE char *copy = strdup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		assert_true(mb_text_width(line) <= columns);
}

static void test_wide(void **state)
{
	struct mb_comparison *comparison = case_comparison();
	char *text = text_of(comparison, 120, false);

	assert_string_equal(
		text,
		"base: base.json\n"
		"new: new.json\n"
		"\n"
		"  verdict       row    metric           base      new  ratio     interval    bar   n  more\n"
		"  worse         alpha  time          1.00 µs  1.20 µs  1.200  1.170…1.230  5.0 %  12     -\n"
		"  worse         fox    instructions    1\u202f000    1\u202f010  1.010            -  exact  12     -\n"
		"  inconclusive  delta  time          1.00 µs  1.05 µs  1.050  1.020…1.080  5.0 %  12     7\n"
		"  better        bravo  time          1.00 µs   800 ns  0.800  0.770…0.830  5.0 %  12     -\n"
		"\n"
		"not comparable\n"
		"  not in new.json: echo\n"
		"\n"
		"2 worse, 1 inconclusive, 1 not comparable, 1 better, 1 same; a change counts beyond 5.0 %\n"
		"  more: about as many samples more on each side would tell\n"
		"  a note\n");
	free(text);
	mb_comparison_free(comparison);
}

/* What the bar is, where it is not the threshold alone; then also if it is the same everywhere. */
static void test_bar(void **state)
{
	static const struct {
		double bar, noise;
		const char *text;
	} cases[] = {
		{0.05, NAN, "5.0 %"},          {0.05, 0.05, "5.0 %"},
		{0.071, 0.071, "7.1 % noise"}, {0.08, NAN, "8.0 % floor"},
		{0.08, 0.06, "8.0 % floor"},   {0, NAN, "exact"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_comparison *comparison = mb_comparison_new("compare");
		struct mb_comparison_row *row;
		char *text;

		mb_comparison_add_side(comparison, "base.json", NULL, 1);
		mb_comparison_add_side(comparison, "new.json", NULL, 1);
		row = case_row(comparison, "alpha", MB_METRIC_WALL_NS, MB_VERDICT_WORSE, 1.2);
		row->finding.bar = cases[i].bar;
		row->finding.noise = cases[i].noise;
		assert_string_equal(mb_comparison_text_bar(comparison, &row->finding).text,
				    cases[i].text);
		text = text_of(comparison, 80, false);
		assert_true(!strstr(text, " bar") == !(cases[i].bar > 0.05));
		free(text);
		mb_comparison_free(comparison);
	}
}

/* Medians that point another way than the ratio are explained, where they are shown and as they are written. */
static void test_medians(void **state)
{
	static const struct {
		double base, value, ratio;
		bool contrary;
	} cases[] = {
		{1000, 1010, 0.98, true}, {1010, 1000, 1.02, true},    {1000, 1010, 1.02, false},
		{1000, 990, 0.98, false}, {1000, 1000.1, 0.98, false}, {1000, 1010, 0.9999, false},
		{1000, 1010, NAN, false},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_comparison *comparison = mb_comparison_new("gate");
		struct mb_comparison_row *row;
		char *text;

		mb_comparison_add_side(comparison, "base", NULL, 1);
		mb_comparison_add_side(comparison, "new", NULL, 1);
		row = case_row(comparison, "alpha", MB_METRIC_WALL_NS, MB_VERDICT_SAME, 1);
		row->base_value = cases[i].base;
		row->value = cases[i].value;
		row->finding.ratio = cases[i].ratio;
		assert_int_equal(mb_comparison_text_contrary(row), cases[i].contrary);
		text = text_of(comparison, 120, true);
		assert_true(!strstr(text, "in 1 row the two point the other way") ==
			    !cases[i].contrary);
		assert_columns(text, 120);
		free(text);
		for (unsigned columns = 80; columns <= 120; columns += 40) {
			text = text_of(comparison, columns, columns == 80);
			assert_null(strstr(text, "the other way"));
			free(text);
		}
		mb_comparison_free(comparison);
	}
}

/* Medians give way to the columns of a terminal; what is the same is there when it is asked for. */
static void test_narrow(void **state)
{
	struct mb_comparison *comparison = case_comparison();
	char *text = text_of(comparison, 80, true);

	assert_null(strstr(text, "1.20 µs"));
	assert_non_null(strstr(text, "  same          charlie"));
	assert_columns(text, 80);
	free(text);
	mb_comparison_free(comparison);
}

static void test_unfit(void **state)
{
	struct mb_comparison *comparison = case_comparison();
	char *text;

	mb_comparison_set_unfit(comparison, "another program runs");
	comparison->rows[1].finding.verdict = MB_VERDICT_SAME;
	text = text_of(comparison, 80, true);
	assert_non_null(strstr(text, "\nthis cannot be judged: another program runs\n"));
	free(text);
	mb_comparison_free(comparison);
}

/* Many rows with one reason are counted, and named on demand; several sides have a table each. */
static void test_reasons(void **state)
{
	struct mb_comparison *comparison = mb_comparison_new("compare");
	char *text;

	for (int i = 0; i < 3; i++)
		mb_comparison_add_side(comparison, i == 0 ? "a" : i == 1 ? "b" : "c", NULL, 1);
	for (int i = 0; i < 40; i++) {
		char name[16];
		struct mb_comparison_row *row;

		snprintf(name, sizeof(name), "row%d", i);
		row = case_row(comparison, name, MB_METRIC_WALL_NS, MB_VERDICT_NOT_COMPARABLE, 1);
		row->side = (size_t)(1 + i % 2);
		mb_judge_refuse(&row->finding, "other kernel");
	}
	case_row(comparison, "left", MB_METRIC_WALL_NS, MB_VERDICT_WORSE, 1.2);
	case_row(comparison, "right", MB_METRIC_WALL_NS, MB_VERDICT_WORSE, 1.2)->side = 2;
	assert_int_equal(mb_comparison_finish(comparison), 0);
	text = text_of(comparison, 80, false);
	assert_non_null(strstr(text, "\nb\n  verdict"));
	assert_non_null(strstr(text, "\nc\n  verdict"));
	assert_non_null(strstr(text, "  b: other kernel: 20 rows\n  c: other kernel: 20 rows\n"));
	assert_null(strstr(text, "row17"));
	free(text);
	text = text_of(comparison, 80, true);
	assert_non_null(strstr(text, "row17"));
	assert_columns(text, 80);
	free(text);
	mb_comparison_free(comparison);
}

/* No text moves a cursor or starts a line. */
static void test_hostile(void **state)
{
	struct mb_comparison *comparison = case_hostile();
	char *text = text_of(comparison, 100, true);

	for (const char *at = text; *at; at++)
		assert_true(*at == '\n' || (unsigned char)*at >= ' ');
	assert_null(strstr(text, "\x7f"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	free(text);
	mb_comparison_free(comparison);
}

static void assert_says(double threshold, double one, double other, const char *words, bool column)
{
	struct mb_comparison *comparison = mb_comparison_new("compare");
	char *text;

	comparison->threshold = threshold;
	mb_comparison_add_side(comparison, "a", NULL, 1);
	mb_comparison_add_side(comparison, "b", NULL, 1);
	case_row(comparison, "one", MB_METRIC_WALL_NS, MB_VERDICT_SAME, 1)->finding.bar = one;
	case_row(comparison, "two", MB_METRIC_WALL_NS, MB_VERDICT_SAME, 1)->finding.bar = other;
	case_row(comparison, "none", MB_METRIC_WALL_NS, MB_VERDICT_NOT_COMPARABLE, 1);
	assert_int_equal(mb_comparison_finish(comparison), 0);
	text = text_of(comparison, 120, true);
	assert_non_null(strstr(text, words));
	assert_true(!!strstr(text, "  bar  ") == column);
	free(text);
	mb_comparison_free(comparison);
}

/* The bar that was used is what is said, not the threshold that was asked for. */
static void test_bars(void **state)
{
	assert_says(0.01, 0.01, 0.01, "; a change counts beyond 1.0 %\n", false);
	assert_says(0.001, 0.005, 0.005, "; a change counts beyond 0.5 %\n", true);
	assert_says(0.05, 0.05, 0.08, "; a change counts beyond 5.0 % to 8.0 %, by row\n", true);
}

static void test_empty(void **state)
{
	struct mb_comparison *comparison = mb_comparison_new("compare");
	char *text = text_of(comparison, 80, false);

	assert_string_equal(text, "\nnothing to compare; a change counts beyond 5.0 %\n");
	free(text);
	mb_comparison_free(comparison);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_medians), cmocka_unit_test(test_wide),
		cmocka_unit_test(test_bar),     cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_unfit),   cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_empty),
		cmocka_unit_test(test_bars),
	};

	return cmocka_run_group_tests_name("comparison_text", tests, NULL, NULL);
}
