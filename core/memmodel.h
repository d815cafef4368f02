/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMMODEL_H
#define MB_CORE_MEMMODEL_H

#include <stdatomic.h>

#include "core/base/align.h"
#include "core/machine.h"
#include "core/memblock.h"
#include "core/page.h"
#include "core/stage.h"

/*
 * The memory model: which page frames have a descriptor, and where (mm/sparse.c, mm/sparse-vmemmap.c,
 * include/asm-generic/memory_model.h, 6.1). Built by one thread; read by many; pageblock types may be
 * set by many. Hot loops are compiled once for each model and size of descriptor, with the conversions of
 * memmodel_NAME.h.
 */

enum mb_memmodel_id {
	MB_MEMMODEL_FLAT,
	MB_MEMMODEL_SPARSE,
	MB_MEMMODEL_EXTREME,
	MB_MEMMODEL_VMEMMAP,
	MB_NR_MEMMODELS,
	MB_MEMMODEL_CODE_WINDOW =
		MB_NR_MEMMODELS, /* vmemmap through windows: no model of its own */
	MB_NR_MEMMODEL_CODES,
};

struct mb_memmodel_ops;
struct mb_window;
struct mb_window_block;
struct mb_memmodel_row {
	const char *name, *config, *summary; /* config: how Linux calls it */
	const struct mb_memmodel_ops *ops;   /* core/memmodel_internal.h */
};

/* The models by id, and one by name or NULL. */
extern const struct mb_memmodel_row mb_memmodels[MB_NR_MEMMODELS];
const struct mb_memmodel_row *mb_memmodel_find(const char *name);

/*
 * Whether the model can hold the machine at all: 0; -EINVAL or -ERANGE with the reason. struct_page
 * NULL: the default. And what it needs: descriptors, if nothing fails.
 */
int mb_memmodel_fits(const struct mb_memmodel_row *row, const struct mb_machine *machine,
		     const struct mb_page_size *struct_page, struct mb_err *err);
uint64_t mb_memmodel_map_pages(const struct mb_memmodel_row *row, const struct mb_machine *machine);

/* Sizes that follow from the machine (include/linux/mmzone.h). */
struct mb_geometry {
	unsigned page_shift, section_shift;
	unsigned max_order, pageblock_order;
	unsigned mem_section_bytes;                  /* the simulated entry of a section */
	unsigned page_bytes;                         /* of a descriptor */
	uint64_t pages_per_section, pages_per_block; /* block: pageblock */
	uint64_t nr_sections;                        /* 2^(phys_bits - section_shift) */
	unsigned root_shift;
	uint64_t sections_per_root;             /* entries in a page */
	uint64_t section_map_bytes;             /* descriptors of a section */
	uint64_t subsection_words, block_words; /* of the two bitmaps of a section */
	uint64_t usage_bytes; /* simulated struct mem_section_usage and its bitmaps */
};

void mb_memmodel_geometry(const struct mb_memmodel_row *row, const struct mb_machine *machine,
			  unsigned usage_header_bytes, unsigned page_bytes,
			  struct mb_geometry *ret_geometry);

/* Low bits of a section's word. */
enum mb_section_flags {
	MB_SECTION_MARKED_PRESENT = 0x1,
	MB_SECTION_HAS_MEM_MAP = 0x2,
	MB_SECTION_IS_ONLINE = 0x4,
	MB_SECTION_IS_EARLY = 0x8,
	MB_SECTION_NID_SHIFT = 5, /* with ZONE_DEVICE */
};

#define MB_SECTION_FLAGS_MASK ((UINT64_C(1) << MB_SECTION_NID_SHIFT) - 1)

/* Bitmaps of a section: with vmemmap one bit for each 2 MiB subsection; 4 bits for each pageblock. */
struct mb_section_usage {
	int memmap_nid; /* node that the section's descriptors came from */
	uint64_t bits[];
};

struct mb_mem_section {
	uint64_t section_mem_map; /* flags and the node, later the biased memmap address */
	struct mb_section_usage *usage;
};

struct mb_memmodel {
	const struct mb_memmodel_row *row;
	enum mb_memmodel_id id;
	enum mb_page_size_id size; /* of geo.page_bytes: with id what tables of templates go by */
	unsigned code;             /* the same where descriptors may move: id, or that of windows */
	struct mb_geometry geo;
	struct mb_page_layout layout;
	uint64_t map_pages; /* descriptors that there are, or would be without a dry run */

