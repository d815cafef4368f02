/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: e820__memblock_setup (arch/x86/kernel/e820.c), arm64_memblock_init, and the tagging of
 * memory with nodes in numa_register_memblks, 6.1.
 * Kept: reservations come before memory; page 0 and [640 KiB, 1 MiB) of a PC are no memory and its
 * first MiB is reserved; regions are cut to whole pages; node ids by memblock_set_node; the marks
 * for hotplug, mirrored and unmapped memory.
 * Left out: what the kernel allocates before nodes are known (direct map tables, log buffer).
 * Invariants: those of memblock (mb_memblock_check), and no memory without a node.
 */
#include <errno.h>

#include "core/base/align.h"
#include "core/boot_state.h"
#include "core/cmdline.h"
#include "core/memblock_stage.h"

static int add_memory(struct mb_boot *boot)
{
	const struct mb_machine *machine = boot->machine;
	struct mb_memblock *memblock = &boot->memblock;
	int r = 0;

	for (size_t i = 0; !r && i < machine->nr_mem; i++)
		r = mb_memblock_add(memblock, machine->mem[i].start,
				    machine->mem[i].end - machine->mem[i].start);
	if (!r && machine->arch == MB_ARCH_X86_64) {
		r = mb_memblock_remove(memblock, 0, 4 * MB_KIB);
		if (!r)
			r = mb_memblock_remove(memblock, 640 * MB_KIB, 384 * MB_KIB);
	}
	mb_memblock_trim_memory(memblock, UINT64_C(1) << machine->page_shift);
	return r;
}

/*
 * Nodes and marks, by whole pages: a page that several ranges share is the last one's. Firmware has no such
 * ranges, and Linux would have pages that no region holds whole: holes that become free memory once the mark
 * for hotplug is gone.
 */
static int mark_memory(struct mb_boot *boot)
{
	uint64_t page = UINT64_C(1) << boot->machine->page_shift;
	struct mb_memblock *memblock = &boot->memblock;
	int r = 0;

	for (size_t i = 0; !r && i < boot->machine->nr_mem; i++) {
		const struct mb_machine_mem *mem = &boot->machine->mem[i];
		mb_phys_t start = mb_align_down_pow2(mem->start, page);
		mb_phys_t size = mb_align_down_pow2(mem->end, page) - start;

		r = mb_memblock_set_node(memblock, start, size, &memblock->memory, mem->nid);
		if (!r && mem->flags & MB_MEM_HOTPLUG)
			r = mb_memblock_mark_hotplug(memblock, start, size);
		if (!r && mem->flags & MB_MEM_MIRROR)
			r = mb_memblock_mark_mirror(memblock, start, size);
		if (!r && mem->flags & MB_MEM_NOMAP)
			r = mb_memblock_mark_nomap(memblock, start, size);
	}
	return r;
}

/*
 * What is reserved before memory is known, as long as the static array has room for it; the rest comes
 * when a larger array can be had.
 */
static int reserve_memory(struct mb_boot *boot, size_t *next, size_t room)
{
	const struct mb_machine *machine = boot->machine;
	int r = 0;

	for (; !r && *next < machine->nr_reserved && room--; (*next)++)
		r = mb_memblock_reserve(&boot->memblock, machine->reserved[*next].start,
					machine->reserved[*next].end -
						machine->reserved[*next].start);
	return r;
}

/* Options that memblock itself obeys. */
static void read_options(struct mb_boot *boot)
{
	const char *cmdline = boot->machine->cmdline;

	boot->memblock.movable_node = mb_cmdline_has(cmdline, "movable_node");
	boot->memblock.mirror = mb_cmdline_mirror(cmdline);
}

static int memblock_run(struct mb_boot *boot)
{
	struct mb_memblock *memblock = &boot->memblock;
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_memblock_stage);
	mb_pfn_t start, end;
	size_t reserved = 0;
	int index = -1, r;

	mb_memblock_init(memblock, boot->machine->page_shift, boot->profile->memblock_dummy);
	read_options(boot);
	r = boot->machine->arch == MB_ARCH_X86_64 ? mb_memblock_reserve(memblock, 0, MB_MIB) : 0;
	if (!r)
		r = reserve_memory(boot, &reserved, MB_MEMBLOCK_INIT_REGIONS - 8);
	mb_memblock_allow_resize(memblock);
	if (!r)
		r = add_memory(boot);
	if (!r)
		r = reserve_memory(boot, &reserved, SIZE_MAX);
	if (!r)
		r = mark_memory(boot);
	if (r)
		return MB_FAIL(&boot->err, r,
			       "memblock cannot hold the memory map (%zu ranges, %zu reserved)",
			       boot->machine->nr_mem, boot->machine->nr_reserved);
	while (mb_memblock_next_mem_pfn_range(memblock, &index, MB_MAX_NODES, &start, &end, NULL))
		stat->pages += end - start;
	if (!stat->pages)
		return MB_FAIL(&boot->err, -EINVAL,
			       "the machine has no whole page of memory beyond page 0");
	stat->bytes = 24 * (memblock->memory.max + memblock->reserved.max);
	return 0;
}

static int memblock_check(struct mb_boot *boot)
{
	mb_pfn_t start, end;
	int index = -1, nid;

	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      &nid))
		if (nid < 0 || !mb_machine_node_possible(boot->machine, nid))
			return MB_FAIL(&boot->err, -EUCLEAN,
				       "memory at page frame 0x%llx has no node",
				       (unsigned long long)start);
	if (mb_memblock_check(&boot->memblock))
		return MB_FAIL(&boot->err, -EUCLEAN,
			       "memblock's arrays are not sorted and minimal");
	return 0;
}

static void memblock_undo(struct mb_boot *boot)
{
	mb_memblock_fini(&boot->memblock);
}

const struct mb_stage mb_memblock_stage = {
	.name = "memblock",
	.linux_name = "e820__memblock_setup",
	.summary = "the firmware's map becomes memory and reserved regions",
	.dry_run = true,
	.run = memblock_run,
	.check = memblock_check,
	.undo = memblock_undo,
};
