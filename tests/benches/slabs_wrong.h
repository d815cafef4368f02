/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_BENCHES_SLABS_WRONG_H
#define MB_TESTS_BENCHES_SLABS_WRONG_H

#include "benches/bench.h"
#include "core/slab.h"

/*
 * For bench_case_wrong(), of rows whose data begins with their slabs: they do their work, and beside it what an allocator or its
 * user must not.
 */
int slabs_wrong_leak(struct mb_bench_run *run);
int slabs_wrong_free_twice(struct mb_bench_run *run);
int slabs_wrong_lose_a_page(struct mb_bench_run *run); /* one that no slab knows of */

/* For others of that kind: the slabs, and an object of 64 bytes of them. */
struct mb_slab *slabs_wrong_slab(struct mb_bench_run *run);
void *slabs_wrong_kmalloc(struct mb_bench_run *run);

#endif
