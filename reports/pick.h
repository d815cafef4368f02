/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_PICK_H
#define MB_REPORTS_PICK_H

#include "reports/result.h"

/* Finding runs of a result and their figures, for those who say something about them. */

/* The first run of that kind and name; NULL: there is none. */
const struct mb_run *mb_pick_run(const struct mb_result *result, enum mb_run_kind kind,
				 const char *name);
bool mb_pick_any(const struct mb_result *result, enum mb_run_kind kind);

/* True when its predictions are of a published table, which has the deferred stage alone and no totals. */
bool mb_pick_is_table(const struct mb_result *result);

/* The figure that stands for all repetitions. NaN for no run, for no sample and without memory. */
double mb_pick_figure(const struct mb_run *run, int metric);

/* The scaled median absolute deviation over the median, per cent; NaN below two samples. */
double mb_pick_spread(const struct mb_run *run, int metric);

/* A stage that the totals count; not one that is a total beside them, such as the first touch. */
bool mb_pick_is_part(const struct mb_run *run);

/* A bench of that family with that argument: "pageinit/kernel" has pageinit/kernel/threads:1. */
bool mb_pick_has_family(const struct mb_run *run, const char *family, const char *arg);

/* Length of a bench's name without its argument. */
size_t mb_pick_family_length(const struct mb_run *run);

/*
 * Threads that a run worked with, 0 where it does not say: the run's own number, else its arg threads, of which "all" is as many as
 * another run of the result with that arg had.
 */
unsigned mb_pick_threads(const struct mb_run *run);

/* A bench that initialises descriptors in one way with a number of threads, at full width. */
bool mb_pick_is_initialiser(const struct mb_run *run);

#endif
