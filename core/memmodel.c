/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: sparse_init, memory_present, sparse_init_nid (mm/sparse.c), vmemmap_populate
 * (mm/sparse-vmemmap.c), 6.1.
 * Kept: root and section arithmetic, words and flags, runs of equal node, the requests to memblock
 * in their order and with their limits, the fallback from 2 MiB to base pages, failure of a usage
 * array (the run is lost) and of a slice (the rest of the run is lost).
 * Left out: the contents of page tables. The descriptors are real memory, put by the host behind
 * one window of addresses.
 * Invariants: a present section has a usage array and, unless descriptors are not wanted, a memmap
 * on the run's node; no section above highest_present is present.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bits.h"
#include "core/boot_state.h"
#include "core/memmodel.h"

/* The buffer of a run: simulated memory that slices are cut from. */
struct map_buffer {
	mb_phys_t cursor, end;
};

/* --- geometry --- */

void mb_memmodel_geometry(const struct mb_machine *machine, unsigned usage_header_bytes,
			  struct mb_geometry *ret_geometry)
{
	struct mb_geometry geo = {
		.page_shift = machine->page_shift,
		.section_shift = machine->section_shift,
		.max_order = mb_profile_max_order(machine->page_shift),
		.pageblock_order = mb_profile_pageblock_order(machine->page_shift),
	};
	uint64_t subsections, block_bits;

	geo.pages_per_section = UINT64_C(1) << (geo.section_shift - geo.page_shift);
	geo.pages_per_block = UINT64_C(1) << geo.pageblock_order;
	geo.nr_sections = UINT64_C(1) << (machine->phys_bits - geo.section_shift);
	geo.root_shift = geo.page_shift - mb_ctz64(sizeof(struct mb_mem_section));
	geo.sections_per_root = UINT64_C(1) << geo.root_shift;
	geo.section_map_bytes = geo.pages_per_section * sizeof(struct mb_page);
	subsections = mb_max(1, UINT64_C(1) << (geo.section_shift - 21));
	block_bits = mb_max(1, geo.pages_per_section >> geo.pageblock_order) * 4;
	geo.usage_bytes = usage_header_bytes +
			  8 * (MB_BITMAP_WORDS(subsections) + MB_BITMAP_WORDS(block_bits));
	*ret_geometry = geo;
}

mb_phys_t mb_memmodel_max_dma(const struct mb_machine *machine, const struct mb_memblock *memblock)
{
	if (machine->arch == MB_ARCH_X86_64)
		return 16 * MB_MIB;
	return mb_align_down_pow2(mb_memblock_start_of_DRAM(memblock), MB_GIB);
}

/* --- sections --- */

int64_t mb_memmodel_next_present(const struct mb_memmodel *model, int64_t nr)
{
	while (++nr <= model->highest_present) {
		const struct mb_mem_section *section = mb_memmodel_section(model, (uint64_t)nr);

		if (section && section->section_mem_map & MB_SECTION_MARKED_PRESENT)
			return nr;
	}
	return -1;
}

bool mb_memmodel_pfn_valid(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	const struct mb_mem_section *section =
		mb_memmodel_section(model, mb_memmodel_section_nr(model, pfn));

	return section && section->section_mem_map & MB_SECTION_HAS_MEM_MAP;
}

static int section_early_nid(const struct mb_mem_section *section)
{
	return (int)(section->section_mem_map >> MB_SECTION_NID_SHIFT);
}

/* One root is a page, taken on the node of the section that needs it first. */
static int make_root(struct mb_boot *boot, uint64_t root, int nid)
{
	struct mb_memmodel *model = &boot->model;
	size_t bytes = model->geo.sections_per_root * sizeof(struct mb_mem_section);

	if (model->roots[root])
		return 0;
	if (!mb_memblock_alloc_node(&boot->memblock, bytes, boot->memblock.cache_line, nid))
		return MB_FAIL(&boot->err, -ENOSPC,
			       "the machine is too small: no memory for a section root");
	model->roots[root] = calloc(model->geo.sections_per_root, sizeof(struct mb_mem_section));
	if (!model->roots[root])
		return MB_FAIL(&boot->err, -ENOMEM, "the host has no memory for a section root");
	model->metadata_bytes += bytes;
	return 0;
}

/* Asked now and then: a machine may have millions of sections. */
static bool interrupted(const struct mb_boot *boot, uint64_t nr)
{
	return !(nr & 0xfff) && mb_host_cancelled(boot->host);
}

