/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_WINDOW_H
#define MB_CORE_WINDOW_H

#include "core/boot.h"
#include "core/memmodel_map.h"
#include "core/window_block.h"
#include "core/zone.h"

/*
 * A memmap through windows: descriptors of a machine that has more of them than the host has memory. The unit is a block of
 * the largest order. A node has a window of so many slots of a block's descriptors; whoever initialises or releases a block
 * takes its next slot, in ring order, so that stores stream through the window as through fresh memory. What the buddy must
 * remember of a free block is its first descriptor, the head, which lives outside of the window; a block that is not one
 * thing as a whole, or that was split, has private memory for its descriptors, and so has each of the zones below Normal where
 * all of these are no more than half of the window. Nothing else of a block is kept when its slot is used again. Only vmemmap,
 * where a block's descriptors are one array.
 *
 * Each ring belongs to one thread at a time; all else is for any thread, once the stage `fault` has made it.
 */
struct mb_window_ring;

/* Why a block is opened. */
enum mb_window_use {
	MB_WINDOW_MAKE, /* all of its descriptors are going to be initialised, for zone */
	MB_WINDOW_FILL, /* all are wanted as memmap_init left them */
	MB_WINDOW_OWN,  /* a part of them: they stay, in private memory */
};

/*
 * The model by which descriptors of the block that begins at pfn are reached until it is closed, a vmemmap with a base of its
 * own. zone may be NULL but for MB_WINDOW_MAKE. NULL: the host has no memory; mb_window_status() says so.
 */
const struct mb_memmodel *mb_window_open(struct mb_window_ring *ring, mb_pfn_t pfn,
					 enum mb_window_use use, const struct mb_zone *zone);

/*
 * The block is fresh, reserved, or released (MB_WINDOW_HEAD); it is turned over unless it is private. One that was released
 * and is not free as a whole becomes private. In a checked boot its descriptors are read first.
 */
void mb_window_close(struct mb_window_ring *ring, enum mb_window_state state, struct mb_zone *zone);

/*
 * The rings of a node: that of worker index in the deferred stage, which is the index-th part of the window; and that of the
 * boot thread, or of who holds the node lock, which is all of it. NULL: the memmap is backed. The last: the boot thread's, of the
 * node that the descriptors came from.
 */
struct mb_window_ring *mb_window_worker_ring(const struct mb_boot *boot, int nid, unsigned index);
struct mb_window_ring *mb_window_node_ring(const struct mb_boot *boot, int nid);
struct mb_window_ring *mb_window_ring_at(const struct mb_boot *boot, mb_pfn_t pfn);

/* True when [start, end) is all of a block. And where the block that holds start, or end, ends. */
bool mb_window_is_whole(const struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end);
mb_pfn_t mb_window_block_end(const struct mb_memmodel *model, mb_pfn_t start, mb_pfn_t end);

/* What is known of a block that has no descriptors now. */
struct mb_window_told {
	mb_pfn_t end; /* of the block, or of the question */
	bool made;    /* false: nobody has initialised its descriptors; nothing below holds */
	bool reserved;
	enum mb_zone_type zone;
	int nid;
};

/* True when descriptors from pfn on, up to end, cannot be read; then what is known of them. False in a backed memmap. */
bool mb_window_tells(const struct mb_boot *boot, mb_pfn_t pfn, mb_pfn_t end,
		     struct mb_window_told *ret_told);

/* The digest of a block (core/check_block.h), turned over or not. Checked boots only. */
uint64_t mb_window_digest(const struct mb_boot *boot, mb_pfn_t pfn);

/*
 * Before hand-over: private memory for the blocks that memblock's regions begin or end inside of, and rings at their start. 0, or
 * -ENOMEM with the boot's err.
 */
int mb_window_prepare_handoff(struct mb_boot *boot);

/* The first failure of any thread: 0; -ENOMEM; -EUCLEAN: a checked descriptor was wrong. With the boot's err. */
int mb_window_status(struct mb_boot *boot);

/* --- for the stage `fault` --- */

/* Address space and tables, as the boot's config wants them. 0; -EINVAL when the window is too small, -ENOMEM, with err. */
int mb_window_new(struct mb_boot *boot);
void mb_window_free(struct mb_boot *boot);

/*
 * The next piece of memory that is known to be needed, at most max_bytes; cursor starts at 0; false at the end. keep: what it
 * holds must not be written over.
 */
bool mb_window_next_piece(const struct mb_window *window, uint64_t *cursor, size_t max_bytes,
			  struct mb_memmodel_piece *ret_piece, bool *ret_keep);

/* --- for reports --- */

struct mb_window_stat {
	int nid;
	uint64_t window_bytes;
	uint64_t turns;          /* blocks that went through the window, over all stages */
	uint64_t slots;          /* blocks that it has room for */
	uint64_t private_blocks; /* that have memory of their own */
	uint64_t private_bytes;
};

/* Up to max nodes with a window; returns how many there are. 0: the memmap is backed. */
size_t mb_window_stats(const struct mb_boot *boot, struct mb_window_stat *stats, size_t max);

/*
 * --- for who wants to know before: config has machine, struct_page, window_bytes and threads; with its host each worker's part
 * of the window is known too ---
 */

/*
 * Bytes of each node's window when nobody says: 4 times the host's largest cache and at least 128 MiB; as much less as makes the
 * boot need no more than allowed_bytes, down to what one worker needs. 0: no node's memmap is larger than that, and all of it
 * backed is allowed too.
 */
uint64_t mb_window_auto(const struct mb_boot_config *config, uint64_t cache_bytes,
			uint64_t allowed_bytes);

/* The smallest window of a node, bytes: enough slots for each of its workers. 0: it has no memory. */
uint64_t mb_window_least(const struct mb_boot_config *config, int nid);

/*
 * The largest of the nodes' windows when the config asks for window_bytes: enough for its workers, and no more than its memmap;
 * UINT64_MAX: that of the largest node.
 */
uint64_t mb_window_largest(const struct mb_boot_config *config, uint64_t window_bytes);

/*
 * Bytes of memory that a windowed boot needs for descriptors at most: windows, heads, tables, private memory. Of one node without
 * what reserved memory cuts, and of all.
 */
uint64_t mb_window_node_needed(const struct mb_boot_config *config, int nid);
uint64_t mb_window_needed(const struct mb_boot_config *config);

#endif
