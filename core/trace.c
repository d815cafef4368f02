/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "core/base/grow.h"
#include "core/trace.h"

int mb_trace_add(struct mb_trace *trace, const struct mb_trace_event *event)
{
	if (mb_grow(&trace->events, trace->nr_events, sizeof(*trace->events)))
		return -ENOMEM;
	trace->events[trace->nr_events++] = *event;
	return 0;
}

int mb_trace_add_dump(struct mb_trace *trace, size_t line)
{
	struct mb_trace_event event = {
		.type = MB_TRACE_DUMP, .nid = MB_NO_NODE, .dump = trace->nr_dumps, .line = line};
	int r;

	if (mb_grow(&trace->dumps, trace->nr_dumps, sizeof(*trace->dumps)))
		return -ENOMEM;
	r = mb_trace_add(trace, &event);
	if (!r)
		trace->dumps[trace->nr_dumps++] = (struct mb_trace_dump){.memory = NULL};
	return r;
}

int mb_trace_add_region(struct mb_trace *trace, bool reserved, const struct mb_trace_region *region)
{
	struct mb_trace_dump *dump;

	if (!trace->nr_dumps)
		return -EINVAL;
	dump = &trace->dumps[trace->nr_dumps - 1];
	if (reserved) {
		if (mb_grow(&dump->reserved, dump->nr_reserved, sizeof(*dump->reserved)))
			return -ENOMEM;
		dump->reserved[dump->nr_reserved++] = *region;
		return 0;
	}
	if (mb_grow(&dump->memory, dump->nr_memory, sizeof(*dump->memory)))
		return -ENOMEM;
	dump->memory[dump->nr_memory++] = *region;
	dump->has_nodes |= region->nid != MB_NO_NODE;
	return 0;
}

/* Index of the event of a dump. */
static size_t dump_event(const struct mb_trace *trace, size_t dump)
{
	size_t i = 0;

	while (i < trace->nr_events &&
	       (trace->events[i].type != MB_TRACE_DUMP || trace->events[i].dump != dump))
		i++;
	return i;
}

size_t mb_trace_nodes_event(const struct mb_trace *trace)
{
	for (size_t i = 0; i < trace->nr_events; i++) {
		if (trace->events[i].type == MB_TRACE_FREE_AREA)
			return i;
		if (trace->events[i].type == MB_TRACE_NODE_DATA)
			return i && trace->events[i - 1].type == MB_TRACE_ANSWER ? i - 1 : i;
	}
	return trace->nr_events;
}

int mb_trace_start(const struct mb_trace *trace, size_t *ret_dump, size_t *ret_event,
		   size_t *ret_nodes)
{
	size_t first = dump_event(trace, 0), nodes = 0;

	while (nodes < trace->nr_dumps && !trace->dumps[nodes].has_nodes)
		nodes++;
	if (nodes == trace->nr_dumps || !trace->dumps[nodes].complete || !trace->dumps[0].complete)
		return -ENODATA;
	*ret_nodes = nodes;
	*ret_dump = 0;
	*ret_event = first < mb_trace_nodes_event(trace) ? first + 1 : 0;
	return 0;
}

static int add_regions(struct mb_ranges *ranges, const struct mb_trace_region *regions,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (mb_ranges_add(ranges, regions[i].base, regions[i].end))
			return -ENOMEM;
	mb_ranges_normalise(ranges);
	return 0;
}

static int put(struct mb_ranges *ranges, const struct mb_trace_event *event)
{
	return mb_ranges_insert(ranges, event->base, event->end);
}

static int take(struct mb_ranges *ranges, const struct mb_trace_event *event)
{
	struct mb_range range = {event->base, event->end};
	struct mb_ranges one = {&range, range.start < range.end, 1};

	return mb_ranges_subtract(ranges, &one);
}

static int play(const struct mb_trace_event *event, struct mb_ranges *memory,
		struct mb_ranges *reserved, bool forward)
{
	switch (event->type) {
	case MB_TRACE_ANSWER:
	case MB_TRACE_RESERVE: return forward ? put(reserved, event) : take(reserved, event);
	case MB_TRACE_FREE: return forward ? take(reserved, event) : put(reserved, event);
	case MB_TRACE_ADD: return forward ? put(memory, event) : take(memory, event);
	case MB_TRACE_REMOVE: return forward ? take(memory, event) : 0;
	default: return 0;
	}
}

int mb_trace_state(const struct mb_trace *trace, size_t dump, size_t event,
		   struct mb_ranges *ret_memory, struct mb_ranges *ret_reserved)
{
	const struct mb_trace_dump *from = &trace->dumps[dump];
	struct mb_ranges memory = {0}, reserved = {0};
	size_t at = dump_event(trace, dump);
	int r = add_regions(&memory, from->memory, from->nr_memory);

	if (!r)
		r = add_regions(&reserved, from->reserved, from->nr_reserved);
	for (; !r && at < event && at < trace->nr_events; at++)
		r = play(&trace->events[at], &memory, &reserved, true);
	for (; !r && at > event; at--)
		r = play(&trace->events[at - 1], &memory, &reserved, false);
	if (r) {
		mb_ranges_fini(&memory);
		mb_ranges_fini(&reserved);
		return r;
	}
	*ret_memory = memory;
	*ret_reserved = reserved;
	return 0;
}

/* The node with memory that comes after nid, or MB_MAX_NODES. */
static int next_node(const struct mb_trace_dump *dump, int nid)
{
	int next = MB_MAX_NODES;

	for (size_t i = 0; i < dump->nr_memory; i++)
		if (dump->memory[i].nid > nid && dump->memory[i].nid < next)
			next = dump->memory[i].nid;
	return next;
}

int mb_trace_pgdat_node(const struct mb_trace *trace, const struct mb_trace_dump *dump,
			size_t event)
{
	size_t before = 0, total = 0, nodes = 0, skip;
	int nid;

	if (event >= trace->nr_events || trace->events[event].type != MB_TRACE_NODE_DATA)
		return MB_NO_NODE;
	if (trace->events[event].nid != MB_NO_NODE)
		return trace->events[event].nid;
	for (size_t i = 0; i < trace->nr_events; i++) {
		total += trace->events[i].type == MB_TRACE_NODE_DATA;
		before += trace->events[i].type == MB_TRACE_NODE_DATA && i < event;
	}
	for (nid = next_node(dump, MB_NO_NODE); nid < MB_MAX_NODES; nid = next_node(dump, nid))
		nodes++;
	if (total > nodes)
		return before < MB_MAX_NODES ? (int)before : MB_NO_NODE;
	skip = nodes - total + before;
	for (nid = next_node(dump, MB_NO_NODE); skip; skip--)
		nid = next_node(dump, nid);
	return nid;
}

void mb_trace_fini(struct mb_trace *trace)
{
	for (size_t i = 0; i < trace->nr_dumps; i++) {
		free(trace->dumps[i].memory);
		free(trace->dumps[i].reserved);
	}
	free(trace->dumps);
	free(trace->events);
	*trace = (struct mb_trace){.events = NULL};
}
