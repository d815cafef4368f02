/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/gate_history.h"
#include "core/base/align.h"

#define HOST    "A CPU, 1 socket, 1 node, 8 GiB"
#define RESULTS 10

static char path[] = "/tmp/memboot-test-XXXXXX";

/* Ten process runs of a row, of 100 to 109 ns a page. */
static int fill(struct mb_history *history)
{
	struct mb_err err = {0};
	int rc = 0;

	for (int i = 0; !rc && i < RESULTS; i++) {
		struct mb_result *result = mb_result_new(NULL);
		struct mb_history_item item = {
			.result = result, .host_class = HOST, .now_utc = "2024-06-07T12:00:00Z"};
		struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, "group/row/n:1");
		char utc[32], revision[16];
		size_t added;

		snprintf(utc, sizeof(utc), "2024-06-07T12:00:%02dZ", i);
		snprintf(revision, sizeof(revision), "r%d", i);
		mb_result_set(result, MB_RESULT_STARTED_UTC, utc);
		mb_result_run_set_arg(run, "temperature", "cold");
		mb_result_run_set(run, MB_METRIC_NS_PER_PAGE, 0, 100 + i * 7 % 10);
		item.revision = revision;
		rc = mb_history_add(history, &item, 1, &err, &added);
		mb_result_free(result);
	}
	return rc;
}

static int group_setup(void **state)
{
	struct mb_history *history;
	struct mb_err err = {0};
	int fd = mkstemp(path), rc;

	if (fd < 0)
		return -1;
	close(fd);
	unlink(path);
	rc = mb_history_open(path, MB_HISTORY_WRITE, &err, &history);
	if (rc == -ENOTSUP)
		return 0;
	if (rc || fill(history))
		return -1;
	mb_history_close(history);
	return 0;
}

static int group_teardown(void **state)
{
	unlink(path);
	return 0;
}

#define VISITS 6

/* A row of six visits with five pairs each, around a time per round; one turn of each visit is far off. */
static void make_row(struct mb_gate_row *row, double ns)
{
	*row = (struct mb_gate_row){
		.name = (char[]){"group/row/n:1"}, .visits = VISITS, .pairs = 5 * VISITS};
	row->ends = calloc(VISITS, sizeof(*row->ends));
	for (int side = 0; side < MB_GATE_NR_SIDES; side++) {
		row->values[side] = calloc(row->pairs, sizeof(double));
		for (size_t i = 0; i < row->pairs; i++)
			row->values[side][i] = i % 5 ? ns + (double)(i / 5) + side : 10 * ns;
	}
	for (size_t i = 0; i < VISITS; i++)
		row->ends[i] = 5 * (i + 1);
}

static void end_row(struct mb_gate_row *row)
{
	free(row->ends);
	free(row->values[0]);
	free(row->values[1]);
}

static void test_samples(void **state)
{
	struct mb_gate_row row;
	double values[2 * VISITS];
	size_t count;

	make_row(&row, 1000);
	row.ends[2] = row.ends[1]; /* a visit without a pair */
	assert_int_equal(mb_gate_history_samples(&row, values, &count), 0);
	assert_int_equal(count, 2 * VISITS - 2);
	assert_true(values[0] == 1000 && values[1] == 1001 && values[2] == 1001 &&
		    values[3] == 1002);
	end_row(&row);
}

static const struct {
	const char *host_class, *name;
	double ns; /* of a round of ten pages */
	enum mb_verdict verdict;
	const char *why;
} cases[] = {
	{HOST, "group/row/n:1", 1040, MB_VERDICT_SAME, ""},
	{HOST, "group/row/n:1", 1300, MB_VERDICT_WORSE, ""},
	{HOST, "group/row/n:1", 800, MB_VERDICT_BETTER, ""},
	{HOST, "group/row/n:2", 1000, MB_VERDICT_NOT_COMPARABLE,
	 "the history has no such row of this class of host"},
	{"other", "group/row/n:1", 1000, MB_VERDICT_NOT_COMPARABLE,
	 "the history has no such row of this class of host"},
};

static void test_judge(void **state)
{
	struct mb_judge_rule rule = mb_judge_rule(&mb_metrics.rows[MB_METRIC_NS_PER_PAGE]);
	struct mb_history *history;
	struct mb_err err = {0};
	int rc = mb_history_open(path, MB_HISTORY_READ, &err, &history);

	if (rc) {
		print_message("no history: %s\n", err.text);
		skip();
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_comparison *comparison = mb_comparison_new("gate");
		struct mb_comparison_row *row = mb_comparison_add_row(
			comparison, 1, cases[i].name, &mb_metrics.rows[MB_METRIC_NS_PER_PAGE]);
		struct mb_gate_row from;

		make_row(&from, cases[i].ns);
		from.name = row->name;
		assert_int_equal(mb_gate_history_judge(history, cases[i].host_class, &from, 10,
						       &rule, comparison, row, &err),
				 0);
		assert_int_equal(row->finding.verdict, cases[i].verdict);
		assert_string_equal(row->finding.why, cases[i].why);
		assert_int_equal(row->samples, 2 * VISITS);
		if (!*cases[i].why) {
			assert_int_equal(row->base_samples, RESULTS);
			assert_true(row->base_value == 104.5);
		}
		end_row(&from);
		mb_comparison_free(comparison);
	}
	mb_history_close(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_judge),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
