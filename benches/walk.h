/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_WALK_H
#define MB_BENCHES_WALK_H

#include "benches/bench.h"
#include "core/memmodel_walk.h"

struct mb_boot;

/*
 * What rows that walk over a table of sections have in common: a machine is booted up to its memory
 * model, once and without descriptors; a round is one walk or several. One thread.
 */
struct mb_walk {
	struct mb_boot *boot; /* first: a test looks for it here */
	uint64_t looked, present;
};

struct mb_walk_way {
	const char *name, *summary;
	enum mb_memmodel_walk walk;
	unsigned
		times; /* that a round does it: what is short several times, for reading the clock not to count */
};

#define MB_WALK_NR_WAYS 3
extern const struct mb_walk_way mb_walk_ways[MB_WALK_NR_WAYS];

/* A row of that way, but for its group, its argument, and the hooks setup and validate. */
void mb_walk_row(const struct mb_walk_way *way, struct mb_bench *ret_row);

/* For setup: boots a machine of this text. model NULL: vmemmap. 0, -ENOTSUP, or another negative errno. */
int mb_walk_setup(struct mb_bench_run *run, const char *machine_text,
		  const struct mb_memmodel_row *model);

/* For validate: how many sections the walk has to look at, and how many of them are present. */
int mb_walk_validate(struct mb_bench_run *run, uint64_t looked, uint64_t present);

#endif
