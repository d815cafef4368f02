/* SPDX-License-Identifier: Apache-2.0 */
#include "benches/bench.h"
#include "benches/pagework.h"
#include "benches/team.h"
#include "core/base/align.h"

/*
 * The store loop over a node without CPUs, such as one of CXL memory. Linux gives a node's descriptors to as many
 * threads as it has CPUs, so here to one (max(1, CPUs), mm/mm_init.c, 6.1 to 6.18), which may run anywhere. The other row
 * borrows all CPUs of node 0. The memory is that of the host's last node; on a host with one node it is its own.
 */
enum {
	WORKERS_BORROWED = MB_TEAM_ALL,
	WORKERS_ONE = 1,
};

static const int64_t workers[] = {WORKERS_ONE, WORKERS_BORROWED};

static const char *workers_text(int64_t arg)
{
	return arg == WORKERS_ONE ? "one" : "borrowed";
}

static int setup(struct mb_bench_run *run)
{
	run->threads = mb_team_size(run->env, run->arg);
	run->nid = (int)mb_team_nr_nodes(run->env) - 1;
	return mb_pagework_run_setup(run, mb_initialiser_row(0),
				     &mb_page_sizes[MB_PAGE_SIZE_DEFAULT]);
}

/* One CPU is nothing to borrow. */
static enum mb_bench_offer offer(const struct mb_bench *row, const struct mb_bench_env *env,
				 int64_t arg)
{
	(void)row;
	return arg == WORKERS_ONE ? MB_BENCH_OFFER_ALWAYS : mb_team_offer(env, arg);
}

bool mb_bench_cpuless_row(size_t index, struct mb_bench *ret_row)
{
	if (index)
		return false;
	*ret_row = (struct mb_bench){
		.group = "pageinit",
		.name = "kernel",
		.variant = "cpuless",
		.summary = "a node without CPUs: by Linux's one thread, by all CPUs of node 0",
		.temperature = MB_BENCH_WARM,
		.arg_name = "workers",
		.args = workers,
		.nr_args = MB_ARRAY_SIZE(workers),
		.arg_text = workers_text,
		.offer = offer,
		.setup = setup,
		.run = mb_pagework_run_measure,
		.validate = mb_pagework_run_validate,
		.teardown = mb_pagework_run_teardown,
		.limit_turn = mb_pagework_run_limit_turn,
	};
	return true;
}
