/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/question.h"
#include "core/base/align.h"
#include "reports/stats.h"

static const char *const values[] = {"zero", "one"};

static const char *value_text(int64_t arg)
{
	return values[arg];
}

/* What a runner would report of a bench. */
static struct mb_runner_result outcome_of(const struct mb_bench *row, const char *name, int64_t arg)
{
	return (struct mb_runner_result){
		.row = row,
		.name = name,
		.arg = arg,
		.reason = "",
		.threads = 3,
		.pages = 7,
		.time_ns = {.count = 9, .median = 1e6},
	};
}

static void test_only_benches_of_questions_are_kept(void **state)
{
	const struct mb_bench other = {.group = "boot", .name = "knee"};
	const struct mb_bench row = {.group = MB_QUESTION_GROUP,
				     .name = "knee",
				     .variant = "v",
				     .arg_name = "arg",
				     .arg_text = value_text};
	struct mb_bench_counter counters[] = {{"jobs", 5}};
	struct mb_runner_result result = outcome_of(&other, "boot/knee", 0);
	struct mb_question_outcomes outcomes = {0};
	char name[] = "questions/knee/v/arg:one";

	mb_question_note(&outcomes, &result);
	assert_int_equal(outcomes.count, 0);
	result = outcome_of(&row, name, 1);
	result.counters = counters;
	result.nr_counters = 1;
	for (int i = 0; i < 100; i++)
		mb_question_note(&outcomes, &result);
	name[0] = 'X'; /* the runner's text does not live on */
	counters[0].value = 0;
	assert_int_equal(outcomes.error, 0);
	assert_int_equal(outcomes.count, 100);
	for (int i = 0; i < 100; i++) {
		const struct mb_question_outcome *kept = &outcomes.rows[i];

		assert_string_equal(kept->name, "questions/knee/v/arg:one");
		assert_string_equal(kept->slug, "knee");
		assert_string_equal(kept->variant, "v");
		assert_string_equal(kept->value, "one");
		assert_int_equal(kept->threads, 3);
		assert_int_equal(kept->pages, 7);
		assert_true(mb_question_counter(kept, "jobs") == 5);
		assert_true(isnan(mb_question_counter(kept, "growths")));
	}
	mb_question_fini(&outcomes);
	mb_question_fini(&outcomes);
}

/* --- what is said around an answer --- */

static bool say_count(const struct mb_question_outcome *const *rows, size_t count,
		      enum mb_format_charset charset, struct mb_strbuf *text)
{
	mb_strbuf_addf(text, "of %zu", count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(rows[i]->status, MB_RUNNER_OK);
		assert_string_equal(rows[i]->slug, "mine");
	}
	return count < 3;
}

static const struct mb_question mine = {"Q0", "mine", "", say_count};

static void assert_said(struct mb_question_outcome *rows, size_t count, const char *expected)
{
	const struct mb_question_outcomes outcomes = {.rows = rows, .count = count};
	struct mb_strbuf text = {0};

	assert_int_equal(mb_question_answer(&mine, &outcomes, MB_FORMAT_UTF8, &text),
			 expected != NULL);
	assert_string_equal(mb_strbuf_text(&text), expected ? expected : "");
	mb_strbuf_fini(&text);
}

static void test_an_answer(void **state)
{
	struct mb_question_outcome few[3] = {{.slug = "mine"}, {.slug = "mine"}, {.slug = "mine"}};
	struct mb_question_outcome rows[] = {
		{.slug = "mine", .name = "questions/mine/a:1", .time_ns.count = 15},
		{.slug = "other", .name = "questions/other", .time_ns.count = 1},
		{.slug = "mine", .name = "questions/mine/a:2", .time_ns.count = 15},
	};

	assert_said(rows, 0, NULL);
	assert_said(rows + 1, 1, NULL);
	assert_said(rows, 3, "of 2");
	rows[2].status = MB_RUNNER_SKIPPED;
	strcpy(rows[2].reason, "no CPU");
	assert_said(rows, 3, "of 1; 1 of 2 benches had no figures");
	assert_said(rows + 2, 1, "no answer: questions/mine/a:2: skipped: no CPU");
	rows[0].time_ns.count = 2;
	rows[2].status = MB_RUNNER_OK;
	assert_said(rows, 3, "of 2; a first look, of 2 boots each");
	rows[0].time_ns.count = 1;
	assert_said(rows, 1, "of 1; a first look, of 1 boot each");
	/* What is no answer says so itself. */
	assert_said(few, 3, "of 3");
}

/* The benches are the questions', and each question has some. */
static void test_questions_and_benches(void **state)
{
	for (size_t i = 0; i < mb_nr_questions; i++) {
		struct mb_bench row;
		size_t found = 0;

		for (size_t k = 0; mb_bench_questions_row(k, &row); k++)
			found += !strcmp(row.name, mb_questions[i].slug);
		assert_true(found > 0);
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(mb_questions[k].id, mb_questions[i].id);
			assert_string_not_equal(mb_questions[k].slug, mb_questions[i].slug);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_benches_of_questions_are_kept),
		cmocka_unit_test(test_an_answer),
		cmocka_unit_test(test_questions_and_benches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
