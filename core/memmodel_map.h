/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMMODEL_MAP_H
#define MB_CORE_MEMMODEL_MAP_H

#include "core/memmodel.h"

/* The real memory of descriptors: what the fault stage asks of the model. One thread. */

/*
 * Bytes of address space for the memmap; tells the model where they
 * are; whether each section's word says so, 0 or -EUCLEAN with err.
 */
size_t mb_memmodel_window_bytes(const struct mb_memmodel *model);
void mb_memmodel_place(struct mb_memmodel *model, void *window, size_t bytes);
int mb_memmodel_check_words(const struct mb_memmodel *model, struct mb_err *err);

/* Neighbouring descriptors that came from one node. */
struct mb_memmodel_piece {
	void *addr;
	size_t bytes; /* a multiple of 4 KiB */
	int nid;
};

/*
 * The next piece of the real memmap, at most max_bytes or one section's map; cursor starts at 0. false
 * at the end.
 */
bool mb_memmodel_next_piece(const struct mb_memmodel *model, uint64_t *cursor, size_t max_bytes,
			    struct mb_memmodel_piece *ret_piece);

#endif
