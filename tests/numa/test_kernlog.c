/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "numa/kernlog.h"
#include "tests/captures.h"
#include "tests/seed.h"

static struct mb_kernlog *parse(const char *text, size_t length)
{
	struct mb_kernlog *log = NULL;

	assert_int_equal(mb_kernlog_parse(text, length, &log), 0);
	return log;
}

static struct mb_kernlog *parse_text(const char *text)
{
	return parse(text, strlen(text));
}

static void test_empty(void **state)
{
	struct mb_kernlog *log = parse("", 0);
	char buf[8];

	assert_string_equal(log->version, "");
	assert_string_equal(log->cmdline, "");
	assert_int_equal(log->trace.nr_events, 0);
	assert_int_equal(mb_kernlog_release(log, buf, sizeof(buf)), -ENOENT);
	mb_kernlog_free(log);
	mb_kernlog_free(NULL);
}

/* The words of a log that all kinds of lines are in. */
static const char sample[] =
	"[    0.000000] Linux version 6.1.0-1-amd64 (gcc) #1 SMP\n"
	"[    0.000000] Command line: quiet movablecore=2G \n"
	"BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable\r\n"
	"BIOS-e820: [mem 0x0000000000100000-0xffffffffffffffff] ACPI data\n"
	"user: [mem 0x0000000000000000-0x000000000009fbff] usable\n"
	"ACPI: SRAT: Node 0 PXM 0 [mem 0x00000000-0x0009ffff]\n"
	"ACPI: SRAT: Node 1 PXM 7 [mem 0x440000000-0x83fffffff] hotplug\n"
	"RAMDISK: [mem 0xbfee3000-0xbffdffff]\n"
	"NODE_DATA(1) allocated [mem 0x83ffd5000-0x83fffffff]\n"
	"Zone ranges:\n"
	"  DMA      [mem 0x0000000000001000-0x0000000000ffffff]\n"
	"  Device   empty\n"
	"Movable zone start for each node\n"
	"  Node 1: 0x0000000200000000\n"
	"Early memory node ranges\n"
	"  node   0: [mem 0x0000000000001000-0x000000000009efff]\n"
	"  DMA32    [mem 0x0000000000001000-0x0000000000ffffff]\n"
	"Initmem setup node 0 [mem 0x0000000000001000-0x000000043fffffff]\n"
	"Initmem setup node 2 as memoryless\n"
	"On node 0, zone DMA: 97 pages in unavailable ranges\n"
	"SRAT: PXM 5 -> APIC 0x0a -> Node 1\n"
	"smpboot: Allowing 8 CPUs, 3 hotplug CPUs\n"
	"setup_percpu: NR_CPUS:8192 nr_cpumask_bits:8 nr_cpu_ids:8 nr_node_ids:4\n"
	"percpu: Embedded 61 pages/cpu s212992 r8192 d28672 u1048576\n"
	"pcpu-alloc: s212992 r8192 d28672 u1048576 alloc=1*2097152\n"
	"pcpu-alloc: [0] 0 1 [1] 2 - \n"
	"pcpu-alloc: [1] 3 -- \n"
	"Fallback order for Node 1: 1 0 \n"
	"Built 2 zonelists, mobility grouping on.  Total pages: 16514784\n"
	"Policy zone: Normal\n"
	"Dentry cache hash table entries: 8388608 (order: 14, 67108864 bytes, vmalloc hugepage)\n"
	"Inode-cache hash table entries: 262144 (order: 9, 2097152 bytes, linear)\n"
	"Memory: 3247564K/8388608K available (12096K kernel code, 2022K rwdata, 7824K rodata, 4608K "
	"init, 588K bss, 245744K reserved, 65536K cma-reserved)\n"
	"SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=8, Nodes=4\n"
	"Freeing SMP alternatives memory: 36K\n"
	"cma: Reserved 64 MiB at 0x00000000fc000000\n"
	"node 1 deferred pages initialised in 628ms\n"
	"node 3 initialised, 4031488 pages in 120ms\n"
	"x86/mm: Memory block size: 1024MB\n"
	"Freeing unused kernel image (text/rodata gap) memory: 2040K";

