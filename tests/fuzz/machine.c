/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/machine.h"

static void check_mem(const struct mb_machine *machine)
{
	mb_phys_t limit = UINT64_C(1) << machine->phys_bits;

	MUST(machine->nr_mem > 0 && machine->nr_mem <= MB_MACHINE_MAX_RANGES);
	for (size_t i = 0; i < machine->nr_mem; i++) {
		const struct mb_machine_mem *mem = &machine->mem[i];

		MUST(mem->start < mem->end && mem->end <= limit);
		MUST(mb_machine_node_possible(machine, mem->nid));
		MUST(!(mem->flags & ~(MB_MEM_HOTPLUG | MB_MEM_MIRROR | MB_MEM_NOMAP)));
		if (!i)
			continue;
		MUST(mem[-1].end <= mem->start);
		MUST(mem[-1].end < mem->start || mem[-1].nid != mem->nid ||
		     mem[-1].flags != mem->flags);
	}
	MUST(machine->nr_reserved <= MB_MACHINE_MAX_RANGES);
	fuzz_check_ranges(machine->reserved, machine->nr_reserved);
	MUST(!machine->nr_reserved || machine->reserved[machine->nr_reserved - 1].end <= limit);
}

static void check_nodes(const struct mb_machine *machine)
{
	unsigned n = machine->nr_node_ids;
	unsigned step = 1 + n / 32; /* a thousand nodes have a million distances */

	MUST(n > 0 && n <= MB_MAX_NODES && mb_machine_node_possible(machine, (int)n - 1));
	MUST(machine->nr_cpus > 0 && machine->nr_cpus <= MB_MACHINE_MAX_CPUS);
	for (unsigned cpu = 0; cpu < machine->nr_cpus; cpu++)
		MUST(mb_machine_node_possible(machine, machine->cpu_node[cpu]));
	MUST(mb_machine_node_cpus(machine, machine->cpu_node[0]) > 0);
	for (unsigned from = 0; from < n; from++) {
		MUST(machine->distance[(size_t)from * n + from] == 10);
		for (unsigned to = from % step; to < n; to += step) {
			uint8_t distance = machine->distance[(size_t)from * n + to];

			MUST(distance >= 10 && distance <= 254);
		}
	}
}

void fuzz_machine_check(const struct mb_machine *machine)
{
	MUST(machine->arch == MB_ARCH_X86_64 || machine->arch == MB_ARCH_ARM64);
	MUST(machine->page_shift >= 12 && machine->page_shift <= 16);
	MUST(machine->section_shift > machine->page_shift);
	MUST(machine->section_shift < machine->phys_bits && machine->phys_bits <= 52);
	MUST(machine->cmdline && machine->source);
	check_mem(machine);
	check_nodes(machine);
}

static void check_equal(const struct mb_machine *a, const struct mb_machine *b)
{
	size_t cells = (size_t)a->nr_node_ids * a->nr_node_ids;

	MUST(a->arch == b->arch && a->page_shift == b->page_shift);
	MUST(a->section_shift == b->section_shift && a->phys_bits == b->phys_bits);
	MUST(a->nr_mem == b->nr_mem);
	for (size_t i = 0; i < a->nr_mem; i++) {
		MUST(a->mem[i].start == b->mem[i].start && a->mem[i].end == b->mem[i].end);
		MUST(a->mem[i].nid == b->mem[i].nid && a->mem[i].flags == b->mem[i].flags);
	}
	MUST(a->nr_reserved == b->nr_reserved);
	for (size_t i = 0; i < a->nr_reserved; i++) {
		MUST(a->reserved[i].start == b->reserved[i].start);
		MUST(a->reserved[i].end == b->reserved[i].end);
	}
	MUST(a->nr_node_ids == b->nr_node_ids && a->nr_cpus == b->nr_cpus);
	MUST(!memcmp(a->possible, b->possible, sizeof(a->possible)));
	MUST(!memcmp(a->cpu_node, b->cpu_node, a->nr_cpus * sizeof(*a->cpu_node)));
	MUST(!memcmp(a->absent, b->absent, sizeof(a->absent)));
	MUST(!memcmp(a->offline, b->offline, sizeof(a->offline)));
	MUST(!memcmp(a->distance, b->distance, cells));
	MUST(a->sizes.pgdat_bytes == b->sizes.pgdat_bytes);
	MUST(a->sizes.has_percpu == b->sizes.has_percpu);
	MUST(a->sizes.percpu_static_bytes == b->sizes.percpu_static_bytes);
	MUST(a->sizes.percpu_reserved_bytes == b->sizes.percpu_reserved_bytes);
	MUST(!strcmp(a->cmdline, b->cmdline));
}

struct mb_machine *fuzz_machine_parse(const char *text, const struct mb_machine *defaults)
{
	struct mb_machine none, *machine = &none;
	struct mb_err err = {0};
	int r = mb_machine_parse(text, defaults, &err, &machine);

	fuzz_check_err(r, &err);
	MUST(!r || r == -EINVAL || r == -ERANGE);
	MUST(!r == (machine != &none));
	if (r)
		return NULL;
	fuzz_machine_check(machine);
	return machine;
}

void fuzz_machine_round(const struct mb_machine *machine, const struct mb_machine *other)
{
	char *text = mb_machine_print(machine), *again;
	struct mb_machine *back;

	MUST(text && !strchr(text, '\n'));
	back = fuzz_machine_parse(text, other);
	MUST(back);
	check_equal(machine, back);
	again = mb_machine_print(back);
	MUST(again && !strcmp(text, again));
	MUST(mb_machine_hash(machine) == mb_machine_hash(back));
	mb_machine_free(back);
	free(again);
	free(text);
}
