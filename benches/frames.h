/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_FRAMES_H
#define MB_BENCHES_FRAMES_H

#include "benches/ground.h"
#include "core/boot.h"
#include "core/memmodel.h"

/*
 * A machine that a memory model has booted up to memmap_init, so that every page frame of its RAM has
 * an initialised descriptor; and what the model's conversions must give for it, told without them.
 *
 *   0          ram 0          hole          ram 1
 *   |-------------------|             |-------------------|
 *   sections present    |    absent   |      present
 *
 * One node, halves of equal size at 0 and behind a hole of at least a GiB, so that every model can
 * hold it. One thread.
 */
struct mb_frames_span {
	mb_pfn_t start, end;
};

struct mb_frames {
	struct mb_boot *boot;
	const struct mb_memmodel *model;
	struct mb_frames_span ram[2], absent;
	mb_pfn_t end;          /* of what has descriptors */
	uintptr_t window;      /* address of the first descriptor */
	uint64_t page_bytes;   /* of a descriptor */
	uint64_t packed_pages; /* of the hole that take no room in the window: classic sparse */
};

/*
 * Text of a machine with about map_bytes of descriptors in RAM; a multiple of 2 MiB. The caller frees
 * it; NULL when out of memory.
 */
char *mb_frames_machine(size_t map_bytes);

/*
 * Boots the ground's machine, which has such a text. 0; -ENOTSUP when
 * the model cannot hold it; another negative errno with err. The ground must outlive the frames, and
 * mb_frames_free() ends them.
 */
int mb_frames_new(const struct mb_ground *ground, const struct mb_memmodel_row *row,
		  struct mb_err *err, struct mb_frames **ret_frames);
void mb_frames_free(struct mb_frames *frames);

/* Where the descriptor of a page frame of the RAM is. */
static inline struct mb_page *mb_frames_page(const struct mb_frames *frames, mb_pfn_t pfn)
{
	uint64_t index = pfn < frames->ram[1].start ? pfn : pfn - frames->packed_pages;

	return (struct mb_page *)(frames->window + index * frames->page_bytes);
}

/* Whether a page frame has a descriptor: all of flat's span, else all of sections with memory. */
static inline bool mb_frames_valid(const struct mb_frames *frames, mb_pfn_t pfn)
{
	if (frames->model->id != MB_MEMMODEL_FLAT && pfn >= frames->absent.start &&
	    pfn < frames->absent.end)
		return false;
	return pfn < frames->end;
}

#endif
