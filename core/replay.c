/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/grow.h"
#include "core/base/ranges.h"
#include "core/cmdline.h"
#include "core/profile.h"
#include "core/replay.h"

struct player {
	const struct mb_replay_config *config;
	const struct mb_trace *trace;
	struct mb_memblock *memblock;
	struct mb_replay *replay;
	size_t at;      /* index of the event */
	bool has_nodes; /* memory has its nodes */
};

int mb_replay_add_diff(struct mb_replay *replay, size_t event, const char *what, mb_phys_t want,
		       mb_phys_t got)
{
	if (mb_grow(&replay->diffs, replay->nr_diffs, sizeof(*replay->diffs)))
		return -ENOMEM;
	replay->diffs[replay->nr_diffs++] = (struct mb_replay_diff){event, want, got, what};
	return 0;
}

void mb_replay_fini(struct mb_replay *replay)
{
	free(replay->diffs);
	*replay = (struct mb_replay){0};
}

/* Where ZONE_DMA ends on arm64 (without a limit by firmware); memory's end elsewhere. */
static mb_phys_t cma_limit(const struct mb_machine *machine)
{
	mb_phys_t end = machine->mem[machine->nr_mem - 1].end;

	if (machine->arch == MB_ARCH_ARM64 && machine->mem[0].start < 4 * MB_GIB)
		return mb_min(end, 4 * MB_GIB);
	return end;
}

int mb_replay_config_init(struct mb_replay_config *config, const struct mb_trace *trace,
			  const struct mb_machine *machine, bool memblock_dummy, struct mb_err *err)
{
	*config = (struct mb_replay_config){
		.trace = trace,
		.machine = machine,
		.end = trace->nr_events,
		.page_shift = machine->page_shift,
		.memblock_dummy = memblock_dummy,
		.cma_align = UINT64_C(1) << (machine->page_shift +
					     mb_profile_pageblock_order(machine->page_shift)),
		.cma_limit = cma_limit(machine),
	};
	if (mb_trace_start(trace, &config->dump, &config->begin, &config->nodes))
		return MB_FAIL(err, -ENODATA,
			       "the kernel log has no whole MEMBLOCK configuration with nodes");
	return 0;
}

/* State */

/* What the dump says of memory. */
static int mark_flags(struct mb_memblock *memblock, const struct mb_trace_dump *dump)
{
	int (*const marks[])(struct mb_memblock * memblock, mb_phys_t base, mb_phys_t size) = {
		mb_memblock_mark_hotplug, mb_memblock_mark_mirror, mb_memblock_mark_nomap};
	const unsigned flags[] = {MB_MEMBLOCK_HOTPLUG, MB_MEMBLOCK_MIRROR, MB_MEMBLOCK_NOMAP};
	int r = 0;

	for (size_t i = 0; !r && i < dump->nr_memory; i++)
		for (size_t k = 0; !r && k < MB_ARRAY_SIZE(flags); k++)
			if (dump->memory[i].flags & flags[k])
				r = marks[k](memblock, dump->memory[i].base,
					     dump->memory[i].end - dump->memory[i].base);
	return r;
}

/* The ranges before the first event, or the dump's regions with their nodes where that is begun at. */
static int begin_state(struct player *player)
{
	const struct mb_replay_config *config = player->config;
	struct mb_ranges memory = {0}, reserved = {0};
	int r = mb_trace_state(player->trace, config->dump, config->begin, &memory, &reserved);

	for (size_t i = 0; !r && i < reserved.count; i++)
		r = mb_memblock_reserve(player->memblock, reserved.list[i].start,
					reserved.list[i].end - reserved.list[i].start);
	for (size_t i = 0; !r && i < memory.count; i++)
		r = mb_memblock_add(player->memblock, memory.list[i].start,
				    memory.list[i].end - memory.list[i].start);
	if (!r)
		r = mark_flags(player->memblock, &player->trace->dumps[config->dump]);
	mb_ranges_fini(&memory);
	mb_ranges_fini(&reserved);
	return r;
}

static int set_nodes(struct player *player, struct mb_memblock_type *type,
		     const struct mb_trace_region *regions, size_t count)
{
	int r = 0;

	for (size_t i = 0; !r && i < count; i++)
		r = mb_memblock_set_node(
			player->memblock, regions[i].base, regions[i].end - regions[i].base, type,
			regions[i].nid == MB_NO_NODE ? MB_MAX_NODES : regions[i].nid);
	return r;
}

/*
 * The end of numa_init: memory gets its nodes when somebody first asks for one. Until then x86 looks from
 * below where there is movable_node, near to the kernel's image, which no hotpluggable memory holds; from
 * now on what is hotpluggable is known.
 */
