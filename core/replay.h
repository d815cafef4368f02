/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_REPLAY_H
#define MB_CORE_REPLAY_H

#include "core/machine.h"
#include "core/memblock.h"
#include "core/trace.h"

/*
 * A kernel's memblock trace played again: every request in its order, and its answer held against
 * the one that memblock gives here. One thread.
 */

struct mb_replay_config {
	const struct mb_trace *trace;
	/* The state to begin with, the first event to play and the one before which to stop. */
	size_t dump, begin, end;
	size_t nodes; /* the dump that names nodes */
	unsigned page_shift;
	bool memblock_dummy;              /* of the kernel profile */
	mb_phys_t cma_align;              /* bytes of a pageblock */
	const struct mb_machine *machine; /* borrowed */
	mb_phys_t cma_limit; /* CMA areas end here: the end of ZONE_DMA on arm64, of RAM on x86 */
};

/* Where the two part. Zero is no address. */
struct mb_replay_diff {
	size_t event;        /* index into the trace's; its number of events: behind the last */
	mb_phys_t want, got; /* the kernel's, and memblock's here */
	const char *what;    /* "address", "doubled array", "reserved", "memory" … */
};

/* Zero is empty. */
struct mb_replay {
	size_t compared; /* requests held against their answers, and silent ones */
	size_t taken;    /* answers without a request that could be known: reserved as they are */
	struct mb_replay_diff *diffs;
	size_t nr_diffs;
};

/*
 * All of a trace, for a machine. 0, or -ENODATA with err when the trace lacks a dump that it needs.
 * trace and machine are borrowed.
 */
int mb_replay_config_init(struct mb_replay_config *config, const struct mb_trace *trace,
			  const struct mb_machine *machine, bool memblock_dummy,
			  struct mb_err *err);

/*
 * Plays [begin, end). memblock is initialised here, left as it is at the end, and ended by the caller
 * in every case; so is the replay. After a difference the kernel's answer stands. 0, also with
 * differences, or -ENOMEM with err.
 */
int mb_replay_run(const struct mb_replay_config *config, struct mb_memblock *memblock,
		  struct mb_err *err, struct mb_replay *replay);

/* Notes a difference. 0 or -ENOMEM. */
int mb_replay_add_diff(struct mb_replay *replay, size_t event, const char *what, mb_phys_t want,
		       mb_phys_t got);

void mb_replay_fini(struct mb_replay *replay);

#endif
