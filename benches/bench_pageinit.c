/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "benches/bench.h"
#include "benches/initialiser.h"
#include "benches/pagework.h"
#include "benches/team.h"
#include "core/base/align.h"

/*
 * The store loop of memmap_init over warm memory, by each initialiser: with more threads, and with descriptors of other
 * sizes; one thing varies at a time.
 */

static const int64_t sizes[] = {56, 72, 80, 88, 96}; /* beside the default */

/* What varies; each with each initialiser. */
static const struct axis {
	const char *arg_name;
	const int64_t *args;
	size_t nr_args;
	const char *(*arg_text)(int64_t arg);
} axes[] = {
	{"threads", mb_team_args, MB_TEAM_MAX_ARGS, mb_team_arg_text},
	{"struct_page", sizes, MB_ARRAY_SIZE(sizes), NULL},
};

static const struct mb_page_size *size_of(int64_t bytes)
{
	for (size_t i = 0; i < MB_NR_PAGE_SIZES; i++)
		if (mb_page_sizes[i].bytes == bytes)
			return &mb_page_sizes[i];
	return NULL;
}

static int setup(struct mb_bench_run *run)
{
	bool scales = run->row->param == &axes[0];
	int64_t bytes = scales ? mb_page_sizes[MB_PAGE_SIZE_DEFAULT].bytes : run->arg;
	const struct mb_initialiser *initialiser = mb_initialiser_find(run->row->name);

	run->threads = mb_team_size(run->env, scales ? run->arg : 1);
	return mb_pagework_run_setup(run, initialiser, size_of(bytes));
}

/* Sizes always of the slowest and the fastest way. What the CPU lacks shows once. */
static enum mb_bench_offer offer(const struct mb_bench *row, const struct mb_bench_env *env,
				 int64_t arg)
{
	const struct mb_initialiser *initialiser = mb_initialiser_find(row->name);

	if (!mb_initialiser_supported(initialiser))
		return row->param == &axes[0] && arg == 1 ? MB_BENCH_OFFER_ALWAYS
							  : MB_BENCH_OFFER_NEVER;
	if (row->param == &axes[0])
		return mb_team_offer(env, arg);
	if (arg == 88 || (strcmp(row->name, "kernel") && strcmp(row->name, "stream")))
		return MB_BENCH_OFFER_FULL;
	return MB_BENCH_OFFER_ALWAYS;
}

bool mb_bench_pageinit_row(size_t index, struct mb_bench *ret_row)
{
	const struct mb_initialiser *initialiser = mb_initialiser_row(index / MB_ARRAY_SIZE(axes));
	const struct axis *axis = &axes[index % MB_ARRAY_SIZE(axes)];

	if (!initialiser)
		return false;
	*ret_row = (struct mb_bench){
		.group = "pageinit",
		.name = initialiser->name,
		.summary = initialiser->summary,
		.temperature = MB_BENCH_WARM,
		.arg_name = axis->arg_name,
		.args = axis->args,
		.nr_args = axis->nr_args,
		.arg_text = axis->arg_text,
		.offer = offer,
		.param = axis,
		.setup = setup,
		.run = mb_pagework_run_measure,
		.validate = mb_pagework_run_validate,
		.teardown = mb_pagework_run_teardown,
		.limit_turn = mb_pagework_run_limit_turn,
	};
	return true;
}
