/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_CMDLINE_H
#define MB_CORE_CMDLINE_H

#include "core/base/ranges.h"
#include "core/machine.h"

/*
 * The kernel's command line: words separated by white space, NAME or NAME=VALUE (next_arg and parse_args
 * of the kernel, 6.1). Double quotes around a value or a word keep blanks together, '-' and '_' in a name
 * are the same, and nothing behind the word "--" is the kernel's. All but mb_cmdline_check() read as the
 * kernel does: what it would not understand is left out.
 */

/* A word; the text is the command line's own. */
struct mb_cmdline_word {
	const char *name, *value; /* value NULL: there is no '=' */
	size_t name_length, value_length;
};

/* End of the word at text: white space outside double quotes. *ret_equals: its first '=', or NULL. */
const char *mb_cmdline_word_end(const char *text, const char **ret_equals);

/* The word at *at, which moves behind it; false at the end. */
bool mb_cmdline_next(const char **at, struct mb_cmdline_word *ret_word);

bool mb_cmdline_is(const struct mb_cmdline_word *word, const char *name);

/*
 * Copies the value of the last NAME=VALUE, or "" for a bare NAME, into value (cut to size). False: the
 * name is not there.
 */
bool mb_cmdline_get(const char *cmdline, const char *name, char *value, size_t size);

/* The name is there, with a value or without. */
bool mb_cmdline_has(const char *cmdline, const char *name);

/* An amount of memory: bytes with a unit (memparse), or percent of all memory; more than all is 100. */
struct mb_cmdline_amount {
	uint64_t value; /* bytes, or percent */
	bool percent;
};

/* What kernelcore= or movablecore= asks for (cmdline_parse_core, mm/page_alloc.c). False: not there. */
bool mb_cmdline_amount(const char *cmdline, const char *name, struct mb_cmdline_amount *ret_amount);

/* kernelcore=mirror, whatever other kernelcore= there is. */
bool mb_cmdline_mirror(const char *cmdline);

/* The last value of NAME= that says yes or no as the kernel reads it (kstrtobool), or otherwise. */
bool mb_cmdline_bool(const char *cmdline, const char *name, bool otherwise);

/* numa=off (x86 and arm64). */
bool mb_cmdline_numa_off(const char *cmdline);

/*
 * What the command line makes of a PC's firmware map (parse_memopt and parse_memmap_one of
 * arch/x86/kernel/e820.c, 6.1), in its order: mem=SIZE and memmap=SIZE take RAM away from there on,
 * memmap=SIZE@START adds RAM, SIZE$START, SIZE#START and SIZE!START what is no RAM, memmap=exactmap
 * forgets the firmware's map; several memmap= items may be joined by commas. Where ranges overlap,
 * what is no RAM wins, which the caller settles. 0 or -ENOMEM.
 */
int mb_cmdline_map(const char *cmdline, struct mb_ranges *ram, struct mb_ranges *other);

/*
 * Bytes of RAM that mem= leaves to an arm64 machine (early_mem, arch/arm64/mm/init.c): whole pages of the
 * last one. 0: no limit.
 */
uint64_t mb_cmdline_limit(const char *cmdline, unsigned page_shift);

/*
 * Whether every option that matters here has a value that the machine's kernel understands: what a person
 * typed should not be left out in silence. Other options are no concern. 0, or -EINVAL with err: which
 * option, and what it takes.
 */
int mb_cmdline_check(const char *cmdline, const struct mb_machine *machine, struct mb_err *err);

#endif
