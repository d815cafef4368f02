/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/bench.h"
#include "benches/pagework.h"
#include "benches/share.h"
#include "benches/team.h"
#include "core/base/align.h"

/*
 * How a node's part is dealt to all of its workers: by rules, and from one queue by chunks of any size between a section and the
 * workers' equal parts. What is done is the kernel's way of initialising descriptors.
 */
#define SECTION_PAGES (128 * MB_MIB / 4096)
#define SIZE          (&mb_page_sizes[MB_PAGE_SIZE_DEFAULT])

static const int64_t rules[] = {0, 1, 2};
static const int64_t chunks[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

static const char *rule_text(int64_t arg)
{
	return mb_share_rule((size_t)arg)->name;
}

static const struct axis {
	const char *summary, *arg_name;
	const int64_t *args;
	size_t nr_args;
	const char *(*arg_text)(int64_t arg);
} axes[] = {
	{"a node's pages dealt to all its workers by a rule", "rule", rules, MB_ARRAY_SIZE(rules),
	 rule_text},
	{"the same from one queue, in chunks of so many sections", "sections", chunks,
	 MB_ARRAY_SIZE(chunks), NULL},
};

struct dealt {
	struct mb_pagework *work;
	struct mb_share *share;
};

static int setup(struct mb_bench_run *run)
{
	bool by_rule = run->row->param == &axes[0];
	struct dealt *dealt = calloc(1, sizeof(*dealt));
	int rc;

	if (!dealt)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	run->data = dealt;
	run->threads = mb_team_size(run->env, MB_TEAM_ALL);
	if (run->threads < 2)
		return MB_FAIL(&run->err, -ENOTSUP, "the node has one CPU");
	rc = mb_pagework_setup(run, mb_initialiser_row(0), SIZE, &dealt->work);
	if (rc)
		return rc;
	dealt->share = mb_share_new(mb_share_rule(by_rule ? (size_t)run->arg : 0), run->pages,
				    SECTION_PAGES, run->threads,
				    by_rule ? 0 : (uint64_t)run->arg * SECTION_PAGES);
	if (!dealt->share)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	dealt->work->share = dealt->share;
	return 0;
}

static int init_pages(struct mb_bench_run *run)
{
	const struct dealt *dealt = run->data;

	return mb_pagework_measure(dealt->work, run);
}

static int validate(struct mb_bench_run *run)
{
	const struct dealt *dealt = run->data;

	return mb_pagework_validate(dealt->work, run);
}

static int limit_turn(struct mb_bench_run *run, uint64_t *ret_ns)
{
	const struct dealt *dealt = run->data;

	return mb_pagework_limit_turn(dealt->work, run, ret_ns);
}

static int report(struct mb_bench_run *run)
{
	const struct dealt *dealt = run->data;

	mb_bench_count(run, "chunk_pages", (double)mb_share_chunk(dealt->share));
	return 0;
}

static void teardown(struct mb_bench_run *run)
{
	struct dealt *dealt = run->data;

	if (!dealt)
		return;
	mb_share_free(dealt->share);
	free(dealt->work);
	free(dealt);
}

/* Chunks of more than a worker's part are none; they are for full runs. */
static enum mb_bench_offer offer(const struct mb_bench *row, const struct mb_bench_env *env,
				 int64_t arg)
{
	uint64_t sections = env->arena_bytes / SIZE->bytes / SECTION_PAGES;
	unsigned threads = mb_team_size(env, MB_TEAM_ALL);

	if (row->param == &axes[0])
		return threads > 1 || arg == 0 ? MB_BENCH_OFFER_ALWAYS : MB_BENCH_OFFER_NEVER;
	if (threads < 2 || (arg > 1 && (uint64_t)arg > sections / threads))
		return MB_BENCH_OFFER_NEVER;
	return MB_BENCH_OFFER_FULL;
}

bool mb_bench_share_row(size_t index, struct mb_bench *ret_row)
{
	const struct axis *axis = axes + index;

	if (index >= MB_ARRAY_SIZE(axes))
		return false;
	*ret_row = (struct mb_bench){
		.group = "pageinit",
		.name = "kernel",
		.variant = "share",
		.summary = axis->summary,
		.temperature = MB_BENCH_WARM,
		.arg_name = axis->arg_name,
		.args = axis->args,
		.nr_args = axis->nr_args,
		.arg_text = axis->arg_text,
		.offer = offer,
		.param = axis,
		.setup = setup,
		.run = init_pages,
		.validate = validate,
		.report = report,
		.teardown = teardown,
		.limit_turn = limit_turn,
	};
	return true;
}
