/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_MODEL_NAIVE_VMEMMAP_H
#define MB_TESTS_MODEL_NAIVE_VMEMMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The dumbest vmemmap: page tables are a set of (what an entry maps, index), every page of descriptors is
 * looked up from the top. It says which request must come next and is given the answers that another
 * implementation got.
 */
struct naive_request {
	uint64_t size, align, from, address; /* address 0: none */
	int nid;
	bool exact, limited; /* to its node; by an address above */
};

struct naive_entry {
	unsigned shift; /* of the bytes that the entry maps; 0: a block of 2 MiB */
	uint64_t index;
};

struct naive_vmemmap {
	/* The machine. */
	unsigned shifts[5]; /* of an entry whose table is made, from the top down; 0 ends it */
	bool blocks;        /* the lowest of these entries may map 2 MiB at once */
	uint64_t page, page_bytes, pages_per_section;
	uint64_t first_pfn; /* of the window */
	uint64_t from;      /* of the requests */
	uint64_t pmd;       /* what a section's part of the buffer is rounded to */
	uint64_t usage_bytes;

	/* Requests made, and how many were asked for; those with a number in between were refused. */
	const struct naive_request *requests;
	size_t nr_requests, at;
	unsigned asked, fail_first, fail_last;

	struct naive_entry entries[4096];
	size_t nr_entries;
	uint64_t cursor, end; /* of the run's buffer */
	uint64_t taken;       /* bytes that are not given back */
	const char *wrong;    /* what differed first, or NULL */
};

/* One run of sections of a node: how many of them get a memmap, from the first on. */
size_t naive_vmemmap_run(struct naive_vmemmap *naive, int nid, const uint64_t *sections,
			 size_t count);

#endif
