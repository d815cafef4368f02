/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_HOST_H
#define MB_NUMA_HOST_H

#include "core/host.h"
#include "core/machine.h"
#include "numa/arena.h"
#include "numa/counters.h"
#include "numa/host_map.h"
#include "numa/workers.h"

/*
 * The real host behind core/host.h: arena, workers and clock, with the simulated nodes mapped onto the host's. Its hooks
 * may be called from any thread, run not from inside a task.
 */
struct mb_numa_host;

struct mb_host_options {
	enum mb_host_map_bind bind;
	bool cores; /* a worker for each core of a node at most, not for each CPU */
	enum mb_arena_pages pages;
};

/*
 * Borrows machine, topology and cancel (may be NULL); options NULL: all zero. Pins the calling thread, which is to be the boot CPU, to the first
 * CPU of the node that has the simulated CPU 0. 0; -ENOTSUP when the topology is not of this system; -ENOMEM; or as
 * mb_arena_set_pages().
 */
int mb_host_new(const struct mb_machine *machine, const struct mb_topo *topo,
		const struct mb_host_options *options, const atomic_int *cancel, struct mb_err *err,
		struct mb_numa_host **ret_host);

/* Ends workers, frees all memory, unpins; by the thread that made it. NULL is fine. */
void mb_host_free(struct mb_numa_host *host);

/*
 * Counts events between the marks of stages from now on: those of the boot thread, which must be the caller, and of the workers, none
 * of which may have been started yet. counters is borrowed and must outlive the host. 0 or -ENOMEM.
 */
int mb_host_count_events(struct mb_numa_host *host, struct mb_counters *counters);

/* The events of the boot thread; NULL when none are counted. Owned by the counters. */
struct mb_counters_thread *mb_host_events(const struct mb_numa_host *host);

/* What the engine gets; lives as long as the host. */
struct mb_host *mb_host_hooks(struct mb_numa_host *host);

const struct mb_host_map *mb_host_mapping(const struct mb_numa_host *host);

/* For figures about memory. */
struct mb_arena *mb_host_arena(struct mb_numa_host *host);

/* CPU of the boot thread; -1 with err filled when it could not be pinned. */
int mb_host_boot_cpu(const struct mb_numa_host *host, struct mb_err *err);

/* Where the workers really ran. Not while tasks run. */
void mb_host_workers(const struct mb_numa_host *host, struct mb_workers_report *ret_report);

/* Where a worker was at the marks of a stage: as mb_workers_seen(). */
int mb_host_seen(const struct mb_numa_host *host, const char *stage, int nid, unsigned index,
		 uint64_t *map);

/*
 * The reason of the first hook that failed since the last call, since hooks return only a number; code 0 when none did.
 * Not while tasks run.
 */
void mb_host_take_err(struct mb_numa_host *host, struct mb_err *ret_err);

#endif
