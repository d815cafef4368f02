/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: build_all_zonelists, find_next_best_node, build_zonelists, get_page_from_freelist
 * (mm/page_alloc.c, 6.1).
 * Kept: node order by distance with the rotation of equals (node_load), populated zones from the
 * highest down, mobility grouping, low mark and protection of a zone, growing it on demand while pages
 * are deferred: where it is below its mark, and where it has no block. Left out: reclaim, so that
 * what no zone has above its mark is taken below it, to the last page. No node is penalised for
 * having CPUs: the kernel's map of CPUs to nodes is still empty at this point of a boot.
 * Invariants: every possible node's order starts with itself (if the profile lists it) and holds each
 * node with memory once; both lists hold the populated zones of their nodes, highest first, and no more.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/boot_state.h"
#include "core/buddy.h"
#include "core/deferred_grow.h"
#include "core/pcp.h"
#include "core/zonelist.h"

/* --- node order --- */

struct order_state {
	uint64_t *node_load;
	bool *used;
};

static unsigned distance(const struct mb_boot *boot, int from, unsigned to)
{
	return boot->machine->distance[(size_t)from * boot->nr_node_ids + to];
}

/* The unused node with memory that scores least; ties go to the lowest id. -1: none left. */
static int next_best(const struct mb_boot *boot, struct order_state *state, int local)
{
	uint64_t best_score = UINT64_MAX;
	int best = -1;

	for (unsigned n = 0; n < boot->nr_node_ids; n++) {
		uint64_t score;

		if (!boot->nodes[n] || !boot->nodes[n]->has_memory || state->used[n])
			continue;
		score = (distance(boot, local, n) + ((int)n < local)) * (uint64_t)MB_MAX_NODES +
			state->node_load[n];
		if (score < best_score) {
			best_score = score;
			best = (int)n;
		}
	}
	return best;
}

/* Fills node->fallback_nodes. */
static void order_nodes(const struct mb_boot *boot, struct order_state *state, struct mb_node *node)
{
	int prev = node->nid, next;

	for (unsigned n = 0; n < boot->nr_node_ids; n++)
		state->used[n] = false;
	node->nr_fallback = 0;
	if (node->has_memory || !boot->profile->zonelist_skips_memoryless) {
		node->fallback_nodes[node->nr_fallback++] = node->nid;
		state->used[node->nid] = true;
	}
	while ((next = next_best(boot, state, node->nid)) >= 0) {
		state->used[next] = true;
		/*
		 * The first of a ring of equals is loaded, so that the next node starts elsewhere.
		 */
		if (distance(boot, node->nid, (unsigned)next) !=
		    distance(boot, node->nid, (unsigned)prev))
			state->node_load[next]++;
		node->fallback_nodes[node->nr_fallback++] = next;
		prev = next;
	}
}

/* The populated zones of these nodes into list (NULL: none), highest first. Returns how many. */
static size_t list_zones(const struct mb_boot *boot, const int *nids, size_t nr_nids,
			 struct mb_zoneref *list)
{
	size_t zones = 0;

	for (size_t i = 0; i < nr_nids; i++)
		for (int z = MB_NR_ZONES - 1; z >= 0; z--) {
			struct mb_zone *zone = &boot->nodes[nids[i]]->zones[z];

			if (!mb_zone_populated(zone))
				continue;
			if (list)
				list[zones] = (struct mb_zoneref){zone, (enum mb_zone_type)z};
			zones++;
		}
	return zones;
}

/* The nodes that one of the node's lists goes through. Returns how many. */
static size_t nodes_of(const struct mb_node *node, unsigned which, const int **ret_nids)
{
	*ret_nids = which == MB_ZONELIST_FALLBACK ? node->fallback_nodes : &node->nid;
	return which == MB_ZONELIST_FALLBACK ? node->nr_fallback : 1;
}

