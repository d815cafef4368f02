/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/bench.h"
#include "benches/boots.h"
#include "benches/walk.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "core/memmodel_walk.h"

/*
 * The table of sections by the number of holes in the memory: what it takes to build, and to walk in
 * each of the ways that core/memmodel.h has. The memory is the same, cut into ever more ranges:
 *
 *   |-- range 0 --|      hole      |-- range 1 --|      hole      …
 *   root          …                root           …
 *
 * A range begins with a root of the table, and a hole has at least two roots without any memory.
 */
#define SECTIONS     UINT64_C(4096) /* of memory: 512 GiB */
#define SECTION_MIB  UINT64_C(128)
#define ROOT         UINT64_C(256) /* sections of a root: entries of 16 bytes in a page */
#define HOLE         (2 * ROOT)
#define ALL_SECTIONS (UINT64_C(1) << 25) /* 2^52 / 2^27 */

static const int64_t ranges[] = {1, 16, 256, 4096};

static uint64_t range_sections(uint64_t nr_ranges)
{
	return SECTIONS / nr_ranges;
}

/* From the begin of a range to that of the next. */
static uint64_t stride(uint64_t nr_ranges)
{
	return mb_align_up_pow2(range_sections(nr_ranges), ROOT) + HOLE;
}

static char *machine_text(uint64_t nr_ranges)
{
	struct mb_strbuf text = {0};

	mb_strbuf_add(&text, "arch=x86_64 page=4K section=128M phys-bits=52 node0.cpus=0 node0=");
	for (uint64_t i = 0; i < nr_ranges; i++)
		mb_strbuf_addf(&text, "%s%lluM@%lluM", i ? "+" : "",
			       (unsigned long long)(range_sections(nr_ranges) * SECTION_MIB),
			       (unsigned long long)(i * stride(nr_ranges) * SECTION_MIB));
	return mb_strbuf_take(&text);
}

/* --- build --- */

static int build_setup(struct mb_bench_run *run)
{
	char *text = machine_text((uint64_t)run->arg);
	const struct mb_boots what = {
		.machine = text, .dry_run = true, .check = true, .stage = &mb_memmodel_stage};
	int rc = text ? mb_boots_setup(run, &what) : MB_FAIL(&run->err, -ENOMEM, "out of memory");

	run->ops = SECTIONS;
	free(text);
	return rc;
}

/* --- walk --- */

/* Sections that a walk has to look at. */
static uint64_t expected(enum mb_memmodel_walk walk, uint64_t nr_ranges)
{
	uint64_t length = range_sections(nr_ranges);
	uint64_t upto = (nr_ranges - 1) * stride(nr_ranges) + length;
	uint64_t roots = mb_align_up_pow2(length, ROOT) / ROOT;

	switch (walk) {
	case MB_MEMMODEL_WALK_ALL: return ALL_SECTIONS;
	case MB_MEMMODEL_WALK_PRESENT: return upto;
	/* All of the roots of all ranges but the last, one of each root of a hole, the last range. */
	default: return (nr_ranges - 1) * (roots * ROOT + HOLE / ROOT) + length;
	}
}

static int walk_setup(struct mb_bench_run *run)
{
	char *text = machine_text((uint64_t)run->arg);
	int rc = text ? mb_walk_setup(run, text, NULL)
		      : MB_FAIL(&run->err, -ENOMEM, "out of memory");

	free(text);
	return rc;
}

static int walk_validate(struct mb_bench_run *run)
{
	const struct mb_walk_way *way = run->row->param;

	return mb_walk_validate(run, expected(way->walk, (uint64_t)run->arg), SECTIONS);
}

/* --- rows --- */

static void fill_build(struct mb_bench *ret_row)
{
	*ret_row = (struct mb_bench){
		.name = "build",
		.summary =
			"the table of 4096 sections in one range and in many, without the memmap",
		.temperature = MB_BENCH_MIXED,
		.rounds = 5,
		.setup = build_setup,
		.run = mb_boots_run,
		.validate = mb_boots_validate,
		.teardown = mb_boots_teardown,
	};
}

static void fill_walk(const struct mb_walk_way *way, struct mb_bench *ret_row)
{
	mb_walk_row(way, ret_row);
	ret_row->setup = walk_setup;
	ret_row->validate = walk_validate;
}

bool mb_bench_sparse_row(size_t index, struct mb_bench *ret_row)
{
	if (index > MB_WALK_NR_WAYS)
		return false;
	if (index)
		fill_walk(&mb_walk_ways[index - 1], ret_row);
	else
		fill_build(ret_row);
	ret_row->group = "sparse";
	ret_row->arg_name = "ranges";
	ret_row->args = ranges;
	ret_row->nr_args = MB_ARRAY_SIZE(ranges);
	return true;
}
