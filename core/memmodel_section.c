/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: sparse_init, memory_present, sparse_init_nid, sparse_buffer_alloc (mm/sparse.c), 6.1.
 * Kept: section arithmetic, words and flags, runs of equal node, the requests to memblock in their
 * order and with their limits, failure of a usage array (the run is lost) and of a section's memmap
 * (what its model says). Memory of lost sections stays in memblock, and the boot goes on without it.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/base/bits.h"
#include "core/boot_state.h"
#include "core/memmodel_internal.h"

uint64_t mb_memmodel_section_map_pages(const struct mb_machine *machine)
{
	uint64_t sections = 0, next = 0;

	for (size_t i = 0; i < machine->nr_mem; i++) {
		uint64_t first = mb_max(machine->mem[i].start >> machine->section_shift, next);
		uint64_t end = ((machine->mem[i].end - 1) >> machine->section_shift) + 1;

		if (end > first) {
			sections += end - first;
			next = end;
		}
	}
	return sections << (machine->section_shift - machine->page_shift);
}

/* --- the node of a section --- */

int mb_memmodel_section_fits_nodes(const struct mb_machine *machine, unsigned page_bytes,
				   struct mb_err *err)
{
	struct mb_page_layout layout;

	mb_page_layout_sparse(machine->phys_bits - machine->section_shift, &layout);
	if (layout.node_mask)
		return 0;
	for (size_t i = 1; i < machine->nr_mem; i++) {
		const struct mb_machine_mem *low = &machine->mem[i - 1], *high = &machine->mem[i];

		if (low->nid != high->nid && (low->end - 1) >> machine->section_shift ==
						     high->start >> machine->section_shift)
			return MB_FAIL(
				err, -EINVAL,
				"nodes %d and %d share the section at %#llx, and %u section bits leave "
				"no room for the node in page flags; a smaller phys-bits would",
				low->nid, high->nid,
				(unsigned long long)mb_align_down_pow2(
					high->start, UINT64_C(1) << machine->section_shift),
				machine->phys_bits - machine->section_shift);
	}
	return 0;
}

static int make_node_table(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;
	size_t bytes = model->geo.nr_sections * sizeof(*model->section_node);

	if (!model->row->ops->section_flags || model->layout.node_mask)
		return 0;
	model->section_node = calloc(model->geo.nr_sections, sizeof(*model->section_node));
	if (!model->section_node)
		return MB_FAIL(&boot->err, -ENOMEM,
			       "the host has no memory for the table of sections' nodes (%zu MiB)",
			       bytes >> 20);
	model->layout.section_node = model->section_node;
	model->metadata_bytes += bytes;
	return 0;
}

/* --- registration --- */

static int section_early_nid(const struct mb_mem_section *section)
{
	return (int)(section->section_mem_map >> MB_SECTION_NID_SHIFT);
}

/* memory_present: where two nodes share a section, the lower range has it. */
static int memory_present(struct mb_boot *boot, int nid, mb_pfn_t start, mb_pfn_t end)
{
	struct mb_memmodel *model = &boot->model;

	start = mb_align_down_pow2(start, model->geo.pages_per_section);
	for (mb_pfn_t pfn = start; pfn < end; pfn += model->geo.pages_per_section) {
		uint64_t nr = mb_memmodel_section_nr(model, pfn);
		struct mb_mem_section *section;
		int r = mb_memmodel_interrupted(boot, nr)
				? -ECANCELED
				: model->row->ops->make_root(boot, nr, nid);

		if (r)
			return r;
		section = mb_memmodel_section(model, nr);
		if (model->section_node)
			model->section_node[nr] = (uint16_t)nid;
		if (section->section_mem_map)
			continue;
		section->section_mem_map = (uint64_t)nid << MB_SECTION_NID_SHIFT |
					   MB_SECTION_IS_ONLINE | MB_SECTION_MARKED_PRESENT;
		model->nr_present++;
		if ((int64_t)nr > model->highest_present)
			model->highest_present = (int64_t)nr;
	}
	return 0;
}

/* memblocks_present: the table, then every memory region. */
static int register_sections(struct mb_boot *boot)
{
	mb_pfn_t start, end;
	int index = -1, nid, r = boot->model.row->ops->make_table(boot);

	while (!r && mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start,
						    &end, &nid))
		r = memory_present(boot, nid, start, end);
	return r;
}