/* memory_present: where two nodes share a section, the lower range has it. */
static int memory_present(struct mb_boot *boot, int nid, mb_pfn_t start, mb_pfn_t end)
{
	struct mb_memmodel *model = &boot->model;

	start = mb_align_down_pow2(start, model->geo.pages_per_section);
	for (mb_pfn_t pfn = start; pfn < end; pfn += model->geo.pages_per_section) {
		uint64_t nr = mb_memmodel_section_nr(model, pfn);
		struct mb_mem_section *section;
		int r = interrupted(boot, nr)
				? -ECANCELED
				: make_root(boot, nr / model->geo.sections_per_root, nid);

		if (r)
			return r;
		section = mb_memmodel_section(model, nr);
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

/* memblocks_present: the root pointers, then every memory region. */
static int register_sections(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;
	mb_pfn_t start, end;
	int index = -1, nid, r;

	model->nr_roots = mb_div_ceil(model->geo.nr_sections, model->geo.sections_per_root);
	if (!mb_memblock_alloc(&boot->memblock, model->nr_roots * sizeof(void *),
			       boot->memblock.cache_line))
		return MB_FAIL(&boot->err, -ENOSPC,
			       "the machine is too small: no memory for the section root pointers");
	model->roots = calloc(model->nr_roots, sizeof(*model->roots));
	if (!model->roots)
		return MB_FAIL(&boot->err, -ENOMEM,
			       "the host has no memory for the section root pointers");
	model->metadata_bytes += model->nr_roots * sizeof(void *);
	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      &nid)) {
		r = memory_present(boot, nid, start, end);
		if (r)
			return r;
	}
	return 0;
}

/* --- bitmaps --- */

/* Sets bits [first, last] of a bitmap, a word at a time. */
static void set_bits(uint64_t *map, uint64_t first, uint64_t last)
{
	for (uint64_t word = first / 64; word <= last / 64; word++) {
		uint64_t mask = UINT64_MAX;

		if (word == first / 64)
			mask &= UINT64_MAX << first % 64;
		if (word == last / 64)
			mask &= UINT64_MAX >> (63 - last % 64);
		map[word] |= mask;
	}
}

void mb_memmodel_map_subsections(struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end)
{
	unsigned shift = 21 - model->geo.page_shift;
	uint64_t per_section = model->geo.pages_per_section >> shift;
	uint64_t first = start >> shift, last = (end - 1) >> shift;

	for (uint64_t nr = first / per_section; nr <= last / per_section; nr++) {
		struct mb_mem_section *section = mb_memmodel_section(model, nr);
		uint64_t base = nr * per_section;

		if (section && section->usage)
			set_bits(section->usage->bits, mb_max(first, base) - base,
				 mb_min(last, base + per_section - 1) - base);
	}
}

/* The word and the shift of a pageblock's four bits. */
static _Atomic uint64_t *block_word(const struct mb_memmodel *model, mb_pfn_t pfn,
				    unsigned *ret_shift)
{
	struct mb_mem_section *section =
		mb_memmodel_section(model, mb_memmodel_section_nr(model, pfn));
	uint64_t block = (pfn & (model->geo.pages_per_section - 1)) >> model->geo.pageblock_order;

	*ret_shift = block % 16 * 4;
	return (_Atomic uint64_t *)&section->usage->bits[model->subsection_words + block / 16];
}

enum mb_migratetype mb_memmodel_block_type(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	unsigned shift;
	_Atomic uint64_t *word = block_word(model, pfn, &shift);

	return (enum mb_migratetype)(atomic_load_explicit(word, memory_order_relaxed) >> shift & 7);
}

void mb_memmodel_set_block_type(const struct mb_memmodel *model, mb_pfn_t pfn,
				enum mb_migratetype type)
{
	unsigned shift;
	_Atomic uint64_t *word = block_word(model, pfn, &shift);
	uint64_t old = atomic_load_explicit(word, memory_order_relaxed), new;

	do
		new = (old & ~(UINT64_C(7) << shift)) | (uint64_t)type << shift;
	while (!atomic_compare_exchange_weak(word, &old, new));
}

/* --- sparse_init_nid --- */

