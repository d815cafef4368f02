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
 * The memory model: which page frames have a descriptor, and where. SPARSEMEM_VMEMMAP with the
 * two-level root table of SPARSEMEM_EXTREME (mm/sparse.c, mm/sparse-vmemmap.c, 6.1). Built by one
 * thread; read by many; pageblock types may be set by many.
 */

/* Sizes that follow from the machine (include/linux/mmzone.h). */
struct mb_geometry {
	unsigned page_shift, section_shift;
	unsigned max_order, pageblock_order;
	uint64_t pages_per_section, pages_per_block; /* block: pageblock */
	uint64_t nr_sections;                        /* 2^(phys_bits - section_shift) */
	unsigned root_shift;
	uint64_t sections_per_root; /* 16-byte entries in a page */
	uint64_t section_map_bytes; /* descriptors of a section */
	uint64_t usage_bytes;       /* simulated sizeof(struct mem_section_usage) and its bitmaps */
};

void mb_memmodel_geometry(const struct mb_machine *machine, unsigned usage_header_bytes,
			  struct mb_geometry *ret_geometry);

/* Low bits of a section's word. */
enum mb_section_flags {
	MB_SECTION_MARKED_PRESENT = 0x1,
	MB_SECTION_HAS_MEM_MAP = 0x2,
	MB_SECTION_IS_ONLINE = 0x4,
	MB_SECTION_IS_EARLY = 0x8,
	MB_SECTION_NID_SHIFT = 5, /* with ZONE_DEVICE */
	MB_SECTION_FLAGS_MASK = (1 << MB_SECTION_NID_SHIFT) - 1,
};

/* Bitmaps of a section: one bit for each 2 MiB subsection, then 4 bits for each pageblock. */
struct mb_section_usage {
	int memmap_nid; /* node that the section's descriptors came from */
	uint64_t bits[];
};

struct mb_mem_section {
	uint64_t
		section_mem_map; /* early: node and flags; later: biased memmap address and flags */
	struct mb_section_usage *usage;
};

struct mb_memmodel {
	struct mb_geometry geo;
	struct mb_mem_section **roots;
	uint64_t nr_roots;
	int64_t highest_present; /* -1: none */
	uint64_t nr_present;
	uint64_t nr_dropped; /* sections that could not be given a memmap: their memory is lost */
	uint64_t subsection_words, block_words; /* words of the two bitmaps in a section's usage */

	void *
		/* address space of the memmap, from the lowest to the highest present section */
		window;
	size_t window_bytes;
	uintptr_t
		vmemmap; /* where the descriptor of page frame 0 would be; 0 without descriptors */
	uint64_t memmap_bytes, metadata_bytes;

	void **usage_blocks; /* one a run of sections */
	size_t nr_usage_blocks;
	uint64_t table_index[3]; /* last page table made, by level; + 1, 0: none */
	/*
	 * The highest level's first entry is there before sparse_init: a random base of the x86
	 * vmemmap may lie in the same entry as the kernel's text.
	 */
	bool has_top_table;
};

static inline struct mb_mem_section *mb_memmodel_section(const struct mb_memmodel *model,
							 uint64_t nr)
{
	struct mb_mem_section *root;

	if (nr >> model->geo.root_shift >= model->nr_roots)
		return NULL;
	root = model->roots[nr >> model->geo.root_shift];
	return root ? &root[nr & (model->geo.sections_per_root - 1)] : NULL;
}

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

/*
 * Next present section after nr (-1: from the first), or -1: never looks past the highest present
 * one.
 */
int64_t mb_memmodel_next_present(const struct mb_memmodel *model, int64_t nr);

/*
 * True when the page frame has a descriptor: its section has a memmap. Holes inside such a section
 * count (pfn_valid, 6.1).
 */
bool mb_memmodel_pfn_valid(const struct mb_memmodel *model, mb_pfn_t pfn);

/* Type of the pageblock that holds pfn. Setting is atomic towards other blocks of the same word. */
enum mb_migratetype mb_memmodel_block_type(const struct mb_memmodel *model, mb_pfn_t pfn);
void mb_memmodel_set_block_type(const struct mb_memmodel *model, mb_pfn_t pfn,
				enum mb_migratetype type);

/* Marks the subsections that [start, end) touches (subsection_map_init). */
void mb_memmodel_map_subsections(struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end);

/*
 * Lowest address that the memmap and the percpu chunks prefer: MAX_DMA_ADDRESS as a physical
 * address.
 */
mb_phys_t mb_memmodel_max_dma(const struct mb_machine *machine, const struct mb_memblock *memblock);

/* Where a section's descriptors are; only after sparse_init with descriptors. */
static inline void *mb_memmodel_section_map(const struct mb_memmodel *model, uint64_t nr)
{
	return (void *)(model->vmemmap + nr * model->geo.section_map_bytes);
}

/* Neighbouring present sections [begin, end) whose descriptors came from one node. */
struct mb_memmodel_stretch {
	uint64_t begin, end;
	int nid;
};

/* The first stretch at or after section from, at most max sections long; false: none is left. */
bool mb_memmodel_next_stretch(const struct mb_memmodel *model, uint64_t from, uint64_t max,
			      struct mb_memmodel_stretch *ret_stretch);

/* sparse_init: the stage. */
extern const struct mb_stage mb_memmodel_stage;

#endif
