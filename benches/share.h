/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_SHARE_H
#define MB_BENCHES_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

/*
 * How work on a node's pages is dealt to its workers. A rule is a row: how large chunks are, whether workers take them from one
 * queue or each from its own, and whether who is done takes from the others.
 */
struct mb_share_rule {
	const char *name, *summary;
	bool own_queues; /* each worker's is an equal part, in whole units */
	bool steals;
	/* Of total, in the same count: whole units, or all of it. NULL: a queue is one chunk. */
	uint64_t (*chunk)(uint64_t total, uint64_t unit, unsigned threads);
};

/* NULL after the last. */
const struct mb_share_rule *mb_share_rule(size_t index);

/* Whether the rule's chunks of so much are what they must be: 0, or -EUCLEAN with the reason. */
int mb_share_check(const struct mb_share_rule *rule, uint64_t total, uint64_t unit,
		   unsigned threads, struct mb_err *err);

struct mb_share;

/*
 * Deals [0, total) to threads; unit is what is not cut, but for the last: pages of a section. chunk: instead of the rule's; 0:
 * that. NULL when out of memory; for mb_share_free(), which takes NULL.
 */
struct mb_share *mb_share_new(const struct mb_share_rule *rule, uint64_t total, uint64_t unit,
			      unsigned threads, uint64_t chunk);
void mb_share_free(struct mb_share *share);

/* All is there again, by one thread. */
void mb_share_reset(struct mb_share *share);

/* The next chunk for a worker, by itself; false: no more for it. */
bool mb_share_take(struct mb_share *share, unsigned index, uint64_t *ret_start, uint64_t *ret_end);

/* Largest chunk. */
uint64_t mb_share_chunk(const struct mb_share *share);

#endif
