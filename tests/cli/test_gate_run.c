/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/gate_run.h"
#include "core/base/align.h"
#include "tests/cli/capture.h"
#include "tests/folder.h"

/*
 * Programs are scripts that speak as paced benches do. Rounds take MS milliseconds by their word, and no time at all; each start is noted
 * in a file.
 */
static const char *const programs[MB_GATE_NR_SIDES] = {"./base", "./new"};
static const char starts[] = "starts";

static const char speaker[] =
	"#!/bin/sh\n"
	"echo %s >>%s\n"
	"set -- %s\n"
	"echo \"memboot-paced 1 $#\"\n"
	"i=0; for row; do echo \"row $i $row\"; i=$((i + 1)); done\n"
	"n=0\n"
	"while read word rest; do\n"
	"  case $word in\n"
	"  open) echo \"opened $rest\" ;;\n"
	"  turn) n=$((n + 1)); echo \"took %d00$((n * 7 %% 10)) $((rest * %d000))\" ;;\n"
	"  close) %s ;;\n"
	"  *) exit ;;\n"
	"  esac\n"
	"done\n";

static int group_setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	return folder_enter(state);
}

static void write_program(enum mb_gate_side side, const char *rows, int time, const char *closing)
{
	FILE *file = fopen(programs[side], "w");

	assert_non_null(file);
	fprintf(file, speaker, side ? "new" : "base", starts, rows, time, time, closing);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(programs[side], 0755), 0);
	unlink(starts);
}

static int gate(struct mb_gate_run *run, double budget_s, struct mb_err *err)
{
	mb_gate_run_begin(run, programs, "x", 1 << 21, NULL);
	run->plan.options.budget_s = budget_s;
	return mb_gate_run(run, err);
}

static enum mb_verdict verdict(const struct mb_gate_run *run, size_t row)
{
	struct mb_finding finding;

	assert_int_equal(mb_gate_plan_judge(&run->plan, &run->plan.rows[row], &finding), 0);
	return finding.verdict;
}

/* The times that the programs tell decide, and only rows of both. */
static void test_gate(void **state)
{
	static const struct {
		int base, new;
		enum mb_verdict verdict;
	} cases[] = {{100, 100, MB_VERDICT_SAME},
		     {100, 120, MB_VERDICT_WORSE},
		     {120, 100, MB_VERDICT_BETTER}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_gate_run run;
		struct mb_err err = {0};

		write_program(MB_GATE_BASE, "a only/base b", cases[i].base, "echo closed 1 2 3");
		write_program(MB_GATE_NEW, "b a only/new", cases[i].new, "echo closed 1 2 3");
		assert_int_equal(gate(&run, 60, &err), 0);
		assert_int_equal(run.plan.nr_rows, 2);
		for (size_t row = 0; row < 2; row++) {
			assert_int_equal(verdict(&run, row), cases[i].verdict);
			assert_int_equal(run.plan.rows[row].work[MB_GATE_NEW].ops, 2);
		}
		assert_string_equal(run.plan.rows[0].name, "a");
		assert_int_equal(run.nr_alone[MB_GATE_BASE], 1);
		assert_string_equal(run.alone[MB_GATE_BASE][0], "only/base");
		assert_string_equal(run.alone[MB_GATE_NEW][0], "only/new");
		assert_null(run.children[0]);
		mb_gate_run_fini(&run);
	}
}

/* One that hangs costs a little more than the budget, and never minutes; a set-up may take seconds even so. */
static void test_patience(void **state)
{
	static const double budgets[] = {0.001, 1, 20, 1e6};

	for (size_t i = 0; i < MB_ARRAY_SIZE(budgets); i++) {
		struct mb_gate_run run;
		struct mb_err err = {0};

		write_program(MB_GATE_BASE, "a", 100, "echo closed 1 2 3");
		write_program(MB_GATE_NEW, "a", 100, "echo closed 1 2 3");
		assert_int_equal(gate(&run, budgets[i], &err), 0);
		for (int side = 0; side < MB_GATE_NR_SIDES; side++) {
			double patience_s = run.specs[side].patience_s;

			assert_true(patience_s > 5 && patience_s <= 120);
			assert_true(patience_s <= budgets[i] + 15);
		}
		mb_gate_run_fini(&run);
	}
}

