/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/types.h"
#include "tests/core/wild.h"

#define MAX_RANGES 40
#define MAX_NODES  8
#define MAX_PAGES  (UINT64_C(1) << 18)

struct wild {
	struct mb_rng *rng;
	struct mb_strbuf *text;
	bool arm64, mirrored;
	unsigned page_shift, section_shift, phys_bits;
	int ids[MAX_NODES];
	unsigned nr_nodes;
	struct {
		struct mb_range range;
		unsigned node; /* index in ids */
	} ranges[MAX_RANGES];
	unsigned nr_ranges;
	uint64_t bytes;
};

static uint64_t below(struct wild *wild, uint64_t bound)
{
	return mb_rng_below(wild->rng, bound);
}

static bool one_in(struct wild *wild, uint64_t n)
{
	return !below(wild, n);
}

static unsigned long long shown(uint64_t value)
{
	return value;
}

/* Up to limit, of any scale; mostly whole pages, often whole pageblocks or sections. */
static uint64_t amount(struct wild *wild, uint64_t limit)
{
	uint64_t value = below(wild, limit >> below(wild, mb_ilog2(limit) / 2 + 1));
	unsigned shifts[] = {0, wild->page_shift, wild->page_shift, wild->page_shift + 9,
			     wild->section_shift};

	return value & -(UINT64_C(1) << shifts[below(wild, MB_ARRAY_SIZE(shifts))]);
}

static void add_geometry(struct wild *wild)
{
	static const char *const pages[] = {"4K", "16K", "64K"};
	static const unsigned max_order[] = {10, 11, 13};
	static const unsigned bits[] = {40, 46, 48, 52};
	unsigned page = 0, least, section;

	wild->arm64 = one_in(wild, 3);
	if (wild->arm64)
		page = (unsigned)below(wild, 3);
	wild->page_shift = 12 + 2 * page;
	section = page == 2 ? 29 : 27;
	least = wild->page_shift + max_order[page];
	if (one_in(wild, 3))
		section = least + (unsigned)below(wild, 32 - least);
	wild->section_shift = section;
	wild->phys_bits = bits[below(wild, MB_ARRAY_SIZE(bits))];
	mb_strbuf_addf(wild->text, "arch=%s page=%s section=%lluM phys-bits=%u",
		       wild->arm64 ? "arm64" : "x86_64", pages[page],
		       shown(UINT64_C(1) << (section - 20)), wild->phys_bits);
}

static void choose_nodes(struct wild *wild)
{
	int id = one_in(wild, 4) ? (int)below(wild, 5) : 0;

	wild->nr_nodes = !wild->mirrored && one_in(wild, 3)
				 ? 1
				 : 1 + (unsigned)below(wild, wild->mirrored ? 3 : MAX_NODES);
	for (unsigned i = 0; i < wild->nr_nodes; i++) {
		wild->ids[i] = id;
		id += one_in(wild, 5) ? 1 + (int)below(wild, 60) : 1;
	}
}

/* How far the next range is from the one before. */
static uint64_t gap(struct wild *wild, mb_phys_t cursor)
{
	uint64_t section = UINT64_C(1) << wild->section_shift;
	uint64_t limit = UINT64_C(1) << (wild->phys_bits - 1);
	switch (below(wild, 6)) {
	case 0:
	case 1: return 0;
	case 2: return amount(wild, section);
	case 3: return amount(wild, 8 * section);
	case 4: return section * below(wild, 3);
	default:
		if (cursor < limit && limit - cursor > section << 16 && one_in(wild, 4))
			return amount(wild, section << 16);
		return amount(wild, MB_MIB);
	}
}

static void choose_ranges(struct wild *wild)
{
	uint64_t total = MAX_PAGES << wild->page_shift, cursor = 0;
	unsigned count = 1 + (unsigned)below(wild, one_in(wild, 5) ? MAX_RANGES : 6);

	if (wild->mirrored)
		cursor = 4 * MB_GIB - amount(wild, mb_min(total / 2, 4 * MB_GIB));
	else if (wild->arm64 && one_in(wild, 2))
		cursor = MB_GIB;
	else if (one_in(wild, 2))
		cursor = 4 * MB_GIB - amount(wild, mb_min(total, 4 * MB_GIB));
	for (unsigned i = 0; i < count && wild->bytes < total; i++) {
		uint64_t least = i ? 1 : (UINT64_C(8) << 10) << wild->page_shift;
		uint64_t size = mb_max(least, amount(wild, total - wild->bytes));

		cursor += gap(wild, cursor);
		wild->ranges[i].range = (struct mb_range){cursor, cursor + size};
		wild->ranges[i].node = (unsigned)below(wild, wild->nr_nodes);
		wild->nr_ranges++;
		wild->bytes += size;
		cursor += size;
	}
}

static void add_nodes(struct wild *wild)
{
	for (unsigned node = 0; node < wild->nr_nodes; node++) {
		char joint = '=';

		mb_strbuf_addf(wild->text, " node%d", wild->ids[node]);
		for (unsigned i = 0; i < wild->nr_ranges; i++) {
			struct mb_range range = wild->ranges[i].range;

			if (wild->ranges[i].node != node)
				continue;
			mb_strbuf_addf(wild->text, "%c%llu@%llu", joint,
				       shown(range.end - range.start), shown(range.start));
			joint = '+';
		}
		if (joint == '=')
			mb_strbuf_add(wild->text, "=0");
	}
}

