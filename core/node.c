/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: numa_register_memblks and alloc_node_data (arch/x86/mm/numa.c), 6.1.
 * Kept: every node with memory gets its NODE_DATA from memblock, on the node if it can; nodes are
 * online when they have memory or CPUs. A possible node without memory gets its NODE_DATA
 * later, in free_area_init.
 * Left out: reading the SRAT; the machine already says which memory is whose.
 * Invariants: every memory region has a possible node; an online node has NODE_DATA.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/base/align.h"
#include "core/boot_state.h"
#include "core/node.h"

static struct mb_node *new_node(int nid)
{
	struct mb_node *node = aligned_alloc(_Alignof(struct mb_node), sizeof(*node));

	if (!node)
		return NULL;
	*node = (struct mb_node){.nid = nid, .first_deferred_pfn = MB_PFN_NONE};
	mb_lock_init(&node->size_lock);
	return node;
}

/* Page frames from the first to the last of the node's memory regions (get_pfn_range_for_nid). */
static void find_range(struct mb_boot *boot, struct mb_node *node)
{
	mb_pfn_t start, end, low = MB_PFN_NONE, high = 0;
	int index = -1;

	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, node->nid, &start, &end,
					      NULL)) {
		low = start < low ? start : low;
		high = end > high ? end : high;
	}
	if (high) {
		node->start_pfn = low;
		node->end_pfn = high;
	}
}

static uint64_t pgdat_bytes(const struct mb_boot *boot)
{
	uint64_t bytes = boot->machine->sizes.pgdat_bytes;

	return bytes ? bytes : boot->profile->pgdat_bytes[boot->machine->arch];
}

int mb_node_alloc_pgdat(struct mb_boot *boot, struct mb_node *node)
{
	struct mb_memblock *memblock = &boot->memblock;
	bool memory = node->end_pfn != 0;

	node->pgdat =
		mb_memblock_phys_alloc_try_nid(memblock, pgdat_bytes(boot), memblock->cache_line,
					       memory ? node->nid : MB_MAX_NODES);
	if (!node->pgdat)
		return MB_FAIL(&boot->err, -ENOSPC,
			       "the machine is too small: no memory for node %d's "
			       "NODE_DATA (%llu bytes)",
			       node->nid, (unsigned long long)pgdat_bytes(boot));
	mb_boot_stat(boot, &mb_node_stage)->bytes += pgdat_bytes(boot);
	return 0;
}

int mb_node_first_online(const struct mb_boot *boot)
{
	const struct mb_node *node;

	mb_node_for_each(node, boot)
		if (node->online && node->pgdat)
			return node->nid;
	return MB_NO_NODE;
}

/*
 * memblock_find_dma_reserve (arch/x86/mm/init.c): whole pages of memory below 16 MiB, less free
 * ones.
 */
static uint64_t count_dma_reserve(const struct mb_boot *boot)
{
	mb_pfn_t limit = (16 * MB_MIB) >> boot->machine->page_shift, start, end;
	uint64_t pages = 0;
	int index = -1;

	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      NULL))
		pages += mb_min(end, limit) - mb_min(start, limit);
	return pages - mb_memblock_count_free_pages(&boot->memblock, MB_MAX_NODES, 0, limit);
}

static int node_run(struct mb_boot *boot)
{
	const struct mb_machine *machine = boot->machine;
	struct mb_node *node;
	int r = 0;

	boot->nr_node_ids = machine->nr_node_ids;
	boot->nodes = calloc(machine->nr_node_ids, sizeof(struct mb_node *));
	if (!boot->nodes)
		return MB_FAIL(&boot->err, -ENOMEM, "the host has no memory for the nodes");
	for (unsigned nid = 0; nid < machine->nr_node_ids; nid++) {
		if (!mb_machine_node_possible(machine, (int)nid))
			continue;
		node = boot->nodes[nid] = new_node((int)nid);
		if (!node)
			return MB_FAIL(&boot->err, -ENOMEM, "the host has no memory for the nodes");
		find_range(boot, node);
		node->online =
			node->end_pfn || mb_machine_count_cpus(machine, (int)nid, MB_CPU_PRESENT);
		if (node->end_pfn && (r = mb_node_alloc_pgdat(boot, node)))
			return r;
	}
	if (machine->arch == MB_ARCH_X86_64)
		boot->dma_reserve = count_dma_reserve(boot);
	return 0;
}

static int node_check(struct mb_boot *boot)
{
	struct mb_node *node;
	mb_pfn_t start, end;
	int index = -1, nid;

	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      &nid))
		if (nid < 0 || (unsigned)nid >= boot->nr_node_ids || !boot->nodes[nid])
			return MB_FAIL(
				&boot->err, -EUCLEAN,
				"page frame 0x%llx belongs to node %d, which is not possible",
				(unsigned long long)start, nid);
	mb_node_for_each(node, boot)
		if (node->end_pfn && !mb_memblock_is_reserved(&boot->memblock, node->pgdat))
			return MB_FAIL(&boot->err, -EUCLEAN, "node %d has no NODE_DATA", node->nid);
	return mb_memblock_check(&boot->memblock);
}

uint64_t mb_node_note_held(struct mb_boot *boot, struct mb_node *node, uint64_t since_ns)
{
	uint64_t ns = mb_host_now_ns(boot->host) - since_ns;

	node->lock_held_ns = mb_max(node->lock_held_ns, ns);
	return ns;
}

static void node_undo(struct mb_boot *boot)
{
	struct mb_node *node;

	if (!boot->nodes)
		return;
	mb_node_for_each(node, boot) {
		mb_lock_fini(&node->size_lock);
		free(node->growth_ns);
		free(node);
	}
	free(boot->nodes);
	boot->nodes = NULL;
	boot->nr_node_ids = 0;
}

const struct mb_stage mb_node_stage = {
	.name = "node",
	.linux_name = "numa_register_memblks",
	.summary = "a descriptor for every possible node",
	.dry_run = true,
	.run = node_run,
	.check = node_check,
	.undo = node_undo,
};
