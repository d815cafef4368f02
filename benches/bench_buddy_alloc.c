/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/bench.h"
#include "benches/boots.h"
#include "benches/ground.h"
#include "benches/timer.h"
#include "core/base/align.h"
#include "core/base/rng.h"
#include "core/buddy.h"
#include "core/handoff.h"
#include "core/memmodel.h"

/*
 * Taking blocks of one order from a zone and giving them back. Clean: the zone is as a boot leaves it, and
 * what is taken is given back in that order. Fragmented: of every block of the largest order some parts are in use
 * for good, and what is taken is given back in random order:
 *
 *   |--------- order 9, free ---------|--- order 8, used ---|--- 7, free ---|- … -|0|   (sides at random)
 */
#define KERNEL     "6.12"
#define MACHINE    "arch=x86_64 page=4K section=128M phys-bits=52 node0=4G@4G node0.cpus=0"
#define MAX_BLOCKS 1024 /* that a round takes */
#define ROUNDS     15
#define TYPE       MB_MIGRATE_MOVABLE

struct alloc {
	struct mb_zone *zone; /* first: a test looks for it here */
	struct mb_boot *boot;
	unsigned order;
	uint64_t free_pages; /* before a round, and after it */
	size_t nr_blocks;    /* that a round takes */
	struct mb_page *blocks[MAX_BLOCKS];
	struct mb_rng rng;
};

static const struct kind {
	const char *name, *summary;
	bool fragmented, frees; /* giving back is what is timed */
} kinds[] = {
	{"alloc/clean", "blocks of one order, from a zone that nobody used", false, false},
	{"alloc/fragmented", "the same where large blocks are in use in part", true, false},
	{"free/clean", "the blocks back, in the order in which they were taken", false, true},
	{"free/fragmented", "the same in random order, where large blocks are in use in part", true,
	 true},
};

/* --- a zone in use --- */

/* Frees parts of a block of the largest order: each half of what is left with even odds, the last page never. */
static void free_parts(struct alloc *alloc, struct mb_page *page)
{
	const struct mb_geometry *geo = &alloc->zone->model->geo;

	for (unsigned order = geo->max_order; order--;) {
		struct mb_page *upper = mb_page_at(page, INT64_C(1) << order, geo->page_bytes);
		bool keep_lower = mb_rng_below(&alloc->rng, 2);

		if (mb_rng_below(&alloc->rng, 2))
			mb_buddy_free(alloc->zone, keep_lower ? upper : page, order);
		page = keep_lower ? page : upper;
	}
}

/* One block in four stays whole, so that a round of the largest order takes enough of them for reading the clock not to count. */
static int fragment(struct alloc *alloc)
{
	unsigned largest = alloc->zone->model->geo.max_order;
	size_t max = alloc->zone->spanned >> largest, count = 0;
	struct mb_page **pages = calloc(max + 1, sizeof(struct mb_page *));

	if (!pages)
		return -ENOMEM;
	while (count < max && (pages[count] = mb_buddy_alloc(alloc->zone, largest, TYPE)))
		count++;
	for (size_t i = 0; i < count; i++)
		if (i % 4)
			free_parts(alloc, pages[i]);
		else
			mb_buddy_free(alloc->zone, pages[i], largest);
	free(pages);
	return 0;
}

/* Blocks of the order that the zone could give. */
static uint64_t available(const struct alloc *alloc)
{
	uint64_t blocks = 0;

	for (unsigned order = alloc->order; order < alloc->zone->nr_orders; order++)
		blocks += alloc->zone->free_area[order].nr_free << (order - alloc->order);
	return blocks;
}

/* --- a round --- */

