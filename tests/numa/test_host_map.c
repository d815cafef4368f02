/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "numa/host_map.h"
#include "tests/numa/numa_test.h"

static struct mb_host_map *map_of(uint64_t nodes, const struct mb_topo *topo)
{
	struct mb_machine machine = machine_of(nodes);
	struct mb_host_map *map = NULL;

	assert_int_equal(mb_host_map_new(&machine, topo, MB_HOST_MAP_NODE, NULL, &map), 0);
	return map;
}

static void assert_host(const struct mb_host_map *map, int nid, int os_index)
{
	assert_non_null(mb_host_map_find(map, nid));
	assert_int_equal(mb_host_map_find(map, nid)->host->os_index, os_index);
}

/* Nodes 0, 2, 3 and 5 on two host nodes with memory and one without. */
static void test_round_robin(void **state)
{
	struct mb_topo *topo = fake_topo(3, 2);
	struct mb_host_map *map;

	(void)state;
	topo->nodes[1].total_bytes = 0;
	map = map_of(0x2d, topo);
	assert_host(map, 0, 0);
	assert_host(map, 2, 2);
	assert_host(map, 3, 0);
	assert_host(map, 5, 2);
	assert_null(mb_host_map_find(map, 1));
	assert_null(mb_host_map_find(map, 6));
	assert_null(mb_host_map_find(map, -1));
	assert_int_equal(mb_host_map_find(map, 3)->sharers, 2);
	assert_int_equal(mb_host_map_find(map, 3)->slot, 1);
	assert_int_equal(mb_host_map_cpu(map, 1, 0), -1);
	mb_host_map_free(map);
	mb_host_map_free(NULL);
	mb_topo_free(topo);
}

/*
 * For every number of CPUs and of nodes that share them: as many workers as CPUs use all of them, however many more
 * there are they differ by one at most, and the first workers of all nodes are on different CPUs while there are enough.
 */
static void test_workers_spread(void **state)
{
	(void)state;
	for (size_t cpus = 1; cpus <= 12; cpus++) {
		for (unsigned sharers = 1; sharers <= 12; sharers++) {
			struct mb_topo *topo = fake_topo(1, cpus);
			struct mb_host_map *map = map_of((UINT64_C(1) << sharers) - 1, topo);
			unsigned first[12] = {0};

			for (unsigned nid = 0; nid < sharers; nid++) {
				unsigned used[12] = {0};

				for (unsigned i = 0; i < 2 * cpus; i++) {
					int cpu = mb_host_map_cpu(map, (int)nid, i);

					assert_in_range(cpu, 0, cpus - 1);
					assert_int_equal(used[cpu]++, i / cpus);
				}
				first[mb_host_map_cpu(map, (int)nid, 0)]++;
			}
			for (size_t i = 0; i < cpus; i++)
				assert_in_range(first[i], sharers / cpus,
						(sharers + cpus - 1) / cpus);
			mb_host_map_free(map);
			mb_topo_free(topo);
		}
	}
}

/* Two nodes of two workers on four CPUs, cores first: nobody gets a sibling of a used core. */
static void test_few_workers_get_cores(void **state)
{
	static const int core_first[] = {0, 2, 4, 6, 1, 3, 5, 7};
	struct mb_topo *topo = fake_topo(1, 8);
	struct mb_host_map *map = map_of(3, topo);
	unsigned cores = 0;

	(void)state;
	memcpy(topo->nodes[0].cpus, core_first, sizeof(core_first));
	for (int nid = 0; nid < 2; nid++) {
		for (unsigned i = 0; i < 2; i++)
			cores |= 1U << mb_host_map_cpu(map, nid, i) / 2;
	}
	assert_int_equal(cores, 0xf);
	mb_host_map_free(map);
	mb_topo_free(topo);
}

/*
 * Spread over three host nodes of four CPUs and one that borrows: a worker's first CPU is one of its host node, the next ones
 * go round, and three simulated nodes with a share of all workers each use every CPU once.
 */
static void test_spread(void **state)
{
	struct mb_topo *topo = fake_topo(4, 4);
	struct mb_machine machine = machine_of(0x7);
	struct mb_host_map *map = NULL;
	unsigned used[12] = {0};

	(void)state;
	memcpy(topo->nodes[3].cpus, topo->nodes[1].cpus, 4 * sizeof(int));
	topo->nodes[3].cpu_node = 1;
	assert_int_equal(mb_host_map_new(&machine, topo, MB_HOST_MAP_SPREAD, NULL, &map), 0);
	assert_int_equal(map->nr_owners, 3);
	for (int nid = 0; nid < 3; nid++) {
		for (unsigned i = 0; i < 4; i++) {
			int cpu = mb_host_map_cpu(map, nid, i);

			assert_in_range(cpu, 0, 11);
			assert_int_equal(cpu / 4, ((unsigned)nid + i) % 3);
			used[cpu]++;
		}
	}
	for (size_t i = 0; i < 12; i++)
		assert_int_equal(used[i], 1);
	mb_host_map_free(map);
	mb_topo_free(topo);
}

