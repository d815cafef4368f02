/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>

#include "benches/share.h"
#include "core/base/align.h"
#include "core/base/lock.h"
#include "core/deferred.h"

/* A cache line of its own, and its lock, which padata has too. */
struct queue {
	alignas(64) struct mb_lock lock;
	uint64_t start, next, end;
};

struct mb_share {
	uint64_t chunk;
	unsigned nr_queues;
	bool steals;
	struct queue *queues;
};

/* --- the rules --- */

static uint64_t padata_chunk(uint64_t total, uint64_t unit, unsigned threads)
{
	return mb_min(mb_deferred_split(total, unit, threads).chunk_pages, mb_max(total, 1));
}

static uint64_t unit_chunk(uint64_t total, uint64_t unit, unsigned threads)
{
	(void)total, (void)threads;
	return unit;
}

static const struct mb_share_rule rules[] = {
	{
		.name = "padata",
		.summary = "one queue, four chunks a worker and a section at least, as in Linux",
		.chunk = padata_chunk,
	},
	{
		.name = "static",
		.summary = "each worker an equal part, at once",
		.own_queues = true,
	},
	{
		.name = "queues",
		.summary = "a queue a worker, section by section; who is done takes from others",
		.own_queues = true,
		.steals = true,
		.chunk = unit_chunk,
	},
};

const struct mb_share_rule *mb_share_rule(size_t index)
{
	return index < MB_ARRAY_SIZE(rules) ? &rules[index] : NULL;
}

int mb_share_check(const struct mb_share_rule *rule, uint64_t total, uint64_t unit,
		   unsigned threads, struct mb_err *err)
{
	uint64_t chunk = rule->chunk ? rule->chunk(total, unit, threads) : total;

	if (!chunk)
		return MB_FAIL(err, -EUCLEAN, "a chunk of 0 pages; it takes whole sections of %llu",
			       (unsigned long long)unit);
	if (chunk < total && chunk % unit)
		return MB_FAIL(err, -EUCLEAN, "a chunk of %llu pages is not whole sections of %llu",
			       (unsigned long long)chunk, (unsigned long long)unit);
	return 0;
}

/* --- dealing --- */

struct mb_share *mb_share_new(const struct mb_share_rule *rule, uint64_t total, uint64_t unit,
			      unsigned threads, uint64_t chunk)
{
	const unsigned nr_queues = rule->own_queues ? threads : 1;
	const uint64_t units = (total + unit - 1) / unit;
	struct mb_share *share = calloc(1, sizeof(*share));

	if (!share)
		return NULL;
	if (!chunk && rule->chunk)
		chunk = rule->chunk(total, unit, threads);
	share->chunk = chunk ? chunk : UINT64_MAX;
	share->nr_queues = nr_queues;
	share->steals = rule->steals;
	share->queues = aligned_alloc(alignof(struct queue), nr_queues * sizeof(*share->queues));
	if (!share->queues) {
		free(share);
		return NULL;
	}
	for (unsigned i = 0; i < nr_queues; i++) {
		share->queues[i] = (struct queue){
			.start = mb_min(units * i / nr_queues * unit, total),
			.end = mb_min(units * (i + 1) / nr_queues * unit, total),
		};
		mb_lock_init(&share->queues[i].lock);
	}
	mb_share_reset(share);
	return share;
}

void mb_share_free(struct mb_share *share)
{
	if (!share)
		return;
	for (unsigned i = 0; i < share->nr_queues; i++)
		mb_lock_fini(&share->queues[i].lock);
	free(share->queues);
	free(share);
}

void mb_share_reset(struct mb_share *share)
{
	for (unsigned i = 0; i < share->nr_queues; i++)
		share->queues[i].next = share->queues[i].start;
}

static bool take_from(struct mb_share *share, struct queue *queue, uint64_t *ret_start,
		      uint64_t *ret_end)
{
	bool taken;

	mb_lock_take(&queue->lock);
	taken = queue->next < queue->end;
	if (taken) {
		*ret_start = queue->next;
		*ret_end = queue->next + mb_min(share->chunk, queue->end - queue->next);
		queue->next = *ret_end;
	}
	mb_lock_drop(&queue->lock);
	return taken;
}

bool mb_share_take(struct mb_share *share, unsigned index, uint64_t *ret_start, uint64_t *ret_end)
{
	unsigned tries = share->steals ? share->nr_queues : 1;

	for (unsigned i = 0; i < tries; i++)
		if (take_from(share, &share->queues[(index + i) % share->nr_queues], ret_start,
			      ret_end))
			return true;
	return false;
}

uint64_t mb_share_chunk(const struct mb_share *share)
{
	uint64_t longest = 0;

	for (unsigned i = 0; i < share->nr_queues; i++)
		longest = mb_max(longest, share->queues[i].end - share->queues[i].start);
	return mb_min(share->chunk, longest);
}
