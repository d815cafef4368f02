/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_SLOW_H
#define MB_BENCHES_SLOW_H

#include <stdint.h>

/*
 * For tests of whatever finds slowdowns: some benches do more of their own work inside of what is timed, and their results stay right.
 * MEMBOOT_SLOW=STAGE:PERCENT in the environment says which and how much; the work is executed, nothing is added to a
 * reading. Only tests/memboot_hooked and tests are compiled so (MB_TEST_HOOKS): anywhere else this is nothing at all.
 */
#define MB_SLOW_PAGEINIT \
	"pageinit" /* descriptors: rows by initialiser, more of them behind their own */
#define MB_SLOW_HANDOFF \
	"handoff" /* pages: rows by rule, the zone's first ones before all of them */
#define MB_SLOW_MEMBLOCK "memblock" /* allocations of memblock/alloc */

/*
 * How many of count things the stage does in addition, to the nearest: 0 unless it was asked for, at most count. A value of MEMBOOT_SLOW
 * that is neither of these stages nor 0 to 100 percent ends the program: nothing may be measured that is not as slow as it was said to be.
 */
#ifdef MB_TEST_HOOKS
uint64_t mb_slow_share(const char *stage, uint64_t count);
#define MB_SLOW_ROOM(count) (count)
#else
static inline __attribute__((always_inline)) uint64_t mb_slow_share(const char *stage,
								    uint64_t count)
{
	return 0;
}
#define MB_SLOW_ROOM(count) 0
#endif

#endif
