/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cli/history_case.h"
#include "cli/report_trends.h"

static struct mb_result *load(const char *path)
{
	struct mb_result *result = NULL;
	struct mb_err err = {0};

	assert_int_equal(mb_json_read_file(path, NULL, &err, &result), 0);
	return result;
}

/* The series of the result's own rows, on its own class of host. */
static void test_own_rows(void **state)
{
	struct mb_cli cli = {.cmd = mb_cmd_find("report")};
	const struct mb_html_trends *shown;
	struct mb_report_trends *trends;
	struct mb_result *result;
	const struct mb_result *results[1];

	history_fill("a", 12, 0, 1000);
	history_fill("b", 12, 12, 1200);
	result = load("result.json");
	results[0] = result;
	assert_int_equal(mb_report_trends_read(&cli, results, 1, &trends), 0);
	assert_null(trends);
	assert_null(mb_report_trends_shown(trends));
	cli.opts.history = "h.db";
	assert_int_equal(mb_report_trends_read(&cli, results, 1, &trends), 0);
	shown = mb_report_trends_shown(trends);
	assert_int_equal(shown->count, 2);
	assert_int_equal(shown->more, 0);
	assert_string_equal(shown->rows[0].line->row, "buddy/handoff");
	assert_int_equal(shown->rows[0].points->count, 24);
	assert_int_equal(shown->rows[0].trend->count, 1);
	assert_int_equal(shown->rows[1].trend->count, 0);
	mb_report_trends_free(trends);
	mb_result_add_fact(result, "nodes", "8", NULL); /* another host */
	assert_int_equal(mb_report_trends_read(&cli, results, 1, &trends), 0);
	assert_int_equal(mb_report_trends_shown(trends)->count, 0);
	mb_report_trends_free(trends);
	mb_result_free(result);
}

static void test_page(void **state)
{
	struct mb_cli cli = {.cmd = mb_cmd_find("report")};
	struct mb_report_trends *trends;
	struct mb_result *result;
	const struct mb_result *results[1];
	char *text = NULL;
	size_t length = 0;
	struct mb_err err = {0};
	FILE *file;

	history_fill("a<b>", 12, 0, 1000);
	history_fill("c", 12, 12, 1200);
	cli.opts.history = "h.db";
	result = load("result.json");
	results[0] = result;
	assert_int_equal(mb_report_trends_read(&cli, results, 1, &trends), 0);
	file = open_memstream(&text, &length);
	assert_non_null(file);
	assert_int_equal(mb_write_html_history(results, 1, mb_report_trends_shown(trends), file),
			 0);
	fclose(file);
	assert_non_null(strstr(text, "id=\"trends\""));
	assert_non_null(strstr(text, "worse, in a&lt;b&gt;11..c0"));
	assert_null(strstr(text, "a<b>"));
	assert_int_equal(mb_writer_save_trends("x.csv", NULL, results, 1,
					       mb_report_trends_shown(trends), NULL, &err),
			 -EINVAL);
	assert_non_null(strstr(err.text, "no place for a history"));
	free(text);
	mb_report_trends_free(trends);
	mb_result_free(result);
}

static void test_none(void **state)
{
	struct mb_cli cli = {.cmd = mb_cmd_find("report"), .opts.history = "none.db"};
	struct mb_report_trends *trends;
	struct capture err;
	char *said;

	capture_begin(&err, stderr);
	assert_int_equal(mb_report_trends_read(&cli, NULL, 0, &trends), MB_EXIT_USAGE);
	said = capture_end(&err);
	assert_non_null(strstr(said, "none.db"));
	free(said);
	mb_report_trends_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HISTORY_CASE(test_own_rows),
		HISTORY_CASE(test_page),
		HISTORY_CASE(test_none),
	};

	if (!MB_HAVE_SQLITE) {
		print_message("skipped: built without SQLite\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
