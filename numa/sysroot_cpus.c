/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "numa/sysroot_cpus.h"
#include "numa/sysroot_file.h"

#define CPU   "sys/devices/system/cpu/"
#define WORDS MB_BITMAP_WORDS(MB_MACHINE_MAX_CPUS)

struct cpus {
	const struct mb_kernlog *log; /* may be NULL */
	const struct mb_sysroot_node *node;
	struct mb_machine *machine;
	uint64_t present[WORDS], online[WORDS];
	unsigned count; /* possible */
};

static bool is_listed(const struct cpus *cpus, unsigned cpu)
{
	return cpu < cpus->node->nr_cpus && cpus->node->cpu_node[cpu] != MB_NO_NODE;
}

static void read_possible(const struct mb_sysroot *root, struct cpus *cpus)
{
	uint64_t map[WORDS] = {0};

	cpus->count = cpus->machine->nr_cpus;
	if (cpus->log)
		cpus->count =
			(unsigned)mb_clamp(cpus->log->nr_cpu_ids, cpus->count, MB_MACHINE_MAX_CPUS);
	if (mb_sysroot_file_list(root, MB_MACHINE_MAX_CPUS, map, CPU "possible"))
		return;
	for (unsigned cpu = cpus->count; cpu < MB_MACHINE_MAX_CPUS; cpu++)
		if (mb_bit_test(map, cpu))
			cpus->count = cpu + 1;
}

static void read_online(const struct mb_sysroot *root, struct cpus *cpus)
{
	if (!mb_sysroot_file_list(root, MB_MACHINE_MAX_CPUS, cpus->online, CPU "online"))
		return;
	memset(cpus->online, 0, sizeof(cpus->online));
	for (unsigned cpu = 0; cpu < cpus->count; cpu++)
		if (is_listed(cpus, cpu))
			mb_bit_set(cpus->online, cpu);
}

/* CPUs get their numbers in order, those that are there first. */
static void read_present(const struct mb_sysroot *root, struct cpus *cpus)
{
	unsigned first = cpus->log ? cpus->log->nr_present_cpus : 0;

	if (mb_sysroot_file_list(root, MB_MACHINE_MAX_CPUS, cpus->present, CPU "present")) {
		memset(cpus->present, 0, sizeof(cpus->present));
		for (unsigned cpu = 0; cpu < mb_min(first, cpus->count); cpu++)
			mb_bit_set(cpus->present, cpu);
	}
	for (size_t i = 0; i < WORDS; i++)
		cpus->present[i] |= cpus->online[i];
}

/* Whether the SRAT has its CPUs in the order of their numbers, as far as can be seen. */
static bool is_srat_ordered(const struct cpus *cpus)
{
	const struct mb_kernlog_values *lines;

	if (!cpus->log)
		return false;
	lines = &cpus->log->srat_cpus;
	for (unsigned cpu = 0; cpu < cpus->count; cpu++) {
		if (!mb_bit_test(cpus->present, cpu))
			continue;
		if (cpu >= lines->count || lines->list[cpu].nid == MB_NO_NODE ||
		    !mb_machine_node_possible(cpus->machine, lines->list[cpu].nid))
			return false;
		if (is_listed(cpus, cpu) && cpus->node->cpu_node[cpu] != lines->list[cpu].nid)
			return false;
	}
	return true;
}

/* The nodes with memory, in order; their number. */
static unsigned list_memory_nodes(const struct mb_machine *machine, int *nids)
{
	uint64_t map[MB_BITMAP_WORDS(MB_MAX_NODES)] = {0};
	unsigned count = 0;

	for (size_t i = 0; i < machine->nr_mem; i++)
		mb_bit_set(map, (size_t)machine->mem[i].nid);
	for (int nid = 0; nid < MB_MAX_NODES; nid++)
		if (mb_bit_test(map, (size_t)nid))
			nids[count++] = nid;
	return count;
}

static int place(struct cpus *cpus)
{
	struct mb_machine *machine = cpus->machine;
	bool ordered = is_srat_ordered(cpus);
	int nids[MB_MAX_NODES], r = 0;
	unsigned count = list_memory_nodes(machine, nids);
	bool dealt = machine->arch == MB_ARCH_X86_64 && count;

	while (machine->nr_cpus < cpus->count && !r)
		r = mb_machine_add_cpu(machine, machine->cpu_node[machine->nr_cpus - 1]);
	for (unsigned cpu = 0; cpu < cpus->count && !r; cpu++) {
		if (is_listed(cpus, cpu))
			continue;
		if (ordered && mb_bit_test(cpus->present, cpu))
			machine->cpu_node[cpu] = cpus->log->srat_cpus.list[cpu].nid;
		else if (dealt && !mb_bit_test(cpus->present, cpu))
			machine->cpu_node[cpu] = nids[cpu % count];
	}
	return r;
}

/* A tree that shows no CPU online is not to be believed. */
static void mark(const struct cpus *cpus)
{
	uint64_t offline[WORDS] = {0}, absent[WORDS] = {0};

	for (unsigned cpu = 0; cpu < cpus->count; cpu++) {
		if (!mb_bit_test(cpus->online, cpu))
			mb_bit_set(offline, cpu);
		if (!mb_bit_test(cpus->present, cpu))
			mb_bit_set(absent, cpu);
	}
	if (!mb_machine_take_cpus(cpus->machine, offline, MB_CPU_PRESENT))
		mb_machine_take_cpus(cpus->machine, absent, MB_CPU_POSSIBLE);
}

int mb_sysroot_cpus_apply(const struct mb_sysroot *root, const struct mb_kernlog *log,
			  const struct mb_sysroot_node *node, struct mb_machine *machine)
{
	struct cpus cpus = {.log = log, .node = node, .machine = machine};
	int r;

	if (!machine->nr_cpus)
		return 0;
	read_possible(root, &cpus);
	read_online(root, &cpus);
	read_present(root, &cpus);
	r = place(&cpus);
	if (!r)
		mark(&cpus);
	return r;
}
