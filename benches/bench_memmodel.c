/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/bench.h"
#include "benches/boots.h"
#include "benches/frames.h"
#include "benches/walk.h"
#include "core/base/align.h"
#include "core/base/rng.h"
#include "core/deferred.h"
#include "core/handoff.h"
#include "core/memmodel_tmpl.h"
#include "core/memmodel_walk.h"
#include "core/pageinit.h"

/*
 * The memory models against each other: single conversions, walks over sections, and what they make
 * of a boot. The model is the rows' argument.
 */

/* --- conversions --- */

/* What a loop converts: all of up to two spans in steps, or a list of the same in another order. */
struct inputs {
	struct span {
		uint64_t start, end;
	} spans[2];
	size_t nr_spans;
	uint64_t step;
	uint64_t *list;
	uint64_t count;
};

typedef uint64_t convert_fn(const struct mb_memmodel *model, uint64_t input);

/*
 * Each input is hidden from the compiler, which would else compute a result from the one before, or
 * several at once. What the kernel has as constants (shifts, the table's address) is read once a loop.
 * The sum of all results is their only use.
 */
#define HIDE(value) __asm__("" : "+r"(value))

static inline __attribute__((always_inline)) uint64_t
sequential(const struct mb_memmodel *model, const struct inputs *inputs, convert_fn *convert)
{
	const uint64_t step = inputs->step;
	uint64_t sum = 0;

	for (size_t i = 0; i < inputs->nr_spans; i++) {
		const struct span span = inputs->spans[i];

		for (uint64_t next = span.start; next < span.end; next += step) {
			uint64_t input = next;

			HIDE(input);
			sum += convert(model, input);
		}
	}
	return sum;
}

static inline __attribute__((always_inline)) uint64_t
shuffled(const struct mb_memmodel *model, const struct inputs *inputs, convert_fn *convert)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < inputs->count; i++) {
		uint64_t input = inputs->list[i];

		HIDE(input);
		sum += convert(model, input);
	}
	return sum;
}

#define TEMPLATE "benches/bench_memmodel_tmpl.c"
#include "core/memmodel_each_tmpl.c"
#undef TEMPLATE

/*
 * A conversion: what it is given for a page frame and what it must make of that, both told without
 * the model's conversions; and the model's public function, which shares them.
 */
typedef uint64_t of_frame_fn(const struct mb_frames *frames, mb_pfn_t pfn);

struct conversion {
	of_frame_fn *input, *want;
	convert_fn *ask;
	enum {
		OF_RAM,
		OF_ALL,  /* also of page frames that are no memory */
		OF_HOLE, /* of sections without memory alone */
	} which;
};

static uint64_t pfn_of(const struct mb_frames *frames, mb_pfn_t pfn)
{
	return pfn;
}

static uint64_t page_of(const struct mb_frames *frames, mb_pfn_t pfn)
{
	return (uintptr_t)mb_frames_page(frames, pfn);
}

static uint64_t valid_of(const struct mb_frames *frames, mb_pfn_t pfn)
{
	return mb_frames_valid(frames, pfn);
}

static uint64_t ask_page(const struct mb_memmodel *model, uint64_t pfn)
{
	return (uintptr_t)mb_memmodel_pfn_to_page(model, pfn);
}

static uint64_t ask_pfn(const struct mb_memmodel *model, uint64_t page)
{
	return mb_memmodel_page_to_pfn(model, (const struct mb_page *)(uintptr_t)page);
}

static uint64_t ask_valid(const struct mb_memmodel *model, uint64_t pfn)
{
	return mb_memmodel_pfn_valid(model, pfn);
}

static const struct conversion pfn_to_page = {pfn_of, page_of, ask_page, OF_RAM};
static const struct conversion page_to_pfn = {page_of, pfn_of, ask_pfn, OF_RAM};
static const struct conversion pfn_valid = {pfn_of, valid_of, ask_valid, OF_ALL};
static const struct conversion hole_valid = {pfn_of, valid_of, ask_valid, OF_HOLE};

