/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: FLATMEM: alloc_node_mem_map, setup_usemap (mm/page_alloc.c), 6.1.
 * Kept: one array of descriptors from the first to the last page frame, both rounded outward to the
 * largest free block, holes included; one request to memblock for it, one for each zone's pageblock
 * bits. FLATMEM knows one node, since Linux has it only without NUMA: other machines are refused.
 * Left out: ARCH_PFN_OFFSET; page frames below the array are not valid. Linux has no deferred
 * initialisation with FLATMEM; here the machine's section size is its unit, so that policies can be
 * compared.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/base/bits.h"
#include "core/base/strbuf.h"
#include "core/boot_state.h"
#include "core/memmodel_flat.h"
#include "core/memmodel_internal.h"

/* Page frames in blocks of the largest order that the memory from start to end touches. */
static void span(mb_phys_t start, mb_phys_t end, unsigned page_shift, mb_pfn_t *ret_start,
		 mb_pfn_t *ret_end)
{
	uint64_t block = UINT64_C(1) << mb_profile_max_order(page_shift);

	*ret_start = mb_align_down_pow2(start >> page_shift, block);
	*ret_end = mb_align_up_pow2(end >> page_shift, block);
}

static uint64_t map_pages(const struct mb_machine *machine)
{
	mb_pfn_t start, end;

	span(machine->mem[0].start, machine->mem[machine->nr_mem - 1].end, machine->page_shift,
	     &start, &end);
	return end - start;
}

/* The array is one piece of memory: of holes it may describe what a range can hold. */
static int fits_memory(const struct mb_machine *machine, unsigned page_bytes, struct mb_err *err)
{
	uint64_t bytes = map_pages(machine) * page_bytes, largest = 0;

	for (size_t i = 0; i < machine->nr_mem; i++)
		largest = mb_max(largest, machine->mem[i].end - machine->mem[i].start);
	if (bytes <= largest)
		return 0;
	return MB_FAIL(err, -ERANGE,
		       "its one array describes holes too and takes %s in one piece, and the "
		       "largest range of memory has %s; use model sparse, extreme or vmemmap",
		       mb_strbuf_size(bytes).text, mb_strbuf_size(largest).text);
}

static int fits(const struct mb_machine *machine, unsigned page_bytes, struct mb_err *err)
{
	if (machine->nr_node_ids > 1)
		return MB_FAIL(
			err, -EINVAL,
			"it is one array for one node, node 0, and this machine has nodes up to "
			"node %u; use model sparse, extreme or vmemmap",
			machine->nr_node_ids - 1);
	return fits_memory(machine, page_bytes, err);
}

static int build(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;
	uint64_t bytes, blocks;

	span(mb_memblock_start_of_DRAM(&boot->memblock), mb_memblock_end_of_DRAM(&boot->memblock),
	     model->geo.page_shift, &model->flat_start, &model->flat_end);
	model->map_pages = model->flat_end - model->flat_start;
	bytes = model->map_pages * model->geo.page_bytes;
	if (!mb_memmodel_ask(model) ||
	    !mb_memblock_alloc_try_nid(&boot->memblock, bytes, boot->memblock.cache_line, 0,
				       MB_MEMBLOCK_ALLOC_ACCESSIBLE, 0))
		return MB_FAIL(&boot->err, -ENOSPC,
			       "the machine is too small: no %s for the memmap of a span of %s",
			       mb_strbuf_size(bytes).text,
			       mb_strbuf_size(model->map_pages << model->geo.page_shift).text);
	blocks = model->map_pages >> model->geo.pageblock_order;
	model->flat_blocks = calloc(MB_BITMAP_WORDS(blocks * 4), sizeof(uint64_t));
	if (!model->flat_blocks)
		return MB_FAIL(&boot->err, -ENOMEM, "the host has no memory for pageblock bits");
	return 0;
}

static size_t window_bytes(const struct mb_memmodel *model)
{
	return model->map_pages * model->geo.page_bytes;
}

static void place(struct mb_memmodel *model)
{
	model->base = (uintptr_t)model->window - model->flat_start * model->geo.page_bytes;
}

const struct mb_memmodel_ops mb_memmodel_flat_ops = {
	.fits = fits,
	.map_pages = map_pages,
	.build = build,
	.window_bytes = window_bytes,
	.place = place,
};
