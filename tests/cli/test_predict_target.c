/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/predict_target.h"
#include "core/base/align.h"
#include "core/host_plain.h"
#include "core/memmodel.h"

static void target_of(const char *text, const struct mb_boot_config *options,
		      struct mb_predict_target *ret_target)
{
	struct mb_boot_config config = *options;
	struct mb_machine *machine;
	struct mb_err err = {0};

	assert_int_equal(mb_machine_parse(text, NULL, &err, &machine), 0);
	config.machine = machine;
	config.profile = mb_profile_find("6.1");
	if (mb_predict_target_new(&config, NULL, &err, ret_target))
		fail_msg("%s: %s", text, err.text);
	mb_machine_free(machine);
}

/* A machine stands for itself: as many workers as its nodes have CPUs, not as this host has. */
static void own_cpus(void **state)
{
	struct mb_boot_config config = {.policy = MB_POLICY_DEFERRED};
	struct mb_predict_target target;

	target_of("nodes=4 each=4T cpus=64", &config, &target);
	assert_int_equal(target.features.nr_nodes, 4);
	assert_int_equal(target.features.nr_groups, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(target.features.nodes[i].group, i);
		assert_true(target.features.nodes[i].threads == 64);
		assert_true(target.features.groups[i].cpus == 64);
		assert_true(target.features.groups[i].gb_s == 0);
		assert_true(target.features.nodes[i].pages > 1e9);
		assert_true(target.features.nodes[i].chunks > 200);
		assert_true(target.features.nodes[i].left_pages == 0);
	}
	assert_true(target.features.cpus == 256);
	assert_true(target.features.fault_threads == 256);
	assert_true(target.features.page_bytes == 64);
	assert_true(target.features.growths == 0);
	assert_true(mb_predict_target_threads(&target) == 64);
	mb_predict_target_fini(&target);
}

/* All pages are early, released, reserved or deferred. */
static void nothing_is_lost(void **state)
{
	for (int policy = 0; policy < MB_NR_POLICIES; policy++) {
		struct mb_boot_config config = {.policy = (enum mb_policy)policy};
		struct mb_predict_target target;
		double pages = 0, left = 0, present = 0;

		target_of("nodes=2 each=16G cpus=4 hole=1M@0x148000000", &config, &target);
		for (size_t i = 0; i < target.features.nr_nodes; i++) {
			pages += target.features.nodes[i].pages;
			left += target.features.nodes[i].left_pages;
			present += (double)target.amount.nodes[i].present_pages;
		}
		assert_true(policy == MB_POLICY_DEFERRED ? pages > 0 : pages == 0);
		assert_true(policy == MB_POLICY_LAZY ? left > 0 : left == 0);
		assert_true((policy == MB_POLICY_LAZY) == (target.features.growths > 0));
		assert_true(target.features.released_pages + pages + left <= present);
		assert_true(target.features.released_pages + pages + left +
				    target.features.reserved_pages >=
			    present);
		if (policy == MB_POLICY_EAGER)
			assert_true(target.features.early_pages == present);
		mb_predict_target_fini(&target);
	}
}

static void threads_and_chunks(void **state)
{
	struct mb_boot_config config = {.policy = MB_POLICY_DEFERRED, .threads = 100};
	struct mb_predict_target target;
	double pages;

	target_of("nodes=2 each=64G cpus=8", &config, &target);
	pages = target.features.nodes[1].pages;
	assert_true(target.features.nodes[1].threads == 100);
	assert_true(target.features.groups[1].cpus == 8);
	assert_true(target.features.fault_threads == 16);
	mb_predict_target_set_chunk(&target, 32768);
	assert_true(target.features.nodes[1].chunks == ceil(pages / 32768));
	mb_predict_target_set_chunk(&target, 1e12);
	assert_true(target.features.nodes[1].chunks == target.features.nodes[1].jobs);
	mb_predict_target_fini(&target);
}

