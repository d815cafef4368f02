/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_ZONELIST_H
#define MB_CORE_ZONELIST_H

#include "core/page.h"
#include "core/stage.h"

/*
 * Zonelists: build_all_zonelists and get_page_from_freelist (mm/page_alloc.c, 6.1).
 */

/* What an allocation insists on besides its type (the kernel's gfp flags of these names). */
enum mb_alloc_flags {
	MB_ALLOC_DMA = 0x1,      /* no zone above ZONE_DMA (__GFP_DMA) */
	MB_ALLOC_THISNODE = 0x2, /* nid and no other node (__GFP_THISNODE) */
};

/*
 * 2^order pages, nearest first along the zonelist of nid (MB_NO_NODE: the lowest node with memory),
 * movable ones from any zone, others from Normal and below. flags: of enum mb_alloc_flags. Through the
 * pageset of cpu where there is one and the order allows it. While pages are deferred, a zone that
 * has none, or is below its low mark, is grown first. Zones below their marks come last. NULL when no
 * zone that may be used has any. Any thread, one a cpu.
 */
struct mb_page *mb_zonelist_alloc(struct mb_boot *boot, int nid, unsigned cpu, unsigned order,
				  enum mb_migratetype type, unsigned flags);

/* Gives them back, to the pageset of cpu where there is one. */
void mb_zonelist_free(struct mb_boot *boot, unsigned cpu, struct mb_page *page, unsigned order);

/* build_all_zonelists: the stage. */
extern const struct mb_stage mb_zonelist_stage;

#endif
