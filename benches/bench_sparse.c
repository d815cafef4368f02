/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/bench.h"
#include "benches/boots.h"
#include "benches/ground.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "core/memmodel.h"

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

struct walk {
	struct mb_boot *boot; /* first: a test looks for it here */
	uint64_t looked, present;
};

static const struct way {
	const char *name, *summary;
	enum mb_memmodel_walk walk;
} ways[] = {
	{"walk/all", "every possible section, as before Linux 4.13", MB_MEMMODEL_WALK_ALL},
	{"walk/present", "sections up to the highest present one, as since",
	 MB_MEMMODEL_WALK_PRESENT},
	{"walk/roots", "the same, and past a missing root in one step", MB_MEMMODEL_WALK_ROOTS},
};

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
	const struct mb_boot_config config = {.dry_run = true};
	char *text = machine_text((uint64_t)run->arg);
	struct walk *walk = calloc(1, sizeof(*walk));
	int rc = -ENOMEM;

	run->data = walk;
	if (walk && text)
		rc = mb_ground_open(run->env, text, &run->err, &run->ground);
	free(text);
	return rc ? rc
		  : mb_boots_until(run->ground, config, &mb_memmodel_stage, &run->err, &walk->boot);
}

static int walk_once(struct mb_bench_run *run)
{
	const struct way *way = run->row->param;
	struct walk *walk = run->data;

	walk->looked = mb_memmodel_walk(mb_memmodel_of(walk->boot), way->walk, &walk->present);
	return 0;
}

static int walk_validate(struct mb_bench_run *run)
{
	const struct way *way = run->row->param;
	const struct walk *walk = run->data;
	uint64_t looked = expected(way->walk, (uint64_t)run->arg);

	run->ops = looked;
	if (walk->looked != looked || walk->present != SECTIONS)
		return MB_FAIL(&run->err, -EUCLEAN,
			       "the walk looked at %llu sections and found %llu, not at %llu and "
			       "%llu",
			       (unsigned long long)walk->looked, (unsigned long long)walk->present,
			       (unsigned long long)looked, (unsigned long long)SECTIONS);
	return 0;
}

static int walk_report(struct mb_bench_run *run)
{
	mb_bench_count(run, "iterations", (double)run->ops);
	return 0;
}

static void walk_teardown(struct mb_bench_run *run)
{
	struct walk *walk = run->data;

	if (walk)
		mb_boot_free(walk->boot);
	free(walk);
}

/* --- rows --- */

static void fill_build(struct mb_bench *row)
{
	row->name = "build";
	row->summary = "the table of 4096 sections in one range and in many, without the memmap";
	row->temperature = MB_BENCH_MIXED;
	row->rounds = 5;
	row->setup = build_setup;
	row->run = mb_boots_run;
	row->validate = mb_boots_validate;
	row->teardown = mb_boots_teardown;
}

static void fill_walk(const struct way *way, struct mb_bench *row)
{
	row->name = way->name;
	row->summary = way->summary;
	row->temperature = MB_BENCH_WARM;
	row->rounds = 15;
	row->param = way;
	row->setup = walk_setup;
	row->run = walk_once;
	row->validate = walk_validate;
	row->report = walk_report;
	row->teardown = walk_teardown;
}

bool mb_bench_sparse_row(size_t index, struct mb_bench *ret_row)
{
	struct mb_bench row = {
		.group = "sparse",
		.arg_name = "ranges",
		.args = ranges,
		.nr_args = MB_ARRAY_SIZE(ranges),
	};

	if (index > MB_ARRAY_SIZE(ways))
		return false;
	if (index)
		fill_walk(&ways[index - 1], &row);
	else
		fill_build(&row);
	*ret_row = row;
	return true;
}
