/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/base/align.h"
#include "numa/hugepages.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"

#define NODE "sys/devices/system/node/node%d/hugepages/hugepages-%dkB/%s"

/* Two nodes with 2 MiB pages, 12 and 20; 5 of the 20 free ones are promised. The first one also has a page of 1 GiB. */
static char *make_tree(void)
{
	char *tree = tree_new();

	for (int node = 0; node < 2; node++) {
		char path[128];

		snprintf(path, sizeof(path), NODE, node, 2048, "nr_hugepages");
		tree_write(tree, path, "%d\n", node ? 20 : 12);
		snprintf(path, sizeof(path), NODE, node, 2048, "free_hugepages");
		tree_write(tree, path, "%d\n", node ? 18 : 2);
	}
	tree_write(tree, "sys/devices/system/node/node0/hugepages/hugepages-1048576kB/nr_hugepages",
		   "1\n");
	tree_write(tree,
		   "sys/devices/system/node/node0/hugepages/hugepages-1048576kB/free_hugepages",
		   "1\n");
	tree_write(tree, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "32\n");
	tree_write(tree, "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "20\n");
	tree_write(tree, "sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages", "5\n");
	tree_mkdir(tree, "sys/devices/system/node/node0/hugepages/hugepages-64kB");
	return tree;
}

static void test_pools(void **state)
{
	char *tree = make_tree();
	struct mb_sysroot root = {.path = tree};
	struct mb_hugepages pool = {.nr_pages = 7}, pools[4];

	(void)state;
	assert_int_equal(mb_hugepages_read(&root, 0, 2 * MB_MIB, &pool), 0);
	assert_int_equal(pool.nr_pages, 12);
	assert_int_equal(pool.free_pages, 2);
	assert_int_equal(mb_hugepages_read(&root, 1, 2 * MB_MIB, &pool), 0);
	assert_int_equal(pool.free_pages, 15);
	assert_int_equal(mb_hugepages_read(&root, MB_HUGEPAGES_HOST, 2 * MB_MIB, &pool), 0);
	assert_int_equal(pool.nr_pages, 32);
	assert_int_equal(pool.free_pages, 15);
	assert_int_equal(mb_hugepages_read(&root, 1, MB_GIB, &pool), -ENOENT);
	assert_int_equal(pool.nr_pages, 32);

	/* Ascending; a folder without its files is no pool. */
	assert_int_equal(mb_hugepages_list(&root, 0, pools, 4), 2);
	assert_int_equal(pools[0].page_bytes, 2 * MB_MIB);
	assert_int_equal(pools[1].page_bytes, MB_GIB);
	assert_int_equal(mb_hugepages_list(&root, 0, pools, 1), 1);
	assert_int_equal(mb_hugepages_list(&root, 7, pools, 4), 0);
	tree_free(tree);
}

/* The command makes the pool as large as it is plus what is missing. */
static void test_words(void **state)
{
	const struct mb_hugepages pool = {2 * MB_MIB, 12, 2};
	struct mb_err err = {0};

	(void)state;
	assert_int_equal(mb_hugepages_fail(&pool, 1, 9, &err), -ENOMEM);
	assert_string_equal(
		err.text, "9 pages of 2 MiB are needed, 2 are free; as root: echo 19 > "
			  "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages");
	mb_err_clear(&err);
	mb_hugepages_fail(&(struct mb_hugepages){2 * MB_MIB, 0, 1}, 1, 1, &err);
	assert_non_null(strstr(err.text, "1 page of 2 MiB is needed, 1 is free; as root: "));
	mb_err_clear(&err);
	mb_hugepages_fail(&pool, MB_HUGEPAGES_HOST, 3, &err);
	assert_non_null(strstr(err.text, "echo 13 > /sys/kernel/mm/hugepages/hugepages-2048kB/"));
}

/* Two mappings inside, one with both kinds of pages, one of a pool; and one that begins outside. */
static void test_what_was_got(void **state)
{
	static const char smaps[] =
		"7f0000000000-7f0000400000 rw-p 00000000 00:00 0 \n"
		"Size:               4096 kB\n"
		"KernelPageSize:        4 kB\n"
		"Rss:                3072 kB\n"
		"AnonHugePages:      2048 kB\n"
		"Private_Hugetlb:       0 kB\n"
		"VmFlags: rd wr mr mw me ac hg\n"
		"7f0000400000-7f0000800000 rw-p 00000000 00:0f 7 /anon_hugepage (deleted)\n"
		"KernelPageSize:     2048 kB\n"
		"Rss:                   0 kB\n"
		"AnonHugePages:         0 kB\n"
		"Private_Hugetlb:    4096 kB\n"
		"7f0000800000-7f0000900000 rw-p 00000000 00:00 0 \n"
		"Rss:                1024 kB\n"
		"Private_Hugetlb:    4096 kB\n";
	struct mb_hugepages_got got = {0};

	(void)state;
	mb_hugepages_count(smaps, 0x7f0000000000, 0x7f0000800000, &got);
	assert_int_equal(got.base_bytes, MB_MIB);
	assert_int_equal(got.thp_bytes, 2 * MB_MIB);
	assert_int_equal(got.hugetlb_bytes, 4 * MB_MIB);
	assert_int_equal(got.hugetlb_size, 2 * MB_MIB);

	/* Another range adds to it; nothing adds nothing. */
	mb_hugepages_count(smaps, 0x7f0000800000, 0x7f0000900000, &got);
	assert_int_equal(got.base_bytes, 2 * MB_MIB);
	mb_hugepages_count("", 0, UINT64_MAX, &got);
	assert_int_equal(got.base_bytes, 2 * MB_MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_what_was_got),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