static const struct loop {
	const char *name, *summary;
	const struct conversion *conversion;
	bool shuffled;
	uint64_t (*run[MB_NR_MEMMODELS][MB_NR_PAGE_SIZES])(const struct mb_memmodel *model,
							   const struct inputs *inputs);
} loops[] = {
	{"pfn_to_page/sequential", "descriptors of all page frames of RAM, in address order",
	 &pfn_to_page, false, TMPL_TABLE(pfn_to_page_sequential)},
	{"pfn_to_page/random", "the same in random order, from a list", &pfn_to_page, true,
	 TMPL_TABLE(pfn_to_page_random)},
	{"page_to_pfn/sequential", "page frames of all descriptors of RAM, in address order",
	 &page_to_pfn, false, TMPL_TABLE(page_to_pfn_sequential)},
	{"page_to_pfn/random", "the same in random order, from a list", &page_to_pfn, true,
	 TMPL_TABLE(page_to_pfn_random)},
	{"pfn_valid/sequential", "whether page frames have a descriptor, holes too, in order",
	 &pfn_valid, false, TMPL_TABLE(pfn_valid_sequential)},
	{"pfn_valid/random", "the same in random order, from a list", &pfn_valid, true,
	 TMPL_TABLE(pfn_valid_random)},
	{"pfn_valid/hole", "the same of a hole of whole sections alone, in order", &hole_valid,
	 false, TMPL_TABLE(pfn_valid_sequential)},
};

struct convert {
	struct mb_frames *frames;           /* first: a test looks for it here */
	struct mb_frames_span frames_of[2]; /* page frames of the inputs */
	struct inputs inputs;
	uint64_t expected, sum; /* of the results of a round */
};

/* The page frames: all RAM, all up to a section beyond it, or the sections that it lacks. */
static void choose_frames(struct convert *convert, const struct conversion *conversion)
{
	const struct mb_frames *frames = convert->frames;

	convert->inputs.nr_spans = conversion->which == OF_RAM ? 2 : 1;
	for (size_t i = 0; i < 2; i++)
		convert->frames_of[i] = frames->ram[i];
	if (conversion->which == OF_HOLE)
		convert->frames_of[0] = frames->absent;
	if (conversion->which == OF_ALL)
		convert->frames_of[0] = (struct mb_frames_span){
			0, frames->end + frames->model->geo.pages_per_section};
}

static void choose_inputs(struct convert *convert, const struct conversion *conversion)
{
	const struct mb_frames *frames = convert->frames;
	struct inputs *inputs = &convert->inputs;

	inputs->step = conversion->input(frames, 1) - conversion->input(frames, 0);
	for (size_t i = 0; i < inputs->nr_spans; i++) {
		const struct mb_frames_span *span = &convert->frames_of[i];

		inputs->spans[i].start = conversion->input(frames, span->start);
		inputs->spans[i].end = conversion->input(frames, span->end - 1) + inputs->step;
		inputs->count += span->end - span->start;
		for (mb_pfn_t pfn = span->start; pfn < span->end; pfn++)
			convert->expected += conversion->want(frames, pfn);
	}
}

/* The order is the same in every run. */
static int make_list(struct inputs *inputs)
{
	struct mb_rng rng = {.state = 1};
	uint64_t count = 0;

	inputs->list = malloc(inputs->count * sizeof(*inputs->list));
	if (!inputs->list)
		return -ENOMEM;
	for (size_t i = 0; i < inputs->nr_spans; i++)
		for (uint64_t next = inputs->spans[i].start; next < inputs->spans[i].end;
		     next += inputs->step)
			inputs->list[count++] = next;
	mb_rng_shuffle(&rng, inputs->list, count, sizeof(*inputs->list));
	return 0;
}

