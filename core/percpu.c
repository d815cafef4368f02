/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/percpu.h"

/* Sizes of the kernel's own records, 64 bits. */
#define ALLOC_INFO_BYTES 64 /* struct pcpu_alloc_info */
#define GROUP_INFO_BYTES 24 /* struct pcpu_group_info */
#define CPU_MAP_BYTES    4  /* a CPU in its map */
#define POINTER_BYTES    8
#define SLOT_BYTES       16 /* a list head */
#define BLOCK_MD_BYTES   32 /* struct pcpu_block_md, one a page */
#define MIN_ALLOC_BYTES  4  /* PCPU_MIN_ALLOC_SIZE */
#define CACHE_LINE_BYTES 64

static uint64_t page_bytes(unsigned page_shift)
{
	return UINT64_C(1) << page_shift;
}

/* Configuration */

static uint64_t vmalloc_bytes(const struct mb_machine *machine)
{
	if (machine->arch != MB_ARCH_X86_64)
		return 126 * MB_TIB; /* 48-bit addresses, less the vmemmap and the modules */
	return machine->phys_bits > 46 ? 12800 * MB_TIB
				       : 32 * MB_TIB; /* five or four levels of tables */
}

/* struct pcpu_chunk begins a cache line for its hot part from 6.5 on. */
static unsigned chunk_bytes(const struct mb_profile *profile)
{
	return profile->major > 6 || (profile->major == 6 && profile->minor >= 5) ? 192 : 136;
}

void mb_percpu_config_init(struct mb_percpu_config *config, const struct mb_machine *machine,
			   const struct mb_profile *profile, mb_phys_t min_addr)
{
	const struct mb_machine_sizes *sizes = &machine->sizes;
	bool x86 = machine->arch == MB_ARCH_X86_64;

	*config = (struct mb_percpu_config){
		.static_bytes = sizes->has_percpu ? sizes->percpu_static_bytes
						  : profile->percpu_static_bytes[machine->arch],
		.reserved_bytes = sizes->has_percpu ? sizes->percpu_reserved_bytes
						    : profile->percpu_reserved_bytes,
		.dynamic_bytes = MB_PERCPU_DYNAMIC,
		.early_bytes = profile->percpu_early_bytes,
		.atom_bytes = x86 ? 2 * MB_MIB : page_bytes(machine->page_shift),
		.page_shift = machine->page_shift,
		.nr_cpus = machine->nr_cpus,
		.cpu_node = machine->cpu_node,
		.distance = x86 ? NULL : machine->distance,
		.nr_node_ids = machine->nr_node_ids,
		.min_addr = min_addr,
		.vmalloc_bytes = vmalloc_bytes(machine),
		.chunk_bytes = chunk_bytes(profile),
	};
}

static int check_config(const struct mb_percpu_config *config, struct mb_err *err)
{
	if (!config->nr_cpus || config->nr_cpus > MB_MACHINE_MAX_CPUS)
		return MB_FAIL(err, -EINVAL, "per-CPU memory for %u CPUs", config->nr_cpus);
	if (config->atom_bytes < page_bytes(config->page_shift) ||
	    config->atom_bytes % page_bytes(config->page_shift))
		return MB_FAIL(err, -EINVAL, "per-CPU memory in units of %llu bytes",
			       (unsigned long long)config->atom_bytes);
	for (unsigned cpu = 0; cpu < config->nr_cpus; cpu++) {
		if (config->cpu_node[cpu] != MB_NO_NODE &&
		    (unsigned)config->cpu_node[cpu] >= config->nr_node_ids)
			return MB_FAIL(err, -EINVAL, "CPU %u is on node %d", cpu,
				       config->cpu_node[cpu]);
	}
	return 0;
}

/* Sizes and groups */

