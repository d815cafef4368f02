/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "numa/meminfo.h"
#include "tests/numa/numa_test.h"

static void test_host_text(void **state)
{
	struct mb_meminfo info;

	(void)state;
	assert_int_equal(mb_meminfo_parse("MemTotal:       4096 kB\n"
					  "MemFree:        1024 kB\n"
					  "MemAvailable:   2048 kB\n"
					  "Active(file):    100 kB\n",
					  &info),
			 0);
	assert_int_equal(info.total_bytes, 4096 << 10);
	assert_int_equal(info.free_bytes, 1024 << 10);
	assert_int_equal(info.available_bytes, 2048 << 10);
}

static void test_node_text(void **state)
{
	struct mb_meminfo info;

	(void)state;
	assert_int_equal(mb_meminfo_parse("\nNode 3 MemTotal:       4096 kB\n"
					  "Node 3 MemFree:        1000 kB\n"
					  "Node 3 Active(file):    200 kB\n"
					  "Node 3 Inactive(file):  100 kB\n"
					  "Node 3 SReclaimable:     50 kB",
					  &info),
			 0);
	assert_int_equal(info.total_bytes, 4096 << 10);
	assert_int_equal(info.free_bytes, 1000 << 10);
	assert_int_equal(info.available_bytes, (1000 + 150 + 25) << 10);
}

static void test_other_text(void **state)
{
	struct mb_meminfo info = {.total_bytes = 7};

	(void)state;
	assert_int_equal(mb_meminfo_parse("", &info), -EINVAL);
	assert_int_equal(mb_meminfo_parse("MemFree: 5 kB\n", &info), -EINVAL);
	assert_int_equal(mb_meminfo_parse("MemTotal: many kB\n", &info), -EINVAL);
	assert_int_equal(info.total_bytes, 7);
}

/* More than 64 bits of bytes: as much as fits, rather than the little that is left of it. */
static void test_huge_text(void **state)
{
	const uint64_t most = UINT64_MAX - 1023;
	struct mb_meminfo info;

	(void)state;
	assert_int_equal(mb_meminfo_parse("MemTotal: 18014398509481985 kB\n"
					  "MemFree: 18014398509481983 kB\n"
					  "Active(file): 99999999999999999999 kB\n",
					  &info),
			 0);
	assert_true(info.total_bytes == most);
	assert_true(info.free_bytes == most);
	assert_true(info.available_bytes == most);
}

static void test_this_host(void **state)
{
	struct mb_topo *topo = new_topo();
	struct mb_meminfo host, node;

	(void)state;
	assert_int_equal(mb_meminfo_host(&host), 0);
	assert_true(host.total_bytes > 0);
	assert_true(host.free_bytes <= host.total_bytes);
	assert_true(host.available_bytes <= host.total_bytes);
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		if (topo->parts[MB_TOPO_NODES].code)
			break;
		assert_int_equal(mb_meminfo_node(topo->nodes[i].os_index, &node), 0);
		assert_true(node.total_bytes <= host.total_bytes);
		assert_true(node.available_bytes <= node.total_bytes);
	}
	assert_int_equal(mb_meminfo_node(1 << 20, &node), -ENOENT);
	mb_topo_free(topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_text),  cmocka_unit_test(test_node_text),
		cmocka_unit_test(test_other_text), cmocka_unit_test(test_huge_text),
		cmocka_unit_test(test_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
