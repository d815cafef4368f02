/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "core/machine.h"
#include "tests/seed.h"

static bool equal(const struct mb_machine *a, const struct mb_machine *b)
{
	if (a->arch != b->arch || a->page_shift != b->page_shift ||
	    a->section_shift != b->section_shift || a->phys_bits != b->phys_bits ||
	    a->nr_mem != b->nr_mem || a->nr_reserved != b->nr_reserved ||
	    a->nr_node_ids != b->nr_node_ids || a->nr_cpus != b->nr_cpus)
		return false;
	for (size_t i = 0; i < a->nr_mem; i++) {
		const struct mb_machine_mem *x = &a->mem[i], *y = &b->mem[i];

		if (x->start != y->start || x->end != y->end || x->nid != y->nid ||
		    x->flags != y->flags)
			return false;
	}
	return (!a->nr_reserved ||
		!memcmp(a->reserved, b->reserved, a->nr_reserved * sizeof(*a->reserved))) &&
	       !memcmp(a->possible, b->possible, sizeof(a->possible)) &&
	       !memcmp(a->cpu_node, b->cpu_node, a->nr_cpus * sizeof(*a->cpu_node)) &&
	       !memcmp(a->absent, b->absent, sizeof(a->absent)) &&
	       !memcmp(a->offline, b->offline, sizeof(a->offline)) &&
	       !memcmp(a->distance, b->distance, (size_t)a->nr_node_ids * a->nr_node_ids) &&
	       !strcmp(a->cmdline, b->cmdline);
}

static int random_node(struct mb_rng *rng, unsigned nr_nodes)
{
	/* Sparse numbers, some of them high. */
	return (int)(mb_rng_below(rng, nr_nodes) * 37 % 1000);
}

static void add_random_mem(struct mb_machine *machine, struct mb_rng *rng, unsigned nr_nodes)
{
	mb_phys_t at = 0;

	for (uint64_t n = 1 + mb_rng_below(rng, 30); n; n--) {
		unsigned bits = 1 + (unsigned)mb_rng_below(rng, machine->phys_bits - 7);
		uint64_t gap = mb_rng_below(rng, 2) ? 0 : mb_rng_next(rng) >> (64 - bits);
		uint64_t size = 1 + (mb_rng_next(rng) >> (64 - bits));

		if (mb_rng_below(rng, 2))
			size = mb_align_up_pow2(size, UINT64_C(1) << mb_rng_below(rng, bits));
		at += gap;
		assert_int_equal(mb_machine_add_mem(machine, at, at + size,
						    random_node(rng, nr_nodes),
						    (unsigned)mb_rng_below(rng, 8)),
				 0);
		at += size;
		if (mb_rng_below(rng, 4))
			continue;
		assert_int_equal(mb_machine_add_reserved(machine, at - size / 2 - 1, at), 0);
	}
}

static char *random_cmdline(struct mb_rng *rng)
{
	static const char letters[] = " \t'\"#=;,+@abcM2";
	size_t length = mb_rng_below(rng, 40);
	char *text = calloc(length + 1, 1);

	assert_non_null(text);
	for (size_t i = 0; i < length; i++)
		text[i] = letters[mb_rng_below(rng, sizeof(letters) - 1)];
	return text;
}

static struct mb_machine *random_machine(struct mb_rng *rng)
{
	unsigned nr_nodes = 1 + (unsigned)mb_rng_below(rng, 12);
	struct mb_machine *machine =
		mb_machine_new(mb_rng_below(rng, 2) ? MB_ARCH_ARM64 : MB_ARCH_X86_64);
	struct mb_err err = {0};

	assert_non_null(machine);
	machine->page_shift =
		machine->arch == MB_ARCH_ARM64 ? 12 + 2 * (unsigned)mb_rng_below(rng, 3) : 12;
	machine->section_shift = 29 + (unsigned)mb_rng_below(rng, 6);
	machine->phys_bits = 40 + (unsigned)mb_rng_below(rng, 13);
	add_random_mem(machine, rng, nr_nodes);
	for (uint64_t n = mb_rng_below(rng, 40); n; n--)
		assert_int_equal(mb_machine_add_cpu(machine, random_node(rng, nr_nodes)), 0);
	for (unsigned cpu = 1; cpu < machine->nr_cpus; cpu++) {
		uint64_t map[MB_BITMAP_WORDS(MB_MACHINE_MAX_CPUS)] = {0};

		mb_bit_set(map, cpu);
		assert_int_equal(
			mb_machine_take_cpus(machine, map, (enum mb_cpu_state)mb_rng_below(rng, 3)),
			0);
	}
	for (uint64_t n = mb_rng_below(rng, 3); n; n--)
		assert_int_equal(mb_machine_add_node(machine, random_node(rng, nr_nodes)), 0);
	for (uint64_t n = mb_rng_below(rng, 20); n; n--) {
		int from = random_node(rng, nr_nodes), to = random_node(rng, nr_nodes);

		if (from != to)
			mb_machine_set_distance(machine, from, to,
						10 + (unsigned)mb_rng_below(rng, 245));
	}
	free(machine->cmdline);
	machine->cmdline = random_cmdline(rng);
	if (mb_machine_finish(machine, &err))
		fail_msg("%s", err.text);
	return machine;
}