/* The dynamic part takes what the page rounding leaves. */
static void choose_sizes(const struct mb_percpu_config *config, struct mb_percpu_layout *layout)
{
	uint64_t fixed = config->static_bytes + config->reserved_bytes;
	uint64_t dynamic = mb_max(config->dynamic_bytes, config->early_bytes);

	layout->static_bytes = config->static_bytes;
	layout->reserved_bytes = config->reserved_bytes;
	layout->atom_bytes = config->atom_bytes;
	layout->page_shift = config->page_shift;
	layout->nr_cpus = config->nr_cpus;
	layout->size_sum = mb_align_up_pow2(fixed + dynamic, page_bytes(config->page_shift));
	layout->dynamic_bytes = layout->size_sum - fixed;
	layout->alloc_bytes =
		mb_round_up(mb_max(layout->size_sum, MB_PERCPU_MIN_UNIT), config->atom_bytes);
}

static bool is_local(const struct mb_percpu_config *config, unsigned from, unsigned to)
{
	int a = config->cpu_node[from], b = config->cpu_node[to];

	if (!config->distance || a == MB_NO_NODE || b == MB_NO_NODE)
		return a == b;
	return config->distance[(unsigned)a * config->nr_node_ids + (unsigned)b] ==
	       MB_LOCAL_DISTANCE;
}

/* Fills group_of for each CPU and the groups' CPU counts; returns how many groups there are. */
static unsigned group_cpus(const struct mb_percpu_config *config, uint32_t *group_of,
			   struct mb_percpu_group *groups)
{
	unsigned count = 0;

	for (unsigned cpu = 0; cpu < config->nr_cpus; cpu++)
		group_of[cpu] = MB_PERCPU_NO_CPU;
	for (unsigned first = 0; first < config->nr_cpus; first++) {
		if (group_of[first] != MB_PERCPU_NO_CPU)
			continue;
		groups[count].nid = config->cpu_node[first];
		for (unsigned cpu = first; cpu < config->nr_cpus; cpu++) {
			if (group_of[cpu] != MB_PERCPU_NO_CPU)
				continue;
			if (cpu != first &&
			    (!is_local(config, first, cpu) || !is_local(config, cpu, first)))
				continue;
			group_of[cpu] = count;
			groups[count].nr_cpus++;
		}
		count++;
	}
	return count;
}

/* Whether an allocation divides into that many units of whole pages. */
static bool divides(const struct mb_percpu_layout *layout, unsigned units)
{
	return !(layout->alloc_bytes % units) &&
	       !(layout->alloc_bytes / units % page_bytes(layout->page_shift));
}

/*
 * Units an allocation: the most that does not waste more units than a third of the CPUs, or fewer
 * when that takes no more allocations.
 */
static void choose_units(struct mb_percpu_layout *layout)
{
	unsigned units =
		(unsigned)(layout->alloc_bytes / mb_max(layout->size_sum, MB_PERCPU_MIN_UNIT));
	unsigned fewest = UINT_MAX, best = 1;

	for (; units; units--) {
		unsigned allocs = 0, wasted = 0;

		if (!divides(layout, units))
			continue;
		for (unsigned i = 0; i < layout->nr_groups; i++) {
			unsigned some = (unsigned)mb_div_ceil(layout->groups[i].nr_cpus, units);

			allocs += some;
			wasted += some * units - layout->groups[i].nr_cpus;
		}
		if (wasted > layout->nr_cpus / 3)
			continue;
		if (allocs > fewest)
			break;
		fewest = allocs;
		best = units;
	}
	layout->units_per_alloc = best;
	layout->unit_bytes = layout->alloc_bytes / best;
	layout->nr_allocs = fewest;
	layout->nr_units = fewest * best;
}

/* Gives each group its units and each unit its CPU. */
static int map_units(struct mb_percpu_layout *layout, const uint32_t *group_of)
{
	uint32_t *map = malloc(layout->nr_units * sizeof(*map));

	if (!map)
		return -ENOMEM;
	layout->cpu_map = map;
	for (unsigned i = 0; i < layout->nr_units; i++)
		map[i] = MB_PERCPU_NO_CPU;
	for (unsigned i = 0; i < layout->nr_groups; i++) {
		struct mb_percpu_group *group = &layout->groups[i];

		group->cpu_map = map;
		group->nr_units = (unsigned)mb_round_up(group->nr_cpus, layout->units_per_alloc);
		map += group->nr_units;
		group->nr_cpus = 0;
	}
	for (unsigned cpu = 0; cpu < layout->nr_cpus; cpu++) {
		struct mb_percpu_group *group = &layout->groups[group_of[cpu]];

		group->cpu_map[group->nr_cpus++] = cpu;
	}
	return 0;
}