/* --- sparse_init_nid --- */

/*
 * The usage arrays of a run. With memory hot-remove the kernel wants them in the section that holds
 * the node's own NODE_DATA, so that no section depends on another; without luck, anywhere. The node
 * asked for is that of the section's first page.
 */
static mb_phys_t alloc_usage(struct mb_boot *boot, int nid, uint64_t count)
{
	const struct mb_node *node = boot->nodes[nid];
	mb_phys_t section_bytes = UINT64_C(1) << boot->model.geo.section_shift;
	mb_phys_t goal = node ? mb_align_down_pow2(node->pgdat, section_bytes) : 0;
	uint64_t bytes = count * boot->model.geo.usage_bytes;
	mb_pfn_t from, to;
	int goal_nid = mb_memblock_search_pfn_nid(&boot->memblock,
						  goal >> boot->machine->page_shift, &from, &to);
	mb_phys_t found = 0;

	if (goal_nid < 0)
		goal_nid = mb_node_first_online(boot);
	if (mb_memmodel_ask(&boot->model))
		found = mb_memblock_alloc_try_nid(&boot->memblock, bytes, boot->memblock.cache_line,
						  goal, goal + section_bytes, goal_nid);
	if (!found && mb_memmodel_ask(&boot->model))
		found = mb_memblock_alloc_try_nid(&boot->memblock, bytes, boot->memblock.cache_line,
						  goal, MB_MEMBLOCK_ALLOC_ACCESSIBLE, goal_nid);
	return found;
}

/* Real bitmaps of a run, one allocation. */
static int attach_usage(struct mb_boot *boot, int nid, int64_t begin, int64_t end, uint64_t count)
{
	struct mb_memmodel *model = &boot->model;
	size_t stride = sizeof(struct mb_section_usage) +
			8 * (model->geo.subsection_words + model->geo.block_words);
	char *block = calloc(count, stride);
	void **blocks =
		realloc(model->usage_blocks, (model->nr_usage_blocks + 1) * sizeof(*blocks));

	if (blocks)
		model->usage_blocks = blocks;
	if (!block || !blocks) {
		free(block);
		return MB_FAIL(&boot->err, -ENOMEM, "the host has no memory for section usage");
	}
	model->usage_blocks[model->nr_usage_blocks++] = block;
	model->metadata_bytes += count * model->geo.usage_bytes;
	for (int64_t nr = begin; nr >= 0 && nr < end; nr = mb_memmodel_next_present(model, nr)) {
		struct mb_mem_section *section = mb_memmodel_section(model, (uint64_t)nr);

		section->usage = (struct mb_section_usage *)block;
		section->usage->memmap_nid = nid;
		block += stride;
	}
	return 0;
}

mb_phys_t mb_memmodel_section_take(struct mb_boot *boot, struct mb_map_buffer *buffer, int nid,
				   uint64_t bytes)
{
	mb_phys_t start = mb_round_up(buffer->cursor, bytes);

	if (buffer->end && start + bytes <= buffer->end) {
		if (start > buffer->cursor)
			mb_memblock_phys_free(&boot->memblock, buffer->cursor,
					      start - buffer->cursor);
		buffer->cursor = start + bytes;
		return start;
	}
	if (!mb_memmodel_ask(&boot->model))
		return 0;
	return mb_memblock_alloc_try_nid(&boot->memblock, bytes, bytes, mb_memmodel_max_dma(boot),
					 MB_MEMBLOCK_ALLOC_ACCESSIBLE, nid);
}

/* Marks the run's sections from nr on absent: memblock keeps their memory, nobody gets it. */
static void drop_sections(struct mb_memmodel *model, int64_t nr, int64_t end)
{
	for (; nr >= 0 && nr < end; nr = mb_memmodel_next_present(model, nr)) {
		mb_memmodel_section(model, (uint64_t)nr)->section_mem_map = 0;
		model->nr_present--;
		model->nr_dropped++;
	}
}

/*
 * The buffer of the whole run: exact node, never zeroed, silent when it fails. With vmemmap a section's
 * part is rounded to what a PMD entry maps. That is 32 MiB with pages of 16 KiB and 512 MiB with 64 KiB,
 * although such kernels map base pages only: they ask for many times what the descriptors take, mostly
 * in vain, and give back what is left.
 */
