/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/boots.h"
#include "benches/frames.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "core/page.h"
#include "core/pageinit.h"

#define HOLE_BYTES    MB_GIB
#define SECTION_BYTES (128 * MB_MIB) /* of a text machine */

char *mb_frames_machine(size_t map_bytes)
{
	uint64_t half = map_bytes / mb_page_sizes[MB_PAGE_SIZE_DEFAULT].bytes * 4096 / 2 / MB_MIB;
	uint64_t second = mb_round_up(half, SECTION_BYTES / MB_MIB) + HOLE_BYTES / MB_MIB;
	struct mb_strbuf text = {0};

	mb_strbuf_addf(&text, "node0=%lluM@0+%lluM@%lluM node0.cpus=0", (unsigned long long)half,
		       (unsigned long long)half, (unsigned long long)second);
	return mb_strbuf_take(&text);
}

static void measure(struct mb_frames *frames, const struct mb_machine *machine)
{
	const struct mb_geometry *geo = &frames->model->geo;
	bool flat = frames->model->id == MB_MEMMODEL_FLAT;
	uint64_t unit = flat ? UINT64_C(1) << geo->max_order : geo->pages_per_section;

	for (size_t i = 0; i < 2; i++)
		frames->ram[i] = (struct mb_frames_span){
			machine->mem[i].start >> machine->page_shift,
			machine->mem[i].end >> machine->page_shift,
		};
	frames->absent = (struct mb_frames_span){
		mb_align_up_pow2(frames->ram[0].end, geo->pages_per_section),
		mb_align_down_pow2(frames->ram[1].start, geo->pages_per_section),
	};
	frames->end = mb_align_up_pow2(frames->ram[1].end, unit);
	frames->window = (uintptr_t)frames->model->window;
	frames->page_bytes = geo->section_map_bytes / geo->pages_per_section;
	if (frames->model->id == MB_MEMMODEL_SPARSE || frames->model->id == MB_MEMMODEL_EXTREME)
		frames->packed_pages = frames->absent.end - frames->absent.start;
}

int mb_frames_new(const struct mb_ground *ground, const struct mb_memmodel_row *row,
		  struct mb_err *err, struct mb_frames **ret_frames)
{
	const struct mb_boot_config config = {.model = row, .policy = MB_POLICY_EAGER};
	struct mb_frames *frames = calloc(1, sizeof(*frames));
	int rc;

	if (!frames)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	rc = mb_boots_until(ground, config, &mb_pageinit_stage, err, &frames->boot);
	if (rc) {
		mb_frames_free(frames);
		return rc;
	}
	frames->model = mb_memmodel_of(frames->boot);
	measure(frames, ground->machine);
	*ret_frames = frames;
	return 0;
}

void mb_frames_free(struct mb_frames *frames)
{
	if (!frames)
		return;
	mb_boot_free(frames->boot);
	free(frames);
}
