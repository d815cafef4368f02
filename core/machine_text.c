/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/parse.h"
#include "core/base/ranges.h"
#include "core/machine.h"
#include "core/machine_item.h"

/*
 * Reads machine text. The text is cut into items first; each item has a row in the table below, and
 * the rows are read in the order of their passes, so that an item may stand anywhere. Within the
 * pass that places memory the order of the text counts.
 */

#define SHOWN   40 /* bytes of an item that a message repeats */
#define KEY_MAX 31 /* longer than any key */

enum pass {
	PASS_SETTING, /* plain values; architecture and page size are known afterwards */
	PASS_MEMORY,
	PASS_RANGE, /* ranges that change the memory */
	PASS_CPUS,
	PASS_REST, /* what needs all nodes */
	NR_PASSES,
};

/* Ranges that are collected and then laid over the memory. */
enum overlay {
	OVERLAY_HOLE,
	OVERLAY_MIRROR,
	OVERLAY_HOTPLUG,
	OVERLAY_NOMAP,
	NR_OVERLAYS,
};

struct item {
	const struct row *row;
	const char *shown; /* as in the text, for messages */
	int shown_length;
	int nid; /* of "node3" and "node3.cpus", else MB_NO_NODE */
	const char *value;
	size_t length;
};

struct reader {
	struct mb_err *err;   /* to reason */
	struct mb_err reason; /* without the line */
	const char *text;
	const char *at; /* the item in text that is being read; NULL: none in particular */
	const struct mb_machine *defaults;
	const char *cmdline; /* instead of the text's; NULL: the text's */
	struct mb_machine *machine;
	char *shown; /* the text as messages repeat it: nothing unprintable */
	char *copy;  /* the text with quotes taken out; values point into it */
	struct item *items;
	size_t nr_items, max_items;

	int arch;                                /* -1: absent */
	uint64_t page, section, phys_bits, each; /* 0: absent */
	struct mb_machine_sizes sizes;
	const struct item *each_item;

	mb_phys_t cursor; /* end of the range placed last */
	struct mb_ranges ram, overlay[NR_OVERLAYS];
	const struct item *node_mem[MB_MAX_NODES], *node_cpus[MB_MAX_NODES]; /* who set it */
	int16_t cpu_node[MB_MACHINE_MAX_CPUS];
	unsigned nr_alike, nr_cpus; /* nodes=; so far */
};

struct row {
	const char *key; /* N stands for a node's number */
	enum pass pass;
	bool repeats;
	int (*read)(struct reader *reader, const struct item *item);
	const char *form; /* what a value looks like */
	enum overlay overlay;
	enum mb_cpu_state state; /* of its CPUs */
};

#define ITEM(item) (item)->shown_length, (item)->shown

static int bad_value(struct reader *reader, const struct item *item)
{
	return MB_FAIL(reader->err, -EINVAL, "%.*s is not of the form %s", ITEM(item),
		       item->row->form);
}

static int no_memory(struct reader *reader)
{
	return MB_FAIL(reader->err, -ENOMEM, "out of memory");
}

/* The result of a function that adds to the machine, with its reason. */
static int added(struct reader *reader, const struct item *item, int r)
{
	if (r == -ENOMEM)
		return no_memory(reader);
	if (r == -ERANGE && reader->machine->nr_mem < MB_MACHINE_MAX_RANGES &&
	    reader->machine->nr_reserved < MB_MACHINE_MAX_RANGES)
		return MB_FAIL(reader->err, r, "%.*s passes the last 64-bit address", ITEM(item));
	if (r == -ERANGE || r == -E2BIG)
		return MB_FAIL(reader->err, -ERANGE, "%.*s makes more than %d ranges", ITEM(item),
			       MB_MACHINE_MAX_RANGES);
	return r ? MB_FAIL(reader->err, r, "%.*s has no meaning", ITEM(item)) : 0;
}

static int conflict(struct reader *reader, const struct item *first, const struct item *second,
		    int nid)
{
	if (nid != MB_NO_NODE && first->row != second->row)
		return MB_FAIL(reader->err, -EINVAL, "%.*s and %.*s both set node %d; keep one",
			       ITEM(first), ITEM(second), nid);
	return MB_FAIL(reader->err, -EINVAL, "%.*s and %.*s set the same; keep one", ITEM(first),
		       ITEM(second));
}

