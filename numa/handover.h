/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_HANDOVER_H
#define MB_NUMA_HANDOVER_H

#include "core/base/err.h"
#include "core/base/ranges.h"
#include "core/record.h"
#include "numa/kernlog.h"
#include "numa/sysroot_open.h"

/*
 * The record of a boot (core/record.h) from its kernel log: what was reserved at hand-over, by the
 * last dump of memblock and the lines behind it; CMA areas; and the late frees, which lie where the
 * kernel's image (proc/iomem) and the initrd lie.
 */
struct mb_handover {
	struct mb_record record;
	struct mb_ranges reserved; /* behind record */
	struct mb_record_free *frees;
};

/*
 * 0 and a record that the caller ends with mb_handover_fini(); -ENOENT with err when the log has no
 * memblock trace or proc/iomem does not show where the image is; -ENOMEM.
 */
int mb_handover_read(const struct mb_sysroot *root, const struct mb_kernlog *log,
		     unsigned page_shift, struct mb_err *err, struct mb_handover *ret_handover);

void mb_handover_fini(struct mb_handover *handover);

#endif
