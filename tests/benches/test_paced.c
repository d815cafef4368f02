/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "benches/paced.h"
#include "core/base/align.h"

/* --- rows with programmed times --- */

static unsigned setups, rounds, validations, teardowns;

static int count_setup(struct mb_bench_run *run)
{
	setups++;
	rounds = 0;
	run->pages = run->env->arena_bytes / 64;
	run->ops = (uint64_t)run->arg;
	return 0;
}

/* 1, 2, 3, … microseconds. */
static int count_round(struct mb_bench_run *run)
{
	run->ns = 1000 * ++rounds;
	return 0;
}

static int count_validate(struct mb_bench_run *run)
{
	validations++;
	return 0;
}

static void count_teardown(struct mb_bench_run *run)
{
	teardowns++;
}

static int lacking_setup(struct mb_bench_run *run)
{
	return MB_FAIL(&run->err, -ENOTSUP, "one node only");
}

static int plain_round(struct mb_bench_run *run)
{
	run->ns = 1;
	return 0;
}

static int broken_round(struct mb_bench_run *run)
{
	return -EIO;
}

static int wrong_validate(struct mb_bench_run *run)
{
	return MB_FAIL(&run->err, -EUCLEAN, "page 7 is wrong");
}

static const int64_t args[] = {1, 10};

#define HOOKS .setup = count_setup, .validate = count_validate, .teardown = count_teardown

static const struct mb_bench table[] = {
	{.group = "t",
	 .name = "steady",
	 HOOKS,
	 .run = count_round,
	 .arg_name = "n",
	 .args = args,
	 .nr_args = 2},
	{.group = "t", .name = "new", HOOKS, .run = count_round, .warm_up = true},
	{.group = "t",
	 .name = "lacking",
	 .setup = lacking_setup,
	 .run = plain_round,
	 .teardown = count_teardown},
	{.group = "t", .name = "broken", HOOKS, .run = broken_round},
	{.group = "t",
	 .name = "wrong",
	 .setup = count_setup,
	 .run = plain_round,
	 .validate = wrong_validate,
	 .teardown = count_teardown},
};

static bool rows(size_t index, struct mb_bench *ret_row)
{
	if (index >= MB_ARRAY_SIZE(table))
		return false;
	*ret_row = table[index];
	return true;
}

/* What it answers to the text, without the greeting where that is the usual one; the caller frees it. */
static char *serve(const char *text, const char *filter, int expected)
{
	static const char greeting[] =
		"memboot-paced 1 6\nrow 0 t/steady/n:1\nrow 1 t/steady/n:10\nrow 2 t/new\n"
		"row 3 t/lacking\nrow 4 t/broken\nrow 5 t/wrong\n";
	const struct mb_runner_options options = {
		.filter = filter, .arena_bytes = MB_MIB, .rows = rows};
	struct mb_err err = {0};
	char *answers = NULL, *rest;
	size_t size;
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r"),
	     *out = open_memstream(&answers, &size);

	setups = validations = teardowns = 0;
	assert_int_equal(mb_paced_serve(&options, in, out, &err), expected);
	assert_int_equal(!!expected, !!err.code);
	fclose(in);
	fclose(out);
	if (strncmp(answers, greeting, strlen(greeting)))
		return answers;
	rest = strdup(answers + strlen(greeting));
	free(answers);
	return rest;
}

static void expect(const char *text, const char *answers)
{
	char *is = serve(text, NULL, 0), *loop, *end;

	/* What a loop took is the clock's. */
	for (char *at = is; (loop = strstr(at, "took ")); at = loop) {
		loop = strchr(loop + 5, ' ');
		end = strchr(loop, '\n');
		memmove(loop, end, strlen(end) + 1);
	}
	assert_string_equal(is, answers);
	free(is);
}

/* Set up once, the median of each turn's rounds, checked once. */
static void test_turns(void **state)
{
	expect("open 1\nturn 1\nturn 3\nturn 4\nclose\nend\nopen 2\n",
	       "opened 1\ntook 1000\ntook 3000\ntook 6500\nclosed 32768 10 0\n");
	assert_true(setups == 1 && validations == 1 && teardowns == 1);
	expect("open 0\nclose\nopen 1\nturn 1\nclose\n",
	       "opened 0\nclosed 0 0 0\nopened 1\ntook 1000\nclosed 32768 10 0\n");
	assert_true(setups == 2 && validations == 1 && teardowns == 2);
}

static void test_warm_up(void **state)
{
	expect("open 2\nturn 1\nclose\n", "opened 2\ntook 2000\nclosed 32768 0 0\n");
}

/* The end of input in the midst of everything leaves nothing behind. */
static void test_end_of_input(void **state)
{
	expect("", "");
	expect("open 0\nturn 1\n", "opened 0\ntook 1000\n");
	assert_true(setups == 1 && teardowns == 1);
	expect("open 0", "");
}

static void test_failures(void **state)
{
	expect("open 3\nopen 0\nclose\n", "failed skipped one node only\nopened 0\nclosed 0 0 0\n");
	expect("open 4\nturn 2\nturn 2\n",
	       "opened 4\nfailed error Input/output error\nwrong no row is open\n");
	assert_int_equal(teardowns, 1);
	expect("open 5\nturn 1\nclose\nclose\n",
	       "opened 5\ntook 1\nfailed error page 7 is wrong\nwrong no row is open\n");
	assert_int_equal(teardowns, 1);
	/* What never ran is not checked. */
	expect("open 5\nclose\nclose\n", "opened 5\nclosed 0 0 0\nwrong no row is open\n");
	assert_true(!validations && teardowns == 1);
}

static void test_nonsense(void **state)
{
	char line[2000];

	expect("turn 1\nclose\nopen 6\nopen x\nhello\nopened 1\n\n",
	       "wrong no row is open\nwrong no row is open\nwrong there is no row with this number\n"
	       "wrong no line of this protocol\nwrong no line of this protocol\nwrong this is said by the other side\n"
	       "wrong no line of this protocol\n");
	expect("open 0\nopen 1\nturn 0\nturn 100001\nturn 1\n",
	       "opened 0\nwrong a row is open already\nwrong a turn has 1 to 100000 rounds\n"
	       "wrong a turn has 1 to 100000 rounds\ntook 1000\n");
	memset(line, '1', sizeof(line));
	memcpy(line, "open ", 5);
	memcpy(line + sizeof(line) - 5, "\nend\n", 5);
	line[sizeof(line) - 1] = '\0';
	expect(line, "wrong no line of this protocol\n");
}

static void test_filter(void **state)
{
	char *is = serve("end\n", "steady/n:1$", 0);

	assert_string_equal(is, "memboot-paced 1 1\nrow 0 t/steady/n:1\n");
	free(is);
	free(serve("end\n", "nothing", -ENOENT));
	free(serve("end\n", "(", -EINVAL));
}

static void test_full_device(void **state)
{
	const struct mb_runner_options options = {.arena_bytes = MB_MIB, .rows = rows};
	FILE *in = fopen("/dev/null", "r"), *out = fopen("/dev/full", "w");
	struct mb_err err = {0};

	assert_int_equal(mb_paced_serve(&options, in, out, &err), -EIO);
	fclose(in);
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),        cmocka_unit_test(test_warm_up),
		cmocka_unit_test(test_end_of_input), cmocka_unit_test(test_failures),
		cmocka_unit_test(test_nonsense),     cmocka_unit_test(test_filter),
		cmocka_unit_test(test_full_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
