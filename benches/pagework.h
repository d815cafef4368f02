/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_PAGEWORK_H
#define MB_BENCHES_PAGEWORK_H

#include "benches/best_fill.h"
#include "benches/ground.h"
#include "benches/initialiser.h"
#include "benches/share.h"

/*
 * What rows about page initialisers have in common: an arena full of descriptors of one size, initialised by the run's
 * threads, each its part, and looked at afterwards. Also a fill of the same memory by the same threads, which they are
 * held against.
 */
struct mb_pagework {
	const struct mb_initialiser *initialiser;
	const struct mb_page_size *size;
	struct mb_ground *ground;
	uint64_t pages;
	const struct mb_fill *fill; /* for mb_pagework_fill() */
	struct mb_share *share;     /* deals the pages; NULL: each thread an equal part */
};

/*
 * Opens the run's ground, warm, and sets its bytes and pages; run->threads and run->nid are set already. -ENOTSUP when the CPU lacks
 * what the initialiser needs, -ENOMEM, or as mb_ground_map(). The work is for free().
 */
int mb_pagework_setup(struct mb_bench_run *run, const struct mb_initialiser *initialiser,
		      const struct mb_page_size *size, struct mb_pagework **ret_work);

/* One round of each: 0 and its time, or as mb_team_run(). */
int mb_pagework_init(struct mb_pagework *work, struct mb_bench_run *run, uint64_t *ret_ns);
int mb_pagework_fill(struct mb_pagework *work, struct mb_bench_run *run, uint64_t *ret_ns);

/* The best fill for the run's threads and nodes becomes the work's, unless it has one. 0 or as mb_best_fill_find(). */
int mb_pagework_find_fill(struct mb_pagework *work, struct mb_bench_run *run);

/* A round of that fill, for limit_turn of rows. */
int mb_pagework_limit_turn(struct mb_pagework *work, struct mb_bench_run *run, uint64_t *ret_ns);

/* The first as what the run's round measures: as mb_team_measure(). */
int mb_pagework_measure(struct mb_pagework *work, struct mb_bench_run *run);

/* Each descriptor is as mb_pageinit_range() leaves it: 0, or -EUCLEAN with the first that is not, and its field. */
int mb_pagework_validate(const struct mb_pagework *work, struct mb_bench_run *run);

/* Hooks of rows whose run->data is a work and nothing else; after a setup that failed it is NULL, and teardown is still right. */
int mb_pagework_run_setup(struct mb_bench_run *run, const struct mb_initialiser *initialiser,
			  const struct mb_page_size *size);
int mb_pagework_run_measure(struct mb_bench_run *run);
int mb_pagework_run_validate(struct mb_bench_run *run);
int mb_pagework_run_limit_turn(struct mb_bench_run *run, uint64_t *ret_ns);
void mb_pagework_run_teardown(struct mb_bench_run *run);

#endif
