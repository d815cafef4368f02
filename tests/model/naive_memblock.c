/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/memblock.h"
#include "tests/model/naive_memblock.h"

static const size_t page_bytes = (size_t)NAIVE_PAGE << NAIVE_CELL_SHIFT;

void naive_memblock_init(struct naive_memblock *nb)
{
	memset(nb, 0, sizeof(*nb));
	nb->limit = NAIVE_REST;
	nb->memory.max = nb->reserved.max = MB_MEMBLOCK_INIT_REGIONS;
}

bool naive_memblock_same(const struct naive_cell *a, const struct naive_cell *b)
{
	return a->there == b->there && a->nid == b->nid && a->flags == b->flags;
}

static size_t end_of(size_t first, size_t nr)
{
	return first < NAIVE_CELLS && nr < NAIVE_CELLS - first ? first + nr : NAIVE_CELLS;
}

static size_t count_regions(const struct naive_type *type)
{
	size_t nr = 0;

	for (size_t i = 0; i < NAIVE_CELLS; i++)
		nr += type->cells[i].there &&
		      (!i || !naive_memblock_same(&type->cells[i - 1], &type->cells[i]));
	return nr;
}

/* Pieces of the range where nothing is. */
static size_t count_gaps(const struct naive_type *type, size_t first, size_t end)
{
	size_t nr = 0;

	for (size_t i = first; i < end; i++)
		nr += !type->cells[i].there && (i == first || type->cells[i - 1].there);
	return nr;
}

bool naive_memblock_visible(const struct naive_memblock *nb, size_t cell, int nid, unsigned flags)
{
	const struct naive_cell *c = &nb->memory.cells[cell];

	if (!c->there || (nid >= 0 && c->nid != nid))
		return false;
	if (nb->movable_node && c->flags & MB_MEMBLOCK_HOTPLUG && !(flags & MB_MEMBLOCK_HOTPLUG))
		return false;
	if (flags & MB_MEMBLOCK_MIRROR && !(c->flags & MB_MEMBLOCK_MIRROR))
		return false;
	if (c->flags & MB_MEMBLOCK_NOMAP && !(flags & MB_MEMBLOCK_NOMAP))
		return false;
	return !(c->flags & MB_MEMBLOCK_DRIVER_MANAGED) || flags & MB_MEMBLOCK_DRIVER_MANAGED;
}

static bool fits(const struct naive_memblock *nb, size_t at, size_t nr, int nid, unsigned flags)
{
	for (size_t i = at; i < at + nr; i++)
		if (nb->reserved.cells[i].there || !naive_memblock_visible(nb, i, nid, flags) ||
		    !naive_memblock_same(&nb->memory.cells[at], &nb->memory.cells[i]))
			return false;
	return true;
}

static size_t find(const struct naive_memblock *nb, size_t nr, size_t align, size_t start,
		   size_t end, int nid, unsigned flags)
{
	size_t best = 0;

	if (!end)
		end = nb->limit;
	if (end > NAIVE_CELLS)
		end = NAIVE_CELLS;
	if (start < NAIVE_PAGE)
		start = NAIVE_PAGE;
	for (size_t at = start; at + nr <= end; at++) {
		if (at % align || !fits(nb, at, nr, nid, flags))
			continue;
		if (nb->bottom_up)
			return at;
		best = at;
	}
	return best;
}

static size_t find_for_array(const struct naive_memblock *nb, size_t nr, size_t start, size_t end)
{
	size_t at =
		nb->has_mirror ? find(nb, nr, NAIVE_PAGE, start, end, -1, MB_MEMBLOCK_MIRROR) : 0;

	return at ? at : find(nb, nr, NAIVE_PAGE, start, end, -1, 0);
}

static size_t array_cells(size_t max)
{
	return (max * 24 + page_bytes - 1) / page_bytes * NAIVE_PAGE;
}

/* Doubles the array for the sake of a range that is not there yet. */
static bool grow(struct naive_memblock *nb, struct naive_type *type, size_t first, size_t nr)
{
	bool keep_out = type == &nb->reserved;
	size_t old = type->array, cells = array_cells(type->max * 2), at;

	if (!nb->can_resize)
		return false;
	at = find_for_array(nb, cells, keep_out ? first + nr : 0, nb->limit);
	if (!at && keep_out && first > NAIVE_PAGE)
		at = find_for_array(nb, cells, 0, first < nb->limit ? first : nb->limit);
	if (!at)
		return false;
	type->max *= 2;
	type->array = 0;
	if (old)
		naive_memblock_take(nb, &nb->reserved, old, array_cells(type->max / 2));
	if (!naive_memblock_put(nb, &nb->reserved, at, cells, MB_MAX_NODES, 0))
		return false;
	type->array = at;
	return true;
}

