/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_CORE_BOOT_CASE_H
#define MB_TESTS_CORE_BOOT_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/boot_state.h"
#include "core/host_plain.h"

/*
 * ThreadSanitizer is slow, and whether workers race is seen on a few machines: a test of many takes every
 * n-th of them then.
 */
#ifdef __SANITIZE_THREAD__
#define TSAN_STEP(n) (n)
#else
#define TSAN_STEP(n) 1
#endif

/*
 * A boot of a machine text on the plain host, with every check on: what the engine's tests start
 * from.
 */
struct boot_case {
	struct mb_host_plain plain;
	struct mb_machine *machine;
	struct mb_boot *boot;
};

struct boot_options {
	enum mb_policy policy;
	const char *kernel;      /* NULL: 6.1 */
	const char *model;       /* NULL: vmemmap */
	const char *struct_page; /* NULL: 64 */
	unsigned workers;        /* of the host; 0: 1 */
	unsigned threads;        /* of the boot */
	bool dry_run;
	const struct mb_record *record;
};

/* Fails the test when the text is no machine. */
void boot_case_init(struct boot_case *c, const char *text, struct boot_options options);

/*
 * Runs up to last (NULL: all stages) and fails the test with the boot's own words when that fails.
 */
void boot_case_run(struct boot_case *c, const struct mb_stage *last);

/* Frees it all and fails the test when the host's address space was not given back. */
void boot_case_fini(struct boot_case *c);

struct mb_zone *boot_case_zone(struct boot_case *c, int nid, enum mb_zone_type type);

/*
 * The seed of a random test: MB_SEED, else the clock; printed, so that a failure can be repeated.
 */
uint64_t boot_case_seed(void);

#endif