static int want_nodes(struct player *player)
{
	const struct mb_trace_dump *dump = &player->trace->dumps[player->config->nodes];
	const struct mb_machine *machine = player->config->machine;
	int r = 0;

	if (player->has_nodes)
		return 0;
	player->has_nodes = true;
	mb_memblock_set_bottom_up(player->memblock, false);
	for (size_t i = 0; !r && i < machine->nr_mem; i++)
		if (machine->mem[i].flags & MB_MEM_HOTPLUG)
			r = mb_memblock_mark_hotplug(player->memblock, machine->mem[i].start,
						     machine->mem[i].end - machine->mem[i].start);
	return r ? r : set_nodes(player, &player->memblock->memory, dump->memory, dump->nr_memory);
}

/* The next difference between an array and a dump's regions, nodes and joints apart. */
static int compare_ranges(struct player *player, const struct mb_memblock_type *type,
			  const struct mb_trace_region *regions, size_t count)
{
	struct mb_ranges want = {0}, got = {0};
	int r = 0;

	for (size_t i = 0; !r && i < count; i++)
		r = mb_ranges_add(&want, regions[i].base, regions[i].end);
	for (size_t i = 0; !r && i < type->cnt; i++)
		r = mb_ranges_add(&got, type->regions[i].base,
				  type->regions[i].base + type->regions[i].size);
	mb_ranges_normalise(&want);
	mb_ranges_normalise(&got);
	for (size_t i = 0; !r && i < mb_max(want.count, got.count); i++) {
		struct mb_range none = {0, 0};
		struct mb_range a = i < want.count ? want.list[i] : none;
		struct mb_range b = i < got.count ? got.list[i] : none;

		if (a.start == b.start && a.end == b.end)
			continue;
		r = mb_replay_add_diff(player->replay, player->at, type->name,
				       a.start != b.start ? a.start : a.end,
				       a.start != b.start ? b.start : b.end);
		break;
	}
	mb_ranges_fini(&want);
	mb_ranges_fini(&got);
	return r;
}

static int play_dump(struct player *player, const struct mb_trace_event *event)
{
	const struct mb_trace_dump *dump = &player->trace->dumps[event->dump];
	struct mb_memblock *memblock = player->memblock;
	int r;

	if (!dump->complete)
		return 0;
	r = compare_ranges(player, &memblock->memory, dump->memory, dump->nr_memory);
	if (!r)
		r = compare_ranges(player, &memblock->reserved, dump->reserved, dump->nr_reserved);
	if (!r && dump->has_nodes)
		r = want_nodes(player);
	if (!r)
		r = set_nodes(player, &memblock->reserved, dump->reserved, dump->nr_reserved);
	return r;
}

/* Requests */

static const struct mb_trace_event *peek(const struct player *player, size_t ahead)
{
	static const struct mb_trace_event none = {.type = MB_TRACE_FREE_AREA};
	size_t at = player->at + ahead;

	return at < player->trace->nr_events ? &player->trace->events[at] : &none;
}

/* The kernel's answer stands: what was found elsewhere goes back. */
static int settle(struct player *player, mb_phys_t size, mb_phys_t got,
		  const struct mb_trace_event *answer)
{
	mb_phys_t want = answer ? answer->base : 0;
	int r = 0;

	player->replay->compared++;
	if (got == want && (!answer || answer->size == size))
		return 0;
	r = mb_replay_add_diff(player->replay, player->at, "address", want, got);
	if (!r && got)
		r = mb_memblock_phys_free(player->memblock, got, size);
	if (!r && answer)
		r = mb_memblock_reserve(player->memblock, answer->base, answer->size);
	return r;
}

static mb_phys_t ask(struct mb_memblock *memblock, const struct mb_trace_event *event)
{
	switch (event->call) {
	case MB_TRACE_ALLOC_EXACT_NID:
		return mb_memblock_alloc_exact_nid_raw(memblock, event->size, event->align,
						       event->base, event->end, event->nid);
	case MB_TRACE_PHYS_ALLOC_RANGE:
		return mb_memblock_phys_alloc_range(memblock, event->size, event->align,
						    event->base, event->end);
	default:
		return mb_memblock_alloc_try_nid(memblock, event->size, event->align, event->base,
						 event->end, event->nid);
	}
}

/* The answer comes next, or the request has failed. */
static int play_request(struct player *player, const struct mb_trace_event *event)
{
	const struct mb_trace_event *answer = peek(player, 1);
	int r = event->nid == MB_NO_NODE ? 0 : want_nodes(player);

	if (r)
		return r;
	if (answer->type != MB_TRACE_ANSWER)
		return settle(player, event->size, ask(player->memblock, event), NULL);
	r = settle(player, event->size, ask(player->memblock, event), answer);
	player->at++;
	return r;
}

