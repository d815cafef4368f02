/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "core/trace.h"

/* The arrays have room for the next power of two of their count. */
static int grow(void *array, size_t count, size_t element_bytes)
{
	void *larger;

	if (count & (count - 1))
		return 0;
	larger = reallocarray(*(void **)array, count ? 2 * count : 1, element_bytes);
	if (!larger)
		return -ENOMEM;
	*(void **)array = larger;
	return 0;
}

int mb_trace_add(struct mb_trace *trace, const struct mb_trace_event *event)
{
	if (grow(&trace->events, trace->nr_events, sizeof(*trace->events)))
		return -ENOMEM;
	trace->events[trace->nr_events++] = *event;
	return 0;
}

int mb_trace_add_dump(struct mb_trace *trace, size_t line)
{
	struct mb_trace_event event = {
		.type = MB_TRACE_DUMP, .nid = MB_NO_NODE, .dump = trace->nr_dumps, .line = line};
	int r;

	if (grow(&trace->dumps, trace->nr_dumps, sizeof(*trace->dumps)))
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
		if (grow(&dump->reserved, dump->nr_reserved, sizeof(*dump->reserved)))
			return -ENOMEM;
		dump->reserved[dump->nr_reserved++] = *region;
		return 0;
	}
	if (grow(&dump->memory, dump->nr_memory, sizeof(*dump->memory)))
		return -ENOMEM;
	dump->memory[dump->nr_memory++] = *region;
	dump->has_nodes |= region->nid != MB_NO_NODE;
	return 0;
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
