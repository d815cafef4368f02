/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_KMSG_H
#define MB_NUMA_KMSG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "numa/sysroot_open.h"

/*
 * The kernel log of a tree: ROOT/dmesg of a captured one, the records of /dev/kmsg of the live
 * system, written as dmesg writes them. The caller frees *ret_text, which ends in a NUL behind its
 * *ret_length bytes. 0; -ENOENT: the tree has none; -EPERM and other negative errno with err when
 * the log may not be read.
 */
int mb_kmsg_read(const struct mb_sysroot *root, struct mb_err *err, char **ret_text,
		 size_t *ret_length);

/*
 * A record of /dev/kmsg ("6,12,340,-;text\n SUBSYSTEM=…") as lines of dmesg ("[    0.000340] text"),
 * length bytes into buf. Returns false for what is no record.
 */
struct mb_strbuf;
bool mb_kmsg_add_record(struct mb_strbuf *buf, const char *record, size_t length);

/*
 * A text of such records, as `cat /dev/kmsg` writes them, as lines of dmesg; what is no record among them stays as it is. False,
 * and nothing is added, when its first line is none.
 */
bool mb_kmsg_add_records(struct mb_strbuf *buf, const char *text, size_t length);

#endif
