/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_LACKS_H
#define MB_REPORTS_LACKS_H

#include <stddef.h>

#include "reports/result.h"

/*
 * Whether results have what a format holds, so that no file without a figure is written: NULL, or what none of them has, "a time of a
 * phase or bench".
 */
typedef const char *mb_lacks_fn(const struct mb_result *const *results, size_t count);

mb_lacks_fn mb_lacks_runs;     /* of any kind */
mb_lacks_fn mb_lacks_times;    /* of the rows that programs track, see row.h */
mb_lacks_fn mb_lacks_figures;  /* of the rows, other than counts of rounds and points in time */
mb_lacks_fn mb_lacks_tracked;  /* figures of the rows of which one direction is better */
mb_lacks_fn mb_lacks_timeline; /* times of stages, their parts and benches */
mb_lacks_fn mb_lacks_common;   /* a tracked figure that all results have */
mb_lacks_fn mb_lacks_matrix;   /* bandwidth between nodes, see matrix.h */

#endif
