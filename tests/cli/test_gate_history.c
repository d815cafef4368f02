/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/gate_history.h"
#include "core/base/align.h"
#include "reports/writer.h"
#include "tests/folder.h"

#define HOST  "A CPU, 1 socket, 1 node, 8 GiB"
#define QUICK "memboot bench group --quick -o x.json"

/* Without any, and of two kernels; those of the last are the newest. */
static struct mb_fact label_rows[] = {
	{.name = (char *)"flags", .value = (char *)"O2"},
	{.name = (char *)"kernel", .value = (char *)"a"},
	{.name = (char *)"flags", .value = (char *)"O2"},
	{.name = (char *)"kernel", .value = (char *)"b"},
};
static const struct {
	struct mb_facts labels;
} labelled[] = {{{NULL, 0}}, {{label_rows, 2}}, {{label_rows + 2, 2}}};

static bool has_history;

/* --- results --- */

static struct mb_result *make_result(const char *kernel, const char *line, const char *row,
				     double ns)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, row);

	mb_result_add_fact(result, "kernel", kernel, NULL);
	if (line)
		mb_result_set(result, MB_RESULT_COMMAND_LINE, line);
	mb_result_run_set_arg(run, "temperature", "cold");
	for (size_t i = 0; i < 3; i++)
		mb_result_run_set(run, MB_METRIC_NS_PER_PAGE, i, i ? ns : 10 * ns);
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

/* Adds count process runs of around ns a page, newer than all before. */
static int fill(struct mb_history *history, const char *kernel, const char *line, const char *row,
		int count, double ns, const struct mb_facts *labels)
{
	static int second;
	struct mb_err err = {0};
	int rc = 0;

	for (int i = 0; !rc && i < count; i++) {
		struct mb_result *result = make_result(kernel, line, row, ns + i * 7 % 10);
		char utc[32], revision[16];
		const struct mb_history_item item = {.result = result,
						     .host_class = HOST,
						     .revision = revision,
						     .labels = labels,
						     .now_utc = utc};
		size_t added;

		snprintf(utc, sizeof(utc), "2024-06-07T12:%02d:%02dZ", second / 60, second % 60);
		snprintf(revision, sizeof(revision), "r%d", second++);
		mb_result_set(result, MB_RESULT_STARTED_UTC, utc);
		rc = mb_history_add(history, &item, 1, &err, &added);
		mb_result_free(result);
	}
	return rc;
}

static int group_setup(void **state)
{
	struct mb_history *history;
	struct mb_err err = {0};
	int rc;

	if (folder_enter(state))
		return -1;
	rc = mb_history_open("h.db", MB_HISTORY_WRITE, &err, &history);
	if (rc == -ENOTSUP)
		return 0;
	if (rc)
		return -1;
	rc = fill(history, "6.1", "memboot bench --full", "group/row", 3, 300, NULL);
	if (!rc)
		rc = fill(history, "6.0", QUICK, "group/row", 2, 300, NULL);
	if (!rc)
		rc = fill(history, "6.1", QUICK, "group/row", 10, 100, NULL);
	if (!rc)
		rc = fill(history, "6.1", "memboot bench --quick -r 7", "other/row", 10, 300, NULL);
	for (size_t i = 0; !rc && i < MB_ARRAY_SIZE(labelled); i++)
		rc = fill(history, "6.1", QUICK, "labelled/row", 2 + (int)i, 100 * (double)i + 100,
			  &labelled[i].labels);
	mb_history_close(history);
	has_history = true;
	return rc;
}

static void read_labelled(struct mb_gate_history *gate, const char *host_class, const char *filter,
			  const struct mb_facts *labels)
{
	const struct mb_history_query query = {.host_class = host_class, .labels = labels};
	struct mb_history *history;
	struct mb_err err = {0};

	if (!has_history) {
		print_message("no history: this program was built without SQLite\n");
		skip();
	}
	*gate = (struct mb_gate_history){0};
	assert_int_equal(mb_history_open("h.db", MB_HISTORY_READ, &err, &history), 0);
	assert_int_equal(mb_gate_history_read(gate, history, &query, filter, &err), 0);
	mb_history_close(history);
}

static void read_history(struct mb_gate_history *gate, const char *host_class, const char *filter)
{
	read_labelled(gate, host_class, filter, NULL);
}

/* --- tests --- */

