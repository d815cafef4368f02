/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/base/rng.h"
#include "core/buddy.h"
#include "core/pageinit.h"
#include "core/window.h"
#include "tests/core/window_case.h"

#define BLOCK_PFN   UINT64_C(0x40000)
#define BLOCK_PAGES 1024
#define PAGE_WORDS  8

/* One block made, and as far as state says reserved or released; what is in it then is for damage. */
static struct mb_page *make_block(struct mb_boot *boot, struct mb_window_ring *ring,
				  enum mb_window_state state)
{
	struct mb_zone *zone = &boot->nodes[0]->zones[MB_ZONE_DMA32];
	const struct mb_memmodel *at = mb_window_open(ring, BLOCK_PFN, MB_WINDOW_MAKE, zone);
	struct mb_page *page;

	assert_non_null(at);
	mb_pageinit_pfns(at, BLOCK_PFN, BLOCK_PFN + BLOCK_PAGES, zone->type, 0);
	page = mb_memmodel_pfn_to_page(at, BLOCK_PFN);
	for (unsigned i = 0; state == MB_WINDOW_RESERVED && i < BLOCK_PAGES; i++)
		mb_page_at(page, i, 64)->flags |= MB_PAGE_FLAG(RESERVED);
	if (state == MB_WINDOW_HEAD)
		mb_buddy_release_range(zone, BLOCK_PFN, BLOCK_PFN + BLOCK_PAGES, 10);
	return page;
}

static uint64_t close_damaged(enum mb_window_state state, unsigned page, unsigned word,
			      uint64_t bit, int *ret_status)
{
	struct window_case c;
	struct mb_boot_config config = window_case_init(&c, "node0=2G node0.cpus=0");
	struct mb_window_ring *ring;
	uint64_t digest, *first;

	assert_int_equal(window_case_run(&c, &config, &mb_zone_stage), 0);
	ring = mb_window_node_ring(c.boot, 0);
	first = (uint64_t *)make_block(c.boot, ring, state);
	first[page * PAGE_WORDS + word] ^= bit;
	mb_window_close(ring, state, &c.boot->nodes[0]->zones[MB_ZONE_DMA32]);
	digest = mb_window_digest(c.boot, BLOCK_PFN);
	*ret_status = mb_window_status(c.boot);
	window_case_fini(&c);
	return digest;
}

/* Any bit of any descriptor: it is read from the slot, and nothing is taken for granted. */
static void every_bit_counts(void **state)
{
	static const enum mb_window_state states[] = {MB_WINDOW_FRESH, MB_WINDOW_RESERVED,
						      MB_WINDOW_HEAD};
	struct mb_rng rng = {boot_case_seed()};

	for (size_t s = 0; s < MB_ARRAY_SIZE(states); s++) {
		int status;
		uint64_t digest = close_damaged(states[s], 0, 0, 0, &status);

		assert_int_equal(status, 0);
		for (unsigned word = 0; word < PAGE_WORDS; word++) {
			unsigned page = 1 + (unsigned)mb_rng_below(&rng, BLOCK_PAGES - 1);
			uint64_t bit = UINT64_C(1)
				       << mb_rng_below(&rng, word ? 64 : MB_PAGE_NR_FLAGS);
			uint64_t other = close_damaged(states[s], page, word, bit, &status);
			bool link = word == 1 || word == 2, tail = word == 7;

			assert_int_equal(status, -EUCLEAN);
			assert_int_equal(other == digest, link || tail);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bit_counts),
	};

	return cmocka_run_group_tests_name("window_check", tests, NULL, NULL);
}
