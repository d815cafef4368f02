/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "numa/sysroot_file.h"
#include "numa/sysroot_node.h"

#define NODES          "sys/devices/system/node"
#define MAX_PAGE_SHIFT 16
#define MAX_SPANS      (MB_MAX_NODES * MB_NR_ZONES)

static int read_nodes(const struct mb_sysroot *root, struct mb_sysroot_node *node)
{
	uint64_t *folders MB_FREE = NULL;
	size_t count = 0;
	bool any = false;
	int r = mb_sysroot_file_numbers(root, "node", &folders, &count, NODES);

	if (r == -ENOMEM)
		return r;
	mb_sysroot_file_list(root, MB_MAX_NODES, node->possible, NODES "/possible");
	if (mb_sysroot_file_list(root, MB_MAX_NODES, node->online, NODES "/online")) {
		for (size_t i = 0; i < count && folders[i] < MB_MAX_NODES; i++)
			mb_bit_set(node->online, folders[i]);
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(node->online); i++) {
		node->possible[i] |= node->online[i];
		any |= node->online[i] != 0;
	}
	if (!any) {
		mb_bit_set(node->possible, 0);
		mb_bit_set(node->online, 0);
	}
	for (int nid = MB_MAX_NODES - 1; nid >= 0; nid--) {
		if (!mb_bit_test(node->online, (size_t)nid))
			continue;
		node->nr_online++;
		node->first_online = nid;
	}
	return 0;
}

static void set_cpus(struct mb_sysroot_node *node, const uint64_t *map, int nid)
{
	for (unsigned cpu = 0; cpu < MB_MACHINE_MAX_CPUS; cpu++) {
		if (!mb_bit_test(map, cpu) || node->cpu_node[cpu] != MB_NO_NODE)
			continue;
		node->cpu_node[cpu] = (int16_t)nid;
		node->nr_cpus = (unsigned)mb_max(node->nr_cpus, cpu + 1);
	}
}

/* What the nodes list, else all that the system lists, else what this system says of itself. */
static void read_cpus(const struct mb_sysroot *root, struct mb_sysroot_node *node)
{
	static const char *const lists[] = {"sys/devices/system/cpu/possible",
					    "sys/devices/system/cpu/online"};
	uint64_t map[MB_BITMAP_WORDS(MB_MACHINE_MAX_CPUS)];

	for (unsigned cpu = 0; cpu < MB_MACHINE_MAX_CPUS; cpu++)
		node->cpu_node[cpu] = MB_NO_NODE;
	for (int nid = 0; nid < MB_MAX_NODES; nid++) {
		memset(map, 0, sizeof(map));
		if (mb_bit_test(node->online, (size_t)nid) &&
		    !mb_sysroot_file_list(root, MB_MACHINE_MAX_CPUS, map, NODES "/node%d/cpulist",
					  nid))
			set_cpus(node, map, nid);
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(lists) && !node->nr_cpus; i++) {
		memset(map, 0, sizeof(map));
		if (!mb_sysroot_file_list(root, MB_MACHINE_MAX_CPUS, map, "%s", lists[i]))
			set_cpus(node, map, node->first_online);
	}
	if (!node->nr_cpus && mb_sysroot_file_is_live(root)) {
		long count = sysconf(_SC_NPROCESSORS_CONF);

		memset(map, 0, sizeof(map));
		for (long cpu = 0; cpu < count && cpu < MB_MACHINE_MAX_CPUS; cpu++)
			mb_bit_set(map, (size_t)cpu);
		set_cpus(node, map, node->first_online);
	}
}

static int add_block(struct mb_sysroot_node *node, uint64_t number, int nid)
{
	if (mb_grow(&node->blocks, node->nr_blocks, sizeof(*node->blocks)))
		return -ENOMEM;
	node->blocks[node->nr_blocks++] = (struct mb_sysroot_block){number, nid};
	return 0;
}

/* The links memoryN of a live tree, or the captured file with their names. */
static int read_node_blocks(const struct mb_sysroot *root, struct mb_sysroot_node *node, int nid)
{
	uint64_t *numbers MB_FREE = NULL, number;
	char *text MB_FREE = NULL, *at = NULL;
	size_t count = 0;
	int r;

	r = mb_sysroot_file_numbers(root, "memory", &numbers, &count, NODES "/node%d", nid);
	if (r != -ENOMEM)
		r = 0;
	for (size_t i = 0; i < count && !r; i++)
		r = add_block(node, numbers[i], nid);
	if (r || count || mb_sysroot_file_read(root, &text, NODES "/node%d/memory_blocks", nid))
		return r;
	for (char *word = strtok_r(text, " \t\n", &at); word && !r;
	     word = strtok_r(NULL, " \t\n", &at)) {
		if (!strncmp(word, "memory", 6) &&
		    mb_sysroot_file_number(word + 6, strlen(word + 6), 10, &number))
			r = add_block(node, number, nid);
	}
	return r;
}