/* Where the item begins in the text: its shown form has the same offset in its copy. */
static const char *place_of(const struct reader *reader, const struct item *item)
{
	return reader->text + (item->shown - reader->shown);
}

/* Settings. */

static int read_arch(struct reader *reader, const struct item *item)
{
	for (int arch = MB_ARCH_X86_64; arch <= MB_ARCH_ARM64; arch++) {
		const char *name = mb_machine_arch_name((enum mb_arch)arch);

		if (item->length == strlen(name) && !memcmp(item->value, name, item->length)) {
			reader->arch = arch;
			return 0;
		}
	}
	return bad_value(reader, item);
}

static int read_pow2(struct reader *reader, const struct item *item, uint64_t *ret_value)
{
	uint64_t value;

	if (mb_parse_size(item->value, item->length, &value))
		return bad_value(reader, item);
	if (!mb_is_pow2(value))
		return MB_FAIL(reader->err, -EINVAL, "%.*s is not a power of two", ITEM(item));
	*ret_value = value;
	return 0;
}

static int read_page(struct reader *reader, const struct item *item)
{
	return read_pow2(reader, item, &reader->page);
}

static int read_section(struct reader *reader, const struct item *item)
{
	return read_pow2(reader, item, &reader->section);
}

/* A whole number in [low, high]. */
static int read_count(struct reader *reader, const struct item *item, uint64_t low, uint64_t high,
		      uint64_t *ret_value)
{
	uint64_t value;
	int r = mb_parse_u64(item->value, item->length, &value);

	if (r == -EINVAL)
		return bad_value(reader, item);
	if (r || value < low || value > high)
		return MB_FAIL(reader->err, -ERANGE, "%.*s is outside of %llu to %llu", ITEM(item),
			       (unsigned long long)low, (unsigned long long)high);
	*ret_value = value;
	return 0;
}

static int read_phys_bits(struct reader *reader, const struct item *item)
{
	return read_count(reader, item, 32, 52, &reader->phys_bits);
}

/* Sizes of kernel objects: what a captured kernel showed. */
static int read_pgdat(struct reader *reader, const struct item *item)
{
	uint64_t bytes;

	if (mb_parse_size(item->value, item->length, &bytes) || !bytes || bytes > MB_GIB)
		return bad_value(reader, item);
	reader->sizes.pgdat_bytes = bytes;
	return 0;
}

static int read_percpu(struct reader *reader, const struct item *item)
{
	const char *plus = memchr(item->value, '+', item->length);
	size_t length = plus ? (size_t)(plus - item->value) : 0;
	uint64_t fixed, reserved;

	if (!plus || mb_parse_size(item->value, length, &fixed) ||
	    mb_parse_size(plus + 1, item->length - length - 1, &reserved) || fixed > MB_GIB ||
	    reserved > MB_GIB)
		return bad_value(reader, item);
	reader->sizes.percpu_static_bytes = fixed;
	reader->sizes.percpu_reserved_bytes = reserved;
	reader->sizes.has_percpu = true;
	return 0;
}

/* The size that is not usual. */
static int read_mem_section(struct reader *reader, const struct item *item)
{
	reader->sizes.mem_section_bytes = 32;
	return item->length == 2 && !memcmp(item->value, "32", 2) ? 0 : bad_value(reader, item);
}

static int read_each(struct reader *reader, const struct item *item)
{
	int r = mb_parse_size(item->value, item->length, &reader->each);

	if (r == -ERANGE)
		return MB_FAIL(reader->err, r, "%.*s is beyond 64 bits", ITEM(item));
	if (r)
		return bad_value(reader, item);
	if (!reader->each)
		return MB_FAIL(reader->err, -EINVAL,
			       "%.*s is no memory; a node without any is nodeN=0", ITEM(item));
	reader->each_item = item;
	return 0;
}

/* Memory. */

/* A size with an optional @start; *ret_start is MB_PHYS_MAX without one. */
static int read_range(struct reader *reader, const struct item *item, const char *text,
		      size_t length, uint64_t *ret_size, mb_phys_t *ret_start)
{
	const char *at = memchr(text, '@', length);
	size_t size_length = at ? (size_t)(at - text) : length;
	mb_phys_t start = MB_PHYS_MAX, end;
	uint64_t size;
	int r = mb_parse_size(text, size_length, &size);

	if (!r && at)
		r = mb_parse_size(at + 1, length - size_length - 1, &start);
	if (r == -EINVAL)
		return bad_value(reader, item);
	if (r || (at && __builtin_add_overflow(start, size, &end)))
		return added(reader, item, -ERANGE);
	*ret_size = size;
	*ret_start = start;
	return 0;
}

