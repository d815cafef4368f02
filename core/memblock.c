/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Linux does here (mm/memblock.c, 6.1): two sorted arrays of ranges, memory and reserved. Free memory is what the first
 * has and the second has not, and to allocate is to find such a range and reserve it. Nothing is searched but these arrays,
 * so every address follows from the calls before it.
 *
 * Kept: region order, splits and merges, the dummy region, flags, the walk's cursor, limits, the order of fallbacks, the
 * points where an array doubles and the place where the kernel would put it. Left out: physmem, slab-backed arrays,
 * log lines, zeroing. Regions are found by bisection where the kernel scans; the results are the same.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/memblock.h"

#define LOW_ADDRESS_LIMIT UINT64_C(0xffffffff) /* ARCH_LOW_ADDRESS_LIMIT */

/* Regions first … last - 1 of an array. */
struct span {
	unsigned long first, last;
};

static const struct mb_memblock_region dummy_region = {.nid = MB_MAX_NODES};

/* Regions and arrays */

static mb_phys_t clamp_size(mb_phys_t base, mb_phys_t size)
{
	return mb_min(size, MB_PHYS_MAX - base);
}

static mb_phys_t region_end(const struct mb_memblock_region *region)
{
	return region->base + region->size;
}

/* Only the dummy has no size. */
static bool type_empty(const struct mb_memblock_type *type)
{
	return !type->cnt || !type->regions[0].size;
}

static bool any_node(int nid)
{
	return nid == MB_NO_NODE || nid == MB_MAX_NODES;
}