/* build_zonelists_in_node_order, build_thisnode_zonelists. */
static int fill_lists(struct mb_boot *boot, struct mb_node *node)
{
	for (unsigned which = 0; which < MB_NR_ZONELISTS; which++) {
		const int *nids;
		size_t nr_nids = nodes_of(node, which, &nids);
		size_t zones = list_zones(boot, nids, nr_nids, NULL);
		struct mb_zoneref *list = calloc(zones + 1, sizeof(*list));

		if (!list)
			return -ENOMEM;
		list_zones(boot, nids, nr_nids, list);
		node->zonelists[which] = list;
		mb_boot_stat(boot, &mb_zonelist_stage)->bytes += (zones + 1) * sizeof(*list);
	}
	return 0;
}

/* --- allocation --- */

static struct mb_node *start_node(struct mb_boot *boot, int nid)
{
	struct mb_node *node;

	if (nid >= 0 && (unsigned)nid < boot->nr_node_ids && boot->nodes[nid] &&
	    boot->nodes[nid]->zonelists[MB_ZONELIST_FALLBACK])
		return boot->nodes[nid];
	mb_node_for_each(node, boot)
		if (node->has_memory)
			return node;
	return NULL;
}

/*
 * zone_watermark_fast: more pages than mark and protection ask for, and a block that is large enough. It
 * looks without the lock, as the kernel does; what it sees may be old.
 */
__attribute__((no_sanitize("thread"))) static bool
above_mark(const struct mb_zone *zone, unsigned order, uint64_t mark, enum mb_zone_type highest)
{
	uint64_t free_pages = *(const volatile uint64_t *)&zone->free_pages;
	uint64_t wanted = mark + zone->lowmem_reserve[highest] + (UINT64_C(1) << order) - 1;

	if (free_pages <= wanted)
		return false;
	for (unsigned o = order; o < zone->nr_orders; o++)
		if (*(const volatile uint64_t *)&zone->free_area[o].nr_free)
			return true;
	return false;
}

/* gfp_zone: the highest zone that may be used. */
static enum mb_zone_type highest_zone(enum mb_migratetype type, unsigned flags)
{
	if (flags & MB_ALLOC_DMA)
		return MB_ZONE_DMA;
	return type == MB_MIGRATE_MOVABLE ? MB_ZONE_MOVABLE : MB_ZONE_NORMAL;
}

/* get_page_from_freelist. above_low: only what zones have above their low marks. */
static struct mb_page *take_from_list(struct mb_boot *boot, const struct mb_zoneref *ref,
				      enum mb_zone_type highest, unsigned cpu, unsigned order,
				      enum mb_migratetype type, bool above_low)
{
	for (; ref && ref->zone; ref++) {
		struct mb_page *page;

		if (ref->idx > highest)
			continue;
		if (above_low &&
		    !above_mark(ref->zone, order, ref->zone->watermark[MB_WMARK_LOW], highest) &&
		    !mb_deferred_grow_zone(boot, ref->zone, order))
			continue;
		do
			page = mb_pcp_alloc(ref->zone, cpu, order, type);
		while (!page && mb_deferred_grow_zone(boot, ref->zone, order));
		if (page)
			return page;
	}
	return NULL;
}

struct mb_page *mb_zonelist_alloc(struct mb_boot *boot, int nid, unsigned cpu, unsigned order,
				  enum mb_migratetype type, unsigned flags)
{
	enum mb_zonelist which =
		flags & MB_ALLOC_THISNODE ? MB_ZONELIST_NOFALLBACK : MB_ZONELIST_FALLBACK;
	enum mb_zone_type highest = highest_zone(type, flags);
	const struct mb_node *node = start_node(boot, nid);
	const struct mb_zoneref *list = node ? node->zonelists[which] : NULL;
	struct mb_page *page = take_from_list(boot, list, highest, cpu, order, type, true);

	return page ? page : take_from_list(boot, list, highest, cpu, order, type, false);
}

void mb_zonelist_free(struct mb_boot *boot, unsigned cpu, struct mb_page *page, unsigned order)
{
	struct mb_node *node = boot->nodes[mb_page_nid(&boot->model.layout, page)];

	mb_pcp_free(&node->zones[mb_page_zone(&boot->model.layout, page)], cpu, page, order);
}

/* --- stage --- */

static void count_total(struct mb_boot *boot)
{
	struct mb_node *node;

	boot->vm_total_pages = 0;
	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_ZONE_DEVICE; z++)
			boot->vm_total_pages += mb_zone_managed(&node->zones[z]);
	boot->mobility_grouping =
		boot->vm_total_pages >= boot->model.geo.pages_per_block * MB_MIGRATE_TYPES;
}

