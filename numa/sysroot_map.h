/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_SYSROOT_MAP_H
#define MB_NUMA_SYSROOT_MAP_H

#include "core/machine.h"

/*
 * Where RAM is, from the first source of a tree that knows. Zero-initialise; the caller ends it
 * with mb_sysroot_map_fini().
 */
struct mb_sysroot_map {
	struct mb_machine_mem *mem; /* nid is MB_NO_NODE where the source does not know it */
	size_t count;
	const char *source; /* its path, for people; a constant */
};

/*
 * Reads the map. like gives architecture and section size, by which sizes without addresses are
 * laid out. 0, -ENOENT with the reason of each source in err, or -ENOMEM.
 */
int mb_sysroot_map_read(const char *root, const struct mb_machine *like, struct mb_err *err,
			struct mb_sysroot_map *map);

void mb_sysroot_map_fini(struct mb_sysroot_map *map);

/*
 * The kernel's own image as proc/iomem shows it, from its code to its bss: false, where it does not
 * or hides its addresses.
 */
bool mb_sysroot_map_kernel(const char *root, struct mb_range *ret_range);

#endif