static void test_round_trip(void **state)
{
	struct mb_rng rng = {seed_or(20240607)};

	for (int i = 0; i < 2000; i++) {
		struct mb_machine *machine = random_machine(&rng), *again = NULL;
		char *text = mb_machine_print(machine);
		struct mb_err err = {0};

		assert_non_null(text);
		if (mb_machine_parse(text, NULL, &err, &again))
			fail_msg("machine %d: %s: %s", i, err.text, text);
		if (!equal(machine, again))
			fail_msg("machine %d: %s", i, text);
		assert_true(mb_machine_hash(machine) == mb_machine_hash(again));
		mb_machine_free(machine);
		mb_machine_free(again);
		free(text);
	}
}

static void assert_printed(const char *text, const char *want)
{
	struct mb_machine *machine = NULL;
	struct mb_err err = {0};
	char *printed;

	if (mb_machine_parse(text, NULL, &err, &machine))
		fail_msg("%s: %s", text, err.text);
	printed = mb_machine_print(machine);
	assert_string_equal(printed, want);
	free(printed);
	mb_machine_free(machine);
}

#define X86 "arch=x86_64 page=4K section=128M phys-bits=52 "

static void test_form(void **state)
{
	assert_printed("node0=4G", X86 "node0=3G@0+1G@4G node0.cpus=0");
	assert_printed("nodes=2 each=1G cpus=2",
		       X86 "node0=1G@0 node0.cpus=0-1 node1=1G@1G node1.cpus=2-3");
	assert_printed("node3.cpus=0-2,5 node7=1G node7.cpus=3-4",
		       X86 "node3=0 node3.cpus=0-2,5 node7=1G@0 node7.cpus=3-4");
	assert_printed("node0=1G dist=10", X86 "node0=1G@0 node0.cpus=0");
	assert_printed("node0=1G node4=1G dist=10,21;17,10",
		       X86 "node0=1G@0 node0.cpus=0 node4=1G@1G dist=10,21;17,10");
	/* A flag cuts a range, but neither the node's line nor the flag's. */
	assert_printed(
		"node0=2G node1=1G mirror=1G@512M+1536M@1536M nomap=4097@0x1001 reserve=1G@2P+1@1",
		X86
		"node0=2G@0 node0.cpus=0 node1=1G@2G reserve=1@0x1+1G@2P mirror=2560M@512M nomap=4097@0x1001");
	assert_printed("node0=1G mem-section=32", X86 "node0=1G@0 node0.cpus=0 mem-section=32");
	assert_printed("node0=1G percpu=208K+0 pgdat=174464",
		       X86 "node0=1G@0 node0.cpus=0 pgdat=174464 percpu=212992+0");
	assert_printed("node0=1G cmdline=\"it's\"",
		       X86 "node0=1G@0 node0.cpus=0 cmdline='it'\"'\"'s'");
}

/* CPUs of a node that lie far apart, between those of others. */
static void test_far_cpus(void **state)
{
	assert_printed("node0=1G node1=1G node0.cpus=0,2-129,200 node1.cpus=1,130-199",
		       X86 "node0=1G@0 node0.cpus=0,2-129,200 node1=1G@1G node1.cpus=1,130-199");
}

/* FNV-1a of the printed form, by its definition. */
static void test_hash(void **state)
{
	struct mb_machine *machine = NULL, *other = NULL;
	const char *text = X86 "node0=1G@0 node0.cpus=0";
	uint64_t hash = UINT64_C(14695981039346656037);

	for (const char *c = text; *c; c++) {
		hash ^= (uint64_t)*c;
		hash *= UINT64_C(1099511628211);
	}
	assert_int_equal(mb_machine_parse("node0=1G", NULL, NULL, &machine), 0);
	assert_int_equal(mb_machine_parse("node0=1G cmdline=quiet", NULL, NULL, &other), 0);
	assert_true(mb_machine_hash(machine) == hash);
	assert_true(mb_machine_hash(other) != hash);
	mb_machine_free(machine);
	mb_machine_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_far_cpus),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests_name("machine_print", tests, NULL, NULL);
}
