/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: what memory models have in common (include/linux/mmzone.h, mm/sparse.c), 6.1; each model's
 * own part is in memmodel_NAME.c.
 * Kept: geometry, the walk over present sections, validity of page frames, pageblock types.
 * Invariants: a present section has a usage array and a memmap; as many are present as were counted;
 * memory has a memmap unless sections were dropped; a section's word is its memmap's address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bits.h"
#include "core/boot_state.h"
#include "core/memmodel_internal.h"
#include "core/memmodel_map.h"
#include "core/memmodel_tmpl.h"
#include "core/memmodel_walk.h"

const struct mb_memmodel_row mb_memmodels[MB_NR_MEMMODELS] = {
	[MB_MEMMODEL_FLAT] = {"flat", "FLATMEM",
			      "one array over the whole span, holes included; one node only",
			      &mb_memmodel_flat_ops},
	[MB_MEMMODEL_SPARSE] = {"sparse", "SPARSEMEM",
				"a memmap a section; a static table of all possible sections",
				&mb_memmodel_sparse_ops},
	[MB_MEMMODEL_EXTREME] = {"extreme", "SPARSEMEM_EXTREME",
				 "a memmap a section; a table of roots that are made when needed",
				 &mb_memmodel_extreme_ops},
	[MB_MEMMODEL_VMEMMAP] = {"vmemmap", "SPARSEMEM_VMEMMAP",
				 "the same table, and one window of addresses for all memmaps",
				 &mb_memmodel_vmemmap_ops},
};

const struct mb_memmodel_row *mb_memmodel_find(const char *name)
{
	for (size_t i = 0; i < MB_NR_MEMMODELS; i++)
		if (!strcmp(mb_memmodels[i].name, name))
			return &mb_memmodels[i];
	return NULL;
}

int mb_memmodel_fits(const struct mb_memmodel_row *row, const struct mb_machine *machine,
		     const struct mb_page_size *struct_page, struct mb_err *err)
{
	unsigned bytes = (struct_page ? struct_page : &mb_page_sizes[MB_PAGE_SIZE_DEFAULT])->bytes;
	struct mb_err why = {0};
	int r = row->ops->fits ? row->ops->fits(machine, bytes, &why) : 0;

	return r ? MB_FAIL(err, r, "model %s cannot hold this machine: %s", row->name, why.text)
		 : 0;
}

uint64_t mb_memmodel_map_pages(const struct mb_memmodel_row *row, const struct mb_machine *machine)
{
	return row->ops->map_pages(machine);
}

bool mb_memmodel_ask(struct mb_memmodel *model)
{
	model->nr_requests++;
	return model->nr_requests < model->fail_first || model->nr_requests > model->fail_last;
}

bool mb_memmodel_interrupted(const struct mb_boot *boot, uint64_t nr)
{
	return !(nr & 0xfff) && mb_host_cancelled(boot->host);
}

/* --- geometry --- */

unsigned mb_memmodel_section_entry_bytes(const struct mb_machine *machine)
{
	return machine->sizes.mem_section_bytes ? machine->sizes.mem_section_bytes : 16;
}

void mb_memmodel_geometry(const struct mb_memmodel_row *row, const struct mb_machine *machine,
			  unsigned usage_header_bytes, unsigned page_bytes,
			  struct mb_geometry *ret_geometry)
{
	struct mb_geometry geo = {
		.page_shift = machine->page_shift,
		.section_shift = machine->section_shift,
		.max_order = mb_profile_max_order(machine->page_shift),
		.pageblock_order = mb_profile_pageblock_order(machine->page_shift),
		.page_bytes = page_bytes,
		.mem_section_bytes = mb_memmodel_section_entry_bytes(machine),
	};

	geo.pages_per_section = UINT64_C(1) << (geo.section_shift - geo.page_shift);
	geo.pages_per_block = UINT64_C(1) << geo.pageblock_order;
	geo.nr_sections = UINT64_C(1) << (machine->phys_bits - geo.section_shift);
	geo.root_shift = geo.page_shift - mb_ctz64(geo.mem_section_bytes);
	geo.sections_per_root = UINT64_C(1) << geo.root_shift;
	geo.section_map_bytes = geo.pages_per_section * page_bytes;
	if (row->ops->subsections)
		geo.subsection_words =
			MB_BITMAP_WORDS(mb_max(1, UINT64_C(1) << (geo.section_shift - 21)));
	geo.block_words =
		MB_BITMAP_WORDS(mb_max(1, geo.pages_per_section >> geo.pageblock_order) * 4);
	geo.usage_bytes = usage_header_bytes + 8 * (geo.subsection_words + geo.block_words);
	*ret_geometry = geo;
}

