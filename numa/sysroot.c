/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "core/cmdline.h"
#include "numa/sysroot.h"
#include "numa/sysroot_cpus.h"
#include "numa/sysroot_file.h"
#include "numa/sysroot_log.h"
#include "numa/sysroot_map.h"
#include "numa/sysroot_node.h"
#include "numa/sysroot_srat.h"

/* What proc/cpuinfo tells. */
struct cpu_facts {
	int error; /* why it cannot be read */
	bool x86, arm64;
	bool flags; /* it has the line of that name */
	bool la57;  /* five page table levels */
};

static bool has_word(const char *line, const char *word)
{
	size_t length = strlen(word);

	for (line += strcspn(line, " "); *line; line += strcspn(line, " ")) {
		line += strspn(line, " ");
		if (!strncmp(line, word, length) && (line[length] == ' ' || !line[length]))
			return true;
	}
	return false;
}

static void read_cpu_facts(const struct mb_sysroot *root, struct cpu_facts *facts)
{
	char *text MB_FREE = NULL, *at, *line;

	*facts = (struct cpu_facts){0};
	facts->error = mb_sysroot_file_read(root, &text, "proc/cpuinfo");
	if (facts->error)
		return;
	for (at = text; (line = mb_sysroot_file_line(&at));) {
		facts->x86 |= !strncmp(line, "vendor_id", 9);
		facts->arm64 |= !strncmp(line, "CPU implementer", 15);
		if (strncmp(line, "flags", 5) != 0)
			continue;
		facts->flags = true;
		facts->la57 |= has_word(line, "la57");
	}
}

/* The live system knows its name; a captured one shows it in what its CPUs or its kernel say. */
static int find_arch(const struct mb_sysroot *root, const struct cpu_facts *facts,
		     struct mb_err *err, enum mb_arch *ret_arch)
{
	struct utsname name = {.machine = ""};
	char *text MB_FREE = NULL;
	const char *version = "";
	int r = 0;

	if (mb_sysroot_file_is_live(root)) {
		if (!uname(&name))
			version = name.machine;
	} else if (facts->x86 || facts->arm64) {
		*ret_arch = facts->x86 ? MB_ARCH_X86_64 : MB_ARCH_ARM64;
		return 0;
	} else {
		r = mb_sysroot_file_read(root, &text, "proc/version");
		version = r ? "" : text;
	}
	if (strstr(version, "x86_64") || strstr(version, "amd64"))
		*ret_arch = MB_ARCH_X86_64;
	else if (strstr(version, "aarch64") || strstr(version, "arm64"))
		*ret_arch = MB_ARCH_ARM64;
	else if (*name.machine)
		return MB_FAIL(err, -ENOTSUP, "architecture %s is neither x86_64 nor arm64",
			       name.machine);
	else if (r == -ENOENT && facts->error == -ENOENT)
		return MB_FAIL(err, -ENOTSUP,
			       "has no proc/cpuinfo and no proc/version: is it a captured tree?");
	else if (r && facts->error)
		return MB_FAIL(err, -ENOTSUP, "proc/cpuinfo: %s; proc/version: %s",
			       mb_sysroot_file_reason(facts->error), mb_sysroot_file_reason(r));
	else
		return MB_FAIL(err, -ENOTSUP,
			       "proc/cpuinfo and version name neither x86_64 nor arm64");
	return 0;
}

/* What the log says of the first per-CPU chunk, bytes of a unit and how many pages they are. */
static uint64_t page_bytes(const struct mb_kernlog *log)
{
	if (!log || !log->percpu.found || !log->percpu.pages)
		return 0;
	return (log->percpu.static_bytes + log->percpu.reserved_bytes + log->percpu.dynamic_bytes) /
	       log->percpu.pages;
}

/*
 * arm64 has pages of several sizes. The live system tells; in a captured tree its log does, else all
 * managed pages together are MemTotal, so their quotient is the page size, roughly.
 */
static unsigned find_page_shift(const struct mb_sysroot *root, enum mb_arch arch,
				const struct mb_kernlog *log, const struct mb_sysroot_node *node)
{
	char *text MB_FREE = NULL, *at, *line;
	uint64_t kib = 0, bytes = 0;

	if (arch == MB_ARCH_X86_64)
		return 12;
	if (mb_sysroot_file_is_live(root))
		return (unsigned)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
	bytes = page_bytes(log);
	if (bytes == 4096 || bytes == 16384 || bytes == 65536)
		return (unsigned)__builtin_ctzll(bytes);
	if (mb_sysroot_file_read(root, &text, "proc/meminfo") || !node->managed_pages)
		return 12;
	for (at = text; (line = mb_sysroot_file_line(&at));) {
		if (mb_sysroot_file_field(line, "MemTotal", &kib))
			break;
	}
	bytes = mb_min(kib, UINT64_MAX / 1024) * 1024 / node->managed_pages;
	return bytes < 8192 ? 12 : bytes < 32768 ? 14 : 16;
}