static int setup(struct mb_bench_run *run)
{
	const struct kind *kind = run->row->param;
	const struct mb_boot_config config = {.profile = mb_profile_find(KERNEL),
					      .policy = MB_POLICY_EAGER};
	struct alloc *alloc = calloc(1, sizeof(*alloc));
	int rc = -ENOMEM;

	run->data = alloc;
	if (alloc)
		rc = mb_ground_open(run->env, MACHINE, &run->err, &run->ground);
	if (!rc)
		rc = mb_boots_until(run->ground, config, &mb_handoff_stage, &run->err,
				    &alloc->boot);
	if (rc)
		return rc;
	alloc->zone = mb_zone_of(alloc->boot, 0, MB_ZONE_NORMAL);
	alloc->rng.state = 1;
	alloc->order = (unsigned)run->arg;
	if (kind->fragmented && fragment(alloc))
		return -ENOMEM;
	alloc->free_pages = alloc->zone->free_pages;
	alloc->nr_blocks = (size_t)mb_min(MAX_BLOCKS, available(alloc) * 3 / 4);
	run->ops = alloc->nr_blocks;
	return 0;
}

static void take_all(struct alloc *alloc)
{
	for (size_t i = 0; i < alloc->nr_blocks; i++)
		alloc->blocks[i] = mb_buddy_alloc(alloc->zone, alloc->order, TYPE);
}

static void give_all(struct alloc *alloc)
{
	for (size_t i = 0; i < alloc->nr_blocks; i++)
		mb_buddy_free(alloc->zone, alloc->blocks[i], alloc->order);
}

/* All blocks are there, in use, aligned, and so many pages are free less. */
static int check_taken(struct mb_bench_run *run)
{
	const struct alloc *alloc = run->data;
	uint64_t taken = (uint64_t)alloc->nr_blocks << alloc->order;

	for (size_t i = 0; i < alloc->nr_blocks; i++) {
		const struct mb_page *page = alloc->blocks[i];

		if (!page || page->refcount != 1 ||
		    mb_memmodel_page_to_pfn(alloc->zone->model, page) &
			    ((UINT64_C(1) << alloc->order) - 1))
			return MB_FAIL(&run->err, -EUCLEAN, "block %zu is not what was asked for",
				       i);
	}
	if (alloc->zone->free_pages + taken != alloc->free_pages)
		return MB_FAIL(&run->err, -EUCLEAN, "%llu pages were taken, not %llu",
			       (unsigned long long)(alloc->free_pages - alloc->zone->free_pages),
			       (unsigned long long)taken);
	return 0;
}

static int run_once(struct mb_bench_run *run)
{
	const struct kind *kind = run->row->param;
	struct alloc *alloc = run->data;
	int rc;

	if (!kind->frees)
		mb_timer_begin(run);
	take_all(alloc);
	if (!kind->frees)
		mb_timer_end(run);
	rc = check_taken(run);
	if (rc)
		return rc;
	if (kind->fragmented)
		mb_rng_shuffle(&alloc->rng, alloc->blocks, alloc->nr_blocks,
			       sizeof(*alloc->blocks));
	if (kind->frees)
		mb_timer_begin(run);
	give_all(alloc);
	if (kind->frees)
		mb_timer_end(run);
	return 0;
}

/* Everything is back, and can be had as before. */
static int validate(struct mb_bench_run *run)
{
	struct alloc *alloc = run->data;
	int rc = mb_buddy_check(alloc->zone, &run->err);

	if (!rc && alloc->zone->free_pages != alloc->free_pages)
		rc = MB_FAIL(&run->err, -EUCLEAN, "%llu pages are free, %llu were before",
			     (unsigned long long)alloc->zone->free_pages,
			     (unsigned long long)alloc->free_pages);
	return rc;
}

static void teardown(struct mb_bench_run *run)
{
	struct alloc *alloc = run->data;

	if (alloc)
		mb_boot_free(alloc->boot);
	free(alloc);
}

static const int64_t orders[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

bool mb_bench_buddy_alloc_row(size_t index, struct mb_bench *ret_row)
{
	if (index >= MB_ARRAY_SIZE(kinds))
		return false;
	*ret_row = (struct mb_bench){
		.group = "buddy",
		.name = kinds[index].name,
		.summary = kinds[index].summary,
		.temperature = MB_BENCH_WARM,
		.arg_name = "order",
		.args = orders,
		.nr_args = MB_ARRAY_SIZE(orders),
		.rounds = ROUNDS,
		.param = &kinds[index],
		.setup = setup,
		.run = run_once,
		.validate = validate,
		.teardown = teardown,
	};
	return true;
}