/* Calls fn for each of the ranges that '+' joins; at most 65536 in one item. */
static int each_range(struct reader *reader, const struct item *item,
		      int (*fn)(struct reader *reader, const struct item *item, uint64_t size,
				mb_phys_t start))
{
	const char *text = item->value, *end = text + item->length;

	for (;;) {
		const char *plus = memchr(text, '+', (size_t)(end - text));
		size_t length = (size_t)((plus ? plus : end) - text);
		mb_phys_t start = 0;
		uint64_t size = 0;
		int r = read_range(reader, item, text, length, &size, &start);

		if (!r && !size)
			r = MB_FAIL(reader->err, -EINVAL, "%.*s holds a range of size 0",
				    ITEM(item));
		if (!r)
			r = fn(reader, item, size, start);
		if (r || !plus)
			return r;
		text = plus + 1;
	}
}

static int place(struct reader *reader, const struct item *item, uint64_t size, mb_phys_t start)
{
	int r;

	if (start == MB_PHYS_MAX) {
		r = mb_machine_place_mem(reader->machine, size, item->nid, &reader->cursor);
	} else {
		r = mb_machine_add_mem(reader->machine, start, start + size, item->nid,
				       MB_MEM_NONE);
		reader->cursor = start + size;
	}
	return added(reader, item, r);
}

static int read_node(struct reader *reader, const struct item *item)
{
	const struct item **owner = &reader->node_mem[item->nid];
	mb_phys_t start = 0;
	uint64_t size = 0;
	int r;

	if (*owner)
		return conflict(reader, *owner, item, item->nid);
	*owner = item;
	r = added(reader, item, mb_machine_add_node(reader->machine, item->nid));
	if (r)
		return r;
	if (!memchr(item->value, '+', item->length) && !memchr(item->value, '@', item->length)) {
		r = read_range(reader, item, item->value, item->length, &size, &start);
		if (r || !size)
			return r;
	}
	return each_range(reader, item, place);
}

static int read_nodes(struct reader *reader, const struct item *item)
{
	uint64_t count = 0;
	int r = read_count(reader, item, 1, MB_MAX_NODES, &count);

	if (r)
		return r;
	if (!reader->each_item)
		return MB_FAIL(reader->err, -EINVAL, "%.*s needs each=SIZE, the memory of a node",
			       ITEM(item));
	reader->nr_alike = (unsigned)count;
	for (unsigned nid = 0; nid < count && !r; nid++) {
		if (reader->node_mem[nid])
			return conflict(reader, reader->node_mem[nid], item, (int)nid);
		reader->node_mem[nid] = item;
		r = added(reader, item,
			  mb_machine_place_mem(reader->machine, reader->each, (int)nid,
					       &reader->cursor));
	}
	return r;
}

/* Ranges. */

static int add_overlay(struct reader *reader, const struct item *item, uint64_t size,
		       mb_phys_t start)
{
	struct mb_ranges *ranges = &reader->overlay[item->row->overlay];

	if (start == MB_PHYS_MAX)
		return bad_value(reader, item);
	if (!mb_ranges_overlap(&reader->ram, start, start + size))
		return MB_FAIL(reader->err, -EINVAL, "%.*s touches no memory of any node",
			       ITEM(item));
	if (ranges->count >= MB_MACHINE_MAX_RANGES)
		return added(reader, item, -E2BIG);
	return added(reader, item, mb_ranges_add(ranges, start, start + size));
}

static int read_overlay(struct reader *reader, const struct item *item)
{
	return each_range(reader, item, add_overlay);
}

static int add_reserved(struct reader *reader, const struct item *item, uint64_t size,
			mb_phys_t start)
{
	if (start == MB_PHYS_MAX)
		return bad_value(reader, item);
	return added(reader, item, mb_machine_add_reserved(reader->machine, start, start + size));
}

static int read_reserve(struct reader *reader, const struct item *item)
{
	return each_range(reader, item, add_reserved);
}

/* CPUs. */