static int by_block(const void *a, const void *b)
{
	const struct mb_sysroot_block *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->nid - y->nid;
}

/* Sorts them; a file may name one twice. */
static void settle_blocks(struct mb_sysroot_node *node)
{
	size_t out = 0;

	if (node->nr_blocks)
		qsort(node->blocks, node->nr_blocks, sizeof(*node->blocks), by_block);
	for (size_t i = 1; i < node->nr_blocks; i++)
		if (by_block(&node->blocks[out], &node->blocks[i]))
			node->blocks[++out] = node->blocks[i];
	node->nr_blocks = node->nr_blocks ? out + 1 : 0;
}

static int read_blocks(const struct mb_sysroot *root, struct mb_sysroot_node *node)
{
	int r = 0;

	if (mb_sysroot_file_u64(root, 16, &node->block_bytes,
				"sys/devices/system/memory/block_size_bytes"))
		return 0;
	for (int nid = 0; nid < MB_MAX_NODES && !r; nid++) {
		if (mb_bit_test(node->online, (size_t)nid))
			r = read_node_blocks(root, node, nid);
	}
	settle_blocks(node);
	if (!node->nr_blocks)
		node->block_bytes = 0;
	return r;
}

static int add_span(struct mb_sysroot_node *node, mb_pfn_t start_pfn, uint64_t pages, int nid)
{
	uint64_t most = UINT64_MAX >> MAX_PAGE_SHIFT;

	if (!pages || start_pfn > most || pages > most - start_pfn || node->nr_spans >= MAX_SPANS)
		return 0;
	if (mb_grow(&node->spans, node->nr_spans, sizeof(*node->spans)))
		return -ENOMEM;
	node->spans[node->nr_spans++] = (struct mb_sysroot_span){start_pfn, start_pfn + pages, nid};
	return 0;
}

/*
 * A zone begins with "Node 0, zone      DMA"; "spanned", "managed" and, behind its pagesets,
 * "start_pfn:" follow.
 */
static int read_zones(const struct mb_sysroot *root, struct mb_sysroot_node *node)
{
	char *text MB_FREE = NULL, *at, *line;
	uint64_t spanned = 0, value;
	int nid = MB_NO_NODE;

	if (mb_sysroot_file_read(root, &text, "proc/zoneinfo"))
		return 0;
	for (at = text; (line = mb_sysroot_file_line(&at));) {
		if (!strncmp(line, "Node ", 5)) {
			nid = MB_NO_NODE;
			spanned = 0;
			if (mb_sysroot_file_number(line + 5, strcspn(line + 5, ","), 10, &value) &&
			    value < MB_MAX_NODES)
				nid = (int)value;
		} else if (nid == MB_NO_NODE) {
			continue;
		} else if (mb_sysroot_file_field(line, "spanned", &value)) {
			spanned = value;
		} else if (mb_sysroot_file_field(line, "managed", &value)) {
			node->managed_pages += value;
		} else if (mb_sysroot_file_field(line, "start_pfn", &value)) {
			if (add_span(node, value, spanned, nid))
				return -ENOMEM;
		}
	}
	return 0;
}

int mb_sysroot_node_read(const struct mb_sysroot *root, struct mb_sysroot_node *node)
{
	int r;

	node->page_shift = 12;
	r = read_nodes(root, node);
	if (r)
		return r;
	read_cpus(root, node);
	r = read_zones(root, node);
	if (!r && node->nr_online > 1)
		r = read_blocks(root, node);
	return r;
}

/* Whether one of some blocks belongs to the node; without blocks every node will do. */
static bool is_candidate(const struct mb_sysroot_block *blocks, size_t count, int nid)
{
	for (size_t i = 0; i < count; i++) {
		if (blocks[i].nid == nid)
			return true;
	}
	return !count;
}

static struct mb_range bytes_of(const struct mb_sysroot_node *node, size_t span)
{
	return (struct mb_range){node->spans[span].start_pfn << node->page_shift,
				 node->spans[span].end_pfn << node->page_shift};
}

/*
 * The zone around addr among those of the candidates; of several the smallest, since a node's zone
 * may span the memory of others. MB_NO_NODE without one. *until comes down to the next border of
 * any.
 */
static int span_owner(const struct mb_sysroot_node *node, const struct mb_sysroot_block *candidates,
		      size_t count, mb_phys_t addr, mb_phys_t *until)
{
	uint64_t least = UINT64_MAX;
	int nid = MB_NO_NODE;

	for (size_t i = 0; i < node->nr_spans; i++) {
		struct mb_range span = bytes_of(node, i);

		if (!is_candidate(candidates, count, node->spans[i].nid) || span.end <= addr)
			continue;
		if (span.start > addr) {
			*until = mb_min(*until, span.start);
			continue;
		}
		*until = mb_min(*until, span.end);
		if (span.end - span.start < least) {
			least = span.end - span.start;
			nid = node->spans[i].nid;
		}
	}
	return nid;
}

