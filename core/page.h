/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_PAGE_H
#define MB_CORE_PAGE_H

#include <assert.h>
#include <stdatomic.h>

#include "core/base/list.h"
#include "core/page_flags.h"
#include "core/types.h"

/*
 * The page descriptor: struct page of a 64-bit Linux 6.1 (include/linux/mm_types.h). This is the part
 * that every configuration has; mb_page_sizes says what may follow it. Descriptors stand in arrays at a
 * distance of their whole size, so never step or index through them as C does: mb_page_at(). Slab pages
 * use words 1 to 5 as struct slab does. Who owns a page owns its descriptor; a free page's descriptor
 * belongs to the zone's lock.
 */
struct mb_page {
	uint64_t flags;
	union {
		struct mb_list lru;       /* free list, pageset list; self-linked after init */
		struct mb_list slab_list; /* node's partial list */
	};
	union {
		uint64_t mapping;
		struct mb_kmem_cache *slab_cache;
	};
	union {
		uint64_t index;
		void *freelist; /* slab: first free object */
	};
	union {
		uint64_t private; /* order of a free block's first page */
		struct {
			uint32_t inuse, objects; /* slab counters */
		};
	};
	union {
		int32_t mapcount;   /* -1: not mapped */
		uint32_t page_type; /* MB_PAGE_TYPE_…: all ones, or of a free block's first page */
		/* slab: where core/slabmem.c keeps the block's memory; struct slab leaves it unused */
		uint32_t slab_frame;
	};
	int32_t refcount;
};

static_assert(sizeof(struct mb_page) == 56, "seven words are in every configuration");

/*
 * Sizes of the whole descriptor, X(bytes, arg) each: the hot code is compiled once for each
 * (core/memmodel_sizes_tmpl.c). Words behind the common part are zero after init, and nothing here uses
 * them: memcg_data, 8 bytes, with CONFIG_MEMCG; virtual, 8, where pages know their address
 * (WANT_PAGE_VIRTUAL); KMSAN's shadow and origin, 16; the last cpupid, 4 padded to 8, where the flags
 * have no room for it (LAST_CPUPID_NOT_IN_PAGE_FLAGS).
 */
#define MB_PAGE_SIZES(X, arg) X(56, arg) X(64, arg) X(72, arg) X(80, arg) X(88, arg) X(96, arg)

#define MB_PAGE_SIZE_ID(bytes, arg) MB_PAGE_##bytes,
enum mb_page_size_id { MB_PAGE_SIZES(MB_PAGE_SIZE_ID, ) MB_NR_PAGE_SIZES };

struct mb_page_size {
	unsigned bytes;
	const char *name;   /* the number, as options take it */
	const char *reason; /* the configuration that makes it so */
};

/* The sizes by id, ascending, and one by name or NULL. */
extern const struct mb_page_size mb_page_sizes[MB_NR_PAGE_SIZES];
const struct mb_page_size *mb_page_size_find(const char *name);

/* CONFIG_MEMCG alone, as distributions build it. */
#define MB_PAGE_SIZE_DEFAULT MB_PAGE_64

/* The descriptor count places behind this one, in an array of descriptors of bytes each. */
static inline struct mb_page *mb_page_at(const struct mb_page *page, int64_t count, size_t bytes)
{
	return (struct mb_page *)((uintptr_t)page + (uintptr_t)(count * (int64_t)bytes));
}

/*
 * Types of pages: none; the first of a free block, where types are bits that are cleared from all ones
 * (6.1), and where they are a value in the top byte (6.12).
 */
#define MB_PAGE_TYPE_NONE        UINT32_MAX
#define MB_PAGE_TYPE_BUDDY_BIT   UINT32_C(0xffffff7f)
#define MB_PAGE_TYPE_BUDDY_VALUE UINT32_C(0xf0000000)

/*
 * Where node, zone and section stand in the flags word (include/linux/page-flags-layout.h), from the
 * top down: section, node, zone, last cpupid, free bits, 26 flags. Of this configuration: NODES_SHIFT
 * 10, 5 zones, NR_CPUS 8192. Only classic sparse stores the section; it then has no room for the
 * cpupid, and where even the node does not fit, the node comes from a table of sections. How a free block
 * is marked depends on the release.
 */
