/* SPDX-License-Identifier: Apache-2.0 */
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benches/boots.h"
#include "benches/slabs.h"
#include "benches/slow.h"
#include "benches/stream.h"
#include "benches/zonework.h"
#include "core/base/align.h"
#include "core/buddy.h"
#include "core/deferred.h"
#include "core/memblock.h"
#include "core/memmodel.h"
#include "core/pcp.h"
#include "core/watermark.h"

/*
 * The engine's hot loops, one after another, for something that counts instructions: all of a loop's are those of one call of
 * counted(), and the lines "loop NAME UNITS" stand in the order of these calls. Each loop is run on two sizes, so that
 * what does not depend on the size cancels. Names as arguments: only these. MEMBOOT_SLOW makes loops slower as it does benches.
 */
#define KERNEL "6.12"
#define TYPE   MB_MIGRATE_MOVABLE
#define OBJECT 64 /* bytes of a kmalloc */

#define SECTION_PAGES 32768

struct state {
	struct mb_bench_env env;
	struct mb_bench_run run;
	struct mb_zonework work;
	struct mb_boot *boot;
	struct mb_slabs *slabs;
	struct mb_memblock memblock;
	const struct mb_initialiser *initialiser;
	void **things;
	uint64_t room; /* for so many units */
};

struct loop {
	const char *name;
	const char *stage; /* of MEMBOOT_SLOW; NULL: none */
	uint64_t units;    /* of the smaller size */
	int (*prepare)(struct state *state);
	void (*work)(struct state *state, uint64_t from, uint64_t to);
};

/* --- descriptors --- */

static int prepare_arena(struct state *state)
{
	int rc = mb_ground_open(&state->env, MB_GROUND_ONE_NODE, &state->run.err,
				&state->run.ground);

	return rc ? rc
		  : mb_ground_warm(state->run.ground,
				   mb_align_up_pow2(state->room * MB_ZONEWORK_PAGE, 2 * MB_MIB),
				   &state->run.err);
}

static void init_pages(struct state *state, uint64_t from, uint64_t to)
{
	const struct mb_page_size *size = &mb_page_sizes[MB_PAGE_SIZE_DEFAULT];

	state->initialiser->init(size,
				 mb_page_at(state->run.ground->addr, (int64_t)from, size->bytes),
				 to - from, MB_ZONE_NORMAL, 0);
}

/* --- a zone --- */

static int prepare_zone(struct state *state)
{
	state->env.arena_bytes = state->room * MB_ZONEWORK_PAGE;
	return mb_zonework_open(&state->run, mb_release_find("largest"), &state->work);
}

static void release(struct state *state, uint64_t from, uint64_t to)
{
	struct mb_zone *zone = state->work.zone;
	mb_pfn_t pfn = zone->start_pfn + from, end = zone->start_pfn + to, next;

	for (; pfn < end; pfn = next) {
		next = mb_memmodel_section_end(state->work.model, pfn, end);
		state->work.rule->release(zone, pfn, next);
	}
}

static int prepare_free_pages(struct state *state)
{
	int rc = prepare_zone(state);

	if (!rc)
		release(state, 0, state->room);
	return rc;
}

static void take(struct state *state, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++)
		state->things[i] = mb_buddy_alloc(state->work.zone, 0, TYPE);
}

static void give(struct state *state, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++)
		mb_buddy_free(state->work.zone, state->things[i], 0);
}

static int prepare_taken_pages(struct state *state)
{
	int rc = prepare_free_pages(state);

	if (!rc)
		take(state, 0, state->room);
	return rc;
}

/* --- boots --- */

static int boot(struct state *state, enum mb_policy policy, const struct mb_stage *last)
{
	const struct mb_boot_config config = {
		.profile = mb_profile_find(KERNEL), .policy = policy, .threads = 1};
	char text[128];
	int rc;

	snprintf(text, sizeof(text),
		 "arch=x86_64 page=4K section=128M phys-bits=52 node0=%lluM@4G node0.cpus=0-7",
		 (unsigned long long)(state->room * 4096 / MB_MIB));
	rc = mb_ground_open(&state->env, text, &state->run.err, &state->run.ground);
	return rc ? rc
		  : mb_boots_until(state->run.ground, config, last, &state->run.err, &state->boot);
}

