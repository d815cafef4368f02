/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: kmem_cache_init (mm/slub.c, 6.1), called from mm_init.
 * Kept: pages come from the boot's own zonelists and buddy, growing deferred zones where nothing
 * else is left. The first kmalloc is part of the stage, because that is what the boot waits for.
 * Left out: kmem_cache_init_late's work queue.
 * Invariants: those of mb_slab_check; the pages that slabs hold are the buddy's loss.
 */
#include <errno.h>

#include "core/base/bits.h"
#include "core/boot_state.h"
#include "core/pcp.h"
#include "core/slab_stage.h"
#include "core/zonelist.h"

static struct mb_page *slab_alloc_pages(void *ctx, int nid, unsigned order, unsigned flags,
					unsigned cpu)
{
	struct mb_boot *boot = ctx;
	struct mb_page *page;

	page = mb_zonelist_alloc(boot, nid, cpu, order,
				 flags & MB_SLAB_RECLAIM_ACCOUNT ? MB_MIGRATE_RECLAIMABLE
								 : MB_MIGRATE_UNMOVABLE,
				 flags & MB_SLAB_CACHE_DMA ? MB_ALLOC_DMA : 0);
	if (!page) /* several threads may find it at once; one byte, set and never cleared here */
		__atomic_store_n(&boot->out_of_pages, true, __ATOMIC_RELAXED);
	return page;
}

static void slab_free_pages(void *ctx, struct mb_page *page, unsigned order, unsigned cpu)
{
	mb_slabmem_put(ctx, page, order);
	mb_zonelist_free(ctx, cpu, page, order);
}

static void *slab_page_address(void *ctx, struct mb_page *page, unsigned order)
{
	return mb_slabmem_get(ctx, page, order);
}

static struct mb_page *slab_virt_to_page(void *ctx, const void *addr)
{
	return mb_slabmem_page(ctx, addr);
}

static int slab_zonelist_node(void *ctx, int nid, unsigned i)
{
	const struct mb_boot *boot = ctx;
	const struct mb_node *node = boot->nodes[nid];

	return node && i < node->nr_fallback ? node->fallback_nodes[i] : MB_NO_NODE;
}

/* The simulated machine's lack of pages is not the host's lack of memory. */
static int slab_failed(struct mb_boot *boot, int code, const struct mb_err *err)
{
	const char *text = err->text[0] ? err->text : "the first kmalloc failed";

	if (boot->out_of_pages)
		return MB_FAIL(&boot->err, -ENOSPC, "the machine is too small: %.150s", text);
	return MB_FAIL(&boot->err, code, "%.150s", text);
}

void mb_slab_stage_config(struct mb_boot *boot, struct mb_slab_config *ret_config)
{
	struct mb_node *node;

	mb_node_for_each(node, boot)
		if (node->has_normal)
			mb_bit_set(boot->normal_nodes, (size_t)node->nid);
	*ret_config = (struct mb_slab_config){
		.profile = boot->profile,
		.arch = boot->machine->arch,
		.page_shift = boot->machine->page_shift,
		.max_order = boot->model.geo.max_order,
		.nr_node_ids = boot->nr_node_ids,
		.normal_memory_nodes = boot->normal_nodes,
		.nr_cpus = boot->machine->nr_cpus,
		.present_cpus = mb_slab_present_cpus(boot->machine),
		.cpu_node = boot->machine->cpu_node,
		.layout = &boot->model.layout,
		.alloc_pages = slab_alloc_pages,
		.free_pages = slab_free_pages,
		.page_address = slab_page_address,
		.virt_to_page = slab_virt_to_page,
		.zonelist_node = slab_zonelist_node,
		.ctx = boot,
	};
}

static int slab_run(struct mb_boot *boot)
{
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_slab_stage);
	struct mb_slab_config config;
	struct mb_err err = {0};
	void *object;
	int r;

	mb_slab_stage_config(boot, &config);
	r = mb_slab_init(&config, &err, &boot->slab);
	if (r)
		return slab_failed(boot, r, &err);
	object = mb_slab_kmalloc(boot->slab, 64, MB_KMALLOC_NORMAL, MB_NO_NODE, 0);
	if (!object)
		return slab_failed(boot, -ENOMEM, &err);
	mb_slab_kfree(boot->slab, object, 0);
	stat->pages = mb_slab_nr_pages(boot->slab);
	stat->bytes = stat->pages << boot->machine->page_shift;
	return 0;
}

/* Pages that are neither in the buddy nor in a pageset. */
static uint64_t pages_in_use(const struct mb_boot *boot)
{
	const struct mb_node *node;
	uint64_t pages = 0;

	mb_node_for_each(node, boot)
		for (unsigned z = 0; z < MB_NR_ZONES; z++) {
			const struct mb_zone *zone = &node->zones[z];

			pages += mb_zone_managed(zone) - zone->free_pages;
			for (unsigned cpu = 0; cpu < zone->nr_pagesets; cpu++)
				pages -= zone->pagesets[cpu].count;
		}
	return pages;
}

static int slab_check(struct mb_boot *boot)
{
	uint64_t held = mb_slab_nr_pages(boot->slab), used = pages_in_use(boot);

	if (held != used)
		return MB_FAIL(&boot->err, -EUCLEAN, "slabs hold %llu pages, the buddy misses %llu",
			       (unsigned long long)held, (unsigned long long)used);
	return mb_slab_check(boot->slab, &boot->err);
}

static void slab_undo(struct mb_boot *boot)
{
	mb_slab_fini(boot->slab);
	boot->slab = NULL;
}

const struct mb_stage mb_slab_stage = {
	.name = "kmem_cache_init",
	.linux_name = "kmem_cache_init",
	.summary = "SLUB bootstrap on the buddy, to the first kmalloc",
	.run = slab_run,
	.check = slab_check,
	.undo = slab_undo,
};
