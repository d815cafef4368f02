/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_CLI_HISTORY_CASE_H
#define MB_TESTS_CLI_HISTORY_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cmd.h"
#include "config.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "reports/json.h"
#include "reports/writer.h"
#include "tests/cli/capture.h"
#include "tests/folder.h"

/* What the tests of `memboot history` share: a folder of their own, results in it, and the command as people call it. */

static inline int history_begin(void **state)
{
	unsetenv("MEMBOOT_HISTORY");
	return folder_enter(state);
}

/* The status of `memboot history` with these arguments, NULL at the end; what it says comes back, which the caller frees. */
static inline int history(char **ret_out, char **ret_err, ...)
{
	char *argv[32] = {(char *)"history"};
	struct capture out, err;
	struct mb_err why = {0};
	struct mb_cli cli;
	int argc = 1, first = 0, status;
	va_list args;

	va_start(args, ret_err);
	while ((argv[argc] = va_arg(args, char *)))
		argc++;
	va_end(args);
	cli = (struct mb_cli){.cmd = mb_cmd_find("history"), .argv = argv, .argc = argc};
	assert_int_equal(mb_opt_parse(MB_CMD_HISTORY, argc, argv, &why, &cli.opts, &first), 0);
	cli.args = argv + first;
	cli.nr_args = argc - first;
	capture_begin(&out, stdout);
	capture_begin(&err, stderr);
	status = cli.cmd->run(&cli);
	*ret_err = capture_end(&err);
	*ret_out = capture_end(&out);
	return status;
}

/* It ends with that status and says these words, on standard output for 0 and 1, else on standard error in one line. */
#define assert_history(status, words, ...)                                                         \
	do {                                                                                       \
		MB_FREE char *said_out = NULL;                                                     \
		MB_FREE char *said_err = NULL;                                                     \
		int is_ = history(&said_out, &said_err, __VA_ARGS__, NULL);                        \
		if (is_ != (status) || !strstr((status) > 1 ? said_err : said_out, words))         \
			print_error("status %d\n%s%s", is_, said_out, said_err);                   \
		assert_int_equal(is_, status);                                                     \
		assert_non_null(strstr((status) > 1 ? said_err : said_out, words));                \
		if ((status) > 1 && *said_err)                                                     \
			assert_ptr_equal(strchr(said_err, '\n'), said_err + strlen(said_err) - 1); \
	} while (0)

/* Of one host, begun at that hour of a month. */
static inline struct mb_result *history_at(int hour)
{
	struct mb_result *result = mb_result_new(NULL);
	char started[40];

	snprintf(started, sizeof(started), "2026-01-%02dT%02d:00:00Z", 1 + hour / 24, hour % 24);
	mb_result_set(result, MB_RESULT_STARTED_UTC, started);
	mb_result_add_fact(result, "cpu_model", "CPU A", NULL);
	return result;
}

/* A result of two rows in a file. */
static inline void history_result(const char *path, double ns, int hour)
{
	struct mb_result *result = history_at(hour);
	const struct mb_result *results[] = {result};
	struct mb_err err = {0};
	struct mb_run *run;

	run = mb_result_add_run(result, MB_RUN_BENCH, "buddy/handoff");
	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, ns);
	mb_result_run_set(run, MB_METRIC_NS_PER_PAGE, 0, ns / 64);
	mb_result_run_set(run, MB_METRIC_PAGES, 0, 64);
	run = mb_result_add_run(result, MB_RUN_BENCH, "memblock/alloc");
	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 500 + hour % 3);
	assert_int_equal(mb_result_error(result), 0);
	assert_int_equal(mb_writer_save(path, "json", results, 1, NULL, &err), 0);
	mb_result_free(result);
}

/* Adds count results of revisions NAME0, NAME1, … from that hour on; their times turn about ns. */
static inline void history_fill(const char *name, int count, int hour, double ns)
{
	for (int i = 0; i < count; i++) {
		char revision[32];

		snprintf(revision, sizeof(revision), "%s%d", name, i);
		history_result("result.json", ns * (i % 2 ? 1.002 : 0.998), hour + i);
		assert_history(0, "1 added", "add", "--history", "h.db", "--rev", revision,
			       "result.json");
	}
}

#define HISTORY_CASE(test) cmocka_unit_test_setup_teardown(test, history_begin, folder_leave)

#endif
