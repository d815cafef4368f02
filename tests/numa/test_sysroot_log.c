/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/boot_state.h"
#include "core/host_plain.h"
#include "core/memblock_stage.h"
#include "numa/sysroot.h"
#include "numa/sysroot_log.h"
#include "tests/captures.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

/* The captured machine's boot up to its nodes is what the kernel showed. */

static void assert_memory(const struct mb_memblock *memblock, const struct mb_trace_dump *dump)
{
	assert_int_equal(memblock->memory.cnt, dump->nr_memory);
	for (size_t i = 0; i < dump->nr_memory; i++) {
		const struct mb_memblock_region *region = &memblock->memory.regions[i];

		assert_int_equal(region->base, dump->memory[i].base);
		assert_int_equal(region->base + region->size, dump->memory[i].end);
		assert_int_equal(region->nid, dump->memory[i].nid);
		assert_int_equal(region->flags, dump->memory[i].flags);
	}
}

static void assert_reserved(const struct mb_memblock *memblock, const struct mb_kernlog *log)
{
	struct mb_ranges want = {0};

	assert_int_equal(mb_sysroot_log_reserved(log, &want), 0);
	assert_int_equal(memblock->reserved.cnt, want.count);
	for (size_t i = 0; i < want.count; i++) {
		const struct mb_memblock_region *region = &memblock->reserved.regions[i];

		assert_int_equal(region->base, want.list[i].start);
		assert_int_equal(region->base + region->size, want.list[i].end);
	}
	mb_ranges_fini(&want);
}

static void assert_nodes(const struct mb_boot *boot, const struct mb_kernlog *log)
{
	const struct mb_node *node;
	size_t i = 0;

	mb_node_for_each(node, boot) {
		assert_true(i < log->pgdats.count);
		assert_int_equal(node->pgdat, log->pgdats.list[i++].start);
	}
	assert_int_equal(i, log->pgdats.count);
}

/* The captured machine can be written down. */
static void assert_round_trip(const struct mb_machine *machine)
{
	char *text = mb_machine_print(machine), *again;
	struct mb_machine *other = NULL;
	struct mb_err err = {0};

	assert_int_equal(mb_machine_parse(text, NULL, &err, &other), 0);
	again = mb_machine_print(other);
	assert_string_equal(again, text);
	assert_memory_equal(&other->sizes, &machine->sizes, sizeof(machine->sizes));
	mb_machine_free(other);
	free(again);
	free(text);
}

static void boot_capture(const char *root, void *ctx)
{
	struct mb_boot_config config = {.dry_run = true, .check = true};
	size_t dump, event, nodes;
	struct mb_host_plain plain;
	struct mb_kernlog *log = NULL;
	struct mb_machine *machine = NULL;
	struct mb_err err = {0};
	struct mb_boot *boot;
	char release[64];

	(void)ctx;
	assert_int_equal(mb_sysroot_log_read(tree_root(root), &log), 0);
	assert_non_null(log);
	assert_int_equal(mb_sysroot_machine(tree_root(root), &err, &machine), 0);
	assert_int_equal(mb_sysroot_kernel_release(tree_root(root), release, sizeof(release)), 0);
	assert_int_equal(mb_trace_start(&log->trace, &dump, &event, &nodes), 0);
	mb_host_plain_init(&plain);
	config.machine = machine;
	config.profile = mb_profile_nearest(release);
	config.host = &plain.host;
	assert_int_equal(mb_boot_new(&config, &err, &boot), 0);
	assert_int_equal(mb_boot_run_until(boot, &mb_memblock_stage), 0);
	assert_memory(&boot->memblock, &log->trace.dumps[nodes]);
	assert_reserved(&boot->memblock, log);
	assert_int_equal(mb_boot_run_until(boot, &mb_node_stage), 0);
	assert_nodes(boot, log);
	mb_boot_free(boot);
	assert_round_trip(machine);
	mb_machine_free(machine);
	mb_kernlog_free(log);
}

static void test_captures(void **state)
{
	captures_each(boot_capture, NULL);
}

static void test_sizes(void **state)
{
	static const char text[] = "NODE_DATA(0) allocated [mem 0x1000-0x1fff]\n"
				   "percpu: Embedded 61 pages/cpu s212992 r8192 d28672 u1048576\n"
				   "pcpu-alloc: s5 r0 d3 u8 alloc=1*2097152\n";
	struct mb_machine machine = {.page_shift = 12,
				     .section_shift = 27,
				     .phys_bits = 46,
				     .sizes = {.pgdat_bytes = 7}};
	const struct mb_machine_sizes *sizes = &machine.sizes;
	struct mb_kernlog *log;

	assert_int_equal(mb_kernlog_parse("", 0, &log), 0);
	mb_sysroot_log_sizes(log, &machine);
	assert_int_equal(sizes->pgdat_bytes, 7);
	assert_false(sizes->has_percpu);
	mb_kernlog_free(log);
	assert_int_equal(mb_kernlog_parse(text, strlen(text), &log), 0);
	mb_sysroot_log_sizes(log, &machine);
	assert_int_equal(sizes->pgdat_bytes, 0x1000);
	assert_true(sizes->has_percpu);
	assert_int_equal(sizes->percpu_static_bytes, 5);
	assert_int_equal(sizes->percpu_reserved_bytes, 0);
	assert_int_equal(sizes->mem_section_bytes, 0);
	mb_kernlog_free(log);
}

/* 2^19 sections, 256 or 128 entries a page. */
static void test_section_entries(void **state)
{
	static const struct {
		unsigned long bytes;
		unsigned entry;
	} rows[] = {{16384, 0}, {32768, 32}, {65536, 0}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_machine machine = {
			.page_shift = 12, .section_shift = 27, .phys_bits = 46};
		struct mb_kernlog *log;
		char text[256];

		snprintf(text, sizeof(text),
			 "memblock_alloc_try_nid: %lu bytes align=0x40 nid=-1 "
			 "from=0x0000000000000000 max_addr=0x0000000000000000 "
			 "sparse_init+0x9f/0x200\n",
			 rows[i].bytes);
		assert_int_equal(mb_kernlog_parse(text, strlen(text), &log), 0);
		assert_int_equal(log->trace.nr_events, 1);
		mb_sysroot_log_sizes(log, &machine);
		assert_int_equal(machine.sizes.mem_section_bytes, rows[i].entry);
		mb_kernlog_free(log);
	}
}

static void test_without_log(void **state)
{
	struct mb_ranges reserved = {0};
	struct mb_kernlog *log = NULL;
	char *tree = tree_new();

	assert_int_equal(mb_sysroot_log_read(tree_root(tree), &log), 0);
	assert_null(log);
	tree_write(tree, "dmesg", "Zone ranges:\n");
	assert_int_equal(mb_sysroot_log_read(tree_root(tree), &log), 0);
	assert_non_null(log);
	assert_int_equal(mb_sysroot_log_reserved(log, &reserved), -ENODATA);
	mb_kernlog_free(log);
	assert_int_equal(mb_sysroot_log_read(tree_root("/"), &log), 0);
	assert_null(log);
	tree_free(tree);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_section_entries),
		cmocka_unit_test(test_without_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
