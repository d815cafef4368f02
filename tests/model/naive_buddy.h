/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_MODEL_NAIVE_BUDDY_H
#define MB_TESTS_MODEL_NAIVE_BUDDY_H

#include <stdint.h>

/*
 * The dumbest buddy: one byte a page says free or not. A set of free pages has one maximal
 * decomposition into aligned blocks, so the counts per order follow from the bytes alone.
 */
struct naive_buddy {
	uint8_t *is_free; /* by page frame - start */
	uint64_t start, end;
	unsigned max_order;
};

void naive_buddy_init(struct naive_buddy *naive, uint64_t start, uint64_t end, unsigned max_order);
void naive_buddy_fini(struct naive_buddy *naive);

/* 0, or -1 when a page of the block already has that state or lies outside. */
int naive_buddy_set(struct naive_buddy *naive, uint64_t pfn, unsigned order, int is_free);

/* Blocks of each order 0 … max_order in the maximal decomposition. */
void naive_buddy_counts(const struct naive_buddy *naive, uint64_t *counts);

/* The largest order of which a block is free, -1: none. */
int naive_buddy_largest(const struct naive_buddy *naive);

#endif