/* alloc_node_data: cache-line aligned, the node if it can be. */
static int play_node_data(struct player *player, const struct mb_trace_event *answer,
			  const struct mb_trace_event *event)
{
	int nid = mb_trace_pgdat_node(player->trace, &player->trace->dumps[player->config->nodes],
				      player->at + 1);
	mb_phys_t got;
	int r = want_nodes(player);

	if (r)
		return r;
	got = mb_memblock_phys_alloc_try_nid(player->memblock, event->size,
					     player->memblock->cache_line, nid);
	r = settle(player, event->size, got, answer);
	player->at++;
	return r;
}

/* cma_declare_contiguous: from 4 GiB upward where the limit leaves room there, else downward. */
static int play_cma(struct player *player, const struct mb_trace_event *answer)
{
	struct mb_memblock *memblock = player->memblock;
	mb_phys_t align = player->config->cma_align, limit = player->config->cma_limit;
	mb_phys_t got = 0;
	int r;

	if (!memblock->bottom_up &&
	    mb_memblock_end_of_DRAM(memblock) >= 4 * MB_GIB + answer->size) {
		mb_memblock_set_bottom_up(memblock, true);
		got = mb_memblock_alloc_range_nid(memblock, answer->size, align, 4 * MB_GIB, limit,
						  MB_NO_NODE, true);
		mb_memblock_set_bottom_up(memblock, false);
	}
	if (!got)
		got = mb_memblock_alloc_range_nid(memblock, answer->size, align, 0, limit,
						  MB_NO_NODE, true);
	r = settle(player, answer->size, got, answer);
	player->at++;
	return r;
}

/* An answer without its request: the line after it says what it is. */
static int play_answer(struct player *player, const struct mb_trace_event *event)
{
	const struct mb_trace_event *next = peek(player, 1);
	bool same = next->base == event->base;

	if (same && next->type == MB_TRACE_NODE_DATA && next->end == event->end)
		return play_node_data(player, event, next);
	if (same && next->type == MB_TRACE_CMA)
		return play_cma(player, event);
	player->replay->taken++;
	return mb_memblock_reserve(player->memblock, event->base, event->size);
}

/* A doubled array has been reserved here too, by then. */
static int play_reserve(struct player *player, const struct mb_trace_event *event)
{
	const struct mb_memblock *memblock = player->memblock;
	int r = 0;

	if (!strcmp(event->caller, "memblock_double_array")) {
		player->replay->compared++;
		if (memblock->reserved_array != event->base &&
		    memblock->memory_array != event->base)
			r = mb_replay_add_diff(player->replay, player->at, "doubled array",
					       event->base, memblock->reserved_array);
	}
	return r ? r : mb_memblock_reserve(player->memblock, event->base, event->size);
}

static int play(struct player *player)
{
	const struct mb_trace_event *event = &player->trace->events[player->at];

	switch (event->type) {
	case MB_TRACE_REQUEST: return play_request(player, event);
	case MB_TRACE_ANSWER: return play_answer(player, event);
	case MB_TRACE_RESERVE: return play_reserve(player, event);
	case MB_TRACE_FREE:
		return mb_memblock_phys_free(player->memblock, event->base, event->size);
	case MB_TRACE_ADD:
		return mb_memblock_add_node(player->memblock, event->base, event->size,
					    MB_MAX_NODES, MB_MEMBLOCK_NONE);
	case MB_TRACE_REMOVE: return mb_memblock_remove(player->memblock, event->base, event->size);
	case MB_TRACE_DUMP: return play_dump(player, event);
	default: return 0;
	}
}

int mb_replay_run(const struct mb_replay_config *config, struct mb_memblock *memblock,
		  struct mb_err *err, struct mb_replay *replay)
{
	struct player player = {.config = config,
				.trace = config->trace,
				.memblock = memblock,
				.replay = replay,
				.at = config->begin};
	int r;

	*replay = (struct mb_replay){0};
	mb_memblock_init(memblock, config->page_shift, config->memblock_dummy);
	mb_memblock_allow_resize(memblock);
	memblock->movable_node = mb_cmdline_has(config->machine->cmdline, "movable_node");
	memblock->mirror = mb_cmdline_mirror(config->machine->cmdline);
	mb_memblock_set_bottom_up(memblock, memblock->movable_node &&
						    config->machine->arch == MB_ARCH_X86_64);
	r = begin_state(&player);
	if (!r && config->dump == config->nodes && config->begin) {
		const struct mb_trace_dump *dump = &config->trace->dumps[config->dump];

		r = want_nodes(&player);
		if (!r)
			r = set_nodes(&player, &memblock->reserved, dump->reserved,
				      dump->nr_reserved);
	}
	for (; !r && player.at < config->end && player.at < config->trace->nr_events; player.at++)
		r = play(&player);
	return r ? MB_FAIL(err, r, "no memory to replay the memblock trace") : 0;
}