/* The node of the zone that ends next below addr, or starts next above it where there is none. */
static int nearest_span(const struct mb_sysroot_node *node, mb_phys_t addr)
{
	mb_phys_t below = 0, above = MB_PHYS_MAX;
	int nid_below = MB_NO_NODE, nid_above = node->first_online;

	for (size_t i = 0; i < node->nr_spans; i++) {
		struct mb_range span = bytes_of(node, i);

		if (span.end <= addr && span.end > below) {
			below = span.end;
			nid_below = node->spans[i].nid;
		}
		if (span.start > addr && span.start < above) {
			above = span.start;
			nid_above = node->spans[i].nid;
		}
	}
	return nid_below != MB_NO_NODE ? nid_below : nid_above;
}

/* Index of the first block with at least this number. */
static size_t find_block(const struct mb_sysroot_node *node, uint64_t number)
{
	size_t low = 0, high = node->nr_blocks;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (node->blocks[middle].number >= number)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int mb_sysroot_node_owner(const struct mb_sysroot_node *node, mb_phys_t addr, mb_phys_t *ret_until)
{
	size_t first, count = 0;
	uint64_t number;
	int nid;

	*ret_until = MB_PHYS_MAX;
	if (node->nr_online <= 1)
		return node->first_online;
	if (!node->block_bytes) {
		nid = span_owner(node, NULL, 0, addr, ret_until);
		return nid != MB_NO_NODE ? nid : nearest_span(node, addr);
	}
	number = addr / node->block_bytes;
	if (number < UINT64_MAX / node->block_bytes)
		*ret_until = (number + 1) * node->block_bytes;
	first = find_block(node, number);
	while (first + count < node->nr_blocks && node->blocks[first + count].number == number)
		count++;
	if (!count) {
		*ret_until = MB_PHYS_MAX;
		if (first < node->nr_blocks &&
		    node->blocks[first].number <= UINT64_MAX / node->block_bytes)
			*ret_until = node->blocks[first].number * node->block_bytes;
		return node->blocks[first ? first - 1 : 0].nid;
	}
	if (count == 1)
		return node->blocks[first].nid;
	/*
	 * A block with a hole is also listed by the first node (6.1): the last is the better guess.
	 */
	nid = span_owner(node, &node->blocks[first], count, addr, ret_until);
	return nid != MB_NO_NODE ? nid : node->blocks[first + count - 1].nid;
}

bool mb_sysroot_node_known(const struct mb_sysroot_node *node)
{
	return node->nr_online <= 1 || node->block_bytes || node->nr_spans;
}

/* A column for each online node; a row that has another number of them is left out. */
static int apply_distances(const struct mb_sysroot *root, const struct mb_sysroot_node *node,
			   int from, struct mb_machine *machine)
{
	unsigned distance[MB_MAX_NODES], columns = 0;
	char *text MB_FREE = NULL, *at = NULL;

	if (mb_sysroot_file_read(root, &text, NODES "/node%d/distance", from))
		return 0;
	for (char *word = strtok_r(text, " \t\n", &at); word; word = strtok_r(NULL, " \t\n", &at)) {
		uint64_t value;

		if (columns >= node->nr_online ||
		    !mb_sysroot_file_number(word, strlen(word), 10, &value))
			return 0;
		distance[columns++] = (unsigned)mb_clamp(value, 10, 254);
	}
	if (columns != node->nr_online)
		return 0;
	columns = 0;
	for (int to = 0; to < MB_MAX_NODES; to++) {
		if (!mb_bit_test(node->online, (size_t)to))
			continue;
		if (mb_machine_set_distance(machine, from, to,
					    to == from ? 10 : distance[columns]) == -ENOMEM)
			return -ENOMEM;
		columns++;
	}
	return 0;
}

int mb_sysroot_node_apply(const struct mb_sysroot *root, const struct mb_sysroot_node *node,
			  struct mb_machine *machine)
{
	int nid = node->first_online, r = 0;

	for (int i = 0; i < MB_MAX_NODES && !r; i++) {
		if (mb_bit_test(node->possible, (size_t)i))
			r = mb_machine_add_node(machine, i);
	}
	for (unsigned cpu = 0; cpu < node->nr_cpus && !r; cpu++) {
		if (node->cpu_node[cpu] != MB_NO_NODE)
			nid = node->cpu_node[cpu];
		r = mb_machine_add_cpu(machine, nid);
	}
	for (int from = 0; from < MB_MAX_NODES && !r; from++) {
		if (mb_bit_test(node->online, (size_t)from))
			r = apply_distances(root, node, from, machine);
	}
	return r;
}

void mb_sysroot_node_fini(struct mb_sysroot_node *node)
{
	free(node->blocks);
	free(node->spans);
	*node = (struct mb_sysroot_node){0};
}
