/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_KERNLOG_H
#define MB_NUMA_KERNLOG_H

#include "core/trace.h"

/*
 * A kernel log (dmesg) as data: what Linux 6.1 to 6.18 says while it brings up its memory, on x86-64
 * and arm64. Lines may begin with a time stamp ("[    0.123456] ", also with a priority "<6>" or a
 * thread "[ T0]" beside it) and end in CR LF; bytes may be anything; a line that is cut before its
 * last value or says nothing known is left out. Lists are in the order of the log. Ranges are half open although the
 * log prints the last byte. Where one line can come once only, the first one counts.
 */

struct mb_kernlog_range {
	mb_phys_t start, end;
	int nid;       /* MB_NO_NODE where the line names none */
	char what[48]; /* e820: type ("usable"); SRAT: what follows the range ("hotplug"); zone */
};

struct mb_kernlog_ranges {
	struct mb_kernlog_range *list;
	size_t count;
};

struct mb_kernlog_value {
	int nid; /* MB_NO_NODE where the line names none */
	uint64_t value;
	char what[48]; /* zone name, what was freed */
	size_t line;   /* of the log, from 1: late frees may come before or behind "Memory:" */
};

struct mb_kernlog_values {
	struct mb_kernlog_value *list;
	size_t count;
};

struct mb_kernlog_hash {
	bool found;
	uint64_t entries, bytes;
	unsigned order;
	bool linear; /* from memblock or the buddy; else "vmalloc" */
};

struct mb_kernlog_node_order {
	int nid;
	int *nids;
	size_t count;
};

/* One bracket of "pcpu-alloc: [group] cpu cpu --": the units of one allocation. */
struct mb_kernlog_percpu_alloc {
	unsigned group;
	int *cpus; /* -1: unused unit */
	size_t count;
};

struct mb_kernlog {
	char *version; /* "Linux version …", whole line; "" when the log has lost it; never NULL */
	char *cmdline; /* behind "Command line: " or "Kernel command line: "; "" likewise */
	bool has_cmdline;

	struct mb_kernlog_ranges e820;      /* BIOS-e820 */
	struct mb_kernlog_ranges user;      /* "user:", the map after the command line's changes */
	struct mb_kernlog_ranges srat;      /* "SRAT: Node N PXM P [mem …]" */
	struct mb_kernlog_values srat_cpus; /* "SRAT: PXM P -> APIC A -> Node N"; value: A */
	struct mb_kernlog_ranges pgdats;    /* NODE_DATA; bytes are end - start */
	struct mb_range
		initrd; /* RAMDISK, else what is freed before "Freeing initrd memory"; 0, 0: none */
	struct mb_kernlog_ranges early;   /* Early memory node ranges */
	struct mb_kernlog_ranges initmem; /* Initmem setup; start == end: "as memoryless" */
	struct mb_kernlog_ranges zones;   /* Zone ranges, by name; start == end: "empty" */
	bool has_zones;                   /* "Zone ranges:" was seen */
	/* "Node N: 0x…" below "Movable zone start for each node"; value: address */
	struct mb_kernlog_values movable;
	struct mb_kernlog_values unavailable; /* zone and pages, in order */

	struct {
		bool found, embedded;
		uint64_t pages; /* per CPU */
		uint64_t static_bytes, reserved_bytes, dynamic_bytes, unit_bytes;
	} percpu; /* "percpu: Embedded …" */
	struct {
		bool found;
		uint64_t static_bytes, reserved_bytes, dynamic_bytes, unit_bytes;
		uint64_t atoms, atom_bytes; /* alloc=atoms*atom */
	} pcpu_alloc;
	struct mb_kernlog_percpu_alloc *percpu_allocs;
	size_t nr_percpu_allocs;
	unsigned nr_present_cpus; /* "Allowing N CPUs", less those for hotplug; 0: not seen */
	unsigned nr_cpu_ids,
		nr_node_ids; /* "setup_percpu:", "rcu: RCU restricting CPUs"; 0: not seen */

	struct mb_kernlog_node_order *fallback;
	size_t nr_fallback;
	struct {
		bool found;
		unsigned count;
		bool mobility;
		uint64_t total_pages;
	} zonelists;          /* "Built N zonelists, …" */
	char policy_zone[16]; /* "" when not seen */

	struct mb_kernlog_hash dentry, inode;
	struct {
		bool found;
		uint64_t available_kib, total_kib, reserved_kib, cma_kib;
		size_t line; /* of the log */
	} memory;
	struct {
		bool found;
		uint64_t hwalign, order_min, order_max, min_objects, cpus, nodes;
	} slub;
	size_t handover_event; /* of the trace: the first behind the line "SLUB:", where there is one */
	/*
	 * "node N deferred pages initialised in Xms", before 5.8 "node N initialised, P pages in Xms"; ms.
	 * Of the older lines also the pages.
	 */
	struct mb_kernlog_values deferred, deferred_pages;
	bool has_init;                       /* "Run … as init process": the boot is over */
	struct mb_kernlog_values late_frees; /* "Freeing what memory: nK"; bytes */
	struct mb_kernlog_ranges cma;        /* "cma: Reserved n MiB at …" */
	uint64_t memory_block_bytes;         /* 0: not seen */

	struct mb_trace trace; /* memblock=debug */
};

/*
 * Reads length bytes, which need no terminator and may hold NULs. 0 and a log that the caller frees
 * with mb_kernlog_free(), or -ENOMEM. A text without any known line gives an empty log.
 */
int mb_kernlog_parse(const char *text, size_t length, struct mb_kernlog **ret_log);

void mb_kernlog_free(struct mb_kernlog *log); /* NULL is fine */

/*
 * The same reading, for its lines: fn gets each with what it says behind prefix and time stamp, and
 * whether the reader takes something from it. A line without any use may be replaced by an empty
 * one: what is read stays the same. 0 or -ENOMEM.
 */
typedef void mb_kernlog_line_fn(void *arg, const char *line, const char *body, bool used);
int mb_kernlog_each(const char *text, size_t length, mb_kernlog_line_fn *fn, void *arg);

/* The kernel release of the version line into buf ("6.1.0-56-cloud-amd64"). 0, -ENOENT, -ERANGE. */
int mb_kernlog_release(const struct mb_kernlog *log, char *buf, size_t size);

#endif
