/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_SLAB_ORDER_H
#define MB_CORE_SLAB_ORDER_H

#include "core/profile.h"

/*
 * SLUB's arithmetic: how large an object's slot is, how many pages a slab has, which kmalloc cache
 * serves a size. Pure functions of the rules; no state, any thread. Mirrors mm/slub.c and
 * mm/slab_common.c of Linux 6.1 to 6.18.
 */

/* Cache flags with the kernel's values (include/linux/slab.h, 6.1). */
enum mb_slab_flags {
	MB_SLAB_POISON = 0x800,            /* debug: the free pointer stands behind the object */
	MB_SLAB_KMALLOC = 0x1000,          /* a kmalloc size cache */
	MB_SLAB_HWCACHE_ALIGN = 0x2000,    /* align to cache lines */
	MB_SLAB_CACHE_DMA = 0x4000,        /* pages from ZONE_DMA */
	MB_SLAB_RECLAIM_ACCOUNT = 0x20000, /* pages of type reclaimable */
	MB_SLAB_TYPESAFE_BY_RCU = 0x80000, /* the free pointer stands behind the object */
	MB_SLAB_ACCOUNT = 0x4000000,       /* charged to a memory cgroup */
};

#define MB_SLAB_COSTLY_ORDER 3     /* PAGE_ALLOC_COSTLY_ORDER, the default of slub_max_order */
#define MB_SLAB_MAX_OBJECTS  32767 /* MAX_OBJS_PER_PAGE: 15 bits */

/* What the arithmetic depends on besides the object. */
struct mb_slab_rules {
	unsigned page_shift;
	unsigned max_order;        /* largest buddy order, inclusive */
	unsigned min_order;        /* slub_min_order, 0 */
	unsigned slub_max_order;   /* slub_max_order, MB_SLAB_COSTLY_ORDER */
	unsigned min_objects;      /* slub_min_objects; 0: from the CPUs */
	unsigned nr_cpus;          /* the CPUs that count: see mb_slab_rules_init() */
	unsigned cache_line;       /* cache_line_size(), bytes */
	unsigned kmalloc_minalign; /* ARCH_KMALLOC_MINALIGN, bytes; the smallest kmalloc size */
	bool refactored;           /* calculate_order of 6.7 and later */
	bool natural_align; /* kmalloc sizes are aligned to their largest power-of-two divisor */
};

/*
 * Rules of a kernel without SLUB options. nr_cpu_ids: possible CPUs; present_cpus: those marked
 * present when the slab allocator starts, which is one on arm64; the former counts if no more than
 * one is present.
 */
void mb_slab_rules_init(struct mb_slab_rules *rules, const struct mb_profile *profile,
			enum mb_arch arch, unsigned page_shift, unsigned max_order,
			unsigned nr_cpu_ids, unsigned present_cpus);

/* CPUs that are marked present by then: arm64 marks all but the first later. */
unsigned mb_slab_present_cpus(const struct mb_machine *machine);

/* Smallest order whose pages hold that many bytes (get_order); bytes must not be 0. */
unsigned mb_slab_get_order(const struct mb_slab_rules *rules, uint64_t bytes);

/*
 * calculate_order: order of a slab of slots of size bytes, or -ENOSYS when no block of the buddy is
 * large enough.
 */
int mb_slab_calculate_order(const struct mb_slab_rules *rules, unsigned size);

/*
 * calculate_alignment: what a cache's slots are aligned to. align: what the creator asks, 0 or a
 * power of two.
 */
unsigned mb_slab_calculate_alignment(const struct mb_slab_rules *rules, unsigned flags,
				     unsigned align, unsigned object_size);

/*
 * The align that create_boot_cache passes to mb_slab_calculate_alignment(), for kmem_cache* and
 * kmalloc caches.
 */
unsigned mb_slab_boot_align(const struct mb_slab_rules *rules, unsigned flags,
			    unsigned object_size);

/*
 * objects kept by a CPU beside its current slab (set_cpu_partial), and the least that a node keeps.
 * size: slot bytes.
 */
unsigned mb_slab_cpu_partial(const struct mb_slab_rules *rules, unsigned size);
unsigned mb_slab_min_partial(unsigned size);

/* Everything that follows from an object's size, bytes except for the counts. */
struct mb_slab_sizes {
	unsigned object_size, align;
	unsigned size;           /* of a slot: what sysfs calls slab_size */
	unsigned inuse;          /* of the object as rounded, without what stands behind it */
	unsigned offset;         /* of the free pointer in the slot */
	unsigned order, objects; /* of a slab */
	unsigned min_order, min_objects; /* of the slab tried when memory is short */
	unsigned min_partial;            /* slabs that each node keeps though they are empty */
	unsigned cpu_partial;            /* objects */
	unsigned cpu_partial_slabs;      /* the same as slabs */
};

/*
 * calculate_sizes without debugging, set_min_partial and set_cpu_partial. align is the final
 * alignment; ctor: the cache has a constructor. 0, -EINVAL for an impossible size or align, or
 * -ENOSYS as mb_slab_calculate_order().
 */
int mb_slab_calculate_sizes(const struct mb_slab_rules *rules, unsigned object_size, unsigned align,
			    unsigned flags, bool ctor, struct mb_slab_sizes *ret_sizes);

/* The kinds of kmalloc caches in the kernel's order, with CONFIG_MEMCG_KMEM and CONFIG_ZONE_DMA. */
enum mb_kmalloc_type {
	MB_KMALLOC_NORMAL,
	MB_KMALLOC_CGROUP,
	MB_KMALLOC_RECLAIM,
	MB_KMALLOC_DMA,
	MB_NR_KMALLOC_TYPES,
};

/* kmalloc_info: index 1 is 96 bytes, 2 is 192, n from 3 is 2^n. */
#define MB_KMALLOC_MAX_INDEX 22

/* Highest index with a cache (KMALLOC_SHIFT_HIGH); larger sizes are whole pages. */
unsigned mb_slab_kmalloc_shift_high(const struct mb_slab_rules *rules);

/* Bytes that the caches of an index serve. */
unsigned mb_slab_kmalloc_size(unsigned index);

/* Cache index for a request of 1 … 2^shift_high bytes (kmalloc_slab); 0 for any other. */
unsigned mb_slab_kmalloc_index(const struct mb_slab_rules *rules, uint64_t bytes);

/*
 * Indices of one type in order of creation (create_kmalloc_caches) into indices; returns how many
 * there are.
 */
unsigned mb_slab_kmalloc_indices(const struct mb_slab_rules *rules,
				 unsigned indices[MB_KMALLOC_MAX_INDEX]);

/* Writes a name such as "kmalloc-cg-1k", at most 20 bytes with the terminator. */
#define MB_KMALLOC_NAME_BYTES 20
void mb_slab_kmalloc_name(enum mb_kmalloc_type type, unsigned index,
			  char name[MB_KMALLOC_NAME_BYTES]);

/* Flags of the caches of a type, MB_SLAB_KMALLOC included. */
unsigned mb_slab_kmalloc_flags(enum mb_kmalloc_type type);

#endif