/* A piece of memory, somewhere in one of the ranges. */
static struct mb_range piece(struct wild *wild)
{
	struct mb_range range = wild->ranges[below(wild, wild->nr_ranges)].range;
	uint64_t skip = amount(wild, range.end - range.start);

	range.start += mb_min(skip, range.end - range.start - 1);
	range.end = mb_min(range.end, range.start + 1 + amount(wild, wild->bytes / 4 + 1));
	return range;
}

static void add_overlays(struct wild *wild)
{
	static const struct {
		const char *name;
		unsigned most, rare;
	} rows[] = {{"reserve", 30, 2},
		    {"hole", 6, 3},
		    {"mirror", 4, 3},
		    {"hotplug", 4, 3},
		    {"nomap", 4, 4}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		bool always = wild->mirrored && !strcmp(rows[i].name, "mirror");
		uint64_t count =
			always || one_in(wild, rows[i].rare) ? 1 + below(wild, rows[i].most) : 0;

		for (; count; count--) {
			struct mb_range range = piece(wild);

			mb_strbuf_addf(wild->text, " %s=%llu@%llu", rows[i].name,
				       shown(range.end - range.start), shown(range.start));
		}
	}
}

static void add_cpus(struct wild *wild)
{
	unsigned cpus = (unsigned)below(wild, one_in(wild, 6) ? 64 : 9);
	unsigned owner[64];

	for (unsigned cpu = 0; cpu < cpus; cpu++)
		owner[cpu] = (unsigned)below(wild, wild->nr_nodes);
	for (unsigned node = 0; node < wild->nr_nodes; node++) {
		char joint = '=';

		for (unsigned cpu = 0; cpu < cpus; cpu++) {
			if (owner[cpu] != node)
				continue;
			if (joint == '=')
				mb_strbuf_addf(wild->text, " node%d.cpus", wild->ids[node]);
			mb_strbuf_addf(wild->text, "%c%u", joint, cpu);
			joint = ',';
		}
	}
}

static void add_distances(struct wild *wild)
{
	if (!one_in(wild, 3))
		return;
	for (unsigned from = 0; from < wild->nr_nodes; from++)
		for (unsigned to = 0; to < wild->nr_nodes; to++)
			mb_strbuf_addf(wild->text, "%s%u",
				       to     ? ","
				       : from ? ";"
					      : " dist=",
				       from == to ? 10 : 10 + (unsigned)below(wild, 60));
}

static void add_memmap(struct wild *wild)
{
	struct mb_range range = piece(wild);

	if (one_in(wild, 8))
		mb_strbuf_add(wild->text, "memmap=exactmap ");
	if (one_in(wild, 4))
		range.end += amount(wild, UINT64_C(1) << wild->section_shift);
	mb_strbuf_addf(wild->text, "memmap=%llu%c%llu ", shown(range.end - range.start),
		       "@$#!"[below(wild, 4)], shown(range.start));
}

static void add_core(struct wild *wild, const char *name)
{
	if (one_in(wild, 2))
		mb_strbuf_addf(wild->text, "%s=%llu%% ", name, shown(below(wild, 101)));
	else
		mb_strbuf_addf(wild->text, "%s=%llu ", name, shown(amount(wild, wild->bytes + 1)));
}

static void add_cmdline(struct wild *wild)
{
	const struct mb_range *last = &wild->ranges[wild->nr_ranges - 1].range;

	mb_strbuf_add(wild->text, " cmdline='");
	if (one_in(wild, 4))
		add_core(wild, "kernelcore");
	if (one_in(wild, 4))
		add_core(wild, "movablecore");
	if (wild->mirrored || one_in(wild, 5))
		mb_strbuf_add(wild->text, "kernelcore=mirror ");
	if (!wild->mirrored && one_in(wild, 5))
		mb_strbuf_add(wild->text, "movable_node ");
	if (one_in(wild, 8))
		mb_strbuf_add(wild->text, "numa=off ");
	if (one_in(wild, 8))
		mb_strbuf_addf(wild->text, "mem=%llu ",
			       shown(below(wild, wild->arm64 ? wild->bytes + 1 : last->end)));
	for (uint64_t count = one_in(wild, 6) ? 1 + below(wild, 4) : 0; count; count--)
		add_memmap(wild);
	mb_strbuf_add(wild->text, "'");
}

static void add_machine(struct mb_rng *rng, struct mb_strbuf *text, bool mirrored)
{
	struct wild wild = {.rng = rng, .text = text, .mirrored = mirrored};

	add_geometry(&wild);
	choose_nodes(&wild);
	choose_ranges(&wild);
	add_nodes(&wild);
	add_overlays(&wild);
	add_cpus(&wild);
	add_distances(&wild);
	add_cmdline(&wild);
}

void wild_machine(struct mb_rng *rng, struct mb_strbuf *text)
{
	add_machine(rng, text, false);
}

void wild_mirrored(struct mb_rng *rng, struct mb_strbuf *text)
{
	add_machine(rng, text, true);
}
