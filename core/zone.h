/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_ZONE_H
#define MB_CORE_ZONE_H

#include <stdatomic.h>

#include "core/base/list.h"
#include "core/base/lock.h"
#include "core/stage.h"
#include "core/types.h"

/*
 * Zones: struct zone (include/linux/mmzone.h, 6.1) and free_area_init (mm/page_alloc.c). Spans are
 * set by one thread before any worker runs; managed is atomic; what the buddy keeps is guarded by
 * lock.
 */

struct mb_free_area {
	struct mb_list free_list[MB_MIGRATE_TYPES];
	uint64_t nr_free; /* blocks */
};

enum mb_wmark {
	MB_WMARK_MIN,
	MB_WMARK_LOW,
	MB_WMARK_HIGH,
	MB_WMARK_PROMO,
	MB_NR_WMARK,
};

struct mb_memmodel;
struct mb_pageset;

struct mb_zone {
	enum mb_zone_type type;
	int nid;
	const struct mb_memmodel *model;

	mb_pfn_t start_pfn; /* 0 when nothing is spanned */
	uint64_t spanned, present;
	uint64_t unavailable;     /* pages of holes that were initialised with this zone and node */
	_Atomic uint64_t managed; /* an estimate until hand-over */

	uint64_t watermark[MB_NR_WMARK];
	uint64_t lowmem_reserve[MB_NR_ZONES];
	struct mb_pageset
		*pagesets; /* one a possible CPU; NULL: boot pagesets, which hold nothing */
	unsigned nr_pagesets;
	bool has_pagesets; /* sizes are computed; a dry run has those without the lists */
	unsigned pcp_batch, pcp_high, pcp_high_min, pcp_high_max;

	_Alignas(
		64) struct mb_lock lock; /* guards what follows and the descriptors of free pages */
	uint64_t free_pages;
	struct mb_free_area free_area[MB_MAX_ORDERS];
	unsigned nr_orders; /* largest order + 1 */
	/* Below it, a block that is taken has all its descriptors: nr_orders, and with windows one less. */
	unsigned nr_list_orders;
	unsigned release_order; /* a larger block is released in pieces of this order */
	bool check_pages;       /* releasing looks at every descriptor first */
	uint64_t bad_pages;     /* that were not as a page to be released must be: not released */
};

static inline mb_pfn_t mb_zone_end_pfn(const struct mb_zone *zone)
{
	return zone->start_pfn + zone->spanned;
}

static inline bool mb_zone_populated(const struct mb_zone *zone)
{
	return zone->present != 0;
}

static inline uint64_t mb_zone_managed(const struct mb_zone *zone)
{
	return atomic_load_explicit(&zone->managed, memory_order_relaxed);
}

/* A zone of a boot, for what works on one alone; NULL: there is no such node. Valid until the boot is freed. */
struct mb_zone *mb_zone_of(const struct mb_boot *boot, int nid, enum mb_zone_type type);

/* "DMA", "DMA32", "Normal", "Movable", "Device". */
const char *mb_zone_name(enum mb_zone_type type);

/*
 * Zone limits of an architecture as page frame ranges [low, high) by zone index; memory [first_pfn,
 * end_pfn).
 */
struct mb_machine;
void mb_zone_limits(const struct mb_machine *machine, mb_pfn_t first_pfn, mb_pfn_t end_pfn,
		    mb_pfn_t low[MB_NR_ZONES], mb_pfn_t high[MB_NR_ZONES]);

/* free_area_init without the descriptors. */
extern const struct mb_stage mb_zone_stage;

#endif
