/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "core/base/ranges.h"
#include "core/base/strbuf.h"
#include "core/cmdline.h"
#include "numa/sysroot_file.h"
#include "numa/sysroot_map.h"

static const unsigned known_flags = MB_MEM_HOTPLUG | MB_MEM_MIRROR | MB_MEM_NOMAP;

/* A source returns 0, -ENOMEM, or another error with the reason why it does not count. */
struct source {
	const char *path;
	bool needs_log;
	int (*read)(const struct mb_sysroot_input *input, struct mb_sysroot_map *map,
		    const char **ret_why);
};

int mb_sysroot_map_add(struct mb_sysroot_map *map, mb_phys_t start, mb_phys_t end, int nid,
		       unsigned flags)
{
	if (mb_grow(&map->mem, map->count, sizeof(*map->mem)))
		return -ENOMEM;
	map->mem[map->count++] = (struct mb_machine_mem){start, end, nid, flags};
	return 0;
}

static int add_ranges(struct mb_sysroot_map *map, const struct mb_ranges *ranges)
{
	for (size_t i = 0; i < ranges->count; i++) {
		if (mb_sysroot_map_add(map, ranges->list[i].start, ranges->list[i].end, MB_NO_NODE,
				       MB_MEM_NONE))
			return -ENOMEM;
	}
	return 0;
}

/* Files give the last byte of a range; the last byte of all is left out, so that an end exists. */
static int add_inclusive(struct mb_ranges *ranges, uint64_t first, uint64_t last)
{
	return mb_ranges_add(ranges, first, last == UINT64_MAX ? last : last + 1);
}

/*
 * One entry of sys/firmware/memmap. Where entries overlap, anything else beats RAM
 * (arch/x86/kernel/e820.c, 6.1).
 */
static int read_memmap_entry(const struct mb_sysroot *root, uint64_t number, struct mb_ranges *ram,
			     struct mb_ranges *other)
{
	static const char folder[] = "sys/firmware/memmap";
	char *type MB_FREE = NULL;
	uint64_t first, last;
	int r;

	r = mb_sysroot_file_u64(root, 16, &first, "%s/%" PRIu64 "/start", folder, number);
	if (!r)
		r = mb_sysroot_file_u64(root, 16, &last, "%s/%" PRIu64 "/end", folder, number);
	if (!r)
		r = mb_sysroot_file_first(root, &type, "%s/%" PRIu64 "/type", folder, number);
	if (r)
		return r;
	return add_inclusive(strcmp(type, "System RAM") ? other : ram, first, last);
}

/* The command line's changes to a PC's firmware map, then what is RAM and nothing else. */
static int settle_firmware(const struct mb_sysroot_input *input, struct mb_ranges *ram,
			   struct mb_ranges *other, struct mb_sysroot_map *map)
{
	int r = mb_cmdline_map(input->like->cmdline, ram, other);

	mb_ranges_normalise(ram);
	mb_ranges_normalise(other);
	if (!r)
		r = mb_ranges_subtract(ram, other);
	map->firmware = true;
	return r ? r : add_ranges(map, ram);
}

static int read_memmap(const struct mb_sysroot_input *input, struct mb_sysroot_map *map,
		       const char **ret_why)
{
	const struct mb_sysroot *root = input->root;
	struct mb_ranges ram = {0}, other = {0};
	uint64_t *numbers MB_FREE = NULL;
	size_t count = 0;
	int r;

	*ret_why = "absent";
	if (input->like->arch != MB_ARCH_X86_64)
		return -ENOENT;
	r = mb_sysroot_file_numbers(root, "", &numbers, &count, "sys/firmware/memmap");
	if (r)
		return r;
	*ret_why = "cannot be read";
	for (size_t i = 0; i < count && !r; i++)
		r = read_memmap_entry(root, numbers[i], &ram, &other);
	if (!r)
		r = settle_firmware(input, &ram, &other, map);
	mb_ranges_fini(&ram);
	mb_ranges_fini(&other);
	return r;
}

