/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_SLABS_H
#define MB_BENCHES_SLABS_H

#include "benches/bench.h"
#include "core/slab.h"
#include "core/stage.h"

/* A slab allocator of a row's own, on a boot of a machine; and whether it gives back all that it took. */
struct mb_slabs;

/*
 * Opens the run's ground with the machine, boots it by the rules of 6.12 up to a stage that comes after
 * hand-over, and notes how many pages it has. No allocator runs yet. mb_slabs_free() accepts NULL.
 */
int mb_slabs_new(struct mb_bench_run *run, const char *machine, const struct mb_stage *last,
		 struct mb_slabs **ret_slabs);
void mb_slabs_free(struct mb_slabs *slabs);

/* What the next start uses: to be changed before it. */
struct mb_slab_config *mb_slabs_config(struct mb_slabs *slabs);

/* kmem_cache_init; notes how many objects are in use then. 0 or a negative errno with err. */
int mb_slabs_start(struct mb_slabs *slabs, struct mb_err *err);

/* Gives all pages back; fine when nothing runs. */
void mb_slabs_stop(struct mb_slabs *slabs);

/* NULL while none runs. */
struct mb_slab *mb_slabs_slab(const struct mb_slabs *slabs);

/*
 * The allocator's own check; as many objects in use as after the start; stops it; and the buddy has all pages
 * again. 0 or -EUCLEAN with err.
 */
int mb_slabs_check(struct mb_slabs *slabs, struct mb_err *err);

#endif
