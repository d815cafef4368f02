/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_SYSROOT_SRAT_H
#define MB_NUMA_SYSROOT_SRAT_H

#include "numa/kernlog.h"
#include "numa/sysroot_map.h"

/*
 * Gives the memory of a map its nodes, as x86 does with the memory lines of the SRAT
 * (numa_cleanup_meminfo and numa_register_memblks of arch/x86/mm/numa.c, 6.1): lines without memory
 * are set aside, those of one node are joined over gaps that no other node's line touches, and each
 * tags the memory inside it. Memory that may be unplugged is marked so. Lines that overlap between
 * nodes, leave a MiB or more of memory out, or are more than 2048, do not count, as in the kernel. 1: the map has nodes;
 * 0: there is no SRAT that counts, and the map is as before; -ENOMEM.
 */
int mb_sysroot_srat_tag(const struct mb_kernlog *log, struct mb_sysroot_map *map);

#endif
