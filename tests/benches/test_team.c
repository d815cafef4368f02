/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "benches/team.h"
#include "core/base/align.h"
#include "core/host_plain.h"
#include "numa/topo.h"

static const struct mb_bench_env plain_env;

/* A host of so many nodes with so many CPUs each; the first node has no memory. */
static struct mb_topo *fake_topo(struct mb_topo_node *nodes, size_t nr_nodes, size_t nr_cpus,
				 struct mb_topo *topo)
{
	memset(nodes, 0, nr_nodes * sizeof(*nodes));
	for (size_t i = 0; i < nr_nodes; i++) {
		nodes[i].nr_cpus = i ? nr_cpus : 77;
		nodes[i].total_bytes = i ? MB_GIB : 0;
	}
	for (size_t i = 0; i < nr_nodes; i++)
		nodes[i].cpu_node = nodes[i].os_index = (int)i;
	*topo = (struct mb_topo){.nodes = nodes, .nr_nodes = nr_nodes};
	return topo;
}

/* One, all, and the powers of two between: no number of threads twice. */
static void test_offers(void **state)
{
	struct mb_topo_node nodes[3];
	struct mb_topo topo;

	for (size_t cpus = 1; cpus < 70; cpus++) {
		const struct mb_bench_env env = {.topo = fake_topo(nodes, 3, cpus, &topo)};
		uint64_t seen = 0, always = 0;

		for (size_t i = 0; i < MB_TEAM_MAX_ARGS; i++) {
			int64_t arg = mb_team_args[i];
			enum mb_bench_offer offer = mb_team_offer(&env, arg);
			unsigned size = mb_team_size(&env, arg);

			if (offer == MB_BENCH_OFFER_NEVER)
				continue;
			assert_in_range(size, 1, cpus);
			if (size >= 64)
				continue;
			assert_false(seen >> size & 1);
			seen |= UINT64_C(1) << size;
			always += offer == MB_BENCH_OFFER_ALWAYS;
		}
		assert_true(seen >> 1 & 1);
		assert_true(cpus >= 64 || seen >> cpus & 1);
		assert_in_range(always, 1, 2);
		assert_int_equal(mb_team_nr_nodes(&env), 2);
	}
	assert_int_equal(mb_team_nr_nodes(&plain_env), 1);
}

/* Nodes are counted without the one that has no memory. */
static void test_nodes(void **state)
{
	struct mb_topo_node nodes[4];
	struct mb_topo topo;
	const struct mb_bench_env env = {.topo = fake_topo(nodes, 4, 5, &topo)};

	nodes[3].nr_cpus = 2;
	nodes[2].cpu_node = 3;
	nodes[1].bare = true;
	nodes[1].cpu_node = 0;
	assert_int_equal(mb_team_node_size(&env, 0), 5);
	assert_int_equal(mb_team_node_size(&env, 2), 2);
	assert_false(mb_team_has_cpus(&env, 0));
	assert_false(mb_team_has_cpus(&env, 1));
	assert_true(mb_team_has_cpus(&env, 2));
	assert_int_equal(mb_team_node_size(&plain_env, 0), mb_team_size(&plain_env, MB_TEAM_ALL));
}

static void test_arg_text(void **state)
{
	assert_string_equal(mb_team_arg_text(MB_TEAM_ALL), "all");
	for (size_t i = 0; i < MB_TEAM_MAX_ARGS; i++)
		if (mb_team_args[i] != MB_TEAM_ALL)
			assert_int_equal(atoll(mb_team_arg_text(mb_team_args[i])), mb_team_args[i]);
}

struct parts {
	unsigned char done[1000];
	unsigned threads;
};

static int do_part(void *arg, unsigned index, unsigned threads)
{
	struct parts *parts = arg;
	uint64_t start, end = mb_team_part(MB_ARRAY_SIZE(parts->done), index, threads, &start);

	for (uint64_t i = start; i < end; i++)
		parts->done[i]++;
	return threads == parts->threads ? 0 : -EINVAL;
}

/* Every thing is in one worker's part. */
static void run_parts(const struct mb_bench_env *env)
{
	struct mb_ground *ground = NULL;
	struct mb_err err = {0};

	if (mb_team_open(env, &err, &ground))
		fail_msg("%s", err.text);
	for (unsigned threads = 1; threads < 8; threads++) {
		struct parts parts = {.threads = threads};
		uint64_t ns = 0;

		assert_int_equal(mb_team_run(ground, threads, do_part, &parts, &err, &ns), 0);
		assert_true(ns > 0);
		for (size_t i = 0; i < MB_ARRAY_SIZE(parts.done); i++)
			assert_int_equal(parts.done[i], 1);
	}
	mb_ground_close(ground);
}

static void test_run_plain(void **state)
{
	run_parts(&plain_env);
}

static void test_run_real(void **state)
{
	struct mb_topo *topo = NULL;
	struct mb_err err = {0};

	if (mb_topo_new(&err, &topo)) {
		print_message("# %s\n", err.text);
		skip();
	}
	run_parts(&(struct mb_bench_env){.topo = topo});
	mb_topo_free(topo);
}

static void test_no_threads(void **state)
{
	struct mb_ground *ground = NULL;
	struct parts parts = {.threads = 2};
	struct mb_err err = {0};
	uint64_t ns = 1234;

	assert_int_equal(mb_team_open(&plain_env, &err, &ground), 0);
	ground->plain->fail_run = 1;
	assert_int_equal(mb_team_run(ground, 2, do_part, &parts, &err, &ns), -EAGAIN);
	assert_int_equal(ns, 1234);
	assert_non_null(strstr(err.text, "threads"));
	mb_ground_close(ground);
}

/* What the round measures adds up; a failure adds nothing. */
static void test_measure(void **state)
{
	struct mb_bench_run run = {.env = &plain_env};
	struct parts parts = {.threads = 2};
	uint64_t first;

	assert_int_equal(mb_team_open(&plain_env, &run.err, &run.ground), 0);
	assert_int_equal(mb_team_measure(&run, 2, do_part, &parts), 0);
	first = run.ns;
	assert_true(first > 0);
	assert_int_equal(run.nr_parts, 1);
	assert_int_equal(mb_team_measure(&run, 2, do_part, &parts), 0);
	assert_true(run.ns > first);
	for (size_t i = 0; i < MB_ARRAY_SIZE(parts.done); i++)
		assert_int_equal(parts.done[i], 2);
	first = run.ns;
	assert_int_equal(mb_team_measure(&run, 3, do_part, &parts), -EINVAL);
	assert_int_equal(run.ns, first);
	mb_ground_close(run.ground);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offers),   cmocka_unit_test(test_arg_text),
		cmocka_unit_test(test_nodes),    cmocka_unit_test(test_run_plain),
		cmocka_unit_test(test_run_real), cmocka_unit_test(test_no_threads),
		cmocka_unit_test(test_measure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
