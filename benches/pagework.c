/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "benches/pagework.h"
#include "benches/slow.h"
#include "benches/team.h"
#include "core/base/align.h"
#include "core/pageinit.h"

#define ZONE      MB_ZONE_NORMAL
#define MAP_BYTES (2 * MB_MIB) /* a ground is so many of these */

int mb_pagework_setup(struct mb_bench_run *run, const struct mb_initialiser *initialiser,
		      const struct mb_page_size *size, struct mb_pagework **ret_work)
{
	struct mb_pagework *work;
	uint64_t more;
	int rc;

	if (!mb_initialiser_supported(initialiser))
		return MB_FAIL(&run->err, -ENOTSUP, "this CPU has no %s", initialiser->needs);
	run->pages = run->env->arena_bytes / size->bytes;
	run->bytes = run->pages * size->bytes;
	more = mb_align_up_pow2(mb_slow_share(MB_SLOW_PAGEINIT, run->pages) * size->bytes,
				MAP_BYTES);
	rc = mb_team_open(run->env, &run->err, &run->ground);
	if (!rc)
		rc = mb_ground_map(run->ground, run->nid, run->env->arena_bytes + more, &run->err);
	if (!rc)
		rc = mb_ground_touch(run->ground, &run->err);
	if (rc)
		return rc;
	memset(run->ground->addr, 0xff, run->ground->bytes);
	work = malloc(sizeof(*work));
	if (!work)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	*work = (struct mb_pagework){
		.initialiser = initialiser,
		.size = size,
		.ground = run->ground,
		.pages = run->pages,
	};
	*ret_work = work;
	return 0;
}

static void init_pages(const struct mb_pagework *work, uint64_t start, uint64_t end)
{
	struct mb_page *first = mb_page_at(work->ground->addr, (int64_t)start, work->size->bytes);

	work->initialiser->init(work->size, first, end - start, ZONE, 0);
}

static int init_part(void *arg, unsigned index, unsigned threads)
{
	const struct mb_pagework *work = arg;
	uint64_t start, end, more = mb_slow_share(MB_SLOW_PAGEINIT, work->pages);

	if (work->share) {
		while (mb_share_take(work->share, index, &start, &end))
			init_pages(work, start, end);
	} else {
		end = mb_team_part(work->pages, index, threads, &start);
		init_pages(work, start, end);
		end = mb_team_part(more, index, threads, &start);
		if (more)
			init_pages(work, work->pages + start, work->pages + end);
	}
	return 0;
}

static int fill_part(void *arg, unsigned index, unsigned threads)
{
	const struct mb_pagework *work = arg;
	alignas(MB_FILL_BYTES) unsigned char pattern[MB_FILL_BYTES];
	uint64_t start, end;

	mb_fill_pattern(0, pattern);
	end = mb_team_part(work->ground->bytes / MB_FILL_BYTES, index, threads, &start);
	work->fill->fill((char *)work->ground->addr + start * MB_FILL_BYTES,
			 (end - start) * MB_FILL_BYTES, pattern);
	return 0;
}

int mb_pagework_init(struct mb_pagework *work, struct mb_bench_run *run, uint64_t *ret_ns)
{
	if (work->share)
		mb_share_reset(work->share);
	return mb_team_run(work->ground, run->threads, init_part, work, &run->err, ret_ns);
}

int mb_pagework_measure(struct mb_pagework *work, struct mb_bench_run *run)
{
	if (work->share)
		mb_share_reset(work->share);
	return mb_team_measure(run, run->threads, init_part, work);
}

int mb_pagework_fill(struct mb_pagework *work, struct mb_bench_run *run, uint64_t *ret_ns)
{
	return mb_team_run(work->ground, run->threads, fill_part, work, &run->err, ret_ns);
}

/* What a look at the fills needs. */
struct look {
	struct mb_pagework work;
	struct mb_bench_run *run;
};

static int look_at_fill(void *arg, const struct mb_fill *fill, uint64_t *ret_ns)
{
	struct look *look = arg;

	look->work.fill = fill;
	return mb_pagework_fill(&look->work, look->run, ret_ns);
}

int mb_pagework_find_fill(struct mb_pagework *work, struct mb_bench_run *run)
{
	struct look look = {*work, run};

	return work->fill
		       ? 0
		       : mb_best_fill_find(run->env->fills, run, look_at_fill, &look, &work->fill);
}

int mb_pagework_limit_turn(struct mb_pagework *work, struct mb_bench_run *run, uint64_t *ret_ns)
{
	int rc = mb_pagework_find_fill(work, run);

	if (rc)
		return rc;
	run->limit = work->fill->name;
	return mb_pagework_fill(work, run, ret_ns);
}

int mb_pagework_validate(const struct mb_pagework *work, struct mb_bench_run *run)
{
	const struct mb_page *page = work->ground->addr;
	uint64_t pages = work->pages;

	if (!work->share)
		pages += mb_slow_share(MB_SLOW_PAGEINIT, pages);
	for (uint64_t i = 0; i < pages; i++, page = mb_page_at(page, 1, work->size->bytes))
		if (!mb_pageinit_is_fresh(work->size, page, ZONE, 0))
			return MB_FAIL(
				&run->err, -EUCLEAN,
				"descriptor %llu is wrong: %s is not as __init_single_page leaves it",
				(unsigned long long)i,
				mb_pageinit_stale_field(work->size, page, ZONE, 0));
	return 0;
}

int mb_pagework_run_setup(struct mb_bench_run *run, const struct mb_initialiser *initialiser,
			  const struct mb_page_size *size)
{
	struct mb_pagework *work = NULL;
	int rc = mb_pagework_setup(run, initialiser, size, &work);

	run->data = work;
	return rc;
}

int mb_pagework_run_measure(struct mb_bench_run *run)
{
	return mb_pagework_measure(run->data, run);
}

int mb_pagework_run_validate(struct mb_bench_run *run)
{
	return mb_pagework_validate(run->data, run);
}

int mb_pagework_run_limit_turn(struct mb_bench_run *run, uint64_t *ret_ns)
{
	return mb_pagework_limit_turn(run->data, run, ret_ns);
}

void mb_pagework_run_teardown(struct mb_bench_run *run)
{
	free(run->data);
	run->data = NULL;
}
