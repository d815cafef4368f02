/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_SLAB_H
#define MB_CORE_SLAB_H

#include "core/page.h"
#include "core/slab_order.h"

/*
 * The slab allocator SLUB and its bootstrap: mm/slub.c and mm/slab_common.c of Linux 6.1. Kept: the
 * two static caches and their copies, per-node structures and kmem_cache objects that live in slab
 * pages, CPU slabs, CPU partial chains, node partial lists, the kmalloc caches. Left out:
 * debugging, memory cgroups' charging, cache merging, hotplug.
 *
 * Threads: each simulated CPU belongs to one thread at a time; mb_slab_alloc, free, kmalloc and
 * kfree may run on different CPUs at once. Everything else belongs to CPU 0's thread, and checks,
 * shrinking and destruction need the others to rest.
 */

struct mb_slab; /* the allocator */
struct mb_kmem_cache;
struct mb_strbuf;

enum mb_slab_state {
	MB_SLAB_DOWN,    /* nothing works */
	MB_SLAB_PARTIAL, /* per-node structures can be allocated */
	MB_SLAB_UP,      /* kmalloc works */
	MB_SLAB_FULL,    /* caches are shown in sysfs */
};

struct mb_slab_config {
	const struct mb_profile *profile; /* borrowed for the allocator's life, as the arrays */
	enum mb_arch arch;
	unsigned page_shift, max_order; /* max_order: of the buddy, inclusive */
	unsigned cache_line;            /* cache_line_size(), bytes; 0: 64 */
	unsigned nr_node_ids;
	const uint64_t *normal_memory_nodes; /* bitmap of N_NORMAL_MEMORY, nr_node_ids bits */
	unsigned nr_cpus;                    /* nr_cpu_ids */
	unsigned present_cpus;               /* present when the allocator starts: 1 on arm64 */
	const int *cpu_node; /* node of each CPU, MB_NO_NODE where unknown; NULL: unknown */
	const struct mb_page_layout *layout; /* of the pages' flags; NULL: the plain one */
	/* 0: objects in address order; else SLAB_FREELIST_RANDOM and _HARDENED from this seed. */
	uint64_t freelist_seed;

	/*
	 * Pages. Called from every thread that allocates. alloc_pages gives 2^order pages of node
	 * nid or, when it has none, of the nodes after it in its zonelist, MB_NO_NODE: of any;
	 * flags has MB_SLAB_CACHE_DMA and MB_SLAB_RECLAIM_ACCOUNT of who asks; NULL: none left.
	 * page_address gives the memory behind them, 2^order pages of bytes aligned to as many
	 * bytes, the same until free_pages, or NULL. virt_to_page gives the first page of the block
	 * that an address lies in.
	 */
	struct mb_page *(*alloc_pages)(void *ctx, int nid, unsigned order, unsigned flags,
				       unsigned cpu);
	void (*free_pages)(void *ctx, struct mb_page *page, unsigned order, unsigned cpu);
	void *(*page_address)(void *ctx, struct mb_page *page, unsigned order);
	struct mb_page *(*virt_to_page)(void *ctx, const void *addr);
	/* i-th node of nid's zonelist, MB_NO_NODE after the last; NULL: nodes upward from nid. */
	int (*zonelist_node)(void *ctx, int nid, unsigned i);
	void *ctx;

	/* Told of each state as the bootstrap reaches it; NULL: nobody. */
	void (*reached)(void *ctx, enum mb_slab_state state);
	void *reached_ctx;
};

/*
 * kmem_cache_init: to MB_SLAB_UP. 0 and an allocator that mb_slab_fini() ends; -EINVAL for an
 * impossible configuration, -ENOMEM when a page was refused (the kernel would panic): all pages are
 * back then, and err says what for.
 */
int mb_slab_init(const struct mb_slab_config *config, struct mb_err *err,
		 struct mb_slab **ret_slab);

/*
 * Gives every page back, objects in use or not, in order of allocation; NULL is fine. No cache may
 * be used afterwards.
 */
void mb_slab_fini(struct mb_slab *slab);

/* slab_sysfs_init: MB_SLAB_FULL. */
void mb_slab_sysfs_init(struct mb_slab *slab);

enum mb_slab_state mb_slab_state(const struct mb_slab *slab);
const struct mb_slab_rules *mb_slab_rules(const struct mb_slab *slab);

