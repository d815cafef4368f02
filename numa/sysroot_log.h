/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_SYSROOT_LOG_H
#define MB_NUMA_SYSROOT_LOG_H

#include "core/base/ranges.h"
#include "core/machine.h"
#include "numa/kernlog.h"
#include "numa/sysroot_open.h"

/* What the kernel log of a captured tree, its file dmesg, says about the machine. */

/*
 * 0 and the log, which the caller frees with mb_kernlog_free(), or NULL where the tree is the live
 * one or has no such file; -ENOMEM.
 */
int mb_sysroot_log_read(const struct mb_sysroot *root, struct mb_kernlog **ret_log);

/*
 * What is reserved before the nodes get their NODE_DATA, by the log's memblock trace: where the
 * engine's own requests begin. 0 and a list that the caller ends, -ENODATA without such a trace,
 * -ENOMEM.
 */
int mb_sysroot_log_reserved(const struct mb_kernlog *log, struct mb_ranges *ret_reserved);

/* Sizes of the kernel's own objects; what the log does not say is left as it is. */
void mb_sysroot_log_sizes(const struct mb_kernlog *log, struct mb_machine *machine);

#endif