	/* Of all but flat. */
	struct mb_mem_section *table;  /* sparse: every possible section */
	struct mb_mem_section **roots; /* extreme, vmemmap */
	uint64_t nr_roots;
	uint16_t *section_node;  /* where the node is not in the flags: the last one to register */
	int64_t highest_present; /* -1: none */
	uint64_t nr_present;
	uint64_t nr_dropped; /* sections that could not be given a memmap: their memory is lost */
	void **usage_blocks; /* one a run of sections */
	size_t nr_usage_blocks;
	/* Of vmemmap, indices counted from 1: last page table by level, 0: of PTEs; last PMD that maps a block. */
	uint64_t table_index[4], block_index;
	mb_phys_t block;
	bool has_top_table; /* before sparse_init: a random x86 base may share the entry of kernel text */

	/* Of flat: the page frames with a descriptor, and 4 bits for each of their pageblocks. */
	mb_pfn_t flat_start, flat_end;
	uint64_t *flat_blocks;

	/* Real memory; 0 and NULL without descriptors. */
	void *window; /* address space of the memmap */
	size_t window_bytes;
	uintptr_t base; /* flat, vmemmap: where the descriptor of page frame 0 would be */
	uint64_t memmap_bytes, metadata_bytes;

	/* Of a windowed vmemmap (core/window.h): entry of the block of page frame 0, wherever; NULL: backed. */
	struct mb_window_block *blocks;
	struct mb_window *windows;

	/* Set before the stage: these requests to memblock, counted from 1, find nothing. */
	unsigned nr_requests, fail_first, fail_last;
};

static inline uint64_t mb_memmodel_section_nr(const struct mb_memmodel *model, mb_pfn_t pfn)
{
	return pfn >> (model->geo.section_shift - model->geo.page_shift);
}

/* End of the section that holds pfn, or end if that comes first. */
static inline mb_pfn_t mb_memmodel_section_end(const struct mb_memmodel *model, mb_pfn_t pfn,
					       mb_pfn_t end)
{
	uint64_t pages = model->geo.pages_per_section;

	return mb_min(end, mb_align_down_pow2(pfn, pages) + pages);
}

/* The section's entry, or NULL: beyond the table, without a root, or the model has no sections. */
struct mb_mem_section *mb_memmodel_section(const struct mb_memmodel *model, uint64_t nr);

/* Next present section after nr (-1: from the first), or -1. */
int64_t mb_memmodel_next_present(const struct mb_memmodel *model, int64_t nr);

/*
 * True when the page frame has a descriptor; holes inside a section, or inside flat's one array, count
 * (pfn_valid, 6.1). next_valid: the first such page frame from pfn on, or MB_PFN_NONE.
 */
bool mb_memmodel_pfn_valid(const struct mb_memmodel *model, mb_pfn_t pfn);
mb_pfn_t mb_memmodel_next_valid(const struct mb_memmodel *model, mb_pfn_t pfn);

/*
 * Conversions of any model, for code that is not hot. The page frame must have a descriptor, and for
 * page_to_pfn an initialised one: classic sparse reads the section in its flags. Descriptors of one
 * section are one array, geo.page_bytes apart.
 */
struct mb_page *mb_memmodel_pfn_to_page(const struct mb_memmodel *model, mb_pfn_t pfn);
mb_pfn_t mb_memmodel_page_to_pfn(const struct mb_memmodel *model, const struct mb_page *page);

/* The flags word of a fresh descriptor. */
static inline uint64_t mb_memmodel_fresh_flags(const struct mb_memmodel *model, mb_pfn_t pfn,
					       enum mb_zone_type zone, int nid)
{
	return mb_page_links(&model->layout, zone, nid, mb_memmodel_section_nr(model, pfn)) |
	       model->layout.cpupid_mask;
}

/* Type of the pageblock that holds pfn. Setting is atomic towards other blocks of the same word. */
enum mb_migratetype mb_memmodel_block_type(const struct mb_memmodel *model, mb_pfn_t pfn);
void mb_memmodel_set_block_type(const struct mb_memmodel *model, mb_pfn_t pfn,
				enum mb_migratetype type);

/* Marks the subsections that [start, end) touches (subsection_map_init); vmemmap alone has them. */
void mb_memmodel_map_subsections(struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end);

/* Where arm64's linear map begins; and what memmap and percpu chunks prefer to lie above: MAX_DMA_ADDRESS. */
mb_phys_t mb_memmodel_linear_start(const struct mb_boot *boot);
mb_phys_t mb_memmodel_max_dma(const struct mb_boot *boot);

/* A zone's pageblock bits, which flat takes from memblock (setup_usemap). 0 or -ENOMEM with err. */
struct mb_zone;
int mb_memmodel_zone_usemap(struct mb_boot *boot, const struct mb_zone *zone);

/* The model of a boot, as far as the stages have run; valid until the boot is freed. */
const struct mb_memmodel *mb_memmodel_of(const struct mb_boot *boot);

/* sparse_init, or the one array of flat: the stage. */
extern const struct mb_stage mb_memmodel_stage;

#endif
