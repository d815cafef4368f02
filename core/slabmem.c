/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "core/base/align.h"
#include "core/boot_state.h"
#include "core/slabmem.h"

#define WINDOW_MAX_BYTES (64 * MB_GIB) /* address space, not memory */
#define STEP_BYTES       MB_MIB        /* backed at a time */

static size_t page_bytes(const struct mb_boot *boot)
{
	return (size_t)1 << boot->machine->page_shift;
}

static char *node_base(const struct mb_slabmem *mem, int nid)
{
	return mem->window + (size_t)nid * mem->node_bytes;
}

/* Extends what is backed of a node's part to at least bytes. */
static int extend(struct mb_boot *boot, int nid, size_t bytes)
{
	struct mb_slabmem *mem = &boot->slabmem;
	struct mb_slabmem_node *node = &mem->nodes[nid];
	size_t upto = mb_align_up_pow2(bytes, STEP_BYTES);
	int r;

	if (bytes > mem->node_bytes)
		return -ENOMEM;
	upto = mb_min(upto, mem->node_bytes);
	if (upto <= node->backed)
		return 0;
	r = boot->host->ops->back(boot->host->ctx, node_base(mem, nid) + node->backed,
				  upto - node->backed, nid);
	if (!r)
		node->backed = upto;
	return r;
}

static int touch_first(struct mb_boot *boot, int nid)
{
	struct mb_worker self = {.nid = nid, .cpu = -1};
	int r = extend(boot, nid, MB_SLABMEM_FIRST_BYTES);

	if (r)
		return r;
	return boot->host->ops->fault(boot->host->ctx, node_base(&boot->slabmem, nid),
				      MB_SLABMEM_FIRST_BYTES, &self);
}

int mb_slabmem_init(struct mb_boot *boot)
{
	struct mb_slabmem *mem = &boot->slabmem;
	struct mb_node *node;
	void *window;
	int r;

	mem->node_bytes = mb_align_down_pow2(
		mb_clamp(WINDOW_MAX_BYTES / boot->nr_node_ids, 64 * MB_MIB, MB_GIB), STEP_BYTES);
	mem->window_bytes = mem->node_bytes * boot->nr_node_ids;
	mem->nodes = calloc(boot->nr_node_ids, sizeof(*mem->nodes));
	mem->frames = calloc(mem->window_bytes / page_bytes(boot), sizeof(*mem->frames));
	if (!mem->nodes || !mem->frames)
		return -ENOMEM;
	for (unsigned nid = 0; nid < boot->nr_node_ids; nid++)
		mb_lock_init(&mem->nodes[nid].lock);
	r = boot->host->ops->map(boot->host->ctx, mem->window_bytes, 64 * MB_MIB, &window);
	if (r)
		return r;
	mem->window = window;
	mb_node_for_each(node, boot)
		if (node->end_pfn && (r = touch_first(boot, node->nid)))
			return r;
	return 0;
}

void mb_slabmem_fini(struct mb_boot *boot)
{
	struct mb_slabmem *mem = &boot->slabmem;

	if (mem->window)
		boot->host->ops->unmap(boot->host->ctx, mem->window, mem->window_bytes);
	for (unsigned nid = 0; mem->nodes && nid < boot->nr_node_ids; nid++)
		mb_lock_fini(&mem->nodes[nid].lock);
	free(mem->nodes);
	free(mem->frames);
	*mem = (struct mb_slabmem){0};
}

/* A block of the node's part: one given back, else the next one. */
static char *take_block(struct mb_boot *boot, int nid, unsigned order)
{
	struct mb_slabmem *mem = &boot->slabmem;
	struct mb_slabmem_node *node = &mem->nodes[nid];
	size_t bytes = page_bytes(boot) << order, start;
	char *block = node->free[order];

	if (block) {
		node->free[order] = *(void **)block;
		return block;
	}
	start = mb_align_up_pow2(node->used, bytes);
	if (extend(boot, nid, start + bytes))
		return NULL;
	node->used = start + bytes;
	return node_base(mem, nid) + start;
}

void *mb_slabmem_get(struct mb_boot *boot, struct mb_page *page, unsigned order)
{
	struct mb_slabmem *mem = &boot->slabmem;
	struct mb_slabmem_node *node = &mem->nodes[mb_page_nid(&boot->model.layout, page)];
	size_t first;
	char *block;

	if (page->slab_frame != MB_PAGE_TYPE_NONE)
		return mem->window + page->slab_frame * page_bytes(boot);
	mb_lock_take(&node->lock);
	block = take_block(boot, mb_page_nid(&boot->model.layout, page), order);
	mb_lock_drop(&node->lock);
	if (!block)
		return NULL;
	first = (size_t)(block - mem->window) / page_bytes(boot);
	for (size_t i = 0; i < (size_t)1 << order; i++)
		mem->frames[first + i] = page;
	page->slab_frame = (uint32_t)first;
	return block;
}

void mb_slabmem_put(struct mb_boot *boot, struct mb_page *page, unsigned order)
{
	struct mb_slabmem *mem = &boot->slabmem;
	struct mb_slabmem_node *node = &mem->nodes[mb_page_nid(&boot->model.layout, page)];
	void **block;

	if (page->slab_frame == MB_PAGE_TYPE_NONE)
		return;
	block = (void **)(void *)(mem->window + page->slab_frame * page_bytes(boot));
	page->slab_frame = MB_PAGE_TYPE_NONE;
	mb_lock_take(&node->lock);
	*block = node->free[order];
	node->free[order] = block;
	mb_lock_drop(&node->lock);
}

struct mb_page *mb_slabmem_page(struct mb_boot *boot, const void *addr)
{
	const struct mb_slabmem *mem = &boot->slabmem;

	return mem->frames[(size_t)((const char *)addr - mem->window) / page_bytes(boot)];
}
