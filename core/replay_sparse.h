/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_REPLAY_SPARSE_H
#define MB_CORE_REPLAY_SPARSE_H

#include "core/boot.h"
#include "core/replay.h"

/*
 * sparse_init run by the engine itself where the kernel ran it: from the trace's state at that point,
 * with the trace's NODE_DATA, its requests and their answers held against the kernel's, one by one.
 */

struct mb_replay_sparse {
	struct mb_replay replay; /* diffs: what is "call", "size", "address" … or "requests" */
	/*
	 * The kernel asked for one page table less at the very first slice: the entry was there. Only
	 * the trace tells.
	 */
	bool has_top_table;
};

/*
 * boot says which machine and profile; it is a dry run, whatever it says of that. 0, also with
 * differences; -ENODATA with err when the trace has no such requests, -ENOMEM, or what a stage
 * returns. The caller ends the replay with mb_replay_fini() in every case.
 */
int mb_replay_sparse_run(const struct mb_boot_config *boot, const struct mb_trace *trace,
			 struct mb_err *err, struct mb_replay_sparse *ret_sparse);

#endif
