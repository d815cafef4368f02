/* SPDX-License-Identifier: Apache-2.0 */
#include "benches/bench.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"

/* Rows of each file, in the order of the list. */
/* clang-format off */
static mb_bench_rows_fn *const files[] = {
	mb_bench_runner_row,
	mb_bench_limit_row,
	mb_bench_pageinit_row,
	mb_bench_share_row,
	mb_bench_cpuless_row,
	mb_bench_ratio_row,
	mb_bench_memblock_row,
	mb_bench_sparse_row,
	mb_bench_memmodel_row,
	mb_bench_buddy_row,
	mb_bench_buddy_alloc_row,
	mb_bench_pcp_row,
	mb_bench_zonelist_row,
	mb_bench_slab_row,
	mb_bench_kmalloc_row,
	mb_bench_boot_row,
	mb_bench_deferred_row,
	mb_bench_questions_row,
};
/* clang-format on */

static const char *const temperature_names[] = {
	[MB_BENCH_WARM] = "warm",
	[MB_BENCH_COLD] = "cold",
	[MB_BENCH_MIXED] = "mixed",
};

bool mb_benches_row(size_t index, struct mb_bench *ret_row)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(files); i++) {
		struct mb_bench row;
		size_t count = 0;

		while (files[i](count, &row)) {
			if (count++ != index)
				continue;
			*ret_row = row;
			return true;
		}
		index -= count;
	}
	return false;
}

const char *mb_benches_temperature_name(enum mb_bench_temperature temperature)
{
	return temperature_names[temperature];
}

char *mb_benches_row_name(const struct mb_bench *row, const int64_t *arg)
{
	struct mb_strbuf name = {0};

	mb_strbuf_addf(&name, "%s/%s", row->group, row->name);
	if (row->variant)
		mb_strbuf_addf(&name, "/%s", row->variant);
	if (arg && row->arg_text)
		mb_strbuf_addf(&name, "/%s:%s", row->arg_name, row->arg_text(*arg));
	else if (arg)
		mb_strbuf_addf(&name, "/%s:%lld", row->arg_name, (long long)*arg);
	return mb_strbuf_take(&name);
}
