/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/writer.h"

static void test_golden(void **state)
{
	assert_golden_sample(mb_write_csv, "sample.csv");
}

/* A new metric is a new last column; the columns before it stay where they are. */
static void test_new_metric(void **state)
{
	struct mb_result *plain = mb_result_new(NULL), *result;
	char *text, *head = written(mb_write_csv, plain);
	struct more_metrics more;

	more_metrics_init(&more);
	result = sample_result(&more.table);
	mb_result_run_set(result->runs[1], MB_NR_METRICS, 0, 77);
	text = written(mb_write_csv, result);
	assert_memory_equal(text, head, strlen(head) - 2);
	assert_memory_equal(text + strlen(head) - 2, ",widgets_per_hour\r\n", 19);
	assert_non_null(strstr(text, ",77\r\n"));
	free(text);
	free(head);
	mb_result_free(result);
	mb_result_free(plain);
}

#define MAX_CELLS  160
#define CELL_BYTES 1024 /* hostile texts grow when they are escaped */

/* A reader that follows RFC 4180, byte by byte: cells of a record, -1 at the end of the text. */
static int read_record(const char **text, char cells[][CELL_BYTES])
{
	int count = 0;
	size_t length = 0;
	bool quoted = false;

	if (!**text)
		return -1;
	for (;; (*text)++) {
		char c = **text;

		assert_true(c != 0 && length < CELL_BYTES - 1 && count < MAX_CELLS);
		if (c == '"' && quoted && (*text)[1] == '"') {
			cells[count][length++] = c;
			(*text)++;
		} else if (c == '"') {
			assert_true(quoted || length == 0);
			quoted = !quoted;
		} else if (!quoted && (c == ',' || c == '\r')) {
			cells[count++][length] = 0;
			length = 0;
			if (c == ',')
				continue;
			assert_int_equal((*text)[1], '\n');
			*text += 2;
			return count;
		} else {
			cells[count][length++] = c;
		}
	}
}

/* Those of the result: the schema's version, its short fields, its status, the host, the revision. */
static int leading_columns(void)
{
	int count = 4;

	for (size_t i = 0; i < MB_RESULT_NR_FIELDS; i++)
		count += mb_result_fields[i].in_rows;
	return count;
}

/* Every record has as many cells as the heading, and no cell of text is a formula. */
static void test_hostile(void **state)
{
	struct mb_rng rng = {seed()};
	static char cells[MAX_CELLS][CELL_BYTES];

	for (size_t round = 0; round < 200; round++) {
		struct mb_result *result = random_result(&rng);
		char *text = written(mb_write_csv, result);
		const char *at = text;
		int width = read_record(&at, cells), count;
		size_t records = 0, expected = 0;

		assert_int_equal(width, leading_columns() + 12 + MB_NR_METRICS +
						3 * result->counters.count);
		for (size_t i = 0; i < result->nr_runs; i++)
			expected += mb_max(1, mb_result_run_repetitions(result->runs[i]));
		while ((count = read_record(&at, cells)) >= 0) {
			assert_int_equal(count, width);
			for (int i = 0; i < leading_columns() + 9; i++)
				assert_true(!*cells[i] || !strchr("=+-@\t\r", *cells[i]));
			for (const char *c = cells[leading_columns() - 1]; *c; c++)
				assert_true((unsigned char)*c >= 0x20);
			records++;
		}
		assert_int_equal(records, expected);
		free(text);
		mb_result_free(result);
	}
}

/* Events have three columns each, behind the metrics. */
static void test_counters(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run;
	char *text;

	mb_result_add_counter(result, "cycles", "libpfm4, user mode", NULL);
	mb_result_add_counter(result, "=cmd", NULL, "no PMU");
	run = mb_result_add_run(result, MB_RUN_STAGE, "x");
	mb_result_run_set_count(run, 0, 0, 1000, 0.25);
	mb_result_run_set(run, MB_METRIC_WALL_NS, 1, 5);
	run = mb_result_add_run(result, MB_RUN_STAGE, "y");
	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 5);
	mb_result_run_set_uncounted(run, 0, "too many, for now");
	text = written(mb_write_csv, result);
	assert_non_null(strstr(text, ",counter:cycles,share:cycles,reason:cycles,counter:=cmd,"
				     "share:=cmd,reason:=cmd\r\n"));
	assert_non_null(strstr(text, ",1000,0.25,,,,no PMU\r\n"));
	assert_non_null(strstr(text, ",,,,,,no PMU\r\n"));
	assert_non_null(strstr(text, ",,,\"too many, for now\",,,no PMU\r\n"));
	free(text);
	mb_result_free(result);
}

