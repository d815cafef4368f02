/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/align.h"
#include "numa/kernlog_scan.h"
#include "numa/kernlog_trace.h"

/* What a field of a row is for. */
enum role {
	NONE,
	FIRST,
	LAST,
	SIZE,
	ALIGN,
	NID,
	FROM,
	MAX,
	CALLER,
};

/* One row per kind of line. The first that matches is taken. */
static const struct row {
	const char *pattern;
	enum mb_trace_type type;
	enum mb_trace_call call;
	enum role roles[MB_KERNLOG_MAX_FIELDS];
} rows[] = {
	{"memblock_alloc_try_nid: %n bytes align=%n nid=%d from=%n max_addr=%n %s",
	 MB_TRACE_REQUEST,
	 MB_TRACE_ALLOC_TRY_NID,
	 {SIZE, ALIGN, NID, FROM, MAX, CALLER}},
	{"memblock_alloc_try_nid_raw: %n bytes align=%n nid=%d from=%n max_addr=%n %s",
	 MB_TRACE_REQUEST,
	 MB_TRACE_ALLOC_TRY_NID,
	 {SIZE, ALIGN, NID, FROM, MAX, CALLER}},
	{"memblock_alloc_exact_nid_raw: %n bytes align=%n nid=%d from=%n max_addr=%n %s",
	 MB_TRACE_REQUEST,
	 MB_TRACE_ALLOC_EXACT_NID,
	 {SIZE, ALIGN, NID, FROM, MAX, CALLER}},
	{"memblock_phys_alloc_range: %n bytes align=%n from=%n max_addr=%n %s",
	 MB_TRACE_REQUEST,
	 MB_TRACE_PHYS_ALLOC_RANGE,
	 {SIZE, ALIGN, FROM, MAX, CALLER}},
	{"memblock_reserve: [%n-%n] memblock_alloc_range_nid%s", MB_TRACE_ANSWER, 0, {FIRST, LAST}},
	{"memblock_reserve: [%n-%n] %s", MB_TRACE_RESERVE, 0, {FIRST, LAST, CALLER}},
	{"__memblock_reserve: [%n-%n] nid=%d flags=%s memblock_alloc_range_nid%s",
	 MB_TRACE_ANSWER,
	 0,
	 {FIRST, LAST}},
	{"__memblock_reserve: [%n-%n] nid=%d flags=%s %s",
	 MB_TRACE_RESERVE,
	 0,
	 {FIRST, LAST, NONE, NONE, CALLER}},
	{"memblock_phys_free: [%n-%n] %s", MB_TRACE_FREE, 0, {FIRST, LAST, CALLER}},
	{"memblock_free: [%n-%n] %s", MB_TRACE_FREE, 0, {FIRST, LAST, CALLER}},
	{"memblock_add: [%n-%n] %s", MB_TRACE_ADD, 0, {FIRST, LAST, CALLER}},
	{"memblock_add_node: [%n-%n] nid=%d flags=%s %s",
	 MB_TRACE_ADD,
	 0,
	 {FIRST, LAST, NID, NONE, CALLER}},
	{"memblock_remove: [%n-%n] %s", MB_TRACE_REMOVE, 0, {FIRST, LAST, CALLER}},
	{"NODE_DATA(%n) allocated [mem %n-%n]", MB_TRACE_NODE_DATA, 0, {NID, FIRST, LAST}},
	{"NUMA: NODE_DATA(%n) allocated [mem %n-%n]", MB_TRACE_NODE_DATA, 0, {NID, FIRST, LAST}},
	{"NUMA: NODE_DATA [mem %n-%n]", MB_TRACE_NODE_DATA, 0, {FIRST, LAST}},
	{"cma: Reserved %n MiB at %n", MB_TRACE_CMA, 0, {SIZE, FIRST}},
	{"cma: Reserved %n MiB at %n on node %d", MB_TRACE_CMA, 0, {SIZE, FIRST, NID}},
	{"Zone ranges:", MB_TRACE_FREE_AREA, 0, {NONE}},
};

mb_phys_t mb_kernlog_trace_end(mb_phys_t first, mb_phys_t last)
{
	if (last + 1 == first)
		return first;
	return last < first || last == MB_PHYS_MAX ? MB_PHYS_MAX : last + 1;
}

/* "sparse_init+0x9f/0x200": the function. */
static void copy_caller(const struct mb_kernlog_field *field, struct mb_trace_event *event)
{
	struct mb_kernlog_field name = *field;
	const char *plus = memchr(name.text, '+', name.length);

	if (plus)
		name.length = (size_t)(plus - name.text);
	mb_kernlog_scan_copy(&name, event->caller, sizeof(event->caller));
}

