/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_TIER_H
#define MB_NUMA_TIER_H

#include <stdbool.h>

#include "numa/sysroot_open.h"

/* What the kernel says of memory nodes alone, read from the tree at root. Any number of threads. */

/*
 * The node's memory tier (Documentation/ABI/testing/sysfs-kernel-mm-memory-tiers): less is faster. -ENOENT when the kernel
 * shows none for it (before 6.1).
 */
int mb_tier_of(const struct mb_sysroot *root, int node);

/* Whether the kernel lists no CPU for the node: memory that was plugged in, or that a device brought. */
bool mb_tier_without_cpus(const struct mb_sysroot *root, int node);

#endif
