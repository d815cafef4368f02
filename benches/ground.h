/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_GROUND_H
#define MB_BENCHES_GROUND_H

#include "benches/bench.h"

/* The machine of rows that need memory only: one node, larger than any arena. */
#define MB_GROUND_ONE_NODE "node0=1T node0.cpus=0"

/*
 * What a row stands on: a machine, the host that backs it, and warm memory. One per repetition,
 * so that no row inherits pages or caches of another. Belongs to the thread that opened it.
 */
struct mb_ground {
	struct mb_machine *machine;
	struct mb_host *host;
	void *addr; /* of the window, else NULL */
	size_t bytes;
	int cpu_nid; /* node of the machine whose workers a team is made of; 0 unless set */

	/* Which of the two hosts it is. */
	struct mb_numa_host *numa;
	struct mb_host_plain *plain;
};

/*
 * A host for a machine of this text. 0, or a negative errno with err; closed by
 * mb_ground_close().
 */
int mb_ground_open(const struct mb_bench_env *env, const char *machine_text, struct mb_err *err,
		   struct mb_ground **ret_ground);

/*
 * Memory of a node of the machine, not touched yet; one window at a time. bytes are a multiple of 2 MiB, and so
 * is the address. 0 or a negative errno with err; mb_ground_unmap() gives it back early, nothing without.
 */
int mb_ground_map(struct mb_ground *ground, int nid, size_t bytes, struct mb_err *err);
void mb_ground_unmap(struct mb_ground *ground);

/* The same on node 0, and touched. */
int mb_ground_warm(struct mb_ground *ground, size_t bytes, struct mb_err *err);

/* Touches the window. 0 or a negative errno with err. */
int mb_ground_touch(struct mb_ground *ground, struct mb_err *err);

/* Returns code, and says in err that a hook of the ground's host failed with it at what, and why. */
int mb_ground_hook_failed(struct mb_ground *ground, int code, const char *what, struct mb_err *err);

/* Appends to a boot's reason what the ground's host has to say about the hook that failed, if anything. */
void mb_ground_add_reason(const struct mb_ground *ground, struct mb_err *err);

/* Gives everything back; NULL is fine. */
void mb_ground_close(struct mb_ground *ground);

#endif
