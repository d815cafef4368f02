/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_STAGE_H
#define MB_CORE_STAGE_H

#include "core/base/err.h"
#include "core/types.h"

/*
 * A boot stage is a row: the program's phase table, the boot benches and the reports walk the rows
 * of core/boot.c.
 */
struct mb_boot;

struct mb_stage {
	const char *name;       /* "memmap_init": what tables show and options take */
	const char *linux_name; /* the kernel function that it mirrors */
	const char *summary;    /* one line for people */
	unsigned policies;      /* bits by enum mb_policy; 0: whatever the policy */
	bool dry_run;           /* also run when no descriptors are wanted */
	bool recorded;          /* only in a boot that has the record of a real one */
	bool check_always;      /* its check asks the host, not the engine: walked in every boot */
	bool untotalled;        /* beside the totals: a cost of the host, not of the boot */

	/*
	 * Makes what must be there before the stage, and what no kernel waits for then, such as threads; in no time. As
	 * run; may be NULL.
	 */
	int (*prepare)(struct mb_boot *boot);
	/*
	 * Does the stage's work. 0, -ECANCELED, or another negative errno with the boot's err
	 * filled.
	 */
	int (*run)(struct mb_boot *boot);
	/*
	 * Walks the stage's invariants, changing nothing. 0, or -EUCLEAN with err saying which one
	 * is broken.
	 */
	int (*check)(struct mb_boot *boot);
	/* Frees what run made; accepts a stage that ran half or not at all. */
	void (*undo)(struct mb_boot *boot);
};

/* What one worker did in the deferred stage. */
struct mb_worker_stat {
	int nid;
	unsigned index;
	int cpu;           /* host CPU, -1 when not pinned */
	uint64_t start_ns; /* its begin, after that of the boot's first stage */
	uint64_t ns;       /* from its own begin to its last chunk's end */
	uint64_t chunks;   /* padata chunks taken */
	uint64_t pages;    /* descriptors initialised */
};

/* What one node cost in a stage that works node by node. */
struct mb_node_stat {
	int nid;
	uint64_t start_ns; /* of its first worker, after the begin of the boot's first stage */
	uint64_t ns;       /* of its first worker, from begin to end */
	uint64_t pages;
	unsigned threads;
	uint64_t jobs, chunks;
	uint64_t lock_held_ns; /* longest stretch with the node lock held, in all of the boot */

	/* Of growth on demand. */
	uint64_t left_pages;       /* deferred when the boot had come to its end */
	const uint64_t *growth_ns; /* of each growth in order; the node's */
	size_t nr_growths;
};

/* A part of a stage that the kernel has a function for, timed on its own. */
struct mb_phase_stat {
	const char *name; /* the kernel's */
	uint64_t ns, pages;
};

#define MB_STAGE_MAX_PHASES 1

/* What a stage did, by its own count. */
struct mb_stage_stat {
	const struct mb_stage *stage;
	bool ran;
	uint64_t start_ns; /* its begin, after that of the boot's first stage */
	uint64_t ns;       /* wall time on the boot CPU, checks not included */
	uint64_t pages;    /* pages that the stage handled, 0 where pages are not its unit */
	uint64_t bytes;    /* bytes that it wrote or allocated */
	/* Their time and pages are in the stage's too. A dry run has pages and no time. */
	struct mb_phase_stat phases[MB_STAGE_MAX_PHASES];
	size_t nr_phases;
	struct mb_node_stat *nodes;
	size_t nr_nodes;
	struct mb_worker_stat *workers;
	size_t nr_workers;
};

#endif