static int set_cpu(struct reader *reader, const struct item *item, unsigned cpu, int nid)
{
	int owner = reader->cpu_node[cpu];

	if (owner != MB_NO_NODE && owner != nid)
		return MB_FAIL(reader->err, -EINVAL, "%.*s has CPU %u, which %.*s gives to node %d",
			       ITEM(item), cpu, ITEM(reader->node_cpus[owner]), owner);
	reader->cpu_node[cpu] = (int16_t)nid;
	reader->nr_cpus = (unsigned)mb_max(reader->nr_cpus, cpu + 1);
	return 0;
}

static int claim_cpus(struct reader *reader, const struct item *item, int nid)
{
	const struct item **owner = &reader->node_cpus[nid];

	if (*owner)
		return conflict(reader, *owner, item, nid);
	*owner = item;
	return 0;
}

static int list_cpus(struct reader *reader, const struct item *item, uint64_t *map)
{
	int r = mb_parse_list(item->value, item->length, MB_MACHINE_MAX_CPUS, map);

	if (r == -EINVAL)
		return bad_value(reader, item);
	return r ? MB_FAIL(reader->err, r, "%.*s names a CPU beyond %d, the last there can be",
			   ITEM(item), MB_MACHINE_MAX_CPUS - 1)
		 : 0;
}

static int read_node_cpus(struct reader *reader, const struct item *item)
{
	uint64_t map[MB_BITMAP_WORDS(MB_MACHINE_MAX_CPUS)] = {0};
	int r = claim_cpus(reader, item, item->nid);

	if (!r)
		r = list_cpus(reader, item, map);
	for (unsigned cpu = 0; cpu < MB_MACHINE_MAX_CPUS && !r; cpu++) {
		if (mb_bit_test(map, cpu))
			r = set_cpu(reader, item, cpu, item->nid);
	}
	return r ? r : added(reader, item, mb_machine_add_node(reader->machine, item->nid));
}

/* Deals the CPUs of the shorthand, node after node. */
static int read_cpus(struct reader *reader, const struct item *item)
{
	uint64_t each = 0;
	int r = read_count(reader, item, 0, MB_MACHINE_MAX_CPUS, &each);

	if (r)
		return r;
	if (!reader->nr_alike)
		return MB_FAIL(reader->err, -EINVAL,
			       "%.*s needs nodes=N; one node's CPUs are nodeN.cpus=0-3",
			       ITEM(item));
	if (each * reader->nr_alike > MB_MACHINE_MAX_CPUS)
		return MB_FAIL(reader->err, -ERANGE, "%.*s on %u nodes is more than %d CPUs",
			       ITEM(item), reader->nr_alike, MB_MACHINE_MAX_CPUS);
	for (unsigned i = 0; i < each * reader->nr_alike && !r; i++) {
		int nid = (int)(i / each);

		if (i % each == 0)
			r = claim_cpus(reader, item, nid);
		if (!r)
			r = set_cpu(reader, item, i, nid);
	}
	return r;
}

/* The rest. */

/* absent= and offline=. */
static int read_cpu_state(struct reader *reader, const struct item *item)
{
	uint64_t map[MB_BITMAP_WORDS(MB_MACHINE_MAX_CPUS)] = {0};
	int r = list_cpus(reader, item, map);

	if (r)
		return r;
	r = mb_machine_take_cpus(reader->machine, map, item->row->state);
	if (r == -ERANGE)
		return MB_FAIL(reader->err, r, "%.*s names a CPU that no nodeN.cpus has",
			       ITEM(item));
	return r ? MB_FAIL(reader->err, r, "%.*s leaves no CPU online", ITEM(item)) : 0;
}

/* One row of distances, from node from to each possible node in order of their numbers. */
static int read_distance_row(struct reader *reader, const struct item *item, const char *text,
			     const char *end, unsigned from)
{
	struct mb_machine *machine = reader->machine;

	for (unsigned to = 0; to < machine->nr_node_ids; to++) {
		const char *comma;
		uint64_t distance;
		int r;

		if (!mb_machine_node_possible(machine, (int)to))
			continue;
		if (!text)
			return MB_FAIL(reader->err, -EINVAL,
				       "%.*s has too few columns for node %u: one for each node",
				       ITEM(item), from);
		comma = memchr(text, ',', (size_t)(end - text));
		if (mb_parse_u64(text, (size_t)((comma ? comma : end) - text), &distance))
			return bad_value(reader, item);
		r = mb_machine_set_distance(machine, (int)from, (int)to,
					    (unsigned)mb_min(distance, UINT8_MAX));
		if (r == -ERANGE)
			return MB_FAIL(
				reader->err, r,
				"%.*s has distance %llu from node %u to %u; it is 10 to itself, 10 to 254 to others",
				ITEM(item), (unsigned long long)distance, from, to);
		if (r)
			return added(reader, item, r);
		text = comma ? comma + 1 : NULL;
	}
	if (text)
		return MB_FAIL(reader->err, -EINVAL,
			       "%.*s has too many columns for node %u: one for each node",
			       ITEM(item), from);
	return 0;
}

