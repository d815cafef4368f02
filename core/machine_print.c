/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/parse.h"
#include "core/base/strbuf.h"
#include "core/machine.h"

/*
 * Items in the order of the README's table, one blank between them; whatever has a default of its
 * own is always printed.
 */

static void add_range(struct mb_strbuf *buf, mb_phys_t start, mb_phys_t end)
{
	mb_strbuf_add_size(buf, end - start);
	mb_strbuf_add(buf, "@");
	if (start % 1024)
		mb_strbuf_addf(buf, "%#llx", (unsigned long long)start);
	else
		mb_strbuf_add_size(buf, start);
}

/*
 * The memory of one node or, with nid MB_NO_NODE, the ranges with a flag, joined by '+'. "" without
 * any.
 */
static void add_mem(struct mb_strbuf *buf, const struct mb_machine *machine, const char *name,
		    int nid, unsigned flag)
{
	const char *before = name;
	size_t i = 0;

	while (i < machine->nr_mem) {
		const struct mb_machine_mem *mem = &machine->mem[i++];
		mb_phys_t end = mem->end;

		if (nid == MB_NO_NODE ? !(mem->flags & flag) : mem->nid != nid)
			continue;
		for (; i < machine->nr_mem && machine->mem[i].start == end; i++) {
			if (nid == MB_NO_NODE ? !(machine->mem[i].flags & flag)
					      : machine->mem[i].nid != nid)
				break;
			end = machine->mem[i].end;
		}
		mb_strbuf_add(buf, before);
		add_range(buf, mem->start, end);
		before = "+";
	}
}

/* The CPUs of each node, chained: a thousand nodes do not look at thousands of CPUs each. */
struct chains {
	int16_t first[MB_MAX_NODES], next[MB_MACHINE_MAX_CPUS]; /* -1: none */
};

static void chain_cpus(const struct mb_machine *machine, struct chains *chains)
{
	memset(chains->first, -1, sizeof(chains->first));
	for (unsigned cpu = machine->nr_cpus; cpu-- > 0;) {
		int16_t *first = &chains->first[machine->cpu_node[cpu]];

		chains->next[cpu] = *first;
		*first = (int16_t)cpu;
	}
}

static void add_node(struct mb_strbuf *buf, const struct mb_machine *machine,
		     const struct chains *chains, int nid)
{
	uint64_t cpus[MB_BITMAP_WORDS(MB_MACHINE_MAX_CPUS)] = {0};
	size_t length;
	char name[32];

	snprintf(name, sizeof(name), " node%d=", nid);
	length = buf->length;
	add_mem(buf, machine, name, nid, 0);
	if (buf->length == length)
		mb_strbuf_addf(buf, "%s0", name);
	if (chains->first[nid] < 0)
		return;
	for (int cpu = chains->first[nid]; cpu >= 0; cpu = chains->next[cpu])
		mb_bit_set(cpus, (size_t)cpu);
	mb_strbuf_addf(buf, " node%d.cpus=", nid);
	mb_parse_list_print(buf, cpus, machine->nr_cpus);
}

static void add_cpus(struct mb_strbuf *buf, const char *name, const uint64_t *cpus, unsigned limit)
{
	struct mb_strbuf list = {0};

	mb_parse_list_print(&list, cpus, limit);
	if (list.length)
		mb_strbuf_addf(buf, "%s%s", name, mb_strbuf_text(&list));
	buf->error = buf->error ? buf->error : list.error;
	mb_strbuf_fini(&list);
}

/* A CPU is in one of the lists at most. */
static void add_cpu_states(struct mb_strbuf *buf, const struct mb_machine *machine)
{
	uint64_t offline[MB_ARRAY_SIZE(machine->offline)];

	for (size_t i = 0; i < MB_ARRAY_SIZE(offline); i++)
		offline[i] = machine->offline[i] & ~machine->absent[i];
	add_cpus(buf, " absent=", machine->absent, machine->nr_cpus);
	add_cpus(buf, " offline=", offline, machine->nr_cpus);
}

