/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_ZONEWORK_H
#define MB_BENCHES_ZONEWORK_H

#include "benches/bench.h"
#include "benches/release.h"
#include "benches/team.h"

struct mb_boot;
struct mb_memmodel;

/*
 * What rows about hand-over to the buddy have in common: a machine with one zone, whose descriptors fill the arena, booted up to
 * memmap_init by the rules of 6.12; the zone goes to the page allocator as a whole, by one thread or by several that share its
 * lock, and can be made as it was.
 */
struct mb_zonework {
	struct mb_zone *zone; /* first: a test looks for it here */
	struct mb_boot *boot;
	const struct mb_memmodel *model;
	const struct mb_release_rule *rule; /* that mb_zonework_release() goes by */
};

#define MB_ZONEWORK_PAGE 64 /* bytes of the descriptor */

/* Opens the run's ground and sets its pages; also what failed is for mb_zonework_close(). 0 or a negative errno with run->err. */
int mb_zonework_open(struct mb_bench_run *run, const struct mb_release_rule *rule,
		     struct mb_zonework *work);
void mb_zonework_close(struct mb_zonework *work);

/* As memmap_init leaves the zone, and nothing of it in the buddy. Untimed. */
void mb_zonework_empty(struct mb_zonework *work);
void mb_zonework_init(struct mb_zonework *work);

/*
 * By as many of the node's workers, each an equal part: 0 and its time, or as mb_team_run(); ret_ns NULL: it is what the run's
 * round measures, as mb_team_measure().
 */
int mb_zonework_release(struct mb_zonework *work, struct mb_bench_run *run, unsigned threads,
			uint64_t *ret_ns);

/* Everything was handed over, once, and the buddy is in order: 0 or -EUCLEAN. */
int mb_zonework_validate(const struct mb_zonework *work, struct mb_bench_run *run);

#endif
