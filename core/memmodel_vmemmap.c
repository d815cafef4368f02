/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: vmemmap_populate, vmemmap_populate_basepages (mm/sparse-vmemmap.c; arch/x86/mm/init_64.c;
 * arch/arm64/mm/mmu.c), 6.1, on SPARSEMEM_EXTREME.
 * Kept: the requests for page tables, blocks and base pages in their order; a block that neighbouring
 * sections share where descriptors are no power of two; base pages alone with pages of 16 and 64 KiB, and
 * where a block cannot be had.
 * Left out: the contents of page tables. The descriptors are real memory, put by the host behind one
 * window of addresses.
 */
#include "core/base/bits.h"
#include "core/boot_state.h"
#include "core/memmodel_internal.h"
#include "core/memmodel_vmemmap.h"

/* What a walk through the vmemmap's page tables needs to know. */
struct walk {
	struct mb_boot *boot;
	struct mb_map_buffer *buffer; /* of the run */
	int nid;
	uint64_t page, pmd; /* bytes that an entry of the lowest two levels maps */
	unsigned bits;      /* of an index into a table */
	unsigned top;       /* highest level whose tables are made; 0 are tables of PTEs */
	bool has_blocks;    /* maps by PMD entries: pages of 4 KiB */
	bool shares_top;    /* the one top entry is the kernel's own */
};

/* The page tables' shape: levels by page size and bits of a virtual address. */
static void init_walk(struct walk *walk)
{
	const struct mb_machine *machine = walk->boot->machine;
	bool x86 = machine->arch == MB_ARCH_X86_64;
	unsigned shift = machine->page_shift, va_bits = 48, levels, window_bits;

	/* Virtual bits: x86-64 has 57 where there are more than 46 physical ones. */
	if (x86 && machine->phys_bits > 46)
		va_bits = 57;
	/* arm64 has 52 with more than 48 physical ones and pages of 64 KiB. */
	if (!x86 && shift == 16 && machine->phys_bits > 48)
		va_bits = 52;
	walk->bits = shift - 3;
	levels = (unsigned)mb_div_ceil(va_bits - shift, walk->bits);
	/* arm64's window is as large as a memmap of the whole address space. */
	window_bits = va_bits - shift + mb_ilog2(2 * walk->boot->model.geo.page_bytes - 1);
	walk->page = UINT64_C(1) << shift;
	walk->pmd = UINT64_C(1) << (shift + walk->bits);
	walk->top = levels - 2;
	walk->has_blocks = shift == 12;
	/*
	 * arm64's window is at the end of the address space, right above the fixmap
	 * (Documentation/arm64/memory.rst): smaller than what a top entry maps, it is in the fixmap's,
	 * whose table is there.
	 */
	walk->shares_top = x86 ? walk->boot->model.has_top_table
			       : window_bits < shift + (levels - 1) * walk->bits;
}

/*
 * Where the vmemmap's tables begin to count, in bytes of descriptors: at page frame 0 on x86, at the
 * start of the linear map on arm64.
 */
static uint64_t tables_start(const struct mb_boot *boot)
{
	mb_phys_t start = 0;

	if (boot->machine->arch != MB_ARCH_X86_64)
		start = mb_memmodel_linear_start(boot);
	return (start >> boot->machine->page_shift) * boot->model.geo.page_bytes;
}

/* A zeroed page for a table, never from the run's buffer. */
static bool make_table(struct walk *walk)
{
	struct mb_memmodel *model = &walk->boot->model;
	struct mb_memblock *memblock = &walk->boot->memblock;

	if (!mb_memmodel_ask(model) ||
	    !mb_memblock_alloc_try_nid(memblock, walk->page, walk->page,
				       mb_memmodel_max_dma(walk->boot),
				       MB_MEMBLOCK_ALLOC_ACCESSIBLE, walk->nid))
		return false;
	model->metadata_bytes += walk->page;
	return true;
}

/*
 * Tables for an offset, down to a level: a page each time the walk first meets a missing one. Offsets
 * ascend, so the last table of each level is all that needs to be known: its index + 1, as 0 says that
 * there is none yet.
 */
