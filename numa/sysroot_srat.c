/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "numa/sysroot_srat.h"

#define MAX_LINES (2 * MB_MAX_NODES) /* NR_NODE_MEMBLKS: with more, the kernel takes none */

/* One or several joined lines. */
struct block {
	mb_phys_t start, end;
	int nid;
};

static bool overlap(mb_phys_t start, mb_phys_t end, mb_phys_t other_start, mb_phys_t other_end)
{
	return start < other_end && other_start < end;
}

static bool has_memory(const struct mb_sysroot_map *map, const struct mb_kernlog_range *line)
{
	for (size_t i = 0; i < map->count; i++)
		if (overlap(map->mem[i].start, map->mem[i].end, line->start, line->end))
			return true;
	return false;
}

/* The lines that count; -EINVAL when two nodes want the same memory. */
static int collect(const struct mb_kernlog *log, const struct mb_sysroot_map *map,
		   struct block *blocks, size_t *ret_count)
{
	size_t count = 0;

	for (size_t i = 0; i < log->srat.count; i++) {
		const struct mb_kernlog_range *line = &log->srat.list[i];

		if (line->start >= line->end || line->nid == MB_NO_NODE || !has_memory(map, line))
			continue;
		for (size_t j = 0; j < count; j++)
			if (blocks[j].nid != line->nid &&
			    overlap(blocks[j].start, blocks[j].end, line->start, line->end))
				return -EINVAL;
		blocks[count++] = (struct block){line->start, line->end, line->nid};
	}
	*ret_count = count;
	return 0;
}

/* Whether no other node has a block in the range. */
static bool alone(const struct block *blocks, size_t count, struct block range)
{
	for (size_t i = 0; i < count; i++)
		if (blocks[i].nid != range.nid &&
		    overlap(blocks[i].start, blocks[i].end, range.start, range.end))
			return false;
	return true;
}

static size_t join(struct block *blocks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count; j++) {
			struct block both = {mb_min(blocks[i].start, blocks[j].start),
					     mb_max(blocks[i].end, blocks[j].end), blocks[i].nid};

			if (blocks[i].nid != blocks[j].nid || !alone(blocks, count, both))
				continue;
			blocks[i] = both;
			count--;
			memmove(&blocks[j], &blocks[j + 1], (count - j) * sizeof(*blocks));
			j--;
		}
	}
	return count;
}

static const struct block *find(const struct block *blocks, size_t count, mb_phys_t addr)
{
	for (size_t i = 0; i < count; i++)
		if (addr >= blocks[i].start && addr < blocks[i].end)
			return &blocks[i];
	return NULL;
}

static unsigned flags_of(const struct mb_kernlog *log, mb_phys_t addr)
{
	for (size_t i = 0; i < log->srat.count; i++) {
		const struct mb_kernlog_range *line = &log->srat.list[i];

		if (addr >= line->start && addr < line->end)
			return strstr(line->what, "hotplug") ? MB_MEM_HOTPLUG : MB_MEM_NONE;
	}
	return MB_MEM_NONE;
}

/* The next address above addr where a block or a line begins or ends. */
static mb_phys_t next_border(const struct mb_kernlog *log, const struct block *blocks, size_t count,
			     mb_phys_t addr)
{
	mb_phys_t next = MB_PHYS_MAX;

	for (size_t i = 0; i < count; i++) {
		next = blocks[i].start > addr ? mb_min(next, blocks[i].start) : next;
		next = blocks[i].end > addr ? mb_min(next, blocks[i].end) : next;
	}
	for (size_t i = 0; i < log->srat.count; i++) {
		const struct mb_kernlog_range *line = &log->srat.list[i];

		next = line->start > addr ? mb_min(next, line->start) : next;
		next = line->end > addr ? mb_min(next, line->end) : next;
	}
	return next;
}

/* Cuts the map at the borders; *ret_left is what no block covers, which becomes the first block's. */
static int tag(const struct mb_kernlog *log, const struct block *blocks, size_t count,
	       const struct mb_sysroot_map *map, struct mb_sysroot_map *tagged, uint64_t *ret_left)
{
	int r = 0;

	for (size_t i = 0; i < map->count && !r; i++) {
		mb_phys_t at = map->mem[i].start;

		while (at < map->mem[i].end && !r) {
			const struct block *block = find(blocks, count, at);
			mb_phys_t end =
				mb_min(map->mem[i].end, next_border(log, blocks, count, at));

			*ret_left += block ? 0 : end - at;
			r = mb_sysroot_map_add(tagged, at, end, block ? block->nid : blocks[0].nid,
					       flags_of(log, at));
			at = end;
		}
	}
	return r;
}

int mb_sysroot_srat_tag(const struct mb_kernlog *log, struct mb_sysroot_map *map)
{
	struct mb_sysroot_map tagged = {.source = map->source};
	struct block *blocks MB_FREE = NULL;
	uint64_t left = 0;
	size_t count = 0;
	int r;

	if (!log->srat.count || log->srat.count > MAX_LINES)
		return 0;
	blocks = calloc(log->srat.count, sizeof(*blocks));
	if (!blocks)
		return -ENOMEM;
	if (collect(log, map, blocks, &count) || !count)
		return 0;
	count = join(blocks, count);
	r = tag(log, blocks, count, map, &tagged, &left);
	if (r || left >= MB_MIB) {
		mb_sysroot_map_fini(&tagged);
		return r;
	}
	mb_sysroot_map_fini(map);
	*map = tagged;
	return 1;
}