bool naive_memblock_put(struct naive_memblock *nb, struct naive_type *type, size_t first, size_t nr,
			int nid, unsigned flags)
{
	size_t end = end_of(first, nr), gaps = count_gaps(type, first, end);

	if (!nr)
		return true;
	if (!count_regions(type) && type == &nb->memory)
		nb->trimmed = 0;
	while (count_regions(type) + gaps > type->max)
		if (!grow(nb, type, first, nr))
			return false;
	for (size_t i = first; i < end; i++)
		if (!type->cells[i].there)
			type->cells[i] = (struct naive_cell){true, nid, flags};
	return true;
}

/* Every change of what is there makes sure of two free slots first. */
static bool make_room(struct naive_memblock *nb, struct naive_type *type, size_t first, size_t nr)
{
	while (nr && count_regions(type) + 2 > type->max)
		if (!grow(nb, type, first, nr))
			return false;
	return true;
}

bool naive_memblock_take(struct naive_memblock *nb, struct naive_type *type, size_t first,
			 size_t nr)
{
	if (!make_room(nb, type, first, nr))
		return false;
	for (size_t i = first; i < end_of(first, nr); i++)
		type->cells[i] = (struct naive_cell){0};
	return true;
}

bool naive_memblock_set_node(struct naive_memblock *nb, struct naive_type *type, size_t first,
			     size_t nr, int nid)
{
	if (!make_room(nb, type, first, nr))
		return false;
	for (size_t i = first; i < end_of(first, nr); i++)
		if (type->cells[i].there)
			type->cells[i].nid = nid;
	return true;
}

bool naive_memblock_change_flags(struct naive_memblock *nb, size_t first, size_t nr, unsigned set,
				 unsigned clear)
{
	if (!make_room(nb, &nb->memory, first, nr))
		return false;
	for (size_t i = first; i < end_of(first, nr); i++) {
		struct naive_cell *c = &nb->memory.cells[i];

		if (c->there)
			c->flags = (c->flags | set) & ~clear;
	}
	return true;
}

bool naive_memblock_mark_mirror(struct naive_memblock *nb, size_t first, size_t nr)
{
	if (!nb->mirror)
		return true;
	nb->has_mirror = true;
	return naive_memblock_change_flags(nb, first, nr, MB_MEMBLOCK_MIRROR, 0);
}

void naive_memblock_trim(struct naive_memblock *nb, size_t align)
{
	struct naive_cell *c = nb->memory.cells;

	for (size_t first = 0, end; first < NAIVE_CELLS; first = end) {
		size_t start = (first + align - 1) / align * align, stop;

		for (end = first + 1; end < NAIVE_CELLS; end++)
			if (!naive_memblock_same(&c[first], &c[end]))
				break;
		if (!c[first].there)
			continue;
		stop = end / align * align;
		if (start < stop)
			nb->trimmed += end - first - (stop - start);
		for (size_t i = first; i < end; i++)
			if (i < start || i >= stop)
				c[i] = (struct naive_cell){0};
	}
}

void naive_memblock_enforce_limit(struct naive_memblock *nb, size_t limit)
{
	for (size_t i = 0; limit && i < NAIVE_CELLS; i++) {
		if (!nb->memory.cells[i].there || --limit)
			continue;
		naive_memblock_take(nb, &nb->memory, i + 1, NAIVE_REST);
		naive_memblock_take(nb, &nb->reserved, i + 1, NAIVE_REST);
	}
}

void naive_memblock_cap(struct naive_memblock *nb, size_t first, size_t nr)
{
	if (!nr || !count_regions(&nb->memory) || !make_room(nb, &nb->memory, first, nr))
		return;
	for (size_t i = 0; i < NAIVE_CELLS; i++)
		if ((i < first || i >= first + nr) &&
		    !(nb->memory.cells[i].flags & MB_MEMBLOCK_NOMAP))
			nb->memory.cells[i] = (struct naive_cell){0};
	naive_memblock_take(nb, &nb->reserved, 0, first);
	naive_memblock_take(nb, &nb->reserved, first + nr, NAIVE_REST);
}

size_t naive_memblock_alloc_range(struct naive_memblock *nb, size_t nr, size_t align, size_t start,
				  size_t end, int nid, bool exact)
{
	/* Mirrored memory first where there is any; in each, the node first. */
	for (int mirror = nb->has_mirror; mirror >= 0; mirror--) {
		for (int other = 0; other <= (nid >= 0 && !exact); other++) {
			size_t at = find(nb, nr, align, start, end, other ? -1 : nid,
					 mirror ? MB_MEMBLOCK_MIRROR : 0);

			if (at && naive_memblock_put(nb, &nb->reserved, at, nr, MB_MAX_NODES, 0))
				return at;
		}
	}
	return 0;
}

size_t naive_memblock_alloc(struct naive_memblock *nb, size_t nr, size_t align, size_t start,
			    size_t end, int nid, bool exact)
{
	size_t at;

	if (end > nb->limit)
		end = nb->limit;
	at = naive_memblock_alloc_range(nb, nr, align, start, end, nid, exact);
	return at || !start ? at : naive_memblock_alloc_range(nb, nr, align, 0, end, nid, exact);
}