struct mb_page_layout {
	unsigned section_shift, node_shift, zone_shift;
	uint64_t section_mask, node_mask; /* after shifting; 0: not in the word */
	uint64_t zone_id_mask;            /* node and zone, or section and zone */
	uint64_t cpupid_mask;             /* in place */
	const uint16_t *section_node;     /* section_to_node_table; NULL: node is in the word */
	uint32_t buddy_type;              /* page_type of a free block's first page */
};

/* Without sections, vmemmap and flat: node in bits 63-54, zone in 53-51, cpupid in 50-30. */
#define MB_PAGE_ZONE_BITS   3
#define MB_PAGE_NODE_SHIFT  54
#define MB_PAGE_ZONE_SHIFT  51
#define MB_PAGE_ZONE_MASK   UINT64_C(7)
#define MB_PAGE_CPUPID_MASK (((UINT64_C(1) << 21) - 1) << 30)

/* Both as 6.1 marks free blocks. */
extern const struct mb_page_layout mb_page_layout_plain;

/* The layout of classic sparse; section_node stays NULL, node_mask says whether it is needed. */
void mb_page_layout_sparse(unsigned section_bits, struct mb_page_layout *ret_layout);

/* Zone, node and section of a fresh descriptor's word. */
static inline uint64_t mb_page_links(const struct mb_page_layout *layout, enum mb_zone_type zone,
				     int nid, uint64_t section)
{
	return (section & layout->section_mask) << layout->section_shift |
	       ((uint64_t)(unsigned)nid & layout->node_mask) << layout->node_shift |
	       (uint64_t)zone << layout->zone_shift;
}

/* The whole word of a fresh descriptor in the plain layout. */
static inline uint64_t mb_page_flags(enum mb_zone_type zone, int nid)
{
	return (uint64_t)(unsigned)nid << MB_PAGE_NODE_SHIFT |
	       (uint64_t)zone << MB_PAGE_ZONE_SHIFT | MB_PAGE_CPUPID_MASK;
}

static inline uint64_t mb_page_section(const struct mb_page_layout *layout,
				       const struct mb_page *page)
{
	return page->flags >> layout->section_shift & layout->section_mask;
}

static inline int mb_page_nid(const struct mb_page_layout *layout, const struct mb_page *page)
{
	if (layout->section_node)
		return layout->section_node[mb_page_section(layout, page)];
	return (int)(page->flags >> layout->node_shift & layout->node_mask);
}

static inline enum mb_zone_type mb_page_zone(const struct mb_page_layout *layout,
					     const struct mb_page *page)
{
	return (enum mb_zone_type)(page->flags >> layout->zone_shift & MB_PAGE_ZONE_MASK);
}

/* The word as the plain layout would have it: equal for every memory model. */
static inline uint64_t mb_page_plain_flags(const struct mb_page_layout *layout,
					   const struct mb_page *page)
{
	uint64_t word = page->flags & ((UINT64_C(1) << MB_PAGE_NR_FLAGS) - 1);

	return word | mb_page_flags(mb_page_zone(layout, page), mb_page_nid(layout, page));
}

static inline bool mb_page_test(const struct mb_page *page, enum mb_page_flag flag)
{
	return page->flags >> flag & 1;
}

static inline bool mb_page_is_buddy(const struct mb_page_layout *layout, const struct mb_page *page)
{
	return page->page_type == layout->buddy_type;
}

/*
 * True when other is the first page of a free block of that order in page's zone, which is where their
 * words agree in zone_id_bits. The neighbour of a
 * block may be anyone's: of another zone, being initialised, or on its way to being freed without the lock.
 * Such a page never passes, whatever is read of it, so the race is meant, as in the kernel (data_race).
 */
__attribute__((no_sanitize("thread"))) static inline bool
mb_page_is_buddy_of(const struct mb_page *other, const struct mb_page *page, unsigned order,
		    uint64_t zone_id_bits, uint32_t buddy_type)
{
	return *(const volatile uint32_t *)&other->page_type == buddy_type &&
	       !((other->flags ^ page->flags) & zone_id_bits) && other->private == order;
}

/* A store that the compiler keeps as it is: atomic_set() of the kernel. */
static inline void mb_page_write_once(int32_t *field, int32_t value)
{
	*(volatile int32_t *)field = value;
}

#endif
