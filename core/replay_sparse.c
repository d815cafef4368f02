/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/boot_state.h"
#include "core/replay_sparse.h"

/* The requests of the trace that are left, and where they part from the engine's. */
struct comparison {
	const struct mb_trace *trace;
	size_t at, end; /* events */
	struct mb_replay *replay;
	int result;
};

/* Moves on to the next request of the kernel; end if none is left. */
static const struct mb_trace_event *next_request(struct comparison *comparison)
{
	while (comparison->at < comparison->end &&
	       comparison->trace->events[comparison->at].type != MB_TRACE_REQUEST)
		comparison->at++;
	return comparison->at < comparison->end ? &comparison->trace->events[comparison->at] : NULL;
}

static mb_phys_t answer_of(const struct comparison *comparison)
{
	const struct mb_trace_event *answer = &comparison->trace->events[comparison->at + 1];

	return comparison->at + 1 < comparison->end && answer->type == MB_TRACE_ANSWER
		       ? answer->base
		       : 0;
}

/* One request of the engine. */
static void compare(void *ctx, const struct mb_memblock_request *request)
{
	struct comparison *comparison = ctx;
	const struct mb_trace_event *event = next_request(comparison);

	comparison->replay->compared++;
	if (!event) {
		if (!comparison->result)
			comparison->result = mb_replay_add_diff(comparison->replay, comparison->end,
								"requests", 0, request->size);
		return;
	}
	const struct {
		const char *what;
		mb_phys_t want, got;
	} values[] = {
		{"call", event->call, request->call},
		{"size", event->size, request->size},
		{"align", event->align, request->align},
		{"nid", (mb_phys_t)event->nid, (mb_phys_t)request->nid},
		{"from", event->base, request->min_addr},
		{"max_addr", event->end, request->max_addr},
		{"address", answer_of(comparison), request->address},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(values) && !comparison->result; i++)
		if (values[i].want != values[i].got)
			comparison->result =
				mb_replay_add_diff(comparison->replay, comparison->at,
						   values[i].what, values[i].want, values[i].got);
	comparison->at++;
}

/* The first request of sparse_init: the root pointers, or in 6.12 too, whoever has them inlined. */
static size_t first_request(const struct mb_trace *trace, size_t end)
{
	static const char *const callers[] = {"sparse_init", "memblocks_present", "memory_present"};

	for (size_t i = 0; i < end; i++)
		for (size_t j = 0; j < MB_ARRAY_SIZE(callers); j++)
			if (trace->events[i].type == MB_TRACE_REQUEST &&
			    !strcmp(trace->events[i].caller, callers[j]))
				return i;
	return end;
}

static size_t free_area_event(const struct mb_trace *trace)
{
	size_t i = 0;

	while (i < trace->nr_events && trace->events[i].type != MB_TRACE_FREE_AREA)
		i++;
	return i;
}

/* The dump with nodes, where it comes before; else the state that the replay reaches. */
static void begin_at_nodes(struct mb_replay_config *config, size_t first)
{
	for (size_t i = 0; i < first; i++) {
		const struct mb_trace_event *event = &config->trace->events[i];

		if (event->type == MB_TRACE_DUMP && event->dump == config->nodes) {
			config->dump = config->nodes;
			config->begin = i + 1;
		}
	}
	config->end = first;
}

/* The nodes' descriptors are where the kernel's are. */
static void take_node_data(struct mb_boot *boot, const struct mb_replay_config *config)
{
	const struct mb_trace *trace = config->trace;

	for (size_t i = 0; i < config->end; i++) {
		int nid = mb_trace_pgdat_node(trace, &trace->dumps[config->nodes], i);

		if (nid != MB_NO_NODE && (unsigned)nid < boot->nr_node_ids && boot->nodes[nid])
			boot->nodes[nid]->pgdat = trace->events[i].base;
	}
}

/* Events of sparse_init: [first, end). */
static int run_once(struct mb_boot *boot, const struct mb_trace *trace, size_t first, size_t end,
		    struct mb_replay *replay)
{
	struct comparison comparison = {trace, first, end, replay, 0};
	struct mb_replay_config config;
	struct mb_replay ignored = {0};
	int r = mb_replay_config_init(&config, trace, boot->machine, boot->profile->memblock_dummy,
				      &boot->err);

	/* The engine's own nodes; their memory and what is reserved become the trace's. */
	if (!r)
		r = mb_boot_run_until(boot, &mb_node_stage);
	if (r)
		return r;
	begin_at_nodes(&config, first);
	mb_memblock_fini(&boot->memblock);
	r = mb_replay_run(&config, &boot->memblock, &boot->err, &ignored);
	mb_replay_fini(&ignored);
	if (!r && mb_memblock_end_of_DRAM(&boot->memblock) >> boot->machine->phys_bits)
		r = MB_FAIL(&boot->err, -ENODATA,
			    "the kernel log has memory that cannot be addressed");
	if (r)
		return r;
	take_node_data(boot, &config);
	boot->memblock.trace = compare;
	boot->memblock.trace_ctx = &comparison;
	r = mb_boot_run_until(boot, &mb_memmodel_stage);
	boot->memblock.trace = NULL;
	while (!r && !comparison.result && next_request(&comparison)) {
		comparison.result = mb_replay_add_diff(replay, comparison.at, "requests",
						       trace->events[comparison.at].size, 0);
		comparison.at++;
	}
	return r ? r : comparison.result;
}

static int run_boot(const struct mb_boot_config *config, bool has_top_table,
		    const struct mb_trace *trace, struct mb_err *err, struct mb_replay *replay)
{
	size_t end = free_area_event(trace), first = first_request(trace, end);
	struct mb_boot_config dry = *config;
	struct mb_boot *boot;
	int r;

	if (first == end)
		return MB_FAIL(err, -ENODATA, "the kernel log has no requests of sparse_init");
	dry.dry_run = true;
	r = mb_boot_new(&dry, err, &boot);
	if (r)
		return r;
	boot->model.has_top_table = has_top_table;
	r = run_once(boot, trace, first, end, replay);
	if (r)
		MB_FAIL(err, r, "%s", boot->err.code ? boot->err.text : "out of memory");
	mb_boot_free(boot);
	return r;
}

int mb_replay_sparse_run(const struct mb_boot_config *boot, const struct mb_trace *trace,
			 struct mb_err *err, struct mb_replay_sparse *ret_sparse)
{
	struct mb_replay other = {0};
	int r;

	*ret_sparse = (struct mb_replay_sparse){0};
	r = run_boot(boot, false, trace, err, &ret_sparse->replay);
	if (r || !ret_sparse->replay.nr_diffs || boot->machine->arch != MB_ARCH_X86_64)
		return r;
	r = run_boot(boot, true, trace, err, &other);
	if (!r && other.nr_diffs < ret_sparse->replay.nr_diffs) {
		mb_replay_fini(&ret_sparse->replay);
		*ret_sparse = (struct mb_replay_sparse){other, true};
		return 0;
	}
	mb_replay_fini(&other);
	return r;
}