/* The BIOS-e820 lines of a PC's kernel log. */
static int read_e820(const struct mb_sysroot_input *input, struct mb_sysroot_map *map,
		     const char **ret_why)
{
	struct mb_ranges ram = {0}, other = {0};
	int r = 0;

	*ret_why = "has no BIOS-e820 lines";
	if (!input->log || !input->log->e820.count || input->like->arch != MB_ARCH_X86_64)
		return -ENOENT;
	for (size_t i = 0; i < input->log->e820.count && !r; i++) {
		const struct mb_kernlog_range *line = &input->log->e820.list[i];

		r = mb_ranges_add(strcmp(line->what, "usable") ? &other : &ram, line->start,
				  line->end);
	}
	if (!r)
		r = settle_firmware(input, &ram, &other, map);
	mb_ranges_fini(&ram);
	mb_ranges_fini(&other);
	return r;
}

/* Memory and nodes of the first complete dump with nodes: arm64, where it has no other source. */
static int read_dump(const struct mb_sysroot_input *input, struct mb_sysroot_map *map,
		     const char **ret_why)
{
	const struct mb_trace *trace;
	int r = 0;

	*ret_why = "has no MEMBLOCK configuration with nodes";
	if (!input->log || input->like->arch == MB_ARCH_X86_64)
		return -ENOENT;
	trace = &input->log->trace;
	for (size_t i = 0; i < trace->nr_dumps; i++) {
		const struct mb_trace_dump *dump = &trace->dumps[i];

		if (!dump->complete || !dump->has_nodes)
			continue;
		for (size_t j = 0; j < dump->nr_memory && !r; j++)
			r = mb_sysroot_map_add(map, dump->memory[j].base, dump->memory[j].end,
					       dump->memory[j].nid,
					       dump->memory[j].flags & known_flags);
		return r;
	}
	return -ENOENT;
}

/* A line of proc/iomem, "  00100000-4fffffff : System RAM". */
struct iomem_line {
	uint64_t first, last;
	bool nested;
	const char *name;
};

static bool read_iomem_line(const char *text, struct iomem_line *ret_line)
{
	size_t indent = strspn(text, " "), length;

	ret_line->nested = indent > 0;
	text += indent;
	length = strcspn(text, "-");
	if (text[length] != '-' || !mb_sysroot_file_number(text, length, 16, &ret_line->first))
		return false;
	text += length + 1;
	length = strcspn(text, " ");
	if (strncmp(text + length, " : ", 3) ||
	    !mb_sysroot_file_number(text, length, 16, &ret_line->last))
		return false;
	ret_line->name = text + length + 3;
	return true;
}

static int read_iomem(const struct mb_sysroot_input *input, struct mb_sysroot_map *map,
		      const char **ret_why)
{
	char *text MB_FREE = NULL, *at, *line;
	struct mb_ranges ram = {0};
	bool hidden = true;
	int r = mb_sysroot_file_read(input->root, &text, "proc/iomem");

	*ret_why = r == -ENOENT ? "absent" : "cannot be read";
	for (at = text; !r && (line = mb_sysroot_file_line(&at));) {
		struct iomem_line entry;

		if (!read_iomem_line(line, &entry))
			continue;
		hidden &= !entry.first && !entry.last;
		/* Hidden addresses are all zero. */
		if (!entry.nested && !strcmp(entry.name, "System RAM") && entry.last)
			r = add_inclusive(&ram, entry.first, entry.last);
	}
	if (!r) {
		*ret_why = hidden ? "hides its addresses" : "has no System RAM";
		mb_ranges_normalise(&ram);
		r = add_ranges(map, &ram);
	}
	mb_ranges_fini(&ram);
	return r;
}

/*
 * "   0: 0x0000000040000000..0x000000013fffffff", from 6.4 on followed by the node or x, and flags
 * joined by '|'.
 */
