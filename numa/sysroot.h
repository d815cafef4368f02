/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_SYSROOT_H
#define MB_NUMA_SYSROOT_H

#include "core/machine.h"
#include "numa/sysroot_open.h"

/*
 * A tree that looks like /proc and /sys becomes a machine: the live one, or one that was captured,
 * in a folder or in an archive. Nothing is written, no privilege is needed: what cannot be read makes way
 * for the next source. Thread safe.
 *
 * A captured tree has copies of the files under the same paths. One may differ: where a live nodeN
 * has a link memoryM for each memory block, the captured one may have a text file memory_blocks
 * that lists these names.
 */

/*
 * The machine that the tree describes. The map comes from the first source that has one;
 * machine->source names it:
 *   dmesg                             captured only: a PC's BIOS-e820 lines, on arm64 the memory of the
 *                                     MEMBLOCK configuration, with its nodes (memblock=debug)
 *   sys/firmware/memmap               what a PC's firmware reported: "System RAM" less what overlaps it
 *   proc/iomem                        its outermost "System RAM", where addresses are shown
 *   sys/kernel/debug/memblock/memory  memblock's list, with flags and nodes where it has them
 *   sys/devices/system/node           MemTotal of each node, rounded up to a section, one behind
 *                                     another
 *   proc/meminfo                      the same for all memory, as one node's
 * The first two and mem= and memmap= of the command line make a PC's map. Which node a range belongs
 * to comes from the SRAT's lines in dmesg, else from the memory blocks of the nodes, cut at zone borders
 * where nodes share a block, else from the zones of proc/zoneinfo; else all of it is the first
 * node's, and machine->source says so. Reserved is what dmesg's memblock trace says is reserved before
 * nodes get their NODE_DATA, else the kernel's own image where proc/iomem shows it. CPUs are those
 * that nodes list; numbers that are missing between them (offline), or up to dmesg's nr_cpu_ids,
 * join the node of the CPU before. Sizes of kernel objects are those that dmesg shows.
 *
 * 0 and a machine that the caller frees; -ENOENT without any map (err has the reason of each
 * source), -ENOTSUP for another architecture, -ENOMEM, or what mb_machine_finish() returns.
 */
int mb_sysroot_machine(const struct mb_sysroot *root, struct mb_err *err,
		       struct mb_machine **ret_machine);

/*
 * The same as if the kernel had been started with another command line; NULL: its own. Where no source
 * has the firmware's map, memory that the kernel's own mem= took away stays away.
 */
int mb_sysroot_machine_with(const struct mb_sysroot *root, const char *cmdline, struct mb_err *err,
			    struct mb_machine **ret_machine);

/*
 * Memory that this process may use, bytes: the least of MemAvailable, of what each control group
 * above the process (version 1 and 2) leaves, where file cache that can be dropped counts as left,
 * and, where the process's cpuset leaves out nodes with memory, of what those that it may use have
 * available (struct mb_meminfo) together. *ret_source says which of them it was: "MemAvailable",
 * "cgroup" or "cpuset"; it may be NULL. 0, or -ENOENT with err when proc/meminfo cannot be read.
 */
int mb_sysroot_available(const struct mb_sysroot *root, struct mb_err *err, uint64_t *ret_bytes,
			 const char **ret_source);

/*
 * The release as uname -r prints it: "6.1.0-56-cloud-amd64". 0, -ENOENT, or -ERANGE when size is
 * too small.
 */
int mb_sysroot_kernel_release(const struct mb_sysroot *root, char *buf, size_t size);

#endif
