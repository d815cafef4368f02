/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the command line makes of a machine before its memory comes up.
 *
 * Linux: parse_memopt and parse_memmap_one (arch/x86/kernel/e820.c), early_mem and arm64_memblock_init
 * (arch/arm64/mm/init.c), numa_init (arch/x86/mm/numa.c, drivers/base/arch_numa.c), 6.1.
 * Kept: mem= and memmap= change a PC's firmware map before nodes are looked for; memory that they add is
 * the node's whose memory is on both sides of it; a MiB or more that is nobody's makes the kernel do
 * without nodes, as numa=off does; mem= on arm64 leaves the first bytes of RAM, and memory that is not
 * mapped stays.
 * Left out: arm64 adds the kernel's image and the initrd back when mem= has taken them away.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/ranges.h"
#include "core/cmdline.h"
#include "core/machine.h"

/* The memory as it was, and how much of the new memory lies between memory of different nodes, or outside. */
struct old_map {
	struct mb_machine_mem *mem;
	size_t count;       /* at least one range */
	size_t at;          /* mem[at] is the first range that does not end below what is added */
	uint64_t uncovered; /* bytes */
};

/* Adds one range of RAM, cut where the old map changes. Ranges come in order. */
static int add_ram(struct mb_machine *machine, struct old_map *old, mb_phys_t at, mb_phys_t end)
{
	size_t i;
	int r = 0;

	while (old->at < old->count && old->mem[old->at].end <= at)
		old->at++;
	i = old->at;
	while (at < end && !r) {
		mb_phys_t until = end;

		if (i < old->count && old->mem[i].start <= at) {
			until = mb_min(end, old->mem[i].end);
			r = mb_machine_add_mem(machine, at, until, old->mem[i].nid,
					       old->mem[i].flags);
			i++;
		} else {
			int nid = old->mem[i ? i - 1 : 0].nid;

			if (i < old->count)
				until = mb_min(end, old->mem[i].start);
			if (!i || i == old->count || old->mem[i].nid != nid)
				old->uncovered += until - at;
			r = mb_machine_add_mem(machine, at, until, nid, MB_MEM_NONE);
		}
		at = until;
	}
	return r;
}

static bool has_several_nodes(const struct old_map *map)
{
	for (size_t i = 1; i < map->count; i++)
		if (map->mem[i].nid != map->mem[0].nid)
			return true;
	return false;
}

/* Node 0 has it all: memory, CPUs and no distance to others; the SRAT's marks are not there either. */
static void drop_nodes(struct mb_machine *machine)
{
	for (size_t i = 0; i < machine->nr_mem; i++) {
		machine->mem[i].nid = 0;
		machine->mem[i].flags &= ~(unsigned)MB_MEM_HOTPLUG;
	}
	for (unsigned cpu = 0; cpu < machine->nr_cpus; cpu++)
		machine->cpu_node[cpu] = 0;
	free(machine->distance);
	machine->distance = NULL;
	memset(machine->possible, 0, sizeof(machine->possible));
	mb_bit_set(machine->possible, 0);
	machine->nr_node_ids = 1;
}

/* The machine's RAM becomes what is in ram and not in other. */
static int replace_ram(struct mb_machine *machine, struct mb_ranges *ram, struct mb_ranges *other)
{
	struct old_map old = {.mem = machine->mem, .count = machine->nr_mem};
	int r;

	mb_ranges_normalise(ram);
	mb_ranges_normalise(other);
	r = mb_ranges_subtract(ram, other);
	if (r)
		return r;
	machine->mem = NULL;
	machine->nr_mem = 0;
	for (size_t i = 0; i < ram->count && !r; i++)
		r = add_ram(machine, &old, ram->list[i].start, ram->list[i].end);
	if (!r && old.uncovered >= MB_MIB && has_several_nodes(&old))
		drop_nodes(machine);
	free(old.mem);
	return r;
}

static int change_map(struct mb_machine *machine)
{
	struct mb_ranges ram = {0}, other = {0};
	int r = 0;

	if (!machine->nr_mem)
		return 0; /* nobody to give memory to; that it has none is said later */
	for (size_t i = 0; i < machine->nr_mem && !r; i++)
		r = mb_ranges_add(&ram, machine->mem[i].start, machine->mem[i].end);
	if (!r)
		r = mb_cmdline_map(machine->cmdline, &ram, &other);
	if (!r)
		r = replace_ram(machine, &ram, &other);
	mb_ranges_fini(&ram);
	mb_ranges_fini(&other);
	return r;
}

/* Keeps the first bytes of RAM (0: all), and what is not mapped (memblock_mem_limit_remove_map). */
static void limit_map(struct mb_machine *machine, uint64_t limit)
{
	mb_phys_t last = MB_PHYS_MAX;
	size_t out = 0;

	if (!limit)
		return;
	for (size_t i = 0; i < machine->nr_mem; i++) {
		uint64_t size = machine->mem[i].end - machine->mem[i].start;

		if (limit <= size) {
			last = machine->mem[i].start + limit;
			break;
		}
		limit -= size;
	}
	for (size_t i = 0; i < machine->nr_mem; i++) {
		struct mb_machine_mem mem = machine->mem[i];

		if (!(mem.flags & MB_MEM_NOMAP))
			mem.end = mb_min(mem.end, last);
		if (mem.start < mem.end)
			machine->mem[out++] = mem;
	}
	machine->nr_mem = out;
}

int mb_machine_obey_cmdline(struct mb_machine *machine, bool map_obeys, struct mb_err *err)
{
	int r = 0;

	if (!map_obeys && machine->arch == MB_ARCH_X86_64)
		r = change_map(machine);
	else if (!map_obeys)
		limit_map(machine, mb_cmdline_limit(machine->cmdline, machine->page_shift));
	if (r == -ERANGE)
		return MB_FAIL(err, r, "memmap= cuts the memory into more than %d ranges",
			       MB_MACHINE_MAX_RANGES);
	if (r)
		return MB_FAIL(err, r, "out of memory");
	if (!machine->nr_mem)
		return MB_FAIL(err, -EINVAL, "command line '%.60s' leaves no memory",
			       machine->cmdline);
	if (mb_cmdline_numa_off(machine->cmdline))
		drop_nodes(machine);
	return mb_machine_finish(machine, err);
}