int mb_percpu_build(const struct mb_percpu_config *config, struct mb_err *err,
		    struct mb_percpu_layout *ret_layout)
{
	struct mb_percpu_layout layout = {0};
	uint32_t *group_of = NULL;
	int result = check_config(config, err);

	if (result)
		return result;
	group_of = malloc(config->nr_cpus * sizeof(*group_of));
	layout.groups = calloc(config->nr_cpus, sizeof(*layout.groups));
	layout.unit_addr = calloc(config->nr_cpus, sizeof(*layout.unit_addr));
	result = -ENOMEM;
	if (group_of && layout.groups && layout.unit_addr) {
		choose_sizes(config, &layout);
		layout.nr_groups = group_cpus(config, group_of, layout.groups);
		choose_units(&layout);
		result = map_units(&layout, group_of);
	}
	free(group_of);
	if (result) {
		mb_percpu_fini(&layout);
		return MB_FAIL(err, result, "out of memory");
	}
	*ret_layout = layout;
	return 0;
}

void mb_percpu_fini(struct mb_percpu_layout *layout)
{
	free(layout->groups);
	free(layout->cpu_map);
	free(layout->unit_addr);
	free(layout->pages);
	*layout = (struct mb_percpu_layout){0};
}

/* The chunk's own records */

#define MAX_RECORDS 13

struct records {
	struct mb_memblock *memblock;
	mb_phys_t addr[MAX_RECORDS];
	uint64_t bytes[MAX_RECORDS];
	unsigned count;
};

static bool take_record(struct records *records, uint64_t bytes)
{
	mb_phys_t addr = mb_memblock_alloc(records->memblock, bytes, CACHE_LINE_BYTES);

	if (!addr)
		return false;
	records->addr[records->count] = addr;
	records->bytes[records->count++] = bytes;
	return true;
}

static uint64_t bitmap_bytes(uint64_t bits)
{
	return MB_BITMAP_WORDS(bits) * sizeof(uint64_t);
}

/* One region of the first chunk, from start bytes into the unit (pcpu_alloc_first_chunk). */
static bool take_region(const struct mb_percpu_config *config, struct records *records,
			uint64_t start, uint64_t bytes)
{
	uint64_t page = page_bytes(config->page_shift);
	uint64_t region = mb_align_up_pow2(start % page + bytes, page);

	return take_record(records, config->chunk_bytes + bitmap_bytes(region / page)) &&
	       take_record(records, bitmap_bytes(region / MIN_ALLOC_BYTES)) &&
	       take_record(records, bitmap_bytes(region / MIN_ALLOC_BYTES + 1)) &&
	       take_record(records, region / page * BLOCK_MD_BYTES);
}

/*
 * Lists of chunks: one for each power of two of free bytes from 32 on, one below, four for special
 * chunks.
 */
static unsigned nr_slots(uint64_t unit_bytes)
{
	return mb_fls64(unit_bytes) - 3 + 4;
}

/* pcpu_setup_first_chunk: for ever, so nothing but a failure gives them back. */
static int take_records(const struct mb_percpu_config *config,
			const struct mb_percpu_layout *layout, struct mb_memblock *memblock,
			struct mb_err *err)
{
	uint64_t fixed = mb_align_up_pow2(layout->static_bytes, MIN_ALLOC_BYTES);
	uint64_t dynamic = layout->dynamic_bytes - (fixed - layout->static_bytes);
	struct records records = {.memblock = memblock};
	bool ok;