static int read_dist(struct reader *reader, const struct item *item)
{
	const char *text = item->value, *end = text + item->length;

	for (unsigned from = 0; from < reader->machine->nr_node_ids; from++) {
		const char *semicolon;
		int r;

		if (!mb_machine_node_possible(reader->machine, (int)from))
			continue;
		if (!text)
			return MB_FAIL(reader->err, -EINVAL,
				       "%.*s has no row for node %u: one for each node", ITEM(item),
				       from);
		semicolon = memchr(text, ';', (size_t)(end - text));
		r = read_distance_row(reader, item, text, semicolon ? semicolon : end, from);
		if (r)
			return r;
		text = semicolon ? semicolon + 1 : NULL;
	}
	if (text)
		return MB_FAIL(reader->err, -EINVAL, "%.*s has more rows than there are nodes",
			       ITEM(item));
	return 0;
}

/* Takes over a copy of the command line, or NULL for want of memory. */
static int set_cmdline(struct reader *reader, char *cmdline)
{
	if (!cmdline)
		return no_memory(reader);
	free(reader->machine->cmdline);
	reader->machine->cmdline = cmdline;
	return 0;
}

static int read_cmdline(struct reader *reader, const struct item *item)
{
	return set_cmdline(reader, strndup(item->value, item->length));
}

static const struct row rows[] = {
	{"nodes", PASS_MEMORY, false, read_nodes, "nodes=16", 0, 0},
	{"each", PASS_SETTING, false, read_each, "each=4T", 0, 0},
	{"cpus", PASS_CPUS, false, read_cpus, "cpus=8", 0, 0},
	{"nodeN", PASS_MEMORY, true, read_node, "nodeN=SIZE[@START][+SIZE[@START]...]", 0, 0},
	{"nodeN.cpus", PASS_CPUS, true, read_node_cpus, "nodeN.cpus=0-3,8", 0, 0},
	{"absent", PASS_REST, true, read_cpu_state, "absent=4-7", 0, MB_CPU_POSSIBLE},
	{"offline", PASS_REST, true, read_cpu_state, "offline=2-3", 0, MB_CPU_PRESENT},
	{"hole", PASS_RANGE, true, read_overlay, "hole=SIZE@START", OVERLAY_HOLE, 0},
	{"reserve", PASS_RANGE, true, read_reserve, "reserve=SIZE@START", 0, 0},
	{"mirror", PASS_RANGE, true, read_overlay, "mirror=SIZE@START", OVERLAY_MIRROR, 0},
	{"hotplug", PASS_RANGE, true, read_overlay, "hotplug=SIZE@START", OVERLAY_HOTPLUG, 0},
	{"nomap", PASS_RANGE, true, read_overlay, "nomap=SIZE@START", OVERLAY_NOMAP, 0},
	{"dist", PASS_REST, false, read_dist, "dist=10,21;21,10", 0, 0},
	{"arch", PASS_SETTING, false, read_arch, "arch=x86_64 or arch=arm64", 0, 0},
	{"page", PASS_SETTING, false, read_page, "page=4K", 0, 0},
	{"section", PASS_SETTING, false, read_section, "section=128M", 0, 0},
	{"phys-bits", PASS_SETTING, false, read_phys_bits, "phys-bits=52", 0, 0},
	{"pgdat", PASS_SETTING, false, read_pgdat, "pgdat=172K", 0, 0},
	{"percpu", PASS_SETTING, false, read_percpu, "percpu=STATIC+RESERVED", 0, 0},
	{"mem-section", PASS_SETTING, false, read_mem_section, "mem-section=32", 0, 0},
	{"cmdline", PASS_REST, false, read_cmdline, "cmdline='movablecore=2G'", 0, 0},
};