static const struct mb_memmodel_row *model_of(const struct mb_bench_run *run)
{
	return &mb_memmodels[run->arg];
}

static int convert_setup(struct mb_bench_run *run)
{
	const struct loop *loop = run->row->param;
	struct convert *convert = calloc(1, sizeof(*convert));
	char *text = mb_frames_machine(run->env->arena_bytes);
	int rc = -ENOMEM;

	run->data = convert;
	if (convert && text)
		rc = mb_ground_open(run->env, text, &run->err, &run->ground);
	free(text);
	if (!rc)
		rc = mb_frames_new(run->ground, model_of(run), &run->err, &convert->frames);
	if (rc)
		return rc;
	choose_frames(convert, loop->conversion);
	choose_inputs(convert, loop->conversion);
	run->pages = convert->inputs.count;
	convert->sum = ~convert->expected; /* until a loop has run */
	return loop->shuffled ? make_list(&convert->inputs) : 0;
}

static int convert_all(struct mb_bench_run *run)
{
	const struct loop *loop = run->row->param;
	struct convert *convert = run->data;

	convert->sum = loop->run[run->arg][convert->frames->model->size](convert->frames->model,
									 &convert->inputs);
	return 0;
}

/* The loop's own sum, and each result of the same conversion: sums of wrong results may be right. */
static int convert_validate(struct mb_bench_run *run)
{
	const struct conversion *conversion = ((const struct loop *)run->row->param)->conversion;
	const struct convert *convert = run->data;
	const struct mb_frames *frames = convert->frames;

	for (size_t i = 0; i < convert->inputs.nr_spans; i++)
		for (mb_pfn_t pfn = convert->frames_of[i].start; pfn < convert->frames_of[i].end;
		     pfn++)
			if (conversion->ask(frames->model, conversion->input(frames, pfn)) !=
			    conversion->want(frames, pfn))
				return MB_FAIL(&run->err, -EUCLEAN,
					       "the result for page frame 0x%llx is wrong",
					       (unsigned long long)pfn);
	if (convert->sum != convert->expected)
		return MB_FAIL(&run->err, -EUCLEAN, "the sum of the results is wrong");
	return 0;
}

static void convert_teardown(struct mb_bench_run *run)
{
	struct convert *convert = run->data;

	if (!convert)
		return;
	free(convert->inputs.list);
	mb_frames_free(convert->frames);
	free(convert);
}

/* --- walks --- */

/* A walk over a map with a single section far above all others. */
#define WALK_MACHINE                                                                    \
	"arch=x86_64 page=4K section=128M phys-bits=52 node0=4G@0+128M@0x200000000000 " \
	"node0.cpus=0"
#define WALK_PRESENT  UINT64_C(33)
#define WALK_HIGHEST  (UINT64_C(1) << 18) /* 2^45 / 2^27 */
#define WALK_ALL      (UINT64_C(1) << 25) /* 2^52 / 2^27 */
#define WALK_PER_ROOT UINT64_C(256)       /* entries of 16 bytes in a page */

/* Sections to look at; sparse has a static table, without roots. */
static uint64_t expected(enum mb_memmodel_walk walk, bool has_roots)
{
	if (walk == MB_MEMMODEL_WALK_ALL)
		return WALK_ALL;
	if (walk == MB_MEMMODEL_WALK_PRESENT || !has_roots)
		return WALK_HIGHEST + 1;
	/* All of the root of the 4 GiB, one of each missing root, one of the last. */
	return WALK_PER_ROOT + WALK_HIGHEST / WALK_PER_ROOT - 1 + 1;
}

static int walk_setup(struct mb_bench_run *run)
{
	return mb_walk_setup(run, WALK_MACHINE, model_of(run));
}

static int walk_validate(struct mb_bench_run *run)
{
	const struct mb_walk_way *way = run->row->param;

	return mb_walk_validate(run, expected(way->walk, run->arg != MB_MEMMODEL_SPARSE),
				WALK_PRESENT);
}

