/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_CORE_MEMBLOCK_CASE_H
#define MB_TESTS_CORE_MEMBLOCK_CASE_H

#include "core/memblock.h"

/*
 * One allocation as a row: what is memory, what is reserved, what is asked, what comes back and what is reserved then. All
 * addresses are physical. The arena is 16 KiB from 1 MiB on; as nodes it is cut into 4, 1, 2, 2, 1, 1, 4, 1 KiB.
 *
 * In the pictures a character is 256 bytes: '.' free, '#' reserved before, '+' the answer; 'v' and '^' mark the first and the
 * last byte of a window.
 */
#define CASE_BASE 0x100000
#define CASE_SIZE 0x4000
#define CASE_END  (CASE_BASE + CASE_SIZE)

enum case_memory {
	CASE_PLAIN, /* one region without a node */
	CASE_NODES, /* eight nodes */
	CASE_NONE,  /* no memory at all */
};

enum case_form {
	CASE_ALLOC, /* mb_memblock_alloc */
	CASE_FROM,  /* mb_memblock_alloc_from */
	CASE_TRY,   /* mb_memblock_alloc_try_nid */
	CASE_EXACT, /* mb_memblock_alloc_exact_nid_raw */
	CASE_BOTH,  /* the last two, with the same answer */
};

/* The directions of a row; none given: both. */
enum {
	CASE_TOP_DOWN = 1,
	CASE_BOTTOM_UP = 2,
};

struct case_range {
	mb_phys_t base, size;
};

struct memblock_case {
	const char *name;
	unsigned directions;
	enum case_memory memory;
	struct case_range before[9];
	enum case_form form;
	mb_phys_t size, align; /* align 0: 64 */
	mb_phys_t min, max;
	int nid;
	struct {
		mb_phys_t at; /* 0: fails, and nothing changes */
		struct case_range after[6];
	} td, bu;
};

/* Runs each row in each of its directions as a test of its own; the number of failures. */
int memblock_case_run_all(const char *group, const struct memblock_case *cases, size_t nr_cases);

/* Asserts that the type's regions are these ranges (the first of size 0 ends them), and that the whole is valid. */
void memblock_case_assert_ranges(const struct mb_memblock *mb, const struct mb_memblock_type *type,
				 const struct case_range *ranges, size_t max_ranges);

/* Adds the eight nodes. */
void memblock_case_add_nodes(struct mb_memblock *mb);

#endif