/* After the settings: the empty machine. */
static int start_machine(struct reader *reader)
{
	const struct mb_machine *like = reader->defaults;
	struct mb_machine *machine;
	enum mb_arch arch;

	if (reader->arch >= 0)
		arch = (enum mb_arch)reader->arch;
	else
		arch = like ? like->arch : MB_ARCH_X86_64;
	if (like && like->arch != arch)
		like = NULL;
	reader->machine = machine = mb_machine_new(arch);
	if (!machine)
		return no_memory(reader);
	if (reader->page)
		machine->page_shift = mb_ctz64(reader->page);
	else if (like)
		machine->page_shift = like->page_shift;
	if (like && like->page_shift != machine->page_shift)
		like = NULL;
	if (reader->section)
		machine->section_shift = mb_ctz64(reader->section);
	else if (like)
		machine->section_shift = like->section_shift;
	else
		machine->section_shift = machine->page_shift == 16 ? 29 : 27; /* arm64, 64 KiB */
	if (reader->phys_bits)
		machine->phys_bits = (unsigned)reader->phys_bits;
	machine->sizes = reader->sizes;
	free(machine->source);
	machine->source = strdup("text");
	reader->cursor = mb_machine_ram_start(arch);
	return machine->source ? 0 : no_memory(reader);
}

/* After the memory: all of it in one list, for questions. */
static int list_ram(struct reader *reader)
{
	const struct mb_machine *machine = reader->machine;

	if (reader->each_item && !reader->nr_alike) {
		reader->at = place_of(reader, reader->each_item);
		return MB_FAIL(reader->err, -EINVAL,
			       "%.*s needs nodes=N; one node's memory is nodeN=SIZE",
			       ITEM(reader->each_item));
	}
	for (size_t i = 0; i < machine->nr_mem; i++) {
		if (mb_ranges_add(&reader->ram, machine->mem[i].start, machine->mem[i].end))
			return no_memory(reader);
	}
	mb_ranges_normalise(&reader->ram);
	return 0;
}

/*
 * One range of memory again, cut where the overlay begins and ends; the parts below it get the
 * flag, or go without one.
 */
static int lay_over(struct mb_machine *machine, const struct mb_machine_mem *mem,
		    const struct mb_ranges *over, unsigned flag)
{
	mb_phys_t done = mem->start;
	int r = 0;

	for (size_t i = mb_ranges_find(over, done); i < over->count; i++) {
		mb_phys_t start = mb_max(over->list[i].start, done);
		mb_phys_t end = mb_min(over->list[i].end, mem->end);

		if (start >= mem->end)
			break;
		if (start > done)
			r = mb_machine_add_mem(machine, done, start, mem->nid, mem->flags);
		if (!r && flag)
			r = mb_machine_add_mem(machine, start, end, mem->nid, mem->flags | flag);
		if (r)
			return r;
		done = end;
	}
	return done < mem->end ? mb_machine_add_mem(machine, done, mem->end, mem->nid, mem->flags)
			       : 0;
}

/* After the ranges: holes and flags. */
static int apply_overlays(struct reader *reader)
{
	static const unsigned flags[] = {
		[OVERLAY_HOLE] = 0,
		[OVERLAY_MIRROR] = MB_MEM_MIRROR,
		[OVERLAY_HOTPLUG] = MB_MEM_HOTPLUG,
		[OVERLAY_NOMAP] = MB_MEM_NOMAP,
	};
	struct mb_machine *machine = reader->machine;
	int r = 0;

	for (unsigned i = 0; i < NR_OVERLAYS && !r; i++) {
		struct mb_machine_mem *mem = machine->mem;
		size_t count = machine->nr_mem;

		if (!reader->overlay[i].count)
			continue;
		mb_ranges_normalise(&reader->overlay[i]);
		machine->mem = NULL;
		machine->nr_mem = 0;
		for (size_t k = 0; k < count && !r; k++)
			r = lay_over(machine, &mem[k], &reader->overlay[i], flags[i]);
		free(mem);
	}
	if (r == -ERANGE)
		return MB_FAIL(reader->err, r,
			       "holes and flags cut the memory into more than %d ranges",
			       MB_MACHINE_MAX_RANGES);
	return r ? no_memory(reader) : 0;
}