/* Adds one range of the map, cut where its node changes and where physical addresses end. */
static int add_range(struct mb_machine *machine, const struct mb_sysroot_node *node,
		     struct mb_machine_mem mem)
{
	mb_phys_t until, limit = UINT64_C(1) << machine->phys_bits;
	int r = 0;

	mem.end = mb_min(mem.end, limit);
	if (mem.start >= mem.end)
		return 0;
	if (mem.nid != MB_NO_NODE)
		return mb_machine_add_mem(machine, mem.start, mem.end, mem.nid, mem.flags);
	while (mem.start < mem.end && !r) {
		int nid = mb_sysroot_node_owner(node, mem.start, &until);
		mb_phys_t end = until;

		while (end < mem.end && mb_sysroot_node_owner(node, end, &until) == nid)
			end = until;
		end = mb_min(end, mem.end);
		r = mb_machine_add_mem(machine, mem.start, end, nid, mem.flags);
		mem.start = end;
	}
	return r;
}

/* Nodes by the log: the SRAT's, or one for all where the kernel found or wanted no other. */
static int tag_map(const struct mb_kernlog *log, const struct mb_machine *machine,
		   struct mb_sysroot_map *map)
{
	int r;

	if (!log || machine->arch != MB_ARCH_X86_64)
		return 0;
	r = mb_cmdline_numa_off(machine->cmdline) ? 0 : mb_sysroot_srat_tag(log, map);
	return r < 0 ? r : 0;
}

/* *ret_done: the map is what the kernel made of it, or what the command line here makes of the firmware's. */
static int add_map(const struct mb_sysroot_input *input, struct mb_machine *machine,
		   const struct mb_sysroot_node *node, struct mb_err *err, bool *ret_done)
{
	struct mb_sysroot_map map = {0};
	struct mb_strbuf source = {0};
	bool guessed = false;
	int r = mb_sysroot_map_read(input, err, &map);

	*ret_done = map.firmware || !input->cmdline;
	if (!r)
		r = tag_map(input->log, machine, &map);

	for (size_t i = 0; i < map.count && !r; i++) {
		guessed |= map.mem[i].nid == MB_NO_NODE && !mb_sysroot_node_known(node);
		r = add_range(machine, node, map.mem[i]);
		if (r)
			MB_FAIL(err, r, "%s has more than %d ranges or no room for them",
				map.source, MB_MACHINE_MAX_RANGES);
	}
	if (!r) {
		mb_strbuf_add(&source, map.source);
		if (guessed)
			mb_strbuf_addf(&source, ", all of it taken for node %d's",
				       node->first_online);
		free(machine->source);
		machine->source = mb_strbuf_take(&source);
		r = machine->source ? 0 : -ENOMEM;
	}
	mb_sysroot_map_fini(&map);
	return r;
}

/*
 * As it is but for its line end; what is no plain text becomes '?', so that the machine's text form
 * can hold it.
 */
static int add_cmdline(const struct mb_sysroot_input *input, struct mb_machine *machine)
{
	const char *other = input->cmdline;
	char *text = NULL;
	int r = other ? -ENOENT : mb_sysroot_file_read(input->root, &text, "proc/cmdline");

	if (!other && input->log)
		other = input->log->cmdline;
	if (r && r != -ENOMEM && other) {
		text = strdup(other);
		r = text ? 0 : -ENOMEM;
	}
	if (r)
		return r == -ENOMEM ? r : 0;
	text[strcspn(text, "\n")] = '\0';
	for (char *c = text; *c; c++) {
		if ((*c < ' ' || *c > '~') && *c != '\t')
			*c = '?';
	}
	free(machine->cmdline);
	machine->cmdline = text;
	return 0;
}

