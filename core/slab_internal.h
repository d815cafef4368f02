/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_SLAB_INTERNAL_H
#define MB_CORE_SLAB_INTERNAL_H

#include <pthread.h>
#include <string.h>

#include "core/base/bits.h"
#include "core/slab.h"

/* What slab.c, slab_cache.c and slab_check.c share. */

#define MB_SLAB_BOOT_CPU 0

/*
 * struct kmem_cache_cpu. Belongs to the CPU's thread; a cache line each, so that CPUs do not share
 * one.
 */
struct mb_kmem_cache_cpu {
	struct mb_page *slab; /* frozen; free are the list below and what others freed into it */
	void *freelist;
	struct mb_page *partial; /* chain of frozen slabs through their list word */
	uint64_t pad[5];
};

/* struct kmem_cache_node: an object of the cache kmem_cache_node. */
struct mb_kmem_cache_node {
	pthread_spinlock_t lock; /* guards the list; taken before a page's lock */
	int nid;
	uint64_t nr_partial; /* written under lock, read anywhere */
	struct mb_list partial;
	uint64_t nr_slabs, total_objects; /* atomic */
};

/*
 * struct kmem_cache: an object of the cache kmem_cache, except for the two that start the
 * allocator. What the kernel keeps in per-CPU memory hangs outside. The pointers to the nodes begin
 * at the profile's offset, behind this structure.
 */
struct mb_kmem_cache {
	struct mb_slab *slab;
	struct mb_kmem_cache_cpu *cpu_slab; /* nr_cpus of them */
	struct mb_slab_sizes sizes;
	unsigned flags;
	int refcount; /* -1: never merged */
	void (*ctor)(void *object);
	char *name;
	uint64_t random;      /* mask of stored free pointers; 0: they are plain */
	unsigned *random_seq; /* offsets in the order that a new slab links; NULL: by address */
	struct mb_list list;
};

/* One block of pages that the allocator holds. */
struct mb_slab_record {
	struct mb_list all; /* in order of allocation */
	struct mb_slab_record *next;
	struct mb_page *page;
	unsigned order;
	bool large;    /* a kmalloc of whole pages */
	unsigned seen; /* mb_slab_check: how many lists the slab was met on */
};

struct mb_slab {
	struct mb_slab_config config;
	struct mb_slab_rules rules;
	enum mb_slab_state state;
	struct mb_kmem_cache *kmem_cache, *kmem_cache_node;
	/* The static kmem_cache and kmem_cache_node while they are in use. */
	struct mb_kmem_cache *boot_caches[2];
	struct mb_kmem_cache *kmalloc[MB_NR_KMALLOC_TYPES][MB_KMALLOC_MAX_INDEX];
	struct mb_list caches;
	uint64_t misplaced;
	uint64_t nr_random; /* random numbers drawn so far, atomic */

	pthread_mutex_t records_lock;
	struct mb_list records;
	struct mb_slab_record **buckets; /* by page */
	size_t nr_buckets, nr_records;
};

/*
 * Bits beside the counters of a slab page. Locked, in inuse: freelist and counters are being
 * changed. Frozen, in objects: the slab belongs to a CPU and is on no node's list.
 */
#define MB_SLAB_PAGE_LOCKED (UINT32_C(1) << 31)
#define MB_SLAB_PAGE_FROZEN (UINT32_C(1) << 31)

static inline struct mb_kmem_cache_node *mb_slab_get_node(const struct mb_kmem_cache *cache,
							  unsigned nid)
{
	const char *nodes =
		(const char *)cache + cache->slab->config.profile->slub_kmem_cache_offset;
	struct mb_kmem_cache_node *node;

	if (nid >= cache->slab->config.nr_node_ids)
		return NULL;
	memcpy(&node, nodes + nid * sizeof(node), sizeof(node));
	return node;
}

static inline void mb_slab_set_node(struct mb_kmem_cache *cache, unsigned nid,
				    struct mb_kmem_cache_node *node)
{
	char *nodes = (char *)cache + cache->slab->config.profile->slub_kmem_cache_offset;

	memcpy(nodes + nid * sizeof(node), &node, sizeof(node));
}

static inline int mb_slab_nid(const struct mb_slab *slab, const struct mb_page *page)
{
	return mb_page_nid(slab->config.layout, page);
}

static inline bool mb_slab_has_normal_memory(const struct mb_slab *slab, int nid)
{
	return nid >= 0 && (unsigned)nid < slab->config.nr_node_ids &&
	       mb_bit_test(slab->config.normal_memory_nodes, (unsigned)nid);
}

/* The free pointer of an object, as the cache stores it. */
static inline void *mb_slab_get_freepointer(const struct mb_kmem_cache *cache, const void *object)
{
	const char *slot = (const char *)object + cache->sizes.offset;
	uint64_t word;

	memcpy(&word, slot, sizeof(word));
	if (cache->random)
		word ^= cache->random ^ __builtin_bswap64((uintptr_t)slot);
	return (void *)(uintptr_t)word;
}

static inline void mb_slab_set_freepointer(const struct mb_kmem_cache *cache, void *object,
					   const void *next)
{
	char *slot = (char *)object + cache->sizes.offset;
	uint64_t word = (uintptr_t)next;

	if (cache->random)
		word ^= cache->random ^ __builtin_bswap64((uintptr_t)slot);
	memcpy(slot, &word, sizeof(word));
}

/*
 * The chain of a CPU's partial slabs uses the page's list word: next slab, and how many slabs the
 * chain has from here on.
 */
static inline struct mb_page *mb_slab_chain_next(const struct mb_page *page)
{
	return (struct mb_page *)(void *)page->slab_list.next;
}

static inline uintptr_t mb_slab_chain_length(const struct mb_page *page)
{
	return page ? (uintptr_t)page->slab_list.prev : 0;
}

/* A number below bound, the same for the same seed and history. */
uint64_t mb_slab_random(struct mb_slab *slab);

/* slab_cache.c: pages and lists of a cache. */
struct mb_page *mb_slab_new_slab(struct mb_kmem_cache *cache, int nid, unsigned cpu);
void mb_slab_discard(struct mb_kmem_cache *cache, struct mb_page *page, unsigned cpu);
void mb_slab_add_partial(struct mb_kmem_cache_node *node, struct mb_page *page, bool tail);
void mb_slab_remove_partial(struct mb_kmem_cache_node *node, struct mb_page *page);
void mb_slab_count_slab(struct mb_kmem_cache_node *node, const struct mb_page *page, int slabs);
void mb_slab_flush_cpu(struct mb_kmem_cache *cache, unsigned cpu);

/* Blocks of pages. add: 0 or -ENOMEM; remove: forgets it and returns its order. */
int mb_slab_record_add(struct mb_slab *slab, struct mb_page *page, unsigned order, bool large);
unsigned mb_slab_record_remove(struct mb_slab *slab, struct mb_page *page);
struct mb_slab_record *mb_slab_record_find(const struct mb_slab *slab, const struct mb_page *page);

/* A slab page looks like any allocated page again. */
void mb_slab_reset_page(struct mb_page *page);

#endif
