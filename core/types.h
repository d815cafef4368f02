/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_TYPES_H
#define MB_CORE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's basic quantities. All of them describe the simulated machine, never the host. */

typedef uint64_t mb_phys_t; /* physical address, bytes */
typedef uint64_t mb_pfn_t;  /* page frame number */

#define MB_PHYS_MAX    UINT64_MAX
#define MB_PFN_NONE    UINT64_MAX
#define MB_NO_NODE     (-1)
#define MB_NODES_SHIFT 10 /* CONFIG_NODES_SHIFT of distribution kernels */
#define MB_MAX_NODES   (1 << MB_NODES_SHIFT)

/* Half-open range of physical addresses. */
struct mb_range {
	mb_phys_t start, end;
};

/*
 * Zone indices in the kernel's order (enum zone_type without ZONE_HIGHMEM, which 64-bit kernels
 * lack).
 */
enum mb_zone_type {
	MB_ZONE_DMA,
	MB_ZONE_DMA32,
	MB_ZONE_NORMAL,
	MB_ZONE_MOVABLE,
	MB_ZONE_DEVICE,
	MB_NR_ZONES,
};

/* Pageblock types (enum migratetype, 6.1, CONFIG_CMA and CONFIG_MEMORY_ISOLATION on). */
enum mb_migratetype {
	MB_MIGRATE_UNMOVABLE,
	MB_MIGRATE_MOVABLE,
	MB_MIGRATE_RECLAIMABLE,
	MB_MIGRATE_PCPTYPES, /* the number of types that per-CPU lists keep */
	MB_MIGRATE_HIGHATOMIC = MB_MIGRATE_PCPTYPES,
	MB_MIGRATE_CMA,
	MB_MIGRATE_ISOLATE,
	MB_MIGRATE_TYPES,
};

#define MB_MAX_ORDERS 14 /* one more than the largest order of any profile: 13 with 64 KiB pages */

/*
 * When the descriptors above each node's first section are initialised (kernel-parameters: deferred
 * init).
 */
enum mb_policy {
	MB_POLICY_EAGER,    /* all of them in memmap_init, on the boot CPU */
	MB_POLICY_DEFERRED, /* by the node's workers, after the other CPUs are up */
	MB_POLICY_LAZY,     /* a section at a time, by the allocations that need it */
	MB_NR_POLICIES,
};

#endif
