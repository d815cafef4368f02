/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "numa/sysroot_file.h"
#include "numa/sysroot_log.h"

int mb_sysroot_log_read(const struct mb_sysroot *root, struct mb_kernlog **ret_log)
{
	char *text MB_FREE = NULL;
	int r;

	*ret_log = NULL;
	if (mb_sysroot_file_is_live(root))
		return 0;
	r = mb_sysroot_file_read(root, &text, "dmesg");
	if (r)
		return r == -ENOMEM ? r : 0;
	return mb_kernlog_parse(text, strlen(text), ret_log);
}

int mb_sysroot_log_reserved(const struct mb_kernlog *log, struct mb_ranges *ret_reserved)
{
	struct mb_ranges memory = {0}, reserved = {0};
	size_t dump, event, nodes;
	int r = mb_trace_start(&log->trace, &dump, &event, &nodes);

	if (!r)
		r = mb_trace_state(&log->trace, dump, mb_trace_nodes_event(&log->trace), &memory,
				   &reserved);
	if (r)
		return r;
	mb_ranges_fini(&memory);
	*ret_reserved = reserved;
	return 0;
}

/* A damaged log may say anything; a machine of its own sizes must stay one that can be written. */
static bool believable(uint64_t bytes)
{
	return bytes <= MB_GIB;
}

static void set_percpu(struct mb_machine_sizes *sizes, uint64_t fixed, uint64_t reserved)
{
	if (!believable(fixed) || !believable(reserved))
		return;
	sizes->percpu_static_bytes = fixed;
	sizes->percpu_reserved_bytes = reserved;
	sizes->has_percpu = true;
}

static bool asks_for_sections(const struct mb_trace_event *event)
{
	return event->type == MB_TRACE_REQUEST &&
	       (!strcmp(event->caller, "memory_present") || !strcmp(event->caller, "sparse_init"));
}

/* sparse_init asks first for a pointer to each page full of entries. 0: it does not say. */
static unsigned mem_section_bytes(const struct mb_trace *trace, const struct mb_machine *machine)
{
	uint64_t sections = UINT64_C(1) << (machine->phys_bits - machine->section_shift);
	uint64_t page = UINT64_C(1) << machine->page_shift;
	size_t i = 0;

	while (i < trace->nr_events && !asks_for_sections(&trace->events[i]))
		i++;
	for (unsigned bytes = 16; i < trace->nr_events && bytes <= 32; bytes *= 2)
		if (trace->events[i].size == sizeof(void *) * mb_div_ceil(sections, page / bytes))
			return bytes;
	return 0;
}

void mb_sysroot_log_sizes(const struct mb_kernlog *log, struct mb_machine *machine)
{
	struct mb_machine_sizes *sizes = &machine->sizes;
	uint64_t bytes = 0;

	if (log->pgdats.count)
		bytes = log->pgdats.list[0].end - log->pgdats.list[0].start;
	if (bytes && believable(bytes))
		sizes->pgdat_bytes = bytes;
	if (log->pcpu_alloc.found)
		set_percpu(sizes, log->pcpu_alloc.static_bytes, log->pcpu_alloc.reserved_bytes);
	else if (log->percpu.found)
		set_percpu(sizes, log->percpu.static_bytes, log->percpu.reserved_bytes);
	if (mem_section_bytes(&log->trace, machine) == 32)
		sizes->mem_section_bytes = 32;
}