static struct mb_map_buffer alloc_buffer(struct mb_boot *boot, int nid, uint64_t count)
{
	struct mb_memmodel *model = &boot->model;
	uint64_t pmd = UINT64_C(1) << (2 * model->geo.page_shift - 3);
	uint64_t align = model->row->ops->subsections ? pmd : UINT64_C(1) << model->geo.page_shift;
	uint64_t map_bytes = mb_round_up(model->geo.section_map_bytes, align);
	mb_phys_t start = 0;

	if (mb_memmodel_ask(model))
		start = mb_memblock_alloc_exact_nid_raw(&boot->memblock, count * map_bytes,
							map_bytes, mb_memmodel_max_dma(boot),
							MB_MEMBLOCK_ALLOC_ACCESSIBLE, nid);
	return (struct mb_map_buffer){start, start ? start + count * map_bytes : 0};
}

/* The node that a section's descriptors came from: not the run's where that had no room. */
static void note_map_nid(const struct mb_boot *boot, struct mb_mem_section *section,
			 mb_phys_t first)
{
	mb_pfn_t from, to;
	int nid = mb_memblock_search_pfn_nid(&boot->memblock, first >> boot->machine->page_shift,
					     &from, &to);

	if (nid >= 0 && (unsigned)nid < boot->nr_node_ids)
		section->usage->memmap_nid = nid;
}

static int populate_run(struct mb_boot *boot, struct mb_map_buffer *buffer, int nid, int64_t begin,
			int64_t end)
{
	struct mb_memmodel *model = &boot->model;

	for (int64_t nr = begin; nr >= 0 && nr < end; nr = mb_memmodel_next_present(model, nr)) {
		struct mb_mem_section *section = mb_memmodel_section(model, (uint64_t)nr);
		mb_phys_t first = 0;

		if (mb_memmodel_interrupted(boot, (uint64_t)nr))
			return -ECANCELED;
		switch (model->row->ops->populate(boot, buffer, nid, (uint64_t)nr, &first)) {
		case MB_POPULATE_DONE: break;
		case MB_POPULATE_DROP: drop_sections(model, nr, end); return 0;
		case MB_POPULATE_PANIC:
			return MB_FAIL(
				&boot->err, -ENOSPC,
				"the machine is too small: section %lld's memmap takes %llu KiB in one piece",
				(long long)nr,
				(unsigned long long)model->geo.section_map_bytes >> 10);
		}
		note_map_nid(boot, section, first);
		section->section_mem_map = (section->section_mem_map & MB_SECTION_FLAGS_MASK) |
					   MB_SECTION_HAS_MEM_MAP | MB_SECTION_IS_EARLY;
	}
	return 0;
}

/* One run of sections of one node: [begin, end), count of them present. */
static int init_run(struct mb_boot *boot, int nid, int64_t begin, int64_t end, uint64_t count)
{
	struct mb_map_buffer buffer;
	int r;

	if (!alloc_usage(boot, nid, count)) {
		drop_sections(&boot->model, begin, end);
		return 0;
	}
	r = attach_usage(boot, nid, begin, end, count);
	if (r)
		return r;
	buffer = alloc_buffer(boot, nid, count);
	r = populate_run(boot, &buffer, nid, begin, end);
	if (buffer.end > buffer.cursor)
		mb_memblock_phys_free(&boot->memblock, buffer.cursor, buffer.end - buffer.cursor);
	return r;
}

static int init_runs(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;
	int64_t begin = mb_memmodel_next_present(model, -1), nr = begin;

	while (begin >= 0) {
		int nid = section_early_nid(mb_memmodel_section(model, (uint64_t)begin));
		uint64_t count = 0;
		int r;

		while (nr >= 0 &&
		       section_early_nid(mb_memmodel_section(model, (uint64_t)nr)) == nid) {
			count++;
			nr = mb_memmodel_next_present(model, nr);
		}
		r = init_run(boot, nid, begin, nr >= 0 ? nr : model->highest_present + 1, count);
		if (r)
			return r;
		begin = nr;
	}
	return model->nr_present
		       ? 0
		       : MB_FAIL(&boot->err, -ENOSPC,
				 "the machine is too small: no section could be given a memmap");
}

int mb_memmodel_section_build(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;
	int r;

	r = make_node_table(boot);
	if (!r)
		r = register_sections(boot);
	if (!r)
		r = init_runs(boot);
	model->map_pages = model->nr_present * model->geo.pages_per_section;
	return r;
}