	if (!config->chunk_bytes)
		return 0;
	ok = take_record(&records,
			 (uint64_t)layout->nr_groups * POINTER_BYTES) && /* group offsets */
	     take_record(&records, (uint64_t)layout->nr_groups * POINTER_BYTES) && /* group sizes */
	     take_record(&records, (uint64_t)layout->nr_cpus * CPU_MAP_BYTES) && /* units of CPUs */
	     take_record(&records,
			 (uint64_t)layout->nr_cpus * POINTER_BYTES) && /* offsets of units */
	     take_record(&records, (uint64_t)nr_slots(layout->unit_bytes) * SLOT_BYTES);
	if (ok && layout->reserved_bytes)
		ok = take_region(config, &records, fixed, layout->reserved_bytes);
	if (ok)
		ok = take_region(config, &records, fixed + layout->reserved_bytes, dynamic);
	if (ok)
		return 0;
	while (records.count--)
		mb_memblock_free(memblock, records.addr[records.count],
				 records.bytes[records.count]);
	return MB_FAIL(
		err, -ENOSPC,
		"the machine is too small: no boot memory for the records of the first per-CPU chunk");
}

/* Placement */

/* Memory that is only needed while the chunk is made. */
struct scratch {
	mb_phys_t info, list; /* the layout; one pointer a group or page */
	uint64_t info_bytes, list_bytes;
};

static int scratch_take(struct scratch *scratch, const struct mb_percpu_layout *layout,
			uint64_t pointers, struct mb_memblock *memblock, struct mb_err *err)
{
	uint64_t page = page_bytes(layout->page_shift);
	uint64_t info = ALLOC_INFO_BYTES + (uint64_t)layout->nr_groups * GROUP_INFO_BYTES +
			(uint64_t)layout->nr_units * CPU_MAP_BYTES;

	*scratch = (struct scratch){
		.info_bytes = mb_align_up_pow2(info, page),
		.list_bytes = mb_align_up_pow2(pointers * POINTER_BYTES, page),
	};
	scratch->info = mb_memblock_alloc(memblock, scratch->info_bytes, page);
	if (scratch->info)
		scratch->list = mb_memblock_alloc(memblock, scratch->list_bytes, CACHE_LINE_BYTES);
	if (scratch->list)
		return 0;
	if (scratch->info)
		mb_memblock_free(memblock, scratch->info, scratch->info_bytes);
	return MB_FAIL(
		err, -ENOSPC,
		"the machine is too small: no boot memory to lay out the first per-CPU chunk");
}

static mb_phys_t take_on_node(const struct mb_percpu_config *config, struct mb_memblock *memblock,
			      uint64_t bytes, uint64_t align, int nid)
{
	if (nid == MB_NO_NODE)
		return mb_memblock_alloc_from(memblock, bytes, align, config->min_addr);
	return mb_memblock_alloc_try_nid(memblock, bytes, align, config->min_addr,
					 MB_MEMBLOCK_ALLOC_ACCESSIBLE, nid);
}

static uint64_t group_bytes(const struct mb_percpu_layout *layout,
			    const struct mb_percpu_group *group)
{
	return group->nr_units * layout->unit_bytes;
}

static void free_groups(struct mb_percpu_layout *layout, struct mb_memblock *memblock)
{
	for (unsigned i = 0; i < layout->nr_groups; i++) {
		if (layout->groups[i].base)
			mb_memblock_free(memblock, layout->groups[i].base,
					 group_bytes(layout, &layout->groups[i]));
	}
}

/*
 * Whether all units can be mapped at their distances in the vmalloc area, where later chunks repeat
 * them.
 */
static bool span_fits(const struct mb_percpu_config *config, const struct mb_percpu_layout *layout)
{
	const struct mb_percpu_group *lowest = layout->groups, *highest = layout->groups;
	uint64_t span;

	for (unsigned i = 1; i < layout->nr_groups; i++) {
		const struct mb_percpu_group *group = &layout->groups[i];

		if (group->base < lowest->base)
			lowest = group;
		if (group->base > highest->base)
			highest = group;
	}
	span = highest->base - lowest->base + group_bytes(layout, highest);
	return !config->vmalloc_bytes || span <= config->vmalloc_bytes / 4 * 3;
}

