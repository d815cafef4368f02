/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/boot_state.h"
#include "core/check.h"
#include "core/check_block.h"
#include "core/pcp.h"
#include "core/window.h"

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* FNV-1a by 64-bit words: the same idea as by bytes, eight times the speed. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
	return (hash ^ word) * FNV_PRIME;
}

#define DIGEST_WORDS 5

/* What counts of a descriptor: links do not, and flags and type as one layout and release has them. */
static inline void digest_words(const struct mb_page_layout *layout, const struct mb_page *page,
				uint64_t words[DIGEST_WORDS])
{
	uint32_t type = page->page_type;

	if (mb_page_is_buddy(layout, page))
		type = MB_PAGE_TYPE_BUDDY_BIT;
	words[0] = mb_page_plain_flags(layout, page);
	words[1] = page->mapping;
	words[2] = page->index;
	words[3] = page->private;
	words[4] = (uint64_t)type << 32 | (uint32_t)page->refcount;
}

uint64_t mb_check_digest_tail(const struct mb_memmodel *model, const struct mb_page *first)
{
	const struct mb_page_layout layout = model->layout;
	uint64_t pages = UINT64_C(1) << model->geo.max_order, hash = FNV_BASIS;
	uint64_t lanes[DIGEST_WORDS], words[DIGEST_WORDS];

	for (unsigned i = 0; i < DIGEST_WORDS; i++)
		lanes[i] = FNV_BASIS;
	for (uint64_t i = 1; i < pages; i++) {
		first = mb_page_at(first, 1, model->geo.page_bytes);
		digest_words(&layout, first, words);
		for (unsigned w = 0; w < DIGEST_WORDS; w++)
			lanes[w] = mix(lanes[w], words[w]);
	}
	for (unsigned i = 0; i < DIGEST_WORDS; i++)
		hash = mix(hash, lanes[i]);
	return hash;
}

uint64_t mb_check_digest_block(const struct mb_memmodel *model, const struct mb_page *first,
			       uint64_t tail)
{
	uint64_t words[DIGEST_WORDS];

	digest_words(&model->layout, first, words);
	for (unsigned i = 0; i < DIGEST_WORDS; i++)
		tail = mix(tail, words[i]);
	return tail;
}

static uint64_t digest_at(const struct mb_boot *boot, mb_pfn_t pfn)
{
	const struct mb_memmodel *model = &boot->model;
	const struct mb_page *first;

	if (model->windows)
		return mb_window_digest(boot, pfn);
	first = mb_memmodel_pfn_to_page(model, pfn);
	return mb_check_digest_block(model, first, mb_check_digest_tail(model, first));
}

/*
 * Page frames that have a descriptor in every model: those of sections with memory, and before the
 * first and behind the last memory no further than the largest block goes.
 */
struct extent {
	mb_pfn_t first, end; /* of all memory */
	mb_pfn_t done;       /* digested up to here */
};

static int digest_range(struct mb_boot *boot, struct extent *extent, mb_pfn_t start, mb_pfn_t end,
			uint64_t *hash)
{
	const struct mb_memmodel *model = &boot->model;
	uint64_t pps = model->geo.pages_per_section, block = UINT64_C(1) << model->geo.max_order;
	mb_pfn_t pfn = mb_max(mb_align_down_pow2(start, pps), mb_max(extent->first, extent->done));

	end = mb_min(mb_align_up_pow2(end, pps), extent->end);
	for (; pfn < end; pfn += block) {
		if (mb_host_cancelled(boot->host))
			return -ECANCELED;
		*hash = mix(*hash, pfn);
		if (mb_memmodel_pfn_valid(model, pfn))
			*hash = mix(*hash, digest_at(boot, pfn));
	}
	extent->done = mb_max(pfn, extent->done);
	return 0;
}

int mb_check_digest(struct mb_boot *boot, uint64_t *ret_digest)
{
	uint64_t hash = FNV_BASIS, block = UINT64_C(1) << boot->model.geo.max_order;
	unsigned shift = boot->machine->page_shift;
	struct extent extent;
	mb_pfn_t start, end;
	int index = -1, r = 0;

	if ((!boot->model.window && !boot->model.windows) || boot->ended || boot->err.code)
		return -EINVAL;
	if (boot->model.windows && !boot->config.check)
		return -ENOTSUP;
	boot->settled = true;
	mb_slab_fini(boot->slab);
	boot->slab = NULL;
	mb_pcp_drain(boot);
	extent = (struct extent){
		mb_align_down_pow2(mb_memblock_start_of_DRAM(&boot->memblock) >> shift, block),
		mb_align_up_pow2(mb_memblock_end_of_DRAM(&boot->memblock) >> shift, block),
		0,
	};
	while (!r && mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start,
						    &end, NULL))
		r = digest_range(boot, &extent, start, end, &hash);
	if (!r)
		*ret_digest = hash;
	return r;
}

/* What a walk over one node's descriptors finds, by zone. */
struct tally {
	uint64_t pages[MB_NR_ZONES], reserved[MB_NR_ZONES];
};