static int prepare_deferred(struct state *state)
{
	const struct mb_stage *before = NULL;

	for (size_t i = 0; mb_boot_stages[i] != &mb_deferred_stage; i++)
		before = mb_boot_stages[i];
	return boot(state, MB_POLICY_DEFERRED, before);
}

/* From the zone's end on downwards: what is deferred lies there. A chunk is a section. */
static void init_deferred(struct state *state, uint64_t from, uint64_t to)
{
	struct mb_zone *zone = mb_zone_of(state->boot, 0, MB_ZONE_NORMAL);
	mb_pfn_t end = mb_zone_end_pfn(zone) - from;

	for (mb_pfn_t pfn = mb_zone_end_pfn(zone) - to; pfn < end; pfn += SECTION_PAGES)
		mb_deferred_init_chunk(state->boot, zone, NULL, pfn, pfn + SECTION_PAGES, NULL);
}

static int prepare_pagesets(struct state *state)
{
	return boot(state, MB_POLICY_EAGER, &mb_watermark_stage);
}

static void take_listed(struct state *state, uint64_t from, uint64_t to)
{
	struct mb_zone *zone = mb_zone_of(state->boot, 0, MB_ZONE_NORMAL);

	for (uint64_t i = from; i < to; i++)
		state->things[i] = mb_pcp_alloc(zone, 0, 0, TYPE);
}

static void give_listed(struct state *state, uint64_t from, uint64_t to)
{
	struct mb_zone *zone = mb_zone_of(state->boot, 0, MB_ZONE_NORMAL);

	for (uint64_t i = from; i < to; i++)
		mb_pcp_free(zone, 0, state->things[i], 0);
}

static int prepare_taken_listed(struct state *state)
{
	int rc = prepare_pagesets(state);

	if (!rc)
		take_listed(state, 0, state->room / 2);
	return rc;
}

/* --- objects --- */

static int prepare_slabs(struct state *state)
{
	int rc = mb_slabs_new(&state->run,
			      "arch=x86_64 page=4K section=128M phys-bits=52 node0=256M@4G "
			      "node0.cpus=0-7",
			      &mb_watermark_stage, &state->slabs);

	return rc ? rc : mb_slabs_start(state->slabs, &state->run.err);
}

static void take_objects(struct state *state, uint64_t from, uint64_t to)
{
	struct mb_slab *slab = mb_slabs_slab(state->slabs);

	for (uint64_t i = from; i < to; i++)
		state->things[i] = mb_slab_kmalloc(slab, OBJECT, MB_KMALLOC_NORMAL, MB_NO_NODE, 0);
}

static void give_objects(struct state *state, uint64_t from, uint64_t to)
{
	struct mb_slab *slab = mb_slabs_slab(state->slabs);

	for (uint64_t i = from; i < to; i++)
		mb_slab_kfree(slab, state->things[i], 0);
}

static int prepare_taken_objects(struct state *state)
{
	int rc = prepare_slabs(state);

	if (!rc)
		take_objects(state, 0, state->room);
	return rc;
}

/* --- memblock --- */

#define REGIONS 100

static int prepare_memblock(struct state *state)
{
	int rc = 0;

	mb_memblock_init(&state->memblock, 12, false);
	mb_memblock_allow_resize(&state->memblock);
	for (mb_phys_t i = 1; !rc && i <= REGIONS; i++) {
		rc = mb_memblock_add_node(&state->memblock, i * MB_GIB, MB_GIB / 2, 0,
					  MB_MEMBLOCK_NONE);
		if (!rc)
			rc = mb_memblock_reserve(&state->memblock, i * MB_GIB + MB_MIB, MB_MIB);
	}
	return rc;
}

static void alloc_ranges(struct state *state, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++)
		if (!mb_memblock_phys_alloc_range(&state->memblock, 4096, 4096, 0,
						  MB_MEMBLOCK_ALLOC_ACCESSIBLE))
			abort();
}

