/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: vmemmap_populate (mm/sparse-vmemmap.c; arch/x86/mm/init_64.c), 6.1, on SPARSEMEM_EXTREME.
 * Kept: the requests for page tables and blocks in their order, the fallback from 2 MiB to base pages.
 * Left out: the contents of page tables. The descriptors are real memory, put by the host behind one
 * window of addresses.
 */
#include "core/boot_state.h"
#include "core/memmodel_internal.h"
#include "core/memmodel_vmemmap.h"

/*
 * Where the vmemmap's tables begin to count, in bytes of descriptors: at page frame 0 on x86, at the
 * start of the linear map on arm64.
 */
static uint64_t tables_start(const struct mb_boot *boot)
{
	mb_phys_t start = 0;

	if (boot->machine->arch != MB_ARCH_X86_64)
		start = mb_memmodel_max_dma(boot->machine, &boot->memblock);
	return (start >> boot->machine->page_shift) * boot->model.geo.page_bytes;
}

/*
 * Page tables of the vmemmap above the 2 MiB entries: a page each time the walk first meets a
 * missing one.
 */
static bool make_tables(struct mb_boot *boot, int nid, uint64_t offset)
{
	struct mb_memmodel *model = &boot->model;
	unsigned bits = model->geo.page_shift - 3; /* index bits of a level */
	unsigned pmd = model->geo.page_shift + bits;
	bool five_level = boot->machine->arch == MB_ARCH_X86_64 && boot->machine->phys_bits > 46;
	mb_phys_t page = UINT64_C(1) << model->geo.page_shift;
	unsigned top = five_level ? 3 : 2;

	offset -= tables_start(boot);
	for (unsigned level = top; level >= 1; level--) {
		uint64_t index = (offset >> (pmd + level * bits)) + 1, *last;

		last = &model->table_index[level - 1];
		if (*last == index)
			continue;
		if (level == top && !*last && model->has_top_table) {
			*last = index;
			continue;
		}
		if (!mb_memmodel_ask(model) ||
		    !mb_memblock_alloc_try_nid(&boot->memblock, page, page,
					       mb_memmodel_max_dma(boot->machine, &boot->memblock),
					       MB_MEMBLOCK_ALLOC_ACCESSIBLE, nid))
			return false;
		*last = index;
		model->metadata_bytes += page;
	}
	return true;
}

/* One section: blocks of a PMD entry where it can have them, else base pages. */
static enum mb_populate populate(struct mb_boot *boot, struct mb_map_buffer *buffer, int nid,
				 uint64_t nr, mb_phys_t *ret_first)
{
	struct mb_memmodel *model = &boot->model;
	unsigned bits = model->geo.page_shift - 3;
	uint64_t block = UINT64_C(1) << (model->geo.page_shift + bits);
	uint64_t page = UINT64_C(1) << model->geo.page_shift;
	uint64_t slice = model->geo.section_map_bytes, offset = nr * slice;

	for (uint64_t done = 0; done < slice;) {
		uint64_t piece = slice - done >= block ? block : page;
		mb_phys_t got;

		if (!make_tables(boot, nid, offset + done))
			return MB_POPULATE_DROP;
		got = mb_memmodel_section_take(boot, buffer, nid, piece);
		if (!got && piece != page) {
			piece = page;
			got = mb_memmodel_section_take(boot, buffer, nid, page);
		}
		if (!got)
			return MB_POPULATE_DROP;
		if (!done)
			*ret_first = got;
		done += piece;
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