static void assert_lists(const struct mb_kernlog *log)
{
	assert_int_equal(log->e820.count, 2);
	assert_string_equal(log->e820.list[0].what, "usable");
	assert_int_equal(log->e820.list[0].end, 0x9fc00);
	assert_string_equal(log->e820.list[1].what, "ACPI data");
	assert_int_equal(log->e820.list[1].end, MB_PHYS_MAX);
	assert_int_equal(log->user.count, 1);
	assert_int_equal(log->srat.count, 2);
	assert_int_equal(log->srat.list[1].nid, 1);
	assert_string_equal(log->srat.list[1].what, " hotplug");
	assert_int_equal(log->initrd.end - log->initrd.start, 0xfd000);
	assert_int_equal(log->pgdats.count, 1);
	assert_int_equal(log->pgdats.list[0].end - log->pgdats.list[0].start, 0x2b000);
	assert_int_equal(log->zones.count, 2);
	assert_string_equal(log->zones.list[1].what, "Device");
	assert_int_equal(log->zones.list[1].end, 0);
	assert_int_equal(log->movable.count, 1);
	assert_int_equal(log->movable.list[0].value, 0x200000000);
	assert_int_equal(log->early.count, 1);
	assert_int_equal(log->initmem.count, 2);
	assert_int_equal(log->initmem.list[1].nid, 2);
	assert_int_equal(log->initmem.list[1].end, 0);
	assert_int_equal(log->unavailable.count, 1);
	assert_string_equal(log->unavailable.list[0].what, "DMA");
	assert_int_equal(log->unavailable.list[0].value, 97);
	assert_int_equal(log->deferred.count, 2);
	assert_int_equal(log->deferred.list[0].value, 628);
	assert_int_equal(log->deferred.list[1].nid, 3);
	assert_int_equal(log->deferred.list[1].value, 120);
	assert_int_equal(log->deferred_pages.count, 1);
	assert_int_equal(log->deferred_pages.list[0].nid, 3);
	assert_int_equal(log->deferred_pages.list[0].value, 4031488);
	assert_int_equal(log->cma.count, 1);
	assert_int_equal(log->late_frees.count, 2);
	assert_true(log->late_frees.list[0].line > log->memory.line);
	assert_string_equal(log->late_frees.list[1].what, "unused kernel image (text/rodata gap)");
	assert_int_equal(log->late_frees.list[1].value, 2040 * 1024);
}