/* Each visit has processes of its own. */
static void test_starts(void **state)
{
	struct mb_gate_run run;
	struct mb_err err = {0};
	unsigned count = 0;
	char line[16];
	FILE *file;

	write_program(MB_GATE_BASE, "a b", 100, "echo closed 1 2 3");
	write_program(MB_GATE_NEW, "a b", 100, "echo closed 1 2 3");
	assert_int_equal(gate(&run, 60, &err), 0);
	file = fopen(starts, "r");
	while (fgets(line, sizeof(line), file))
		assert_string_equal(line, count++ % 2 ? "new\n" : "base\n");
	fclose(file);
	assert_int_equal(count, 2 * (run.plan.rows[0].visits + run.plan.rows[1].visits));
	assert_true(count >= 4);
	mb_gate_run_fini(&run);
}

/* Whose fault it is decides the exit status. */
static void test_failures(void **state)
{
	static const struct {
		const char *base, *new;
		int code, status;
		const char *line;
	} cases[] = {
		{"echo closed 0 0 0", "echo failed error page 7 is wrong", -EUCLEAN, MB_EXIT_NO,
		 "memboot: new: page 7 is wrong\n"},
		{"echo failed error page 7 is wrong", "echo closed 0 0 0", -EUCLEAN, MB_EXIT_USAGE,
		 "memboot: base: page 7 is wrong\n"},
		{"echo closed 0 0 0", "echo ouch >&2; exit 9", -ECHILD, MB_EXIT_USAGE,
		 "memboot: new ended with exit status 9: ouch\n"},
		{"kill -ABRT $$", "echo closed 0 0 0", -ECHILD, MB_EXIT_USAGE,
		 "memboot: base died of signal 6, Aborted\n"},
		{"echo closed", "echo closed 0 0 0", -ENOEXEC, MB_EXIT_USAGE,
		 "memboot: base does not speak as paced benches do: 'closed'\n"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_gate_run run;
		struct capture capture;
		struct mb_err err = {0};
		char *text;
		int status;

		write_program(MB_GATE_BASE, "a", 100, cases[i].base);
		write_program(MB_GATE_NEW, "a", 100, cases[i].new);
		assert_int_equal(gate(&run, 60, &err), cases[i].code);
		capture_begin(&capture, stderr);
		status = mb_gate_run_say(NULL, &run, cases[i].code, &err);
		text = capture_end(&capture);
		assert_int_equal(status, cases[i].status);
		assert_string_equal(text, cases[i].line);
		free(text);
		mb_gate_run_fini(&run);
	}
}

static void test_filter(void **state)
{
	static char bench[] = "bench", one[] = "-^boot/", two[] = "a|b", bad[] = "(",
		    other[] = "pageinit";
	static const struct {
		char *args[4];
		int status;
		const char *filter;
	} cases[] = {
		{{bench, one}, MB_EXIT_OK, "-^boot/"},
		{{bench, two, other}, MB_EXIT_OK, "(a|b)|(pageinit)"},
		{{bench, two, bad}, MB_EXIT_USAGE, NULL},
		{{bench}, MB_EXIT_USAGE, NULL},
		{{other}, MB_EXIT_USAGE, NULL},
		{{NULL}, MB_EXIT_USAGE, NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_cli cli = {.args = (char **)(uintptr_t)cases[i].args};
		struct capture capture;
		char *filter = NULL;
		int status;

		while (cases[i].args[cli.nr_args])
			cli.nr_args++;
		capture_begin(&capture, stderr);
		status = mb_gate_run_filter(&cli, &filter);
		free(capture_end(&capture));
		assert_int_equal(status, cases[i].status);
		if (cases[i].filter)
			assert_string_equal(filter, cases[i].filter);
		else
			assert_null(filter);
		free(filter);
	}
}

static void test_view(void **state)
{
	struct mb_gate_run run;
	struct mb_progress_view view = {0};
	const char *const both[] = {"a", "b"};

	mb_gate_run_begin(&run, both, "x", 1 << 21, NULL);
	run.plan.options.budget_s = 20;
	mb_gate_run_view(&run, &view);
	assert_true(view.total == 20000 && view.done == 0 && view.left_s == 20);
	run.plan.current = "pageinit/kernel";
	mb_gate_run_view(&run, &view);
	/* Its budget began when the clock did. */
	assert_true(view.done == 20000 && view.left_s == 0);
	assert_string_equal(view.label, "pageinit/kernel");
	run.plan.current = NULL;
	mb_gate_run_fini(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gate),     cmocka_unit_test(test_starts),
		cmocka_unit_test(test_patience), cmocka_unit_test(test_failures),
		cmocka_unit_test(test_filter),   cmocka_unit_test(test_view),
	};

	return cmocka_run_group_tests(tests, group_setup, folder_leave);
}
