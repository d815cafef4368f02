/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/answers.h"
#include "reports/text.h"

static const struct mb_term plain = {.charset = MB_FORMAT_ASCII, .table = {0}, .columns = 100};

/* Two thread counts of Q3, and a bench of Q4 that was skipped. */
static struct mb_question_outcome rows[] = {
	{.name = "questions/knee/threads:1",
	 .slug = "knee",
	 .threads = 1,
	 .pages = 1 << 18,
	 .time_ns = {.count = 15, .median = 8e6, .median_low = 8e6, .median_high = 8e6}},
	{.name = "questions/knee/threads:all",
	 .slug = "knee",
	 .threads = 2,
	 .pages = 1 << 18,
	 .time_ns = {.count = 15, .median = 4e6, .median_low = 4e6, .median_high = 4e6}},
	{.name = "questions/cpuless/workers:one",
	 .slug = "cpuless",
	 .status = MB_RUNNER_SKIPPED,
	 .reason = "no memory"},
};

static const struct mb_question_outcomes some = {.rows = rows, .count = 3}, none;

static void test_facts(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const char *q3;

	mb_answers_add_facts(result, &none);
	assert_int_equal(result->facts.count, 0);
	mb_answers_add_facts(result, &some);
	assert_int_equal(result->facts.count, 2);
	q3 = mb_result_fact(&result->facts, "answer_Q3");
	assert_non_null(strstr(q3, "1 thread 8.00 ms, 2 threads 4.00 ms (2.0×)"));
	assert_string_equal(mb_result_fact(&result->facts, "answer_Q4"),
			    "no answer: questions/cpuless/workers:one: skipped: no memory");
	assert_int_equal(mb_result_error(result), 0);
	mb_result_free(result);
}

/* Lines of a terminal: none too long, no number without its unit, and the words are those of the fact. */
static void test_part(void **state)
{
	struct mb_strbuf text = {0}, words = {0};
	const char *line;

	mb_answers_add(&text, &plain, &none);
	assert_string_equal(mb_strbuf_text(&text), "");
	mb_answers_add(&text, &plain, &some);
	assert_non_null(strstr(mb_strbuf_text(&text), "Answers\n  Q3   from how many"));
	assert_null(strstr(mb_strbuf_text(&text), "Q5"));
	for (line = mb_strbuf_text(&text); *line; line += strcspn(line, "\n") + 1) {
		size_t length = strcspn(line, "\n"), blank = strspn(line, " ");

		assert_true(length <= 100);
		assert_true(!length || (line[length - 1] != ' ' && blank < length));
		assert_false(length > 8 && line[length - 1] >= '0' && line[length - 1] <= '9');
		mb_strbuf_addf(&words, "%.*s ", (int)(length - blank), line + blank);
	}
	assert_non_null(
		strstr(mb_strbuf_text(&words),
		       "no knee up to 2 threads: 1 thread 8.00 ms, 2 threads 4.00 ms (2.0x), for "
		       "1.0 GiB; 2 CPUs cannot show a server's knee, a node with more can "));
	assert_non_null(strstr(mb_strbuf_text(&words), "Q4   what does a node without CPUs cost"));
	mb_strbuf_fini(&words);
	mb_strbuf_fini(&text);
}

static void test_list(void **state)
{
	static const struct mb_table_column columns[3] = {
		{"a", MB_TABLE_LEFT}, {"b", MB_TABLE_LEFT}, {"c", MB_TABLE_LEFT}};
	const struct mb_table_options options = {0};
	struct mb_table *table = mb_table_new(columns, 3);
	struct mb_strbuf text = {0};

	mb_answers_list(table);
	mb_table_render(table, &options, &text);
	for (size_t i = 0; i < mb_nr_questions; i++) {
		char command[64];

		snprintf(command, sizeof(command), "memboot bench questions/%s\n",
			 mb_questions[i].slug);
		assert_non_null(strstr(mb_strbuf_text(&text), mb_questions[i].words));
		assert_non_null(strstr(mb_strbuf_text(&text), command));
	}
	mb_strbuf_fini(&text);
	mb_table_free(table);
}

static void test_asked(void **state)
{
	struct mb_runner_options options = {.filter = "^questions/knee"};

	if (!mb_runner_library_version()) {
		print_message("# skipped: built without Google Benchmark\n");
		skip();
	}
	assert_true(mb_answers_asked(&options));
	options.filter = "threads:1$"; /* of others too */
	assert_false(mb_answers_asked(&options));
	options.filter = "nothing at all";
	assert_false(mb_answers_asked(&options));
}

/* As wide as the terminal, but for a word that is wider. */
static void test_columns(void **state)
{
	for (unsigned columns = 1; columns <= 300; columns += 13) {
		struct mb_term term = plain;
		struct mb_strbuf text = {0};
		size_t longest = 0;

		term.columns = columns;
		mb_answers_add(&text, &term, &some);
		for (const char *line = mb_strbuf_text(&text); *line;
		     line += strcspn(line, "\n") + 1) {
			size_t length = strcspn(line, "\n");

			longest = length > longest ? length : longest;
		}
		assert_true(columns < 60 || longest <= columns);
		assert_true(columns > 140 || longest + 30 > columns);
		assert_true(columns < 118 || longest > 100);
		mb_strbuf_fini(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts), cmocka_unit_test(test_columns),
		cmocka_unit_test(test_part),  cmocka_unit_test(test_list),
		cmocka_unit_test(test_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