mb_phys_t mb_memmodel_linear_start(const struct mb_boot *boot)
{
	const struct mb_machine *machine = boot->machine;
	/* ARM64_MEMSTART_ALIGN */
	uint64_t align = mb_max(machine->page_shift == 16 ? 512 * MB_MIB : MB_GIB,
				UINT64_C(1) << machine->section_shift);

	return mb_align_down_pow2(mb_memblock_start_of_DRAM(&boot->memblock), align);
}

/*
 * On arm64 the physical address of PAGE_OFFSET. A kernel built for 52 bits of virtual addresses that runs
 * with 48, or 47 with pages of 16 KiB, puts the linear map as much higher (arm64_memblock_init): the
 * address is below 0, and as an unsigned one above all memory, so it is no preference any more.
 */
mb_phys_t mb_memmodel_max_dma(const struct mb_boot *boot)
{
	const struct mb_machine *machine = boot->machine;
	mb_phys_t start = mb_memmodel_linear_start(boot);

	if (machine->arch == MB_ARCH_X86_64)
		return 16 * MB_MIB;
	if (boot->profile->arm64_va52 && machine->phys_bits < 52)
		start += (UINT64_C(1) << (machine->page_shift == 14 ? 47 : 48)) -
			 (UINT64_C(1) << 52);
	return start;
}

/* --- sections --- */

struct mb_mem_section *mb_memmodel_section(const struct mb_memmodel *model, uint64_t nr)
{
	if (model->table)
		return nr < model->geo.nr_sections ? &model->table[nr] : NULL;
	return mb_extreme_nr_to_section(model, nr);
}

static bool present(const struct mb_memmodel *model, uint64_t nr)
{
	const struct mb_mem_section *section = mb_memmodel_section(model, nr);

	return section && section->section_mem_map & MB_SECTION_MARKED_PRESENT;
}

int64_t mb_memmodel_next_present(const struct mb_memmodel *model, int64_t nr)
{
	while (++nr <= model->highest_present)
		if (present(model, (uint64_t)nr))
			return nr;
	return -1;
}

uint64_t mb_memmodel_walk(const struct mb_memmodel *model, enum mb_memmodel_walk walk,
			  uint64_t *ret_present)
{
	uint64_t end = walk == MB_MEMMODEL_WALK_ALL ? model->geo.nr_sections
						    : (uint64_t)(model->highest_present + 1);
	uint64_t looked = 0, found = 0;

	if (!model->table && !model->roots)
		end = 0;
	for (uint64_t nr = 0; nr < end; nr++) {
		looked++;
		found += present(model, nr);
		if (walk == MB_MEMMODEL_WALK_ROOTS && model->roots &&
		    !model->roots[nr >> model->geo.root_shift])
			nr |= model->geo.sections_per_root - 1;
	}
	*ret_present = found;
	return looked;
}

/* --- page frames: one case a model, for code that is not hot --- */

bool mb_memmodel_pfn_valid(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	switch (model->id) {
	case MB_MEMMODEL_FLAT: return mb_flat_pfn_valid(model, pfn);
	case MB_MEMMODEL_SPARSE: return mb_sparse_pfn_valid(model, pfn);
	default: return mb_extreme_pfn_valid(model, pfn);
	}
}

mb_pfn_t mb_memmodel_next_valid(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	int64_t nr;

	if (mb_memmodel_pfn_valid(model, pfn))
		return pfn;
	if (model->id == MB_MEMMODEL_FLAT)
		return pfn < model->flat_start ? model->flat_start : MB_PFN_NONE;
	nr = mb_memmodel_next_present(model, (int64_t)mb_memmodel_section_nr(model, pfn));
	return nr < 0 ? MB_PFN_NONE : (mb_pfn_t)nr * model->geo.pages_per_section;
}

#define TEMPLATE "core/memmodel_pfn_tmpl.c"
#include "core/memmodel_each_tmpl.c"
#include "core/memmodel_window_tmpl.c"
#undef TEMPLATE

typedef struct mb_page *to_page_fn(const struct mb_memmodel *model, mb_pfn_t pfn);
typedef mb_pfn_t to_pfn_fn(const struct mb_memmodel *model, const struct mb_page *page);