/* --- boots --- */

#define LARGE_MACHINE "nodes=16 each=4T cpus=8"
#define SMALL_MACHINE "nodes=1 each=8G cpus=4"

static const struct booted {
	const char *name, *summary;
	struct mb_boots what;
	bool flat; /* which cannot hold the machine otherwise */
} booteds[] = {
	{"sparse_init/16x4T",
	 "sections of 16 nodes with 4 TiB each, without the memmap",
	 {.machine = LARGE_MACHINE, .dry_run = true, .check = true, .stage = &mb_memmodel_stage},
	 false},
	{"memmap_init",
	 "all descriptors of 8 GiB on the boot CPU",
	 {.machine = SMALL_MACHINE, .policy = MB_POLICY_EAGER, .stage = &mb_pageinit_stage},
	 true},
	{"memblock_free_all",
	 "all memory of 8 GiB to the buddy",
	 {.machine = SMALL_MACHINE, .policy = MB_POLICY_EAGER, .stage = &mb_handoff_stage},
	 true},
	{"deferred_init",
	 "what is deferred of 8 GiB, descriptors and hand-over",
	 {.machine = SMALL_MACHINE, .policy = MB_POLICY_DEFERRED, .stage = &mb_deferred_stage},
	 true},
};

static int booted_setup(struct mb_bench_run *run)
{
	struct mb_boots what = ((const struct booted *)run->row->param)->what;

	what.model = model_of(run);
	return mb_boots_setup(run, &what);
}

/* --- rows --- */

static const int64_t models[] = {
	MB_MEMMODEL_FLAT,
	MB_MEMMODEL_SPARSE,
	MB_MEMMODEL_EXTREME,
	MB_MEMMODEL_VMEMMAP,
};

static const char *model_name(int64_t id)
{
	return mb_memmodels[id].name;
}

/* Flat comes first, so that it can be left out: it has no sections. */
static void set_models(struct mb_bench *row, bool flat)
{
	row->args = flat ? models : models + 1;
	row->nr_args = MB_ARRAY_SIZE(models) - !flat;
}

static void fill_loop(const struct loop *loop, struct mb_bench *row)
{
	row->name = loop->name;
	row->summary = loop->summary;
	row->temperature = MB_BENCH_WARM;
	row->rounds = 15;
	row->param = loop;
	row->setup = convert_setup;
	row->run = convert_all;
	row->validate = convert_validate;
	row->teardown = convert_teardown;
	set_models(row, true);
}

static void fill_walk(const struct mb_walk_way *way, struct mb_bench *row)
{
	mb_walk_row(way, row);
	row->setup = walk_setup;
	row->validate = walk_validate;
	set_models(row, false);
}

static void fill_booted(const struct booted *booted, struct mb_bench *row)
{
	row->name = booted->name;
	row->summary = booted->summary;
	row->temperature = MB_BENCH_MIXED;
	row->rounds = 5;
	row->param = booted;
	row->setup = booted_setup;
	row->run = mb_boots_run;
	row->validate = mb_boots_validate;
	row->teardown = mb_boots_teardown;
	set_models(row, booted->flat);
}

bool mb_bench_memmodel_row(size_t index, struct mb_bench *ret_row)
{
	struct mb_bench row = {0};

	if (index < MB_ARRAY_SIZE(loops))
		fill_loop(&loops[index], &row);
	else if ((index -= MB_ARRAY_SIZE(loops)) < MB_WALK_NR_WAYS)
		fill_walk(&mb_walk_ways[index], &row);
	else if ((index -= MB_WALK_NR_WAYS) < MB_ARRAY_SIZE(booteds))
		fill_booted(&booteds[index], &row);
	else
		return false;
	row.group = "memmodel";
	row.arg_name = "model";
	row.arg_text = model_name;
	*ret_row = row;
	return true;
}
