/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_PAGE_H
#define MB_CORE_PAGE_H

#include <assert.h>
#include <stdatomic.h>

#include "core/base/list.h"
#include "core/types.h"

/*
 * The page descriptor: struct page of a 64-bit Linux 6.1 with CONFIG_MEMCG, 64 bytes
 * (include/linux/mm_types.h). Slab pages use words 1 to 5 as struct slab does. Who owns a page owns
 * its descriptor; a free page's descriptor belongs to the zone's lock.
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
		uint32_t page_type; /* all ones, less PG_buddy's bit on a free block's first page */
	};
	int32_t refcount;
	uint64_t
		/* slab: address of the backing memory, as WANT_PAGE_VIRTUAL would hold it */
		memcg_data;
};

static_assert(sizeof(struct mb_page) == 64, "struct page of this configuration is one cache line");

/* Page flags by their 6.1 number (include/linux/page-flags.h). */
enum mb_page_flag {
	MB_PG_SLAB = 9,
	MB_PG_RESERVED = 12,
	MB_PG_HEAD = 16,
};

/* A page of this type is the first of a free block (6.1: the bit is cleared from all ones). */
#define MB_PAGE_TYPE_NONE  UINT32_MAX
#define MB_PAGE_TYPE_BUDDY UINT32_C(0xffffff7f)

/*
 * Layout of the flags word for vmemmap, NODES_SHIFT 10, 5 zones, NR_CPUS 8192
 * (include/linux/page-flags-layout.h): node in bits 63–54, zone in 53–51, last cpupid in 50–30.
 */
#define MB_PAGE_NODE_SHIFT  54
#define MB_PAGE_ZONE_SHIFT  51
#define MB_PAGE_ZONE_MASK   UINT64_C(7)
#define MB_PAGE_CPUPID_MASK (((UINT64_C(1) << 21) - 1) << 30)

static inline uint64_t mb_page_links(enum mb_zone_type zone, int nid)
{
	return (uint64_t)(unsigned)nid << MB_PAGE_NODE_SHIFT | (uint64_t)zone << MB_PAGE_ZONE_SHIFT;
}

/* The whole word of a fresh descriptor. */
static inline uint64_t mb_page_flags(enum mb_zone_type zone, int nid)
{
	return mb_page_links(zone, nid) | MB_PAGE_CPUPID_MASK;
}

static inline int mb_page_nid(const struct mb_page *page)
{
	return (int)(page->flags >> MB_PAGE_NODE_SHIFT);
}

static inline enum mb_zone_type mb_page_zone(const struct mb_page *page)
{
	return (enum mb_zone_type)(page->flags >> MB_PAGE_ZONE_SHIFT & MB_PAGE_ZONE_MASK);
}

/* Two pages may merge only if this is equal (page_zone_id: node and zone). */
static inline uint64_t mb_page_zone_id(const struct mb_page *page)
{
	return page->flags >> MB_PAGE_ZONE_SHIFT;
}

static inline bool mb_page_test(const struct mb_page *page, enum mb_page_flag flag)
{
	return page->flags >> flag & 1;
}

static inline bool mb_page_is_buddy(const struct mb_page *page)
{
	return page->page_type == MB_PAGE_TYPE_BUDDY;
}

/*
 * True when other is the first page of a free block of that order in page's zone. The neighbour of a
 * block may be anyone's: of another zone, being initialised, or on its way to being freed without the lock.
 * Such a page never passes, whatever is read of it, so the race is meant, as in the kernel (data_race).
 */
__attribute__((no_sanitize("thread"))) static inline bool
mb_page_is_buddy_of(const struct mb_page *other, const struct mb_page *page, unsigned order)
{
	return *(const volatile uint32_t *)&other->page_type == MB_PAGE_TYPE_BUDDY &&
	       other->flags >> MB_PAGE_ZONE_SHIFT == page->flags >> MB_PAGE_ZONE_SHIFT &&
	       other->private == order;
}

/* A store that the compiler keeps as it is: atomic_set() of the kernel. */
static inline void mb_page_write_once(int32_t *field, int32_t value)
{
	*(volatile int32_t *)field = value;
}

#endif
