/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_MODEL_NAIVE_MEMBLOCK_H
#define MB_TESTS_MODEL_NAIVE_MEMBLOCK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * memblock without ranges: a map of cells of 1 KiB that are there or not. Regions are what a reader of the map sees: runs of
 * cells with equal nid and flags. Everything is counted in cells, a page is four of them, and every search tries each
 * cell. Addresses are cell numbers; 0 is failure, false is -ENOMEM.
 */
#define NAIVE_CELLS      2048
#define NAIVE_CELL_SHIFT 10
#define NAIVE_PAGE       4
#define NAIVE_REST       ((size_t)1 << 40) /* up to the end of all addresses */

struct naive_cell {
	bool there;
	int nid;
	unsigned flags;
};

struct naive_type {
	struct naive_cell cells[NAIVE_CELLS];
	size_t max;   /* regions that the array holds */
	size_t array; /* its place, 0: static */
};

struct naive_memblock {
	bool bottom_up, can_resize, movable_node, mirror, has_mirror;
	size_t limit;   /* current limit */
	size_t trimmed; /* cells that the total of memory still has */
	struct naive_type memory, reserved;
};

void naive_memblock_init(struct naive_memblock *nb);
bool naive_memblock_put(struct naive_memblock *nb, struct naive_type *type, size_t first, size_t nr,
			int nid, unsigned flags);
bool naive_memblock_take(struct naive_memblock *nb, struct naive_type *type, size_t first,
			 size_t nr);
bool naive_memblock_set_node(struct naive_memblock *nb, struct naive_type *type, size_t first,
			     size_t nr, int nid);
bool naive_memblock_change_flags(struct naive_memblock *nb, size_t first, size_t nr, unsigned set,
				 unsigned clear);
bool naive_memblock_mark_mirror(struct naive_memblock *nb, size_t first, size_t nr);
void naive_memblock_trim(struct naive_memblock *nb, size_t align);
void naive_memblock_enforce_limit(struct naive_memblock *nb, size_t limit);
void naive_memblock_cap(struct naive_memblock *nb, size_t first, size_t nr);

/* align is a power of two of cells; end 0 is the current limit; nid -1 is any. */
size_t naive_memblock_alloc_range(struct naive_memblock *nb, size_t nr, size_t align, size_t start,
				  size_t end, int nid, bool exact);
/* The same with the limit as cap of end, and a second try without start. */
size_t naive_memblock_alloc(struct naive_memblock *nb, size_t nr, size_t align, size_t start,
			    size_t end, int nid, bool exact);

/* Whether a walk with this filter visits the cell of memory. */
bool naive_memblock_visible(const struct naive_memblock *nb, size_t cell, int nid, unsigned flags);
bool naive_memblock_same(const struct naive_cell *a, const struct naive_cell *b);

#endif
