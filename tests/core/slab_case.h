/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_CORE_SLAB_CASE_H
#define MB_TESTS_CORE_SLAB_CASE_H

#include <pthread.h>

#include "core/slab.h"

/*
 * Pages for a slab allocator without a boot behind it: nodes of equal size with descriptors and
 * memory, a first-fit search for blocks, and a watch over what comes back. Any thread.
 */
#define CASE_MAX_NODES 8
#define CASE_MAX_CPUS  1024

struct slab_case {
	/* Set before slab_case_start(); 0 where a default is given. */
	const struct mb_profile *profile; /* 6.1 */
	enum mb_arch arch;
	unsigned page_shift; /* 12 */
	unsigned nr_nodes;   /* 1 */
	unsigned nr_cpus;    /* 2 */
	uint64_t normal;     /* nodes with normal memory; 0: all */
	size_t node_pages;   /* 16384 */
	uint64_t freelist_seed;

	/* May be changed at any time. */
	size_t limit[CASE_MAX_NODES]; /* pages that a node may give */
	unsigned order_limit;         /* larger blocks are refused */
	uint64_t fail_at;             /* the call that is refused, counted from 1; 0: none */
	bool refuse_memory;           /* page_address gives nothing */

	/* Counts. */
	uint64_t calls;
	size_t used[CASE_MAX_NODES]; /* pages given out */
	uint64_t spoilt; /* pages that came back with other descriptors than they went */
	int asked_nid;   /* of the last call */
	unsigned asked_flags;

	struct mb_err err;
	struct mb_slab *slab;
	struct mb_slab_config config;
	uint64_t normal_map[1];
	int cpu_node[CASE_MAX_CPUS];
	struct mb_page *pages;
	size_t *head; /* of each page: first page of its block plus 1; 0: free */
	char *memory;
	pthread_mutex_t lock;
};

/*
 * Makes the pages and fills config; CPUs go to the nodes in turn. The test fails when memory is
 * short.
 */
void slab_case_init(struct slab_case *c);
/* The same, and mb_slab_init(), which must succeed. */
void slab_case_start(struct slab_case *c);
/* Ends the allocator and the pages, which must all be back and as they were. */
void slab_case_stop(struct slab_case *c);

/* mb_slab_check(), which must succeed. */
void slab_case_check(struct slab_case *c);

size_t slab_case_used(const struct slab_case *c);
/* Node of an address of an object. */
int slab_case_nid(const struct slab_case *c, const void *object);

uint64_t slab_case_seed(void);

#endif