static int take_groups(const struct mb_percpu_config *config, struct mb_percpu_layout *layout,
		       struct mb_memblock *memblock, struct mb_err *err)
{
	for (unsigned i = 0; i < layout->nr_groups; i++) {
		struct mb_percpu_group *group = &layout->groups[i];

		group->base = take_on_node(config, memblock, group_bytes(layout, group),
					   layout->atom_bytes, group->nid);
		if (!group->base)
			return MB_FAIL(
				err, -ENOSPC,
				"the machine is too small: no boot memory for the per-CPU units of node %d",
				group->nid);
	}
	if (!span_fits(config, layout))
		return MB_FAIL(err, -ERANGE,
			       "the per-CPU units lie too far apart for the vmalloc area");
	return 0;
}

/*
 * Units without a CPU go back whole, the others' ends behind the data too: lengths of zero
 * included, as the kernel does.
 */
static void free_unused(struct mb_percpu_layout *layout, struct mb_memblock *memblock)
{
	for (unsigned i = 0; i < layout->nr_groups; i++) {
		struct mb_percpu_group *group = &layout->groups[i];

		for (unsigned unit = 0; unit < group->nr_units; unit++) {
			mb_phys_t addr = group->base + unit * layout->unit_bytes;

			if (group->cpu_map[unit] == MB_PERCPU_NO_CPU) {
				mb_memblock_free(memblock, addr, layout->unit_bytes);
				continue;
			}
			layout->unit_addr[group->cpu_map[unit]] = addr;
			mb_memblock_free(memblock, addr + layout->size_sum,
					 layout->unit_bytes - layout->size_sum);
		}
	}
}

int mb_percpu_embed(const struct mb_percpu_config *config, struct mb_memblock *memblock,
		    struct mb_err *err, struct mb_percpu_layout *ret_layout)
{
	struct mb_percpu_layout layout;
	struct scratch scratch;
	int result = mb_percpu_build(config, err, &layout);

	if (result)
		return result;
	result = scratch_take(&scratch, &layout, layout.nr_groups, memblock, err);
	if (result)
		goto fail;
	result = take_groups(config, &layout, memblock, err);
	if (!result) {
		free_unused(&layout, memblock);
		result = take_records(config, &layout, memblock, err);
	}
	if (result)
		free_groups(&layout, memblock);
	mb_memblock_free(memblock, scratch.info, scratch.info_bytes);
	mb_memblock_free(memblock, scratch.list, scratch.list_bytes);
	if (!result) {
		*ret_layout = layout;
		return 0;
	}
fail:
	mb_percpu_fini(&layout);
	return result;
}

/* Page by page */

static int take_pages(const struct mb_percpu_config *config, struct mb_percpu_layout *layout,
		      struct mb_memblock *memblock, struct mb_err *err)
{
	uint64_t page = page_bytes(layout->page_shift), per_unit = layout->unit_bytes / page;

	for (unsigned cpu = 0; cpu < layout->nr_cpus; cpu++) {
		for (uint64_t i = 0; i < per_unit; i++) {
			mb_phys_t addr =
				take_on_node(config, memblock, page, page, config->cpu_node[cpu]);

			if (!addr)
				return MB_FAIL(
					err, -ENOSPC,
					"the machine is too small: no boot memory for the pages of CPU %u",
					cpu);
			layout->pages[cpu * per_unit + i] = addr;
		}
		layout->unit_addr[cpu] = layout->pages[cpu * per_unit];
	}
	return 0;
}

static void free_pages(struct mb_percpu_layout *layout, struct mb_memblock *memblock,
		       uint64_t nr_pages)
{
	for (uint64_t i = 0; i < nr_pages && layout->pages[i]; i++)
		mb_memblock_free(memblock, layout->pages[i], page_bytes(layout->page_shift));
}

/*
 * All CPUs in one group, since pages need not lie side by side; no more dynamic memory than early
 * use needs.
 */
static int build_paged(const struct mb_percpu_config *config, struct mb_err *err,
		       struct mb_percpu_layout *layout)
{
	struct mb_percpu_config paged = *config;
	int *nodes = calloc(config->nr_cpus, sizeof(*nodes)), result;

