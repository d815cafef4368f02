/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/grow.h"
#include "core/base/ranges.h"
#include "core/machine.h"
#include "core/profile.h"

#define DISTANCE_LOCAL  10 /* LOCAL_DISTANCE and REMOTE_DISTANCE, include/linux/topology.h */
#define DISTANCE_REMOTE 20
#define DISTANCE_MAX    254

#define PAGE_SHIFT_MAX    16
#define SECTION_SHIFT_MAX 37 /* 128 GiB: a memmap of 2 GiB per section */
#define PHYS_BITS_MIN     32
#define PHYS_BITS_MAX     52

/* One row per architecture. */
static const struct arch_row {
	const char *name;
	mb_phys_t ram_start;
	struct mb_range hole;  /* never RAM when nobody says where RAM is */
	unsigned page_shifts;  /* bit n: pages of 2^n bytes exist */
	const char *page_text; /* the same for people */
} archs[] = {
	[MB_ARCH_X86_64] = {"x86_64", 0, {3 * MB_GIB, 4 * MB_GIB}, 1u << 12, "4K"},
	[MB_ARCH_ARM64] =
		{"arm64", MB_GIB, {0, 0}, 1u << 12 | 1u << 14 | 1u << 16, "4K, 16K or 64K"},
};

struct mb_machine *mb_machine_new(enum mb_arch arch)
{
	struct mb_machine *machine = calloc(1, sizeof(*machine));

	if (!machine)
		return NULL;
	machine->arch = arch;
	machine->page_shift = 12;
	machine->section_shift = 27;
	machine->phys_bits = PHYS_BITS_MAX;
	machine->cmdline = strdup("");
	machine->source = strdup("");
	if (machine->cmdline && machine->source)
		return machine;
	mb_machine_free(machine);
	return NULL;
}

int mb_machine_add_mem(struct mb_machine *machine, mb_phys_t start, mb_phys_t end, int nid,
		       unsigned flags)
{
	int r;

	if (start >= end || flags & ~(unsigned)(MB_MEM_HOTPLUG | MB_MEM_MIRROR | MB_MEM_NOMAP))
		return -EINVAL;
	if (machine->nr_mem >= MB_MACHINE_MAX_RANGES)
		return -ERANGE;
	r = mb_machine_add_node(machine, nid);
	if (r)
		return r;
	if (mb_grow(&machine->mem, machine->nr_mem, sizeof(*machine->mem)))
		return -ENOMEM;
	machine->mem[machine->nr_mem++] = (struct mb_machine_mem){start, end, nid, flags};
	return 0;
}

mb_phys_t mb_machine_ram_start(enum mb_arch arch)
{
	return archs[arch].ram_start;
}

int mb_machine_place_mem(struct mb_machine *machine, uint64_t size, int nid, mb_phys_t *cursor)
{
	const struct mb_range *hole = &archs[machine->arch].hole;

	while (size) {
		mb_phys_t end;
		int r;

		if (*cursor >= hole->start && *cursor < hole->end)
			*cursor = hole->end;
		if (__builtin_add_overflow(*cursor, size, &end))
			return -ERANGE;
		if (*cursor < hole->start)
			end = mb_min(end, hole->start);
		r = mb_machine_add_mem(machine, *cursor, end, nid, MB_MEM_NONE);
		if (r)
			return r;
		size -= end - *cursor;
		*cursor = end;
	}
	return 0;
}

int mb_machine_add_reserved(struct mb_machine *machine, mb_phys_t start, mb_phys_t end)
{
	if (start >= end)
		return -EINVAL;
	if (machine->nr_reserved >= MB_MACHINE_MAX_RANGES)
		return -ERANGE;
	if (mb_grow(&machine->reserved, machine->nr_reserved, sizeof(*machine->reserved)))
		return -ENOMEM;
	machine->reserved[machine->nr_reserved++] = (struct mb_range){start, end};
	return 0;
}

/* Makes the distances a matrix of more nodes; 0 stands for absent. */
static int resize_distances(struct mb_machine *machine, unsigned nr_node_ids)
{
	uint8_t *wider = calloc(nr_node_ids, nr_node_ids);

	if (!wider)
		return -ENOMEM;
	for (unsigned from = 0; machine->distance && from < machine->nr_node_ids; from++)
		memcpy(wider + (size_t)from * nr_node_ids,
		       machine->distance + (size_t)from * machine->nr_node_ids,
		       machine->nr_node_ids);
	free(machine->distance);
	machine->distance = wider;
	return 0;
}

int mb_machine_add_node(struct mb_machine *machine, int nid)
{
	if (nid < 0 || nid >= MB_MAX_NODES)
		return -EINVAL;
	if ((unsigned)nid >= machine->nr_node_ids) {
		if (machine->distance && resize_distances(machine, (unsigned)nid + 1))
			return -ENOMEM;
		machine->nr_node_ids = (unsigned)nid + 1;
	}
	mb_bit_set(machine->possible, (size_t)nid);
	return 0;
}

