/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/runner_flags.h"
#include "core/base/align.h"

#define MAX_FLAGS 3

struct row {
	unsigned option;
	const char *flags[MAX_FLAGS];
	unsigned repetitions;
	bool full;
};

static struct mb_runner_options options(const char *const flags[MAX_FLAGS])
{
	struct mb_runner_options options = {.flags = flags};

	while (options.nr_flags < MAX_FLAGS && flags[options.nr_flags])
		options.nr_flags++;
	return options;
}

/* An option wins over flags, a later flag over others; nothing said is once. */
static void test_rows(void **state)
{
	static const struct row rows[] = {
		{0, {NULL}, 1, false},
		{4, {NULL}, 4, false},
		{0, {"--benchmark_repetitions=3"}, 3, false},
		{0, {"--benchmark_repetitions=3", "--benchmark_repetitions=5"}, 5, false},
		{2, {"--benchmark_repetitions=3"}, 2, false},
		{0, {"--benchmark_repetitions=0"}, 1, false},
		{0, {"--benchmark_filter=x", "--benchmark_repetitions=3"}, 3, true},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_runner_options with = options(rows[i].flags);

		with.repetitions = rows[i].option;
		assert_int_equal(mb_runner_flags_repetitions(&with), rows[i].repetitions);
		assert_int_equal(mb_runner_flags_full(&with), rows[i].full);
		with.full = true;
		assert_true(mb_runner_flags_full(&with));
		with.full = false;
		with.filter = "x";
		assert_true(mb_runner_flags_full(&with));
	}
}

static int count_name(const char *name, void *arg)
{
	(void)name;
	++*(unsigned *)arg;
	return 0;
}

static int body(struct cbench_state *state, void *arg)
{
	(void)state, (void)arg;
	return 0;
}

/* What the library has got is seen from the rows that it lists. */
static void test_add(void **state)
{
	static const char *const none[MAX_FLAGS] = {"--benchmark_filter=none"};
	static const char *const bad[MAX_FLAGS] = {"--benchmark_repetitions=many"};
	const struct {
		const char *const *flags;
		const char *filter;
		int rc;
		unsigned names;
	} rows[] = {
		{none, NULL, 0, 0},
		{none, "row", 0, 1},
		{bad, "row", -EINVAL, 1},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		const struct cbench_def def = {.name = "row", .fn = body, .iterations = 1};
		struct mb_runner_options with = options(rows[i].flags);
		struct cbench *cbench = cbench_new("test");
		unsigned names = 0;

		assert_non_null(cbench);
		with.filter = rows[i].filter;
		assert_int_equal(cbench_register(cbench, &def), 0);
		assert_int_equal(mb_runner_flags_add(&with, 0, cbench), rows[i].rc);
		if (!rows[i].rc) {
			assert_int_equal(cbench_list(cbench, count_name, &names), rows[i].names);
			assert_int_equal(names, rows[i].names);
		} else {
			assert_non_null(strstr(cbench_error(cbench), "many"));
		}
		cbench_free(cbench);
	}
}

static void test_check(void **state)
{
	static const char *const plain[MAX_FLAGS] = {"--benchmark_repetitions=2"};
	static const char *const counters[MAX_FLAGS] = {"--benchmark_color=no",
							"--benchmark_perf_counters=CYCLES"};
	struct mb_runner_options with = options(plain);
	struct mb_err err = {0};

	assert_int_equal(mb_runner_flags_check(&with, &err), 0);
	with = options(counters);
	assert_int_equal(mb_runner_flags_check(&with, &err), -EINVAL);
	assert_non_null(strstr(err.text, "--benchmark_perf_counters is not supported"));
	assert_non_null(strstr(err.text, "--counters"));
}

static void test_questions(void **state)
{
	static const char *const plain[MAX_FLAGS] = {"--benchmark_repetitions=2"};
	static const char *const list[MAX_FLAGS] = {"--benchmark_list_tests=true"};
	static const char *const display[MAX_FLAGS] = {"--benchmark_format=json"};
	struct mb_runner_options with = options(plain);

	assert_false(mb_runner_flags_list(&with));
	assert_false(mb_runner_flags_display(&with));
	with = options(list);
	assert_true(mb_runner_flags_list(&with));
	with = options(display);
	assert_false(mb_runner_flags_list(&with));
	assert_true(mb_runner_flags_display(&with));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_questions),
	};

	return cmocka_run_group_tests_name("runner_flags", tests, NULL, NULL);
}