static int zonelist_run(struct mb_boot *boot)
{
	struct order_state state = {
		.node_load = calloc(boot->nr_node_ids, sizeof(uint64_t)),
		.used = calloc(boot->nr_node_ids, sizeof(bool)),
	};
	struct mb_node *node;
	int r = state.node_load && state.used ? 0 : -ENOMEM;

	mb_node_for_each(node, boot) {
		if (!r && mb_host_cancelled(boot->host))
			r = -ECANCELED;
		if (r)
			break;
		node->fallback_nodes = calloc(boot->nr_node_ids + 1, sizeof(int));
		if (!node->fallback_nodes) {
			r = -ENOMEM;
			break;
		}
		order_nodes(boot, &state, node);
		r = fill_lists(boot, node);
	}
	free(state.node_load);
	free(state.used);
	if (r == -ECANCELED)
		return r;
	if (r)
		return MB_FAIL(&boot->err, r, "the host has no memory for the zonelists");
	count_total(boot);
	return 0;
}

/* The order of nodes begins with the node itself and has each node with memory once. */
static int check_nodes(struct mb_boot *boot, const struct mb_node *node)
{
	struct mb_node *other;

	mb_node_for_each(other, boot) {
		size_t times = 0;

		for (size_t i = 0; i < node->nr_fallback; i++)
			times += node->fallback_nodes[i] == other->nid;
		if (other->has_memory && times != 1)
			return MB_FAIL(&boot->err, -EUCLEAN,
				       "node %d is %zu times in node %d's zonelist", other->nid,
				       times, node->nid);
	}
	if (node->has_memory && node->fallback_nodes[0] != node->nid)
		return MB_FAIL(&boot->err, -EUCLEAN, "node %d's zonelist starts with node %d",
			       node->nid, node->fallback_nodes[0]);
	return 0;
}

static int check_lists(struct mb_boot *boot, const struct mb_node *node)
{
	static const char *const names[MB_NR_ZONELISTS] = {
		[MB_ZONELIST_FALLBACK] = "zonelist",
		[MB_ZONELIST_NOFALLBACK] = "zonelist without fallback",
	};

	for (unsigned which = 0; which < MB_NR_ZONELISTS; which++) {
		const struct mb_zoneref *ref = node->zonelists[which];
		const int *nids;
		size_t nr_nids = nodes_of(node, which, &nids);
		bool same = true;

		for (size_t i = 0; i < nr_nids; i++)
			for (int z = MB_NR_ZONES - 1; z >= 0; z--) {
				const struct mb_zone *zone = &boot->nodes[nids[i]]->zones[z];

				if (same && mb_zone_populated(zone))
					same = ref->zone == zone && ref++->idx == zone->type;
			}
		if (!same || ref->zone)
			return MB_FAIL(&boot->err, -EUCLEAN,
				       "node %d's %s is not the populated zones of its nodes",
				       node->nid, names[which]);
	}
	return 0;
}

static int zonelist_check(struct mb_boot *boot)
{
	struct mb_node *node;

	mb_node_for_each(node, boot) {
		int r = mb_host_cancelled(boot->host) ? -ECANCELED : check_nodes(boot, node);

		if (!r)
			r = check_lists(boot, node);
		if (r)
			return r;
	}
	return 0;
}

static void zonelist_undo(struct mb_boot *boot)
{
	struct mb_node *node;

	mb_node_for_each(node, boot) {
		for (unsigned which = 0; which < MB_NR_ZONELISTS; which++) {
			free(node->zonelists[which]);
			node->zonelists[which] = NULL;
		}
		free(node->fallback_nodes);
		node->fallback_nodes = NULL;
		node->nr_fallback = 0;
	}
}

const struct mb_stage mb_zonelist_stage = {
	.name = "zonelists",
	.linux_name = "build_all_zonelists",
	.summary = "the two zonelists of every node",
	.dry_run = true,
	.run = zonelist_run,
	.check = zonelist_check,
	.undo = zonelist_undo,
};