	if (!nodes)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	paged.cpu_node = nodes;
	paged.atom_bytes = page_bytes(config->page_shift);
	paged.dynamic_bytes = 0;
	result = mb_percpu_build(&paged, err, layout);
	free(nodes);
	return result;
}

int mb_percpu_page(const struct mb_percpu_config *config, struct mb_memblock *memblock,
		   struct mb_err *err, struct mb_percpu_layout *ret_layout)
{
	struct mb_percpu_layout layout;
	struct scratch scratch;
	uint64_t nr_pages;
	int result = check_config(config, err);

	if (!result)
		result = build_paged(config, err, &layout);
	if (result)
		return result;
	nr_pages = layout.nr_cpus * (layout.unit_bytes >> layout.page_shift);
	layout.pages = calloc(nr_pages, sizeof(*layout.pages));
	if (!layout.pages)
		result = MB_FAIL(err, -ENOMEM, "out of memory");
	if (!result)
		result = scratch_take(&scratch, &layout, nr_pages, memblock, err);
	if (result)
		goto fail;
	result = take_pages(config, &layout, memblock, err);
	if (!result)
		result = take_records(config, &layout, memblock, err);
	if (result)
		free_pages(&layout, memblock, nr_pages);
	mb_memblock_free(memblock, scratch.list, scratch.list_bytes);
	mb_memblock_free(memblock, scratch.info, scratch.info_bytes);
	if (!result) {
		*ret_layout = layout;
		return 0;
	}
fail:
	mb_percpu_fini(&layout);
	return result;
}

int mb_percpu_setup(const struct mb_percpu_config *config, struct mb_memblock *memblock,
		    struct mb_err *err, struct mb_percpu_layout *ret_layout)
{
	int result = mb_percpu_embed(config, memblock, NULL, ret_layout);

	if (result != -ENOSPC && result != -ERANGE && result)
		return MB_FAIL(err, result, "impossible per-CPU configuration");
	return result ? mb_percpu_page(config, memblock, err, ret_layout) : 0;
}

/* The log */

static int decimal_digits(unsigned value)
{
	int digits = 1;

	while (value /= 10)
		digits++;
	return digits;
}

/* One bracket: the units of one allocation. */
static void print_alloc(const struct mb_percpu_layout *layout, unsigned group, const uint32_t *cpus,
			struct mb_strbuf *buf)
{
	int cpu_digits = decimal_digits(layout->nr_cpus);

	mb_strbuf_addf(buf, "[%0*u] ", decimal_digits(layout->nr_groups), group);
	for (unsigned unit = 0; unit < layout->units_per_alloc; unit++) {
		if (cpus[unit] != MB_PERCPU_NO_CPU)
			mb_strbuf_addf(buf, "%0*u ", cpu_digits, cpus[unit]);
		else
			mb_strbuf_addf(buf, "%.*s ", cpu_digits, "--------");
	}
}

/* As many allocations a line as fit in about 60 columns, a power of two. */
static unsigned allocs_per_line(const struct mb_percpu_layout *layout)
{
	unsigned width = layout->units_per_alloc * ((unsigned)decimal_digits(layout->nr_cpus) + 1) +
			 (unsigned)decimal_digits(layout->nr_groups) + 3;

	return 1u << mb_ilog2(mb_max(60 / width, 1));
}