static int read_memblock_line(char *line, struct mb_sysroot_map *map)
{
	static const struct {
		const char *name;
		unsigned flag;
	} flag_names[] = {
		{"HOTPLUG", MB_MEM_HOTPLUG},
		{"MIRROR", MB_MEM_MIRROR},
		{"NOMAP", MB_MEM_NOMAP},
	};
	char *start = strchr(line, ':'), *dots = start ? strstr(start, "..") : NULL, *rest;
	uint64_t first, last, nid;
	unsigned flags = MB_MEM_NONE;
	int node = MB_NO_NODE;
	size_t length;

	if (!dots)
		return 0;
	start += 1 + strspn(start + 1, " ");
	rest = dots + 2 + strcspn(dots + 2, " ");
	if (!mb_sysroot_file_number(start, (size_t)(dots - start), 16, &first) ||
	    !mb_sysroot_file_number(dots + 2, (size_t)(rest - dots - 2), 16, &last) || last < first)
		return 0;
	rest += strspn(rest, " ");
	length = strcspn(rest, " ");
	if (mb_sysroot_file_number(rest, length, 10, &nid) && nid < MB_MAX_NODES)
		node = (int)nid;
	for (size_t i = 0; i < MB_ARRAY_SIZE(flag_names); i++) {
		if (strstr(rest, flag_names[i].name))
			flags |= flag_names[i].flag;
	}
	return mb_sysroot_map_add(map, first, last == UINT64_MAX ? last : last + 1, node, flags);
}

static int read_memblock(const struct mb_sysroot_input *input, struct mb_sysroot_map *map,
			 const char **ret_why)
{
	char *text MB_FREE = NULL, *at, *line;
	int r = mb_sysroot_file_read(input->root, &text, "sys/kernel/debug/memblock/memory");

	*ret_why = r == -EACCES || r == -EPERM ? "cannot be read" : "absent";
	for (at = text; !r && (line = mb_sysroot_file_line(&at));)
		r = read_memblock_line(line, map);
	return r;
}

/* MemTotal of a meminfo text, of a node ("Node 0 MemTotal: 16 kB") or of all; 0 without one. */
static uint64_t total_bytes(char *text)
{
	char *line;

	while ((line = mb_sysroot_file_line(&text))) {
		const char *field = strstr(line, "MemTotal");
		uint64_t kib;

		if (field && mb_sysroot_file_field(field, "MemTotal", &kib) &&
		    kib <= UINT64_MAX / MB_KIB)
			return kib * MB_KIB;
	}
	return 0;
}

/*
 * Lays a node's size behind what is there; a section may be partly reserved, so sizes are rounded
 * up to one.
 */
static int place(struct mb_machine *machine, uint64_t bytes, int nid, mb_phys_t *cursor)
{
	uint64_t section = UINT64_C(1) << machine->section_shift;

	if (bytes > UINT64_MAX - section)
		return -ERANGE;
	return mb_machine_place_mem(machine, mb_align_up_pow2(bytes, section), nid, cursor);
}

static int read_node_sizes(const struct mb_sysroot *root, struct mb_machine *machine)
{
	mb_phys_t cursor = mb_machine_ram_start(machine->arch);
	uint64_t *nodes MB_FREE = NULL;
	size_t count = 0;
	int r;

	r = mb_sysroot_file_numbers(root, "node", &nodes, &count, "sys/devices/system/node");
	for (size_t i = 0; i < count && !r && nodes[i] < MB_MAX_NODES; i++) {
		char *text MB_FREE = NULL;

		if (!mb_sysroot_file_read(root, &text, "sys/devices/system/node/node%d/meminfo",
					  (int)nodes[i]))
			r = place(machine, total_bytes(text), (int)nodes[i], &cursor);
	}
	return r;
}

static int read_total_size(const struct mb_sysroot *root, struct mb_machine *machine)
{
	mb_phys_t cursor = mb_machine_ram_start(machine->arch);
	char *text MB_FREE = NULL;
	int r = mb_sysroot_file_read(root, &text, "proc/meminfo");

	return r ? r : place(machine, total_bytes(text), 0, &cursor);
}

