/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/cbench.h"

/* Built with cbench_none.c itself, whatever the rest is built with. */

static int body(struct cbench_state *state, void *arg)
{
	fail_msg("nothing runs");
	return 0;
}

static int on_name(const char *name, void *arg)
{
	strcat(strcat(arg, name), " ");
	return 0;
}

static int on_result(const struct cbench_result *result, void *arg)
{
	fail_msg("nothing runs");
	return 0;
}

static void test_lists_but_does_not_run(void **state)
{
	static const char *const arg_names[] = {"nodes"};
	const int64_t args[] = {4};
	const struct cbench_def defs[] = {
		{.name = "a/one", .fn = body},
		{.name = "a/two", .fn = body, .arg_names = arg_names, .args = args, .nr_args = 1},
	};
	struct cbench *bench = cbench_new("test");
	char names[64] = "";

	assert_null(cbench_version());
	assert_int_equal(cbench_register(bench, &defs[0]), 0);
	assert_int_equal(cbench_register(bench, &defs[1]), 0);
	assert_int_equal(cbench_register(bench, &defs[1]), -EEXIST);
	assert_int_equal(cbench_list(bench, on_name, names), 2);
	assert_string_equal(names, "a/one a/two/nodes:4 ");
	assert_int_equal(cbench_run(bench, on_result, NULL), -ENOTSUP);
	assert_non_null(strstr(cbench_error(bench), "libbenchmark-dev"));
	cbench_free(bench);
}

static void test_filter(void **state)
{
	const struct cbench_def defs[] = {{.name = "a/one", .fn = body},
					  {.name = "a/two", .fn = body}};
	struct cbench *bench = cbench_new(NULL);
	char names[64] = "", program[] = "x", filter[] = "--benchmark_filter=-one$", mine[] = "-r",
	     list[] = "--benchmark_list_tests";
	char *argv[] = {program, filter, mine, list, NULL};
	int argc = 4;

	assert_int_equal(cbench_register(bench, &defs[0]), 0);
	assert_int_equal(cbench_register(bench, &defs[1]), 0);
	assert_int_equal(cbench_take_args(bench, &argc, argv), 0);
	assert_int_equal(argc, 2);
	assert_ptr_equal(argv[1], mine);
	assert_true(cbench_wants_list(bench));
	assert_int_equal(cbench_list(bench, on_name, names), 1);
	assert_string_equal(names, "a/two ");
	assert_int_equal(cbench_flag(bench, "--benchmark_filter=("), 0);
	assert_int_equal(cbench_list(bench, on_name, names), -EINVAL);
	assert_non_null(strstr(cbench_error(bench), "'(' is no regular expression: "));
	assert_int_equal(cbench_flag(bench, "--other"), -EINVAL);
	cbench_free(bench);
	cbench_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists_but_does_not_run),
		cmocka_unit_test(test_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
