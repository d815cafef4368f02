/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hash.h"
#include "tests/core/boot_case.h"

/* Entries that kernels printed, from the kernel pages that they had. */
static void entries_by_memory(void **state)
{
	static const struct {
		uint64_t pages, dentries;
	} rows[] = {
		{UINT64_C(6) << 20, 4194304},  /* 24 GiB */
		{16514784, 8388608},           /* 64 GiB */
		{UINT64_C(16) << 20, 8388608}, /* 64 GiB: not beyond the limit */
		{(UINT64_C(16) << 20) + 1,
		 8388608},                      /* beyond it one doubling of four is left out */
		{UINT64_C(64) << 20, 16777216}, /* 256 GiB */
		{UINT64_C(1) << 28, 33554432},  /* 1 TiB */
		{UINT64_C(1) << 40, UINT64_C(0x80000000)}, /* 4 PiB: the cap */
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		assert_int_equal(mb_hash_entries(rows[i].pages, rows[i].pages, 13, 12),
				 rows[i].dentries);
}

/* A sixteenth of all memory is the most that a table may take. */
static void no_more_than_a_sixteenth(void **state)
{
	assert_int_equal(mb_hash_entries(1 << 20, 1 << 10, 13, 12), (1 << 22) / 16 / 8);
	assert_int_equal(mb_hash_entries(1, 1, 13, 12), 32);
}

/*
 * Machines whose kernels printed "Dentry cache hash table entries: N (order: O" and the same for inodes: with one
 * node the tables come from memblock, with four later on.
 */
static void as_kernels_print_them(void **state)
{
	static const struct {
		const char *machine;
		uint64_t dentries, inodes;
		unsigned dentry_order, inode_order;
		bool placed;
	} rows[] = {
		{"node0=0x9fc00@0+0xbfee0000@0x100000+1G@4G node0.cpus=0-1", 524288, 262144, 10, 9,
		 true},
		{"node0=0x9fc00@0+0xbfee0000@0x100000+13G@4G node1=16G@17G node2=16G@33G node3=16G@49G "
		 "node0.cpus=0-1 node1.cpus=2-3 node2.cpus=4-5 node3.cpus=6-7",
		 8388608, 4194304, 14, 13, false},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		const struct mb_hash_table *tables;
		struct boot_case c;

		boot_case_init(&c, rows[i].machine, (struct boot_options){.dry_run = true});
		boot_case_run(&c, &mb_hash_stage);
		tables = c.boot->hashes;
		assert_int_equal(tables[MB_HASH_DENTRY].entries, rows[i].dentries);
		assert_int_equal(tables[MB_HASH_INODE].entries, rows[i].inodes);
		assert_int_equal(tables[MB_HASH_DENTRY].order, rows[i].dentry_order);
		assert_int_equal(tables[MB_HASH_INODE].order, rows[i].inode_order);
		assert_int_equal(tables[MB_HASH_DENTRY].start != 0, rows[i].placed);
		boot_case_fini(&c);
	}
}

/*
 * 4 GiB of which 2.5 are reserved: until 6.9 tables are sized by the pages that the zones have, later by those
 * that memblock has left.
 */
static void reserved_memory_counts_until_6_9(void **state)
{
	static const struct {
		const char *kernel;
		uint64_t dentries;
	} rows[] = {{"6.1", 524288}, {"6.12", 262144}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct boot_case c;

		boot_case_init(&c, "node0=4G@4G reserve=2560M@0x120000000 node0.cpus=0",
			       (struct boot_options){.kernel = rows[i].kernel, .dry_run = true});
		boot_case_run(&c, &mb_hash_stage);
		assert_int_equal(c.boot->hashes[MB_HASH_DENTRY].entries, rows[i].dentries);
		boot_case_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_by_memory),
		cmocka_unit_test(no_more_than_a_sixteenth),
		cmocka_unit_test(as_kernels_print_them),
		cmocka_unit_test(reserved_memory_counts_until_6_9),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
