/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_QUERY_H
#define MB_CORE_QUERY_H

#include "core/boot.h"
#include "core/hash.h"
#include "core/percpu.h"
#include "core/slab_order.h"
#include "core/types.h"

/*
 * Questions to a boot that has run, dry or not, for comparing it with a kernel's own figures. A
 * stage that did not run leaves zeros. The boot must rest.
 */

struct mb_query_zone {
	bool populated;
	mb_pfn_t start_pfn; /* 0 when nothing is spanned */
	uint64_t spanned, present, managed;
	uint64_t min, low, high, promo;   /* watermarks, pages */
	uint64_t protection[MB_NR_ZONES]; /* lowmem_reserve, by the zone asked for */
	/* What becomes of it when somebody reads proc/sys/vm/lowmem_reserve_ratio: Linux computes it anew. */
	uint64_t protection_anew[MB_NR_ZONES];
	bool pagesets;                      /* the zone has its own */
	unsigned batch, high_min, high_max; /* of the pagesets, pages */
};

/* 0, or -ENOENT when the node is not possible. */
int mb_query_zone(const struct mb_boot *boot, int nid, enum mb_zone_type type,
		  struct mb_query_zone *ret_zone);

struct mb_query_node {
	bool online, has_memory;
	mb_pfn_t start_pfn, end_pfn; /* of its memory regions; 0, 0 without memory */
	mb_pfn_t movable_pfn;        /* where ZONE_MOVABLE begins; 0: the node has none */
	bool deferred;               /* some of its memory is left to the deferred stage */
};

/* 0, or -ENOENT when the node is not possible. */
int mb_query_node(const struct mb_boot *boot, int nid, struct mb_query_node *ret_node);

/* Highest possible node + 1. */
unsigned mb_query_nr_node_ids(const struct mb_boot *boot);

/* Whole pages of the memory regions in address order; *index starts at -1. False at the end. */
bool mb_query_region(const struct mb_boot *boot, int *index, mb_pfn_t *ret_start, mb_pfn_t *ret_end,
		     int *ret_nid);

/* The possible range of a zone; start and end are equal where it is empty. Movable has none. */
void mb_query_zone_limits(const struct mb_boot *boot, enum mb_zone_type type, mb_pfn_t *ret_start,
			  mb_pfn_t *ret_end);

/* The index-th line about unavailable ranges. False behind the last. */
bool mb_query_hole(const struct mb_boot *boot, size_t index, int *ret_nid,
		   enum mb_zone_type *ret_type, uint64_t *ret_pages);

struct mb_query_totals {
	unsigned nr_zonelists;   /* online nodes */
	uint64_t vm_total_pages; /* of build_all_zonelists */
	bool mobility_grouping;
	enum mb_zone_type policy_zone; /* highest populated zone but Movable and Device */
	uint64_t present_pages;
	uint64_t totalram_pages; /* by the time of "Memory:" */
	uint64_t cma_pages;
	uint64_t available_pages; /* in the buddy right after hand-over, less the vmalloc tables */
	uint64_t
		shared_tables; /* of them that may be others' by chance; available is so much more then */
};

void mb_query_totals(const struct mb_boot *boot, struct mb_query_totals *ret_totals);

/* A large hash table. */
void mb_query_hash(const struct mb_boot *boot, enum mb_hash hash, struct mb_hash_table *ret_table);

/* The first per-CPU chunk; borrowed. */
const struct mb_percpu_layout *mb_query_percpu(const struct mb_boot *boot);

/*
 * SLUB's rules, and the sizes of a cache: of one that the bootstrap makes by its name alone; of any
 * other from its object size, its alignment and whether its free pointer stands behind the object
 * (a constructor or RCU). 0, or what mb_slab_calculate_sizes() returns.
 */
void mb_query_slab_rules(const struct mb_boot *boot, struct mb_slab_rules *ret_rules);
bool mb_query_slab_is_boot_cache(const struct mb_boot *boot, const char *name);
int mb_query_slab_sizes(const struct mb_boot *boot, const char *name, unsigned object_size,
			unsigned align, bool free_pointer_behind, struct mb_slab_sizes *ret_sizes);

/*
 * Memory blocks of sysfs (memory_block_size_bytes, drivers/base/memory.c, 6.1): their size, and
 * whether a node lists the block of a number.
 */
uint64_t mb_query_block_bytes(const struct mb_boot *boot, bool hypervisor);
bool mb_query_block_of_node(const struct mb_boot *boot, uint64_t block_bytes, uint64_t number,
			    int nid);

#endif
