/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "benches/question.h"
#include "tests/benches/bench_case.h"

static struct bench_case all;

static int run_all(void **state)
{
	bench_case_run(mb_bench_questions_row, ".", &all);
	return 0;
}

static const struct bench_case_seen *find(const char *name)
{
	for (size_t i = 0; i < all.count; i++)
		if (!strcmp(all.seen[i].name, name))
			return &all.seen[i];
	fail_msg("no bench %s", name);
	return NULL;
}

static double counter(const char *name, const char *of)
{
	return bench_case_counter(find(name), of);
}

static void test_rows_validate(void **state)
{
	for (size_t i = 0; i < all.count; i++) {
		assert_string_equal(all.seen[i].reason, "");
		assert_int_equal(all.seen[i].result.status, MB_RUNNER_OK);
		assert_true(all.seen[i].result.pages > 0);
	}
}

/* What varies in a question shows in what is counted. */
static void test_what_varies(void **state)
{
	assert_int_equal(find("questions/knee/threads:1")->result.threads, 1);
	assert_int_equal(find("questions/knee/threads:all")->result.threads, 2);
	assert_int_equal(find("questions/cpuless/workers:one")->result.threads, 1);
	assert_true(counter("questions/cpuless/workers:one", "host_nodes") == 1);
	/* A job a free range, but no more than one a section; or one. */
	assert_true(counter("questions/ranges/6.12/reservations:1", "jobs") <
		    counter("questions/ranges/6.12/reservations:16", "jobs"));
	assert_true(counter("questions/ranges/6.18/reservations:16", "jobs") == 1);
	assert_true(counter("questions/reserved/6.18/percent:50", "reserved_pages") >
		    counter("questions/reserved/6.18/percent:0", "reserved_pages") + 1e5);
	assert_true(counter("questions/holes/percent:50", "hole_pages") >
		    1.9 * counter("questions/holes/percent:25", "hole_pages"));
	assert_true(counter("questions/movable/movablecore:0", "serial_percent") <
		    counter("questions/movable/movablecore:25", "serial_percent"));
	assert_true(counter("questions/kexec/policy:deferred", "first_allocation_ns") > 0);
	assert_true(counter("questions/policies/lazy/memory:1G", "growths") <
		    counter("questions/policies/lazy/memory:2G", "growths"));
}

static bool has(const struct bench_case *seen, const char *name)
{
	for (size_t i = 0; i < seen->count; i++)
		if (!strcmp(seen->seen[i].name, name))
			return true;
	return false;
}

/* Without a name less is run, and of each question enough for an answer. */
static void test_what_is_run(void **state)
{
	struct mb_question_outcomes outcomes = {0};
	struct bench_case few;

	bench_case_run(mb_bench_questions_row, NULL, &few);
	assert_true(few.count < all.count);
	assert_false(has(&few, "questions/holes/percent:25"));
	for (size_t i = 0; i < few.count; i++) {
		struct bench_case_seen *seen = &few.seen[i];
		struct mb_bench row;

		for (size_t k = 0; mb_bench_questions_row(k, &row); k++)
			if (!strncmp(seen->name + strlen("questions/"), row.name,
				     strlen(row.name)) &&
			    (!row.variant || strstr(seen->name, row.variant)))
				break;
		seen->result.row = &row;
		seen->result.name = seen->name;
		seen->result.reason = seen->reason;
		seen->result.counters = seen->counters;
		mb_question_note(&outcomes, &seen->result);
	}
	assert_int_equal(outcomes.count, few.count);
	for (size_t i = 0; i < mb_nr_questions; i++) {
		struct mb_strbuf text = {0};

		assert_true(mb_question_answer(&mb_questions[i], &outcomes, MB_FORMAT_UTF8, &text));
		if (strstr(mb_strbuf_text(&text), "no answer") ||
		    strstr(mb_strbuf_text(&text), "nan"))
			fail_msg("%s: %s", mb_questions[i].id, mb_strbuf_text(&text));
		mb_strbuf_fini(&text);
	}
	mb_question_fini(&outcomes);
}

static int boot_nothing(struct mb_bench_run *run)
{
	return 0;
}

static void test_no_boot_is_an_error(void **state)
{
	bench_case_wrong(mb_bench_questions_row, boot_nothing, "^questions/", all.count,
			 "0 pages are present");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_validate),
		cmocka_unit_test(test_what_varies),
		cmocka_unit_test(test_what_is_run),
		cmocka_unit_test(test_no_boot_is_an_error),
	};

	if (bench_case_unsupported())
		return bench_case_unsupported();
	return cmocka_run_group_tests(tests, run_all, NULL);
}
