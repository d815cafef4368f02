/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: nothing. The memory that the fault stage touched first is written once more, by the same workers: what is left
 * when no page has to be found, cleared and mapped. The difference is what user space pays for its memory.
 * Invariants: every byte of the memmap is 0 afterwards, as it was; in a checked boot all are ones, so that reading a
 * descriptor before it was initialised shows.
 */
#include <string.h>

#include "core/boot_state.h"
#include "core/fault.h"
#include "core/memmodel.h"
#include "core/touch.h"

static int touch_again(struct mb_boot *boot, const struct mb_memmodel_piece *piece,
		       const struct mb_worker *worker)
{
	(void)worker;
	memset(piece->addr, boot->config.check ? 0xff : 0, piece->bytes);
	return 0;
}

static int touch_run(struct mb_boot *boot)
{
	struct mb_stage_stat *stat = mb_boot_stat(boot, &mb_touch_stage);

	stat->pages = mb_fault_pages(boot);
	stat->bytes = boot->model.memmap_bytes;
	return mb_fault_pieces(boot, &mb_touch_stage, touch_again);
}

const struct mb_stage mb_touch_stage = {
	.name = "second_touch",
	.linux_name = "(host)",
	.summary =
		"the same memory written once more: what the first touch costs without its faults",
	.untotalled = true,
	.run = touch_run,
};