/* Lets a function place sizes on an empty machine and takes what came of it. */
static int read_sizes(const struct mb_sysroot_input *input, struct mb_sysroot_map *map,
		      const char **ret_why,
		      int (*fill)(const struct mb_sysroot *root, struct mb_machine *machine))
{
	struct mb_machine *machine = mb_machine_new(input->like->arch);
	int r;

	*ret_why = "has no MemTotal";
	if (!machine)
		return -ENOMEM;
	machine->section_shift = input->like->section_shift;
	r = fill(input->root, machine);
	for (size_t i = 0; i < machine->nr_mem && !r; i++)
		r = mb_sysroot_map_add(map, machine->mem[i].start, machine->mem[i].end,
				       machine->mem[i].nid, MB_MEM_NONE);
	mb_machine_free(machine);
	return r;
}

static int read_nodes(const struct mb_sysroot_input *input, struct mb_sysroot_map *map,
		      const char **ret_why)
{
	return read_sizes(input, map, ret_why, read_node_sizes);
}

static int read_total(const struct mb_sysroot_input *input, struct mb_sysroot_map *map,
		      const char **ret_why)
{
	return read_sizes(input, map, ret_why, read_total_size);
}

/* In the order in which they are asked. */
static const struct source sources[] = {
	{"/dmesg", true, read_e820},
	{"/dmesg", true, read_dump},
	{"/sys/firmware/memmap", false, read_memmap},
	{"/proc/iomem", false, read_iomem},
	{"/sys/kernel/debug/memblock", false, read_memblock},
	{"/sys/devices/system/node", false, read_nodes},
	{"/proc/meminfo", false, read_total},
};

int mb_sysroot_map_read(const struct mb_sysroot_input *input, struct mb_err *err,
			struct mb_sysroot_map *map)
{
	struct mb_strbuf why = {0};
	int r;

	for (size_t i = 0; i < MB_ARRAY_SIZE(sources); i++) {
		const char *reason = "has no memory";

		r = sources[i].read(input, map, &reason);
		if (r == -ENOMEM)
			goto out_of_memory;
		if (!r && map->count) {
			map->source = sources[i].path;
			mb_strbuf_fini(&why);
			return 0;
		}
		mb_sysroot_map_fini(map);
		if (!input->log && sources[i].needs_log)
			continue;
		mb_strbuf_addf(&why, "%s%s %s", why.length ? ", " : "", sources[i].path, reason);
	}
	r = MB_FAIL(err, -ENOENT, "no memory map: %s", mb_strbuf_text(&why));
	mb_strbuf_fini(&why);
	return r;
out_of_memory:
	mb_strbuf_fini(&why);
	return MB_FAIL(err, -ENOMEM, "out of memory");
}

void mb_sysroot_map_fini(struct mb_sysroot_map *map)
{
	free(map->mem);
	*map = (struct mb_sysroot_map){0};
}

bool mb_sysroot_map_kernel(const struct mb_sysroot *root, struct mb_range *ret_range)
{
	static const char *const parts[] = {"Kernel code", "Kernel rodata", "Kernel data",
					    "Kernel bss"};
	struct mb_range kernel = {MB_PHYS_MAX, 0};
	char *text MB_FREE = NULL, *at, *line;

	if (mb_sysroot_file_read(root, &text, "proc/iomem"))
		return false;
	for (at = text; (line = mb_sysroot_file_line(&at));) {
		struct iomem_line entry;

		if (!read_iomem_line(line, &entry) || !entry.last || entry.last == UINT64_MAX)
			continue;
		for (size_t i = 0; i < MB_ARRAY_SIZE(parts); i++) {
			if (strcmp(entry.name, parts[i]))
				continue;
			kernel.start = mb_min(kernel.start, entry.first);
			kernel.end = mb_max(kernel.end, entry.last + 1);
		}
	}
	if (kernel.start >= kernel.end)
		return false;
	*ret_range = kernel;
	return true;
}
