/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_SYSROOT_CPUS_H
#define MB_NUMA_SYSROOT_CPUS_H

#include "numa/kernlog.h"
#include "numa/sysroot_node.h"

/*
 * Adds the CPUs that no node lists to a machine that has its memory and the listed CPUs
 * (mb_sysroot_node_apply), and says which CPUs are present and online. sys/devices/system/cpu has
 * the lists; without them, or where they are lost, the log (NULL: none) has the numbers, and present
 * is what is online.
 *
 * Nodes of CPUs that are not online: a present one's by the order of the SRAT's lines, where that
 * agrees with all listed ones; x86-64 deals possible CPUs in turn to the nodes with memory
 * (numa_init_array, arch/x86/mm/numa.c, 6.1), and what is absent stays there. Any other goes to the node
 * of the CPU before it. 0, -ENOMEM.
 */
int mb_sysroot_cpus_apply(const struct mb_sysroot *root, const struct mb_kernlog *log,
			  const struct mb_sysroot_node *node, struct mb_machine *machine);

#endif
