/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MACHINE_H
#define MB_CORE_MACHINE_H

#include "core/base/bits.h"
#include "core/base/err.h"
#include "core/types.h"

/*
 * The machine whose boot is simulated: what firmware and command line tell Linux. It is the only
 * input of the engine besides the kernel profile. A machine owns its arrays; it is read-only once
 * made, so threads may share it.
 */

enum mb_arch {
	MB_ARCH_X86_64,
	MB_ARCH_ARM64,
	MB_NR_ARCHS,
};

/* Attributes of memory, with the values of memblock's flags (include/linux/memblock.h, 6.1). */
enum mb_mem_flags {
	MB_MEM_NONE = 0,
	MB_MEM_HOTPLUG = 0x1,
	MB_MEM_MIRROR = 0x2,
	MB_MEM_NOMAP = 0x4,
};

struct mb_machine_mem {
	mb_phys_t start, end; /* bytes, half open */
	int nid;
	unsigned flags; /* mb_mem_flags */
};

/* Limits of what a machine text may ask for. */
#define MB_MACHINE_MAX_CPUS   8192 /* CONFIG_NR_CPUS of distribution kernels */
#define MB_MACHINE_MAX_RANGES 65536

/* What a CPU is, each more than the one before: some rules count possible CPUs, others fewer. */
enum mb_cpu_state {
	MB_CPU_POSSIBLE, /* may be plugged in later */
	MB_CPU_PRESENT,  /* is there, and may be brought up later */
	MB_CPU_ONLINE,
};

/* Sizes of kernel objects that no rule gives, where the machine's own kernel showed them. */
struct mb_machine_sizes {
	uint64_t pgdat_bytes; /* NODE_DATA as allocated */
	uint64_t percpu_static_bytes;
	uint64_t percpu_reserved_bytes;
	bool has_percpu;            /* the two above count, zero or not */
	unsigned mem_section_bytes; /* 16, or 32 with CONFIG_PAGE_EXTENSION */
};

struct mb_machine {
	enum mb_arch arch;
	unsigned page_shift;    /* 12, 14 or 16 */
	unsigned section_shift; /* sparse section, 27 on x86-64 */
	unsigned phys_bits;     /* MAX_PHYSMEM_BITS: 46 or 52 on x86-64 */

	/* RAM, sorted, disjoint; adjacent ranges of one node and flags are merged */
	struct mb_machine_mem *mem;
	size_t nr_mem;
	struct mb_range *reserved; /* reserved before boot, sorted, disjoint */
	size_t nr_reserved;

	unsigned nr_node_ids; /* highest possible node + 1 */
	uint64_t possible[MB_MAX_NODES / 64];
	unsigned nr_cpus; /* possible CPUs, ids 0 … nr_cpus - 1 */
	int *cpu_node;    /* node of each CPU */
	/* of the possible CPUs, those that are not present, and those that are not online */
	uint64_t absent[MB_BITMAP_WORDS(MB_MACHINE_MAX_CPUS)];
	uint64_t offline[MB_BITMAP_WORDS(MB_MACHINE_MAX_CPUS)];
	uint8_t *distance; /* nr_node_ids × nr_node_ids, row: from */

	struct mb_machine_sizes sizes; /* 0: the kernel profile's */

	char *cmdline;          /* kernel command line, never NULL */
	bool phys_bits_assumed; /* nothing that was read says phys_bits */
	char *source; /* where the map came from, for people: "/sys/firmware/memmap"; never NULL */
};

/*
 * Reads a machine from text (the items of the README's table, separated by white space; '#' starts a comment that ends with the line; values
 * may be quoted with ' or ", parts of them too, as in a shell). defaults gives architecture, page size and section size where the text has
 * none; NULL: x86-64, 4 KiB, 128 MiB. Physical bits are 52 unless the text says otherwise, whatever the defaults. On failure returns -EINVAL,
 * -ERANGE or -ENOMEM, leaves *ret_machine alone and says in err which item is wrong and what would be right, with its line ("line 7: ...")
 * when the text has several. The caller frees the machine with mb_machine_free().
 *
 * The ranges of the text are the firmware's: mem=, memmap= and numa=off of the command line change
 * them, as mb_machine_obey_cmdline() says, and what is printed is what is left.
 */
int mb_machine_parse(const char *text, const struct mb_machine *defaults, struct mb_err *err,
		     struct mb_machine **ret_machine);

