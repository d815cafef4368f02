/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_PERCPU_H
#define MB_CORE_PERCPU_H

#include "core/base/strbuf.h"
#include "core/memblock.h"
#include "core/profile.h"

/*
 * The first chunk of per-CPU memory: setup_per_cpu_areas and mm/percpu.c of Linux 6.1. A unit holds
 * one CPU's static, reserved and first dynamic part; CPUs that are close to each other share a
 * group, whose units lie side by side on the group's node. Only what takes memory is kept: there is
 * no allocator behind it. One thread.
 */

struct mb_percpu_config {
	uint64_t static_bytes;   /* the kernel's per-CPU sections */
	uint64_t reserved_bytes; /* for modules */
	uint64_t dynamic_bytes;  /* wanted: PERCPU_DYNAMIC_RESERVE */
	uint64_t early_bytes;    /* at least: PERCPU_DYNAMIC_EARLY_SIZE */
	uint64_t atom_bytes;     /* allocations are aligned to this and multiples of it */
	unsigned page_shift;
	unsigned nr_cpus;    /* possible CPUs, ids from 0 */
	const int *cpu_node; /* node of each CPU, MB_NO_NODE where unknown */
	/* nr_node_ids × nr_node_ids, row: from; NULL: only CPUs of one node are close (x86-64). */
	const uint8_t *distance;
	unsigned nr_node_ids;
	mb_phys_t min_addr;     /* MAX_DMA_ADDRESS as a physical address */
	uint64_t vmalloc_bytes; /* units must fit in three quarters of it; 0: no limit */
	/* struct pcpu_chunk without its bitmap; 0: the chunk's own records take no memory. */
	unsigned chunk_bytes;
};

#define MB_PERCPU_NO_CPU   UINT32_MAX
#define MB_PERCPU_MIN_UNIT (UINT64_C(32) << 10) /* PCPU_MIN_UNIT_SIZE */
#define MB_PERCPU_DYNAMIC  (UINT64_C(28) << 10) /* PERCPU_DYNAMIC_RESERVE, 64 bits */
#define MB_LOCAL_DISTANCE  10

struct mb_percpu_group {
	int nid; /* where its memory is wanted: the node of its first CPU */
	unsigned nr_cpus;
	unsigned nr_units; /* whole allocations' worth */
	uint32_t *cpu_map; /* CPU of each unit or MB_PERCPU_NO_CPU; part of the layout's */
	mb_phys_t base;    /* of the first unit; 0 before it is placed */
};

/* Zero is an empty layout. */
struct mb_percpu_layout {
	uint64_t static_bytes, reserved_bytes, dynamic_bytes;
	uint64_t size_sum; /* the three, whole pages */
	uint64_t unit_bytes, atom_bytes, alloc_bytes;
	unsigned page_shift;
	unsigned units_per_alloc;
	unsigned nr_allocs, nr_units, nr_cpus, nr_groups;
	struct mb_percpu_group *groups; /* in order of their lowest CPU */
	uint32_t *cpu_map;              /* nr_units, group by group */
	mb_phys_t *unit_addr;           /* of each CPU's unit; 0 before it is placed */
	mb_phys_t *pages;               /* page by page: all pages of all units; else NULL */
};

/*
 * The configuration of a machine. min_addr: see mb_percpu_config. The arrays are borrowed from the
 * machine.
 */
void mb_percpu_config_init(struct mb_percpu_config *config, const struct mb_machine *machine,
			   const struct mb_profile *profile, mb_phys_t min_addr);

/*
 * Sizes and groups, no memory placed (pcpu_build_alloc_info). 0, -EINVAL for an impossible
 * configuration, -ENOMEM. The caller ends the layout with mb_percpu_fini().
 */
int mb_percpu_build(const struct mb_percpu_config *config, struct mb_err *err,
		    struct mb_percpu_layout *ret_layout);
void mb_percpu_fini(struct mb_percpu_layout *layout);

/*
 * mb_percpu_build() and one allocation a group, of which unused units and the ends of the others go
 * back (pcpu_embed_first_chunk). -ENOMEM; -ERANGE when the groups lie too far apart. What was taken
 * from memblock is back then.
 */
int mb_percpu_embed(const struct mb_percpu_config *config, struct mb_memblock *memblock,
		    struct mb_err *err, struct mb_percpu_layout *ret_layout);

/* The same page by page (pcpu_page_first_chunk), less the page tables behind the mapping. */
int mb_percpu_page(const struct mb_percpu_config *config, struct mb_memblock *memblock,
		   struct mb_err *err, struct mb_percpu_layout *ret_layout);

/* setup_per_cpu_areas: embedded, else page by page. */
int mb_percpu_setup(const struct mb_percpu_config *config, struct mb_memblock *memblock,
		    struct mb_err *err, struct mb_percpu_layout *ret_layout);

/* The kernel's lines "percpu: …" and "pcpu-alloc: …", without time stamps. */
void mb_percpu_print(const struct mb_percpu_layout *layout, struct mb_strbuf *buf);

/*
 * Each CPU has one unit in its group, none overlap, all are reserved in memblock where that is
 * given. 0 or -EUCLEAN.
 */
int mb_percpu_check(const struct mb_percpu_layout *layout, const struct mb_memblock *memblock,
		    struct mb_err *err);

#endif
