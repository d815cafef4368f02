/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_CORE_WINDOW_CASE_H
#define MB_TESTS_CORE_WINDOW_CASE_H

#include "tests/core/boot_case.h"

/* A checked boot through small windows, for tests of what they do. */
struct window_case {
	struct mb_host_plain plain;
	struct mb_machine *machine;
	struct mb_boot *boot;
};

/* A config for the machine, with a window that one worker can do with; the caller may change it. Fails the test on bad text. */
struct mb_boot_config window_case_init(struct window_case *c, const char *text);

/* A new boot, up to last (NULL: all stages): what mb_boot_run_until() returns. */
int window_case_run(struct window_case *c, const struct mb_boot_config *config,
		    const struct mb_stage *last);

/* Frees it all and fails the test when the host's address space was not given back. */
void window_case_fini(struct window_case *c);

#endif
