/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_CMDLINE_H
#define MB_CORE_CMDLINE_H

#include "core/types.h"

/*
 * The kernel's command line: words separated by white space, NAME or NAME=VALUE; a value may be quoted with
 * double quotes (lib/cmdline.c, next_arg, 6.1). The last word of a name wins, as it does for the options here.
 */

/*
 * Copies the value of the last NAME=VALUE, or "" for a bare NAME, into value (cut to size). False: the
 * name is not there.
 */
bool mb_cmdline_get(const char *cmdline, const char *name, char *value, size_t size);

/* An amount of memory: bytes with a unit (memparse), or percent of all memory; more than all is 100. */
struct mb_cmdline_amount {
	uint64_t value; /* bytes, or 0 … 100 */
	bool percent;
};

/* The same for kernelcore= and its like. False: not there, or not an amount. */
bool mb_cmdline_amount(const char *cmdline, const char *name, struct mb_cmdline_amount *ret_amount);

#endif