/* After the CPUs: in order of their numbers. */
static int add_cpus(struct reader *reader)
{
	for (unsigned cpu = 0; cpu < reader->nr_cpus; cpu++) {
		if (reader->cpu_node[cpu] == MB_NO_NODE)
			return MB_FAIL(reader->err, -EINVAL,
				       "no nodeN.cpus has CPU %u; CPUs are 0 to %u without gaps",
				       cpu, reader->nr_cpus - 1);
		if (mb_machine_add_cpu(reader->machine, reader->cpu_node[cpu]))
			return no_memory(reader);
	}
	return 0;
}

static int unknown_item(struct reader *reader, const struct item *item, const char *key)
{
	const struct row *nearest = rows;
	unsigned least = UINT32_MAX;

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		unsigned distance = mb_parse_distance(key, rows[i].key);

		if (distance < least) {
			least = distance;
			nearest = &rows[i];
		}
	}
	return MB_FAIL(reader->err, -EINVAL, "unknown item %.*s; the nearest is %s", ITEM(item),
		       nearest->form);
}

/*
 * Finds the item's row. key holds the name with each number as N, cut to what the longest name
 * needs.
 */
static int find_row(struct reader *reader, struct item *item, const char *text, size_t length)
{
	bool numbered = length > 4 && !memcmp(text, "node", 4) && text[4] >= '0' && text[4] <= '9';
	char key[KEY_MAX + 1];
	size_t out = 0;

	for (size_t i = 0; i < length && out < KEY_MAX; i++) {
		if (text[i] < '0' || text[i] > '9')
			key[out++] = text[i];
		else if (!out || key[out - 1] != 'N')
			key[out++] = 'N';
	}
	key[out] = '\0';
	item->nid = MB_NO_NODE;
	if (numbered) {
		size_t digits = strspn(text + 4, "0123456789");
		uint64_t nid = MB_MAX_NODES;

		mb_parse_u64(text + 4, digits, &nid);
		if (nid >= MB_MAX_NODES)
			return MB_FAIL(reader->err, -ERANGE,
				       "%.*s is beyond node %d, the last there can be", ITEM(item),
				       MB_MAX_NODES - 1);
		if (digits == 1 || text[4] != '0')
			item->nid = (int)nid;
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		bool needs_number = strchr(rows[i].key, 'N') != NULL;

		if (!strcmp(key, rows[i].key) && needs_number == (item->nid != MB_NO_NODE)) {
			item->row = &rows[i];
			return 0;
		}
	}
	return unknown_item(reader, item, key);
}

static int no_text(struct reader *reader, const struct item *item, char bad)
{
	if (bad == '\'' || bad == '"')
		return MB_FAIL(reader->err, -EINVAL, "%.*s has no closing %c on its line",
			       ITEM(item), bad);
	return MB_FAIL(reader->err, -EINVAL, "%.*s holds byte %#x, which is no plain text",
		       ITEM(item), (unsigned)(unsigned char)bad);
}

static struct item *new_item(struct reader *reader)
{
	if (reader->nr_items == reader->max_items) {
		size_t more = reader->max_items ? 2 * reader->max_items : 16;
		struct item *items = reallocarray(reader->items, more, sizeof(*items));

		if (!items)
			return NULL;
		reader->items = items;
		reader->max_items = more;
	}
	return &reader->items[reader->nr_items];
}

/* Where the item's name ends up in messages; a long one is cut. */
static void show(struct reader *reader, struct item *item, size_t offset, size_t length)
{
	item->shown = reader->shown + offset;
	item->shown_length = (int)mb_min(length, SHOWN);
	if (length > SHOWN)
		memcpy(reader->shown + offset + SHOWN - 3, "...", 3);
}

/* Cuts the text into items and finds their rows. */
static int cut_items(struct reader *reader, const char *text)
{
	const char *at = text, *end;
	char *out = reader->copy;

	for (at = mb_machine_item_skip(at); *at; at = mb_machine_item_skip(end)) {
		struct item *item = new_item(reader);
		char *name = out, bad;
		const char *equals;
		int r;

		if (!item)
			return no_memory(reader);
		reader->at = at;
		end = mb_machine_item_scan(at, &equals, &bad);
		show(reader, item, (size_t)(at - text),
		     end ? (size_t)(end - at) : strcspn(at, "\n"));
		if (!end)
			return no_text(reader, item, bad);
		if (!equals)
			return MB_FAIL(reader->err, -EINVAL,
				       "%.*s has no =; items are KEY=VALUE, as in node0=4G",
				       ITEM(item));
		mb_machine_item_unquote(at, equals, &out);
		r = find_row(reader, item, name, (size_t)(out - name));
		if (r)
			return r;
		item->value = out;
		mb_machine_item_unquote(equals + 1, end, &out);
		item->length = (size_t)(out - item->value);
		if (!item->length && end[-1] == '=')
			return bad_value(reader, item);
		reader->nr_items++;
	}
	return 0;
}