/* Reserved before boot: what the trace says, else the kernel's image. */
static int add_reserved(const struct mb_sysroot_input *input, struct mb_machine *machine)
{
	mb_phys_t limit = UINT64_C(1) << machine->phys_bits;
	struct mb_ranges reserved = {0};
	struct mb_range kernel;
	int r = -ENODATA;

	if (input->log)
		r = mb_sysroot_log_reserved(input->log, &reserved);
	for (size_t i = 0; !r && i < reserved.count; i++) {
		if (reserved.list[i].start < limit)
			r = mb_machine_add_reserved(machine, reserved.list[i].start,
						    mb_min(reserved.list[i].end, limit));
	}
	mb_ranges_fini(&reserved);
	if (r != -ENODATA)
		return r;
	if (mb_sysroot_map_kernel(input->root, &kernel) && kernel.end <= limit)
		return mb_machine_add_reserved(machine, kernel.start, kernel.end);
	return 0;
}

static int fill(const struct mb_sysroot_input *input, const struct cpu_facts *facts,
		struct mb_machine *machine, struct mb_sysroot_node *node, struct mb_err *err)
{
	const struct mb_sysroot *root = input->root;
	bool has_map = true;
	int r = mb_sysroot_node_read(root, node);

	node->page_shift = machine->page_shift =
		find_page_shift(root, machine->arch, input->log, node);
	machine->section_shift = machine->page_shift == 16 ? 29 : 27;
	if (machine->arch == MB_ARCH_X86_64)
		machine->phys_bits = facts->la57 ? 52 : 46;
	else
		machine->phys_bits = 48;
	machine->phys_bits_assumed = machine->arch == MB_ARCH_X86_64 && !facts->flags;
	if (!r)
		r = mb_sysroot_node_apply(root, node, machine);
	if (!r)
		r = add_cmdline(input, machine);
	if (!r)
		r = add_map(input, machine, node, err, &has_map);
	if (!r)
		r = mb_sysroot_cpus_apply(root, input->log, node, machine);
	if (!r)
		r = add_reserved(input, machine);
	if (input->log)
		mb_sysroot_log_sizes(input->log, machine);
	if (!r)
		r = mb_machine_finish(machine, err);
	return r ? r : mb_machine_obey_cmdline(machine, has_map, err);
}

int mb_sysroot_machine_with(const struct mb_sysroot *root, const char *cmdline, struct mb_err *err,
			    struct mb_machine **ret_machine)
{
	struct mb_sysroot_node *node = NULL;
	struct mb_machine *machine = NULL;
	struct mb_kernlog *log = NULL;
	struct cpu_facts facts;
	enum mb_arch arch = MB_ARCH_X86_64;
	int r;

	read_cpu_facts(root, &facts);
	r = find_arch(root, &facts, err, &arch);
	if (r)
		return r;
	machine = mb_machine_new(arch);
	node = calloc(1, sizeof(*node));
	r = machine && node ? mb_sysroot_log_read(root, &log) : -ENOMEM;
	if (!r)
		r = fill(&(struct mb_sysroot_input){root, log, machine, cmdline}, &facts, machine,
			 node, err);
	if (!r)
		*ret_machine = MB_TAKE(machine);
	else
		MB_FAIL(err, r, "%s", r == -ENOMEM ? "out of memory" : "the tree makes no machine");
	if (node)
		mb_sysroot_node_fini(node);
	free(node);
	mb_kernlog_free(log);
	mb_machine_free(machine);
	return r;
}

int mb_sysroot_machine(const struct mb_sysroot *root, struct mb_err *err,
		       struct mb_machine **ret_machine)
{
	return mb_sysroot_machine_with(root, NULL, err, ret_machine);
}

/* The release in a captured tree's version file, else in its log. */
static int captured_release(const struct mb_sysroot *root, char *buf, size_t size)
{
	static const char start[] = "Linux version ";
	char *text MB_FREE = NULL;
	struct mb_kernlog *log = NULL;
	size_t length;
	int r;

	if (!mb_sysroot_file_read(root, &text, "proc/version") &&
	    !strncmp(text, start, sizeof(start) - 1)) {
		length = strcspn(text + sizeof(start) - 1, " \n");
		if (!length || length >= size)
			return length ? -ERANGE : -ENOENT;
		memcpy(buf, text + sizeof(start) - 1, length);
		buf[length] = '\0';
		return 0;
	}
	r = mb_sysroot_log_read(root, &log);
	if (!r)
		r = log ? mb_kernlog_release(log, buf, size) : -ENOENT;
	mb_kernlog_free(log);
	return r;
}

int mb_sysroot_kernel_release(const struct mb_sysroot *root, char *buf, size_t size)
{
	struct utsname name;

	if (!mb_sysroot_file_is_live(root))
		return captured_release(root, buf, size);
	if (uname(&name))
		return -errno;
	if (strlen(name.release) >= size)
		return -ERANGE;
	strcpy(buf, name.release);
	return 0;
}
