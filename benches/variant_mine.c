/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Your own variants. Change the rows called "mine" below or add others beside them, rebuild, and hold one against another:
 *
 *     ninja -C build
 *     build/cli/memboot list variants
 *     build/cli/memboot bench --compare-variant kernel,mine
 *
 * Both take turns on the same memory, and after each turn everything is checked: one that is wrong fails, however fast it
 * is. What comes out is their ratio with its interval. The rows here are examples that work.
 */
#include <string.h>

#include "benches/variant.h"
#include "core/base/align.h"
#include "core/buddy.h"
#include "core/memmodel.h"

/*
 * --- initialisers --- must leave each descriptor as __init_single_page does: all zero, then zone and node in flags,
 * reference count 1, map count -1, lru linked to itself. size->bytes is the distance of two descriptors: 56 to 96.
 */

#define AT_ONCE \
	64 /* descriptors: 4 KiB, so that they are in the nearest cache when their fields come */

static void clear_first(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
			enum mb_zone_type zone, int nid)
{
	const uint64_t flags = mb_page_flags(zone, nid);

	while (count) {
		const uint64_t part = mb_min(count, AT_ONCE);

		memset((void *)first, 0, part * size->bytes);
		for (uint64_t i = 0; i < part; i++, first = mb_page_at(first, 1, size->bytes)) {
			first->flags = flags;
			first->refcount = 1;
			first->mapcount = -1;
			mb_list_init(&first->lru);
		}
		count -= part;
	}
}

const struct mb_initialiser mb_variant_mine_initialisers[] = {
	{
		.name = "mine",
		.summary = "64 descriptors cleared at once, then their fields",
		.init = clear_first,
	},
	{0},
};

/*
 * --- chunk rules --- how total pages are cut for threads workers: pages of a chunk, in whole sections (unit), or all of
 * total. own_queues: each worker
 * has an equal part of its own, else all take from one; steals: who is done takes from others.
 */

static uint64_t sixteen_each(uint64_t total, uint64_t unit, unsigned threads)
{
	return mb_max(mb_round_up(total / (16 * (uint64_t)threads), unit), unit);
}

const struct mb_share_rule mb_variant_mine_shares[] = {
	{
		.name = "mine",
		.summary = "one queue, sixteen chunks a worker where padata makes four",
		.chunk = sixteen_each,
	},
	{0},
};

/*
 * --- release rules --- hand [start, end) of the zone to the page allocator: fresh descriptors inside one section, several threads on
 * ranges of one zone.
 */

static void by_half(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end)
{
	mb_buddy_release_range(zone, start, end, zone->model->geo.max_order - 1);
}

const struct mb_release_rule mb_variant_mine_releases[] = {
	{
		.name = "mine",
		.summary = "blocks of half the largest size, which merge in pairs",
		.release = by_half,
	},
	{0},
};