/*
 * The usage arrays of a run. With memory hot-remove the kernel wants them in the section that holds
 * the node's own NODE_DATA, so that no section depends on another; without luck, anywhere.
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
	mb_phys_t found;

	found = mb_memblock_alloc_try_nid(&boot->memblock, bytes, boot->memblock.cache_line, goal,
					  goal + section_bytes,
					  goal_nid < 0 ? MB_MAX_NODES : goal_nid);
	if (!found)
		found = mb_memblock_alloc_try_nid(&boot->memblock, bytes, boot->memblock.cache_line,
						  goal, MB_MEMBLOCK_ALLOC_ACCESSIBLE,
						  goal_nid < 0 ? MB_MAX_NODES : goal_nid);
	return found;
}

/* Real bitmaps of a run, one allocation. */
static int attach_usage(struct mb_boot *boot, int nid, int64_t begin, int64_t end, uint64_t count)
{
	struct mb_memmodel *model = &boot->model;
	size_t stride = sizeof(struct mb_section_usage) +
			8 * (model->subsection_words + model->block_words);
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

/*
 * Where the vmemmap's tables begin to count, in bytes of descriptors: at page frame 0 on x86, at the
 * start of the linear map on arm64.
 */
static uint64_t tables_start(const struct mb_boot *boot)
{
	mb_phys_t start = 0;

	if (boot->machine->arch != MB_ARCH_X86_64)
		start = mb_memmodel_max_dma(boot->machine, &boot->memblock);
	return (start >> boot->machine->page_shift) * sizeof(struct mb_page);
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
		if (!mb_memblock_alloc_try_nid(&boot->memblock, page, page,
					       mb_memmodel_max_dma(boot->machine, &boot->memblock),
					       MB_MEMBLOCK_ALLOC_ACCESSIBLE, nid))
			return false;
		*last = index;
		model->metadata_bytes += page;
	}
	return true;
}

/* bytes from the run's buffer, aligned to their size, else from anywhere. */
static mb_phys_t take(struct mb_boot *boot, struct map_buffer *buffer, int nid, uint64_t bytes)
{
	mb_phys_t start = mb_align_up_pow2(buffer->cursor, bytes);

	if (buffer->end && start + bytes <= buffer->end) {
		if (start > buffer->cursor)
			mb_memblock_phys_free(&boot->memblock, buffer->cursor,
					      start - buffer->cursor);
		buffer->cursor = start + bytes;
		return start;
	}
	return mb_memblock_alloc_try_nid(&boot->memblock, bytes, bytes,
					 mb_memmodel_max_dma(boot->machine, &boot->memblock),
					 MB_MEMBLOCK_ALLOC_ACCESSIBLE, nid);
}

/*
 * vmemmap_populate for one section: blocks of a PMD entry where it can have them, else base pages.
 */
static bool populate_section(struct mb_boot *boot, struct map_buffer *buffer, int nid, uint64_t nr)
{
	struct mb_memmodel *model = &boot->model;
	unsigned bits = model->geo.page_shift - 3;
	uint64_t block = UINT64_C(1) << (model->geo.page_shift + bits);
	uint64_t page = UINT64_C(1) << model->geo.page_shift;
	uint64_t slice = model->geo.section_map_bytes, offset = nr * slice;

	for (uint64_t done = 0; done < slice;) {
		uint64_t piece = slice - done >= block ? block : page;

		if (!make_tables(boot, nid, offset + done))
			return false;
		if (!take(boot, buffer, nid, piece)) {
			if (piece == page || !take(boot, buffer, nid, page))
				return false;
			piece = page;
		}
		done += piece;
	}
	return true;
}

/* Marks the run's sections from nr on absent, as if their memory did not exist. */
static void drop_sections(struct mb_memmodel *model, int64_t nr, int64_t end)
{
	for (; nr >= 0 && nr < end; nr = mb_memmodel_next_present(model, nr)) {
		mb_memmodel_section(model, (uint64_t)nr)->section_mem_map = 0;
		model->nr_present--;
		model->nr_dropped++;
	}
}

/* The buffer of the whole run: exact node, never zeroed, silent when it fails. */
static struct map_buffer alloc_buffer(struct mb_boot *boot, int nid, uint64_t count)
{
	struct mb_memmodel *model = &boot->model;
	uint64_t pmd = UINT64_C(1) << (2 * model->geo.page_shift - 3);
	uint64_t map_bytes = mb_round_up(model->geo.section_map_bytes, pmd);
	mb_phys_t start =
		mb_memblock_alloc_exact_nid_raw(&boot->memblock, count * map_bytes, map_bytes,
						mb_memmodel_max_dma(boot->machine, &boot->memblock),
						MB_MEMBLOCK_ALLOC_ACCESSIBLE, nid);

	return (struct map_buffer){start, start ? start + count * map_bytes : 0};
}

