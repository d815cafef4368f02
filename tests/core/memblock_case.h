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

/* Bits: a row of several forms has the same answer in each, and each is a test of its own. */
enum case_form {
	CASE_PLAIN_ALLOC = 1,  /* mb_memblock_alloc */
	CASE_ALLOC_RAW = 2,    /* mb_memblock_alloc_raw */
	CASE_FROM = 4,         /* mb_memblock_alloc_from */
	CASE_TRY_NID = 8,      /* mb_memblock_alloc_try_nid */
	CASE_TRY_NID_RAW = 16, /* mb_memblock_alloc_try_nid_raw */
	CASE_EXACT = 32,       /* mb_memblock_alloc_exact_nid_raw */
	CASE_ALLOC = CASE_PLAIN_ALLOC | CASE_ALLOC_RAW,
	CASE_TRY = CASE_TRY_NID | CASE_TRY_NID_RAW,
	CASE_BOTH = CASE_TRY | CASE_EXACT,
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
	unsigned form;         /* enum case_form */
	mb_phys_t size, align; /* align 0: 64 */
	mb_phys_t min, max;
	int nid;
	struct {
		mb_phys_t at; /* 0: fails, and nothing changes */
		struct case_range after[6];
	} td, bu;
};

/* Runs each row in each of its directions and forms as a test of its own; the number of failures. */
int memblock_case_run_all(const char *group, const struct memblock_case *cases, size_t nr_cases);

/* Asserts that the type's regions are these ranges (the first of size 0 ends them), and that the whole is valid. */
void memblock_case_assert_ranges(const struct mb_memblock *mb, const struct mb_memblock_type *type,
				 const struct case_range *ranges, size_t max_ranges);

/* Adds the eight nodes. */
void memblock_case_add_nodes(struct mb_memblock *mb);

#endif
