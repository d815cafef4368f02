/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: init_per_zone_wmark_min, __setup_per_zone_wmarks, setup_per_zone_lowmem_reserve
 * (mm/page_alloc.c, 6.1), set_recommended_min_free_kbytes (mm/khugepaged.c).
 * Kept: min_free_kbytes by the square root of lowmem, raised once for transparent huge pages, or set
 * again without them (on,
 * unless RAM is below 512 MiB); marks and protection of every zone; pagesets computed again. Left
 * out: marks set by hand (min_free_kbytes).
 * Invariants: those of mb_check_accounting; min <= low <= high; marks are 0 in an empty zone
 * (Movable excepted where the profile marks it like highmem).
 */
#include <errno.h>

#include "core/base/align.h"
#include "core/boot_state.h"
#include "core/check.h"
#include "core/pcp.h"
#include "core/watermark.h"

#define HIGHMEM_MARK_MIN 32
#define HIGHMEM_MARK_MAX 128

static uint64_t isqrt(uint64_t value)
{
	uint64_t root = 0;

	for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1)
		if ((root + bit) * (root + bit) <= value)
			root += bit;
	return root;
}

uint64_t mb_watermark_min_free_kbytes(uint64_t lowmem_kbytes)
{
	return mb_clamp(isqrt(lowmem_kbytes * 16), 128, 262144);
}

/* nr_free_buffer_pages: what zones up to Normal manage above their high mark. */
static uint64_t buffer_pages(struct mb_boot *boot)
{
	struct mb_node *node;
	uint64_t pages = 0;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z <= MB_ZONE_NORMAL; z++) {
			uint64_t managed = mb_zone_managed(&node->zones[z]);
			uint64_t high = node->zones[z].watermark[MB_WMARK_HIGH];

			pages += managed > high ? managed - high : 0;
		}
	return pages;
}

static bool like_highmem(const struct mb_boot *boot, unsigned zone)
{
	return zone == MB_ZONE_MOVABLE && boot->profile->movable_not_lowmem;
}

static void mark_zone(struct mb_boot *boot, struct mb_zone *zone, uint64_t pages_min,
		      uint64_t lowmem_pages)
{
	uint64_t managed = mb_zone_managed(zone);
	uint64_t share =
		lowmem_pages ? (uint64_t)((__uint128_t)pages_min * managed / lowmem_pages) : 0;
	uint64_t gap;

	zone->watermark[MB_WMARK_MIN] = share;
	if (like_highmem(boot, zone->type))
		zone->watermark[MB_WMARK_MIN] =
			mb_clamp(managed / 1024, HIGHMEM_MARK_MIN, HIGHMEM_MARK_MAX);
	gap = mb_max(share / 4, managed * boot->tunables.watermark_scale_factor / 10000);
	for (unsigned mark = MB_WMARK_LOW; mark < MB_NR_WMARK; mark++)
		zone->watermark[mark] = zone->watermark[mark - 1] + gap;
}

/* Marks of every zone from min_free_kbytes, then the pagesets that follow from them. */
static void mark_zones(struct mb_boot *boot)
{
	uint64_t pages_min = boot->min_free_kbytes >> (boot->machine->page_shift - 10);
	uint64_t lowmem_pages = 0;
	struct mb_node *node;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++)
			if (!like_highmem(boot, z))
				lowmem_pages += mb_zone_managed(&node->zones[z]);
	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++)
			mark_zone(boot, &node->zones[z], pages_min, lowmem_pages);
	mb_pcp_update(boot);
}

/* By what is above the high marks so far (calculate_min_free_kbytes). */
static void set_min_free(struct mb_boot *boot)
{
	boot->min_free_kbytes = mb_watermark_min_free_kbytes(buffer_pages(boot)
							     << (boot->machine->page_shift - 10));
}

/*
 * set_recommended_min_free_kbytes: room for a huge page of every type in every zone; without huge
 * pages the same as before again, now less the marks.
 */
static void raise_for_huge_pages(struct mb_boot *boot)
{
	uint64_t block = boot->model.geo.pages_per_block, zones = 0, pages, kbytes;
	struct mb_node *node;

	if (boot->totalram_pages < (512 * MB_MIB) >> boot->machine->page_shift)
		return;
	if (!boot->tunables.huge_pages) {
		set_min_free(boot);
		mark_zones(boot);
		return;
	}
	mb_node_for_each(node, boot)
		for (unsigned z = 0; z <= MB_ZONE_NORMAL; z++)
			zones += mb_zone_populated(&node->zones[z]);
	pages = block * zones * 2 + block * zones * MB_MIGRATE_PCPTYPES * MB_MIGRATE_PCPTYPES;
	pages = mb_min(pages, buffer_pages(boot) / 20);
	kbytes = pages << (boot->machine->page_shift - 10);
	if (kbytes <= boot->min_free_kbytes)
		return;
	boot->min_free_kbytes = kbytes;
	mark_zones(boot);
}

/* A ratio of 0 is no protection from the zones above. */
void mb_watermark_protection(const struct mb_boot *boot, const struct mb_node *node,
			     enum mb_zone_type low, uint64_t reserve[MB_NR_ZONES])
{
	const unsigned *ratio = boot->tunables.lowmem_reserve_ratio;
	const struct mb_zone *zone = &node->zones[low];
	uint64_t above = 0;

	for (unsigned up = low + 1; up < MB_NR_ZONES; up++) {
		above += mb_zone_managed(&node->zones[up]);
		reserve[up] = ratio[low] && mb_zone_managed(zone) ? above / ratio[low] : 0;
	}
}

static int watermark_run(struct mb_boot *boot)
{
	struct mb_node *node;

	set_min_free(boot);
	mark_zones(boot);
	mb_node_for_each(node, boot)
		for (unsigned low = 0; low < MB_NR_ZONES; low++)
			mb_watermark_protection(boot, node, (enum mb_zone_type)low,
						node->zones[low].lowmem_reserve);
	raise_for_huge_pages(boot);
	return 0;
}

static int watermark_check(struct mb_boot *boot)
{
	struct mb_node *node;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++) {
			const struct mb_zone *zone = &node->zones[z];

			for (unsigned mark = MB_WMARK_LOW; mark < MB_NR_WMARK; mark++)
				if (zone->watermark[mark] < zone->watermark[mark - 1])
					return MB_FAIL(&boot->err, -EUCLEAN,
						       "node %d zone %s: watermarks fall",
						       node->nid, mb_zone_name(zone->type));
			if (!mb_zone_managed(zone) && zone->watermark[MB_WMARK_MIN] &&
			    !like_highmem(boot, z))
				return MB_FAIL(&boot->err, -EUCLEAN,
					       "node %d zone %s is empty but has watermarks",
					       node->nid, mb_zone_name(zone->type));
		}
	return boot->config.dry_run ? 0 : mb_check_accounting(boot);
}

const struct mb_stage mb_watermark_stage = {
	.name = "watermarks",
	.linux_name = "init_per_zone_wmark_min",
	.summary = "min_free_kbytes, marks and protection of every zone",
	.dry_run = true,
	.run = watermark_run,
	.check = watermark_check,
};
