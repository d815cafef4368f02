/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "benches/bench.h"
#include "benches/ground.h"
#include "core/base/align.h"
#include "core/pageinit.h"
#include "reports/stats.h"

/*
 * The store loop of memmap_init over warm memory, alone and against a fill of the same memory.
 * The ratio's two halves take turns within a round and change their order from round to round, so
 * that a drifting clock or a busy neighbour meets both.
 */
#define ZONE         MB_ZONE_NORMAL
#define SIZE         (&mb_page_sizes[MB_PAGE_SIZE_DEFAULT])
#define RATIO_ROUNDS 21 /* odd: the last one ends with the initialisation */
#define RATIO_GOAL   1.5

struct pageinit {
	uint64_t round;
	/* Of the ratio's rounds; the newest ones when there are very many. */
	double ratio[256];
	double fill_ns[256];
};

static int setup(struct mb_bench_run *run)
{
	struct pageinit *pageinit = calloc(1, sizeof(*pageinit));
	int rc;

	if (!pageinit)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	run->data = pageinit;
	run->bytes = run->env->arena_bytes;
	run->pages = run->bytes / SIZE->bytes;
	rc = mb_ground_open(run->env, MB_GROUND_ONE_NODE, &run->err, &run->ground);
	if (rc)
		return rc;
	rc = mb_ground_warm(run->ground, run->bytes, &run->err);
	if (rc)
		return rc;
	memset(run->ground->addr, 0xff, run->ground->bytes);
	return 0;
}

static int init_pages(struct mb_bench_run *run)
{
	mb_pageinit_range(SIZE, run->ground->addr, run->pages, ZONE, 0);
	return 0;
}

static uint64_t time_init(struct mb_bench_run *run)
{
	const struct mb_host *host = run->ground->host;
	uint64_t start = mb_host_now_ns(host);

	init_pages(run);
	return mb_host_now_ns(host) - start;
}

static uint64_t time_fill(struct mb_bench_run *run)
{
	const struct mb_host *host = run->ground->host;
	uint64_t start = mb_host_now_ns(host);

	memset(run->ground->addr, 0x5a, run->ground->bytes);
	__asm__ volatile("" : : "r"(run->ground->addr) : "memory");
	return mb_host_now_ns(host) - start;
}

static int compare(struct mb_bench_run *run)
{
	struct pageinit *pageinit = run->data;
	size_t slot = pageinit->round % MB_ARRAY_SIZE(pageinit->ratio);
	bool fill_first = pageinit->round % 2 == 0;
	uint64_t fill = 0, init;

	if (fill_first)
		fill = time_fill(run);
	init = time_init(run);
	if (!fill_first)
		fill = time_fill(run);
	pageinit->ratio[slot] = (double)init / (double)mb_max(fill, 1);
	pageinit->fill_ns[slot] = (double)fill;
	pageinit->round++;
	run->ns = init;
	return 0;
}

static int validate(struct mb_bench_run *run)
{
	const struct mb_page *page = run->ground->addr;

	for (uint64_t pfn = 0; pfn < run->pages; pfn++, page = mb_page_at(page, 1, SIZE->bytes))
		if (!mb_pageinit_is_fresh(SIZE, page, ZONE, 0))
			return MB_FAIL(&run->err, -EUCLEAN, "descriptor %llu is wrong",
				       (unsigned long long)pfn);
	return 0;
}

/* Every other round ends with the fill; then one more initialisation is what can be looked at. */
static int validate_ratio(struct mb_bench_run *run)
{
	const struct pageinit *pageinit = run->data;

	if (pageinit->round % 2 == 0)
		init_pages(run);
	return validate(run);
}

static int report_ratio(struct mb_bench_run *run)
{
	const struct pageinit *pageinit = run->data;
	size_t count = mb_min(pageinit->round, MB_ARRAY_SIZE(pageinit->ratio));
	struct mb_stats ratio, fill;

	if (mb_stats_summarise(pageinit->ratio, count, &ratio) ||
	    mb_stats_summarise(pageinit->fill_ns, count, &fill))
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	mb_bench_count(run, "ratio", ratio.median);
	mb_bench_count(run, "ratio_min", ratio.min);
	mb_bench_count(run, "ratio_max", ratio.max);
	mb_bench_count(run, "memset_ns", fill.median);
	return 0;
}

static void teardown(struct mb_bench_run *run)
{
	free(run->data);
}

static const struct mb_bench rows[] = {
	{
		.group = "pageinit",
		.name = "kernel",
		.summary = "the stores of __init_single_page over warm descriptors",
		.temperature = MB_BENCH_WARM,
		.setup = setup,
		.run = init_pages,
		.validate = validate,
		.teardown = teardown,
	},
	{
		.group = "pageinit",
		.name = "ratio",
		.summary = "the same against memset of the same memory, in turns",
		.temperature = MB_BENCH_WARM,
		.rounds = RATIO_ROUNDS,
		.goal = "ratio",
		.goal_max = RATIO_GOAL,
		.setup = setup,
		.run = compare,
		.validate = validate_ratio,
		.report = report_ratio,
		.teardown = teardown,
	},
};

bool mb_bench_pageinit_row(size_t index, struct mb_bench *ret_row)
{
	if (index >= MB_ARRAY_SIZE(rows))
		return false;
	*ret_row = rows[index];
	return true;
}
