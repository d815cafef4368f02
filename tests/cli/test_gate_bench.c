/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/gate_bench.h"
#include "core/base/align.h"
#include "reports/writer.h"
#include "tests/folder.h"

static int save(const char *path, enum mb_run_status status, const char *reason)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *results[] = {result};
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, "group/row");
	struct mb_err err = {0};
	int rc;

	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 1000);
	mb_result_run_set_status(run, status, reason);
	rc = mb_writer_save(path, "json", results, 1, NULL, &err);
	mb_result_free(result);
	return rc;
}

static int group_setup(void **state)
{
	if (folder_enter(state))
		return -1;
	return save("good.json", MB_RUN_OK, NULL) |
	       save("wrong.json", MB_RUN_FAILED, "page 7 is wrong");
}

static int run(const char *text, double patience_s, const atomic_int *cancel, struct mb_err *err,
	       struct mb_result **ret_result)
{
	static const char *const options[] = {"--quick", NULL};
	const struct mb_gate_child_spec spec = {.title = "new",
						.program = "./program",
						.filter = "^a b$",
						.patience_s = patience_s,
						.cancel = cancel};
	FILE *file = fopen("program", "w");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", text);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod("program", 0755), 0);
	*err = (struct mb_err){0};
	*ret_result = NULL;
	return mb_gate_bench_run(&spec, options, err, ret_result);
}

static const struct {
	const char *program;
	int rc;
	const char *said;
} cases[] = {
	{"echo 'a warning' >&2; cat good.json", 0, ""},
	{"[ \"$#\" = 6 ] && [ \"$1 $2 $3 $4 $5 $6\" = 'bench --filter=^a b$ --quick --format=json -o -' ] || exit 2; cat good.json",
	 0, ""},
	{"cat wrong.json; exit 1", -EUCLEAN, "new: group/row: page 7 is wrong"},
	{"cat good.json; echo 'ouch' >&2; exit 1", -EUCLEAN, "new went wrong: ouch"},
	{"echo one >&2; echo two >&2; exit 2", -ECHILD, "new ended with exit status 2: two"},
	{"kill -SEGV $$", -ECHILD, "new died of signal 11, Segmentation fault"},
	{"exit 127", -ENOEXEC, "new cannot be started (./program)"},
	{"printf 'a\\tb' >&2; exit 3", -ECHILD, "new ended with exit status 3: a?b"},
};

static void test_ends(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_result *result;
		struct mb_err err;
		int rc = run(cases[i].program, 1000, NULL, &err, &result);

		assert_int_equal(rc, cases[i].rc);
		assert_string_equal(err.text, cases[i].said);
		assert_true(!rc == !!result);
		assert_true(rc || result->nr_runs == 1);
		mb_result_free(result);
	}
}

static void test_garbage(void **state)
{
	struct mb_result *result;
	struct mb_err err;

	assert_int_equal(run("echo hello", 1000, NULL, &err, &result), -ENOEXEC);
	assert_non_null(strstr(err.text, "new prints no result of benches: "));
	assert_int_equal(run(":", 1000, NULL, &err, &result), -ENOEXEC);
	assert_null(result);
}

/* It is killed with what it has started, or this test would not end. */
static void test_stopped(void **state)
{
	atomic_int cancel = 1;
	struct mb_result *result;
	struct mb_err err;

	assert_int_equal(run("sleep 1000 & wait", 0.05, NULL, &err, &result), -ETIME);
	assert_int_equal(run("sleep 1000 & wait", 1000, &cancel, &err, &result), -ECANCELED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, group_setup, folder_leave);
}