/* The first region that ends above addr, or cnt. */
static unsigned long first_ending_above(const struct mb_memblock_type *type, mb_phys_t addr)
{
	unsigned long low = 0, high = type->cnt;

	while (low < high) {
		unsigned long mid = low + (high - low) / 2;

		if (region_end(&type->regions[mid]) > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* The region that holds addr, or NULL (memblock_search). */
static const struct mb_memblock_region *search(const struct mb_memblock_type *type, mb_phys_t addr)
{
	unsigned long i = first_ending_above(type, addr);

	return i < type->cnt && type->regions[i].base <= addr ? &type->regions[i] : NULL;
}

static void open_slot(struct mb_memblock_type *type, unsigned long at)
{
	memmove(&type->regions[at + 1], &type->regions[at],
		(type->cnt - at) * sizeof(*type->regions));
	type->cnt++;
}

static void insert_region(struct mb_memblock_type *type, unsigned long at,
			  const struct mb_memblock_region *region)
{
	open_slot(type, at);
	type->regions[at] = *region;
	type->total_size += region->size;
}

/* Cuts a region in two at an address inside it. */
static void split_region(struct mb_memblock_type *type, unsigned long at, mb_phys_t addr)
{
	struct mb_memblock_region *r = &type->regions[at];

	open_slot(type, at);
	r[0].size = addr - r[0].base;
	r[1].base = addr;
	r[1].size -= r[0].size;
}

/* An array without regions keeps a zero first slot, which the dummy convention counts. */
static void set_empty(const struct mb_memblock *mb, struct mb_memblock_type *type)
{
	type->cnt = mb->dummy ? 1 : 0;
	type->regions[0] = dummy_region;
}

static void delete_regions(const struct mb_memblock *mb, struct mb_memblock_type *type,
			   struct span span)
{
	if (span.first == span.last)
		return;
	for (unsigned long i = span.first; i < span.last; i++)
		type->total_size -= type->regions[i].size;
	memmove(&type->regions[span.first], &type->regions[span.last],
		(type->cnt - span.last) * sizeof(*type->regions));
	type->cnt -= span.last - span.first;
	if (!type->cnt)
		set_empty(mb, type);
}

static bool mergeable(const struct mb_memblock_region *low, const struct mb_memblock_region *high)
{
	return region_end(low) == high->base && low->nid == high->nid && low->flags == high->flags;
}

/* Joins what may be joined among the span's regions and its two neighbours. */
static void merge_regions(struct mb_memblock_type *type, struct span span)
{
	struct mb_memblock_region *r = type->regions;
	unsigned long to = span.first ? span.first - 1 : 0;
	unsigned long stop = mb_min(span.last + 1, type->cnt);

	if (to + 1 >= stop)
		return;
	for (unsigned long from = to + 1; from < stop; from++) {
		if (mergeable(&r[to], &r[from]))
			r[to].size += r[from].size;
		else
			r[++to] = r[from];
	}
	to++;
	memmove(&r[to], &r[stop], (type->cnt - stop) * sizeof(*r));
	type->cnt -= stop - to;
}

/* Adding, isolating, removing; the array doubles when it has to, which adds and removes itself. */

static int double_array(struct mb_memblock *mb, struct mb_memblock_type *type, mb_phys_t base,
			mb_phys_t size);

/*
 * Counts the parts of the new region that no other covers; with insert also adds them. ret_touched gets the interval of
 * regions that may now have something to merge with.
 */
static unsigned long cover(struct mb_memblock_type *type, const struct mb_memblock_region *new,
			   bool insert, struct span *ret_touched)
{
	struct mb_memblock_region part = *new;
	mb_phys_t base = new->base, end = region_end(new);
	unsigned long i = first_ending_above(type, base), gaps = 0;

	ret_touched->first = i;
	while (base < end) {
		mb_phys_t stop = i < type->cnt ? mb_min(type->regions[i].base, end) : end;

		if (base >= stop) {
			base = region_end(&type->regions[i++]);
			continue;
		}
		gaps++;
		part.base = base;
		part.size = stop - base;
		if (insert)
			insert_region(type, i++, &part);
		base = stop;
	}
	ret_touched->last = i;
	return gaps;
}

/* memblock_add_range: what regions are there win, the rest of the range is new. */
static int add_range(struct mb_memblock *mb, struct mb_memblock_type *type, mb_phys_t base,
		     mb_phys_t size, int nid, unsigned flags)
{
	struct mb_memblock_region new = {base, clamp_size(base, size), flags, nid};
	struct span touched;

	if (!new.size)
		return 0;
	if (type_empty(type)) {
		type->regions[0] = new;
		type->cnt = 1;
		type->total_size = new.size; /* set, not added to: what was trimmed is forgotten */
		if (type == &mb->memory)
			mb->trimmed = 0;
		return 0;
	}
	/* There can be one gap more than regions: with room for so many, counting is not needed. */
	if (type->cnt * 2 + 1 >= type->max) {
		unsigned long gaps = cover(type, &new, false, &touched);

		while (type->cnt + gaps > type->max)
			if (double_array(mb, type, new.base, new.size))
				return -ENOMEM;
	}
	cover(type, &new, true, &touched);
	merge_regions(type, touched);
	return 0;
}

/* Splits at both ends of the range and gives the regions inside it. Wants two free slots even if it needs none. */
static int isolate_range(struct mb_memblock *mb, struct mb_memblock_type *type, mb_phys_t base,
			 mb_phys_t size, struct span *ret_inside)
{
	mb_phys_t end = base + clamp_size(base, size);
	unsigned long first, last;

	if (base == end) {
		*ret_inside = (struct span){0, 0};
		return 0;
	}
	while (type->cnt + 2 > type->max)
		if (double_array(mb, type, base, end - base))
			return -ENOMEM;
	first = first_ending_above(type, base);
	if (first < type->cnt && type->regions[first].base < base)
		split_region(type, first++, base);
	last = first_ending_above(type, end);
	if (last < type->cnt && type->regions[last].base < end)
		split_region(type, last++, end);
	*ret_inside = (struct span){first, last};
	return 0;
}

static int remove_range(struct mb_memblock *mb, struct mb_memblock_type *type, mb_phys_t base,
			mb_phys_t size)
{
	struct span inside;

	if (isolate_range(mb, type, base, size, &inside))
		return -ENOMEM;
	delete_regions(mb, type, inside);
	return 0;
}

/* Doubling */

static unsigned choose_flags(const struct mb_memblock *mb)
{
	return mb->has_mirror ? MB_MEMBLOCK_MIRROR : MB_MEMBLOCK_NONE;
}

static mb_phys_t page_bytes(const struct mb_memblock *mb)
{
	return UINT64_C(1) << mb->page_shift;
}

/* memblock_find_in_range: any node, mirrored memory preferred. */
static mb_phys_t find_in_range(struct mb_memblock *mb, mb_phys_t start, mb_phys_t end,
			       mb_phys_t size, mb_phys_t align)
{
	unsigned flags = choose_flags(mb);
	mb_phys_t found =
		mb_memblock_find_in_range_node(mb, size, align, start, end, MB_NO_NODE, flags);

	if (!found && flags)
		found = mb_memblock_find_in_range_node(mb, size, align, start, end, MB_NO_NODE,
						       MB_MEMBLOCK_NONE);
	return found;
}

/*
 * Where the kernel puts the larger array. The range that waits to be reserved is still free in the books, so its array is
 * looked for above that range, then below it. Memory's array may be anywhere.
 */
static mb_phys_t find_array_place(struct mb_memblock *mb, const struct mb_memblock_type *type,
				  mb_phys_t base, mb_phys_t size, mb_phys_t bytes)
{
	mb_phys_t above = type == &mb->reserved ? base + size : 0, place;

	place = find_in_range(mb, above, mb->current_limit, bytes, page_bytes(mb));
	/* Page 0 is never given; and small limits would mean "accessible". */
	if (!place && above && base > page_bytes(mb))
		place = find_in_range(mb, 0, mb_min(base, mb->current_limit), bytes,
				      page_bytes(mb));
	return place;
}

static mb_phys_t array_bytes(const struct mb_memblock *mb, unsigned long max)
{
	return mb_align_up_pow2(max * MB_MEMBLOCK_REGION_BYTES, page_bytes(mb));
}

static bool is_static(const struct mb_memblock *mb, const struct mb_memblock_region *regions)
{
	return regions == mb->static_memory || regions == mb->static_reserved;
}

/*
 * memblock_double_array, for the sake of [base, base + size) of the same type. The order is the kernel's: the old array's
 * place is freed before the new one is reserved, and both may double the reserved array in turn. If the new place cannot
 * be reserved, the kernel stops for good; here the larger array stays, without a place.
 */
static int double_array(struct mb_memblock *mb, struct mb_memblock_type *type, mb_phys_t base,
			mb_phys_t size)
{
	mb_phys_t *where = type == &mb->memory ? &mb->memory_array : &mb->reserved_array;
	mb_phys_t old_bytes = array_bytes(mb, type->max),
		  new_bytes = array_bytes(mb, type->max * 2);
	mb_phys_t old_place = *where, place;
	struct mb_memblock_region *array;

	if (!mb->can_resize)
		return -ENOMEM;
	place = find_array_place(mb, type, base, size, new_bytes);
	if (!place)
		return -ENOMEM;
	array = calloc(type->max * 2, sizeof(*array));
	if (!array)
		return -ENOMEM;
	memcpy(array, type->regions, type->max * sizeof(*array));
	if (!is_static(mb, type->regions))
		free(type->regions);
	type->regions = array;
	type->max *= 2;
	mb->nr_doublings++;

	*where = 0;
	if (old_place)
		remove_range(mb, &mb->reserved, old_place, old_bytes);
	if (add_range(mb, &mb->reserved, place, new_bytes, MB_MAX_NODES, MB_MEMBLOCK_NONE))
		return -ENOMEM;
	*where = place;
	return 0;
}

/* The object */

static void init_type(const struct mb_memblock *mb, struct mb_memblock_type *type,
		      struct mb_memblock_region *regions, const char *name)
{
	*type = (struct mb_memblock_type){
		.max = MB_MEMBLOCK_INIT_REGIONS,
		.regions = regions,
		.name = name,
	};
	set_empty(mb, type);
}

void mb_memblock_init(struct mb_memblock *mb, unsigned page_shift, bool dummy)
{
	memset(mb, 0, sizeof(*mb));
	mb->current_limit = MB_MEMBLOCK_ALLOC_ANYWHERE;
	mb->dummy = dummy;
	mb->page_shift = page_shift;
	mb->cache_line = 64;
	init_type(mb, &mb->memory, mb->static_memory, "memory");
	init_type(mb, &mb->reserved, mb->static_reserved, "reserved");
}

void mb_memblock_fini(struct mb_memblock *mb)
{
	if (!is_static(mb, mb->memory.regions))
		free(mb->memory.regions);
	if (!is_static(mb, mb->reserved.regions))
		free(mb->reserved.regions);
	memset(mb, 0, sizeof(*mb));
}

/* Changes */

int mb_memblock_add_node(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size, int nid,
			 unsigned flags)
{
	return add_range(mb, &mb->memory, base, size, nid, flags);
}

int mb_memblock_add(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size)
{
	return add_range(mb, &mb->memory, base, size, MB_MAX_NODES, MB_MEMBLOCK_NONE);
}

int mb_memblock_remove(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size)
{
	return remove_range(mb, &mb->memory, base, size);
}

int mb_memblock_reserve(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size)
{
	return add_range(mb, &mb->reserved, base, size, MB_MAX_NODES, MB_MEMBLOCK_NONE);
}

int mb_memblock_phys_free(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size)
{
	return remove_range(mb, &mb->reserved, base, size);
}

int mb_memblock_free(struct mb_memblock *mb, mb_phys_t ptr, size_t size)
{
	return mb_memblock_phys_free(mb, ptr, size);
}

int mb_memblock_set_node(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size,
			 struct mb_memblock_type *type, int nid)
{
	struct span inside;

	if (isolate_range(mb, type, base, size, &inside))
		return -ENOMEM;
	for (unsigned long i = inside.first; i < inside.last; i++)
		type->regions[i].nid = nid;
	merge_regions(type, inside);
	return 0;
}

/* Sets and clears flags of the type's regions inside the range (memblock_setclr_flag). */
static int change_flags(struct mb_memblock *mb, struct mb_memblock_type *type, mb_phys_t base,
			mb_phys_t size, unsigned set, unsigned clear)
{
	struct span inside;

	if (isolate_range(mb, type, base, size, &inside))
		return -ENOMEM;
	for (unsigned long i = inside.first; i < inside.last; i++)
		type->regions[i].flags = (type->regions[i].flags | set) & ~clear;
	merge_regions(type, inside);
	return 0;
}

int mb_memblock_mark_hotplug(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size)
{
	return change_flags(mb, &mb->memory, base, size, MB_MEMBLOCK_HOTPLUG, 0);
}

int mb_memblock_clear_hotplug(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size)
{
	return change_flags(mb, &mb->memory, base, size, 0, MB_MEMBLOCK_HOTPLUG);
}

int mb_memblock_mark_mirror(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size)
{
	if (!mb->mirror)
		return 0;
	mb->has_mirror = true;
	return change_flags(mb, &mb->memory, base, size, MB_MEMBLOCK_MIRROR, 0);
}

int mb_memblock_mark_nomap(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size)
{
	return change_flags(mb, &mb->memory, base, size, MB_MEMBLOCK_NOMAP, 0);
}

int mb_memblock_clear_nomap(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size)
{
	return change_flags(mb, &mb->memory, base, size, 0, MB_MEMBLOCK_NOMAP);
}

int mb_memblock_reserved_mark_noinit(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size)
{
	return change_flags(mb, &mb->reserved, base, size, MB_MEMBLOCK_RSRV_NOINIT, 0);
}

void mb_memblock_trim_memory(struct mb_memblock *mb, mb_phys_t align)
{
	struct mb_memblock_type *memory = &mb->memory;
	unsigned long to = 0;

	if (type_empty(memory))
		return;
	for (unsigned long i = 0; i < memory->cnt; i++) {
		struct mb_memblock_region r = memory->regions[i];
		mb_phys_t end = mb_align_down_pow2(region_end(&r), align);
		mb_phys_t start = mb_align_up_pow2(r.base, align);

		if (start < r.base ||
		    start >= end) { /* the sum wraps in the last block of addresses */
			memory->total_size -= r.size;
			continue;
		}
		mb->trimmed += r.size - (end - start);
		r.base = start;
		r.size = end - start;
		memory->regions[to++] = r;
	}
	memory->cnt = to;
	if (!to)
		set_empty(mb, memory);
}

void mb_memblock_enforce_memory_limit(struct mb_memblock *mb, mb_phys_t limit)
{
	for (unsigned long i = 0; limit && i < mb->memory.cnt; i++) {
		const struct mb_memblock_region *r = &mb->memory.regions[i];
		mb_phys_t end = r->base + limit;

		if (limit > r->size) {
			limit -= r->size;
			continue;
		}
		remove_range(mb, &mb->memory, end, MB_PHYS_MAX);
		remove_range(mb, &mb->reserved, end, MB_PHYS_MAX);
		return;
	}
}

void mb_memblock_cap_memory_range(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size)
{
	struct mb_memblock_type *memory = &mb->memory;
	mb_phys_t end = base + clamp_size(base, size);
	struct span inside;
	unsigned long to = 0;

	if (base == end || type_empty(memory) || isolate_range(mb, memory, base, size, &inside))
		return;
	for (unsigned long i = 0; i < memory->cnt; i++) {
		struct mb_memblock_region *r = &memory->regions[i];

		if ((i >= inside.first && i < inside.last) || r->flags & MB_MEMBLOCK_NOMAP)
			memory->regions[to++] = *r;
		else
			memory->total_size -= r->size;
	}
	memory->cnt = to;
	if (!to)
		set_empty(mb, memory);
	/* A NOMAP region that crosses the window's border was split there and is whole again. */
	merge_regions(memory, (struct span){0, to});
	remove_range(mb, &mb->reserved, 0, base);
	remove_range(mb, &mb->reserved, end, MB_PHYS_MAX);
}

void mb_memblock_allow_resize(struct mb_memblock *mb)
{
	mb->can_resize = true;
}

void mb_memblock_set_current_limit(struct mb_memblock *mb, mb_phys_t limit)
{
	mb->current_limit = limit;
}

mb_phys_t mb_memblock_get_current_limit(const struct mb_memblock *mb)
{
	return mb->current_limit;
}

void mb_memblock_set_bottom_up(struct mb_memblock *mb, bool enable)
{
	mb->bottom_up = enable;
}

bool mb_memblock_bottom_up(const struct mb_memblock *mb)
{
	return mb->bottom_up;
}

/* Iteration: memory regions and the gaps between reserved ones advance side by side (__next_mem_range). */

/* One walk's fixed part. */
struct walk {
	const struct mb_memblock *mb;
	const struct mb_memblock_type *holes; /* taken off the memory; NULL: nothing */
	int nid;
	unsigned flags;
};

static bool skip_region(const struct walk *walk, const struct mb_memblock_region *m)
{
	if (!any_node(walk->nid) && walk->nid != m->nid)
		return true;
	if (walk->mb->movable_node && m->flags & ~walk->flags & MB_MEMBLOCK_HOTPLUG)
		return true;
	if (walk->flags & ~m->flags & MB_MEMBLOCK_MIRROR)
		return true;
	return m->flags & ~walk->flags & (MB_MEMBLOCK_NOMAP | MB_MEMBLOCK_DRIVER_MANAGED);
}

static unsigned long last_gap(const struct walk *walk)
{
	return walk->holes ? walk->holes->cnt : 0;
}

/* What lies between reserved region gap - 1 and region gap. */
static struct mb_range gap_range(const struct walk *walk, unsigned long gap)
{
	struct mb_range range = {0, MB_PHYS_MAX};

	if (gap)
		range.start = region_end(&walk->holes->regions[gap - 1]);
	if (gap < last_gap(walk))
		range.end = walk->holes->regions[gap].base;
	return range;
}

static uint64_t pack_cursor(int64_t index, int64_t gap)
{
	return (uint64_t)(uint32_t)index | (uint64_t)(uint32_t)gap << 32;
}

static void give_range(const struct mb_memblock_region *m, struct mb_range gap,
		       struct mb_range *ret_range, int *ret_nid)
{
	ret_range->start = mb_max(m->base, gap.start);
	ret_range->end = mb_min(region_end(m), gap.end);
	if (ret_nid)
		*ret_nid = m->nid;
}

static bool next_range(const struct walk *walk, uint64_t *cursor, struct mb_range *ret_range,
		       int *ret_nid)
{
	const struct mb_memblock_type *memory = &walk->mb->memory;
	uint64_t i = (uint32_t)*cursor, gap = *cursor >> 32;

	for (; i < memory->cnt; i++) {
		const struct mb_memblock_region *m = &memory->regions[i];

		if (skip_region(walk, m))
			continue;
		for (; gap <= last_gap(walk); gap++) {
			struct mb_range hole = gap_range(walk, gap);

			if (hole.start >= region_end(m))
				break;
			if (hole.end <= m->base || hole.start == hole.end)
				continue;
			give_range(m, hole, ret_range, ret_nid);
			if (region_end(m) <= hole.end)
				i++;
			else
				gap++;
			*cursor = pack_cursor((int64_t)i, (int64_t)gap);
			return true;
		}
	}
	*cursor = UINT64_MAX;
	return false;
}

static bool next_range_rev(const struct walk *walk, uint64_t *cursor, struct mb_range *ret_range,
			   int *ret_nid)
{
	const struct mb_memblock_type *memory = &walk->mb->memory;
	/* Below the first region the low half is -1. */
	int64_t i = (int32_t)(uint32_t)*cursor, gap = (int64_t)(*cursor >> 32);

	if (*cursor == MB_MEMBLOCK_CURSOR_LAST) {
		i = (int64_t)memory->cnt - 1;
		gap = (int64_t)last_gap(walk);
	}
	for (; i >= 0; i--) {
		const struct mb_memblock_region *m = &memory->regions[i];

		if (skip_region(walk, m))
			continue;
		for (; gap >= 0; gap--) {
			struct mb_range hole = gap_range(walk, (unsigned long)gap);

			if (hole.end <= m->base)
				break;
			if (hole.start >= region_end(m) || hole.start == hole.end)
				continue;
			give_range(m, hole, ret_range, ret_nid);
			if (m->base >= hole.start)
				i--;
			else
				gap--;
			*cursor = pack_cursor(i, gap);
			return true;
		}
	}
	*cursor = MB_MEMBLOCK_CURSOR_LAST;
	return false;
}

static const unsigned all_memory = MB_MEMBLOCK_HOTPLUG | MB_MEMBLOCK_DRIVER_MANAGED;

bool mb_memblock_next_mem_range(const struct mb_memblock *mb, uint64_t *cursor,
				struct mb_range *ret_range, int *ret_nid)
{
	return next_range(&(struct walk){mb, NULL, MB_NO_NODE, all_memory}, cursor, ret_range,
			  ret_nid);
}

bool mb_memblock_next_mem_range_rev(const struct mb_memblock *mb, uint64_t *cursor,
				    struct mb_range *ret_range, int *ret_nid)
{
	return next_range_rev(&(struct walk){mb, NULL, MB_NO_NODE, all_memory}, cursor, ret_range,
			      ret_nid);
}

bool mb_memblock_next_free_mem_range(const struct mb_memblock *mb, uint64_t *cursor, int nid,
				     unsigned flags, struct mb_range *ret_range, int *ret_nid)
{
	return next_range(&(struct walk){mb, &mb->reserved, nid, flags}, cursor, ret_range,
			  ret_nid);
}

bool mb_memblock_next_free_mem_range_rev(const struct mb_memblock *mb, uint64_t *cursor, int nid,
					 unsigned flags, struct mb_range *ret_range, int *ret_nid)
{
	return next_range_rev(&(struct walk){mb, &mb->reserved, nid, flags}, cursor, ret_range,
			      ret_nid);
}

bool mb_memblock_next_mem_pfn_range(const struct mb_memblock *mb, int *index, int nid,
				    mb_pfn_t *ret_start, mb_pfn_t *ret_end, int *ret_nid)
{
	while ((unsigned long)++*index < mb->memory.cnt) {
		const struct mb_memblock_region *m = &mb->memory.regions[*index];
		mb_pfn_t start = mb_div_ceil(m->base, page_bytes(mb));
		mb_pfn_t end = region_end(m) >> mb->page_shift;

		if (start >= end || (!any_node(nid) && nid != m->nid))
			continue;
		*ret_start = start;
		*ret_end = end;
		if (ret_nid)
			*ret_nid = m->nid;
		return true;
	}
	return false;
}

/* Allocation */

static struct mb_range clip(struct mb_range range, struct mb_range window)
{
	return (struct mb_range){mb_clamp(range.start, window.start, window.end),
				 mb_clamp(range.end, window.start, window.end)};
}

static mb_phys_t find_bottom_up(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
				struct mb_range window, int nid, unsigned flags)
{
	struct mb_range range;
	uint64_t cursor;

	mb_memblock_for_each_free(cursor, mb, nid, flags, &range, NULL) {
		struct mb_range part = clip(range, window);
		mb_phys_t start = mb_align_up_pow2(part.start, align);

		if (start < part.end && part.end - start >= size)
			return start;
	}
	return 0;
}

static mb_phys_t find_top_down(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
			       struct mb_range window, int nid, unsigned flags)
{
	uint64_t cursor = MB_MEMBLOCK_CURSOR_LAST;
	struct mb_range range;

	while (mb_memblock_next_free_mem_range_rev(mb, &cursor, nid, flags, &range, NULL)) {
		struct mb_range part = clip(range, window);
		mb_phys_t start = mb_align_down_pow2(part.end - size, align);

		if (part.end >= size && start >= part.start)
			return start;
	}
	return 0;
}

mb_phys_t mb_memblock_find_in_range_node(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
					 mb_phys_t start, mb_phys_t end, int nid, unsigned flags)
{
	struct mb_range window = {mb_max(start, page_bytes(mb)), end};

	if (end == MB_MEMBLOCK_ALLOC_ACCESSIBLE || end == MB_MEMBLOCK_ALLOC_NOLEAKTRACE)
		window.end = mb->current_limit;
	window.end = mb_max(window.start, window.end);
	if (mb->bottom_up)
		return find_bottom_up(mb, size, align, window, nid, flags);
	return find_top_down(mb, size, align, window, nid, flags);
}

mb_phys_t mb_memblock_alloc_range_nid(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
				      mb_phys_t start, mb_phys_t end, int nid, bool exact_nid)
{
	const struct {
		unsigned flags;
		int nid;
		bool wanted;
	} attempts[] = {
		{choose_flags(mb), nid, true},
		{choose_flags(mb), MB_NO_NODE, !any_node(nid) && !exact_nid},
		{MB_MEMBLOCK_NONE, nid, mb->has_mirror},
		{MB_MEMBLOCK_NONE, MB_NO_NODE, mb->has_mirror && !any_node(nid) && !exact_nid},
	};

	if (!align)
		align = mb->cache_line;
	for (size_t i = 0; i < MB_ARRAY_SIZE(attempts); i++) {
		mb_phys_t found;

		if (!attempts[i].wanted)
			continue;
		found = mb_memblock_find_in_range_node(mb, size, align, start, end, attempts[i].nid,
						       attempts[i].flags);
		if (found && !mb_memblock_reserve(mb, found, size)) {
			mb->nr_allocs++;
			return found;
		}
	}
	return 0;
}

static mb_phys_t traced(const struct mb_memblock *mb, struct mb_memblock_request request)
{
	if (any_node(request.nid))
		request.nid = MB_NO_NODE;
	if (mb->trace)
		mb->trace(mb->trace_ctx, &request);
	return request.address;
}

/* The forms that answer with a virtual address: below the limit, and rather below min_addr than not at all. */
static mb_phys_t alloc_internal(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
				mb_phys_t min_addr, mb_phys_t max_addr, int nid, bool exact_nid)
{
	mb_phys_t limit = mb_min(max_addr, mb->current_limit), found;

	found = mb_memblock_alloc_range_nid(mb, size, align, min_addr, limit, nid, exact_nid);
	if (!found && min_addr)
		found = mb_memblock_alloc_range_nid(mb, size, align, 0, limit, nid, exact_nid);
	return traced(mb, (struct mb_memblock_request){
				  exact_nid ? MB_TRACE_ALLOC_EXACT_NID : MB_TRACE_ALLOC_TRY_NID,
				  size, align, min_addr, max_addr, nid, found});
}

mb_phys_t mb_memblock_phys_alloc_range(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
				       mb_phys_t start, mb_phys_t end)
{
	mb_phys_t found =
		mb_memblock_alloc_range_nid(mb, size, align, start, end, MB_NO_NODE, false);

	return traced(mb, (struct mb_memblock_request){MB_TRACE_PHYS_ALLOC_RANGE, size, align,
						       start, end, MB_NO_NODE, found});
}

mb_phys_t mb_memblock_phys_alloc_try_nid(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
					 int nid)
{
	return mb_memblock_alloc_range_nid(mb, size, align, 0, MB_MEMBLOCK_ALLOC_ACCESSIBLE, nid,
					   false);
}

mb_phys_t mb_memblock_alloc_try_nid(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
				    mb_phys_t min_addr, mb_phys_t max_addr, int nid)
{
	return alloc_internal(mb, size, align, min_addr, max_addr, nid, false);
}

mb_phys_t mb_memblock_alloc_try_nid_raw(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
					mb_phys_t min_addr, mb_phys_t max_addr, int nid)
{
	return alloc_internal(mb, size, align, min_addr, max_addr, nid, false);
}

mb_phys_t mb_memblock_alloc_exact_nid_raw(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
					  mb_phys_t min_addr, mb_phys_t max_addr, int nid)
{
	return alloc_internal(mb, size, align, min_addr, max_addr, nid, true);
}

mb_phys_t mb_memblock_alloc(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align)
{
	return alloc_internal(mb, size, align, 0, MB_MEMBLOCK_ALLOC_ACCESSIBLE, MB_NO_NODE, false);
}

mb_phys_t mb_memblock_alloc_raw(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align)
{
	return alloc_internal(mb, size, align, 0, MB_MEMBLOCK_ALLOC_ACCESSIBLE, MB_NO_NODE, false);
}

mb_phys_t mb_memblock_alloc_from(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align,
				 mb_phys_t min_addr)
{
	return alloc_internal(mb, size, align, min_addr, MB_MEMBLOCK_ALLOC_ACCESSIBLE, MB_NO_NODE,
			      false);
}

mb_phys_t mb_memblock_alloc_low(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align)
{
	return alloc_internal(mb, size, align, 0, LOW_ADDRESS_LIMIT, MB_NO_NODE, false);
}

mb_phys_t mb_memblock_alloc_node(struct mb_memblock *mb, mb_phys_t size, mb_phys_t align, int nid)
{
	return alloc_internal(mb, size, align, 0, MB_MEMBLOCK_ALLOC_ACCESSIBLE, nid, false);
}

/* Questions */

mb_phys_t mb_memblock_phys_mem_size(const struct mb_memblock *mb)
{
	return mb->memory.total_size;
}

mb_phys_t mb_memblock_reserved_size(const struct mb_memblock *mb)
{
	return mb->reserved.total_size;
}

mb_phys_t mb_memblock_start_of_DRAM(const struct mb_memblock *mb)
{
	return mb->memory.regions[0].base;
}

mb_phys_t mb_memblock_end_of_DRAM(const struct mb_memblock *mb)
{
	return mb->memory.cnt ? region_end(&mb->memory.regions[mb->memory.cnt - 1]) : 0;
}

bool mb_memblock_is_memory(const struct mb_memblock *mb, mb_phys_t addr)
{
	return search(&mb->memory, addr);
}

bool mb_memblock_is_reserved(const struct mb_memblock *mb, mb_phys_t addr)
{
	return search(&mb->reserved, addr);
}

bool mb_memblock_is_map_memory(const struct mb_memblock *mb, mb_phys_t addr)
{
	const struct mb_memblock_region *r = search(&mb->memory, addr);

	return r && !(r->flags & MB_MEMBLOCK_NOMAP);
}

bool mb_memblock_is_region_memory(const struct mb_memblock *mb, mb_phys_t base, mb_phys_t size)
{
	const struct mb_memblock_region *r = search(&mb->memory, base);

	return r && region_end(r) >= base + clamp_size(base, size);
}

bool mb_memblock_is_region_reserved(const struct mb_memblock *mb, mb_phys_t base, mb_phys_t size)
{
	return mb_memblock_overlaps_region(&mb->reserved, base, size);
}

bool mb_memblock_overlaps_region(const struct mb_memblock_type *type, mb_phys_t base,
				 mb_phys_t size)
{
	unsigned long i = first_ending_above(type, base);

	return i < type->cnt && type->regions[i].base < base + clamp_size(base, size);
}

int mb_memblock_search_pfn_nid(const struct mb_memblock *mb, mb_pfn_t pfn, mb_pfn_t *ret_start,
			       mb_pfn_t *ret_end)
{
	const struct mb_memblock_region *r = search(&mb->memory, pfn << mb->page_shift);

	if (!r)
		return MB_NO_NODE;
	*ret_start = r->base >> mb->page_shift;
	*ret_end = region_end(r) >> mb->page_shift;
	return r->nid;
}

/* Validity */

static int check_type(const struct mb_memblock *mb, const struct mb_memblock_type *type,
		      mb_phys_t trimmed)
{
	const struct mb_memblock_region *r = type->regions;
	mb_phys_t sum = trimmed;

	if (type->cnt > type->max)
		return -EUCLEAN;
	if (type_empty(type)) {
		if (type->cnt != (mb->dummy ? 1 : 0) || memcmp(&r[0], &dummy_region, sizeof(r[0])))
			return -EUCLEAN;
		return type->total_size == trimmed ? 0 : -EUCLEAN;
	}
	for (unsigned long i = 0; i < type->cnt; i++) {
		if (!r[i].size || r[i].size > MB_PHYS_MAX - r[i].base)
			return -EUCLEAN;
		if (i && (r[i].base < region_end(&r[i - 1]) || mergeable(&r[i - 1], &r[i])))
			return -EUCLEAN;
		sum += r[i].size;
	}
	return type->total_size == sum ? 0 : -EUCLEAN;
}

int mb_memblock_check(const struct mb_memblock *mb)
{
	int ret = check_type(mb, &mb->memory, mb->trimmed);

	return ret ? ret : check_type(mb, &mb->reserved, 0);
}