/* Several results: one heading, the rows of one after another, and events under their names wherever they stand. */
static void test_several(void **state)
{
	struct mb_result *first = mb_result_new(NULL), *second = mb_result_new(NULL);
	const struct mb_result *results[] = {first, second};
	struct mb_run *run;
	char *text;

	mb_result_add_counter(first, "cycles", "perf", NULL);
	run = mb_result_add_run(first, MB_RUN_STAGE, "x");
	mb_result_run_set_count(run, 0, 0, 1, 1);
	mb_result_add_counter(second, "stores", "perf", NULL);
	mb_result_add_counter(second, "cycles", "perf", NULL);
	mb_result_set(second, MB_RESULT_POLICY, "eager");
	run = mb_result_add_run(second, MB_RUN_STAGE, "y");
	mb_result_run_set_count(run, 0, 0, 2, 0.5);
	mb_result_run_set_count(run, 1, 0, 3, 1);
	text = written_all(mb_write_csv, results, 2);
	assert_non_null(strstr(text, ",counter:cycles,share:cycles,reason:cycles,counter:stores,"
				     "share:stores,reason:stores\r\n"));
	assert_non_null(strstr(text, ",1,1,,,,\r\n"));
	assert_non_null(strstr(text, ",3,1,,2,0.5,\r\n"));
	assert_null(strstr(strstr(text, "\r\n"), "schema_version"));
	free(text);
	mb_result_free(first);
	mb_result_free(second);
}

/* Each record has the revision under which a history had the result. */
static void test_revision(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	char *text;

	mb_result_add_fact(result, "host_name", "node-a", NULL);
	mb_result_add_fact(result, "revision", "2f0c", NULL);
	mb_result_add_run(result, MB_RUN_STAGE, "x");
	text = written(mb_write_csv, result);
	assert_non_null(strstr(text, ",host_name,revision,kind,"));
	assert_non_null(strstr(text, ",complete,node-a,2f0c,stage,x,"));
	free(text);
	mb_result_free(result);
}

/* Numbers keep their sign; a missing sample is an empty cell. The last metric ends its record. */
static void test_numbers(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, "-x");
	char *text;

	mb_result_run_set(run, MB_NR_METRICS - 1, 0, -1.5);
	mb_result_run_set(run, MB_NR_METRICS - 1, 2, 1e300);
	text = written(mb_write_csv, result);
	assert_non_null(strstr(text, ",'-x,"));
	assert_non_null(strstr(text, ",-1.5\r\n"));
	assert_non_null(strstr(text, ",\r\n"));
	assert_non_null(strstr(text, ",1e+300\r\n"));
	free(text);
	mb_result_free(result);
}

/* Python's csv module agrees on the number of records and cells. */
static void test_python(void **state)
{
	struct mb_result *result = sample_result(NULL);
	FILE *python = popen("python3 -c 'import csv, sys\n"
			     "rows = list(csv.DictReader(sys.stdin, strict=True))\n"
			     "assert len(rows) == 8, len(rows)\n"
			     "assert rows[2][\"wall_ns\"] == \"1900000.5\", rows[2]\n"
			     "assert rows[7][\"reason\"].count(chr(34)) == 2\n"
			     "assert all(None not in r and None not in r.values() for r in rows)'",
			     "w");

	assert_non_null(python);
	assert_int_equal(mb_write_csv((const struct mb_result *const *)&result, 1, python), 0);
	assert_int_equal(pclose(python), 0);
	mb_result_free(result);
}

static void test_full(void **state)
{
	assert_reports_full(mb_write_csv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),   cmocka_unit_test(test_new_metric),
		cmocka_unit_test(test_hostile),  cmocka_unit_test(test_counters),
		cmocka_unit_test(test_revision), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_python),   cmocka_unit_test(test_full),
		cmocka_unit_test(test_several),
	};

	return cmocka_run_group_tests_name("write_csv", tests, NULL, NULL);
}