static int node_id(uint64_t number)
{
	return number < MB_MAX_NODES ? (int)number : MB_NO_NODE;
}

static void take_field(enum role role, const struct mb_kernlog_field *field,
		       struct mb_trace_event *event)
{
	switch (role) {
	case FIRST:
	case FROM: event->base = field->number; break;
	case LAST: event->end = mb_kernlog_trace_end(event->base, field->number); break;
	case MAX: event->end = field->number; break;
	case SIZE: event->size = field->number; break;
	case ALIGN: event->align = field->number; break;
	case NID: event->nid = node_id(field->number); break;
	case CALLER: copy_caller(field, event); break;
	case NONE: break;
	}
}

/* A CMA line prints whole MiB and the start. */
static void finish_event(struct mb_trace_event *event)
{
	if (event->type == MB_TRACE_CMA) {
		event->size = mb_min(event->size, MB_PHYS_MAX / MB_MIB) * MB_MIB;
		event->end = event->base + mb_min(event->size, MB_PHYS_MAX - event->base);
	}
	if (event->type != MB_TRACE_REQUEST)
		event->size = event->end - event->base;
}

/* Whether the kernel could have asked so: no size and no alignment of another kind is in its code. */
static bool sane(const struct mb_trace_event *event)
{
	return event->type != MB_TRACE_REQUEST ||
	       (event->size && (!event->align || mb_is_pow2(event->align)));
}

static int dump_line(struct mb_kernlog_trace *reader, const char *line)
{
	static const struct {
		const char *pattern;
		bool reserved, has_node;
	} forms[] = {
		{"memory[%n] [%n-%n], %n bytes on node %n flags: %n", false, true},
		{"memory[%n] [%n-%n], %n bytes flags: %n", false, false},
		{"reserved[%n] [%n-%n], %n bytes on node %n flags: %n", true, true},
		{"reserved[%n] [%n-%n], %n bytes flags: %n", true, false},
	};
	struct mb_kernlog_field field[MB_KERNLOG_MAX_FIELDS];
	struct mb_trace_region region = {.nid = MB_NO_NODE};
	int r;

	if (mb_kernlog_scan(line, "memory size = %n reserved size = %n", field))
		return 1;
	if (mb_kernlog_scan(line, "memory.cnt = %n", field)) {
		reader->announced[0] = field[0].number;
		return 1;
	}
	if (mb_kernlog_scan(line, "reserved.cnt = %n", field)) {
		reader->announced[1] = field[0].number;
		return 1;
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(forms); i++) {
		if (!mb_kernlog_scan(line, forms[i].pattern, field))
			continue;
		region.base = field[1].number;
		region.end = mb_kernlog_trace_end(region.base, field[2].number);
		region.nid = forms[i].has_node ? node_id(field[4].number) : MB_NO_NODE;
		region.flags = (unsigned)field[forms[i].has_node ? 5 : 4].number;
		r = mb_trace_add_region(reader->trace, forms[i].reserved, &region);
		return r ? r : 1;
	}
	return 0;
}

void mb_kernlog_trace_finish(struct mb_kernlog_trace *reader)
{
	struct mb_trace_dump *dump;

	if (!reader->in_dump)
		return;
	dump = &reader->trace->dumps[reader->trace->nr_dumps - 1];
	dump->complete = dump->nr_memory && dump->nr_memory == reader->announced[0] &&
			 dump->nr_reserved == reader->announced[1];
	reader->in_dump = false;
}

static int begin_dump(struct mb_kernlog_trace *reader, size_t number)
{
	int r = mb_trace_add_dump(reader->trace, number);

	if (r)
		return r;
	/* An array that the log does not announce is not complete. */
	reader->announced[0] = reader->announced[1] = UINT64_MAX;
	reader->in_dump = true;
	return 1;
}

int mb_kernlog_trace_line(struct mb_kernlog_trace *reader, const char *line, size_t number)
{
	struct mb_kernlog_field field[MB_KERNLOG_MAX_FIELDS];
	int r = reader->in_dump ? dump_line(reader, line) : 0;

	if (r)
		return r;
	mb_kernlog_trace_finish(reader);
	if (!strcmp(line, "MEMBLOCK configuration:"))
		return begin_dump(reader, number);
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_trace_event event = {.type = rows[i].type,
					       .call = rows[i].call,
					       .nid = MB_NO_NODE,
					       .line = number};

		if (!mb_kernlog_scan(line, rows[i].pattern, field))
			continue;
		for (size_t j = 0; j < MB_KERNLOG_MAX_FIELDS; j++)
			take_field(rows[i].roles[j], &field[j], &event);
		finish_event(&event);
		if (!sane(&event))
			return 0;
		r = mb_trace_add(reader->trace, &event);
		return r ? r : 1;
	}
	return 0;
}