/* One run of sections of one node: [begin, end), count of them present. */
static int init_run(struct mb_boot *boot, int nid, int64_t begin, int64_t end, uint64_t count)
{
	struct mb_memmodel *model = &boot->model;
	struct map_buffer buffer;
	int r;

	if (!alloc_usage(boot, nid, count)) {
		drop_sections(model, begin, end);
		return 0;
	}
	r = attach_usage(boot, nid, begin, end, count);
	if (r)
		return r;
	buffer = alloc_buffer(boot, nid, count);
	for (int64_t nr = begin; nr >= 0 && nr < end; nr = mb_memmodel_next_present(model, nr)) {
		struct mb_mem_section *section = mb_memmodel_section(model, (uint64_t)nr);

		if (interrupted(boot, (uint64_t)nr))
			return -ECANCELED;
		if (!populate_section(boot, &buffer, nid, (uint64_t)nr)) {
			drop_sections(model, nr, end);
			break;
		}
		section->section_mem_map = (section->section_mem_map & MB_SECTION_FLAGS_MASK) |
					   MB_SECTION_HAS_MEM_MAP | MB_SECTION_IS_EARLY;
	}
	if (buffer.end > buffer.cursor)
		mb_memblock_phys_free(&boot->memblock, buffer.cursor, buffer.end - buffer.cursor);
	return 0;
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

/* --- real memory --- */

bool mb_memmodel_next_stretch(const struct mb_memmodel *model, uint64_t from, uint64_t max,
			      struct mb_memmodel_stretch *ret_stretch)
{
	int64_t nr = mb_memmodel_next_present(model, (int64_t)from - 1);
	struct mb_memmodel_stretch stretch;

	if (nr < 0)
		return false;
	stretch.begin = (uint64_t)nr;
	stretch.end = stretch.begin + 1;
	stretch.nid = mb_memmodel_section(model, stretch.begin)->usage->memmap_nid;
	while (stretch.end - stretch.begin < max) {
		const struct mb_mem_section *section = mb_memmodel_section(model, stretch.end);

		if (!section || !(section->section_mem_map & MB_SECTION_HAS_MEM_MAP) ||
		    section->usage->memmap_nid != stretch.nid)
			break;
		stretch.end++;
	}
	*ret_stretch = stretch;
	return true;
}

/* --- stage --- */

static int memmodel_run(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;
	int r;

	mb_memmodel_geometry(boot->machine, boot->profile->usage_header_bytes, &model->geo);
	model->highest_present = -1;
	model->subsection_words =
		MB_BITMAP_WORDS(mb_max(1, UINT64_C(1) << (model->geo.section_shift - 21)));
	model->block_words = MB_BITMAP_WORDS(
		mb_max(1, model->geo.pages_per_section >> model->geo.pageblock_order) * 4);
	r = register_sections(boot);
	if (!r)
		r = init_runs(boot);
	mb_boot_stat(boot, &mb_memmodel_stage)->pages =
		model->nr_present * model->geo.pages_per_section;
	mb_boot_stat(boot, &mb_memmodel_stage)->bytes =
		model->metadata_bytes + model->nr_present * model->geo.section_map_bytes;
	return r;
}

static int memmodel_check(struct mb_boot *boot)
{
	const struct mb_memmodel *model = &boot->model;
	uint64_t present = 0;
	mb_pfn_t start, end;
	int index = -1;

	for (int64_t nr = mb_memmodel_next_present(model, -1); nr >= 0;
	     nr = mb_memmodel_next_present(model, nr)) {
		const struct mb_mem_section *section = mb_memmodel_section(model, (uint64_t)nr);

		if (interrupted(boot, (uint64_t)nr))
			return -ECANCELED;
		present++;
		if (!section->usage || !(section->section_mem_map & MB_SECTION_HAS_MEM_MAP))
			return MB_FAIL(&boot->err, -EUCLEAN,
				       "section %lld is present without a memmap", (long long)nr);
	}
	if (present != model->nr_present)
		return MB_FAIL(&boot->err, -EUCLEAN, "%llu sections are present, %llu were counted",
			       (unsigned long long)present, (unsigned long long)model->nr_present);
	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      NULL))
		if (!mb_memmodel_section(model, mb_memmodel_section_nr(model, start)))
			return MB_FAIL(&boot->err, -EUCLEAN,
				       "page frame 0x%llx is memory without a section",
				       (unsigned long long)start);
	return mb_memblock_check(&boot->memblock);
}

static void memmodel_undo(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;

	for (size_t i = 0; i < model->nr_usage_blocks; i++)
		free(model->usage_blocks[i]);
	free(model->usage_blocks);
	for (uint64_t i = 0; model->roots && i < model->nr_roots; i++)
		free(model->roots[i]);
	free(model->roots);
	*model = (struct mb_memmodel){0};
}

const struct mb_stage mb_memmodel_stage = {
	.name = "sparse_init",
	.linux_name = "sparse_init",
	.summary = "section table and a memmap for each node's sections",
	.dry_run = true,
	.run = memmodel_run,
	.check = memmodel_check,
	.undo = memmodel_undo,
};
