/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_COSTMODEL_FEATURES_H
#define MB_REPORTS_COSTMODEL_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

/* What the cost model knows of a boot: its phases, and the features of a machine, which are all that their times depend on. */

/* Stages of the boot, in its order. */
enum mb_costmodel_phase {
	MB_COSTMODEL_MEMBLOCK,
	MB_COSTMODEL_NODE,
	MB_COSTMODEL_SPARSE,
	MB_COSTMODEL_FAULT, /* the host's cost, beside the totals */
	MB_COSTMODEL_TOUCH, /* likewise */
	MB_COSTMODEL_AREA,
	MB_COSTMODEL_PAGEINIT,
	MB_COSTMODEL_PERCPU,
	MB_COSTMODEL_ZONELIST,
	MB_COSTMODEL_HASH,
	MB_COSTMODEL_HANDOFF,
	MB_COSTMODEL_SLAB,
	MB_COSTMODEL_PAGESET,
	MB_COSTMODEL_DEFERRED,
	MB_COSTMODEL_WATERMARK,
	MB_COSTMODEL_GROW,
	MB_COSTMODEL_NR_PHASES,
};

struct mb_costmodel_phase_row {
	const char *name; /* of the stage: "memmap_init" */
	bool beside;      /* in none of the totals */
};
extern const struct mb_costmodel_phase_row mb_costmodel_phases[MB_COSTMODEL_NR_PHASES];

/* The phase of a stage's name, or -ENOENT: a stage that the model does not have. */
int mb_costmodel_phase_find(const char *name);

/* A node's workers in the deferred stage. */
struct mb_costmodel_node {
	int nid;
	size_t group;      /* index into groups: whose CPUs and memory it has */
	double pages;      /* that its workers initialise; 0: nothing is deferred */
	double threads;    /* that take chunks, at least 1 */
	double jobs;       /* of padata, one after another */
	double chunks;     /* of all jobs; 0: not known, taken for divided evenly */
	double left_pages; /* by policy lazy: that came later, on demand */
};

/*
 * What nodes share. A real machine has a group for each node; nodes that were simulated on one host node are one group, with the CPUs of that
 * host node.
 */
struct mb_costmodel_group {
	double cpus;  /* that can work at once, at least 1 */
	double cores; /* that these are on; 0: as many */
	double gb_s;  /* bytes of descriptors per ns that its memory takes; 0: what the fit has */
};

/* What the second CPU of a core adds to it: 16 to 28 % for servers in Marr et al.: Hyper-Threading Technology, Intel Technology Journal 6 (2002). */
#define MB_COSTMODEL_SMT_GAIN 0.25

struct mb_costmodel_features {
	double regions;        /* memblock's memory and reserved ranges */
	double sections;       /* with memory */
	double memmap_pages;   /* descriptors of present sections */
	double page_bytes;     /* of a descriptor */
	double early_pages;    /* initialised by memmap_init, without those of holes */
	double hole_pages;     /* init_unavailable_range */
	double reserved_pages; /* memmap_init_reserved_pages */
	double released_pages; /* by memblock_free_all, without the reserved ones */
	double cpus;           /* possible ones, of all nodes */
	double zones;          /* populated */
	double fault_threads;  /* that touch the memmap first, of all nodes: at least 1 */
	double growths;        /* by policy lazy */
	const struct mb_costmodel_node *nodes; /* borrowed */
	size_t nr_nodes;
	const struct mb_costmodel_group *groups; /* borrowed */
	size_t nr_groups;
};

#endif
