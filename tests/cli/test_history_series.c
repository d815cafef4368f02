/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cli/history_case.h"
#include "cli/history_series.h"
#include "reports/trend.h"

/* Too few, enough and alike, one level worse, and back. */
static void test_check(void **state)
{
	history_fill("a", MB_TREND_MIN_POINTS - 1, 0, 1000);
	assert_history(3, "", "check", "--history", "h.db");
	history_fill("b", 11, 9, 1000);
	assert_history(0, "2 series checked: 0 worse", "check", "--history", "h.db");
	history_fill("c", 10, 20, 1100);
	assert_history(1, "b10..c0", "check", "--history", "h.db");
	assert_history(1, "+10.0 %", "check", "--history", "h.db", "buddy");
	assert_history(0, "1 series checked", "check", "--history", "h.db", "^memblock/");
	assert_history(1, "3 series", "check", "--history", "h.db", "--metric", "all", ".");
	assert_history(1, "1 worse", "check", "--history", "h.db", "--metric", "ns_per_page");
	assert_history(1, "1 worse", "check", "--history", "h.db", "--since", "b10");
	assert_history(0, "0 worse", "check", "--history", "h.db", "--since", "c0");
	assert_history(1, "2 worse", "check", "--history", "h.db", "--metric",
		       "wall_ns,ns_per_page");
	assert_history(0, "0 worse", "check", "--history", "h.db", "--threshold", "15%");
	history_fill("d", 10, 30, 1000);
	assert_history(0, "undone", "check", "--history", "h.db");
}

/* Adds a result of one row of its own, which does something so often in each round. */
static void add_round(const char *revision, int hour, double ns, double operations)
{
	struct mb_result *result = history_at(hour);
	const struct mb_result *results[] = {result};
	struct mb_err err = {0};
	struct mb_run *run;

	run = mb_result_add_run(result, MB_RUN_BENCH, "slab/alloc");
	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, ns);
	mb_result_run_set(run, MB_METRIC_NS_PER_OPERATION, 0, ns / operations);
	assert_int_equal(mb_writer_save("other.json", "json", results, 1, NULL, &err), 0);
	mb_result_free(result);
	assert_history(0, "1 added", "add", "--history", "h.db", "--rev", revision, "other.json");
}

/* A revision parts every series by its place in the history, be it in the series or not. */
static void test_since(void **state)
{
	history_fill("a", 10, 0, 1000);
	history_fill("b", 10, 12, 1100);
	add_round("between", 11, 100, 10);
	add_round("last", 22, 100, 10);
	assert_history(1, "1 worse", "check", "--history", "h.db", "--since", "between");
	assert_history(0, "0 worse", "check", "--history", "h.db", "--since", "last");
}

/* A round of twice the work that takes twice the time is no worse; the round itself is there for who asks. */
static void test_more_work(void **state)
{
	for (int i = 0; i < 24; i++) {
		int more = i < 12 ? 1 : 2;
		char revision[16];

		snprintf(revision, sizeof(revision), "r%d", i);
		add_round(revision, i, more * (1000 + i % 3), more * 10);
	}
	assert_history(0, "1 series checked: 0 worse", "check", "--history", "h.db");
	assert_history(1, "+100.0 %", "check", "--history", "h.db", "--metric", "wall_ns");
}

/* What has other labels is another series: a step that is smaller than the way between two of them is seen in both. */
static void test_labels(void **state)
{
	static const char *const labels[] = {"kernel=6.1", "kernel=6.12"};

	for (int i = 0; i < 48; i++) {
		double ns = (i % 2 ? 1500 : 1000) * (i < 24 ? 1 : 1.06) + i % 3;
		char revision[16];

		snprintf(revision, sizeof(revision), "r%d", i / 2);
		history_result("result.json", ns, i);
		assert_history(0, "1 added", "add", "--history", "h.db", "--rev", revision,
			       "--label", labels[i % 2], "result.json");
	}
	assert_history(1, "2 worse", "check", "--history", "h.db", "buddy");
	assert_history(1, "kernel=6.12\n", "check", "--history", "h.db", "buddy");
	assert_history(1, "1 series checked: 1 worse", "check", "--history", "h.db", "--label",
		       "kernel=6.1", "buddy");
	assert_history(0, "  kernel=6.1\n", "show", "--history", "h.db", "buddy");
}

static void test_usage(void **state)
{
	history_fill("a", 2, 0, 1000);
	assert_history(2, "no revision 'x'", "check", "--history", "h.db", "--since", "x");
	assert_history(2, "--metric", "check", "--history", "h.db", "--metric", "widgets");
	assert_history(2, "not how well", "check", "--history", "h.db", "--metric", "pages");
	assert_history(2, "", "check", "--history", "h.db", "(");
	assert_history(3, "no such series", "check", "--history", "h.db", "nothing");
	assert_history(3, "no such series", "show", "--history", "h.db", "--label", "k=1");
	assert_history(2, "No such file", "check", "--history", "none.db");
}

static void test_show(void **state)
{
	history_fill("a", 12, 0, 1000);
	assert_history(0, "no change", "show", "--history", "h.db", "buddy");
	history_fill("b", 12, 12, 900);
	assert_history(0, "better, in a11..b0", "show", "--history", "h.db");
	assert_history(0, "24 results, a0 to b11", "show", "--history", "h.db", "memblock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HISTORY_CASE(test_check),  HISTORY_CASE(test_since), HISTORY_CASE(test_more_work),
		HISTORY_CASE(test_labels), HISTORY_CASE(test_usage), HISTORY_CASE(test_show),
	};

	if (!MB_HAVE_SQLITE) {
		print_message("skipped: built without SQLite\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
