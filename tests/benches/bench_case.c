/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "tests/benches/bench_case.h"
#include "tests/seed.h"

static int on_result(const struct mb_runner_result *result, void *arg)
{
	struct bench_case *to = arg;
	struct bench_case_seen *seen = &to->seen[to->count++];

	assert_true(to->count <= BENCH_CASE_MAX);
	seen->result = *result;
	snprintf(seen->name, sizeof(seen->name), "%s", result->name);
	snprintf(seen->reason, sizeof(seen->reason), "%s", result->reason);
	for (size_t i = 0; i < result->nr_counters; i++)
		seen->counters[i] = result->counters[i];
	return 0;
}

static void run_with(mb_bench_rows_fn *rows, const char *filter, size_t arena_bytes,
		     struct bench_case *ret_case)
{
	const struct mb_runner_options options = {
		.filter = filter,
		.repetitions = 1,
		.min_time_s = 1e-9,
		.rounds = 1,
		.arena_bytes = arena_bytes,
		.rows = rows,
	};
	const struct mb_runner_hooks hooks = {.on_result = on_result, .arg = ret_case};
	struct mb_err err = {0};

	memset(ret_case, 0, sizeof(*ret_case));
	if (mb_runner_run(&options, &hooks, &err, &ret_case->totals))
		fail_msg("%s", err.text);
}

void bench_case_run(mb_bench_rows_fn *rows, const char *filter, struct bench_case *ret_case)
{
	run_with(rows, filter, 2 * MB_MIB, ret_case);
}

/* More than any address space has. */
void bench_case_refused(mb_bench_rows_fn *rows, const char *filter)
{
	struct bench_case seen;

	run_with(rows, filter, (size_t)1 << 60, &seen);
	assert_true(seen.count > 0);
	assert_int_equal(seen.totals.skipped, seen.count);
	for (size_t i = 0; i < seen.count; i++)
		assert_true(strlen(seen.seen[i].reason) > 0);
}

struct bench_case_seen bench_case_one(mb_bench_rows_fn *rows, const char *name)
{
	struct bench_case seen;
	char filter[80];

	snprintf(filter, sizeof(filter), "^%s$", name);
	bench_case_run(rows, filter, &seen);
	assert_int_equal(seen.count, 1);
	return seen.seen[0];
}

/* A table of rows is a function without an argument of ours, so what is wrong stands here while they run. */
static mb_bench_rows_fn *right_rows;
static int (*wrong_run)(struct mb_bench_run *run);

static bool wrong_rows(size_t index, struct mb_bench *ret_row)
{
	if (!right_rows(index, ret_row))
		return false;
	ret_row->run = wrong_run;
	ret_row->warm_up = false; /* what is wrong happens once */
	return true;
}

void bench_case_wrong(mb_bench_rows_fn *rows, int (*run)(struct mb_bench_run *run),
		      const char *filter, size_t count, const char *reason)
{
	struct bench_case seen;

	right_rows = rows;
	wrong_run = run;
	bench_case_run(wrong_rows, filter, &seen);
	if (count != BENCH_CASE_SOME)
		assert_int_equal(seen.totals.errors, count);
	assert_true(seen.totals.errors > 0);
	assert_int_equal(seen.totals.errors + seen.totals.skipped, seen.count);
	for (size_t i = 0; i < seen.count; i++)
		if (seen.seen[i].result.status == MB_RUNNER_ERROR)
			assert_non_null(strstr(seen.seen[i].reason, reason));
}

int bench_case_right(struct mb_bench_run *run)
{
	struct mb_bench row;

	for (size_t i = 0; right_rows(i, &row); i++)
		if (!strcmp(row.name, run->row->name) && row.param == run->row->param)
			return row.run(run);
	return -ENOENT;
}

double bench_case_counter(const struct bench_case_seen *seen, const char *name)
{
	for (size_t i = 0; i < seen->result.nr_counters; i++)
		if (!strcmp(seen->counters[i].name, name))
			return seen->counters[i].value;
	fail_msg("%s has no counter %s", seen->name, name);
	return 0;
}

uint64_t bench_case_seed(void)
{
	return seed_or((uint64_t)time(NULL));
}

int bench_case_unsupported(void)
{
	return mb_runner_library_version() ? 0 : 77;
}
