/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_PAGE_FLAGS_H
#define MB_CORE_PAGE_FLAGS_H

#include <stdint.h>

/* Page flags by their 6.1 number (include/linux/page-flags.h): the lowest bits of the flags word. */
enum mb_page_flag {
	MB_PG_LOCKED = 0,
	MB_PG_LRU = 4,
	MB_PG_ACTIVE = 5,
	MB_PG_SLAB = 9,
	MB_PG_RESERVED = 12,
	MB_PG_PRIVATE = 13,
	MB_PG_PRIVATE_2 = 14,
	MB_PG_WRITEBACK = 15,
	MB_PG_HEAD = 16,
	MB_PG_UNEVICTABLE = 20,
	MB_PG_MLOCKED = 21,
	MB_PG_HWPOISON = 23,
};

#define MB_PAGE_NR_FLAGS   26
#define MB_PAGE_FLAG(name) (UINT64_C(1) << MB_PG_##name)

/* What no page that is freed may have (PAGE_FLAGS_CHECK_AT_FREE). */
#define MB_PAGE_FLAGS_IN_USE                                                                    \
	(MB_PAGE_FLAG(LOCKED) | MB_PAGE_FLAG(LRU) | MB_PAGE_FLAG(ACTIVE) | MB_PAGE_FLAG(SLAB) | \
	 MB_PAGE_FLAG(RESERVED) | MB_PAGE_FLAG(PRIVATE) | MB_PAGE_FLAG(PRIVATE_2) |             \
	 MB_PAGE_FLAG(WRITEBACK) | MB_PAGE_FLAG(UNEVICTABLE) | MB_PAGE_FLAG(MLOCKED))

/* What freeing takes away (PAGE_FLAGS_CHECK_AT_PREP). */
#define MB_PAGE_FLAGS_CLEARED (((UINT64_C(1) << MB_PAGE_NR_FLAGS) - 1) & ~MB_PAGE_FLAG(HWPOISON))

#endif