static to_page_fn *const to_page[MB_NR_MEMMODEL_CODES][MB_NR_PAGE_SIZES] = TMPL_CODES(to_page);
static to_pfn_fn *const to_pfn[MB_NR_MEMMODEL_CODES][MB_NR_PAGE_SIZES] = TMPL_CODES(to_pfn);

struct mb_page *mb_memmodel_pfn_to_page(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	return to_page[model->code][model->size](model, pfn);
}

mb_pfn_t mb_memmodel_page_to_pfn(const struct mb_memmodel *model, const struct mb_page *page)
{
	return to_pfn[model->code][model->size](model, page);
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

	if (!model->geo.subsection_words)
		return;

	for (uint64_t nr = first / per_section; nr <= last / per_section; nr++) {
		struct mb_mem_section *section = mb_memmodel_section(model, nr);
		uint64_t base = nr * per_section;

		if (section && section->usage)
			set_bits(section->usage->bits, mb_max(first, base) - base,
				 mb_min(last, base + per_section - 1) - base);
	}
}

static _Atomic uint64_t *block_word(const struct mb_memmodel *model, mb_pfn_t pfn,
				    unsigned *ret_shift)
{
	switch (model->id) {
	case MB_MEMMODEL_FLAT: return mb_flat_block_word(model, pfn, ret_shift);
	case MB_MEMMODEL_SPARSE: return mb_sparse_block_word(model, pfn, ret_shift);
	default: return mb_extreme_block_word(model, pfn, ret_shift);
	}
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

/* Four bits a pageblock in whole words, relative to the zone's first pageblock. */
int mb_memmodel_zone_usemap(struct mb_boot *boot, const struct mb_zone *zone)
{
	struct mb_memmodel *model = &boot->model;
	mb_pfn_t start = mb_align_down_pow2(zone->start_pfn, model->geo.pages_per_block);
	uint64_t blocks = mb_div_ceil(mb_zone_end_pfn(zone) - start, model->geo.pages_per_block);
	uint64_t bytes = 8 * MB_BITMAP_WORDS(blocks * 4);

	if (model->id != MB_MEMMODEL_FLAT || !zone->spanned)
		return 0;
	if (!mb_memmodel_ask(model) ||
	    !mb_memblock_alloc_node(&boot->memblock, bytes, boot->memblock.cache_line, zone->nid))
		return MB_FAIL(&boot->err, -ENOSPC,
			       "the machine is too small: no memory for zone %s's pageblock bits",
			       mb_zone_name(zone->type));
	model->metadata_bytes += bytes;
	return 0;
}

/* --- real memory --- */

/* The one array of flat: cursor is the byte to go on at. */
static bool next_flat_piece(const struct mb_memmodel *model, uint64_t *cursor, size_t max_bytes,
			    struct mb_memmodel_piece *ret_piece)
{
	if (*cursor >= model->window_bytes)
		return false;
	ret_piece->addr = (char *)model->window + *cursor;
	ret_piece->bytes = mb_min(model->window_bytes - *cursor, max_bytes);
	ret_piece->nid = 0;
	*cursor += ret_piece->bytes;
	return true;
}

static char *section_map(const struct mb_memmodel *model, uint64_t nr)
{
	return (char *)mb_memmodel_pfn_to_page(model, nr * model->geo.pages_per_section);
}

bool mb_memmodel_next_piece(const struct mb_memmodel *model, uint64_t *cursor, size_t max_bytes,
			    struct mb_memmodel_piece *ret_piece)
{
	size_t bytes = model->geo.section_map_bytes;
	struct mb_memmodel_piece piece;
	int64_t nr;

	if (model->id == MB_MEMMODEL_FLAT)
		return next_flat_piece(model, cursor, max_bytes, ret_piece);
	nr = mb_memmodel_next_present(model, (int64_t)*cursor - 1);
	if (nr < 0)
		return false;
	piece = (struct mb_memmodel_piece){
		.addr = section_map(model, (uint64_t)nr),
		.bytes = bytes,
		.nid = mb_memmodel_section(model, (uint64_t)nr)->usage->memmap_nid,
	};
	*cursor = (uint64_t)nr + 1;
	while (max_bytes > bytes && piece.bytes <= max_bytes - bytes &&
	       present(model, (uint64_t)++nr)) {
		const struct mb_mem_section *section = mb_memmodel_section(model, (uint64_t)nr);

		if (section->usage->memmap_nid != piece.nid ||
		    section_map(model, (uint64_t)nr) != (char *)piece.addr + piece.bytes)
			break;
		piece.bytes += bytes;
		*cursor = (uint64_t)nr + 1;
	}
	*ret_piece = piece;
	return true;
}

size_t mb_memmodel_window_bytes(const struct mb_memmodel *model)
{
	return model->row->ops->window_bytes(model);
}

void mb_memmodel_place(struct mb_memmodel *model, void *window, size_t bytes)
{
	model->window = window;
	model->window_bytes = bytes;
	model->row->ops->place(model);
}

int mb_memmodel_check_words(const struct mb_memmodel *model, struct mb_err *err)
{
	size_t bytes = model->geo.section_map_bytes;

	for (int64_t nr = mb_memmodel_next_present(model, -1); nr >= 0;
	     nr = mb_memmodel_next_present(model, nr)) {
		const struct mb_mem_section *section = mb_memmodel_section(model, (uint64_t)nr);
		uint64_t word = section->section_mem_map & ~(uint64_t)MB_SECTION_FLAGS_MASK;
		const char *map = (const char *)(word + (uint64_t)nr * bytes);

		if (map < (char *)model->window ||
		    map + bytes > (char *)model->window + model->window_bytes ||
		    map != section_map(model, (uint64_t)nr))
			return MB_FAIL(err, -EUCLEAN, "section %lld has a wrong memmap address",
				       (long long)nr);
	}
	return 0;
}

/* --- stage --- */

const struct mb_memmodel *mb_memmodel_of(const struct mb_boot *boot)
{
	return &boot->model;
}

static int memmodel_run(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;
	const struct mb_memmodel_row *row =
		boot->config.model ? boot->config.model : &mb_memmodels[MB_MEMMODEL_VMEMMAP];
	const struct mb_page_size *size = boot->config.struct_page
						  ? boot->config.struct_page
						  : &mb_page_sizes[MB_PAGE_SIZE_DEFAULT];
	int r = mb_memmodel_fits(row, boot->machine, size, &boot->err);

	model->row = row;
	model->id = (enum mb_memmodel_id)(row - mb_memmodels);
	model->code = model->id;
	model->size = (enum mb_page_size_id)(size - mb_page_sizes);
	model->highest_present = -1;
	model->layout = mb_page_layout_plain;
	if (r)
		return r;
	mb_memmodel_geometry(row, boot->machine, boot->profile->usage_header_bytes, size->bytes,
			     &model->geo);
	if (row->ops->section_flags)
		mb_page_layout_sparse(boot->machine->phys_bits - boot->machine->section_shift,
				      &model->layout);
	model->layout.buddy_type = boot->profile->buddy_type;
	r = row->ops->build(boot);
	mb_boot_stat(boot, &mb_memmodel_stage)->pages = model->map_pages;
	mb_boot_stat(boot, &mb_memmodel_stage)->bytes =
		model->metadata_bytes + model->map_pages * size->bytes;
	return r;
}

static int check_section(struct mb_boot *boot, int64_t nr)
{
	const struct mb_mem_section *section = mb_memmodel_section(&boot->model, (uint64_t)nr);

	if (mb_memmodel_interrupted(boot, (uint64_t)nr))
		return -ECANCELED;
	if (!section->usage || !(section->section_mem_map & MB_SECTION_HAS_MEM_MAP))
		return MB_FAIL(&boot->err, -EUCLEAN, "section %lld is present without a memmap",
			       (long long)nr);
	return 0;
}

static int memmodel_check(struct mb_boot *boot)
{
	const struct mb_memmodel *model = &boot->model;
	uint64_t count = 0;
	mb_pfn_t start, end;
	int index = -1;

	for (int64_t nr = mb_memmodel_next_present(model, -1); nr >= 0;
	     nr = mb_memmodel_next_present(model, nr)) {
		int r = check_section(boot, nr);

		if (r)
			return r;
		count++;
	}
	if (count != model->nr_present)
		return MB_FAIL(&boot->err, -EUCLEAN, "%llu sections are present, %llu were counted",
			       (unsigned long long)count, (unsigned long long)model->nr_present);
	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      NULL))
		if (!model->nr_dropped && (!mb_memmodel_pfn_valid(model, start) ||
					   !mb_memmodel_pfn_valid(model, end - 1)))
			return MB_FAIL(&boot->err, -EUCLEAN,
				       "page frames 0x%llx to 0x%llx are memory without a memmap",
				       (unsigned long long)start, (unsigned long long)end);
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
	free(model->table);
	free(model->section_node);
	free(model->flat_blocks);
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