void mb_percpu_print(const struct mb_percpu_layout *layout, struct mb_strbuf *buf)
{
	unsigned alloc = 0, per_line = allocs_per_line(layout);
	unsigned long long s = layout->static_bytes, r = layout->reserved_bytes,
			   d = layout->dynamic_bytes;
	unsigned long long u = layout->unit_bytes;

	if (layout->pages)
		mb_strbuf_addf(buf, "percpu: %llu %uK pages/cpu s%llu r%llu d%llu",
			       u >> layout->page_shift, 1u << (layout->page_shift - 10), s, r, d);
	else
		mb_strbuf_addf(buf, "percpu: Embedded %llu pages/cpu s%llu r%llu d%llu u%llu",
			       (unsigned long long)(layout->size_sum >> layout->page_shift), s, r,
			       d, u);
	mb_strbuf_addf(buf, "\npcpu-alloc: s%llu r%llu d%llu u%llu alloc=%llu*%llu", s, r, d, u,
		       (unsigned long long)(layout->alloc_bytes / layout->atom_bytes),
		       (unsigned long long)layout->atom_bytes);
	for (unsigned group = 0; group < layout->nr_groups; group++) {
		const struct mb_percpu_group *g = &layout->groups[group];

		for (unsigned unit = 0; unit < g->nr_units; unit += layout->units_per_alloc) {
			if (alloc++ % per_line == 0)
				mb_strbuf_add(buf, "\npcpu-alloc: ");
			print_alloc(layout, group, g->cpu_map + unit, buf);
		}
	}
	mb_strbuf_add(buf, "\n");
}

/* Checks */

static int check_groups(const struct mb_percpu_layout *layout, struct mb_err *err)
{
	unsigned cpus = 0, units = 0;

	for (unsigned i = 0; i < layout->nr_groups; i++) {
		const struct mb_percpu_group *group = &layout->groups[i];
		unsigned mapped = 0;

		for (unsigned unit = 0; unit < group->nr_units; unit++)
			mapped += group->cpu_map[unit] != MB_PERCPU_NO_CPU;
		if (mapped != group->nr_cpus || group->nr_units % layout->units_per_alloc)
			return MB_FAIL(err, -EUCLEAN, "per-CPU group %u has %u units for %u CPUs",
				       i, group->nr_units, group->nr_cpus);
		cpus += mapped;
		units += group->nr_units;
	}
	if (cpus != layout->nr_cpus || units != layout->nr_units ||
	    units != layout->nr_allocs * layout->units_per_alloc)
		return MB_FAIL(err, -EUCLEAN, "per-CPU groups hold %u of %u CPUs in %u of %u units",
			       cpus, layout->nr_cpus, units, layout->nr_units);
	return 0;
}

static int compare_addr(const void *a, const void *b)
{
	const mb_phys_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* count pieces of bytes each, sorted in place: apart from each other, and reserved. */
static int check_pieces(mb_phys_t *pieces, size_t count, uint64_t bytes,
			const struct mb_memblock *memblock, struct mb_err *err)
{
	qsort(pieces, count, sizeof(*pieces), compare_addr);
	for (size_t i = 0; i < count; i++) {
		if (!pieces[i] || (i && pieces[i] - pieces[i - 1] < bytes))
			return MB_FAIL(err, -EUCLEAN, "per-CPU units overlap at %#llx",
				       (unsigned long long)pieces[i]);
		if (memblock && (!mb_memblock_is_reserved(memblock, pieces[i]) ||
				 !mb_memblock_is_reserved(memblock, pieces[i] + bytes - 1)))
			return MB_FAIL(err, -EUCLEAN, "per-CPU unit at %#llx is not reserved",
				       (unsigned long long)pieces[i]);
	}
	return 0;
}

int mb_percpu_check(const struct mb_percpu_layout *layout, const struct mb_memblock *memblock,
		    struct mb_err *err)
{
	size_t count = layout->pages ? layout->nr_cpus * (layout->unit_bytes >> layout->page_shift)
				     : layout->nr_cpus;
	uint64_t bytes = layout->pages ? page_bytes(layout->page_shift) : layout->size_sum;
	mb_phys_t *pieces;
	int result = check_groups(layout, err);

	if (result)
		return result;
	if (layout->size_sum !=
		    layout->static_bytes + layout->reserved_bytes + layout->dynamic_bytes ||
	    layout->unit_bytes < layout->size_sum)
		return MB_FAIL(err, -EUCLEAN, "per-CPU parts do not add up to their unit");
	pieces = malloc(count * sizeof(*pieces));
	if (!pieces)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	memcpy(pieces, layout->pages ? layout->pages : layout->unit_addr, count * sizeof(*pieces));
	result = check_pieces(pieces, count, bytes, memblock, err);
	free(pieces);
	return result;
}