/* "all": a worker for each CPU of the machine's own nodes, also where the kernel's rule has one. */
static void all_cpus(void **state)
{
	struct mb_boot_config config = {.policy = MB_POLICY_DEFERRED};
	struct mb_predict_target target;

	target_of("arch=arm64 page=4K nodes=2 each=64G cpus=8", &config, &target);
	assert_true(target.features.nodes[1].threads == 1);
	mb_predict_target_fini(&target);
	config.host_threads = true;
	target_of("arch=arm64 page=4K nodes=2 each=64G cpus=8", &config, &target);
	assert_true(target.features.nodes[1].threads == 8);
	assert_true(target.features.fault_threads == 16);
	mb_predict_target_fini(&target);
}

/* A node without CPUs has one worker. */
static void bare_node(void **state)
{
	struct mb_boot_config config = {.policy = MB_POLICY_DEFERRED};
	struct mb_predict_target target;

	target_of("node0=8G node1=8G node0.cpus=0-7", &config, &target);
	assert_true(target.features.nodes[0].threads == 8);
	assert_true(target.features.nodes[1].threads == 1);
	assert_true(target.features.groups[1].cpus == 1);
	mb_predict_target_fini(&target);
}

/* On a host, nodes work at once only where they have other CPUs: one that borrows them waits for their owner. */
static void borrowed_cpus(void **state)
{
	int cpus[] = {0, 1, 2, 3};
	struct mb_topo_node nodes[] = {
		{.os_index = 0,
		 .total_bytes = 1,
		 .cpus = cpus,
		 .nr_cpus = 2,
		 .nr_cores = 2,
		 .cpu_node = 0},
		{.os_index = 1,
		 .total_bytes = 1,
		 .cpus = cpus + 2,
		 .nr_cpus = 2,
		 .nr_cores = 1,
		 .cpu_node = 1},
		{.os_index = 2,
		 .total_bytes = 1,
		 .cpus = cpus,
		 .nr_cpus = 2,
		 .nr_cores = 2,
		 .cpu_node = 0,
		 .bare = true},
	};
	struct mb_topo topo = {.nodes = nodes, .nr_nodes = MB_ARRAY_SIZE(nodes)};
	struct mb_boot_config config = {.policy = MB_POLICY_DEFERRED};
	const size_t wanted[] = {0, 1, 0, 0};
	struct mb_predict_target target;
	struct mb_host_plain plain;
	struct mb_machine *machine;
	struct mb_host_map *map;
	struct mb_err err = {0};

	mb_host_plain_init(&plain);
	plain.workers = 2;
	config.host = &plain.host;
	assert_int_equal(mb_machine_parse("nodes=4 each=8G cpus=2", NULL, &err, &machine), 0);
	config.machine = machine;
	config.profile = mb_profile_find("6.1");
	assert_int_equal(mb_host_map_new(machine, &topo, MB_HOST_MAP_NODE, &err, &map), 0);
	assert_int_equal(mb_predict_target_new(&config, map, &err, &target), 0);
	assert_int_equal(target.features.nr_groups, 2);
	for (size_t i = 0; i < MB_ARRAY_SIZE(wanted); i++)
		assert_int_equal(target.features.nodes[i].group, wanted[i]);
	assert_true(target.features.groups[0].cpus == 2 && target.features.groups[0].cores == 2);
	assert_true(target.features.groups[1].cpus == 2 && target.features.groups[1].cores == 1);
	assert_true(target.features.fault_threads == 4);
	mb_predict_target_fini(&target);
	mb_host_map_free(map);
	mb_machine_free(machine);
}

static void too_small(void **state)
{
	struct mb_boot_config config = {.policy = MB_POLICY_DEFERRED};
	struct mb_predict_target target;
	struct mb_machine *machine;
	struct mb_err err = {0};

	assert_int_equal(mb_machine_parse("node0=64K", NULL, &err, &machine), 0);
	config.machine = machine;
	config.profile = mb_profile_find("6.1");
	assert_int_equal(mb_predict_target_new(&config, NULL, &err, &target), -ENOSPC);
	assert_true(*err.text != '\0');
	mb_machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_cpus),           cmocka_unit_test(nothing_is_lost),
		cmocka_unit_test(threads_and_chunks), cmocka_unit_test(bare_node),
		cmocka_unit_test(borrowed_cpus),      cmocka_unit_test(too_small),
		cmocka_unit_test(all_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