static void test_sample(void **state)
{
	struct mb_kernlog *log = parse_text(sample);
	char buf[16];

	assert_int_equal(mb_kernlog_release(log, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "6.1.0-1-amd64");
	assert_int_equal(mb_kernlog_release(log, buf, 13), -ERANGE);
	assert_string_equal(log->cmdline, "quiet movablecore=2G ");
	assert_lists(log);
	assert_true(log->percpu.found && log->percpu.embedded);
	assert_int_equal(log->percpu.pages, 61);
	assert_int_equal(log->pcpu_alloc.atom_bytes, 2097152);
	assert_int_equal(log->nr_percpu_allocs, 3);
	assert_int_equal(log->percpu_allocs[1].count, 2);
	assert_int_equal(log->percpu_allocs[1].cpus[1], -1);
	assert_int_equal(log->percpu_allocs[2].group, 1);
	assert_int_equal(log->srat_cpus.count, 1);
	assert_int_equal(log->srat_cpus.list[0].nid, 1);
	assert_int_equal(log->srat_cpus.list[0].value, 10);
	assert_int_equal(log->nr_present_cpus, 5);
	assert_int_equal(log->nr_cpu_ids, 8);
	assert_int_equal(log->nr_node_ids, 4);
	assert_int_equal(log->nr_fallback, 1);
	assert_int_equal(log->fallback[0].count, 2);
	assert_int_equal(log->fallback[0].nids[1], 0);
	assert_true(log->zonelists.found && log->zonelists.mobility);
	assert_int_equal(log->zonelists.total_pages, 16514784);
	assert_string_equal(log->policy_zone, "Normal");
	assert_int_equal(log->dentry.order, 14);
	assert_false(log->dentry.linear);
	assert_true(log->inode.linear);
	assert_int_equal(log->memory.reserved_kib, 245744);
	assert_int_equal(log->memory.cma_kib, 65536);
	assert_int_equal(log->slub.nodes, 4);
	assert_int_equal(log->memory_block_bytes, 1 << 30);
	mb_kernlog_free(log);
}

static void test_memory_without_cma(void **state)
{
	struct mb_kernlog *log =
		parse_text("Memory: 5K/9K available (1K code, 2K bss, 3K reserved)");

	assert_true(log->memory.found);
	assert_int_equal(log->memory.reserved_kib, 3);
	assert_int_equal(log->memory.cma_kib, 0);
	mb_kernlog_free(log);
}

/* The free before that of the initrd is told stands for its range where no line names that. */
static void test_initrd_free(void **state)
{
	static const char freed[] =
		"memblock_phys_free: [0x48000000-0x480f1fff] memblock_free+0x5c/0x78\n";
	static const struct {
		const char *before, *behind;
		uint64_t start, end;
	} rows[] = {
		{"", "Freeing initrd memory: 964K\n", 0x48000000, 0x480f2000},
		{"", "Freeing unused kernel memory: 964K\n", 0, 0},
		{"RAMDISK: [mem 0x3000-0x3fff]\n", "Freeing initrd memory: 964K\n", 0x3000, 0x4000},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_kernlog *log;
		char text[256];

		snprintf(text, sizeof(text), "%s%s%s", rows[i].before, freed, rows[i].behind);
		log = parse_text(text);
		assert_int_equal(log->initrd.start, rows[i].start);
		assert_int_equal(log->initrd.end, rows[i].end);
		mb_kernlog_free(log);
	}
	mb_kernlog_free(parse_text("Freeing initrd memory: 964K\n")); /* without any trace */
}

/* Blanks may be many, or a tab: the line is kept as it is. */
static void test_version_blanks(void **state)
{
	struct mb_kernlog *log =
		parse_text("[    0.000000]  Linux version\t  6.1.0-1-amd64 (gcc)\n");
	char release[32];

	assert_string_equal(log->version, "Linux version\t  6.1.0-1-amd64 (gcc)");
	assert_int_equal(mb_kernlog_release(log, release, sizeof(release)), 0);
	assert_string_equal(release, "6.1.0-1-amd64");
	mb_kernlog_free(log);
}

/* Captures */

static size_t count_words(const char *text, const char *word)
{
	size_t count = 0;

	for (; (text = strstr(text, word)); text++)
		count++;
	return count;
}

static size_t count_events(const struct mb_trace *trace, enum mb_trace_type type)
{
	size_t count = 0;

	for (size_t i = 0; i < trace->nr_events; i++)
		count += trace->events[i].type == type;
	return count;
}

static void check_trace(const char *text, const struct mb_trace *trace)
{
	assert_int_equal(count_events(trace, MB_TRACE_REQUEST), count_words(text, " bytes align="));
	assert_int_equal(count_events(trace, MB_TRACE_ANSWER),
			 count_words(text, "] memblock_alloc_range_nid"));
	assert_int_equal(count_events(trace, MB_TRACE_ANSWER) +
				 count_events(trace, MB_TRACE_RESERVE),
			 count_words(text, " memblock_reserve: "));
	assert_int_equal(count_events(trace, MB_TRACE_FREE),
			 count_words(text, " memblock_phys_free: "));
	assert_int_equal(count_events(trace, MB_TRACE_ADD), count_words(text, " memblock_add: "));
	assert_int_equal(count_events(trace, MB_TRACE_REMOVE),
			 count_words(text, " memblock_remove: "));
	assert_int_equal(count_events(trace, MB_TRACE_NODE_DATA), count_words(text, "NODE_DATA"));
	assert_int_equal(count_events(trace, MB_TRACE_CMA), count_words(text, " cma: Reserved"));
	assert_int_equal(trace->nr_dumps, count_words(text, "MEMBLOCK configuration:"));
	for (size_t i = 0; i < trace->nr_dumps; i++)
		assert_true(trace->dumps[i].complete);
}

/* What one line says, another says again. */
static void check_capture(const char *root, void *ctx)
{
	char *version = captures_read(root, "proc/version", NULL), release[64];
	char *cmdline = captures_read(root, "proc/cmdline", NULL), *text;
	const struct mb_trace_dump *dump;
	struct mb_kernlog *log;
	size_t length;

	(void)ctx;
	text = captures_read(root, "dmesg", &length);
	assert_true(version && cmdline && text);
	log = parse(text, length);
	if (!mb_kernlog_release(log, release, sizeof(release)))
		assert_non_null(strstr(version, release));
	if (log->has_cmdline)
		assert_string_equal(log->cmdline, strtok(cmdline, "\n"));
	check_trace(text, &log->trace);
	assert_int_equal(log->e820.count, count_words(text, "BIOS-e820: "));
	assert_int_equal(log->user.count, count_words(text, " user: "));
	assert_int_equal(log->srat.count, count_words(text, " SRAT: Node"));
	assert_int_equal(log->unavailable.count, count_words(text, "in unavailable ranges"));
	assert_int_equal(log->initmem.count, count_words(text, "Initmem setup node"));
	assert_int_equal(log->late_frees.count, count_words(text, "] Freeing "));
	assert_int_equal(log->deferred.count, count_words(text, "deferred pages initialised"));
	assert_true(log->has_zones && log->percpu.found && log->pcpu_alloc.found);
	assert_true(log->dentry.found && log->inode.found && log->memory.found && log->slub.found);
	assert_true(log->zonelists.found && log->initrd.end > log->initrd.start);
	assert_int_equal(log->nr_fallback, log->zonelists.count);
	assert_int_equal(log->percpu.static_bytes, log->pcpu_alloc.static_bytes);
	assert_int_equal(log->memory.line > 0, 1);
	/* The last dump has the early node ranges as memory. */
	dump = &log->trace.dumps[log->trace.nr_dumps - 1];
	assert_int_equal(log->early.count, dump->nr_memory);
	for (size_t i = 0; i < log->early.count; i++) {
		assert_int_equal(log->early.list[i].start, dump->memory[i].base);
		assert_int_equal(log->early.list[i].end, dump->memory[i].end);
		assert_int_equal(log->early.list[i].nid, dump->memory[i].nid);
	}
	mb_kernlog_free(log);
	free(text);
	free(cmdline);
	free(version);
}

static void test_captures(void **state)
{
	captures_each(check_capture, NULL);
}

/* Hostile input */

/* Lines one by one, each cut at each byte, where headings are open; in memory of just their size. */
static void cut_lines(const char *root, void *ctx)
{
	static const char *const headings[] = {"Zone ranges:\n",
					       "Movable zone start for each node\n",
					       "MEMBLOCK configuration:\n"};
	char *text = captures_read(root, "dmesg", NULL), *at = text, *line;
	unsigned *turn = ctx;

	while ((line = strsep(&at, "\n"))) {
		const char *heading = headings[(*turn)++ % MB_ARRAY_SIZE(headings)];
		size_t before = strlen(heading), length = strlen(line);

		for (size_t cut = 0; cut <= length; cut++) {
			char *exact = malloc(before + cut);

			assert_non_null(exact);
			memcpy(exact, heading, before);
			memcpy(exact + before, line, cut);
			mb_kernlog_free(parse(exact, before + cut));
			free(exact);
		}
	}
	free(text);
}

static void test_cut_lines(void **state)
{
	unsigned turn = 0;

	captures_each(cut_lines, &turn);
}

/* Bytes of a log replaced by any others. */
static void spoil(const char *root, void *ctx)
{
	struct mb_rng *rng = ctx;
	size_t length;
	char *text = captures_read(root, "dmesg", &length);

	for (unsigned round = 0; round < 40; round++) {
		for (unsigned i = 0; i < 200; i++)
			text[mb_rng_below(rng, length)] =
				i % 4 ? "0123456789[]-x: \n"[mb_rng_below(rng, 17)]
				      : (char)mb_rng_next(rng);
		mb_kernlog_free(parse(text, length));
	}
	free(text);
}

static void test_random(void **state)
{
	struct mb_rng rng = {seed_or(0x5eed)};
	char bytes[4096];

	captures_each(spoil, &rng);
	for (unsigned round = 0; round < 200; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)mb_rng_next(&rng);
		mb_kernlog_free(parse(bytes, mb_rng_below(&rng, sizeof(bytes))));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_memory_without_cma),
		cmocka_unit_test(test_initrd_free),
		cmocka_unit_test(test_version_blanks),
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_cut_lines),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