static const struct {
	const char *line, *options;
} lines[] = {
	{"memboot bench", ""},
	{"memboot bench '^group/row$' --quick -o x.json", "--quick"},
	{"memboot bench --full group --counters mem --counters-kernel",
	 "--full --counters=mem --counters-kernel"},
	{"memboot bench --min-time 0.1 -r 5 x", "--min-time=0.1 --repetitions=5"},
	{"memboot bench --min-time=0.1 --repetitions=5", "--min-time=0.1 --repetitions=5"},
	{"memboot bench -r", "--repetitions="},
	{"memboot bench --benchmark_min_time=0.02 --interleave",
	 "--benchmark_min_time=0.02 --interleave"},
	{"memboot bench 'a --quick b' '--full'", ""},
	{"memboot bench --quicker --counters-kernels --filter=--quick", ""},
};

static void test_options(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(lines); i++) {
		struct mb_strbuf options = {0};

		assert_int_equal(mb_gate_history_add_options(&options, lines[i].line), 0);
		assert_string_equal(mb_strbuf_text(&options), lines[i].options);
		mb_strbuf_fini(&options);
	}
}

/* Newest first, those of the newest one's options alone, and other benches have no say. */
static void test_read(void **state)
{
	struct mb_gate_history gate;

	read_history(&gate, HOST, "^group/");
	assert_int_equal(gate.nr_before, 12);
	assert_int_equal(gate.left_out, 3);
	assert_string_equal(gate.options, "--quick");
	assert_true(gate.before[0]->runs[0]->metrics[MB_METRIC_NS_PER_PAGE].values[1] == 103);
	mb_gate_history_fini(&gate);
	read_history(&gate, HOST, "other");
	assert_int_equal(gate.nr_before, 10);
	assert_string_equal(gate.options, "--quick --repetitions=7");
	mb_gate_history_fini(&gate);
	read_history(&gate, "other", "^group/");
	assert_int_equal(gate.nr_before, 0);
	mb_gate_history_fini(&gate);
}

static size_t count_notes(const struct mb_comparison *comparison, const char *words)
{
	size_t count = 0;

	for (size_t i = 0; i < comparison->nr_notes; i++)
		count += strstr(comparison->notes[i], words) != NULL;
	return count;
}

/* Other labels are another series: that of the newest result, or of the newest one that has those asked for. */
static void test_labels(void **state)
{
	static const char *const titles[] = {"h.db", "new"};
	const struct mb_join_options options = {.threshold = 0.05, .by_process = true};
	static const struct {
		struct mb_fact asked;
		size_t nr_asked, taken, others;
		const char *note;
	} rows[] = {
		{{0},
		 0,
		 4,
		 5,
		 "5 results of the history left out: other labels than the newest one (flags=O2 kernel=b)"},
		{{.name = (char *)"kernel", .value = (char *)"b"}, 1, 4, 0, NULL},
		{{.name = (char *)"flags", .value = (char *)"O2"},
		 1,
		 4,
		 3,
		 "3 results of the history left out: other labels than the newest one (flags=O2 kernel=b)"},
		{{.name = (char *)"kernel", .value = (char *)"a"}, 1, 3, 0, NULL},
		{{.name = (char *)"kernel", .value = (char *)"c"},
		 1,
		 0,
		 0,
		 "the history has no results of these benches, this class of host and these labels"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_fact asked = rows[i].asked;
		const struct mb_facts labels = {&asked, rows[i].nr_asked};
		struct mb_comparison *comparison = mb_comparison_new("gate");
		struct mb_gate_history gate;

		read_labelled(&gate, HOST, "^labelled/", &labels);
		assert_int_equal(gate.nr_before, rows[i].taken);
		assert_int_equal(gate.other_labels, rows[i].others);
		gate.now[gate.nr_now++] = make_result("6.1", QUICK, "labelled/row", 100);
		assert_int_equal(mb_gate_history_judge(&gate, comparison, titles, &options), 0);
		assert_int_equal(count_notes(comparison, rows[i].note ? rows[i].note : "left out"),
				 rows[i].note ? 1 : 0);
		mb_gate_history_fini(&gate);
		mb_comparison_free(comparison);
	}
}

static const struct {
	const char *host_class, *kernel, *row;
	double ns;
	int runs;
	enum mb_verdict verdict;
	const char *why;
} cases[] = {
	{HOST, "6.1", "group/row", 100, 20, MB_VERDICT_SAME, ""},
	{HOST, "6.1", "group/row", 130, 20, MB_VERDICT_WORSE, ""},
	{HOST, "6.1", "group/row", 70, 20, MB_VERDICT_BETTER, ""},
	{HOST, "6.1", "group/row", 100, 3, MB_VERDICT_INCONCLUSIVE,
	 "new had 3 process runs in the budget, 8 are needed"},
	{HOST, "6.2", "group/row", 100, 20, MB_VERDICT_NOT_COMPARABLE,
	 "other kernel: 6.2 against 6.1"},
	{HOST, "6.1", "group/other", 100, 20, MB_VERDICT_NOT_COMPARABLE, "not in h.db"},
	{"other", "6.1", "group/row", 100, 20, MB_VERDICT_NOT_COMPARABLE, "not in h.db"},
};

static const struct mb_comparison_row *find_row(const struct mb_comparison *comparison,
						const char *label)
{
	for (size_t i = 0; i < comparison->nr_rows; i++)
		if (!strcmp(comparison->rows[i].label, label))
			return &comparison->rows[i];
	return NULL;
}

static void test_judge(void **state)
{
	static const char *const titles[] = {"h.db", "new"};
	const struct mb_join_options options = {.threshold = 0.05, .by_process = true};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_comparison *comparison = mb_comparison_new("gate");
		const struct mb_comparison_row *row;
		struct mb_gate_history gate;

		read_history(&gate, cases[i].host_class, "^group/");
		for (int j = 0; j < cases[i].runs; j++)
			gate.now[gate.nr_now++] = make_result(cases[i].kernel, QUICK, cases[i].row,
							      cases[i].ns + j * 3 % 10);
		assert_int_equal(mb_gate_history_judge(&gate, comparison, titles, &options), 0);
		row = find_row(comparison, cases[i].row);
		assert_non_null(row);
		assert_int_equal(row->finding.verdict, cases[i].verdict);
		if (*cases[i].why)
			assert_string_equal(row->finding.why, cases[i].why);
		else
			assert_true(row->base_samples == 10 && row->base_value == 104.5);
		assert_true(cases[i].runs != 3 || row->finding.more == 5);
		mb_gate_history_fini(&gate);
		mb_comparison_free(comparison);
	}
}

