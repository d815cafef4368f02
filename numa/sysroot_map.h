/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_SYSROOT_MAP_H
#define MB_NUMA_SYSROOT_MAP_H

#include "core/machine.h"
#include "numa/kernlog.h"
#include "numa/sysroot_open.h"

/*
 * Where RAM is, from the first source of a tree that knows. Zero-initialise; the caller ends it
 * with mb_sysroot_map_fini().
 */
struct mb_sysroot_map {
	struct mb_machine_mem *mem; /* nid is MB_NO_NODE where the source does not know it */
	size_t count;
	const char *source; /* its path, for people; a constant */
	bool firmware;      /* what firmware said, changed by the command line in like */
};

/* What the map is read from. */
struct mb_sysroot_input {
	const struct mb_sysroot *root;
	const struct mb_kernlog *log; /* NULL: the tree has none */
	/*
	 * Gives architecture and section size, by which sizes without addresses are laid out, and
	 * the command line, whose mem= and memmap= a PC's firmware map does not have yet.
	 */
	const struct mb_machine *like;
	const char *cmdline; /* instead of the tree's; NULL: the tree's */
};

/* Reads the map. 0, -ENOENT with the reason of each source in err, or -ENOMEM. */
int mb_sysroot_map_read(const struct mb_sysroot_input *input, struct mb_err *err,
			struct mb_sysroot_map *map);

/* Adds a range at the end. 0 or -ENOMEM. */
int mb_sysroot_map_add(struct mb_sysroot_map *map, mb_phys_t start, mb_phys_t end, int nid,
		       unsigned flags);

void mb_sysroot_map_fini(struct mb_sysroot_map *map);

/*
 * The kernel's own image as proc/iomem shows it, from its code to its bss: false, where it does not
 * or hides its addresses.
 */
bool mb_sysroot_map_kernel(const struct mb_sysroot *root, struct mb_range *ret_range);

#endif
