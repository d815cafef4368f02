/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_SYSSTATE_H
#define MB_NUMA_SYSSTATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "numa/sysroot_open.h"
#include "numa/virt.h"

/*
 * What on a host makes figures noisy or wrong: one row of a table for each thing that is looked at.
 * Nothing is changed. Files below root are read, so a captured tree can be looked at too; what is
 * measured needs the host itself.
 */
enum mb_sysstate_verdict {
	MB_SYSSTATE_FINE,
	MB_SYSSTATE_DISTURBS, /* it may: figures scatter, or mean something else than usual */
	MB_SYSSTATE_SPOILS,   /* figures of such a run are worth nothing */
	MB_SYSSTATE_UNKNOWN,
};

/* What was measured on the live system. Zero: not measured. */
struct mb_sysstate_measured {
	double seconds;                  /* between two looks at /proc/stat */
	uint64_t steal_ticks, all_ticks; /* of all CPUs in that time */
	uint64_t grown_bytes;            /* MemTotal, in that time */
	uint64_t touch_bytes;            /* an arena of that size was touched page by page, */
	uint64_t first_ns, second_ns;    /* given back, and touched again */
};

/* What a check looks at. */
struct mb_sysstate {
	const struct mb_sysroot *root;
	bool live;
	struct mb_virt virt;
	unsigned nr_cpus;   /* online */
	unsigned nr_usable; /* of them, by this process; of a captured tree all */
	struct mb_sysstate_measured measured;
};

/* What a check found. */
struct mb_sysstate_row {
	enum mb_sysstate_verdict verdict;
	char is[128]; /* what it is; of an unknown one, why it is not known */
	/* As root it would change that; "" for what is fine or cannot be changed, and where it would not fit whole. */
	char command[1024];
};

struct mb_sysstate_check;
typedef void mb_sysstate_look_fn(const struct mb_sysstate *state,
				 const struct mb_sysstate_check *check,
				 struct mb_sysstate_row *row);

struct mb_sysstate_check {
	const char *name;   /* "numa_balancing" */
	const char *title;  /* "NUMA balancing" */
	const char *should; /* what it should be */
	const char *why;    /* what it does to figures, one sentence */
	mb_sysstate_look_fn *look;
	const char *command; /* that changes it; NULL: look() says, or nothing does */
	/* For checks that are a file with one number. */
	const char *path;
	uint64_t fine;                      /* the number that is fine; any other is */
	enum mb_sysstate_verdict otherwise; /* that */
};

extern const struct mb_sysstate_check mb_sysstate_checks[];
extern const size_t mb_nr_sysstate_checks;

/* The tree as the checks see it, with what was measured (NULL: nothing). root is borrowed. */
void mb_sysstate_begin(const struct mb_sysroot *root, const struct mb_sysstate_measured *measured,
		       struct mb_sysstate *ret_state);

/* One check. The row is always filled; what cannot be read is unknown, with the reason. */
void mb_sysstate_look(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
		      struct mb_sysstate_row *ret_row);

/*
 * Measures on the live system, in about half a second and with at most 64 MiB: steal time, growth of
 * memory, and first touches of memory. 0, or -ECANCELED soon after *cancel, which may be NULL,
 * becomes true. What could not be measured stays zero.
 */
int mb_sysstate_measure(const atomic_int *cancel, struct mb_sysstate_measured *ret_measured);

/* --- for the files that have the checks --- */

/* Fills the row; the text may be formatted. */
void mb_sysstate_say(struct mb_sysstate_row *row, enum mb_sysstate_verdict verdict,
		     const char *text, ...) __attribute__((format(printf, 3, 4)));

/* Sets the row's command; the text may be formatted. */
void mb_sysstate_command(struct mb_sysstate_row *row, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A file that could not be read with that error: on the live system its absence is fine where
 * absent says so ("this kernel has none"); everything else is unknown.
 */
void mb_sysstate_missing(const struct mb_sysstate *state, struct mb_sysstate_row *row,
			 const char *path, int error, const char *absent);

/* CPU time of the whole system since boot, ticks. */
struct mb_sysstate_ticks {
	uint64_t steal, all, idle; /* idle: waiting for a disk too */
};

/* From proc/stat. 0, -EINVAL for another text, or what reading it returns. */
int mb_sysstate_read_ticks(const struct mb_sysroot *root, struct mb_sysstate_ticks *ret_ticks);

/* numa/sysstate_cpu.c */
mb_sysstate_look_fn mb_sysstate_governor, mb_sysstate_turbo, mb_sysstate_smt, mb_sysstate_isolated,
	mb_sysstate_load, mb_sysstate_steal, mb_sysstate_quota, mb_sysstate_clock,
	mb_sysstate_hypervisor, mb_sysstate_paranoid;

/* numa/sysstate_memory.c */
mb_sysstate_look_fn mb_sysstate_available, mb_sysstate_swap, mb_sysstate_thp, mb_sysstate_hugepages,
	mb_sysstate_growing, mb_sysstate_backing;

#endif