static void write_program(const char *text)
{
	FILE *file = fopen("program", "w");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod("program", 0755), 0);
}

/* known: results of the history. */
static int run(struct mb_gate_history *gate, const char *program, size_t known, double budget_s,
	       struct mb_err *err)
{
	const struct mb_gate_child_spec spec = {
		.title = "new", .program = "./program", .filter = "x"};

	write_program(program);
	*gate = (struct mb_gate_history){.options = strdup("--quick --min-time=0.1"),
					 .before = calloc(1, sizeof(*gate->before)),
					 .nr_before = known};
	*err = (struct mb_err){0};
	return mb_gate_history_run(gate, &spec, budget_s, err);
}

static void test_run(void **state)
{
	struct mb_result *result = make_result("6.1", QUICK, "group/row", 100);
	const struct mb_result *results[] = {result};
	struct mb_gate_history gate;
	struct mb_err err = {0};

	assert_int_equal(mb_writer_save("result.json", "json", results, 1, NULL, &err), 0);
	mb_result_free(result);
	assert_int_equal(run(&gate, "cat result.json", 1, 1000, &err), 0);
	assert_int_equal(gate.nr_now, MB_GATE_HISTORY_RUNS);
	mb_gate_history_fini(&gate);
	assert_int_equal(run(&gate, "cat result.json", 0, 1000, &err), 0);
	assert_int_equal(gate.nr_now, 1);
	mb_gate_history_fini(&gate);
	/* With the options of the history, and those alone. */
	assert_int_equal(
		run(&gate,
		    "[ \"$*\" = 'bench --filter=x --quick --min-time=0.1 --format=json -o -' ] && kill -9 $$",
		    1, 1000, &err),
		-ECHILD);
	mb_gate_history_fini(&gate);
	assert_int_equal(run(&gate, "exec sleep 1000", 1, 0.1, &err), -ETIME);
	assert_int_equal(gate.nr_now, 0);
	mb_gate_history_fini(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options), cmocka_unit_test(test_read),
		cmocka_unit_test(test_labels),  cmocka_unit_test(test_judge),
		cmocka_unit_test(test_run),
	};

	return cmocka_run_group_tests(tests, group_setup, folder_leave);
}
