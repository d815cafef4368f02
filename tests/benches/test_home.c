/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/home.h"

static cpu_set_t mine(void)
{
	cpu_set_t set;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	return set;
}

/* One CPU while at home, and afterwards those that were there before. */
static void test_there_and_back(void **state)
{
	cpu_set_t before = mine(), at_home, after;
	struct mb_home home = {0};
	struct mb_topo *topo;

	assert_int_equal(mb_topo_new(NULL, &topo), 0);
	mb_home_enter(&home, topo);
	at_home = mine();
	mb_home_leave(&home);
	after = mine();
	assert_true(CPU_EQUAL(&before, &after));
	if (topo->parts[MB_TOPO_BINDING].code) {
		assert_true(CPU_EQUAL(&before, &at_home));
	} else {
		assert_int_equal(CPU_COUNT(&at_home), 1);
		assert_true(CPU_ISSET(topo->nodes[0].cpus[0], &at_home));
	}
	mb_topo_free(topo);
}

/* Without a topology, or with that of another machine, a thread stays where it is. */
static void test_nowhere(void **state)
{
	struct mb_topo_node node = {.cpus = (int[]){0}, .nr_cpus = 1};
	struct mb_topo other = {.nodes = &node, .nr_nodes = 1, .this_system = false};
	const struct mb_topo *cases[] = {NULL, &other};

	for (size_t i = 0; i < 2; i++) {
		cpu_set_t before = mine(), at_home;
		struct mb_home home = {0};

		mb_home_enter(&home, cases[i]);
		at_home = mine();
		assert_true(CPU_EQUAL(&before, &at_home));
		mb_home_leave(&home);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
