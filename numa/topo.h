/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_TOPO_H
#define MB_NUMA_TOPO_H

#include "core/base/err.h"
#include "core/types.h"

/*
 * What the host offers: its memory nodes and the CPUs that this process may use. Made once, then read-only, so threads
 * may share it. numa/topo_hwloc.c asks hwloc; numa/topo_none.c, in a build without it, knows one node.
 */

/* What a topology can lack without being useless. */
enum mb_topo_part {
	MB_TOPO_NODES,      /* the host's nodes are told apart */
	MB_TOPO_CORES,      /* packages, cores and SMT siblings are known */
	MB_TOPO_DISTANCES,  /* as the firmware says; else 10 and 20 */
	MB_TOPO_PAGE_SIZES, /* huge pages too */
	MB_TOPO_BINDING,    /* threads can be pinned */
	MB_TOPO_NR_PARTS,
};

struct mb_topo_status {
	int code; /* 0, or a negative errno with the reason */
	char reason[120];
};

/* CPUs of nodes that this process may not have memory of, when a cpuset leaves no others. */
#define MB_TOPO_ELSEWHERE (-1)

struct mb_topo_node {
	int os_index; /* number in sysfs; numbers may have gaps */
	uint64_t total_bytes, free_bytes,
		available_bytes; /* when the topology was made; struct mb_meminfo */
	/*
	 * CPUs that will work for the node: one PU of each core first, then the second siblings, and so on. Never empty: a
	 * node without usable CPUs of its own has those of the nearest node with some, or else all.
	 */
	int *cpus;
	size_t nr_cpus;
	size_t nr_cores; /* of these, one of each core: the first ones */
	/*
	 * os_index of the node that the CPUs belong to, never its own for a bare one; of several nodes the nearest;
	 * or MB_TOPO_ELSEWHERE.
	 */
	int cpu_node;
	bool bare; /* has no CPUs of its own; the firmware, or the file, says which are its nearest */
	char kind[16]; /* "HBM", …: as the library calls it; "" when plain or not known */
	/* From its nearest CPUs, as the firmware says; 0: it does not. */
	uint64_t bandwidth_mib_s, latency_ns;
};

/* The caches of one level, type and size. */
struct mb_topo_cache {
	unsigned level;
	char type; /* 'd' data, 'i' instructions, 'u' both */
	uint64_t bytes;
	unsigned count; /* such caches */
	unsigned cpus;  /* that share one */
};

#define MB_TOPO_MAX_CACHES 16

/* Whether a CPU works, or why not. */
enum mb_topo_use {
	MB_TOPO_USED,
	MB_TOPO_OFFLINE,
	MB_TOPO_HIDDEN, /* one or the other: the description of another machine does not tell */
	MB_TOPO_NOT_ALLOWED, /* by the cpuset of this process's control group */
	MB_TOPO_NOT_BOUND,   /* outside of the thread's affinity */
	MB_TOPO_NOT_WANTED,  /* not in the list that was asked for */
	MB_TOPO_SIBLING,     /* another PU of its core works, and SMT is off */
	MB_TOPO_NR_USES,
};

struct mb_topo_cpu {
	int os_index;
	int core, package; /* number of each by its order in the host; -1: not known */
	unsigned sibling;  /* of the usable PUs of its core the first is 0 */
	enum mb_topo_use use;
};

#define MB_TOPO_MAX_PAGE_SIZES 8
#define MB_TOPO_MAX_CPUS       8192 /* the largest NR_CPUS of x86-64 and arm64 */

