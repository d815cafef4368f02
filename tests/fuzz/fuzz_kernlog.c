/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel log with its memblock trace: lists and ranges are as the headers say, records of
 * /dev/kmsg give lines, and a trace of any kind can be played again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/strbuf.h"
#include "core/profile.h"
#include "core/replay.h"
#include "numa/kernlog.h"
#include "numa/kmsg.h"
#include "tests/fuzz/fuzz.h"

/* More events than this are not played: memblock's arrays grow, and an input may take seconds. */
#define MAX_PLAYED 400

static void check_node(int nid)
{
	MUST(nid == MB_NO_NODE || (nid >= 0 && nid < MB_MAX_NODES));
}

static void check_list(const struct mb_kernlog_ranges *ranges)
{
	MUST(!ranges->count || ranges->list);
	for (size_t i = 0; i < ranges->count; i++) {
		const struct mb_kernlog_range *range = &ranges->list[i];

		MUST(range->start <= range->end);
		check_node(range->nid);
		MUST(memchr(range->what, '\0', sizeof(range->what)));
	}
}

static void check_values(const struct mb_kernlog_values *values, size_t lines)
{
	MUST(!values->count || values->list);
	for (size_t i = 0; i < values->count; i++) {
		const struct mb_kernlog_value *value = &values->list[i];

		check_node(value->nid);
		MUST(memchr(value->what, '\0', sizeof(value->what)));
		MUST(value->line > 0 && value->line <= lines);
		MUST(!i || value[-1].line < value->line);
	}
}

static void check_orders(const struct mb_kernlog *log)
{
	for (size_t i = 0; i < log->nr_fallback; i++) {
		check_node(log->fallback[i].nid);
		for (size_t k = 0; k < log->fallback[i].count; k++)
			MUST(log->fallback[i].nids[k] >= -1);
	}
	for (size_t i = 0; i < log->nr_percpu_allocs; i++)
		for (size_t k = 0; k < log->percpu_allocs[i].count; k++)
			MUST(log->percpu_allocs[i].cpus[k] >= -1);
}

static void check_log(const struct mb_kernlog *log, size_t lines)
{
	const struct mb_kernlog_ranges *lists[] = {&log->e820,  &log->user,   &log->srat,
						   &log->early, &log->zones,  &log->pgdats,
						   &log->cma,   &log->initmem};
	const struct mb_kernlog_values *values[] = {&log->movable, &log->unavailable,
						    &log->deferred, &log->late_frees};

	MUST(log->version && log->cmdline && !strchr(log->version, '\n'));
	MUST(!*log->version || !strncmp(log->version, "Linux", 5));
	MUST(log->has_cmdline || !*log->cmdline);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		check_list(lists[i]);
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		check_values(values[i], lines);
	check_orders(log);
	MUST(log->initrd.start <= log->initrd.end);
	MUST(!log->zones.count || log->has_zones);
	MUST(!log->memory.found || (log->memory.line > 0 && log->memory.line <= lines));
	MUST(memchr(log->policy_zone, '\0', sizeof(log->policy_zone)));
}

static void check_dump(const struct mb_trace_dump *dump)
{
	bool has_nodes = false;

	for (size_t i = 0; i < dump->nr_memory; i++) {
		MUST(dump->memory[i].base <= dump->memory[i].end);
		check_node(dump->memory[i].nid);
		has_nodes |= dump->memory[i].nid != MB_NO_NODE;
	}
	for (size_t i = 0; i < dump->nr_reserved; i++) {
		MUST(dump->reserved[i].base <= dump->reserved[i].end);
		check_node(dump->reserved[i].nid);
	}
	MUST(dump->has_nodes == has_nodes);
	MUST(!dump->complete || dump->nr_memory);
}

static void check_trace(const struct mb_trace *trace, size_t lines)
{
	size_t dumps = 0;

	for (size_t i = 0; i < trace->nr_events; i++) {
		const struct mb_trace_event *event = &trace->events[i];

		MUST(event->line > 0 && event->line <= lines);
		MUST(!i || event[-1].line < event->line);
		MUST(memchr(event->caller, '\0', sizeof(event->caller)));
		check_node(event->nid);
		if (event->type == MB_TRACE_REQUEST)
			MUST(event->call < MB_TRACE_NR_CALLS && event->size);
		else
			MUST(event->base <= event->end && event->size == event->end - event->base);
		if (event->type == MB_TRACE_DUMP)
			MUST(event->dump == dumps++);
	}
	MUST(dumps == trace->nr_dumps);
	for (size_t i = 0; i < trace->nr_dumps; i++)
		check_dump(&trace->dumps[i]);
}