/* Reads the items pass by pass. */
static int read_items(struct reader *reader)
{
	static int (*const after[NR_PASSES])(struct reader * reader) = {
		[PASS_SETTING] = start_machine,
		[PASS_MEMORY] = list_ram,
		[PASS_RANGE] = apply_overlays,
		[PASS_CPUS] = add_cpus,
	};
	const struct item *first[MB_ARRAY_SIZE(rows)] = {NULL};

	for (unsigned pass = 0; pass < NR_PASSES; pass++) {
		int r = 0;

		for (size_t i = 0; i < reader->nr_items && !r; i++) {
			const struct item *item = &reader->items[i],
					  **same = &first[item->row - rows];

			if (item->row->pass != pass)
				continue;
			reader->at = place_of(reader, item);
			if (*same && !item->row->repeats)
				return conflict(reader, *same, item, MB_NO_NODE);
			*same = item;
			r = item->row->read(reader, item);
		}
		if (r)
			return r;
		reader->at = NULL;
		if (after[pass])
			r = after[pass](reader);
		if (r)
			return r;
	}
	return 0;
}

/* After the items: the machine of the firmware, then what its command line makes of it. */
static int finish(struct reader *reader)
{
	int r = mb_machine_finish(reader->machine, reader->err);

	if (!r && reader->cmdline)
		r = set_cmdline(reader, strdup(reader->cmdline));
	return r ? r : mb_machine_obey_cmdline(reader->machine, false, reader->err);
}

static void reader_free(struct reader *reader)
{
	if (!reader)
		return;
	for (unsigned i = 0; i < NR_OVERLAYS; i++)
		mb_ranges_fini(&reader->overlay[i]);
	mb_ranges_fini(&reader->ram);
	mb_machine_free(reader->machine);
	free(reader->items);
	free(reader->shown);
	free(reader->copy);
	free(reader);
}

static struct reader *reader_new(const char *text, const struct mb_machine *defaults)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->err = &reader->reason;
	reader->text = text;
	reader->defaults = defaults;
	reader->arch = -1;
	for (unsigned cpu = 0; cpu < MB_MACHINE_MAX_CPUS; cpu++)
		reader->cpu_node[cpu] = MB_NO_NODE;
	reader->copy = calloc(strlen(text) + 1, 1);
	reader->shown = strdup(text);
	if (!reader->copy || !reader->shown) {
		reader_free(reader);
		return NULL;
	}
	for (char *c = reader->shown; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return reader;
}

/* The reason with the item's line, when there is more than one. */
static void pass_on(const struct reader *reader, int r, struct mb_err *err)
{
	const struct mb_err *reason = &reader->reason;
	unsigned line = 1;
	char where[32] = "";

	for (const char *c = reader->text; reader->at && c < reader->at; c++)
		line += *c == '\n';
	if (reader->at && r != -ENOMEM && strchr(reader->text, '\n'))
		snprintf(where, sizeof(where), "line %u: ", line);
	mb_err_set(err, r, reason->file, reason->line, "%s%s", where, reason->text);
}

int mb_machine_parse_with(const char *text, const char *cmdline, const struct mb_machine *defaults,
			  struct mb_err *err, struct mb_machine **ret_machine)
{
	struct reader *reader = reader_new(text, defaults);
	int r;

	if (!reader)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	reader->cmdline = cmdline;
	r = cut_items(reader, text);
	if (!r)
		r = read_items(reader);
	if (!r)
		r = finish(reader);
	if (!r) {
		*ret_machine = reader->machine;
		reader->machine = NULL;
	} else {
		pass_on(reader, r, err);
	}
	reader_free(reader);
	return r;
}

int mb_machine_parse(const char *text, const struct mb_machine *defaults, struct mb_err *err,
		     struct mb_machine **ret_machine)
{
	return mb_machine_parse_with(text, NULL, defaults, err, ret_machine);
}
