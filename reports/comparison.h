/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_COMPARISON_H
#define MB_REPORTS_COMPARISON_H

#include <stdio.h>

#include "reports/judge.h"
#include "reports/result.h"

/*
 * Verdicts of several rows, and what was held against what: what `compare`, `gate` and `history check` fill, and what the writers
 * of comparison_writer.h show. Side 0 is the base, each other one is held against it.
 *
 * Building: as with a result, a failed allocation is remembered in error, after which the functions do nothing, and all accept NULL.
 */

/* Who was measured. Each text is NULL where it is not known. */
struct mb_comparison_side {
	char *title;                          /* file, program or revision */
	char *host_class, *kernel, *compiler; /* the compiler with its flags */
	size_t process_runs; /* whose medians are the samples; 1: its repetitions are */
};

struct mb_comparison_row {
	char *name;  /* as mb_row_add_name() */
	char *label; /* a shorter one for people, or NULL */
	const struct mb_metric *metric;
	size_t side;              /* that is held against the base */
	double base_value, value; /* medians, in the metric's unit; NaN: none */
	size_t base_samples, samples;
	struct mb_finding finding;
};

struct mb_comparison {
	char *command; /* "compare": for titles */
	double threshold, confidence;
	struct mb_comparison_side *sides;
	size_t nr_sides;
	struct mb_comparison_row *rows;
	size_t nr_rows;
	char **notes; /* for people, one sentence each */
	size_t nr_notes;
	char *unfit; /* why this host cannot judge; NULL: it can */
	int error;
};

/* Empty, with the house's threshold and confidence; NULL without memory. */
struct mb_comparison *mb_comparison_new(const char *command);
void mb_comparison_free(struct mb_comparison *comparison);

/* Adds a side; what is known of its host comes from the result, which may be NULL. */
void mb_comparison_add_side(struct mb_comparison *comparison, const char *title,
			    const struct mb_result *result, size_t process_runs);

/*
 * Adds a row without samples, not comparable; NULL after an error. It stays where it is until the next one. The metric must outlive
 * the comparison.
 */
struct mb_comparison_row *mb_comparison_add_row(struct mb_comparison *comparison, size_t side,
						const char *name, const struct mb_metric *metric);

/* How people call it; NULL: by its name. */
void mb_comparison_set_label(struct mb_comparison *comparison, struct mb_comparison_row *row,
			     const char *label);

/* Sets the medians and numbers of samples; NaN are left out. */
void mb_comparison_set_samples(struct mb_comparison *comparison, struct mb_comparison_row *row,
			       const double *base, size_t nr_base, const double *values,
			       size_t count);

/* A sentence without a full stop; the same one twice is one. */
void mb_comparison_note(struct mb_comparison *comparison, const char *note);
/* The first reason stays. */
void mb_comparison_set_unfit(struct mb_comparison *comparison, const char *reason);

/* After all rows: corrects for their number (mb_judge_holm()) and sorts, worst first. 0 or the first error. */
int mb_comparison_finish(struct mb_comparison *comparison);

size_t mb_comparison_count(const struct mb_comparison *comparison, enum mb_verdict verdict);

/* Whether a row may show what an unfit host did: it is worse or inconclusive, and was not counted exactly. */
bool mb_comparison_doubtful(const struct mb_comparison *comparison,
			    const struct mb_comparison_row *row);

/*
 * The exit status: 1 a row is worse and not doubtful; else 4 a row is doubtful, or an unfit host has none; else 3 a row is inconclusive or
 * not comparable, or there is none; else 0.
 */
int mb_comparison_status(const struct mb_comparison *comparison);

#endif