/* What the trace is asked for: the state before an event, and who a NODE_DATA belongs to. */
static void check_state(const struct mb_trace *trace, size_t dump, size_t event)
{
	struct mb_ranges memory = {0}, reserved = {0};

	MUST(!mb_trace_state(trace, dump, event, &memory, &reserved));
	fuzz_check_ranges(memory.list, memory.count);
	fuzz_check_ranges(reserved.list, reserved.count);
	mb_ranges_fini(&memory);
	mb_ranges_fini(&reserved);
	for (size_t i = 0; i <= trace->nr_events; i++)
		check_node(mb_trace_pgdat_node(trace, &trace->dumps[dump], i));
}

static void check_replay(const struct mb_trace *trace)
{
	static const char text[] = "node0=4G node1=4G node0.cpus=0-1 node1.cpus=2-3";
	struct mb_machine *machine = NULL;
	struct mb_memblock memblock;
	struct mb_replay_config config;
	struct mb_replay replay = {0};
	struct mb_err err = {0};

	MUST(!mb_machine_parse(text, NULL, &err, &machine));
	MUST(!mb_replay_config_init(&config, trace, machine, true, &err));
	MUST(!mb_replay_run(&config, &memblock, &err, &replay));
	fuzz_check_err(0, &err);
	for (size_t i = 0; i < replay.nr_diffs; i++)
		MUST(replay.diffs[i].event <= trace->nr_events && replay.diffs[i].what);
	mb_replay_fini(&replay);
	mb_memblock_fini(&memblock);
	mb_machine_free(machine);
}

static void check_replays(const struct mb_trace *trace)
{
	size_t dump = SIZE_MAX, event = SIZE_MAX, nodes = SIZE_MAX;
	int r = mb_trace_start(trace, &dump, &event, &nodes);

	MUST(mb_trace_nodes_event(trace) <= trace->nr_events);
	if (r) {
		MUST(r == -ENODATA && dump == SIZE_MAX && event == SIZE_MAX && nodes == SIZE_MAX);
		return;
	}
	MUST(dump < trace->nr_dumps && nodes < trace->nr_dumps && event <= trace->nr_events);
	MUST(trace->dumps[dump].complete && trace->dumps[nodes].has_nodes);
	if (trace->nr_events > MAX_PLAYED)
		return;
	check_state(trace, dump, event);
	check_state(trace, nodes, mb_trace_nodes_event(trace));
	check_state(trace, dump, trace->nr_events);
	check_replay(trace);
}

static void check_release(const struct mb_kernlog *log)
{
	char release[32] = "?", small[4] = "?";
	int r = mb_kernlog_release(log, release, sizeof(release));
	int s = mb_kernlog_release(log, small, sizeof(small));

	MUST(!r || r == -ENOENT || r == -ERANGE);
	MUST(r ? !strcmp(release, "?") : strlen(release) > 0);
	MUST(s ? !strcmp(small, "?") : !r && !strcmp(small, release));
	MUST(mb_profile_nearest(r ? "" : release));
}

/* Reads a log from a copy of just its size, as files are read, without a NUL behind it. */
static void check_text(const uint8_t *data, size_t size)
{
	size_t lines = size && data[size - 1] != '\n';
	struct mb_kernlog *log = NULL;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	MUST(!mb_kernlog_parse((const char *)data, size, &log) && log);
	check_log(log, lines);
	check_trace(&log->trace, lines);
	check_replays(&log->trace);
	check_release(log);
	mb_kernlog_free(log);
}

/* The same bytes as one record of /dev/kmsg: whole lines of dmesg's, of which \x0a makes several, or nothing. */
static void check_record(const uint8_t *data, size_t size)
{
	struct mb_strbuf text = {0};
	const char *line;

	if (mb_kmsg_add_record(&text, (const char *)data, size)) {
		line = mb_strbuf_text(&text);
		MUST(text.length == strlen(line));
		for (; *line; line = strchr(line, '\n') + 1)
			MUST(*line == '[' && strchr(line, '\n'));
	} else {
		MUST(!text.length);
	}
	mb_strbuf_fini(&text);
}

/* The same bytes as what `cat /dev/kmsg` writes: nothing, or lines of which the first is dmesg's. */
static void check_records(const uint8_t *data, size_t size)
{
	struct mb_strbuf text = {0};

	if (mb_kmsg_add_records(&text, (const char *)data, size))
		MUST(*mb_strbuf_text(&text) == '[');
	else
		MUST(!text.length);
	mb_strbuf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_text(data, size);
	check_record(data, size);
	check_records(data, size);
	return 0;
}
