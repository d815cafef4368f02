/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_TRACE_H
#define MB_CORE_TRACE_H

#include "core/base/ranges.h"
#include "core/types.h"

/*
 * What a kernel booted with memblock=debug says about its boot allocator, as a list of events in
 * the order of the log: mm/memblock.c of Linux 6.1 and 6.12. Plain data, made by a reader of kernel
 * logs or by hand, and read by the replay. Sizes and addresses in bytes.
 */

/* The memblock function that a request came in by. */
enum mb_trace_call {
	MB_TRACE_ALLOC_TRY_NID,    /* memblock_alloc_try_nid, also _raw: second try without from */
	MB_TRACE_ALLOC_EXACT_NID,  /* memblock_alloc_exact_nid_raw: never leaves its node */
	MB_TRACE_PHYS_ALLOC_RANGE, /* memblock_phys_alloc_range: any node, no second try */
	MB_TRACE_NR_CALLS,
};

enum mb_trace_type {
	MB_TRACE_REQUEST, /* call, base: from, end: max_addr, size, align, nid */
	MB_TRACE_ANSWER,  /* [base, end): reserved by memblock_alloc_range_nid */
	MB_TRACE_RESERVE, /* [base, end): reserved by anyone else */
	MB_TRACE_FREE,    /* [base, end) leaves reserved; may be empty */
	MB_TRACE_ADD,     /* [base, end) becomes memory */
	MB_TRACE_REMOVE,  /* [base, end) is no memory any more */
	MB_TRACE_DUMP,    /* dump: both arrays as they are here */
	MB_TRACE_NODE_DATA, /* [base, end) is nid's pg_data_t; nid MB_NO_NODE where not said (arm64) */
	MB_TRACE_CMA,       /* [base, end) is a CMA area */
	MB_TRACE_FREE_AREA, /* no memblock call: "Zone ranges:", where free_area_init begins */
};

#define MB_TRACE_CALLER_BYTES 48

struct mb_trace_event {
	enum mb_trace_type type;
	enum mb_trace_call call;
	mb_phys_t base, end;
	mb_phys_t size, align;
	int nid;                            /* MB_NO_NODE: any */
	size_t dump;                        /* index into dumps */
	size_t line;                        /* of the log, from 1 */
	char caller[MB_TRACE_CALLER_BYTES]; /* kernel function, cut to fit; "" where not said */
};

struct mb_trace_region {
	mb_phys_t base, end;
	int nid; /* MB_NO_NODE: none */
	unsigned flags;
};

/* A "MEMBLOCK configuration:". */
struct mb_trace_dump {
	struct mb_trace_region *memory, *reserved;
	size_t nr_memory, nr_reserved;
	bool complete;  /* as many regions as the dump announces */
	bool has_nodes; /* a region of memory has a node */
};

/* Zero is empty. The owner ends it with mb_trace_fini(). */
struct mb_trace {
	struct mb_trace_event *events;
	size_t nr_events;
	struct mb_trace_dump *dumps;
	size_t nr_dumps;
};

/* Adds a copy of the event at the end. 0 or -ENOMEM. */
int mb_trace_add(struct mb_trace *trace, const struct mb_trace_event *event);

/* Begins a dump and adds its event. 0 or -ENOMEM. */
int mb_trace_add_dump(struct mb_trace *trace, size_t line);

/* Adds a region to the last dump. 0, -ENOMEM, or -EINVAL without a dump. */
int mb_trace_add_region(struct mb_trace *trace, bool reserved,
			const struct mb_trace_region *region);

/*
 * The dump from which the trace can be replayed, and the first event to replay: on x86 the dump that
 * comes before nodes are known, and the event behind it. Where the only dump comes later (arm64), that
 * one, and the first event of all. *ret_nodes is the first dump that names nodes; dumps are indices
 * into dumps. 0, or -ENODATA when a dump that is needed is missing or not complete.
 */
int mb_trace_start(const struct mb_trace *trace, size_t *ret_dump, size_t *ret_event,
		   size_t *ret_nodes);

/*
 * What is memory and what is reserved before an event: the dump, and the lines between played
 * forward, or undone backward where the dump comes later. An addition or a reservation that repeats
 * what was so already is undone all the same; a removal is not undone. The caller ends both lists. 0
 * or -ENOMEM.
 */
int mb_trace_state(const struct mb_trace *trace, size_t dump, size_t event,
		   struct mb_ranges *ret_memory, struct mb_ranges *ret_reserved);

/* The answer before the first NODE_DATA, else the first event of free_area_init, else the end. */
size_t mb_trace_nodes_event(const struct mb_trace *trace);

/*
 * The node of a NODE_DATA event. Where the log does not say (arm64) the nodes come in their order: the
 * last events are the last nodes that have memory in the dump, since a log loses its head first. With
 * more events than such nodes, the nth is node n. MB_NO_NODE for another event.
 */
int mb_trace_pgdat_node(const struct mb_trace *trace, const struct mb_trace_dump *dump,
			size_t event);

void mb_trace_fini(struct mb_trace *trace);

#endif