int mb_machine_add_cpu(struct mb_machine *machine, int nid)
{
	int r;

	if (machine->nr_cpus >= MB_MACHINE_MAX_CPUS)
		return -ERANGE;
	r = mb_machine_add_node(machine, nid);
	if (!r)
		r = mb_grow(&machine->cpu_node, machine->nr_cpus, sizeof(*machine->cpu_node));
	if (!r)
		machine->cpu_node[machine->nr_cpus++] = nid;
	return r;
}

int mb_machine_take_cpus(struct mb_machine *machine, const uint64_t *map, enum mb_cpu_state state)
{
	unsigned online = 0;

	for (unsigned cpu = 0; cpu < MB_MACHINE_MAX_CPUS; cpu++) {
		if (mb_bit_test(map, cpu) && cpu >= machine->nr_cpus)
			return -ERANGE;
		online += cpu < machine->nr_cpus && !mb_bit_test(map, cpu) &&
			  !mb_bit_test(machine->offline, cpu);
	}
	if (!online)
		return -EINVAL;
	for (size_t i = 0; i < MB_ARRAY_SIZE(machine->offline) && state < MB_CPU_ONLINE; i++) {
		machine->offline[i] |= map[i];
		machine->absent[i] |= state == MB_CPU_POSSIBLE ? map[i] : 0;
	}
	return 0;
}

int mb_machine_set_distance(struct mb_machine *machine, int from, int to, unsigned distance)
{
	if (!mb_machine_node_possible(machine, from) || !mb_machine_node_possible(machine, to))
		return -EINVAL;
	if (distance < DISTANCE_LOCAL || distance > DISTANCE_MAX ||
	    (from == to && distance != DISTANCE_LOCAL))
		return -ERANGE;
	if (!machine->distance && resize_distances(machine, machine->nr_node_ids))
		return -ENOMEM;
	machine->distance[(size_t)from * machine->nr_node_ids + (size_t)to] = (uint8_t)distance;
	return 0;
}

/* A size for a message. */
struct size_text {
	char text[24];
};

static struct size_text size_text(uint64_t bytes)
{
	static const char units[] = "\0KMGTPE";
	struct size_text size = {""};
	unsigned unit = 0;

	for (; bytes && bytes % 1024 == 0; bytes /= 1024)
		unit++;
	snprintf(size.text, sizeof(size.text), "%llu%.1s", (unsigned long long)bytes, units + unit);
	return size;
}