/* The kernel's line without time stamp and newline: "SLUB: HWalign=64, Order=0-3, …". */
void mb_slab_print_banner(const struct mb_slab *slab, struct mb_strbuf *buf);

/*
 * kmem_cache_create. align: 0 or a power of two; ctor runs once for each object when its slab is
 * made. The name is copied. 0, -EINVAL, -ENOSYS (too large for a slab) or -ENOMEM.
 */
int mb_slab_kmem_cache_create(struct mb_slab *slab, const char *name, unsigned object_size,
			      unsigned align, unsigned flags, void (*ctor)(void *object),
			      struct mb_kmem_cache **ret_cache);

/*
 * kmem_cache_destroy: 0, or -EBUSY and a cache that works on when objects are in use. NULL is fine.
 */
int mb_slab_kmem_cache_destroy(struct mb_kmem_cache *cache);

/*
 * kmem_cache_shrink: CPU slabs go to their nodes, empty slabs to the buddy. The lists are not
 * sorted.
 */
void mb_slab_kmem_cache_shrink(struct mb_kmem_cache *cache);

/*
 * kmem_cache_alloc_node: an object, not zeroed, or NULL. nid MB_NO_NODE: the CPU's node preferred,
 * then any. A node without normal memory counts as MB_NO_NODE. mb_slab_free: kmem_cache_free;
 * object must be the cache's.
 */
void *mb_slab_alloc(struct mb_kmem_cache *cache, int nid, unsigned cpu);
void mb_slab_free(struct mb_kmem_cache *cache, void *object, unsigned cpu);

/* What kmalloc(0) returns; kfree accepts it and NULL. */
#define MB_SLAB_ZERO_SIZE_PTR ((void *)16)

/*
 * kmalloc_node: NULL when out of memory or above 2^max_order pages. Sizes above the largest cache
 * are whole pages.
 */
void *mb_slab_kmalloc(struct mb_slab *slab, size_t bytes, enum mb_kmalloc_type type, int nid,
		      unsigned cpu);
void mb_slab_kfree(struct mb_slab *slab, void *object, unsigned cpu);

/* The caches, newest first as slab_caches; NULL starts and ends. find: by name, or NULL. */
struct mb_kmem_cache *mb_slab_next_cache(const struct mb_slab *slab,
					 const struct mb_kmem_cache *cache);
struct mb_kmem_cache *mb_slab_find_cache(const struct mb_slab *slab, const char *name);
/* The cache that serves a kmalloc, or NULL. */
struct mb_kmem_cache *mb_slab_kmalloc_cache(const struct mb_slab *slab, size_t bytes,
					    enum mb_kmalloc_type type);

const char *mb_slab_cache_name(const struct mb_kmem_cache *cache);
unsigned mb_slab_cache_flags(const struct mb_kmem_cache *cache);
void mb_slab_cache_sizes(const struct mb_kmem_cache *cache, struct mb_slab_sizes *ret_sizes);

/* What a cache holds on a node; all zero on a node without normal memory. */
struct mb_slab_node_stat {
	uint64_t nr_slabs, nr_partial; /* all slabs; those on the node's partial list */
	uint64_t total_objects;
};

void mb_slab_node_stat(const struct mb_kmem_cache *cache, int nid,
		       struct mb_slab_node_stat *ret_stat);

/*
 * What a cache (or, with cache NULL, all of them and the large kmallocs) holds. CPUs other than the
 * caller's must rest.
 */
struct mb_slab_stats {
	uint64_t caches, slabs, pages;
	uint64_t objects, used;      /* room for; given out */
	uint64_t large, large_pages; /* kmallocs of whole pages */
	uint64_t misplaced;          /* early slabs that came from another node than asked for */
};

void mb_slab_stats(const struct mb_slab *slab, const struct mb_kmem_cache *cache,
		   struct mb_slab_stats *ret_stats);

/* Pages of all slabs and large kmallocs, without the walk over CPUs that mb_slab_stats() makes. */
uint64_t mb_slab_nr_pages(const struct mb_slab *slab);

/*
 * Walks every slab: free lists lie inside, on object starts, without cycles, and agree with the
 * counters; each slab is on the list that its state says, of its own node; the lists are as long as
 * they say. 0, -EUCLEAN with err, or -ENOMEM.
 */
int mb_slab_check(struct mb_slab *slab, struct mb_err *err);

#endif