static bool has_default_distances(const struct mb_machine *machine)
{
	unsigned n = machine->nr_node_ids;

	for (unsigned from = 0; from < n; from++) {
		for (unsigned to = 0; to < n; to++) {
			if (machine->distance[(size_t)from * n + to] != (from == to ? 10 : 20))
				return false;
		}
	}
	return true;
}

/* A row for each possible node. */
static void add_distances(struct mb_strbuf *buf, const struct mb_machine *machine)
{
	unsigned n = machine->nr_node_ids;
	const char *row = " dist=";

	if (has_default_distances(machine))
		return;
	for (unsigned from = 0; from < n; from++) {
		const char *cell = row;

		if (!mb_machine_node_possible(machine, (int)from))
			continue;
		for (unsigned to = 0; to < n; to++) {
			if (!mb_machine_node_possible(machine, (int)to))
				continue;
			mb_strbuf_addf(buf, "%s%u", cell, machine->distance[(size_t)from * n + to]);
			cell = ",";
		}
		row = ";";
	}
}

/* In single quotes; a single quote itself in double ones, as a shell reads it. */
static void add_cmdline(struct mb_strbuf *buf, const char *cmdline)
{
	if (!*cmdline)
		return;
	mb_strbuf_add(buf, " cmdline='");
	while (*cmdline) {
		size_t length = strcspn(cmdline, "'");

		mb_strbuf_addf(buf, "%.*s", (int)length, cmdline);
		cmdline += length;
		if (*cmdline) {
			mb_strbuf_add(buf, "'\"'\"'");
			cmdline++;
		}
	}
	mb_strbuf_add(buf, "'");
}

static void add_sizes(struct mb_strbuf *buf, const struct mb_machine_sizes *sizes)
{
	if (sizes->pgdat_bytes) {
		mb_strbuf_add(buf, " pgdat=");
		mb_strbuf_add_size(buf, sizes->pgdat_bytes);
	}
	if (sizes->has_percpu)
		mb_strbuf_addf(buf, " percpu=%llu+%llu",
			       (unsigned long long)sizes->percpu_static_bytes,
			       (unsigned long long)sizes->percpu_reserved_bytes);
	if (sizes->mem_section_bytes)
		mb_strbuf_addf(buf, " mem-section=%u", sizes->mem_section_bytes);
}

char *mb_machine_print(const struct mb_machine *machine)
{
	struct mb_strbuf buf = {0};
	struct chains chains;

	chain_cpus(machine, &chains);
	mb_strbuf_addf(&buf, "arch=%s page=", mb_machine_arch_name(machine->arch));
	mb_strbuf_add_size(&buf, UINT64_C(1) << machine->page_shift);
	mb_strbuf_add(&buf, " section=");
	mb_strbuf_add_size(&buf, UINT64_C(1) << machine->section_shift);
	mb_strbuf_addf(&buf, " phys-bits=%u", machine->phys_bits);
	for (unsigned nid = 0; nid < machine->nr_node_ids; nid++) {
		if (mb_machine_node_possible(machine, (int)nid))
			add_node(&buf, machine, &chains, (int)nid);
	}
	add_cpu_states(&buf, machine);
	for (size_t i = 0; i < machine->nr_reserved; i++) {
		mb_strbuf_add(&buf, i ? "+" : " reserve=");
		add_range(&buf, machine->reserved[i].start, machine->reserved[i].end);
	}
	add_mem(&buf, machine, " mirror=", MB_NO_NODE, MB_MEM_MIRROR);
	add_mem(&buf, machine, " hotplug=", MB_NO_NODE, MB_MEM_HOTPLUG);
	add_mem(&buf, machine, " nomap=", MB_NO_NODE, MB_MEM_NOMAP);
	add_distances(&buf, machine);
	add_sizes(&buf, &machine->sizes);
	add_cmdline(&buf, machine->cmdline);
	return mb_strbuf_take(&buf);
}

uint64_t mb_machine_hash(const struct mb_machine *machine)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char *text = mb_machine_print(machine);

	for (const char *c = text; c && *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	free(text);
	return hash;
}
