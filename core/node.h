/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_NODE_H
#define MB_CORE_NODE_H

#include "core/zone.h"

/*
 * Node descriptors: struct pglist_data (include/linux/mmzone.h, 6.1). One a possible node, made by
 * one thread and kept for the boot's life.
 */

struct mb_zoneref {
	struct mb_zone *zone;
	enum mb_zone_type idx;
};

/* The two lists of a node: ZONELIST_FALLBACK and ZONELIST_NOFALLBACK. */
enum mb_zonelist {
	MB_ZONELIST_FALLBACK,   /* the node's zones, then those of other nodes, nearest first */
	MB_ZONELIST_NOFALLBACK, /* this node only */
	MB_NR_ZONELISTS,
};

struct mb_node {
	int nid;
	bool online;                 /* has memory or CPUs */
	bool has_memory;             /* N_MEMORY: present pages */
	bool has_normal;             /* N_NORMAL_MEMORY: present pages in a zone up to Normal */
	mb_phys_t pgdat;             /* where memblock put its NODE_DATA */
	mb_pfn_t start_pfn, end_pfn; /* of its memory regions; 0, 0 without memory */
	mb_pfn_t movable_pfn;        /* where ZONE_MOVABLE begins; 0: the node has none */
	uint64_t spanned, present;
	unsigned nr_zones; /* index of the highest populated zone + 1 */
	struct mb_zone zones[MB_NR_ZONES];

	struct mb_lock
		size_lock; /* guards first_deferred_pfn once workers run; outside any zone lock */
	/*
	 * First page frame that is deferred; MB_PFN_NONE: nothing. Growth looks at it before it
	 * takes the lock.
	 */
	_Atomic mb_pfn_t first_deferred_pfn;
	mb_pfn_t boundary_pfn; /* what first_deferred_pfn was when memmap_init ended */
	uint64_t left_pages;   /* deferred when a boot by policy lazy came to its end */

	/* Guarded by size_lock: the longest time that it was held, and what each growth took. */
	uint64_t lock_held_ns;
	uint64_t *growth_ns;
	size_t nr_growths, max_growths;
	bool growths_lost; /* there was no memory for some */

	struct mb_zoneref *zonelists[MB_NR_ZONELISTS]; /* each ends with a null zone */
	int *fallback_nodes; /* node order of the first, nr_fallback entries */
	size_t nr_fallback;
};

/* Takes a node's NODE_DATA from memblock: on the node, anywhere for one without memory. 0 or -ENOSPC. */
int mb_node_alloc_pgdat(struct mb_boot *boot, struct mb_node *node);

/*
 * first_online_node: what early_pfn_to_nid answers for a page frame that is not memory. A node without
 * memory is online from free_area_init on.
 */
int mb_node_first_online(const struct mb_boot *boot);

/*
 * Notes that size_lock was held since a reading of the host's clock, just before it is dropped; the
 * kernel has interrupts off as long (pgdat_resize_lock). Returns the time in ns.
 */
uint64_t mb_node_note_held(struct mb_boot *boot, struct mb_node *node, uint64_t since_ns);

/* numa_register_memblks and the NODE_DATA allocations of nodes with memory. */
extern const struct mb_stage mb_node_stage;

#endif