static bool make_tables(struct walk *walk, uint64_t offset, unsigned lowest)
{
	struct mb_memmodel *model = &walk->boot->model;

	for (unsigned level = walk->top + 1; level-- > lowest;) {
		uint64_t index = offset / (walk->pmd << level * walk->bits) + 1;
		uint64_t *last = &model->table_index[level];
		bool there = level == walk->top && !*last && walk->shares_top;

		if (*last == index)
			continue;
		if (!there && !make_table(walk))
			return false;
		*last = index;
	}
	return true;
}

/*
 * vmemmap_populate_basepages: [offset, end) page by page; *ret_first is the first one's address. false
 * when a table or a page cannot be had.
 */
static bool map_pages_one_by_one(struct walk *walk, uint64_t offset, uint64_t end,
				 mb_phys_t *ret_first)
{
	mb_phys_t first = 0;

	for (uint64_t at = offset; at < end; at += walk->page) {
		mb_phys_t got = 0;

		if (make_tables(walk, at, 0))
			got = mb_memmodel_section_take(walk->boot, walk->buffer, walk->nid,
						       walk->page);
		if (!got)
			return false;
		if (!first)
			first = got;
	}
	*ret_first = first;
	return true;
}

/*
 * vmemmap_populate_hugepages, one PMD entry: a block, unless the entry has one from the section before
 * (vmemmap_check_pmd) or is a table; then, and where no block can be had, base pages for this section's
 * part. As above.
 */
static bool map_entry(struct walk *walk, uint64_t offset, uint64_t end, mb_phys_t *ret_first)
{
	struct mb_memmodel *model = &walk->boot->model;
	uint64_t index = offset / walk->pmd + 1; /* 0: no block, or no table, yet */

	if (!make_tables(walk, offset, 1))
		return false;
	if (model->block_index != index && model->table_index[0] != index) {
		mb_phys_t got =
			mb_memmodel_section_take(walk->boot, walk->buffer, walk->nid, walk->pmd);

		if (got) {
			model->block = got;
			model->block_index = index;
		}
	}
	if (model->block_index != index)
		return map_pages_one_by_one(walk, offset, end, ret_first);
	*ret_first = model->block + offset % walk->pmd;
	return true;
}

static enum mb_populate populate(struct mb_boot *boot, struct mb_map_buffer *buffer, int nid,
				 uint64_t nr, mb_phys_t *ret_first)
{
	struct walk walk = {.boot = boot, .buffer = buffer, .nid = nid};
	uint64_t slice = boot->model.geo.section_map_bytes;
	uint64_t start = nr * slice - tables_start(boot), end = start + slice, next;
	mb_phys_t first;

	init_walk(&walk);
	for (uint64_t at = start; at < end; at = next) {
		bool done;

		next = walk.has_blocks ? mb_min(end, at - at % walk.pmd + walk.pmd) : end;
		done = walk.has_blocks ? map_entry(&walk, at, next, &first)
				       : map_pages_one_by_one(&walk, at, next, &first);
		if (!done)
			return MB_POPULATE_DROP;
		if (at == start)
			*ret_first = first;
	}
	return MB_POPULATE_DONE;
}

/* --- real memory --- */

/* From the lowest to the highest present section, holes included: addresses cost nothing. */
static size_t window_bytes(const struct mb_memmodel *model)
{
	uint64_t first = (uint64_t)mb_memmodel_next_present(model, -1);

	return ((uint64_t)model->highest_present + 1 - first) * model->geo.section_map_bytes;
}

static void place(struct mb_memmodel *model)
{
	uint64_t first = (uint64_t)mb_memmodel_next_present(model, -1);

	model->base = (uintptr_t)model->window - first * model->geo.section_map_bytes;
	for (int64_t nr = (int64_t)first; nr >= 0; nr = mb_memmodel_next_present(model, nr))
		mb_memmodel_section(model, (uint64_t)nr)->section_mem_map |= model->base;
}

const struct mb_memmodel_ops mb_memmodel_vmemmap_ops = {
	.map_pages = mb_memmodel_section_map_pages,
	.build = mb_memmodel_section_build,
	.window_bytes = window_bytes,
	.place = place,
	.make_table = mb_memmodel_extreme_make_table,
	.make_root = mb_memmodel_extreme_make_root,
	.populate = populate,
	.subsections = true,
};