struct mb_topo {
	struct mb_topo_node *nodes; /* by os_index; nodes without memory are listed too */
	size_t nr_nodes;
	size_t nr_host_nodes;     /* those that this process may not use included */
	struct mb_topo_cpu *cpus; /* by os_index; all that are present */
	size_t nr_listed;
	unsigned *distance;                      /* nr_nodes × nr_nodes, row: from */
	unsigned nr_packages, nr_cores, nr_cpus; /* usable by this process; 0: not known */
	uint64_t page_sizes
		[MB_TOPO_MAX_PAGE_SIZES]; /* bytes, ascending; the first is the base page */
	size_t nr_page_sizes;
	struct mb_topo_cache caches[MB_TOPO_MAX_CACHES]; /* first level first */
	size_t nr_caches;
	char *machine;    /* product name, "" when not known */
	char *cpu_model;  /* "" when not known */
	bool this_system; /* false: described by a file or by text, so nothing can be bound to it */
	struct mb_topo_status parts[MB_TOPO_NR_PARTS];
	void *handle; /* the library's own object, for the files of that library */
};

/* What is wanted of it. */
struct mb_topo_want {
	const uint64_t *cpus; /* bitmap of MB_TOPO_MAX_CPUS bits: these CPUs alone; NULL: all */
	bool no_smt;          /* one PU of each core */
	/*
	 * Another machine instead of this host: an hwloc XML file, or hwloc's synthetic text such as "node:4 core:2 pu:2".
	 * NULL: this host. Nothing can be bound to another machine.
	 */
	const char *source;
};

/*
 * The host as the calling thread may use it now: cpusets and the thread's affinity are respected, so call it before
 * anything is pinned. want may be NULL. 0; -ENOMEM; -ENODEV when no memory or no CPU is usable; -ENXIO for a wanted CPU that
 * cannot be used; -ENOTSUP when cores or another machine are wanted and this build cannot tell; -EINVAL for a source that is
 * none, or larger than Linux can be; or the library's failure. The caller frees the topology with
 * mb_topo_free(), after everything that was made from it.
 */
int mb_topo_new_want(const struct mb_topo_want *want, struct mb_err *err,
		     struct mb_topo **ret_topo);

/* The same with all that there is. */
int mb_topo_new(struct mb_err *err, struct mb_topo **ret_topo);

void mb_topo_free(struct mb_topo *topo);

/* The library behind it: "hwloc 2.9.0", or "none". */
const char *mb_topo_version(void);

/* "nodes", "cores", … */
const char *mb_topo_part_name(enum mb_topo_part part);

/*
 * Memory of a host node now: of the whole host where it is the only one. Leaves ret_info alone when it
 * cannot be read and for a description of another machine.
 */
struct mb_meminfo;
void mb_topo_meminfo(const struct mb_topo *topo, const struct mb_topo_node *node,
		     struct mb_meminfo *ret_info);

/* Firmware distance between two entries of nodes (indices, not node numbers): 10 is local. */
unsigned mb_topo_distance(const struct mb_topo *topo, size_t from, size_t to);

/* NULL when the host has no such node. */
const struct mb_topo_node *mb_topo_find(const struct mb_topo *topo, int os_index);

/* The host has one node for certain, so memory cannot be on a wrong one. */
bool mb_topo_single(const struct mb_topo *topo);

/* "offline", …: why a CPU does not work. */
const char *mb_topo_use_reason(enum mb_topo_use use);

/* For the files that make topologies. */

/*
 * The library's part: nodes with all their CPUs that the library lists, the CPUs with use as far as it tells, distances,
 * page sizes, handle and what is lacking. Leaves the rest, and what is half made after a failure, to its caller.
 */
int mb_topo_fill(struct mb_topo *topo, const char *source, struct mb_err *err);

/*
 * Sorts nodes and CPUs, decides which CPUs work, reads the nodes' memory, lends CPUs to nodes without, and names the machine.
 * Failures as of mb_topo_new_want().
 */
int mb_topo_finish(struct mb_topo *topo, const struct mb_topo_want *want, struct mb_err *err);

/* Marks a part as missing and why. */
void mb_topo_lacks(struct mb_topo *topo, enum mb_topo_part part, int code, const char *reason, ...)
	__attribute__((format(printf, 4, 5)));

/* Frees handle; does nothing for NULL. */
void mb_topo_free_handle(void *handle);

#endif
