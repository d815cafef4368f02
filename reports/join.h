/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_JOIN_H
#define MB_REPORTS_JOIN_H

#include "reports/comparison.h"
#include "reports/row.h"

struct mb_spread;

/*
 * Results held against each other, row by row: rows of one name (mb_row_add_name()) belong together. A side is one result, whose repetitions
 * are the samples, or several of them, process runs of the same thing, each of which gives its median as one sample. As soon as one
 * side has several, the process run is the unit of all.
 */
struct mb_join_side {
	const char *title;
	const struct mb_result *const
		*results; /* one at least, with the metric table of all others */
	size_t count;
};

struct mb_join_options {
	const int
		*metrics; /* ids; NULL: what takes the time, and what is counted of instructions */
	size_t nr_metrics;
	double threshold;
	const struct mb_spread *spread; /* of the sides' host; NULL: its noise is not known */
	bool by_process; /* process runs are the samples, even of sides that have one each */
	bool any_noise;  /* what spoilt figures does not count: the caller judges the hosts */
	/* Whether a row is wanted, by the name that is shown; NULL: all are. */
	bool (*wanted)(const void *arg, const char *name);
	const void *arg;
};

/*
 * Adds the sides, the first of them the base, and the rows of each other one. A row is not comparable where hosts, kernels, settings or
 * builds differ, where its work does, and where it went well on one side alone. What went well nowhere is a note. Finishes the
 * comparison: 0 or -ENOMEM.
 */
int mb_join_sides(struct mb_comparison *comparison, const struct mb_join_side *sides,
		  size_t nr_sides, const struct mb_join_options *options);

/*
 * What makes figures of two results incomparable, as a fragment: "other kernel: 6.12.1 against 6.1.0". Nothing is added where they may be
 * compared. 0 or -ENOMEM.
 */
int mb_join_differ(const struct mb_result *base, const struct mb_result *result,
		   struct mb_strbuf *ret_why);

#endif