/* --- all of them --- */

static const struct loop loops[] = {
	{"deferred", NULL, 4 * SECTION_PAGES, prepare_deferred, init_deferred},
	{"handoff", MB_SLOW_HANDOFF, 2 * SECTION_PAGES, prepare_zone, release},
	{"buddy/alloc", NULL, 8192, prepare_free_pages, take},
	{"buddy/free", NULL, 8192, prepare_taken_pages, give},
	{"pcp/alloc", NULL, SECTION_PAGES, prepare_pagesets, take_listed},
	{"pcp/free", NULL, SECTION_PAGES, prepare_taken_listed, give_listed},
	{"slab/kmalloc", NULL, 8192, prepare_slabs, take_objects},
	{"slab/kfree", NULL, 8192, prepare_taken_objects, give_objects},
	{"memblock/alloc", MB_SLOW_MEMBLOCK, 1000, prepare_memblock, alloc_ranges},
};

/* The only place whose instructions count. */
__attribute__((noinline)) void counted(const struct loop *loop, struct state *state, uint64_t units,
				       uint64_t more);

void counted(const struct loop *loop, struct state *state, uint64_t units, uint64_t more)
{
	loop->work(state, 0, units);
	if (more)
		loop->work(state, units, units + more);
}

static void end(struct state *state)
{
	mb_memblock_fini(&state->memblock);
	mb_slabs_free(state->slabs);
	mb_boot_free(state->boot);
	mb_zonework_close(&state->work);
	mb_ground_close(state->run.ground);
	free(state->things);
}

static int run(const struct loop *loop, const struct mb_initialiser *initialiser, uint64_t units)
{
	struct state state = {.initialiser = initialiser, .room = 2 * units};
	uint64_t more = loop->stage ? mb_slow_share(loop->stage, units) : 0;
	int rc;

	state.run.env = &state.env;
	state.things = calloc(state.room, sizeof(*state.things));
	rc = state.things ? loop->prepare(&state) : -1;
	if (rc) {
		fprintf(stderr, "loops: %s: %s\n", loop->name, state.run.err.text);
	} else {
		printf("loop %s %llu\n", loop->name, (unsigned long long)units);
		counted(loop, &state, units, more);
	}
	end(&state);
	return rc;
}

/* Where names are given: only those. */
static int run_both(const struct loop *loop, const struct mb_initialiser *initialiser, char **names)
{
	int rc = 0;

	while (*names && strcmp(*names, loop->name) != 0)
		if (!*++names)
			return 0;
	rc = run(loop, initialiser, loop->units);
	return rc ? rc : run(loop, initialiser, 2 * loop->units);
}

/* What counts depend on beside the code: the compiler, the C library, which of several ways this CPU has. */
static void say_ways(void)
{
	const struct mb_initialiser *stream = mb_stream_rows;

	while (stream->init && !mb_initialiser_supported(stream))
		stream++;
#ifdef __clang__
	printf("way compiler clang %d.%d.%d\n", __clang_major__, __clang_minor__,
	       __clang_patchlevel__);
#else
	printf("way compiler gcc %d.%d.%d\n", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
	printf("way libc %s\n", gnu_get_libc_version());
	printf("way stream %s\n", stream->init ? stream->name : "none");
}

int main(int argc, char **argv)
{
	const struct mb_initialiser *initialiser;
	int rc = 0;

	say_ways();
	for (size_t i = 0; !rc && (initialiser = mb_initialiser_row(i)); i++) {
		char name[64];
		const struct loop loop = {name, MB_SLOW_PAGEINIT, 2 * SECTION_PAGES, prepare_arena,
					  init_pages};

		snprintf(name, sizeof(name), "pageinit/%s", initialiser->name);
		if (mb_initialiser_supported(initialiser))
			rc = run_both(&loop, initialiser, argv + 1);
	}
	for (size_t i = 0; !rc && i < MB_ARRAY_SIZE(loops); i++)
		rc = run_both(&loops[i], NULL, argv + 1);
	return rc ? 1 : 0;
}