static int check_geometry(const struct mb_machine *machine, struct mb_err *err)
{
	const struct arch_row *arch = &archs[machine->arch];
	unsigned page_shift = machine->page_shift, block_shift;

	if (page_shift > PAGE_SHIFT_MAX || !(arch->page_shifts >> page_shift & 1))
		return MB_FAIL(err, -EINVAL, "page=%s does not exist on %s, which has %s",
			       page_shift < 64 ? size_text(UINT64_C(1) << page_shift).text : "?",
			       arch->name, arch->page_text);
	block_shift = page_shift + mb_profile_max_order(page_shift);
	if (machine->phys_bits < PHYS_BITS_MIN || machine->phys_bits > PHYS_BITS_MAX)
		return MB_FAIL(err, -ERANGE, "phys-bits=%u is outside of %d to %d",
			       machine->phys_bits, PHYS_BITS_MIN, PHYS_BITS_MAX);
	if (machine->section_shift < block_shift)
		return MB_FAIL(
			err, -ERANGE,
			"section=%s is smaller than the largest free block; with page=%s it is at least %s",
			size_text(UINT64_C(1) << machine->section_shift).text,
			size_text(UINT64_C(1) << page_shift).text,
			size_text(UINT64_C(1) << block_shift).text);
	if (machine->section_shift > SECTION_SHIFT_MAX ||
	    machine->section_shift >= machine->phys_bits)
		return MB_FAIL(err, -ERANGE,
			       "section=%s is too large; %s is the most, and less than 2^phys-bits",
			       machine->section_shift < 64
				       ? size_text(UINT64_C(1) << machine->section_shift).text
				       : "?",
			       size_text(UINT64_C(1) << SECTION_SHIFT_MAX).text);
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct mb_machine_mem *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* Sorts the memory, joins what touches and is alike, and finds overlaps and what lies too high. */
static int settle_mem(struct mb_machine *machine, struct mb_err *err)
{
	mb_phys_t limit = UINT64_C(1) << machine->phys_bits;
	struct mb_machine_mem *mem = machine->mem;
	size_t out = 0;

	if (!machine->nr_mem)
		return MB_FAIL(err, -EINVAL,
			       "the machine has no memory; give a node some, as in node0=4G");
	qsort(mem, machine->nr_mem, sizeof(*mem), by_start);
	for (size_t i = 1; i < machine->nr_mem; i++) {
		struct mb_machine_mem *last = &mem[out], next = mem[i];

		if (next.start < last->end)
			return MB_FAIL(
				err, -EINVAL,
				"node%d (%s@%#llx) overlaps node%d (%s@%#llx); each byte has one node",
				next.nid, size_text(next.end - next.start).text,
				(unsigned long long)next.start, last->nid,
				size_text(last->end - last->start).text,
				(unsigned long long)last->start);
		if (next.start == last->end && next.nid == last->nid && next.flags == last->flags)
			last->end = next.end;
		else
			mem[++out] = next;
	}
	machine->nr_mem = out + 1;
	if (mem[out].end > limit)
		return MB_FAIL(err, -ERANGE,
			       "node%d ends at %#llx, beyond the %s that phys-bits=%u allows",
			       mem[out].nid, (unsigned long long)mem[out].end,
			       size_text(limit).text, machine->phys_bits);
	return 0;
}

static int settle_reserved(struct mb_machine *machine, struct mb_err *err)
{
	struct mb_ranges ranges = {machine->reserved, machine->nr_reserved, machine->nr_reserved};
	mb_phys_t limit = UINT64_C(1) << machine->phys_bits;

	mb_ranges_normalise(&ranges);
	machine->nr_reserved = ranges.count;
	if (ranges.count && ranges.list[ranges.count - 1].end > limit)
		return MB_FAIL(err, -ERANGE,
			       "reserve ends at %#llx, beyond the %s that phys-bits=%u allows",
			       (unsigned long long)ranges.list[ranges.count - 1].end,
			       size_text(limit).text, machine->phys_bits);
	return 0;
}

static int settle_distances(struct mb_machine *machine)
{
	unsigned n = machine->nr_node_ids;

	if (!machine->distance && resize_distances(machine, n))
		return -ENOMEM;
	for (unsigned from = 0; from < n; from++) {
		for (unsigned to = 0; to < n; to++) {
			uint8_t *cell = &machine->distance[(size_t)from * n + to];

			if (!*cell)
				*cell = from == to ? DISTANCE_LOCAL : DISTANCE_REMOTE;
		}
	}
	return 0;
}

int mb_machine_finish(struct mb_machine *machine, struct mb_err *err)
{
	int r = check_geometry(machine, err);

	if (!r)
		r = settle_mem(machine, err);
	if (!r)
		r = settle_reserved(machine, err);
	if (r)
		return r;
	if (!machine->nr_cpus)
		r = mb_machine_add_cpu(machine, machine->mem[0].nid);
	if (!r)
		r = settle_distances(machine);
	return r ? MB_FAIL(err, r, "out of memory") : 0;
}

/* The section size of an architecture's page size (SECTION_SIZE_BITS): 512 MiB with 64 KiB pages. */
static unsigned default_section_shift(unsigned page_shift)
{
	return page_shift == 16 ? 29 : 27;
}

int mb_machine_set_sizes(struct mb_machine *machine, uint64_t page_bytes, uint64_t section_bytes,
			 struct mb_err *err)
{
	struct mb_machine changed = *machine;
	int r;

	if (section_bytes & (section_bytes - 1))
		return MB_FAIL(err, -EINVAL, "section=%s is not a power of two",
			       size_text(section_bytes).text);
	if (page_bytes & (page_bytes - 1))
		return MB_FAIL(err, -EINVAL, "page=%s is not a power of two",
			       size_text(page_bytes).text);
	if (page_bytes) {
		changed.page_shift = mb_ctz64(page_bytes);
		if (machine->section_shift == default_section_shift(machine->page_shift))
			changed.section_shift = default_section_shift(changed.page_shift);
	}
	if (section_bytes)
		changed.section_shift = mb_ctz64(section_bytes);
	r = check_geometry(&changed, err);
	if (!r)
		*machine = changed;
	return r;
}

void mb_machine_free(struct mb_machine *machine)
{
	if (!machine)
		return;
	free(machine->mem);
	free(machine->reserved);
	free(machine->cpu_node);
	free(machine->distance);
	free(machine->cmdline);
	free(machine->source);
	free(machine);
}

uint64_t mb_machine_ram_bytes(const struct mb_machine *machine)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < machine->nr_mem; i++)
		bytes += machine->mem[i].end - machine->mem[i].start;
	return bytes;
}

unsigned mb_machine_count_cpus(const struct mb_machine *machine, int nid, enum mb_cpu_state least)
{
	unsigned count = 0;

	for (unsigned cpu = 0; cpu < machine->nr_cpus; cpu++) {
		enum mb_cpu_state state = mb_bit_test(machine->absent, cpu)    ? MB_CPU_POSSIBLE
					  : mb_bit_test(machine->offline, cpu) ? MB_CPU_PRESENT
									       : MB_CPU_ONLINE;

		count += state >= least && (nid == MB_NO_NODE || machine->cpu_node[cpu] == nid);
	}
	return count;
}

unsigned mb_machine_node_cpus(const struct mb_machine *machine, int nid)
{
	return mb_machine_count_cpus(machine, nid, MB_CPU_POSSIBLE);
}

bool mb_machine_node_possible(const struct mb_machine *machine, int nid)
{
	return nid >= 0 && nid < MB_MAX_NODES && mb_bit_test(machine->possible, (size_t)nid);
}

const char *mb_machine_arch_name(enum mb_arch arch)
{
	return archs[arch].name;
}