/* Pages of a block that went through a window, up to told's end: what was read in the slot, or is in the head. */
static int count_turned(struct mb_boot *boot, int nid, mb_pfn_t pfn,
			const struct mb_window_told *told, struct tally *tally)
{
	if (!told->made || told->nid != nid)
		return MB_FAIL(&boot->err, -EUCLEAN, "page frame 0x%llx of node %d %s",
			       (unsigned long long)pfn, nid,
			       told->made ? "is another node's" : "was never initialised");
	tally->pages[told->zone] += told->end - pfn;
	tally->reserved[told->zone] += told->reserved ? told->end - pfn : 0;
	return 0;
}

/* Counts the pages of [start, end) by the zone in their own flags, and the reserved ones among them. */
static int count_range(struct mb_boot *boot, int nid, mb_pfn_t start, mb_pfn_t end,
		       struct tally *tally)
{
	const struct mb_page_layout *layout = &boot->model.layout;

	for (mb_pfn_t pfn = start; pfn < end; pfn++) {
		const struct mb_page *page;
		enum mb_zone_type zone;
		struct mb_window_told told;

		if (!(pfn & 0xffff) && mb_host_cancelled(boot->host))
			return -ECANCELED;
		if (!mb_memmodel_pfn_valid(&boot->model, pfn))
			continue;
		if (mb_window_tells(boot, pfn, end, &told)) {
			int r = count_turned(boot, nid, pfn, &told, tally);

			if (r)
				return r;
			pfn = told.end - 1;
			continue;
		}
		page = mb_memmodel_pfn_to_page(&boot->model, pfn);
		zone = mb_page_zone(layout, page);
		if (mb_page_nid(layout, page) != nid || zone >= MB_NR_ZONES)
			return MB_FAIL(&boot->err, -EUCLEAN,
				       "page frame 0x%llx of node %d says node %d zone %d",
				       (unsigned long long)pfn, nid, mb_page_nid(layout, page),
				       (int)zone);
		tally->pages[zone]++;
		tally->reserved[zone] += mb_page_test(page, MB_PG_RESERVED);
	}
	return 0;
}

/*
 * [start, end) of a node's memory, of which free pages behind the boundary are deferred: nobody has made
 * their descriptors, so they count as the last zone's without being looked at. What is reserved among them
 * has descriptors.
 */
static int count_deferred(struct mb_boot *boot, const struct mb_node *node, mb_pfn_t start,
			  mb_pfn_t end, struct tally *tally, uint64_t *deferred)
{
	mb_pfn_t boundary = node->first_deferred_pfn, from, to;
	uint64_t cursor = 0;
	int r = 0;

	while (!r && boundary < end &&
	       mb_memblock_next_free_pfn_range(&boot->memblock, &cursor, node->nid, &from, &to,
					       NULL)) {
		from = mb_clamp(mb_max(from, boundary), start, end);
		to = mb_clamp(to, start, end);
		if (from >= to)
			continue;
		r = count_range(boot, node->nid, start, from, tally);
		*deferred += to - from;
		start = to;
	}
	return r ? r : count_range(boot, node->nid, start, end, tally);
}

static int check_zone(struct mb_boot *boot, const struct mb_zone *zone, const struct tally *tally,
		      uint64_t deferred)
{
	uint64_t managed = mb_zone_managed(zone), pages = tally->pages[zone->type] + deferred;
	uint64_t reserved = tally->reserved[zone->type];

	if (pages == zone->present && reserved == zone->present - managed - deferred)
		return 0;
	return MB_FAIL(&boot->err, -EUCLEAN,
		       "node %d zone %s: %llu present, %llu managed; counted %llu, %llu reserved, "
		       "%llu deferred",
		       zone->nid, mb_zone_name(zone->type), (unsigned long long)zone->present,
		       (unsigned long long)managed, (unsigned long long)pages,
		       (unsigned long long)reserved, (unsigned long long)deferred);
}

static int check_node(struct mb_boot *boot, const struct mb_node *node)
{
	struct tally tally = {0};
	uint64_t deferred = 0;
	mb_pfn_t start, end;
	int index = -1, r = 0;

	while (!r && mb_memblock_next_mem_pfn_range(&boot->memblock, &index, node->nid, &start,
						    &end, NULL))
		r = count_deferred(boot, node, start, end, &tally, &deferred);
	/* Present pages without a descriptor cannot be counted. */
	for (unsigned z = 0; !r && !boot->model.nr_dropped && z < MB_NR_ZONES; z++) {
		const struct mb_zone *zone = &node->zones[z];
		bool last = mb_zone_populated(zone) && mb_zone_end_pfn(zone) == node->end_pfn;

		r = check_zone(boot, zone, &tally, last ? deferred : 0);
	}
	return r;
}

int mb_check_accounting(struct mb_boot *boot)
{
	struct mb_node *node;

	mb_node_for_each(node, boot) {
		int r = check_node(boot, node);

		if (r)
			return r;
	}
	return 0;
}