/*
 * Two nodes own four CPUs each and two have none: spread over the owners alone, a quarter of the workers each uses every CPU
 * once, on both packages.
 */
static void test_spread_without_bare_nodes(void **state)
{
	struct mb_machine machine = machine_of(0xf);
	struct mb_host_map *map = NULL;
	struct mb_topo_want want = {0};
	unsigned used[8] = {0};
	struct mb_topo *topo;
	char path[4096];
	int r;

	(void)state;
	snprintf(path, sizeof(path), "%s/topo/2-packages-cxl.xml", getenv("MB_TEST_DATA"));
	want.source = path;
	r = mb_topo_new_want(&want, NULL, &topo);
	if (r == -ENOTSUP) {
		print_message("skipped: reading another host's topology needs hwloc\n");
		skip();
	}
	assert_int_equal(r, 0);
	assert_int_equal(mb_host_map_new(&machine, topo, MB_HOST_MAP_SPREAD, NULL, &map), 0);
	assert_int_equal(map->nr_owners, 2);
	for (int nid = 0; nid < 4; nid++) {
		for (unsigned i = 0; i < 2; i++) {
			int cpu = mb_host_map_cpu(map, nid, i);

			assert_in_range(cpu, 0, 7);
			assert_int_equal(cpu / 4, ((unsigned)nid / 2 + i) % 2);
			used[cpu]++;
		}
	}
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(used[i], 1);
	mb_host_map_free(map);
	mb_topo_free(topo);
}

static uint64_t cpus_of(const struct mb_host_map *map, int nid, unsigned nr_workers)
{
	uint64_t set[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};

	mb_host_map_add_cpus(map, nid, nr_workers, set);
	return set[0];
}

static uint64_t host_cpus_of(const struct mb_host_map *map, const struct mb_topo_node *host)
{
	uint64_t set[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};

	mb_host_map_add_host_cpus(map, host, set);
	return set[0];
}

/* The sets have what mb_host_map_cpu() says of each worker; a host node that stands for none is shown as if it did. */
static void test_sets_of_cpus(void **state)
{
	struct mb_machine machine = machine_of(0x3), whole = machine_of(0x7);
	struct mb_topo *topo = fake_topo(3, 4);

	(void)state;
	for (int bind = 0; bind < MB_HOST_MAP_NR_BINDS; bind++) {
		struct mb_host_map *map = NULL, *three = NULL;

		assert_int_equal(
			mb_host_map_new(&machine, topo, (enum mb_host_map_bind)bind, NULL, &map),
			0);
		assert_int_equal(
			mb_host_map_new(&whole, topo, (enum mb_host_map_bind)bind, NULL, &three),
			0);
		for (int nid = 0; nid < 2; nid++) {
			uint64_t set = 0;

			for (unsigned i = 0; i < 4; i++) {
				set |= UINT64_C(1) << mb_host_map_cpu(map, nid, i);
				assert_int_equal(cpus_of(map, nid, i + 1), set);
			}
			assert_int_equal(host_cpus_of(map, &topo->nodes[nid]), set);
		}
		assert_int_equal(cpus_of(map, 2, 4), 0);
		assert_int_equal(host_cpus_of(map, &topo->nodes[2]),
				 host_cpus_of(three, &topo->nodes[2]));
		mb_host_map_free(map);
		mb_host_map_free(three);
	}
	mb_topo_free(topo);
}

/* No node has CPUs of its own: spread or not, all that there are work. */
static void test_no_owners(void **state)
{
	struct mb_topo *topo = fake_topo(1, 4);
	struct mb_machine machine = machine_of(0x3);

	(void)state;
	topo->nodes[0].cpu_node = MB_TOPO_ELSEWHERE;
	for (int bind = 0; bind < MB_HOST_MAP_NR_BINDS; bind++) {
		struct mb_host_map *map = NULL;
		unsigned used = 0;

		assert_int_equal(
			mb_host_map_new(&machine, topo, (enum mb_host_map_bind)bind, NULL, &map),
			0);
		for (unsigned i = 0; i < 4; i++)
			used |= 1U << mb_host_map_cpu(map, 1, i);
		assert_int_equal(used, 0xf);
		mb_host_map_free(map);
	}
	mb_topo_free(topo);
}

static void test_this_host(void **state)
{
	const struct mb_topo *topo = *state;
	struct mb_host_map *map = map_of(0xff, topo);

	for (int nid = 0; nid < 8; nid++) {
		const struct mb_topo_node *host = mb_host_map_find(map, nid)->host;

		assert_ptr_equal(mb_topo_find(topo, host->os_index), host);
		assert_true(host->total_bytes > 0);
		assert_true(mb_host_map_cpu(map, nid, 0) >= 0);
	}
	mb_host_map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_robin),
		cmocka_unit_test(test_workers_spread),
		cmocka_unit_test(test_few_workers_get_cores),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_spread_without_bare_nodes),
		cmocka_unit_test(test_sets_of_cpus),
		cmocka_unit_test(test_no_owners),
		cmocka_unit_test_setup_teardown(test_this_host, setup_topo, teardown_topo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