/* The same with another command line than the text's; NULL: the text's own. */
int mb_machine_parse_with(const char *text, const char *cmdline, const struct mb_machine *defaults,
			  struct mb_err *err, struct mb_machine **ret_machine);

/*
 * Starts an empty machine that a caller (the host's reader) fills with the functions below and
 * completes with mb_machine_finish(). NULL when out of memory.
 */
struct mb_machine *mb_machine_new(enum mb_arch arch);

/*
 * Adds RAM, bytes, in any order; the parts may touch but not overlap (checked by
 * mb_machine_finish).
 */
int mb_machine_add_mem(struct mb_machine *machine, mb_phys_t start, mb_phys_t end, int nid,
		       unsigned flags);

/* Adds memory that is reserved before boot; may overlap others and need not be RAM. */
int mb_machine_add_reserved(struct mb_machine *machine, mb_phys_t start, mb_phys_t end);

/* Where RAM starts when nobody says: 0 on x86-64, 1 GiB on arm64. */
mb_phys_t mb_machine_ram_start(enum mb_arch arch);

/*
 * Adds size bytes of RAM from *cursor on, around the architecture's hole below 4 GiB (x86-64: the
 * fourth GiB), and moves the cursor behind it. 0, -ENOMEM, -ERANGE: beyond the last address; what
 * was placed so far stays.
 */
int mb_machine_place_mem(struct mb_machine *machine, uint64_t size, int nid, mb_phys_t *cursor);

/* Makes a node possible, with or without memory. */
int mb_machine_add_node(struct mb_machine *machine, int nid);

/* Gives the next CPU id to a node; the CPU is online. */
int mb_machine_add_cpu(struct mb_machine *machine, int nid);

/*
 * The CPUs of a bitmap of MB_MACHINE_MAX_CPUS are no longer online, and not present either when state is
 * MB_CPU_POSSIBLE. 0; -ERANGE: not all of them are the machine's; -EINVAL: no CPU would be online.
 */
int mb_machine_take_cpus(struct mb_machine *machine, const uint64_t *map, enum mb_cpu_state state);

/* Distance in both directions' own cells: from → to, 10 … 254. */
int mb_machine_set_distance(struct mb_machine *machine, int from, int to, unsigned distance);

/*
 * Sorts, merges and checks: legal page and section size, no overlap, some memory, everything below
 * 2^phys_bits; fills absent distances with 10 and 20. A machine without any CPU gets CPU 0 on its
 * first node with memory: something has to boot it. 0, or -EINVAL/-ERANGE/-ENOMEM with err.
 */
int mb_machine_finish(struct mb_machine *machine, struct mb_err *err);

/*
 * Makes a finished machine what its command line makes of it (core/cmdline.h): mem= and memmap=, unless
 * its map obeys them already (map_obeys), then numa=off. Doing it again changes nothing. 0; -EINVAL or -ERANGE with
 * err when no memory is left or it ends up beyond 2^phys_bits; -ENOMEM.
 */
int mb_machine_obey_cmdline(struct mb_machine *machine, bool map_obeys, struct mb_err *err);

/*
 * Changes page and section size of a finished machine, in bytes; 0: as it is, but a section size that
 * is the default of its page size follows the page size. 0; -EINVAL or -ERANGE with err, and the
 * machine is as it was.
 */
int mb_machine_set_sizes(struct mb_machine *machine, uint64_t page_bytes, uint64_t section_bytes,
			 struct mb_err *err);

void mb_machine_free(struct mb_machine *machine);

/*
 * The machine as text that mb_machine_parse() reads back to an equal machine. The caller frees it;
 * NULL when out of memory.
 */
char *mb_machine_print(const struct mb_machine *machine);

/* FNV-1a over the printed form: the machine's identity in results. */
uint64_t mb_machine_hash(const struct mb_machine *machine);

/*
 * Bytes of RAM; pages that need a descriptor are counted by the engine, since holes inside a
 * section have one too.
 */
uint64_t mb_machine_ram_bytes(const struct mb_machine *machine);

/* Number of possible CPUs of a node; 0 for a memory-only node. */
unsigned mb_machine_node_cpus(const struct mb_machine *machine, int nid);

/* CPUs of a node, or of all with nid MB_NO_NODE, that are at least this. */
unsigned mb_machine_count_cpus(const struct mb_machine *machine, int nid, enum mb_cpu_state least);

bool mb_machine_node_possible(const struct mb_machine *machine, int nid);

/* Name as in machine text: "x86_64", "arm64". */
const char *mb_machine_arch_name(enum mb_arch arch);

#endif
