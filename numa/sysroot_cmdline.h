/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_SYSROOT_CMDLINE_H
#define MB_NUMA_SYSROOT_CMDLINE_H

#include "core/base/ranges.h"

/*
 * What the kernel command line makes of a PC's firmware map (parse_memopt and parse_memmap_one of
 * arch/x86/kernel/e820.c, 6.1), in its order: mem=SIZE and memmap=SIZE take RAM away from there on,
 * memmap=SIZE@START adds RAM, SIZE$START, SIZE#START and SIZE!START what is no RAM, memmap=exactmap
 * forgets the firmware's map; several memmap= items may be joined by commas. Where ranges overlap,
 * what is no RAM wins, which the caller settles. 0 or -ENOMEM; what is not of these forms is left out.
 */
int mb_sysroot_cmdline_apply(const char *cmdline, struct mb_ranges *ram, struct mb_ranges *other);

/* Whether a word stands in the command line as it is, such as numa=off. */
bool mb_sysroot_cmdline_has(const char *cmdline, const char *word);

/*
 * The next word of a command line from *at on, and whether there was one: blanks inside double
 * quotes are its own.
 */
bool mb_sysroot_cmdline_next(const char **at, const char **ret_word, size_t *ret_length);

#endif
